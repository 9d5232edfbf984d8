"""Property lists in all forms that iOS reads, from files that nobody vouches for."""

from __future__ import annotations

import plistlib
import struct
from typing import TYPE_CHECKING

from ota_site.apple.plist_text import PlistTextError, read_text_plist
from ota_site.apple.plist_xml import PlistXmlError, read_xml_plist
from ota_site.apple.zip.budget import OBJECT, TAG
from ota_site.model.errors import IpaError
from ota_site.model.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXT_LIMIT = 128 << 10
"""Bytes of a list in NeXT's form: those that are still written have some hundred."""
_TRAILER = struct.Struct(">6x2B3Q")


def parse_plist(data: bytes, *, where: str, what: str) -> dict[str, object]:
    """Return the dictionary at the top of a property list, as far as its keys are text.

    what: the list's name for the error. Raises IpaError (`info-plist-invalid`) for anything else. What comes back
    may hold itself, or one list in many places: never walk it, nor turn an unknown part of it into text.
    """
    try:
        top = _top(data)
    # plistlib lets the errors of whatever it trips over through: a date out of range, a depth, a wrong offset.
    except Exception as error:
        raise IpaError(
            "info-plist-invalid",
            f"{what} is not a property list that iOS can read: {_reason(error)}",
            where=where,
            hint="build the app again; if it was edited by hand, check it with `plutil -lint`",
        ) from error
    if not isinstance(top, dict):
        raise IpaError("info-plist-invalid", f"{what} is not a dictionary", where=where, hint="build the app again")
    return {key: value for key, value in top.items() if isinstance(key, str)}


def _top(data: bytes) -> object:
    """Return the value of a property list in any of the forms that iOS reads, tried in its order."""
    if data.startswith(b"bplist"):
        _weigh(data)
        return plistlib.loads(data)
    if not data.strip():
        raise ValueError("it is empty")
    try:
        return read_xml_plist(data)
    except PlistXmlError:
        if len(data) > _TEXT_LIMIT:
            raise
        try:
            return read_text_plist(data)
        except PlistTextError:
            pass
        raise


def price_of(data: bytes) -> int:
    """Return what it takes to parse a property list, whatever these bytes are: see `budget`."""
    if data.startswith(b"bplist") and len(data) >= _TRAILER.size:
        # Each object takes an offset of a byte or more.
        _, _, count, _, _ = _TRAILER.unpack(data[-_TRAILER.size :])
        return OBJECT * min(int(count), len(data))
    return TAG * data.count(b"<")


def _weigh(data: bytes) -> None:
    """Refuse a binary list whose objects share bytes: one megabyte of those can unfold to many gigabytes.

    And one with an integer of more than 64 bits: those can be chosen so that a table of them takes the square of its
    length. Raises ValueError, and what a wrong offset leads to. Format: CFBinaryPList.c.
    """
    offset_size, reference_size, count, _, table = _TRAILER.unpack(data[-_TRAILER.size :])
    weight = 0
    for place in range(table, table + count * offset_size, offset_size):
        offset = int.from_bytes(data[place : place + offset_size], "big")
        weight += _object_size(data, offset, reference_size)
        if weight > len(data):
            raise ValueError("its parts overlap")


def _object_size(data: bytes, offset: int, reference_size: int) -> int:
    """Return the least number of bytes that an object of a binary list takes up."""
    kind, count = divmod(data[offset], 16)
    if kind in (1, 2, 3):
        # Apple's tools write numbers without a sign in 16 bytes, the first eight of them zeros.
        if kind == 1 and any(data[offset + 1 : offset + (1 << count) - 7]):
            raise ValueError("it holds an integer of more than 64 bits")
        return 1 + (1 << count)
    if count == 15 and kind != 8:
        width = 1 << (data[offset + 1] & 3)
        count = int.from_bytes(data[offset + 2 : offset + 2 + width], "big")
    return 1 + count * {4: 1, 5: 1, 6: 2, 10: reference_size, 13: 2 * reference_size}.get(kind, 0)


def _reason(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0][:200] or type(error).__name__


def text_at(table: Mapping[str, object], *keys: str) -> str | None:
    """Return the first of `keys` that holds text that is not blank: one line, without control characters."""
    for key in keys:
        value = table.get(key)
        if isinstance(value, str) and (text := one_line(value)):
            return text
    return None
