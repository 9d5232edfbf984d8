"""Write the theme contract as a document: `python -m ota_site.site.views.document > themes/CONTRACT.md`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, get_args, get_origin, get_type_hints

from ota_site.model.records import Record, fields
from ota_site.site.views.contract import CONTRACT, TEMPLATES, SiteView

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# The theme contract, version {version}

A template sees two values, `site` and `page`, Jinja's own filters and tests, and gettext's functions for its texts;
nothing else. Output is escaped, and a name that does not exist is an error. Made from
`generator/ota_site/site/views/contract.py`; do not edit.

Texts are printed in the language of the page, `site.language`:

| in a template | what it prints |
|---|---|
| `{{% trans %}}Help{{% endtrans %}}` | The text, translated. |
| `{{% trans name=page.app.name %}}About {{{{ name }}}}{{% endtrans %}}` | The same with a value in it, escaped. |
| `{{{{ gettext("About %(name)s", name=page.app.name) }}}}` | The same, in an expression. |
| `{{{{ ngettext("%(num)s build", "%(num)s builds", page.builds) }}}}` | The form for a number. |
| `{{{{ pgettext("button", "Install") }}}}` | A text that differs by where it stands. |

A percent sign in a text is written `%%` in these functions, and as it is between `trans` and `endtrans`. Translations
of the theme's own texts are gettext catalogs in `locales/<tag>.po` of the theme; the nearest layer wins.
"""


def contract_document() -> str:
    """Return the contract as Markdown."""
    sections = [_HEAD.format(version=CONTRACT), _section(SiteView, "site")]
    sections += [_section(page, f"page` in `{template}") for page, template in TEMPLATES.items()]
    sections += [_section(view, None) for view in _parts()]
    return "\n".join(sections)


def described(view: type[Record]) -> Iterator[tuple[str, object, str]]:
    """Yield the name, type and description of each field of a view. Raises TypeError if one has no description."""
    hints = get_type_hints(view, include_extras=True)
    for field in fields(view):
        hint = hints[field]
        if get_origin(hint) is not Annotated:
            raise TypeError(f"{view.__name__}.{field} is not described")
        kind, words = get_args(hint)
        yield field, kind, words


def optional_views() -> Iterator[tuple[str, type[Record]]]:
    """Yield the name and view of each field that may be None."""
    for view in (SiteView, *TEMPLATES, *_parts()):
        for name, kind, _ in described(view):
            if type(None) in get_args(kind):
                yield from ((name, part) for part in _views_in(kind))


def _parts() -> list[type[Record]]:
    """Return the views that pages consist of, each before the views inside it."""
    found: dict[type[Record], None] = {}
    pending: list[type[Record]] = [SiteView, *TEMPLATES]
    while pending:
        for _, kind, _ in described(pending.pop(0)):
            for part in _views_in(kind):
                if part not in found:
                    found[part] = None
                    pending.append(part)
    return list(found)


def _views_in(kind: object) -> Iterator[type[Record]]:
    if isinstance(kind, type) and issubclass(kind, Record):
        yield kind
    for part in get_args(kind):
        yield from _views_in(part)


def _section(view: type[Record], name: str | None) -> str:
    title = f"`{name}`" if name else f"`{view.__name__}`"
    words = (view.__doc__ or "").split("\n")[0]
    rows = [f"| `{field}` | {_name(kind)} | {words} |" for field, kind, words in described(view)]
    return "\n".join([f"## {title}\n\n{words}\n\n| field | type | meaning |\n|---|---|---|", *rows, ""])


def _name(kind: object) -> str:
    """Return a type in the words of the document, for authors of themes."""
    arguments = get_args(kind)
    if get_origin(kind) is tuple:
        return f"list of {_name(arguments[0])}"
    if arguments:
        return " or ".join(_name(argument) for argument in arguments)
    if kind is type(None):
        return "none"
    names = {str: "text", bool: "true or false", int: "number"}
    return names[kind] if kind in names else f"`{getattr(kind, '__name__', kind)}`"


if __name__ == "__main__":
    sys.stdout.write(contract_document())
