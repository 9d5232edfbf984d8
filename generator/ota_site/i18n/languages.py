"""Languages of the pages: their texts, from gettext catalogs, and their days and figures (the only importer of babel).

What an owner writes is in the owner's languages; here is what the program itself says on pages.
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
"""The languages that this program speaks."""

_RIGHT_TO_LEFT, _ISOLATE, _END = "\u200f", "\u2068", "\u2069"

# Babel reads its tables anew for each figure, and the same few come up on every page.
_day = lru_cache(4096)(format_date)
_skeleton = lru_cache(4096)(format_skeleton)
_number = lru_cache(4096)(format_decimal)
_unit = lru_cache(4096)(format_unit)
_list = lru_cache(4096)(format_list)

# The world's English writes the day before the month.
_ENGLISH = "en-001"
_UNITS = ("digital-byte", "digital-kilobyte", "digital-megabyte", "digital-gigabyte", "digital-terabyte")


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a text for translation, in a table that is read before the language is known."""
    return message


class Language:
    """One language: `tag` is its BCP 47 tag, `name` what its speakers call it, `direction` `ltr` or `rtl`."""

    def __init__(self, tag: str, texts: NullTranslations) -> None:
        self._locale = Locale.parse(_ENGLISH if tag == "en" else tag, sep="-")
        self._texts = texts
        self.tag = tag
        locale = Locale.parse(tag, sep="-")
        name = locale.languages.get(str(locale)) or locale.languages.get(locale.language) or tag
        # A list of languages begins each with a capital, as iOS does.
        self.name = name[0].upper() + name[1:]
        self.direction = self._locale.text_direction

    def gettext(self, message: str, **values: object) -> str:
        """Return a text in this language, with `%(name)s` filled in."""
        text = self._texts.gettext(message)
        return text % values if values else text

    def ngettext(self, one: str, many: str, num: int, **values: object) -> str:
        """Return the form of a text for a number, with `%(num)s` and others filled in."""
        return self._texts.ngettext(one, many, num) % {"num": self.number(num), **values}

    def pgettext(self, context: str, message: str, **values: object) -> str:
        """Return a text that means one thing in one context and another elsewhere."""
        text = self._texts.pgettext(context, message)
        return text % values if values else text

    def day(self, moment: datetime) -> str:
        """Return a day such as `4 June 2027`."""
        return _day(moment.date(), "long", self._locale)

    def short_day(self, moment: datetime) -> str:
        """Return a day where there is little room: `4 Jun 2027`."""
        return _skeleton("yMMMd", moment.date(), locale=self._locale)

    def number(self, number: int) -> str:
        """Return a whole number, such as `1,234`."""
        return _number(number, locale=self._locale)

    def size(self, number: int) -> str:
        """Return bytes as Apple counts them, in thousands: `48.2 MB`."""
        value, unit = float(number), 0
        while value >= 999.95 and unit < len(_UNITS) - 1:
            value, unit = value / 1000, unit + 1
        value = round(value, 0 if unit < 2 or value >= 99.95 else 1)
        return _unit(value, _UNITS[unit], "short", locale=self._locale)

    def listing(self, items: Iterable[str]) -> str:
        """Return `iPhone`, `iPhone and iPad`, `iPhone, iPad and Apple TV`."""
        if self.direction == "ltr":
            return _list(tuple(items), locale=self._locale)
        # Each name runs its own way, and the list from right to left, though it begins with a Latin name.
        apart = tuple(f"{_ISOLATE}{item}{_END}" for item in items)
        return _RIGHT_TO_LEFT + _list(apart, locale=self._locale) if apart else ""


def load_language(tag: str, more: Iterable[Path] = ()) -> Language:
    """Return the language of a BCP 47 tag; where it is not spoken here, the nearest that is, else English.

    more: catalogs of a theme's own texts, `<tag>.po`, the strongest last. Raises SiteError for a broken one.
    """
    texts = NullTranslations()
    for path in (*_LOCALES.glob("*.po"), *more):
        if path.stem == nearest(tag, (path.stem,)):
            ours = _read(path)
            ours.add_fallback(texts)
            texts = ours
    return Language(tag, texts)


def nearest(tag: str, tags: Iterable[str]) -> str | None:
    """Return which of `tags` a reader of `tag` is best served with: the same, else one of the same language."""
    known = tuple(tags)
    wanted = tag.casefold()
    exact = next((each for each in known if each.casefold() == wanted), None)
    return exact or next((each for each in known if each.casefold().split("-")[0] == wanted.split("-")[0]), None)


def is_language(tag: str) -> bool:
    """Whether a BCP 47 tag names a language whose days and figures are known."""
    try:
        Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return False
    return True


def _read(path: Path) -> GNUTranslations:
    """Return a catalog of gettext's, as `msgfmt` would compile it."""
    compiled = BytesIO()
    try:
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, abort_invalid=True))
        compiled.seek(0)
        return GNUTranslations(compiled)
    # What is no charset is a LookupError.
    except (OSError, LookupError, ValueError, PoFileError) as error:
        raise SiteError(f"cannot be read: {error}", where=str(path), hint="check it with msgfmt -c") from error
