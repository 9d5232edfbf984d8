"""Builds in groups and in order, and the paths of their pages. Pure."""
