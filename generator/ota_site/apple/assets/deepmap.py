"""Decode two of CoreUI's pixel encodings: the palette image and deepmap 2.

Both return pixels in the rendition's format, in rows without padding.
Format: blacktop/ipsw, pkg/car/palette.go and pkg/car/deepmap2, after skytoup/car-parser.
"""

from __future__ import annotations

import struct
import sys
from array import array
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

from ota_site.apple.assets.packing import split_words, unpack_lzfse
from ota_site.apple.assets.pixels import PIXEL_SIZES, PixelsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PALETTE = struct.Struct("<2IH")
_PALETTE_MAGIC = 0xCAFEF00D
_COLOURS = 4096

_WRAPPER = struct.Struct("<2IQ")
_DEEPMAP = struct.Struct("<4s4B2H")
_STORED, _PREDICTED, _PACKED, _INDEXED = 1, 2, 3, 4
# Undoing the prediction works pixel by pixel; more would take too long. All icons but the App Store's are smaller.
_PREDICTED_AREA = 1 << 17


def read_palette(data: memoryview, width: int, height: int, form: str) -> bytes:
    """Return the `width` × `height` pixels of a palette image: blue, green, red, alpha. Raises PixelsError."""
    if form != "ARGB":
        raise PixelsError(f"its palette has the unsupported format {form!r}")
    if bytes(data[:3]) == b"bvx":
        data = memoryview(unpack_lzfse(data, _PALETTE.size + 4 * _COLOURS + (2 * width + 2) * height))
    try:
        magic, _, count = _PALETTE.unpack_from(data)
    except struct.error as error:
        raise PixelsError("its pixel data is truncated") from error
    if magic != _PALETTE_MAGIC or not 0 < count <= _COLOURS:
        raise PixelsError("its palette is damaged")
    bits = next(bits for bits in (1, 2, 4, 8, 16) if count <= 1 << bits)
    row = (width * bits + 15) // 16 * 2
    start = _PALETTE.size + 4 * count
    if len(data) < start + row * height:
        raise PixelsError("its pixel data is truncated")
    # Alpha is first in a palette and last in a pixel.
    colours = [bytes(data[at : at + 4])[::-1] for at in range(_PALETTE.size, start, 4)]
    return _coloured(data[start : start + row * height], row, width, bits, colours)


def _coloured(data: memoryview, row: int, width: int, bits: int, colours: list[bytes]) -> bytes:
    """Return the colours of indices of `bits` each, packed into 16-bit words from the top; rows begin with a word."""
    indices = _words(data) if bits == 16 else _spread(data, bits)
    full = row * 8 // bits
    rows = (indices[start : start + width] for start in range(0, len(indices), full))
    try:
        return b"".join(b"".join(map(colours.__getitem__, line)) for line in rows)
    except IndexError as error:
        raise PixelsError("its pixels use colours that are not in its palette") from error


def _words(data: bytes | bytearray | memoryview) -> array[int]:
    words = array("H", bytes(data))
    if sys.byteorder == "big":
        words.byteswap()
    return words


def _spread(data: memoryview, bits: int) -> bytes:
    """Return indices of 1, 2, 4 or 8 bits, one per byte."""
    swapped = bytearray(len(data))
    swapped[0::2], swapped[1::2] = data[1::2], data[0::2]
    if bits == 8:
        return bytes(swapped)
    lowest = (1 << bits) - 1
    parts = [bytes(byte >> shift & lowest for shift in range(8 - bits, -1, -bits)) for byte in range(256)]
    return b"".join(map(parts.__getitem__, swapped))


def read_deepmap2(data: memoryview, width: int, height: int, form: str) -> bytes | bytearray:
    """Return the pixels of a deepmap 2. form: `ARGB` or `GA8 `. Raises PixelsError."""
    if form not in ("ARGB", "GA8 "):
        raise PixelsError(f"its deepmap has the unsupported format {form!r}")
    try:
        version, _, _ = _WRAPPER.unpack_from(data)
        magic, method, scale, _, stored, wide, high = _DEEPMAP.unpack_from(data, _WRAPPER.size)
    except struct.error as error:
        raise PixelsError("its pixel data is truncated") from error
    if version != 1 or magic != b"dmp2" or wide != width or stored > 4:
        raise PixelsError("its deepmap is of an unsupported kind")
    body = data[_WRAPPER.size + _DEEPMAP.size :]
    size = PIXEL_SIZES[form]
    match method:
        case 1:
            return bytes(body[: width * height * size])
        case 2:
            return _predicted(body, width, height, high, components=size - 1, halved=bool(scale))
        case 3:
            return _joined(body, width * size, height, high)
        case 4:
            return _indexed(body, width * height, form)
    raise PixelsError(f"its deepmap uses the unsupported compression method {method}")


def _joined(body: memoryview, row: int, height: int, high: int) -> bytearray:
    """Return rows that are packed in parts of up to `high` rows; the last part is padded with unused rows."""
    out = bytearray()
    for part in split_words(body):
        left = height - len(out) // row
        if left < 1:
            break
        # Only LZFSE stores its length; LZVN fills the rest of the picture.
        out += unpack_lzfse(part, row * (max(high, left) if bytes(part[:3]) == b"bvx" else min(high or left, left)))
    return out[: row * height]


