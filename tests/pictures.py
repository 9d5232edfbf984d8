"""Pictures in memory: PNGs of every layout, plain or crushed as Apple does it, and the icons of the demo."""

import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import cycle, pairwise

from PIL import Image, ImageDraw

ALL_FILTERS = (0, 1, 2, 3, 4)

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {"RGB": 2, "RGBA": 6}
# Left edge, top edge, step across, step down of each pass: PNG specification, section 8.1.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_WHOLE = ((0, 0, 1, 1),)


def encode_png(image: Image.Image, *, interlaced: bool = False, filters: Sequence[int] = ALL_FILTERS) -> bytes:
    """Encode an RGB or RGBA image as a plain PNG, 8 bits a channel.

    `filters` are the PNG filter types (0 to 4), taken in turn row by row. Pillow chooses them by itself and
    writes no interlaced files, so a decoder is not exercised by what Pillow saves.
    """
    rows = _split(image.tobytes(), image.width, len(image.getbands()))
    stream = zlib.compress(_scan(rows, len(image.getbands()), filters, interlaced=interlaced), 9)
    header = _header(image, interlaced=interlaced)
    return _SIGNATURE + header + _chunk(b"IDAT", stream) + _chunk(b"IEND", b"")


def crush(  # noqa: PLR0913 - each is one freedom of the format, named at the call
    image: Image.Image,
    *,
    interlaced: bool = False,
    premultiplied: bool = True,
    chunks: int = 1,
    idot: bool = False,
    filters: Sequence[int] = ALL_FILTERS,
) -> bytes:
    """Encode an RGB or RGBA image as Xcode does: CgBI chunk, raw DEFLATE, blue first.

    `premultiplied` multiplies the colours by alpha and says so in the CgBI chunk; without it the chunk says
    "opaque" and the pixels stay as they are. `chunks` is the number of IDAT chunks; `idot` adds Apple's
    iDOT chunk, which a decoder has to skip. Source: https://theapplewiki.com/wiki/PNG_CgBI_Format
    """
    size = len(image.getbands())
    pixels = _blue_first(image, premultiplied=premultiplied)
    scan = _scan(_split(pixels, image.width, size), size, filters, interlaced=interlaced)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    stream = deflate.compress(scan) + deflate.flush()
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"CgBI", b"\x50\x00\x20" + (b"\x02" if premultiplied else b"\x06")),
            _header(image, interlaced=interlaced),
            _idot(image.height) if idot else b"",
            *(_chunk(b"IDAT", piece) for piece in _pieces(stream, chunks)),
            _chunk(b"IEND", b""),
        )
    )


def huge_png(side: int = 60_000) -> bytes:
    """Make a PNG of a few hundred bytes that says it is `side` pixels wide and high: 14 GB unpacked."""
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    stream = zlib.compress(bytes(4 * side + 1))
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", stream) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _header(image: Image.Image, *, interlaced: bool) -> bytes:
    colour = _COLOUR_TYPES[image.mode]
    return _chunk(b"IHDR", struct.pack(">IIBBBBB", image.width, image.height, 8, colour, 0, 0, interlaced))


def _idot(height: int) -> bytes:
    # Seven numbers that let Apple's decoder unpack the halves in parallel; the last would be an offset.
    upper = height // 2
    return _chunk(b"iDOT", struct.pack(">7I", 2, 0, upper, 40, upper, height - upper, 0))


