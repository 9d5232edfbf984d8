"""Exceptions, each with its location and a hint."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class SiteError(Exception):
    """A failure that the user can fix.

    message: what is wrong, one sentence without a full stop.
    where: the file, setting or address it is about; empty if there is none.
    hint: what to do about it, one sentence; empty if the message is enough.
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        """Return the location, message and hint in one line, for logs."""
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}" + (f" ({self.hint})" if self.hint else "")


class IpaError(SiteError):
    """A file that a catalog cannot list; `code` is the code of the finding."""

    def __init__(self, code: str, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.code = code


class SettingsError(SiteError):
    """One or more mistakes in settings, collected so that the user can fix them together."""

    def __init__(self, mistakes: tuple[SiteError, ...]) -> None:
        super().__init__("; ".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


class RecordError(SiteError):
    """A record (JSON or TOML) that does not match its schema."""


@contextmanager
def reading(where: str, *, code: str = "not-an-ipa") -> Iterator[None]:
    """Turn any exception raised while reading the file at `where` into an IpaError that names it.

    Wrap each file in it, so that one bad file does not stop the others. code: the code for an OSError. Any other
    unexpected exception gets the code `unreadable`. SiteError passes unchanged.
    """
    try:
        yield
    except SiteError:
        raise
    except OSError as error:
        raise IpaError(code, f"it cannot be read: {error.strerror or error}", where=where) from error
    except Exception as error:
        message = f"it cannot be read because of a bug in ota-site: {_name(error)}"
        hint = "report this line, with the file if you can share it"
        raise IpaError("unreadable", message, where=where, hint=hint) from error


def _name(error: Exception) -> str:
    """Return an exception's type and where it was raised, without its text, which may quote the file."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" in {trace.tb_frame.f_globals.get('__name__')}, line {trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
