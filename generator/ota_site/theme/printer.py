"""Render pages with Jinja, each in its language.

A template can use `site`, `page`, gettext's functions and Jinja's filters, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import FunctionLoader
from jinja2.bccache import BytecodeCache
from jinja2.exceptions import TemplateError
from markupsafe import Markup, escape

from ota_site.disk.regular import read_regular
from ota_site.model.errors import SiteError
from ota_site.site.views.contract import TEMPLATES
from ota_site.theme.bounds import BoundedEnvironment, check_format
from ota_site.theme.layers import templates_in
from ota_site.theme.mistakes import Unknown, explain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType

    from jinja2.bccache import Bucket

    from ota_site.i18n.languages import Language
    from ota_site.site.views.contract import PageView, SiteView
    from ota_site.theme.layers import Theme

# Pages are frozen values, so an error during rendering is a mistake in the template.
_MISTAKES = (
    *(TemplateError, ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, SyntaxError),
    *(TypeError, ValueError),
)


def page_printer(theme: Theme, languages: Mapping[str, Language]) -> Callable[[SiteView, PageView], str]:
    """Return a function that renders a page with the theme's template, in the page's language.

    languages: all languages of the site, by tag. The function raises SiteError for a mistake in a template.
    """
    compiled = _Compiled()
    environments = {tag: _environment(theme, language, compiled) for tag, language in languages.items()}

    def show(site: SiteView, page: PageView) -> str:
        environment, name = environments[site.language], TEMPLATES[type(page)]
        environment.begin()
        try:
            return environment.get_template(name).render(site=site, page=page)
        except _MISTAKES as error:
            raise explain(error, name, theme, environment, {"site": site, "page": page}) from error

    return show


def _environment(theme: Theme, language: Language, compiled: BytecodeCache) -> BoundedEnvironment:
    """Return the environment of one language. Each has one, since Jinja caches the imports of templates."""
    environment = BoundedEnvironment(
        autoescape=True,
        bytecode_cache=compiled,
        extensions=["jinja2.ext.i18n"],
        loader=FunctionLoader(lambda name: _source(theme, name)),
        undefined=Unknown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.clear()
    environment.globals.update(_functions(language))
    environment.newstyle_gettext = True  # type: ignore[attr-defined] # the extension adds this attribute
    return environment


def _functions(language: Language) -> dict[str, Callable[..., str]]:
    """Return gettext's functions for Jinja's `trans`. Texts are HTML; the values in them are escaped.

    Jinja's functions would write a number without the language's separators.
    """

    def gettext(message: str, **values: object) -> str:
        return _html(language.gettext(message)) % values

    def ngettext(one: str, many: str, num: int, **values: object) -> str:
        return _html(language.ngettext(one, many, num, **{name: escape(value) for name, value in values.items()}))

    def pgettext(context: str, message: str, **values: object) -> str:
        return _html(language.pgettext(context, message)) % values

    return {"gettext": gettext, "ngettext": ngettext, "pgettext": pgettext}


def _html(text: str) -> Markup:
    return Markup(check_format(text))  # noqa: S704 - texts and catalogs are the theme's, as trusted as its templates


class _Compiled(BytecodeCache):
    """Compiles templates once for all languages: compiling takes far longer than rendering a page."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


def _source(theme: Theme, name: str) -> tuple[str, str, Callable[[], bool]] | None:
    """Return a template: `app.html` from the first layer that has it, `default:app.html` from the layer `default`."""
    layer, colon, file = name.rpartition(":")
    for this, folder in theme.layers:
        path = dict(templates_in(folder)).get(file) if not colon or this == layer else None
        if path is not None:
            try:
                return read_regular(path).decode("utf-8-sig"), str(path), lambda: True
            except (OSError, UnicodeDecodeError) as error:
                raise SiteError(f"cannot be read: {error}", where=str(path), hint="save it as UTF-8") from error
    return None
