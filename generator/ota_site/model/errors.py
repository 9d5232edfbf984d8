"""What can go wrong, each with the place and the way out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@contextmanager
def reading(where: str, *, code: str = "not-an-ipa") -> Iterator[None]:
    """Turn any exception raised while the file at `where` is read into an IpaError that names it.

    This is the edge of each file: whatever is in one, the others are read. code: of an OSError. An exception that
    no reader foresaw has the code `unreadable`. SiteError passes as it is.
    """
    try:
        yield
    except SiteError:
        raise
    except OSError as error:
        raise IpaError(code, f"it cannot be read: {error.strerror or error}", where=where) from error
    except Exception as error:
        message = f"it cannot be read, by a bug in ota-site: {_name(error)}"
        hint = "please report this line, with the file if you may share it"
        raise IpaError("unreadable", message, where=where, hint=hint) from error


def _name(error: Exception) -> str:
    """Return an exception's kind and where it was raised, and nothing of its text: that may quote the file."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" in {trace.tb_frame.f_globals.get('__name__')}, line {trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