def _pieces(stream: bytes, count: int) -> Iterator[bytes]:
    edges = [len(stream) * number // count for number in range(count + 1)]
    return (stream[start:end] for start, end in pairwise(edges))


def _blue_first(image: Image.Image, *, premultiplied: bool) -> bytes:
    channels = [band.tobytes() for band in image.split()]
    if premultiplied and image.mode == "RGBA":
        alpha = channels[3]
        channels[:3] = [bytes((c * a + 127) // 255 for c, a in zip(band, alpha, strict=True)) for band in channels[:3]]
    pixels = bytearray(len(channels) * len(channels[0]))
    for place, channel in zip((2, 1, 0, 3), channels, strict=False):
        pixels[place :: len(channels)] = channel
    return bytes(pixels)


def _split(pixels: bytes, width: int, size: int) -> list[bytes]:
    return [pixels[start : start + width * size] for start in range(0, len(pixels), width * size)]


def _scan(rows: list[bytes], size: int, filters: Sequence[int], *, interlaced: bool) -> bytes:
    """Filter all rows of all passes for the compressor; `size` is bytes per pixel."""
    scan = bytearray()
    for left, top, across, down in _ADAM7 if interlaced else _WHOLE:
        lines = [_every(row, left, across, size) for row in rows[top::down]]
        # The row above the first is zeros, and each pass is a picture of its own.
        above = bytes(len(lines[0])) if lines else b""
        for line, kind in zip(lines, cycle(filters), strict=False):
            if line:
                scan += bytes((kind,)) + _filtered(kind, line, above, size)
            above = line
    return bytes(scan)


def _every(row: bytes, left: int, across: int, size: int) -> bytes:
    if across == 1:
        return row
    step = across * size
    return b"".join(row[start : start + size] for start in range(left * size, len(row), step))


def _filtered(kind: int, line: bytes, above: bytes, size: int) -> bytes:
    """Put one row through one of the five filters: PNG specification, section 9.2."""
    left = bytes(size) + line[:-size]
    if kind == 0:
        return line
    if kind == 1:
        return _minus(line, left)
    if kind == 2:
        return _minus(line, above)
    if kind == 3:
        return _minus(line, bytes((a + b) // 2 for a, b in zip(left, above, strict=True)))
    corner = bytes(size) + above[:-size]
    return _minus(line, bytes(map(_paeth, left, above, corner)))


def _minus(line: bytes, guess: bytes) -> bytes:
    return bytes((value - expected) & 0xFF for value, expected in zip(line, guess, strict=True))


def _paeth(left: int, above: int, corner: int) -> int:
    estimate = left + above - corner
    return min((left, above, corner), key=lambda value: abs(estimate - value))


# --- the icons of the demo ----------------------------------------------------------------------------------

_SIDE = 512
_FINE = 4  # drawn this many times larger: Pillow's shapes have hard edges
_Point = tuple[float, float]


def mountain_icon() -> Image.Image:
    """Draw two peaks in the morning and a path that leads up to them; 512 pixels square."""
    canvas, draw = _canvas("#F3B562")
    _disc(draw, (362, 150), 58, "#FBE3B4")
    _shape(draw, [(150, 512), (372, 214), (512, 402), (512, 512)], "#3C8A6F")
    _shape(draw, [(-90, 512), (190, 150), (470, 512)], "#14594A")
    _shape(draw, [(190, 150), (120, 240.5), (162, 222), (196, 254), (224, 224), (260, 240.5)], "#FFF8E9")
    _shape(draw, _path(), "#FFF8E9")
    return _finished(canvas)


def tally_icon() -> Image.Image:
    """Draw five counted: four strokes and one across; 512 pixels square."""
    canvas, draw = _canvas("#E4572E")
    for x in (136, 216, 296, 376):
        _stroke(draw, (x, 142), (x, 370), 36, "#FFF4EA")
    _stroke(draw, (84, 342), (428, 170), 36, "#3A1A2B")
    return _finished(canvas)


def moon_icon() -> Image.Image:
    """Draw a half moon, a little tilted, and two stars; 512 pixels square."""
    canvas, draw = _canvas("#262459")
    box = tuple(_FINE * edge for edge in (116, 116, 396, 396))
    draw.ellipse(box, fill="#46439B")
    draw.pieslice(box, 112, 292, fill="#FFE6A9")
    _star(draw, (404, 118), 30)
    _star(draw, (112, 410), 20)
    return _finished(canvas)


def plain_icon() -> Image.Image:
    """Draw a white disc on blue, quickly, for tests that do not look at it; 152 pixels square."""
    icon = Image.new("RGB", (152, 152), "#2F6FDE")
    ImageDraw.Draw(icon).ellipse((38, 38, 113, 113), fill="white")
    return icon


def _canvas(colour: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    canvas = Image.new("RGB", (_SIDE * _FINE, _SIDE * _FINE), colour)
    return canvas, ImageDraw.Draw(canvas)


def _finished(canvas: Image.Image) -> Image.Image:
    return canvas.resize((_SIDE, _SIDE), Image.Resampling.BOX)


def _shape(draw: ImageDraw.ImageDraw, points: list[_Point], colour: str) -> None:
    draw.polygon([(x * _FINE, y * _FINE) for x, y in points], fill=colour)


def _disc(draw: ImageDraw.ImageDraw, centre: _Point, radius: float, colour: str) -> None:
    draw.circle((centre[0] * _FINE, centre[1] * _FINE), radius * _FINE, fill=colour)


def _stroke(draw: ImageDraw.ImageDraw, start: _Point, end: _Point, width: int, colour: str) -> None:
    across = math.atan2(end[1] - start[1], end[0] - start[0]) + math.pi / 2
    side = (math.cos(across) * width / 2, math.sin(across) * width / 2)
    corners = [
        (x + sign * side[0], y + sign * side[1]) for (x, y), sign in ((start, 1), (start, -1), (end, -1), (end, 1))
    ]
    _shape(draw, corners, colour)
    for tip in (start, end):
        _disc(draw, tip, width / 2, colour)


def _star(draw: ImageDraw.ImageDraw, centre: _Point, radius: float) -> None:
    corners = [(step * math.pi / 4, radius if step % 2 == 0 else radius * 0.32) for step in range(8)]
    points = [(centre[0] + reach * math.cos(turn), centre[1] + reach * math.sin(turn)) for turn, reach in corners]
    _shape(draw, points, "#FFE6A9")


def _path() -> list[_Point]:
    """Trace a path that swings to both sides and narrows on its way up."""
    left: list[_Point] = []
    right: list[_Point] = []
    for step in range(65):
        rise = step / 64
        middle = 200 + 62 * math.sin(rise * 2.1 * math.pi) * (1 - rise)
        width = 34 * (1 - rise) ** 1.4 + 2
        height = 512 - 214 * rise
        left.append((middle - width, height))
        right.append((middle + width, height))
    return left + right[::-1]
