"""Parse property lists, in every form that iOS reads, from untrusted files."""

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
"""Bytes of a property list in NeXT's form; those still written have a few hundred."""
_TRAILER = struct.Struct(">6x2B3Q")


def parse_plist(data: bytes, *, where: str, what: str) -> dict[str, object]:
    """Return the top-level dictionary of a property list, without keys that are not text.

    what: the name of the property list in the error. Raises IpaError (`info-plist-invalid`) for anything else. The
    result may contain itself, or one list in many places: never walk it or convert an unknown part of it to text.
    """
    try:
        top = _top(data)
    # plistlib does not wrap the errors it runs into: a date out of range, deep nesting, a wrong offset.
    except Exception as error:
        raise IpaError(
            "info-plist-invalid",
            f"{what} is not a property list that iOS can read: {_reason(error)}",
            where=where,
            hint="rebuild the app; if it was edited by hand, check it with `plutil -lint`",
        ) from error
    if not isinstance(top, dict):
        raise IpaError("info-plist-invalid", f"{what} is not a dictionary", where=where, hint="rebuild the app")
    return {key: value for key, value in top.items() if isinstance(key, str)}


def _top(data: bytes) -> object:
    """Return the value of a property list. Tries the forms in the order iOS does."""
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
    """Return the cost of parsing any bytes as a property list, in the units of `budget`."""
    if data.startswith(b"bplist") and len(data) >= _TRAILER.size:
        # The offset of each object takes a byte or more.
        _, _, count, _, _ = _TRAILER.unpack(data[-_TRAILER.size :])
        return OBJECT * min(int(count), len(data))
    return TAG * data.count(b"<")


def _weigh(data: bytes) -> None:
    """Refuse a binary property list whose objects share bytes: one megabyte can expand to many gigabytes.

    Also refuse integers of more than 64 bits: their hashes can be made to collide, so that a dictionary with
    them takes quadratic time. Raises ValueError, and whatever a wrong offset causes. Format: CFBinaryPList.c.
    """
    offset_size, reference_size, count, _, table = _TRAILER.unpack(data[-_TRAILER.size :])
    weight = 0
    for place in range(table, table + count * offset_size, offset_size):
        offset = int.from_bytes(data[place : place + offset_size], "big")
        weight += _object_size(data, offset, reference_size)
        if weight > len(data):
            raise ValueError("its parts overlap")


def _object_size(data: bytes, offset: int, reference_size: int) -> int:
    """Return the minimum size in bytes of an object in a binary property list."""
    kind, count = divmod(data[offset], 16)
    if kind in (1, 2, 3):
        # Apple's tools write unsigned numbers in 16 bytes, of which the first eight are zero.
        if kind == 1 and any(data[offset + 1 : offset + (1 << count) - 7]):
            raise ValueError("it contains an integer of more than 64 bits")
        return 1 + (1 << count)
    if count == 15 and kind != 8:
        width = 1 << (data[offset + 1] & 3)
        count = int.from_bytes(data[offset + 2 : offset + 2 + width], "big")
    return 1 + count * {4: 1, 5: 1, 6: 2, 10: reference_size, 13: 2 * reference_size}.get(kind, 0)


def _reason(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0][:200] or type(error).__name__


def text_at(table: Mapping[str, object], *keys: str) -> str | None:
    """Return the first non-blank text under `keys`, as one line without control characters."""
    for key in keys:
        value = table.get(key)
        if isinstance(value, str) and (text := one_line(value)):
            return text
    return None
