"""Compare versions by their numbers, and detect versions with an unfilled build variable."""

from __future__ import annotations

import re

_PART = re.compile(r"\d+|[^\W\d_]+")
_DIGITS = 18
_VARIABLE = re.compile(r"\$(?:\([^)]*\)|\{[^}]*\})")


def version_key(text: str | None) -> tuple[tuple[int, ...], bool, tuple[tuple[int, str], ...]]:
    """Return a key that sorts versions: `1.9` before `1.10`, `2.0-beta` before `2.0`, `1.0` equal to `1`.

    A missing version (None) sorts first. Dates and four-part versions sort as numbers too.
    """
    parts = _PART.findall((text or "")[:200])
    numbers: list[int] = []
    while parts and parts[0].isdecimal():
        numbers.append(int(parts.pop(0)[:_DIGITS]))
    while numbers and numbers[-1] == 0:
        numbers.pop()
    rest = tuple((int(part[:_DIGITS]), "") if part.isdecimal() else (-1, part.casefold()) for part in parts)
    return tuple(numbers), text is not None and not rest, rest


def has_variable(text: str) -> bool:
    """Return whether a text contains an unfilled Xcode build variable, such as `$(MARKETING_VERSION)`."""
    return _VARIABLE.search(text) is not None
