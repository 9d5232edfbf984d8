"""Explain a template's mistake: the template, the line, the missing name and the nearest existing one."""

from __future__ import annotations

import difflib
import re
from functools import partial
from typing import TYPE_CHECKING

from jinja2 import StrictUndefined
from jinja2.exceptions import (
    TemplateAssertionError,
    TemplateNotFound,
    TemplateRuntimeError,
    TemplatesNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.utils import missing

from ota_site.model.errors import SiteError
from ota_site.model.records import Record, fields
from ota_site.site.views.document import optional_views
from ota_site.theme.layers import CONTRACT_HINT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jinja2 import Environment

    from ota_site.theme.layers import Theme

_SEEN = ("site", "page", "gettext", "ngettext", "pgettext")
_DEFINED = re.compile(r"{%[-+]?\s*(?:macro|set|for)\s+(\w+)")
_ASSERTION = re.compile(r"No (filter|test) named '(\w+)'")
_COMPILER = {"jinja2.parser", "jinja2.compiler", "jinja2.optimizer", "jinja2.idtracking", "jinja2.lexer"}
_TOO_DEEP = (
    "its blocks or expressions are nested too deeply",
    "move parts of it into macros, or into separate templates with `{% include %}`",
)
_KINDS = {str: "a string", bool: "a boolean", int: "a number", tuple: "a list", type(None): "none"}


class _UnknownError(UndefinedError):
    """A template used an unknown name. `owner` is the value it was looked up on, `missing` for a top-level name."""

    def __init__(self, owner: object, name: object, message: str) -> None:
        super().__init__(message)
        self.owner = owner
        self.name = name


class Unknown(StrictUndefined):
    """Jinja's value for an unknown name. Any use of it raises an error with the name and its owner."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: object = missing,
        name: str | None = None,
        exc: type[TemplateRuntimeError] = UndefinedError,
    ) -> None:
        super().__init__(hint, obj, name, exc)
        # Jinja only calls it with the message.
        self._undefined_exception = partial(_UnknownError, obj, name)  # type: ignore[assignment]


def explain(
    error: Exception, template: str, theme: Theme, environment: Environment, seen: Mapping[str, Record]
) -> SiteError:
    """Return a Jinja error as a SiteError about a theme's template.

    template: the name of the page's template. seen: the `site` and `page` that it rendered.
    """
    places = list(_places(error)) or [template]
    match error:
        case _UnknownError() if str(error).startswith("parameter "):
            return _left_out(error, places)
        case _UnknownError():
            message, hint = _unknown(error, theme, seen)
        case TemplateNotFound():
            message, hint = _no_template(error, theme)
        case TemplateSyntaxError():
            places = [f"{error.filename or error.name or template}:{error.lineno}"]
            message, hint = _syntax(error, environment)
        case SyntaxError():
            message, hint = _TOO_DEEP
        case RecursionError() | MemoryError() if _compiling(error):
            message, hint = _TOO_DEEP
        case RecursionError():
            message, hint = "extends or includes itself endlessly", _parents_own(theme, template)
        case KeyError():
            message, hint = (
                f"a text uses %({error.args[0]})s, which is not passed",
                "pass it to `trans` by that name, or fix the translation",
            )
        case _:
            message, hint = str(error), CONTRACT_HINT
    return SiteError(message, where=places[-1], hint=hint)


def _compiling(error: Exception) -> bool:
    """Return whether an error occurred while compiling a template, not while rendering it."""
    trace = error.__traceback__
    modules = []
    while trace is not None:
        modules.append(trace.tb_frame.f_globals.get("__name__"))
        trace = trace.tb_next
    return not _COMPILER.isdisjoint(modules)


def _parents_own(theme: Theme, template: str) -> str:
    """Return a hint for a template that extends or includes itself instead of its parent's template."""
    return f"write `{theme.layers[1][0]}:{template}` for the parent’s template" if len(theme.layers) > 1 else ""


def _places(error: Exception) -> Iterator[str]:
    """Yield the template and line of each frame of an error, the page's template first."""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".html"):
            yield f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next


