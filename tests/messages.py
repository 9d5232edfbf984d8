"""The texts to be translated, and the catalogs of them: `python -m tests.messages` brings every catalog up to date.

A new text enters each `i18n/locales/<tag>.po` without a translation; one that is gone leaves it.
`python -m tests.messages TAG` begins a new language.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
LOCALES = ROOT / "generator/ota_site/i18n/locales"
_KEYWORDS: dict[str, tuple[int, ...] | None] = {"gettext": None, "N_": None, "ngettext": (1, 2)}
_SOURCES = ((ROOT / "generator", "**.py", "python"), (ROOT / "themes", "**/templates/**.html", "jinja2"))


def template() -> Catalog:
    """Return the catalog of all texts in the program and in the bundled themes, untranslated."""
    catalog = Catalog(project="ota-site", charset="utf-8", fuzzy=False)
    for folder, pattern, method in _SOURCES:
        found = extract_from_dir(
            folder,
            method_map=[(pattern, method)],
            options_map={pattern: {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}},
            keywords=_KEYWORDS,
            comment_tags=("Translators:",),
        )
        for name, _line, message, comments, context in found:
            where = (folder / name).relative_to(ROOT).as_posix()
            catalog.add(message, locations=[(where, 0)], auto_comments=comments, context=context)
    return catalog


def read(tag: str) -> Catalog:
    """Return the catalog of a language, an empty one where it has none yet."""
    path = LOCALES / f"{tag}.po"
    if not path.exists():
        return Catalog(locale=tag.replace("-", "_"), charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=tag.replace("-", "_"))


def updated(tag: str) -> bytes:
    """Return the catalog of a language, brought up to date, as a file."""
    catalog = read(tag)
    catalog.update(template(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    out = BytesIO()
    write_po(out, catalog, width=0, omit_header=True, sort_output=True, include_lineno=False)
    return "\n".join(_head(catalog)).encode() + b"\n\n" + out.getvalue()


def _head(catalog: Catalog) -> Iterator[str]:
    """Yield a header without dates and names, so that it changes with the texts alone."""
    yield 'msgid ""'
    yield 'msgstr ""'
    yield f'"Language: {catalog.locale_identifier}\\n"'
    yield f'"Plural-Forms: {catalog.plural_forms}\\n"'
    yield '"Content-Type: text/plain; charset=utf-8\\n"'
    yield '"MIME-Version: 1.0\\n"'


if __name__ == "__main__":
    LOCALES.mkdir(exist_ok=True)
    for each in sys.argv[1:] or sorted(path.stem for path in LOCALES.glob("*.po")):
        (LOCALES / f"{each}.po").write_bytes(updated(each))
