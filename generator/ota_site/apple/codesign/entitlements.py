"""Read the entitlements in a code signature, from an XML property list or DER.

iOS 15 and later use only the DER. Apple documents neither its format nor the older one that Xcode 12 to 14 wrote;
both come from real files: [APPLICATION 16] {INTEGER 1, [CONTEXT 16] {pair…}}, and SET {pair…}.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import islice
from typing import TYPE_CHECKING, Any

from ota_site.apple.codesign.asn1 import Asn1Error, elements
from ota_site.apple.plist import parse_plist
from ota_site.model.errors import IpaError
from ota_site.model.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIZE_LIMIT = 1 << 20  # usually a few kB
_DEPTH_LIMIT = 16
_PARTS_LIMIT = 2000  # values in total; a large app has fifty
_TAGS_LIMIT, _ELEMENTS_LIMIT = 10 * _PARTS_LIMIT, 4 * _PARTS_LIMIT  # including keys and containers


class _Tag(IntEnum):
    BOOLEAN = 0x01
    INTEGER = 0x02
    BYTES = 0x04
    TEXT = 0x0C
    LIST = 0x30
    OLD_TABLE = 0x31
    TOP = 0x70
    TABLE = 0xB0


class EntitlementsError(ValueError):
    """The bytes are not entitlements."""


def plain(table: Mapping[str, object]) -> dict[str, Any]:
    """Return a dictionary with JSON types only: None replaces other types, and values too deep or over the limit."""
    room = [_PARTS_LIMIT]
    entries = islice(table.items(), _PARTS_LIMIT)
    return {one_line(key, 200): _plain(value, _DEPTH_LIMIT, room) for key, value in entries}


def _plain(value: object, depth: int, room: list[int]) -> Any:  # noqa: ANN401 - any JSON value
    room[0] -= 1
    if depth == 0 or room[0] < 0:
        return None
    if isinstance(value, dict):
        return {
            one_line(str(key), 200): _plain(part, depth - 1, room) for key, part in islice(value.items(), room[0] + 1)
        }
    if isinstance(value, list):
        return [_plain(part, depth - 1, room) for part in islice(value, room[0] + 1)]
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) < 1 << 53):
        return value
    return None


def from_xml(data: bytes) -> dict[str, object]:
    """Return the entitlements in an XML property list; none for blank data.

    Raises EntitlementsError for anything else, including binary property lists: the kernel reads only XML.
    """
    if not data.strip(b"\0 \t\r\n"):
        return {}
    if len(data) > _SIZE_LIMIT or data.startswith(b"bplist"):
        raise EntitlementsError("its entitlements are not an XML property list")
    if data.count(b"<") > _TAGS_LIMIT:
        raise EntitlementsError("its entitlements are far larger than any app’s")
    try:
        table = parse_plist(data, where="", what="entitlements")
    except IpaError as error:
        raise EntitlementsError("its entitlements are not an XML property list") from error
    _measure(table, 0)
    return table


def _measure(value: object, depth: int) -> None:
    if depth > _DEPTH_LIMIT:
        raise EntitlementsError("its entitlements are nested too deeply")
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            _measure(part, depth + 1)


def from_der(data: bytes) -> dict[str, object]:
    """Return the entitlements in either DER format. Raises EntitlementsError for anything else."""
    if len(data) > _SIZE_LIMIT:
        raise EntitlementsError("its DER entitlements are far longer than any app’s")
    room = [_ELEMENTS_LIMIT]
    tag, content = _only(memoryview(data), room)
    if tag == _Tag.TOP:
        version, table = _pair(content, room)
        if (version[0], bytes(version[1])) != (_Tag.INTEGER, b"\1"):
            raise EntitlementsError("its DER entitlements have an unknown version")
        tag, content = table
    if tag not in (_Tag.OLD_TABLE, _Tag.TABLE):
        raise EntitlementsError("its DER entitlements are not a dictionary")
    return _table(content, 0, room)


def _table(data: memoryview, depth: int, room: list[int]) -> dict[str, object]:
    table: dict[str, object] = {}
    for tag, content in _elements(data, room):
        (key_tag, key), value = _pair(content, room)
        name = _text(key)
        if tag != _Tag.LIST or key_tag != _Tag.TEXT or name in table:
            raise EntitlementsError("a dictionary in its DER entitlements is damaged")
        table[name] = _value(*value, depth + 1, room)
    return table


def _value(tag: int, content: memoryview, depth: int, room: list[int]) -> object:
    if depth > _DEPTH_LIMIT:
        raise EntitlementsError("its DER entitlements are nested too deeply")
    match tag:
        case _Tag.BOOLEAN if len(content) == 1:
            return content[0] != 0
        case _Tag.INTEGER if 0 < len(content) <= 8:
            return int.from_bytes(content, "big", signed=True)
        case _Tag.BYTES:
            return bytes(content)
        case _Tag.TEXT:
            return _text(content)
        case _Tag.LIST:
            return [_value(*element, depth + 1, room) for element in _elements(content, room)]
        case _Tag.OLD_TABLE | _Tag.TABLE:
            return _table(content, depth, room)
    raise EntitlementsError(f"its DER entitlements have a value of unknown type {tag:#x}")


def _text(data: memoryview) -> str:
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError as error:
        raise EntitlementsError("a string in its DER entitlements is not UTF-8") from error


def _only(data: memoryview, room: list[int]) -> tuple[int, memoryview]:
    found = _elements(data, room)
    if len(found) != 1:
        raise EntitlementsError("its DER entitlements are not a single element")
    return found[0]


def _pair(data: memoryview, room: list[int]) -> tuple[tuple[int, memoryview], tuple[int, memoryview]]:
    match _elements(data, room):
        case (first, second):
            return first, second
    raise EntitlementsError("its DER entitlements have an entry that is not a pair")


def _elements(data: memoryview, room: list[int]) -> tuple[tuple[int, memoryview], ...]:
    """Return the consecutive elements in `data`, and subtract their number from the shared limit in `room`."""
    try:
        found = elements(data, most=room[0], stated=True)
        room[0] -= len(found)
        return tuple((element.tag, element.content) for element in found)
    except Asn1Error as error:
        raise EntitlementsError("its DER entitlements are damaged or truncated") from error
