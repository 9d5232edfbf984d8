"""Read a rendition of an asset catalog: its header and its pixels.

Numbers are little-endian, unlike those of the BOM store.
Format: facebookarchive/xcbuild, car_format.h; blacktop/ipsw, pkg/car; blog.timac.org, 2018-10-18.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from ota_site.apple.assets.deepmap import read_deepmap2, read_palette
from ota_site.apple.assets.packing import LZFSE, LZVN, STORED, ZIP, unpack, unpack_rows
from ota_site.apple.assets.pixels import PIXEL_SIZES, Bitmap, Layout, PixelsError
from ota_site.apple.assets.png import MAX_SIDE
from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

_CSI = struct.Struct("<4s5I4s2I2H128s3I")
_TAG = struct.Struct("<2I")
_PAIR = struct.Struct("<2H")
_LINK = struct.Struct("<4s5IHI")
_BITMAP = struct.Struct("<4s3I")
_CHUNK = struct.Struct("<4s4I")
_RAW = struct.Struct("<4s2I")
_JPEG = struct.Struct("<5I")

_BYTES_PER_ROW, _INTERNAL_LINK = 1007, 1010
_JPEG_LZFSE = 5
# The other methods omit the padding of rows.
_PADDED = (STORED, ZIP, LZVN, LZFSE)
_CHUNKED, _OPAQUE = 1, 2
# Extended sRGB, linear or not: 16-bit samples are half floats.
_EXTENDED = (4, 5)
_ORIGINAL = 9 << 20  # bytes: the same limit as for a loose icon
_TAGS = 64


class RenditionLink(Record):
    """A rendition's rectangle in a packed picture, in pixels; `bottom` counts upwards. `key`: attribute → value."""

    left: int
    bottom: int
    width: int
    height: int
    key: dict[int, int]


class Rendition(Record):
    """A rendition's header (CSI). Sizes are in pixels, 0 if not a picture; `stride` is in bytes, 0 if not stated.

    `kind` is Apple's layout number: 12 a picture, 1003 a link, 1004 a packed picture, 1010 a set of sizes.
    """

    name: str
    kind: int
    width: int
    height: int
    format: str
    space: int
    stride: int
    link: RenditionLink | None
    payload: memoryview


def read_rendition(data: memoryview) -> Rendition:
    """Return the rendition in the CSI `data`, without reading its pixels. Raises PixelsError."""
    try:
        magic, _, _, width, height, _, form, space, _, kind, _, name, length, count, _ = _CSI.unpack_from(data)
        if magic != b"ISTC":
            raise PixelsError("it has no rendition header")
        # A list of lengths follows its count, with one more item than the count.
        start = _CSI.size + 4 * count
        tags = dict(_tags(data[start : start + length]))
        return Rendition(
            name=name.partition(b"\0")[0].decode("utf-8", "replace"),
            kind=kind,
            width=width,
            height=height,
            format=form[::-1].decode("latin-1"),
            space=space & 15,
            stride=struct.unpack("<I", tags[_BYTES_PER_ROW][:4])[0] if _BYTES_PER_ROW in tags else 0,
            link=_link(tags[_INTERNAL_LINK]) if _INTERNAL_LINK in tags else None,
            payload=data[start + length :],
        )
    except struct.error as error:
        raise PixelsError("its header is truncated") from error


def _tags(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    position = 0
    for _ in range(_TAGS):
        if position + _TAG.size > len(data):
            break
        kind, length = _TAG.unpack_from(data, position)
        position += _TAG.size
        yield kind, data[position : position + length]
        position += length


def _link(data: memoryview) -> RenditionLink | None:
    magic, _, left, bottom, width, height, _, length = _LINK.unpack_from(data)
    if magic != b"KLNI":
        return None
    pairs = data[_LINK.size : _LINK.size + min(length, _PAIR.size * _TAGS)]
    return RenditionLink(
        left, bottom, width, height, dict(_PAIR.iter_unpack(pairs[: len(pairs) // _PAIR.size * _PAIR.size]))
    )


def read_original(rendition: Rendition) -> bytes | None:
    """Return the file stored whole in a rendition, such as a JPEG; None if it contains pixels.

    Drops the separate alpha of a JPEG: iOS shows icons without alpha. Raises PixelsError.
    """
    payload = rendition.payload
    if bytes(payload[:4]) == b"DWAR":
        length = _words(_RAW, payload)[2]
        return bytes(unpack(payload[_RAW.size : _RAW.size + length], STORED, _ORIGINAL))
    _, method, chunks = _chunks(rendition)
    if method == _JPEG_LZFSE:
        return _jpeg(chunks)
    if rendition.format in PIXEL_SIZES:
        return None
    return b"".join(bytes(unpack(data, method, _ORIGINAL // len(chunks))) for _, data in chunks)


def _jpeg(chunks: list[tuple[int, memoryview]]) -> bytes:
    (_, data), *others = chunks
    _, inner, alpha, _, length = _words(_JPEG, data)
    if others or inner:
        raise PixelsError("it is a JPEG in several chunks, which is not supported")
    return bytes(data[_JPEG.size + alpha : _JPEG.size + alpha + length])


def read_bitmap(rendition: Rendition) -> Bitmap:
    """Return the pixels of a rendition. Raises PixelsError."""
    flags, method, chunks = _chunks(rendition)
    size = PIXEL_SIZES.get(rendition.format, 0)
    layout = Layout(
        rendition.width,
        rendition.height,
        rendition.stride if rendition.stride and method in _PADDED else rendition.width * size,
        rendition.format,
        opaque=bool(flags & _OPAQUE),
        floating=rendition.space in _EXTENDED,
    )
    out = bytearray()
    left = layout.height
    for said, data in chunks:
        rows = min(said or left, left)
        if rows:
            out += _unpacked(data, method, layout, rows)
        left -= rows
    return Bitmap(layout, out)


def _unpacked(data: memoryview, method: int, layout: Layout, rows: int) -> bytes | bytearray | memoryview:
    match method:
        case 1:
            return unpack_rows(data, PIXEL_SIZES[layout.format], layout.width, rows)
        case 8:
            return read_palette(data, layout.width, rows, layout.format)
        case 11:
            return read_deepmap2(data, layout.width, rows, layout.format)
    return unpack(data, method, layout.stride * rows)


def _chunks(rendition: Rendition) -> tuple[int, int, list[tuple[int, memoryview]]]:
    """Return a payload's flags, compression method, and chunks with their numbers of rows. Raises PixelsError."""
    payload = rendition.payload
    magic, flags, method, length = _words(_BITMAP, payload)
    if magic != b"MLEC":
        raise PixelsError(f"it is of kind {rendition.kind}, which is not an image")
    body = payload[_BITMAP.size :]
    if not flags & _CHUNKED:
        return flags, method, [(rendition.height, body[:length])]
    pieces: list[tuple[int, memoryview]] = []
    position = 0
    while len(pieces) < length:
        magic, _, _, rows, size = _words(_CHUNK, body[position : position + _CHUNK.size])
        position += _CHUNK.size
        if magic != b"KCBC" or len(pieces) >= MAX_SIDE:
            raise PixelsError("its pixel data is damaged: a chunk has no header")
        pieces.append((rows, body[position : position + size]))
        position += size
    if not pieces:
        raise PixelsError("it has no pixels")
    return flags, method, pieces


def _words(form: struct.Struct, data: memoryview) -> tuple[Any, ...]:
    try:
        return form.unpack_from(data)
    except struct.error as error:
        raise PixelsError("its pixel data is truncated") from error
