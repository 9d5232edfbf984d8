"""Read localised app names: `InfoPlist.strings` in its three forms, and Xcode 15's `InfoPlist.loctable`."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from ota_site.apple.plist import parse_plist, text_at
from ota_site.model.errors import IpaError

if TYPE_CHECKING:
    from ota_site.apple.zip.archive import Archive

_LIMIT = 2 << 20
"""Bytes, of all tables together."""
_HEAD = 1000
_LANGUAGES = 200
_LANGUAGE = r"[A-Za-z0-9_-]{1,40}"
_TABLE = re.compile(rf"({_LANGUAGE})\.lproj/InfoPlist\.strings")
# A comment, or a pair. Possessive, and the end of a comment is optional, so that matching takes linear time.
_TOKEN = re.compile(r"""/\*.*?(?:\*/|\Z)|//[^\n]*|"?(?<!\w)(\w++)"?\s*+=\s*+"((?:[^"\\]|\\.)*+)"\s*+;""", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:U([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_WHITE = dict.fromkeys("nrt", " ")
_NAME = ("CFBundleDisplayName", "CFBundleName")


def localised_names(archive: Archive, folder: str) -> dict[str, str]:
    """Return the app's names by language, from the app's folder (with a slash).

    Skips unreadable tables: a missing translation is not an error.
    """
    tables: dict[str, dict[str, object]] = {}
    room = _LIMIT
    matches = (_TABLE.fullmatch(name, len(folder)) for name in archive.entries if name.startswith(folder))
    for match in islice(filter(None, matches), _LANGUAGES):
        tables[match[1]] = _read(archive, match.string, room)
        room -= min(room, archive.entries[match.string].size)
    loctable = folder + "InfoPlist.loctable"
    if loctable in archive.entries:
        found = _read(archive, loctable, _LIMIT)
        tables |= {key: table for key, table in found.items() if isinstance(table, dict)}
    languages = [language for language in sorted(tables) if re.fullmatch(_LANGUAGE, language)][:_LANGUAGES]
    names = {language: text_at(tables[language], *_NAME) for language in languages}
    return {language: name for language, name in names.items() if name is not None}


def _read(archive: Archive, name: str, limit: int) -> dict[str, object]:
    try:
        data = archive.read(name, limit)
    except IpaError:
        return {}
    # The `"key" = "value";` form is by far the most frequent, and faster to read here than with the NeXT parser.
    if not data.startswith(b"bplist") and b"<" not in data[:_HEAD]:
        return _text_table(data)
    try:
        return parse_plist(data, where=archive.where, what=name)
    except IpaError:
        return _text_table(data)


def _text_table(data: bytes) -> dict[str, object]:
    """Return the pairs of the text form, `"key" = "value";`, in UTF-8 or in UTF-16 with a byte order mark."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    text = data.decode(encoding, "replace")
    return {key: _unescape(value) for key, value in _TOKEN.findall(text) if key}


def _unescape(text: str) -> str:
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else _WHITE.get(found[2], found[2]), text)
    # Characters above U+FFFF are written as two surrogates.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
