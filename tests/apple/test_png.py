"""PNG plain and crushed: what comes out is drawn by Pillow and compared pixel by pixel."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from ota_site.apple.assets.png import HEAD, MAX_SIDE, PngError, measure, read_picture
from ota_site.images.pictures import open_picture
from tests.pictures import ALL_FILTERS, crush, encode_png, huge_png

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNATURE = b"\x89PNG\r\n\x1a\n"
FILTERS = st.lists(st.sampled_from(ALL_FILTERS), min_size=1, max_size=5)


@st.composite
def images(draw: st.DrawFn) -> Image.Image:
    """Return a small picture of any pixels, opaque or not."""
    mode = draw(st.sampled_from(["RGB", "RGBA"]))
    size = draw(st.tuples(st.integers(1, 19), st.integers(1, 19)))
    count = size[0] * size[1] * len(mode)
    return Image.frombytes(mode, size, draw(st.binary(min_size=count, max_size=count)))


def drawn(png: bytes) -> Image.Image:
    picture = read_picture(png)
    image = open_picture(picture.data, premultiplied=picture.premultiplied)
    assert image.size == (picture.width, picture.height) == measure(png[:HEAD])
    return image


def ramp(mode: str) -> Image.Image:
    """Return a picture in which every channel differs, and alpha takes many values."""
    bands = [Image.linear_gradient("L").rotate(90 * turn).resize((37, 21)) for turn in range(len(mode))]
    return Image.merge(mode, bands)


def saved(image: Image.Image, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(  # noqa: PLR0913 - the fields of a PNG's header
    rows: bytes, *chunks: bytes, width: int = 4, height: int = 1, depth: int = 8, colour: int = 0, interlaced: int = 0
) -> bytes:
    """Make a PNG from rows as they are, filter bytes included."""
    header = chunk(b"IHDR", struct.pack(">2I5B", width, height, depth, colour, 0, 0, interlaced))
    return b"".join((SIGNATURE, header, *chunks, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")))


# --- crushed ------------------------------------------------------------------------------------------------


@given(images(), FILTERS, st.booleans(), st.integers(1, 4), st.booleans())
def test_an_opaque_crushed_picture_comes_back_exactly(
    image: Image.Image,
    filters: Sequence[int],
    interlaced: bool,  # noqa: FBT001 - drawn
    chunks: int,
    idot: bool,  # noqa: FBT001 - drawn
) -> None:
    png = crush(image, premultiplied=False, filters=filters, interlaced=interlaced, chunks=chunks, idot=idot)
    assert drawn(png).tobytes() == image.convert("RGBA").tobytes()


@given(images(), FILTERS, st.booleans(), st.integers(1, 4), st.booleans())
@example(ramp("RGBA"), ALL_FILTERS, True, 3, True)
def test_a_multiplied_crushed_picture_is_divided_to_the_nearest(
    image: Image.Image,
    filters: Sequence[int],
    interlaced: bool,  # noqa: FBT001 - drawn
    chunks: int,
    idot: bool,  # noqa: FBT001 - drawn
) -> None:
    png = crush(image, filters=filters, interlaced=interlaced, chunks=chunks, idot=idot)
    assert drawn(png).tobytes() == b"".join(map(multiplied_and_divided, pixels_of(image)))


def pixels_of(image: Image.Image) -> list[bytes]:
    data = image.convert("RGBA").tobytes()
    return [data[start : start + 4] for start in range(0, len(data), 4)]


def multiplied_and_divided(pixel: bytes) -> bytes:
    *colour, alpha = pixel
    if alpha == 0:
        return bytes(4)
    crushed = ((value * alpha + 127) // 255 for value in colour)
    return bytes((*((2 * 255 * value + alpha) // (2 * alpha) for value in crushed), alpha))


def test_every_colour_under_every_alpha_is_divided_to_the_nearest() -> None:
    # A crushed picture of all pairs, colour never above alpha, as Apple writes it.
    pairs = [(value, alpha) for alpha in range(1, 256) for value in range(alpha + 1)]
    stored = Image.frombytes("RGBA", (len(pairs), 1), bytes(part for v, a in pairs for part in (v, v, v, a)))
    found = open_picture(saved(stored), premultiplied=True).getchannel("R").tobytes()
    assert found == bytes((2 * 255 * value + alpha) // (2 * alpha) for value, alpha in pairs)


def test_a_colour_brighter_than_its_alpha_is_white_not_wrapped() -> None:
    stored = Image.new("RGBA", (1, 1), (200, 100, 50, 100))
    assert open_picture(saved(stored), premultiplied=True).getpixel((0, 0)) == (255, 255, 128, 100)


@pytest.mark.parametrize(
    ("flags", "divided"), [(b"\x50\x00\x20\x02", True), (b"\x50\x00\x20\x06", False), (b"", False)]
)
def test_the_flags_say_whether_colour_is_multiplied(flags: bytes, *, divided: bool) -> None:
    png = crush(ramp("RGBA"))
    bare = png[:8] + chunk(b"CgBI", flags) + png[8 + 16 :]
    assert read_picture(bare).premultiplied is divided


@pytest.mark.parametrize("depth", [8, 16])
def test_sixteen_bits_are_swapped_whole(depth: int) -> None:
    sample = depth // 8
    blue, green, red = (bytes((value,)) * sample for value in (30, 20, 10))
    header = chunk(b"IHDR", struct.pack(">2I5B", 2, 1, depth, 2, 0, 0, 0))
    packed = zlib.compress(b"\0" + (blue + green + red) * 2)[2:-4]
    png = b"".join((SIGNATURE, chunk(b"CgBI", bytes(4)), header, chunk(b"IDAT", packed), chunk(b"IEND", b"")))
    assert drawn(png).getpixel((1, 0)) == (10, 20, 30, 255)


# --- plain --------------------------------------------------------------------------------------------------


@given(images(), FILTERS, st.booleans())
def test_a_plain_picture_comes_back_exactly(
    image: Image.Image,
    filters: Sequence[int],
    interlaced: bool,  # noqa: FBT001 - drawn
) -> None:
    png = encode_png(image, filters=filters, interlaced=interlaced)
    assert drawn(png).tobytes() == image.convert("RGBA").tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P"])
def test_other_kinds_of_pixels_are_drawn(mode: str) -> None:
    image = ramp("RGBA").convert(mode)
    assert drawn(saved(image)).tobytes() == image.convert("RGBA").tobytes()


def test_a_palette_may_be_transparent() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((1, 0), 1)
    picture = drawn(saved(image, transparency=bytes((128, 0))))
    assert [picture.getpixel((x, 0)) for x in (0, 1)] == [(255, 0, 0, 128), (0, 255, 0, 0)]


@pytest.mark.parametrize(
    ("colour", "pixel", "expected"),
    [
        (0, (0x80FF,), (128, 128, 128, 255)),
        (2, (0x1000, 0x80FF, 0xFFFF), (16, 128, 255, 255)),
        (4, (0x80FF, 0x4000), (128, 128, 128, 64)),
        (6, (0x1000, 0x80FF, 0xFFFF, 0x4000), (16, 128, 255, 64)),
    ],
)
def test_sixteen_bits_are_scaled_to_eight(colour: int, pixel: tuple[int, ...], expected: tuple[int, ...]) -> None:
    rows = b"\0" + struct.pack(f">{len(pixel)}H", *pixel) * 4
    assert drawn(png_of(rows, depth=16, colour=colour)).getpixel((3, 0)) == expected


def test_only_what_draws_the_picture_is_kept() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(80 << 20)))
    png = png_of(b"\0\1\2\3\4", bomb, chunk(b"tRNS", b"\0"))
    picture = read_picture(png)
    assert len(picture.data) < 200
    assert drawn(png).getpixel((1, 0)) == (2, 2, 2, 255)


# --- refused ------------------------------------------------------------------------------------------------

GOOD = png_of(b"\0\1\2\3\4")
BAD: dict[str, tuple[bytes, str]] = {
    "no png": (b"GIF89a", "it is not a PNG"),
    "nothing after the signature": (SIGNATURE, "it has no IHDR"),
    "header cut": (GOOD[:20], "its IHDR is damaged"),
    "no pixels": (GOOD[:33], "its pixel data is truncated"),
    "pixels cut": (png_of(b"\0\1\2\3"), "its pixel data is truncated"),
    "pixels garbage": (GOOD[:33] + chunk(b"IDAT", b"garbage"), "its pixel data is damaged"),
    "a filter that does not exist": (png_of(b"\5\1\2\3\4"), "its pixel data is damaged"),
    "a later filter that does not exist": (png_of(b"\0\1\2\3\4\5\1\2\3\4", height=2), "its pixel data is damaged"),
    "a colour type that does not exist": (png_of(b"", colour=5), "its IHDR is damaged"),
    "a depth that does not exist": (png_of(b"", depth=4, colour=2), "its IHDR is damaged"),
    "no width": (png_of(b"", width=0), "0×1 pixels"),
    "no palette": (png_of(b"\0\1\2\3\4", colour=3), "its palette is damaged"),
    "a broken palette": (png_of(b"\0\1\2\3\4", chunk(b"PLTE", b"\0\0"), colour=3), "its palette is damaged"),
    "too wide": (png_of(b"", width=MAX_SIDE + 1), "2049×1 pixels; the limit is 2048×2048"),
    "far too large": (huge_png(), "60000×60000 pixels"),
    "too deep": (png_of(b"", width=2048, height=2048, depth=16, colour=6), "the limit is 18,874,368"),
}


@pytest.mark.parametrize(("png", "reason"), BAD.values(), ids=BAD)
def test_what_cannot_be_drawn_is_refused_with_a_reason(png: bytes, reason: str) -> None:
    with pytest.raises(PngError, match=reason):
        read_picture(png)


@pytest.mark.parametrize("head", [b"", GOOD[:25], crush(ramp("RGB"))[:30], SIGNATURE + chunk(b"IDAT", b"")])
def test_a_head_without_a_size_is_refused(head: bytes) -> None:
    with pytest.raises(PngError):
        measure(head)


SEEDS = [
    crush(ramp("RGBA"), chunks=2, idot=True),
    saved(ramp("RGB").convert("P"), transparency=bytes(range(100))),
    saved(ramp("RGB").convert("L"), transparency=7),
    png_of(b"\0" + bytes(range(8)), depth=16),
    encode_png(ramp("RGBA"), interlaced=True),
]


@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=4), st.data())
@settings(max_examples=300)
def test_what_is_taken_for_a_picture_can_be_drawn(
    png: bytes, changes: list[tuple[float, int]], data: st.DataObject
) -> None:
    changed = bytearray(png)
    for place, value in changes:
        changed[int(place * len(changed))] = value
    # Half of the changes go to the first bytes, where the structure is.
    for place, value in data.draw(st.lists(st.tuples(st.integers(8, 60), st.integers(0, 255)), max_size=3)):
        changed[place] = value
    try:
        picture = read_picture(bytes(changed))
    except PngError:
        return
    assert open_picture(picture.data, premultiplied=picture.premultiplied).size == (picture.width, picture.height)
