"""Apply a site's `_headers` as Netlify and Cloudflare Pages do, and derive media types from file names."""

from __future__ import annotations

import re
from mimetypes import MimeTypes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Rules = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""Path patterns, as regular expressions, each with its headers."""

# The types that hosts send; they override this system's table.
_TYPES = {
    "avif": "image/avif",
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "ico": "image/vnd.microsoft.icon",
    "ics": "text/calendar; charset=utf-8",
    "ipa": "application/octet-stream",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "plist": "text/xml",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff2": "font/woff2",
    "xml": "application/xml",
}


def read_rules(text: str) -> Rules:
    """Return the rules in a `_headers` file. Paths are not indented; `*` matches anything, `:name` one segment."""
    rules: list[tuple[str, list[tuple[str, str]]]] = []
    for line in filter(str.strip, text.splitlines()):
        if line.startswith(" "):
            name, _, value = line.partition(":")
            rules[-1][1].append((name.strip().lower(), value.strip()))
        else:
            rules.append((_pattern(line.strip()), []))
    return tuple((pattern, tuple(headers)) for pattern, headers in rules)


def headers_of(path: str, rules: Rules) -> Mapping[str, str]:
    """Return the headers of the file at `path`, relative to the site's root, with lowercase names."""
    headers = {"content-type": _type(path)}
    for pattern, values in rules:
        if re.fullmatch(pattern, f"/{path}"):
            headers.update(values)
    return headers


def _pattern(path: str) -> str:
    return re.sub(r":\w+", "[^/]+", re.escape(path).replace(r"\*", ".*"))


def _type(path: str) -> str:
    suffix = path.rpartition(".")[2].lower()
    return _TYPES.get(suffix) or MimeTypes().guess_type(path)[0] or "application/octet-stream"
