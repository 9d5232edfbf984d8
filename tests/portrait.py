"""Regenerate the README's picture from the demo: `python -m tests.portrait docs/pages.png`."""

from __future__ import annotations

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from ota_site.model.catalog import Site
from tests import agents
from tests.browsers import chromium
from tests.sites import served

CONTENT = Path(__file__).parents[1] / "content"
SHOTS = (("", False), ("apps/com.example.fellpath/", False), ("apps/com.example.tallybook/", True))
SCALE, MARGIN, CORNER = 2, 28, 36


def photograph(content: Path) -> list[Image.Image]:
    """Return each page as an iPhone shows it, before any scrolling."""
    pictures = []
    with (
        tempfile.TemporaryDirectory() as folder,
        served(content, Path(folder) / "_site", site=Site(title="Ottersund")) as site,
    ):
        for path, dark in SHOTS:
            with chromium(390, 760, SCALE, dark=dark, user_agent=agents.IPHONE) as browser:
                browser.get(site.url + path)
                pictures.append(Image.open(BytesIO(browser.get_screenshot_as_png())).convert("RGB"))
    return pictures


def hang(pictures: list[Image.Image]) -> Image.Image:
    """Return the pictures side by side, with the corners of a phone."""
    width, height = pictures[0].size
    wall = Image.new("RGB", (len(pictures) * (width + MARGIN) + MARGIN, height + 2 * MARGIN), "#e8e8ed")
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1), CORNER * SCALE, fill=255)
    for number, picture in enumerate(pictures):
        wall.paste(picture, (MARGIN + number * (width + MARGIN), MARGIN), mask)
    return wall


if __name__ == "__main__":
    hang(photograph(CONTENT)).quantize(256, dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)
