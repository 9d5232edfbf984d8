"""What can go wrong, each with the place and the way out."""

from __future__ import annotations


class SiteError(Exception):
    """A failure that a person can mend.

    message: what is wrong, one sentence without a full stop.
    where: the file, setting or address it is about; empty when there is none.
    hint: what to do about it, one sentence; empty when the message says it all.
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        """Everything in one line, as a log wants it."""
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}" + (f" ({self.hint})" if self.hint else "")


class IpaError(SiteError):
    """A file that cannot stand in a catalog; `code` is the rule's, see `preflight`."""

    def __init__(self, code: str, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.code = code


class SettingsError(SiteError):
    """One or more mistakes in settings, gathered so that they are mended in one go."""

    def __init__(self, mistakes: tuple[SiteError, ...]) -> None:
        super().__init__("; ".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


class RecordError(SiteError):
    """A record (JSON or TOML) that does not have the shape it should have."""
