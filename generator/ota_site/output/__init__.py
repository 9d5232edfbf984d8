"""Render, stage and write the planned files."""