def _left_out(error: _UnknownError, places: list[str]) -> SiteError:
    """Return the error for a macro call without a required argument, which is the caller's mistake."""
    caller = places[-2] if len(places) > 1 else places[-1]
    return SiteError(
        f"the macro is called without `{error.name}`", where=caller, hint=f"pass it, as {places[-1]} requires"
    )


def _unknown(error: _UnknownError, theme: Theme, seen: Mapping[str, Record]) -> tuple[str, str]:
    name = str(error.name)
    if error.owner is missing:
        return f"there is no `{name}`", _nearest_name(name, theme, seen)
    if error.owner is None:
        return f"`{name}` is read from a value that is none here", _when_none(name)
    if isinstance(error.owner, Record):
        path = _path(error.owner, seen)
        known = fields(type(error.owner))
        deeper = [f"{path}{each}.{name}" for each in known if _has(getattr(error.owner, each), name)]
        hint = _did_you_mean(deeper[0]) if deeper else _nearest(name, known, path)
        whole = f"`{path}{name}`" if path else f"`{name}` in `{type(error.owner).__name__}`"
        return f"there is no {whole}", hint
    kind = _KINDS.get(type(error.owner), f"`{type(error.owner).__name__}`")
    hint = "loop over it with `{% for each in … %}`" if isinstance(error.owner, tuple) else CONTRACT_HINT
    return f"{kind} has no `{name}`", hint


def _nearest_name(name: str, theme: Theme, seen: Mapping[str, Record]) -> str:
    """Return a hint for an unknown top-level name."""
    for owner, view in seen.items():
        if _has(view, name):
            return _did_you_mean(f"{owner}.{name}")
    sources = (path.read_text("utf-8", "replace") for path in theme.templates().values())
    defined = {found for source in sources for found in _DEFINED.findall(source)}
    known = (*_SEEN, *sorted(defined))
    close = difflib.get_close_matches(name, known, n=1)
    return _did_you_mean(close[0]) if close else f"use `site` or `page`; {CONTRACT_HINT}"


def _when_none(name: str) -> str:
    """Return a hint for a field of a view that is None on this page."""
    found = [field for field, view in optional_views() if name in fields(view)]
    if not found:
        return "check it first with `{% if … %}`"
    return f"{_listed(found)} can be none: check it first with `{{% if … %}}`"


def _no_template(error: TemplateNotFound, theme: Theme) -> tuple[str, str]:
    names = [str(name) for name in error.templates] if isinstance(error, TemplatesNotFound) else [str(error.name)]
    layers = [name for name, _ in theme.layers]
    known = sorted(theme.templates())
    layer, _, file = names[-1].rpartition(":")
    if layer and layer not in layers:
        return f"this theme does not extend `{layer}`", f"use one of {', '.join(layers)}"
    prefix = f"{layer}:" if layer else ""
    return f"there is no template {_listed(names)}", _nearest(file, known, prefix)


def _syntax(error: TemplateSyntaxError, environment: Environment) -> tuple[str, str]:
    message = (error.message or "it is not valid").rstrip(".")
    found = _ASSERTION.match(message)
    if isinstance(error, TemplateAssertionError) and found:
        known: Iterable[str] = environment.filters if found[1] == "filter" else environment.tests
        return f"there is no {found[1]} `{found[2]}`", _nearest(found[2], tuple(known), "")
    return message, "see https://jinja.palletsprojects.com/templates/ for the syntax of templates"


def _path(owner: Record, seen: Mapping[str, Record]) -> str:
    """Return the name of a view in a template with a dot, such as `page.`; empty for a view inside another."""
    return next((f"{name}." for name, view in seen.items() if type(view) is type(owner)), "")


def _has(value: object, name: str) -> bool:
    return isinstance(value, Record) and name in fields(type(value))


def _nearest(name: str, known: Iterable[str], prefix: str) -> str:
    known = tuple(known)
    close = difflib.get_close_matches(name.lower(), known, n=1)
    return _did_you_mean(prefix + close[0]) if close else f"use one of {', '.join(known)}"


def _did_you_mean(name: str) -> str:
    return f"did you mean `{name}`?"


def _listed(names: Iterable[str]) -> str:
    return " or ".join(f"`{name}`" for name in dict.fromkeys(names))
