"""Write the owner's colours and font as a stylesheet, and check the contrast of the colours. Pure.

Contrast follows WCAG 2, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio. Colours are `#rrggbb`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.model.errors import SiteError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ota_site.model.catalog import Branding

ENOUGH = 4.5
"""The minimum contrast of text, WCAG 2 level AA."""

_WHITE, _BLACK = "#ffffff", "#000000"
# Links also appear on cards. Their grey gives less contrast than the page, so a tone that passes there passes on both.
_LIGHT_CARD, _DARK_CARD = "#f5f5f7", "#1c1c1e"
# Where the linear part of sRGB ends, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance.
_LINEAR_TO = 0.04045
_GENERIC = frozenset(
    (
        *("serif", "sans-serif", "monospace", "cursive", "system-ui", "-apple-system"),
        *("ui-serif", "ui-sans-serif", "ui-monospace", "ui-rounded"),
    )
)


def branding_css(look: Branding) -> str:
    """Return the stylesheet that sets a theme's custom properties to the owner's branding; empty for none.

    `--accent` is for links, `--button` for the button, `--on-button` for its label, `--font` for all text.
    """
    light, dark = _colours(look.accent), _colours(_on_dark(look))
    if look.font:
        light = (*light, f"  --font: {_families(look.font)};")
    css = _rule(":root", light) if light else ""
    return css + (f"@media (prefers-color-scheme: dark) {{\n{_rule(':root', dark)}}}\n" if dark else "")


def branding_warnings(look: Branding, where: str) -> Iterator[SiteError]:
    """Yield a warning for each colour that makes links hard to read. where: the file that sets it."""
    on_white = ("accent", look.accent, _WHITE, "white", _BLACK, _LIGHT_CARD)
    on_black = ("accent_dark", look.accent_dark, _BLACK, "black", _WHITE, _DARK_CARD)
    for name, colour, page, page_name, towards, card in (on_white, on_black):
        if colour and contrast(colour, page) < ENOUGH:
            ratio = int(contrast(colour, page) * 10) / 10
            message = f"`{name}` {colour} has a contrast of {ratio}:1 on {page_name}; links need {ENOUGH}:1"
            hint = f"{_tone(colour, towards, card)} is the nearest tone that can be read everywhere on a page"
            yield SiteError(message, where=where, hint=hint)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _on_dark(look: Branding) -> str | None:
    return look.accent_dark or (_tone(look.accent, _WHITE, _DARK_CARD) if look.accent else None)


def _colours(accent: str | None) -> tuple[str, ...]:
    if accent is None:
        return ()
    words = max((_WHITE, _BLACK), key=lambda colour: contrast(colour, accent))
    return (f"  --accent: {accent};", f"  --button: {accent};", f"  --on-button: {words};")


def _rule(selector: str, lines: tuple[str, ...]) -> str:
    return "\n".join([f"{selector} {{", *lines, "}", ""])


def _families(font: str) -> str:
    """Return a list of font families that ends with the system font. Names are quoted, since digits require quotes."""
    names = [name.strip(" \"'") for name in font.split(",")]
    own = [name if name in _GENERIC else f'"{name}"' for name in names if name]
    return ", ".join([*own, "-apple-system", "system-ui", "sans-serif"])


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour, from 0 for black to 1 for white."""
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= _LINEAR_TO else ((part + 0.055) / 1.055) ** 2.4


def _tone(colour: str, towards: str, ground: str) -> str:
    """Return the nearest tone of a colour that is readable on `ground`. `towards` is black or white, mixed into it."""
    tones = (_mixed(colour, towards, share / 255) for share in range(256))
    return next(tone for tone in tones if contrast(tone, ground) >= ENOUGH)


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + bytes(round(one + (two - one) * share) for one, two in pairs).hex()


def _parts(colour: str) -> bytes:
    return bytes.fromhex(colour[1:])
