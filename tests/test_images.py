"""Pictures, looked at as a browser or a camera would: drawn by Pillow, read by zbar."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from PIL import Image, ImageChops, ImageDraw

from ota_site.images.pictures import fit_icon, letter_icon, measure, open_picture, qr_modules, qr_png, qr_svg
from tests.pictures import huge_png

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ADDRESSES = [
    "https://x.example/",
    "https://apps.example.com/a/com.example.sample/1.2.3-45/",
    "https://x.example/%E6%AF%9B%E8%B1%86/?q=" + "a" * 400,
]


def opened(png: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(png))
    assert picture.format == "PNG"
    picture.load()
    return picture


def saved(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


# --- opened -------------------------------------------------------------------------------------------------


def test_a_picture_opens_as_it_is() -> None:
    picture = Image.linear_gradient("L").convert("RGBA")
    picture.putalpha(77)
    assert open_picture(saved(picture), premultiplied=False).tobytes() == picture.tobytes()


def test_a_multiplied_picture_is_divided_by_its_alpha() -> None:
    picture = Image.new("RGBA", (3, 1))
    for x, pixel in enumerate([(50, 100, 0, 100), (7, 7, 7, 0), (9, 8, 7, 255)]):
        picture.putpixel((x, 0), pixel)
    divided = open_picture(saved(picture), premultiplied=True)
    assert [divided.getpixel((x, 0)) for x in range(3)] == [(128, 255, 0, 100), (0, 0, 0, 0), (9, 8, 7, 255)]


@pytest.mark.parametrize("data", [b"", b"GIF89a", saved(Image.new("L", (9, 9)))[:-30]])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be drawn"):
        open_picture(data, premultiplied=False)


# --- icons --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [57, 180, 512])
def test_a_square_icon_fills_its_square(side: int) -> None:
    icon = opened(fit_icon(Image.new("RGBA", (152, 152), "teal"), side))
    assert (icon.size, icon.mode) == ((side, side), "RGB")
    assert icon.getextrema() == ((0, 0), (128, 128), (128, 128))


def test_an_icon_of_the_right_size_is_not_resampled() -> None:
    picture = Image.effect_noise((64, 64), 90).convert("RGBA")
    assert opened(fit_icon(picture, 64)).tobytes() == picture.convert("RGB").tobytes()


@pytest.mark.parametrize("size", [(200, 100), (100, 200), (300, 290), (1, 2048)])
def test_an_oblong_icon_is_centred_and_not_stretched(size: tuple[int, int]) -> None:
    icon = opened(fit_icon(Image.new("RGBA", size, "red"), 100))
    assert (icon.size, icon.mode) == ((100, 100), "RGBA")
    box = icon.getchannel("A").getbbox()
    assert box is not None
    width, height = box[2] - box[0], box[3] - box[1]
    assert (width, height) == (max(1, round(100 * size[0] / max(size))), max(1, round(100 * size[1] / max(size))))
    assert abs(box[0] - (100 - box[2])) <= 1
    assert abs(box[1] - (100 - box[3])) <= 1


def test_what_is_see_through_stays_so() -> None:
    picture = Image.new("RGBA", (100, 100), (255, 0, 0, 0))
    ImageDraw.Draw(picture).rectangle((0, 0, 49, 99), fill=(255, 0, 0, 255))
    icon = opened(fit_icon(picture, 50))
    assert icon.getpixel((5, 25)) == (255, 0, 0, 255)
    assert icon.getchannel("A").getpixel((45, 25)) == 0


@pytest.mark.parametrize("letter", ["A", "W", "7"])
@pytest.mark.parametrize("side", [57, 180])
def test_a_letter_stands_in_the_middle_in_white(letter: str, side: int) -> None:
    icon = opened(letter_icon(letter, 210, side))
    background = icon.getpixel((0, 0))
    assert isinstance(background, tuple)
    assert (icon.size, icon.mode) == ((side, side), "RGB")
    assert max(background) == background[2] < 200  # blue, and dark enough to read white on
    box = ImageChops.difference(icon, Image.new("RGB", icon.size, background)).getbbox()
    assert box is not None
    assert icon.convert("L").getextrema()[1] == 255
    assert abs(box[0] - (side - box[2])) <= side * 0.06
    assert abs(box[1] - (side - box[3])) <= side * 0.12
    assert 0.3 * side < box[3] - box[1] < 0.6 * side


def test_letters_and_colours_make_different_icons() -> None:
    icons = {letter_icon(letter, hue, 57) for letter in ("A", "B") for hue in (0, 120)}
    assert len(icons) == 4
    assert letter_icon("A", 0, 57) in icons


# --- QR codes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ADDRESSES)
def test_a_qr_code_reads_as_its_text(read_qr: Callable[[bytes], str], text: str) -> None:
    png = qr_png(qr_modules(text))
    assert opened(png).mode == "1"
    assert read_qr(png) == text


@pytest.mark.parametrize("text", ADDRESSES)
def test_the_svg_is_the_same_code(read_qr: Callable[[bytes], str], text: str) -> None:
    drawn = drawn_svg(qr_svg(qr_modules(text)))
    assert drawn.resize((drawn.width * 8, drawn.height * 8)).tobytes() == opened(qr_png(qr_modules(text))).tobytes()
    assert read_qr(saved(drawn.resize((drawn.width * 4, drawn.height * 4)))) == text


@pytest.mark.parametrize("text", ADDRESSES)
def test_a_qr_code_has_its_quiet_zone(text: str) -> None:
    box = ImageChops.invert(opened(qr_png(qr_modules(text))).convert("L")).getbbox()
    side = opened(qr_png(qr_modules(text))).width
    assert box == (32, 32, side - 32, side - 32)  # four modules of eight pixels


def drawn_svg(svg: bytes) -> Image.Image:
    """Draw the little of SVG that a QR code needs: white first, then each run of dark modules."""
    root = ET.fromstring(svg)  # noqa: S314 - our own bytes
    side = int(root.attrib["viewBox"].split()[3])
    white, dark = (path.attrib for path in root)
    assert white == {"fill": "#fff", "d": f"M0 0h{side}v{side}H0z"}
    picture = Image.new("1", (side, side), 1)
    for run in dark["d"].split("z")[:-1]:
        start, _, length = run.removeprefix("M").partition("h")
        x, y = map(int, start.split())
        length, back = length.split("v1h-")
        assert length == back
        ImageDraw.Draw(picture).line((x, y, x + int(length) - 1, y), fill=0)
    return picture


def test_the_same_text_gives_the_same_bytes() -> None:
    assert qr_png(qr_modules(ADDRESSES[0])) == qr_png(qr_modules(ADDRESSES[0])) != qr_png(qr_modules(ADDRESSES[1]))
    assert qr_svg(qr_modules(ADDRESSES[0])) == qr_svg(qr_modules(ADDRESSES[0])) != qr_svg(qr_modules(ADDRESSES[1]))


def test_a_picture_that_is_too_large_or_none_is_not_measured(tmp_path: Path) -> None:
    for name, content in {"bomb.png": huge_png(), "text.png": b"no picture", "cut.png": huge_png()[:20]}.items():
        (tmp_path / name).write_bytes(content)
        assert measure(tmp_path / name) is None
    (tmp_path / "small.png").write_bytes(huge_png(20))
    assert measure(tmp_path / "small.png") == (20, 20)
