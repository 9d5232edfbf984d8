"""Match the patterns in a provisioning profile."""

from __future__ import annotations


def matches(text: str, pattern: str) -> bool:
    """Return whether a text matches a pattern, whose last character may be the wildcard `*`.

    Ignore case: no source says whether devices distinguish it in identifiers.
    """
    text, pattern = text.casefold(), pattern.casefold()
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern
