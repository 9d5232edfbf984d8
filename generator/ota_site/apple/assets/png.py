"""Measure PNGs without decoding them, and convert Apple's CgBI to ordinary PNG.

Xcode "crushes" the PNGs of an app for the phone's graphics chip: a CgBI chunk comes first, the data is raw DEFLATE,
blue and red are swapped, and colour is multiplied by alpha. No library reads that.
Format: PNG, third edition; theapplewiki.com, "PNG CgBI Format".
"""

from __future__ import annotations

import struct
import zlib
from itertools import accumulate
from typing import TYPE_CHECKING

from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_SIDE = 2048
"""Pixels. Apple's largest icon is 1024; larger pictures are refused before unpacking."""

HEAD = 8 + 4 + 4 + 64 + 25
"""The number of bytes at the start of a file that contain its size in pixels."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_IHDR = struct.Struct(">IIBBBBB")
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_GREY, _RGB, _PALETTE, _RGBA = 0, 2, 3, 6
_UNPACKED = 18 << 20  # bytes: MAX_SIDE squared in RGBA, 8 bits each
# CGImageAlphaInfo in the low byte of the flags: premultiplied colour, alpha last or first.
_PREMULTIPLIED = (1, 2)
# Adam7: first column, first row, step across, step down.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


class PngError(ValueError):
    """The bytes are not a PNG, or one that is too large, damaged or of an invalid kind."""


class Picture(Record):
    """A picture as an ordinary, uncompressed PNG. `premultiplied`: its colour is still multiplied by alpha.

    A picture from an asset catalog may be a JPEG.
    """

    data: bytes
    width: int
    height: int
    premultiplied: bool


class _Header(Record):
    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool

    @property
    def pixel(self) -> int:
        """Bits per pixel."""
        return self.depth * _CHANNELS[self.colour]

    def rows(self) -> Iterator[int]:
        """Yield the size in bytes of each row, without its filter byte, in file order."""
        passes = _PASSES if self.interlaced else ((0, 0, 1, 1),)
        for left, top, across, down in passes:
            columns = -(-(self.width - left) // across)
            rows = -(-(self.height - top) // down)
            if columns > 0 and rows > 0:
                yield from [(columns * self.pixel + 7) // 8] * rows


def measure(head: bytes) -> tuple[int, int]:
    """Return width and height in pixels from the first HEAD bytes of a PNG, plain or CgBI. Raises PngError."""
    for kind, body in _chunks(head):
        if kind == b"IHDR":
            header = _header(body)
            return header.width, header.height
        if kind != b"CgBI":
            break
    raise PngError("it does not have a PNG header")


def read_picture(data: bytes) -> Picture:
    """Return a PNG, plain or CgBI, as an ordinary, complete PNG with only the chunks needed to decode it.

    The result can always be decoded. Raises PngError.
    """
    header: _Header | None = None
    crushed = premultiplied = False
    colours: dict[bytes, memoryview] = {}
    packed = bytearray()
    for kind, body in _chunks(data):
        match kind:
            case b"CgBI":
                crushed, premultiplied = True, len(body) > 3 and body[3] in _PREMULTIPLIED
            case b"IHDR":
                header = _header(body)
            case b"IDAT":
                packed += body
            case b"PLTE" | b"tRNS":
                colours[kind] = body
    if header is None:
        raise PngError("it has no IHDR")
    rows = _unpack(packed, header, bare=crushed)
    if crushed and header.colour in (_RGB, _RGBA):
        _swap_red_and_blue(rows, header)
    # Level 0 is no compression: the picture is about to be decoded.
    pixels = _chunk(b"IDAT", zlib.compress(rows, 0))
    png = b"".join((_SIGNATURE, *_ihdr(header), *_colours(header, colours), *pixels, *_chunk(b"IEND", b"")))
    return Picture(png, header.width, header.height, crushed and premultiplied and header.colour == _RGBA)


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    if not data.startswith(_SIGNATURE):
        raise PngError("it is not a PNG")
    view = memoryview(data)
    position = len(_SIGNATURE)
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        yield kind, view[position + 8 : position + 8 + length]
        position += 12 + length


def _header(body: memoryview) -> _Header:
    if len(body) != _IHDR.size:
        raise PngError("its IHDR is damaged")
    width, height, depth, colour, _, _, interlaced = _IHDR.unpack(body)
    if depth not in _DEPTHS.get(colour, ()):
        raise PngError("its IHDR is damaged")
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise PngError(f"its declared size is {width}×{height} pixels; the limit is {MAX_SIDE}×{MAX_SIDE}")
    return _Header(width, height, depth, colour, bool(interlaced))


def _unpack(packed: bytearray, header: _Header, *, bare: bool) -> bytearray:
    """Return the filtered rows. Raises PngError unless they fill the picture exactly."""
    lengths = list(header.rows())
    expected = sum(lengths) + len(lengths)
    if expected > _UNPACKED:
        raise PngError(f"it unpacks to {expected:,} bytes; the limit is {_UNPACKED:,}")
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS)
    try:
        rows = unpacker.decompress(packed, expected)
    except zlib.error as error:
        raise PngError("its pixel data is damaged") from error
    if len(rows) != expected:
        raise PngError("its pixel data is truncated")
    if any(rows[start] > 4 for start in accumulate((1 + length for length in lengths[:-1]), initial=0)):
        raise PngError("its pixel data is damaged")
    return bytearray(rows)


def _swap_red_and_blue(rows: bytearray, header: _Header) -> None:
    """Swap the channels in place, in filtered rows: a filter predicts each byte only from the same channel."""
    sample = header.depth // 8
    step = header.pixel // 8
    start = 0
    for row in header.rows():
        start += 1
        for byte in range(sample):
            first, third = slice(start + byte, start + row, step), slice(start + 2 * sample + byte, start + row, step)
            rows[first], rows[third] = rows[third], rows[first]
        start += row


def _colours(header: _Header, found: Mapping[bytes, memoryview]) -> Iterator[bytes | memoryview]:
    """Yield the chunks that define the palette and transparency. Raises PngError."""
    palette, clear = found.get(b"PLTE", b""), found.get(b"tRNS", b"")
    if header.colour == _PALETTE:
        if not 3 <= len(palette) <= 768 or len(palette) % 3:
            raise PngError("its palette is damaged")
        yield from _chunk(b"PLTE", palette)
        fits = 0 < len(clear) <= len(palette) // 3
    else:
        fits = (header.colour, len(clear)) in ((_GREY, 2), (_RGB, 6))
    if fits:
        yield from _chunk(b"tRNS", clear)


def _ihdr(header: _Header) -> tuple[bytes | memoryview, ...]:
    fields = header.width, header.height, header.depth, header.colour, 0, 0, int(header.interlaced)
    return _chunk(b"IHDR", _IHDR.pack(*fields))


def _chunk(kind: bytes, body: bytes | memoryview) -> tuple[bytes | memoryview, ...]:
    """Return the parts of a chunk, so that a large one is copied only once."""
    return struct.pack(">I", len(body)), kind, body, struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))
