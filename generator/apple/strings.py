"""Localised names: `InfoPlist.strings` in its three forms, and Xcode 15's `InfoPlist.loctable`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator.apple.plist import parse_plist, text_at
from generator.errors import IpaError

if TYPE_CHECKING:
    from generator.apple.archive import Archive

_LIMIT = 1 << 20
_LANGUAGES = 200
_TABLE = re.compile(r"([A-Za-z0-9_-]{1,40})\.lproj/InfoPlist\.strings")
_PAIR = re.compile(r'^\s*"?(\w+)"?\s*=\s*"((?:[^"\\]|\\.)*)"\s*;', re.MULTILINE)
_NAME = ("CFBundleDisplayName", "CFBundleName")


def localised_names(archive: Archive, folder: str) -> dict[str, str]:
    """Return the app's name by language, as far as the app folder `folder` (with its slash) translates it.

    A table that cannot be read is passed over: a name in another language is never worth a build.
    """
    tables: dict[str, dict[str, object]] = {}
    for name in archive.entries:
        if name.startswith(folder) and (match := _TABLE.fullmatch(name, len(folder))):
            tables[match[1]] = _read(archive, name)
            if len(tables) == _LANGUAGES:
                break
    loctable = folder + "InfoPlist.loctable"
    if loctable in archive.entries:
        tables |= {key: table for key, table in _read(archive, loctable).items() if isinstance(table, dict)}
    names = {language: text_at(table, *_NAME) for language, table in sorted(tables.items())}
    return {language: name for language, name in names.items() if name is not None}


def _read(archive: Archive, name: str) -> dict[str, object]:
    try:
        data = archive.read(name, _LIMIT)
    except IpaError:
        return {}
    try:
        return parse_plist(data, where=archive.where, what=name)
    except IpaError:
        return _text_table(data)


def _text_table(data: bytes) -> dict[str, object]:
    """Read the form that people write: `"key" = "value";`, in UTF-8 or in UTF-16 with its mark."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    text = data.decode(encoding, "replace")
    return {key: re.sub(r"\\(.)", r"\1", value) for key, value in _PAIR.findall(text)}
