"""What a theme's author reads after a mistake: the template, the line, and the nearest thing there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ota_site.i18n.languages import load_language
from ota_site.model.errors import SiteError
from ota_site.site.views.contract import AppPage, SiteView
from ota_site.theme.layers import load_theme
from ota_site.theme.printer import page_printer
from tests.views_made import bare, full

if TYPE_CHECKING:
    from pathlib import Path

    from ota_site.site.views.contract import PageView

FULL, BARE = full(AppPage), bare(AppPage)
PARTS = "{% macro badge(app, word) %}\n<b>{{ app.name }}</b> {{ word }}\n{% endmacro %}\n"


def mistake(project: Path, template: str | bytes, page: PageView = FULL, **others: str | bytes) -> SiteError:
    """Return what is said of an app.html, beside other templates, when a page is printed by it."""
    folder = project / "themes/mine/templates"
    folder.mkdir(parents=True)
    (folder.parent / "theme.toml").write_text('name = "mine"\ncontract = 1\nextends = "default"\n')
    for name, text in {"app": template, "bits": PARTS, **others}.items():
        (folder / f"{name}.html").write_bytes(text if isinstance(text, bytes) else text.encode())
    show = page_printer(load_theme("mine", project), {"en": load_language("en")})
    with pytest.raises(SiteError) as caught:
        show(full(SiteView), page)
    return caught.value


def place(error: SiteError) -> str:
    """Return the template's name and the line."""
    return error.where.rpartition("/")[2]


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        ("page.relase", "there is no `page.relase`", "did you mean `page.release`?"),
        ("page.app.nmae", "there is no `nmae` in `AppView`", "did you mean `name`?"),
        ("page.release.verdict.sate", "there is no `sate` in `VerdictView`", "did you mean `state`?"),
        ("page.name", "there is no `page.name`", "did you mean `page.app.name`?"),
        ("page['relase']", "there is no `page.relase`", "did you mean `page.release`?"),
        ("site.titel", "there is no `site.titel`", "did you mean `site.title`?"),
        ("pgae.title", "there is no `pgae`", "did you mean `page`?"),
        ("title", "there is no `title`", "did you mean `site.title`?"),
        ("history", "there is no `history`", "did you mean `page.history`?"),
        ("getext('Help')", "there is no `getext`", "did you mean `gettext`?"),
        ("badg(page.app, 1)", "there is no `badg`", "did you mean `badge`?"),
        ("page.title.lenght", "a string has no `lenght`", "see themes/CONTRACT.md for what a template can use"),
        ("page.history.version", "a list has no `version`", "loop over it with `{% for each in … %}`"),
        ("page.history[7]", "a list has no `7`", "loop over it with `{% for each in … %}`"),
    ],
)
def test_a_name_that_is_not_there(tmp_path: Path, expression: str, message: str, hint: str) -> None:
    error = mistake(tmp_path, f"<p>\n\n{{{{ {expression} }}}}</p>")
    assert (place(error), error.message, error.hint) == ("app.html:3", message, hint)


def test_a_name_like_no_other_is_told_what_there_is(tmp_path: Path) -> None:
    error = mistake(tmp_path, "{{ page.xyzzy }}")
    assert error.hint.startswith("use one of title, app, release")


@pytest.mark.parametrize("name", ["range", "dict", "namespace", "_", "npgettext", "loop"])
def test_nothing_else_of_jinja_is_there(tmp_path: Path, name: str) -> None:
    assert mistake(tmp_path, f"{{{{ {name}(3) }}}}").message == f"there is no `{name}`"


def test_a_field_of_something_that_is_none_on_this_page(tmp_path: Path) -> None:
    error = mistake(tmp_path, "\n{{ page.release.qr.svg }}", page=BARE)
    assert (place(error), error.message) == ("app.html:2", "`svg` is read from a value that is none here")
    assert error.hint == "`qr` can be none: check it first with `{% if … %}`"


def test_a_mistake_in_a_macro_is_placed_in_the_macro(tmp_path: Path) -> None:
    macro = "{% macro mark(app) %}\n{{ app.nmae }}\n{% endmacro %}"
    error = mistake(tmp_path, '{% from "more.html" import mark %}\n{{ mark(page.app) }}', more=macro)
    assert (place(error), error.hint) == ("more.html:2", "did you mean `name`?")


