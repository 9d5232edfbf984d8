"""What templates of strangers may do: reach no Python, and make no more than a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ota_site.i18n.languages import load_language
from ota_site.site.views.contract import AppPage, SiteView
from ota_site.theme.layers import load_theme
from ota_site.theme.printer import page_printer
from tests.theme.test_mistakes import mistake, place
from tests.views_made import full

if TYPE_CHECKING:
    from pathlib import Path

TOO_MUCH = "produces too much text for a page"
DEEP = "its blocks or expressions are nested too deeply"
ENDLESS = {
    "times": "{{ 'x' * 10**10 }}",
    "times, on the left": "{{ 10**10 * 'x' }}",
    "a list of many": "{{ ([1] * 10**10) | length }}",
    "a power": "{{ 10**(10**10) }}",
    "numbers that grow": "{% set a = 10**2000 %}{% set b = a * a * a * a %}{{ b }}",
    "a wide format": "{{ '%999999999d' % 1 }}",
    "a wide format of a name": "{{ '%(a)999999999d' % {'a': 1} }}",
    "a width from a value": "{{ '%*d' % (999999999, 1) }}",
    "the filter format": "{{ '%999999999d' | format(1) }}",
    "center": "{{ 'x' | center(10**9) }}",
    "center, by its name": "{{ 'x' | center(width=10**9) }}",
    "center of each": "{{ ['x'] | map('center', 10**9) | list }}",
    "indent": "{{ ('x\\n' * 10**5) | indent(10**5) }}",
    "replace": "{{ ('x' * 10**6) | replace('x', 'y' * 10**6) }}",
    "join": "{{ ('x' * 10**6) | join('y' * 10**6) }}",
    "join of large ones": "{% set a = 'x' * 10**6 %}{{ ([a] * 10**5) | join }}",
    "round": "{{ 1.5 | round(10**9, 'ceil') }}",
    "doubled": "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "doubled by adding": "{% set a = 'x' %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
    "doubled in a block": "{% set a = 'x' %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40 + "{{ a }}",
    "doubled by a macro": "{% macro m(a) %}{{ a }}{{ a }}{% endmacro %}{{ " + "m(" * 40 + "'x'" + ")" * 40 + "}}",
    "loops in loops": "{% for a in 'x' * 10**4 %}" * 4 + "{% endfor %}" * 4,
    "macros that call themselves": "{% macro m(n) %}{{ m(n - 1) ~ m(n - 1) if n }}{% endmacro %}{{ m(60) }}",
}


@pytest.mark.parametrize("template", ENDLESS.values(), ids=ENDLESS)
def test_a_template_that_makes_too_much_is_an_error(tmp_path: Path, template: str) -> None:
    error = mistake(tmp_path, "\n" + template)
    assert (place(error), error.message) == ("app.html:2", TOO_MUCH)


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ gettext.__globals__ }}",
        "{{ self.__init__ }}",
        "{{ page['__class__'] }}",
        "{{ (page | attr('__class__')).__mro__ }}",
        "{{ 'a'.format(page) }}",
        "{{ '{0.__class__}'.format_map({}) }}",
        "{{ 'a'.replace('a', 'b') }}",
    ],
)
def test_a_template_reaches_nothing_behind_its_values(tmp_path: Path, template: str) -> None:
    assert place(mistake(tmp_path, template)) == "app.html:1"


@pytest.mark.parametrize(
    "template",
    [
        "{% if page %}" * 3000 + "{% endif %}" * 3000,
        "{% for a in page.history %}" * 30 + "{% endfor %}" * 30,
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ " + "-" * 5000 + "1 }}",
    ],
    ids=["if", "for", "brackets", "signs"],
)
def test_blocks_that_are_nested_too_deeply_are_told_as_such(tmp_path: Path, template: str) -> None:
    assert mistake(tmp_path, template).message == DEEP


def test_ordinary_expressions_are_as_they_were(tmp_path: Path) -> None:
    folder = tmp_path / "themes/mine/templates"
    folder.mkdir(parents=True)
    (folder.parent / "theme.toml").write_text('name = "mine"\ncontract = 1\nextends = "default"\n')
    (folder / "app.html").write_text(
        "{{ 'a' * 3 }} {{ 2 ** 10 }} {{ 7 % 4 }} {{ '%03d' % 7 }} {{ 1 ~ 2 }} {{ ['a', 'b'] | join(', ') }} "
        "{{ 'x' | center(3) | replace('x', '<') }} {% for a in 'ab' %}{{ loop.index }}{{ a }}{% endfor %}"
    )
    show = page_printer(load_theme("mine", tmp_path), {"en": load_language("en")})
    assert show(full(SiteView), full(AppPage)) == "aaa 1024 3 007 12 a, b  &lt;  1a2b"
