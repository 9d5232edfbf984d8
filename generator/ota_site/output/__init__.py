"""Rendering, staging and writing of the planned files."""