def test_a_macro_called_without_something_is_the_callers_mistake(tmp_path: Path) -> None:
    error = mistake(tmp_path, '{% from "bits.html" import badge %}\n\n{{ badge(page.app) }}')
    assert (place(error), error.message) == ("app.html:3", "the macro is called without `word`")
    assert error.hint.endswith("bits.html:2 requires")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("badge(page.app, 1, 2)", "macro 'badge' takes not more than 2 argument(s)"),
        ("badge(page.app, wrod=1)", "macro 'badge' takes no keyword argument 'wrod'"),
    ],
)
def test_a_macro_called_with_too_much(tmp_path: Path, call: str, words: str) -> None:
    error = mistake(tmp_path, f'{{% from "bits.html" import badge %}}\n{{{{ {call} }}}}')
    assert (place(error), error.message) == ("app.html:2", words)


def test_a_macro_that_the_other_template_does_not_have(tmp_path: Path) -> None:
    error = mistake(tmp_path, '{% from "bits.html" import badeg %}\n{{ badeg(page.app, 1) }}')
    assert (place(error), error.message) == ("app.html:2", "there is no `badeg`")
    assert error.hint == "did you mean `badge`?"


@pytest.mark.parametrize(
    ("template", "line", "message", "hint"),
    [
        ('\n{% extends "bsae.html" %}', 2, "there is no template `bsae.html`", "did you mean `base.html`?"),
        ('\n{% include "bit.html" %}', 2, "there is no template `bit.html`", "did you mean `bits.html`?"),
        (
            '{% extends "default:ap.html" %}',
            1,
            "there is no template `default:ap.html`",
            "did you mean `default:app.html`?",
        ),
        (
            '{% extends "defualt:app.html" %}',
            1,
            "this theme does not extend `defualt`",
            "use one of mine, default",
        ),
        ('{% include ["a.htm", "b.htm"] %}', 1, "there is no template `a.htm` or `b.htm`", ""),
        ('{% include "../../theme.toml" %}', 1, "there is no template `../../theme.toml`", ""),
        ('{% include "/etc/hostname" %}', 1, "there is no template `/etc/hostname`", ""),
    ],
)
def test_a_template_that_is_not_there(tmp_path: Path, template: str, line: int, message: str, hint: str) -> None:
    error = mistake(tmp_path, template)
    assert (place(error), error.message) == (f"app.html:{line}", message)
    assert hint in error.hint


@pytest.mark.parametrize(
    ("template", "message", "hint"),
    [
        ("{{ page.title|uper }}", "there is no filter `uper`", "did you mean `upper`?"),
        ("{{ page.title is strin }}", "there is no test `strin`", "did you mean `string`?"),
        ("{% blok main %}", "Encountered unknown tag 'blok'", "jinja"),
        ("{% if page.title %}", "Unexpected end of template", "jinja"),
        ("{{ page.title", "unexpected end of template", "jinja"),
    ],
)
def test_a_template_that_cannot_be_understood(tmp_path: Path, template: str, message: str, hint: str) -> None:
    error = mistake(tmp_path, f"<p>\n{template}")
    assert place(error) == "app.html:2"
    assert message in error.message
    assert hint in error.hint


def test_a_mistake_in_what_a_template_extends_is_placed_there(tmp_path: Path) -> None:
    error = mistake(tmp_path, '{% extends "frame.html" %}', frame="\n\n{{ page.title|uper }}")
    assert place(error) == "frame.html:3"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ page.title + 1 }}", "can only concatenate str"),
        ("{{ page.builds // 0 }}", "by zero"),
        ("{{ page.history|join(1, 2, 3, 4) }}", "argument"),
        ("{{ gettext('About %(name)s') }}", "a text uses %(name)s, which is not passed"),
        ("{{ gettext('100%!') }}", "unsupported format character"),
        ('{% include "app.html" %}', "extends or includes itself endlessly"),
    ],
)
def test_whatever_else_goes_wrong_is_told_with_its_place(tmp_path: Path, template: str, message: str) -> None:
    error = mistake(tmp_path, f"\n{template}")
    assert place(error) == "app.html:2"
    assert message in error.message


def test_a_template_that_extends_itself_is_told_its_parents_name(tmp_path: Path) -> None:
    error = mistake(tmp_path, '{% extends "app.html" %}')
    assert error.hint == "write `default:app.html` for the parent’s template"


def test_a_template_that_is_not_text(tmp_path: Path) -> None:
    error = mistake(tmp_path, "\xff".encode("latin-1"))
    assert (place(error), error.hint) == ("app.html", "save it as UTF-8")
