"""Languages of the pages: texts from gettext catalogs, dates and numbers (the only importer of babel).

Covers the program's own texts on pages, not the owner's.
"""

from __future__ import annotations

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal
from babel.units import format_unit

from ota_site.model.errors import SiteError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_LOCALES = Path(__file__).parent / "locales"
BUNDLED = ("en", *sorted(path.stem for path in _LOCALES.glob("*.po")))
"""The languages with bundled translations."""

_RIGHT_TO_LEFT, _ISOLATE, _END = "\u200f", "\u2068", "\u2069"

# Babel reads its tables again for each value, and pages share the same few values.
_day = lru_cache(4096)(format_date)
_skeleton = lru_cache(4096)(format_skeleton)
_number = lru_cache(4096)(format_decimal)
_unit = lru_cache(4096)(format_unit)
_list = lru_cache(4096)(format_list)

# International English writes the day before the month.
_ENGLISH = "en-001"
_UNITS = ("digital-byte", "digital-kilobyte", "digital-megabyte", "digital-gigabyte", "digital-terabyte")


def N_(message: str) -> str:  # noqa: N802 - gettext's name for it
    """Return a text unchanged, marked for translation, for tables defined before the language is known."""
    return message


class Language:
    """One language: `tag` is its BCP 47 tag, `name` its name in that language, `direction` is `ltr` or `rtl`."""

    def __init__(self, tag: str, texts: NullTranslations) -> None:
        self._locale = Locale.parse(_ENGLISH if tag == "en" else tag, sep="-")
        self._texts = texts
        self.tag = tag
        locale = Locale.parse(tag, sep="-")
        name = locale.languages.get(str(locale)) or locale.languages.get(locale.language) or tag
        # Capitalized for lists of languages, as in iOS.
        self.name = name[0].upper() + name[1:]
        self.direction = self._locale.text_direction

    def gettext(self, message: str, **values: object) -> str:
        """Return a text in this language, with `%(name)s` filled in."""
        text = self._texts.gettext(message)
        return text % values if values else text

    def ngettext(self, one: str, many: str, num: int, **values: object) -> str:
        """Return the plural form of a text for `num`, with `%(num)s` and others filled in."""
        return self._texts.ngettext(one, many, num) % {"num": self.number(num), **values}

    def pgettext(self, context: str, message: str, **values: object) -> str:
        """Return a text whose translation depends on the context."""
        text = self._texts.pgettext(context, message)
        return text % values if values else text

    def day(self, moment: datetime) -> str:
        """Return a date such as `4 June 2027`."""
        return _day(moment.date(), "long", self._locale)

    def short_day(self, moment: datetime) -> str:
        """Return a short date such as `4 Jun 2027`."""
        return _skeleton("yMMMd", moment.date(), locale=self._locale)

    def number(self, number: int) -> str:
        """Return a whole number, such as `1,234`."""
        return _number(number, locale=self._locale)

    def size(self, number: int) -> str:
        """Return a size in bytes in decimal units, as Apple does: `48.2 MB`."""
        value, unit = float(number), 0
        while value >= 999.95 and unit < len(_UNITS) - 1:
            value, unit = value / 1000, unit + 1
        value = round(value, 0 if unit < 2 or value >= 99.95 else 1)
        return _unit(value, _UNITS[unit], "short", locale=self._locale)

    def listing(self, items: Iterable[str]) -> str:
        """Return items as a list: `iPhone`, `iPhone and iPad`, `iPhone, iPad and Apple TV`."""
        if self.direction == "ltr":
            return _list(tuple(items), locale=self._locale)
        # Each name keeps its direction, and the list runs right to left even if it begins with a Latin name.
        apart = tuple(f"{_ISOLATE}{item}{_END}" for item in items)
        return _RIGHT_TO_LEFT + _list(apart, locale=self._locale) if apart else ""


def load_language(tag: str, more: Iterable[Path] = ()) -> Language:
    """Return the language of a BCP 47 tag, with texts of the nearest translation, else English.

    more: catalogs of a theme's texts, `<tag>.po`; the last one takes precedence. Raise SiteError for an invalid one.
    """
    texts = NullTranslations()
    for path in (*_LOCALES.glob("*.po"), *more):
        if path.stem == nearest(tag, (path.stem,)):
            ours = _read(path)
            ours.add_fallback(texts)
            texts = ours
    return Language(tag, texts)


def nearest(tag: str, tags: Iterable[str]) -> str | None:
    """Return the best match for `tag` in `tags`: the same tag, else one of the same language; None if none is."""
    known = tuple(tags)
    wanted = tag.casefold()
    exact = next((each for each in known if each.casefold() == wanted), None)
    return exact or next((each for each in known if each.casefold().split("-")[0] == wanted.split("-")[0]), None)


def is_language(tag: str) -> bool:
    """Return whether babel has the dates and numbers of a BCP 47 tag's language."""
    try:
        Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return False
    return True


def _read(path: Path) -> GNUTranslations:
    """Return a gettext catalog, compiled as by `msgfmt`. Raise SiteError if it cannot be read."""
    compiled = BytesIO()
    try:
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, abort_invalid=True))
        compiled.seek(0)
        return GNUTranslations(compiled)
    # An unknown charset raises LookupError.
    except (OSError, LookupError, ValueError, PoFileError) as error:
        raise SiteError(f"cannot be read: {error}", where=str(path), hint="check it with msgfmt -c") from error
