"""The owner's look: WCAG's own figures, the stylesheet, and warnings of colours that are hard to read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.model.catalog import Branding
from ota_site.site.stylesheet import ENOUGH, branding_css, branding_warnings, contrast

COLOURS = st.binary(min_size=3, max_size=3).map(lambda parts: f"#{parts.hex()}")


def declared(css: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the custom properties for light pages, and those for dark ones."""
    light, _, dark = css.partition("@media (prefers-color-scheme: dark)")
    pairs = [dict(re.findall(r"(--[\w-]+): ([^;]+);", part)) for part in (light, dark)]
    return pairs[0], pairs[1]


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        # https://webaim.org/resources/contrastchecker and the Understanding documents of WCAG 2.
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
        ("#0000ff", "#ffffff", 8.59),
        ("#00ff00", "#ffffff", 1.37),
        ("#949494", "#ffffff", 3.03),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


def test_no_look_makes_no_stylesheet() -> None:
    assert branding_css(Branding()) == ""


def test_a_font_alone_leaves_the_colours_to_the_theme() -> None:
    css = branding_css(Branding(font="Source Sans 3, 'Avenir Next', ui-rounded"))
    families = '"Source Sans 3", "Avenir Next", ui-rounded, -apple-system, system-ui, sans-serif'
    assert css == f":root {{\n  --font: {families};\n}}\n"


def test_both_colours_of_the_owner_are_taken_as_they_are() -> None:
    light, dark = declared(branding_css(Branding(accent="#7a1fa2", accent_dark="#d9a6f0")))
    assert light == {"--accent": "#7a1fa2", "--button": "#7a1fa2", "--on-button": "#ffffff"}
    assert dark == {"--accent": "#d9a6f0", "--button": "#d9a6f0", "--on-button": "#000000"}


def test_a_dark_colour_alone_leaves_light_pages_to_the_theme() -> None:
    light, dark = declared(branding_css(Branding(accent_dark="#d9a6f0")))
    assert light == {}
    assert dark["--accent"] == "#d9a6f0"


@given(COLOURS)
def test_what_is_made_of_any_accent_can_be_read(accent: str) -> None:
    light, dark = declared(branding_css(Branding(accent=accent)))
    for ground in ("#000000", "#1c1c1e"):
        assert contrast(dark["--accent"], ground) >= ENOUGH
    for words in (light, dark):
        assert contrast(words["--button"], words["--on-button"]) >= ENOUGH
    if contrast(accent, "#1c1c1e") >= ENOUGH:
        assert dark["--accent"] == accent


def test_a_faint_accent_is_warned_of_with_its_contrast_and_a_tone_that_does() -> None:
    (warning,) = branding_warnings(Branding(accent="#88ccff"), "content/site.toml")
    assert warning.message == "`accent` #88ccff has a contrast of 1.7:1 on white; links need 4.5:1"
    assert warning.where == "content/site.toml"
    assert warning.hint.endswith("is the nearest tone that can be read everywhere on a page")


@given(COLOURS, COLOURS)
def test_the_tone_that_a_warning_names_is_not_warned_of(accent: str, accent_dark: str) -> None:
    for warning in branding_warnings(Branding(accent=accent, accent_dark=accent_dark), ""):
        tone = warning.hint.split()[0]
        better = Branding(accent=tone) if warning.message.startswith("`accent` ") else Branding(accent_dark=tone)
        assert not list(branding_warnings(better, ""))


@pytest.mark.parametrize(
    "look", [Branding(), Branding(accent="#767676"), Branding(accent="#0066cc", accent_dark="#4aa8ff")]
)
def test_colours_that_can_be_read_are_not_warned_of(look: Branding) -> None:
    assert not list(branding_warnings(look, ""))


def test_a_contrast_just_below_is_not_rounded_up_to_what_is_needed() -> None:
    (warning,) = branding_warnings(Branding(accent="#777777"), "")
    assert "4.4:1" in warning.message