def _indexed(body: memoryview, count: int, form: str) -> bytes:
    """Return the colours of 8-bit indices; palettes of kind 3 have a separate alpha plane before the indices."""
    try:
        colours, kind = struct.unpack_from("<2H", body)
    except struct.error as error:
        raise PixelsError("its pixel data is truncated") from error
    palette = bytes(body[4 : 4 + 4 * colours])
    if form != "ARGB" or kind not in (3, 4) or not 0 < colours <= 256 or len(palette) < 4 * colours:
        raise PixelsError("its palette is damaged or unsupported")
    size = count * 2 if kind == 3 else count
    data = bytearray()
    for part in split_words(body[4 + 4 * colours :]):
        data += unpack_lzfse(part, size - len(data))
    if len(data) != size:
        raise PixelsError("its pixel data is truncated")
    indices = bytes(data[-count:])
    if max(indices) >= colours:
        raise PixelsError("its pixels use colours that are not in its palette")
    out = bytearray(4 * count)
    for channel in range(4):
        out[channel::4] = indices.translate(palette[channel::4].ljust(256, b"\0"))
    if kind == 3:
        out[3::4] = data[:count]
    return bytes(out)


def _predicted(  # noqa: PLR0913 - the fields of a header
    body: memoryview, width: int, height: int, high: int, *, components: int, halved: bool
) -> bytes:
    """Return the pixels of deepmap 2's prediction: planes of differences from the pixels above and to the left."""
    if width * max(height, high) > _PREDICTED_AREA:
        raise PixelsError("its deepmap would take too long to read")
    out: list[bytes] = []
    for part in split_words(body):
        left = height - len(out)
        if left < 1:
            break
        row = width * (2 * components + 1) + 1
        planes = unpack_lzfse(part, (row * max(high, left) + 15) // 16 * 16)
        # The last part is padded to a multiple of 16 bytes.
        rows = min(high, len(planes) // row) or 1
        if len(planes) < row * rows or len(planes) >= row * rows + 16:
            raise PixelsError("its pixel data is truncated")
        out += list(_rows(planes, width, rows, components, halved=halved))[:left]
    if len(out) < height:
        raise PixelsError("its pixel data is truncated")
    return b"".join(out)


def _rows(planes: bytes | bytearray, width: int, rows: int, components: int, *, halved: bool) -> Iterator[bytes]:
    """Yield rows of pixels from planes: alpha, the prediction of each row, high bytes, low bytes."""
    count, line = width * rows, width * components
    kinds, start = planes[count : count + rows], count + rows
    if max(kinds) > 4:
        raise PixelsError("its pixel data is damaged: a row has an unknown predictor")
    words = bytearray(2 * line * rows)
    words[1::2] = planes[start : start + line * rows]
    words[0::2] = planes[start + line * rows : start + 2 * line * rows]
    values = list(map(_signed().__getitem__, _words(words)))
    above: list[Sequence[int]] = [[0] * width] * components
    for row, kind in enumerate(kinds):
        delta = [values[row * line + component : (row + 1) * line : components] for component in range(components)]
        above = _unpredict(kind, delta, above)
        pixels = bytearray(width * (components + 1))
        for channel, plane in enumerate(_blue_first(above, halved=halved)):
            pixels[channel :: components + 1] = bytes(0 if v < 0 else min(v, 255) for v in plane)
        pixels[components :: components + 1] = planes[row * width : (row + 1) * width]
        yield bytes(pixels)


@cache
def _signed() -> tuple[int, ...]:
    """Return the values of all 65,536 words: the lowest bit is the sign."""
    return tuple(-(word >> 1) if word & 1 else word >> 1 for word in range(65536))


def _unpredict(kind: int, delta: list[list[int]], above: list[Sequence[int]]) -> list[Sequence[int]]:
    match kind:
        case 0:
            return list(delta)
        case 1:
            return _nearer(delta, above)
        case 2:
            return [list(accumulate(line)) for line in delta]
        case 3:
            return [[a + b for a, b in zip(up, line, strict=True)] for up, line in zip(above, delta, strict=True)]
    return [_averaged(line, up) for up, line in zip(above, delta, strict=True)]


def _nearer(delta: list[list[int]], above: list[Sequence[int]]) -> list[Sequence[int]]:
    """Return rows predicted from the left or above, whichever changes less in the first component."""
    out = [[line[0] + up[0]] for line, up in zip(delta, above, strict=True)]
    for x in range(1, len(delta[0])):
        corner = above[0][x - 1]
        left = abs(above[0][x] - corner) <= abs(out[0][x - 1] - corner)
        for line, up, done in zip(delta, above, out, strict=True):
            done.append(line[x] + (done[x - 1] if left else up[x]))
    return list(out)


def _averaged(line: list[int], above: Sequence[int]) -> list[int]:
    out = [line[0] + above[0]]
    for value, up in zip(line[1:], above[1:], strict=True):
        out.append(value + _half(out[-1] + up + 1))
    return out


def _half(value: int) -> int:
    """Return half the value, rounded towards zero."""
    return value // 2 if value >= 0 else -(-value // 2)


def _blue_first(lines: list[Sequence[int]], *, halved: bool) -> list[Sequence[int]]:
    """Return blue, green and red from luma and two chroma planes (YCoCg); grey unchanged."""
    if len(lines) == 1:
        return lines
    blue, green, red = [], [], []
    for light, orange, leaf in zip(*lines, strict=True):
        co, cg = (orange * 2, leaf * 2) if halved else (orange, leaf)
        base = light - _half(cg)
        red.append(base - _half(co))
        green.append(base + cg)
        blue.append(base + co - _half(co))
    return [blue, green, red]
