"""Themes: found by name, laid over their parents, printed through Jinja, begun by an owner."""
