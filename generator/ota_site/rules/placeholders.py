"""Find placeholders that were not filled in: `your-domain.com`, `${HOST}`, `<bucket>`. Pure."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

# Placeholders of templates, shells, build systems and written instructions.
_MARK = re.compile(
    r"\$\{\{.{1,80}?\}\}|\{\{.{1,80}?\}\}|[$#%]\{[^{}]{1,80}\}|\$\([^()\s]{1,80}\)|<%.{1,80}?%>|<[A-Za-z_][^<>]{1,80}>|@@\w{1,60}@@"
    r"|\{[A-Za-z_][A-Za-z_.-]{0,40}\}"
    r"|\[(?i:your|insert|my)\b[^\[\]]{1,60}\]"
    r"|(?<![A-Za-z])(?:YOUR|INSERT|REPLACE|CHANGE)[-_][A-Za-z][\w-]*|(?<![A-Za-z])(?i:change_?me|replace_?me)(?![A-Za-z])"
)
_FORMAT = re.compile(r"%[s@]|%d(?![0-9A-Fa-f])")
_NOUNS = (
    r"(?:domain|host|hostname|server|site|website|company|org|organi[sz]ation|user|username|account|project|repo"
    r"|repository|bucket|path|url|address|app)"
)
_YOURS = re.compile(rf"(?<![a-z])your[-_](?:own[-_])?{_NOUNS}(?:[-_]name)?(?![a-z])", re.IGNORECASE)
_PATH = re.compile(r"(?<![^/])(?:path/to|\.{3,}|…)(?=/|$)")
# RFC 2606 reserves the first for examples.
_HOST = re.compile(
    rf"(?:.*\.)?(?:example\.(?:com|org|net|edu)|(?:my-?)?domain\.(?:com|net|org|tld))|(?:.*\.)?your-?{_NOUNS}(?:\..*)?"
    r"|(?:.*\.)?x{3,}\..+|(?=.*x)(?:\d+|x{1,3})(?:\.(?:\d+|x{1,3})){3}",
    re.IGNORECASE,
)


def find_mark(text: str) -> str | None:
    """Return the first placeholder mark in a text, such as `$(NAME)`; None if there is none."""
    match = _MARK.search(text)
    return match[0] if match else None


def find_placeholder(address: str) -> str | None:
    """Return the first placeholder in a web address; None if there is none."""
    plain = unquote(address)
    if match := _MARK.search(plain) or _FORMAT.search(address):
        return match[0]
    try:
        parts = urlsplit(plain)
        host = parts.hostname or ""
    except ValueError:
        return None
    if _HOST.fullmatch(host):
        return host
    match = _YOURS.search(plain) or _PATH.search(parts.path)
    return match[0] if match else None
