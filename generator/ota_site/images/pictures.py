"""Pictures: resized icons, letter icons and QR codes (the only importer of Pillow and qrcode)."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import qrcode
from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageMath
from qrcode.constants import ERROR_CORRECT_M

if TYPE_CHECKING:
    from pathlib import Path

Modules = list[list[bool]]
Pixels = Image.Image

QR_LIMIT = 2331
"""The capacity of a QR code of level M, in bytes."""

_QUIET_ZONE = 4
_QR_PIXELS = 8
# Trying all eight masks takes six times as long. Over 60 URLs of this kind, this mask scores 821 penalty points on
# average, the best of the eight 786, the others 910 to 1,029.
_QR_MASK = 2


def open_picture(data: bytes, *, premultiplied: bool) -> Image.Image:
    """Return a standard PNG or a JPEG as RGBA pixels.

    premultiplied: divide the colours by alpha. Raise ValueError if the picture cannot be read.
    """
    try:
        picture = _to_rgba(Image.open(BytesIO(data), formats=("PNG", "JPEG")))
    # Pillow raises exceptions of any type for invalid data.
    except Exception as error:
        raise ValueError(f"the picture cannot be drawn: {error}") from error
    return _unmultiply(picture) if premultiplied else picture


def measure(path: Path) -> tuple[int, int] | None:
    """Return width and height in pixels of the picture at `path`; None if browsers cannot show it."""
    try:
        with Image.open(path, formats=("AVIF", "GIF", "JPEG", "PNG", "WEBP")) as picture:
            return picture.size
    # Pillow raises exceptions of any type for invalid data; DecompressionBombError is a plain Exception.
    except Exception:  # noqa: BLE001
        return None


def fit_icon(picture: Image.Image, side: int) -> bytes:
    """Return the picture as a PNG of `side`×`side` pixels; one that is not square is centred, not stretched."""
    scale = side / max(picture.size)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
    if size != (side, side):
        square = Image.new("RGBA", (side, side))
        square.paste(small, ((side - size[0]) // 2, (side - size[1]) // 2))
        small = square
    opaque = small.getchannel("A").getextrema() == (255, 255)
    return _png(small.convert("RGB") if opaque else small)


def letter_icon(letter: str, hue: int, side: int) -> bytes:
    """Return a PNG of `side`×`side` pixels with a white letter on a colour; `hue` is in degrees."""
    picture = Image.new("RGB", (side, side), ImageColor.getrgb(f"hsl({hue}, 42%, 46%)"))
    font = ImageFont.load_default(side * 0.56)
    ImageDraw.Draw(picture).text((side / 2, side / 2), letter, "white", font, anchor="mm")
    return _png(picture)


def qr_modules(text: str) -> Modules:
    """Return the QR code of a text, level M, with its quiet zone: rows of modules, True for dark."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=_QUIET_ZONE, mask_pattern=_QR_MASK)
    code.add_data(text)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def qr_png(modules: Modules) -> bytes:
    """Return a QR code as a PNG with one bit per pixel and 8 pixels per module."""
    side = len(modules)
    picture = Image.new("1", (side, side))
    picture.putdata([0 if dark else 255 for row in modules for dark in row])
    return _png(picture.resize((side * _QR_PIXELS, side * _QR_PIXELS), Image.Resampling.NEAREST))


def qr_svg(modules: Modules) -> bytes:
    """Return a QR code as an SVG with one unit per module, dark on white."""
    side = len(modules)
    runs = "".join(run for y, row in enumerate(modules) for run in _runs(row, y))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{runs}"/></svg>\n'
    )
    return svg.encode("ascii")


def qr_text(modules: Modules) -> list[str]:
    """Return a QR code as lines of half blocks, two rows of modules per line, for a dark terminal."""
    rows = modules if len(modules) % 2 == 0 else [*modules, [True] * len(modules)]
    blocks = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
    return [
        "".join(blocks[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def _runs(row: list[bool], y: int) -> list[str]:
    """Return one path piece for each run of dark modules in a row."""
    runs, start = [], None
    for x, dark in enumerate([*row, False]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            runs.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
            start = None
    return runs


def _to_rgba(picture: Image.Image) -> Image.Image:
    if picture.mode == "I;16":
        # Pillow clips 16-bit grey at 255 instead of scaling it.
        picture = picture.point(lambda grey: grey / 256).convert("L")
    return picture.convert("RGBA")


def _unmultiply(picture: Image.Image) -> Image.Image:
    """Divide colours by alpha, rounded to nearest as in Apple's tools; colours are 0 where alpha is 0."""
    *colours, alpha = picture.split()

    def divide(bands: dict[str, Any]) -> Any:  # noqa: ANN401 - Pillow does not type its operands
        # Premultiplied colours are at most alpha; min() handles files that violate this.
        whole = bands["max"](bands["alpha"], 1)
        colour = bands["min"]((bands["colour"] * 255 + whole / 2) / whole, 255)
        return bands["convert"](colour * (bands["alpha"] > 0), "L")

    divided = [ImageMath.lambda_eval(divide, colour=colour, alpha=alpha) for colour in colours]
    return Image.merge("RGBA", (*divided, alpha))


def _png(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
