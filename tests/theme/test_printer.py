"""Pages in the language of each: what gettext's functions print, and which catalog they take it from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ota_site.i18n.languages import load_language
from ota_site.model.records import replace
from ota_site.site.views.contract import HelpPage, SiteView
from ota_site.theme.layers import load_theme
from ota_site.theme.printer import page_printer
from tests.views_made import full

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"
"""
GERMAN = (
    HEAD
    + """
msgid "A kite"
msgstr "Ein Drachen"

msgid "A kite for %(name)s"
msgstr "Ein <b>Drachen</b> für %(name)s"

msgid "%(num)s kite"
msgid_plural "%(num)s kites"
msgstr[0] "%(num)s Drachen"
msgstr[1] "%(num)s von den Drachen"

msgctxt "verb"
msgid "Fly"
msgstr "Fliegen"

msgctxt "insect"
msgid "Fly"
msgstr "Fliege"
"""
)


def printer(project: Path, *, catalog: str = GERMAN, **templates: str) -> Callable[..., str]:
    """Return what prints the help page of a theme in a language; `site` and `title` may be given."""
    folder = project / "themes/mine"
    for part in ("templates", "locales"):
        (folder / part).mkdir(parents=True)
    (folder / "theme.toml").write_text('name = "mine"\ncontract = 1\nextends = "default"\n')
    (folder / "locales/de.po").write_text(catalog)
    for name, text in templates.items():
        (folder / f"templates/{name}.html").write_text(text)
    theme = load_theme("mine", project)
    show = page_printer(theme, {tag: load_language(tag, theme.catalogs) for tag in ("en", "de")})

    def printed(tag: str, title: str = "Help") -> str:
        return show(replace(full(SiteView), language=tag), HelpPage(title=title))

    return printed


@pytest.mark.parametrize(
    ("template", "english", "german"),
    [
        ("{% trans %}A kite{% endtrans %}", "A kite", "Ein Drachen"),
        ("{{ gettext('A kite') }}", "A kite", "Ein Drachen"),
        ("{% trans name=page.title %}A kite for {{ name }}{% endtrans %}", "A kite for &lt;b&gt;", "&lt;b&gt;"),
        ("{{ gettext('A kite for %(name)s', name=page.title) }}", "A kite for &lt;b&gt;", "Ein <b>Drachen</b> für"),
        ("{{ ngettext('%(num)s kite', '%(num)s kites', 1) }}", "1 kite", "1 Drachen"),
        ("{{ ngettext('%(num)s kite', '%(num)s kites', 1234) }}", "1,234 kites", "1.234 von den Drachen"),
        ("{% trans num=2 %}{{ num }} kite{% pluralize %}{{ num }} kites{% endtrans %}", "2 kites", "2 von den Drachen"),
        ("{{ ngettext('One %(of)s', 'Many %(of)s', 2, of=page.title) }}", "Many &lt;b&gt;", "Many &lt;b&gt;"),
        ("{{ pgettext('verb', 'Fly') }}", "Fly", "Fliegen"),
        ("{{ pgettext('insect', 'Fly') }}", "Fly", "Fliege"),
        ("{{ pgettext('verb', 'To %(name)s', name=page.title) }}", "To &lt;b&gt;", "To &lt;b&gt;"),
        ("{% trans %}100% kite{% endtrans %}", "100% kite", "100% kite"),
    ],
)
def test_a_text_is_printed_in_the_language_of_the_page(
    tmp_path: Path, template: str, english: str, german: str
) -> None:
    show = printer(tmp_path, help=template)
    assert english in show("en", "<b>")
    assert german in show("de", "<b>")
    assert english in show("en", "<b>")


def test_what_a_template_imports_speaks_the_language_of_each_page(tmp_path: Path) -> None:
    parts = "{% set kite = gettext('A kite') %}{% macro fly() %}{{ kite }}, {{ gettext('A kite') }}{% endmacro %}"
    show = printer(tmp_path, bits=parts, help='{% from "bits.html" import fly %}{{ fly() }}')
    assert show("en") == "A kite, A kite"
    assert show("de") == "Ein Drachen, Ein Drachen"


def test_a_themes_catalog_beats_its_parents_and_the_programs_own(tmp_path: Path) -> None:
    child = tmp_path / "themes/child/locales"
    child.mkdir(parents=True)
    (child.parent / "theme.toml").write_text('name = "child"\ncontract = 1\nextends = "mine"\n')
    (child / "de.po").write_text(HEAD + '\nmsgid "A kite"\nmsgstr "Kein Drachen"\n')
    printer(tmp_path, help="{{ gettext('A kite') }} {{ pgettext('verb', 'Fly') }}")
    theme = load_theme("child", tmp_path)
    show = page_printer(theme, {"de": load_language("de", theme.catalogs)})
    assert show(replace(full(SiteView), language="de"), HelpPage(title="")) == "Kein Drachen Fliegen"


def test_a_catalog_is_part_of_what_decides_a_page(tmp_path: Path) -> None:
    printer(tmp_path)
    before = load_theme("mine", tmp_path).digest
    (tmp_path / "themes/mine/locales/de.po").write_text(HEAD)
    assert load_theme("mine", tmp_path).digest != before


def test_hidden_files_are_no_part_of_a_theme(tmp_path: Path) -> None:
    printer(tmp_path)
    before = load_theme("mine", tmp_path)
    for name in (".git/HEAD", "static/.cache/style.css", "static/.DS_Store"):
        path = tmp_path / "themes/mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert load_theme("mine", tmp_path) == before
