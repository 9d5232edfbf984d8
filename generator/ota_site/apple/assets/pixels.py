"""Crop the pixels of an asset catalog and convert them to PNG.

Channels are in the order of Apple's graphics chips, with colour multiplied by alpha.
Format: facebookarchive/xcbuild, car_format.h; blacktop/ipsw, pkg/car. PNG, third edition.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from functools import cache

from ota_site.apple.assets.png import MAX_SIDE
from ota_site.model.records import Record, replace

PIXEL_SIZES = {"ARGB": 4, "GA8 ": 2, "GRAY": 1, "RGBW": 8, "GA16": 4}
"""Bytes per pixel of each supported format: blue, green, red, alpha; grey, alpha; grey; and with 16 bits per channel
red, green, blue, alpha; grey, alpha."""

MAX_AREA = MAX_SIDE * MAX_SIDE
"""The maximum number of pixels, in any shape: an icon may have to be cropped from a long picture."""

_MAX_SIDE = 4 * MAX_SIDE
# A row may be padded to a cache line of the graphics chip.
_MAX_BYTES = MAX_AREA * 8 + _MAX_SIDE * 256
# PNG's colour types by the number of channels.
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


class PixelsError(ValueError):
    """The pixels cannot be read: damaged, too large or in an unsupported format."""


class Layout(Record):
    """How pixels are stored in memory, top row first. `stride` is the number of bytes from one row to the next.

    `opaque`: alpha is ignored. `floating`: 16-bit samples are half floats from 0 to 1, not integers.
    Raises PixelsError for an unsupported format or a size that no icon has.
    """

    width: int
    height: int
    stride: int
    format: str
    opaque: bool = False
    floating: bool = False

    def __post_init__(self) -> None:
        if self.format not in PIXEL_SIZES:
            raise PixelsError(f"it has the unsupported pixel format {self.format!r}")
        if not (0 < self.width <= _MAX_SIDE and 0 < self.height <= _MAX_SIDE and self.width * self.height <= MAX_AREA):
            raise PixelsError(f"its declared size of {self.width}×{self.height} pixels is over the limit")
        if self.stride < self.row or self.stride * self.height > _MAX_BYTES:
            raise PixelsError("its rows have an impossible length")

    @property
    def row(self) -> int:
        """Bytes per row without padding."""
        return self.width * PIXEL_SIZES[self.format]


class Bitmap(Record):
    """Pixels. `data` has the length of its layout; the padding of the last row may be missing."""

    layout: Layout
    data: bytes | bytearray

    def __post_init__(self) -> None:
        layout = self.layout
        if len(self.data) < layout.stride * (layout.height - 1) + layout.row:
            raise PixelsError("its pixel data is truncated")


def crop(bitmap: Bitmap, left: int, bottom: int, width: int, height: int) -> Bitmap:
    """Return a rectangle of a bitmap. `bottom` counts upwards from the last row. Raises PixelsError."""
    layout, size = bitmap.layout, PIXEL_SIZES[bitmap.layout.format]
    top = layout.height - bottom - height
    if width < 1 or height < 1 or top < 0 or left + width > layout.width:
        raise PixelsError("its crop lies outside its image")
    start = top * layout.stride + left * size
    row = width * size
    view = memoryview(bitmap.data)
    rows = (view[place : place + row] for place in range(start, start + height * layout.stride, layout.stride))
    return Bitmap(replace(layout, width=width, height=height, stride=row), b"".join(rows))


def draw(bitmap: Bitmap) -> tuple[bytes, bool]:
    """Return an ordinary, uncompressed PNG, 8 bits per channel, and whether its colour is multiplied by alpha.

    Drops an alpha channel that is fully opaque.
    """
    layout = bitmap.layout
    if layout.stride != layout.row:
        bitmap = crop(bitmap, 0, 0, layout.width, layout.height)
    data = bitmap.data[: layout.row * layout.height]
    if layout.format in ("RGBW", "GA16"):
        data = _eight_bits(data, floating=layout.floating)
    order = {"ARGB": (2, 1, 0, 3), "RGBW": (0, 1, 2, 3), "GRAY": (0,)}.get(layout.format, (0, 1))
    count = len(order)
    planes = [data[channel::count] for channel in order]
    opaque = count % 2 == 1 or layout.opaque or planes[-1].count(255) == len(planes[-1])
    if opaque and count % 2 == 0:
        del planes[-1]
    del bitmap, data
    return _png(layout.width, layout.height, planes), not opaque


def _eight_bits(data: bytes | bytearray, *, floating: bool) -> bytes | bytearray:
    if not floating:
        # Only the high byte, as Pillow does for a 16-bit PNG.
        return data[1::2]
    words = array("H", bytes(data))
    if sys.byteorder == "big":
        words.byteswap()
    return bytes(map(_halves().__getitem__, words))


@cache
def _halves() -> bytes:
    """Return all 65,536 half floats as 8-bit values, clamped to 0 to 1."""
    values = struct.unpack("<65536e", struct.pack("<65536H", *range(65536)))
    # NaN is not greater than 0, so it becomes 0.
    return bytes(int(min(value, 1.0) * 255 + 0.5) if value > 0 else 0 for value in values)


def _png(width: int, height: int, planes: list[bytes | bytearray]) -> bytes:
    count = len(planes)
    pixels = bytearray(width * height * count)
    for channel in range(count):
        pixels[channel::count] = planes[channel]
    planes.clear()
    row, view = width * count, memoryview(pixels)
    rows = b"".join(part for at in range(0, len(pixels), row) for part in (b"\0", view[at : at + row]))
    header = struct.pack(">2I5B", width, height, 8, _COLOUR_TYPES[count], 0, 0, 0)
    # Level 0 is no compression: the picture is about to be decoded.
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b"")
    parts = (part for kind, body in chunks for part in _chunk(kind, body))
    return b"".join((b"\x89PNG\r\n\x1a\n", *parts))


def _chunk(kind: bytes, body: bytes) -> tuple[bytes, ...]:
    return struct.pack(">I", len(body)), kind, body, struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))
