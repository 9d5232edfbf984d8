"""Tests of what reads and writes Apple's formats."""
