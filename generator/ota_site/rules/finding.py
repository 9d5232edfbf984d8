"""Helpers that create findings."""

from __future__ import annotations

from ota_site.model.build import Problem, Severity


def error(code: str, message: str, hint: str) -> Problem:
    """Return a finding that stops the install."""
    return Problem(code=code, severity=Severity.ERROR, message=message, hint=hint)


def warning(code: str, message: str, hint: str) -> Problem:
    """Return a finding that may stop the install, or soon will."""
    return Problem(code=code, severity=Severity.WARNING, message=message, hint=hint)


def note(code: str, message: str) -> Problem:
    """Return a finding for information only."""
    return Problem(code=code, severity=Severity.NOTE, message=message)
