"""Languages: what is said in them, and that nothing is left unsaid."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ota_site.i18n.languages import BUNDLED, is_language, load_language, nearest
from ota_site.model.errors import SiteError
from tests import messages

if TYPE_CHECKING:
    from pathlib import Path

    from babel.messages.catalog import Message

TRANSLATED = tuple(tag for tag in BUNDLED if tag != "en")
DAY = datetime(2027, 6, 4, tzinfo=UTC)
_PLACE = re.compile(r"%\((\w+)\)s")


def test_the_promised_languages_are_spoken() -> None:
    assert set(BUNDLED) == {"en", "de", "fr", "es", "ja", "zh-Hans", "ru", "ar"}


@pytest.mark.parametrize("tag", TRANSLATED)
def test_every_text_is_translated_and_none_is_left_over(tag: str) -> None:
    catalog, wanted = messages.read(tag), messages.template()
    assert {message.id for message in catalog if message.id} == {message.id for message in wanted if message.id}
    assert [message.id for message in catalog if message.id and not all(forms(message))] == []
    assert [message.id for message in catalog if message.fuzzy] == []


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_translation_has_the_places_of_its_original(tag: str) -> None:
    for message in messages.read(tag):
        if message.id:
            ids = tuple(map(str, message.id)) if isinstance(message.id, tuple) else (str(message.id),)
            allowed = {name for text in ids for name in _PLACE.findall(text)}
            every = {name for name in allowed if all(name in _PLACE.findall(text) for text in ids)} - {"num"}
            for form in forms(message):
                assert every <= set(_PLACE.findall(form)) <= allowed, message.id
                assert "%" not in _PLACE.sub("", form).replace("%%", ""), message.id


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_catalog_is_as_the_tool_writes_it(tag: str) -> None:
    assert (messages.LOCALES / f"{tag}.po").read_bytes() == messages.updated(tag)


def forms(message: Message) -> tuple[str, ...]:
    """Return a translation, in all its plural forms."""
    return tuple(map(str, message.string)) if isinstance(message.string, tuple) else (str(message.string or ""),)


def test_english_says_what_the_source_says() -> None:
    english = load_language("en")
    assert english.gettext("Not found") == "Not found"
    assert english.gettext("Version %(version)s", version="1.2") == "Version 1.2"
    assert english.ngettext("one device", "%(num)s devices", 1) == "one device"
    assert english.ngettext("one device", "%(num)s devices", 1200) == "1,200 devices"
    assert (english.day(DAY), english.short_day(DAY)) == ("4 June 2027", "4 Jun 2027")
    assert (english.size(48_200_000), english.size(999_950), english.size(145_000)) == ("48.2 MB", "1 MB", "145 kB")
    assert english.listing(["iPhone", "iPad", "Apple TV"]) == "iPhone, iPad and Apple TV"


def test_each_language_has_days_figures_and_a_direction_of_its_own() -> None:
    german, arabic, french = (load_language(tag) for tag in ("de", "ar", "fr"))
    assert (german.day(DAY), german.number(1234), german.name) == ("4. Juni 2027", "1.234", "Deutsch")
    assert french.size(48_200_000).replace("\u202f", " ").replace("\xa0", " ") == "48,2 Mo"
    assert arabic.listing(["iPhone", "iPad"]) == "\u200f\u2068iPhone\u2069 و\u2068iPad\u2069"
    assert (german.short_day(DAY), arabic.short_day(DAY)) == ("4. Juni 2027", "4 يونيو 2027")
    assert (arabic.direction, german.direction) == ("rtl", "ltr")


def test_a_language_that_is_not_spoken_here_falls_back() -> None:
    assert load_language("de-AT").gettext("Not found") == load_language("de").gettext("Not found") != "Not found"
    danish = load_language("da")
    assert (danish.gettext("Not found"), danish.day(DAY)) == ("Not found", "4. juni 2027")


@pytest.mark.parametrize(
    ("tag", "tags", "found"),
    [
        ("de", ("en", "de"), "de"),
        ("DE", ("de",), "de"),
        ("de-CH", ("en", "de"), "de"),
        ("zh-CN", ("zh-Hans",), "zh-Hans"),
        ("pt", ("pt-BR",), "pt-BR"),
        ("sv", ("en", "de"), None),
    ],
)
def test_the_nearest_language(tag: str, tags: tuple[str, ...], found: str | None) -> None:
    assert nearest(tag, tags) == found


def test_a_tag_of_no_language_is_none() -> None:
    assert [is_language(tag) for tag in ("de", "zh-Hans", "pt-BR", "xx", "de_DE", "", "../en")] == [
        *(True, True, True),
        *(False, False, False, False),
    ]


def test_a_theme_may_say_it_its_own_way(tmp_path: Path) -> None:
    (tmp_path / "de.po").write_text('msgid "Not found"\nmsgstr "Nichts da"\n', "utf-8")
    german = load_language("de", [tmp_path / "de.po"])
    assert german.gettext("Not found") == "Nichts da"
    assert german.gettext("Help") == load_language("de").gettext("Help")


@pytest.mark.parametrize(
    "catalog",
    [
        b'msgid "Not found"\nmsgstr "\xff"\n',
        b'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-88\\n"\n\nmsgid "Not found"\nmsgstr "a"\n',
    ],
)
def test_a_broken_catalog_is_named(tmp_path: Path, catalog: bytes) -> None:
    (tmp_path / "de.po").write_bytes(catalog)
    with pytest.raises(SiteError) as caught:
        load_language("de", [tmp_path / "de.po"])
    assert caught.value.where == str(tmp_path / "de.po")
