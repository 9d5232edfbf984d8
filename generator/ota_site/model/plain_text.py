"""Make untrusted text safe for a title, a feed or a terminal. Pure."""

from __future__ import annotations

import re

# Line and paragraph separators, embeddings, overrides and isolates, listed in
# https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters. They reverse the text that follows, in a
# browser tab as in a terminal. Marks that only set a direction are kept.
_OVERRIDES = re.compile("[\u2028-\u202e\u2066-\u2069]")
_NOT_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def without_overrides(text: str) -> str:
    """Return a text without the characters that change the direction of the text after them."""
    return text if text.isascii() else _OVERRIDES.sub("", text)


def one_line(text: str, limit: int = 500) -> str:
    """Return a text as one line of at most `limit` characters, without direction overrides and valid in XML."""
    return " ".join(without_overrides(_NOT_TEXT.sub(" ", text[: 4 * limit])).split())[:limit].rstrip()


def shown(text: object) -> str:
    """Return a text with unprintable characters replaced: a terminal might interpret them as commands."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(text))
