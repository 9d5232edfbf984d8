"""Tests of themes: what their templates print, and what is said of their mistakes."""
