"""Themes: find them by name, layer them over their parents, render them with Jinja, create new ones."""
