"""Parse ASN.1 in DER or BER into elements of tag, length and content.

Format: X.690, limited to one-byte tags: certificates, CMS and entitlements use no others.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

INTEGER, OCTETS, OBJECT, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x30, 0x31
CONTEXT = 0xA0
"""The tag of the constructed, context-specific element [0]; add the number for others."""

_PIECES = 0x24  # a constructed octet string, which BER allows
_ENDLESS, _END = 0x80, b"\0\0"
_DEPTH_LIMIT = 8  # of nested indefinite lengths, and of nested pieces of an octet string
_COUNT_LIMIT = 4_000  # pieces; a whole profile from Apple, with its property list in pieces, has a few hundred
_PARTS_LIMIT = 100  # children of one element; a certificate has a dozen extensions


class Asn1Error(ValueError):
    """The bytes are not ASN.1, or not the expected element."""


class Element(Record):
    """One element: its tag, its content, and all its bytes including tag and length."""

    tag: int
    content: memoryview
    whole: memoryview

    def parts(self, least: int = 0, most: int = _PARTS_LIMIT) -> tuple[Element, ...]:
        """Return its child elements. Raises Asn1Error, also for fewer than `least` or more than `most`."""
        found = elements(self.content, most=most)
        if len(found) < least:
            raise Asn1Error("incomplete")
        return found

    def only(self) -> Element:
        """Return its only child element. Raises Asn1Error."""
        match self.parts():
            case (part,):
                return part
        raise Asn1Error("not one element")


def elements(data: memoryview, *, most: int = _PARTS_LIMIT, stated: bool = False) -> tuple[Element, ...]:
    """Return the consecutive elements in `data`, at most `most`.

    Raises Asn1Error; with `stated` also for indefinite lengths, which DER does not allow.
    """
    found: list[Element] = []
    position = 0
    while position < len(data):
        if len(found) == most:
            raise Asn1Error("far too many elements")
        begin, end, after = _extent(data, position)
        if stated and end < after:
            raise Asn1Error("an indefinite length")
        found.append(Element(data[position], data[begin:end], data[position:after]))
        position = after
    return tuple(found)


def first(data: bytes) -> Element:
    """Return the element at the start of `data`. Ignores what follows. Raises Asn1Error."""
    view = memoryview(data)
    begin, end, after = _extent(view, 0)
    return Element(view[0], view[begin:end], view[:after])


def _extent(data: memoryview, position: int) -> tuple[int, int, int]:
    """Return where the content of the element at `position` starts and ends, and where the element ends."""
    begin, length = _head(data, position)
    if length is None:
        end = _end(data, begin)
        return begin, end, end + len(_END)
    return begin, begin + length, begin + length


def _head(data: memoryview, position: int) -> tuple[int, int | None]:
    """Return where the content of the element at `position` starts, and its length; None if it is indefinite."""
    if position + 2 > len(data):
        raise Asn1Error("truncated")
    length, begin = data[position + 1], position + 2
    if length == _ENDLESS:
        return begin, None
    if length > _ENDLESS:
        size = length - _ENDLESS
        if size > 4:
            raise Asn1Error("far longer than any")
        begin += size
        length = int.from_bytes(data[position + 2 : begin], "big")
    if begin + length > len(data):
        raise Asn1Error("truncated")
    return begin, length


def _end(data: memoryview, position: int) -> int:
    """Return where content of indefinite length ends: at two zero bytes in place of an element.

    The limit counts elements at all depths together, so nesting cannot multiply the work.
    """
    depth = 1
    for _ in range(_COUNT_LIMIT):
        if data[position : position + 2] == _END:
            depth -= 1
            if depth == 0:
                return position
            position += len(_END)
            continue
        begin, length = _head(data, position)
        if length is None:
            depth += 1
        if depth > _DEPTH_LIMIT:
            raise Asn1Error("nested too deeply")
        position = begin + (length or 0)
    raise Asn1Error("far too many elements")


def octets(element: Element) -> bytes:
    """Return the bytes of an octet string, whole or in pieces. Raises Asn1Error for anything else."""
    pieces = tuple(islice(_pieces(element, 0), _COUNT_LIMIT + 1))
    if len(pieces) > _COUNT_LIMIT:
        raise Asn1Error("far too many elements")
    return b"".join(pieces)


def _pieces(element: Element, depth: int) -> Iterator[bytes | memoryview]:
    """Yield the bytes of an octet string, one piece per element; an element with children yields an empty piece."""
    if element.tag == OCTETS:
        yield element.content
        return
    if element.tag != _PIECES or depth > _DEPTH_LIMIT:
        raise Asn1Error("not an octet string, or nested too deeply")
    yield b""
    for piece in element.parts(most=_COUNT_LIMIT):
        yield from _pieces(piece, depth + 1)


def object_id(element: Element) -> str:
    """Return an object identifier in dotted form, such as "2.5.4.3". Raises Asn1Error for anything else."""
    data = bytes(element.content)
    if element.tag != OBJECT or not data or data[-1] & 0x80 or len(data) > 64:
        raise Asn1Error("not an object identifier")
    numbers, number = [], 0
    for byte in data:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    top = min(numbers[0] // 40, 2)
    return ".".join(map(str, (top, numbers[0] - 40 * top, *numbers[1:])))
