"""The keys of site.toml: what each may hold, and what is said of what it may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ota_site.config.settings import all_languages, read_settings
from tests.pictures import encode_png, plain_icon

if TYPE_CHECKING:
    from pathlib import Path

    from ota_site.model.catalog import Branding


def mistakes(folder: Path, toml: str) -> list[str]:
    """Return what is wrong with a site.toml, each without its place."""
    path = folder / "site.toml"
    path.write_text(toml, "utf-8")
    _, _, found = read_settings(path)
    for mistake in found:
        assert mistake.where.startswith(str(path))
        assert mistake.hint or "should" in mistake.message
    return [f"{mistake.message} | {mistake.hint}" for mistake in found]


def look(folder: Path, toml: str) -> Branding:
    """Return the look that a faultless table of it makes."""
    assert mistakes(folder, f"[look]\n{toml}") == []
    return read_settings(folder / "site.toml")[1]


@pytest.mark.parametrize(
    ("toml", "languages"),
    [
        ("", ("en",)),
        ('language = "de"', ("de",)),
        ('languages = ["de", "fr"]', ("en", "de", "fr")),
        ('languages = ["de", "en"]', ("en", "de")),
        ('language = "pt-BR"\nlanguages = ["PT-br", "zh-Hant"]', ("pt-BR", "zh-Hant")),
    ],
)
def test_the_sites_own_language_comes_first(tmp_path: Path, toml: str, languages: tuple[str, ...]) -> None:
    assert mistakes(tmp_path, toml) == []
    assert all_languages(read_settings(tmp_path / "site.toml")[0]) == languages


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ('languages = ["de", "klingon"]', "`languages`: 'klingon' is not a language tag | write tags such as"),
        ('languages = ["de_DE"]', "`languages`: 'de_DE' is not a language tag"),
        ('languages = ["de.x"]', "`languages`: 'de.x' is not a language tag"),
        ('language = "de@euro"', "`language` 'de@euro' is not a language tag"),
        ('languages = ["../de"]', "`languages`: '../de' is not a language tag"),
        ('languages = ["de", "fr", "DE"]', "`languages` contains 'DE' twice"),
        ('languages = "de"', "`languages` should be a list, not text"),
        ('languages = ["de", 5]', "`languages` entry 2 should be text, not a whole number"),
        ('channels = ["beta", "Beta"]', "`channels` contains 'Beta' twice"),
        ('channels = [""]', "`channels`: '' is not a channel name | use 1 to 40 characters"),
        (f'channels = ["{"x" * 41}"]', "is not a channel name"),
        ('channels = ["a\\tb"]', "is not a channel name"),
        ('contact = ""', "`contact` is empty | remove it, or write it as qa@example.com"),
        ('contact = "the lab"', "`contact` 'the lab' is neither a mail address nor an https address"),
        ('contact = "http://example.com/"', "nor an https address"),
        ('contact = "javascript:alert(1)"', "nor an https address"),
        ('contact = "https://me:secret@example.com/"', "`contact` contains a user name or password"),
        ('contact = "https://[example.com/"', "`contact` is not an address"),
        ('contact = "mailto:qa@example.com?subject=a b"', "neither a mail address"),
        ('[rules]\nno-icon = "fatal"', "`rules.no-icon` 'fatal' is not a severity | use one of error, warning, note"),
        ("[rules]\nno-icon = 5", "`rules.no-icon` 5 is not a severity"),
        (
            '[[silence]]\nrule = "no-icon"\napp = "a"\nreason = "b"\nuntil = "2027"',
            "`silence` entry 1 has an unknown key `until`",
        ),
        ('[look]\nacent = "#000000"', "unknown key `acent` | did you mean `accent`?"),
        ('look = "green"', "`look` should be a table, not text"),
        ("[look]\naccent = 5", "`accent` should be text, not a whole number"),
        ('[look]\naccent = "green"', "`look.accent` 'green' is not a colour | write it as #0a7d4f"),
        ('[look]\naccent_dark = "#0a7d4f;"', "`look.accent_dark` '#0a7d4f;' is not a colour"),
        ('[look]\nfont = "x; } body { display: none"', "is not a list of fonts"),
        ('[look]\nfont = "\'Avenir"', "is not a list of fonts"),
        ('[look]\nfont = "Arial,"', "is not a list of fonts"),
        ('[look]\nfont = "url(x)"', "is not a list of fonts"),
        ('[look]\nfont = ""', "is not a list of fonts"),
        (
            '[look]\nlogo = "../x.svg"',
            "`look.logo` '../x.svg' is not in the content folder | set it to the path of an .svg or .png file in",
        ),
        ('[look]\nlogo = "/etc/hostname.png"', "is not in the content folder"),
        ('[look]\nlogo = "logo.jpg"', "is neither .svg nor .png"),
        ('[look]\nlogo = "logo.png"', "does not exist"),
        ('[look]\nlogo = "folder.svg"', "does not exist"),
        ('[look]\nlogo = "wrong.png"', "is not an image of that type"),
        ('[look]\nlogo = "lfs.png"', "is a Git LFS pointer, not the image: run `git lfs pull`"),
        ('[look]\nlogo = "out.svg"', "is not in the content folder"),
        ('[look]\nlogo = "a\\u0000b.svg"', "cannot be read"),
        ('[look]\nlogo = ""', "is neither .svg nor .png"),
        ("a = " + "[" * 5000, "is not valid TOML"),
    ],
)
def test_a_mistake_is_told_with_a_way_out(tmp_path: Path, toml: str, told: str) -> None:
    content = tmp_path / "content"
    (content / "folder.svg").mkdir(parents=True)
    (tmp_path / "outside.svg").write_text("<svg/>")
    (content / "out.svg").symlink_to("../outside.svg")
    (content / "wrong.png").write_text("<svg/>")
    (content / "lfs.png").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    (mistake,) = mistakes(content, toml)
    assert told in mistake


@pytest.mark.parametrize(
    "contact",
    [
        "qa@example.com",
        "qa+ios@sub.example.com",
        "mailto:qa@example.com",
        "mailto:qa@example.com?subject=Acme%20beta",
        "https://example.com/help?team=ios",
    ],
)
def test_a_contact_is_a_mail_address_or_a_page(tmp_path: Path, contact: str) -> None:
    assert mistakes(tmp_path, f'contact = "{contact}"') == []
    assert read_settings(tmp_path / "site.toml")[0].contact == contact


@pytest.mark.parametrize(
    "font",
    [
        "system-ui",
        "Avenir Next, Helvetica, sans-serif",
        "'PT Sans', serif",
        '"Source Sans 3","Hiragino", -apple-system',
    ],
)
def test_a_font_is_a_list_of_families(tmp_path: Path, font: str) -> None:
    assert look(tmp_path, f"font = '''{font}'''").font == font


def test_a_logo_is_a_picture_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encode_png(plain_icon()))
    assert look(tmp_path, 'logo = "a.png"').logo == tmp_path / "a.png"
