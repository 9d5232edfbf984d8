"""The patterns in which a profile says what it allows."""

from __future__ import annotations


def matches(text: str, pattern: str) -> bool:
    """Whether a text is the pattern; a pattern's last character may be `*`, which stands for the rest.

    Small letters are as good as capitals: whether devices tell them apart in identifiers, no source says.
    """
    text, pattern = text.casefold(), pattern.casefold()
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern
