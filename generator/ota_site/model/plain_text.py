"""Text of others made fit for a title, a feed or a terminal. Pure."""

from __future__ import annotations

import re

# Ends of lines, embeddings, overrides and isolates, which
# https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters lists. They turn
# round what follows them, in a browser's tab as in a terminal; the marks that only set a direction stay.
_OVERRIDES = re.compile("[\u2028-\u202e\u2066-\u2069]")
_NOT_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def without_overrides(text: str) -> str:
    """Return a text without the characters that turn the direction of what follows."""
    return text if text.isascii() else _OVERRIDES.sub("", text)


def one_line(text: str, limit: int = 500) -> str:
    """Return a text as one line of at most `limit` characters, all of which XML allows and none of which turns it."""
    return " ".join(without_overrides(_NOT_TEXT.sub(" ", text[: 4 * limit])).split())[:limit].rstrip()


def shown(text: object) -> str:
    """Return a text with a sign in place of each character that has no picture: a terminal might obey it."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(text))
