"""Property lists, XML and binary, from files that nobody vouches for."""

from __future__ import annotations

import plistlib
import re
from typing import TYPE_CHECKING

from generator.errors import IpaError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def parse_plist(data: bytes, *, where: str, what: str) -> dict[str, object]:
    """Return the dictionary at the top of a property list.

    what: the list's name for the error. Raises IpaError (`info-plist-invalid`) for anything else.
    """
    try:
        top = plistlib.loads(data)
    # plistlib lets the errors of whatever it trips over through: a date out of range, a depth, a wrong offset.
    except Exception as error:
        raise IpaError(
            "info-plist-invalid",
            f"{what} is not a property list that can be read: {_reason(error)}",
            where=where,
            hint="build the app again; if it was edited by hand, check it with `plutil -lint`",
        ) from error
    if not isinstance(top, dict):
        raise IpaError("info-plist-invalid", f"{what} is not a dictionary", where=where, hint="build the app again")
    return top


def _reason(error: Exception) -> str:
    text = str(error).split("\n", maxsplit=1)[0]
    if "entity" in text:
        return "it declares XML entities, which no property list needs"
    return text[:120] or type(error).__name__


def text_at(table: Mapping[str, object], *keys: str) -> str | None:
    """Return the first of `keys` that holds text that is not blank: one line, without control characters."""
    for key in keys:
        value = table.get(key)
        if isinstance(value, str) and (text := one_line(value)):
            return text
    return None


def one_line(text: str, limit: int = 500) -> str:
    """Return text from inside an IPA as one line of at most `limit` characters, all of which XML allows."""
    return " ".join(_NOT_TEXT.sub(" ", text[: 4 * limit]).split())[:limit].rstrip()
