"""Jinja for templates that a stranger may have written: no way into Python, and an end to text and work.

Jinja's sandbox keeps a template away from what is behind its values. What it leaves open are expressions that make
much out of little, such as `'x' * 10**10`.
"""

# ruff: noqa: ANN401 - Jinja's values are of any kind

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable
from threading import local
from typing import TYPE_CHECKING, Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2.compiler import Frame
    from jinja2.runtime import Context

_VALUE_LIMIT = 1 << 20
"""Characters or items of one value that an expression makes."""
_PAGE_LIMIT = 100_000_000
"""Characters that one page may put together, parts and parts of parts counted each time."""
_TURN, _CALL = 10, 200
"""What a turn of a loop and a call of a macro or function count as: what takes as long."""
_BITS_LIMIT = 10_000
_WIDE = re.compile(r"%(?:\([^)]*\))?[-#0 +]*(?:\d{4,}|\*|\d*\.(?:\d{4,}|\*))")
_GROWING_METHODS = {
    *("center", "expandtabs", "format", "format_map", "join", "ljust", "replace", "rjust", "translate", "zfill"),
}
_GROWING_FILTERS = ("batch", "center", "format", "indent", "join", "replace", "round", "slice", "tojson", "wordwrap")


class TooMuchError(SecurityError):
    """A template that asks for more than a page can be."""


class _Generator(CodeGenerator):
    """Compiles loops and `~` so that they are counted."""

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        counted = nodes.EnvironmentAttribute("counted", lineno=node.lineno)
        node.iter = nodes.Call(counted, [node.iter], [], None, None, lineno=node.lineno)
        super().visit_For(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        self.write("environment.checked(")
        super().visit_Concat(node, frame)
        self.write(")")


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """An environment in which a page has an end; TooMuchError says that a template went beyond it."""

    code_generator_class = _Generator
    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(self, **options: Any) -> None:
        """Take Jinja's options."""
        super().__init__(**options)
        self._spent = local()
        self.filters |= {name: _bounded(self.filters[name]) for name in _GROWING_FILTERS}

    def begin(self) -> None:
        """Begin a page: nothing is spent yet, in this thread."""
        self._spent.characters = 0

    def concat(self, parts: Iterable[str]) -> str:
        """Return the parts as one text: every page, block and macro ends here."""
        known = list(parts)
        self._spend(sum(map(len, known)))
        return "".join(known)

    def counted(self, values: Iterable[Any]) -> Iterable[Any]:
        """Return what a loop goes through, each turn counted."""
        known = values if isinstance(values, Collection) else list(values)
        self._spend(len(known) * _TURN)
        return known

    def checked(self, text: str) -> str:
        """Return a text that is no longer than a value may be."""
        return text if len(text) <= _VALUE_LIMIT else _refuse()

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call a macro or a function of Jinja's, which counts."""
        self._spend(_CALL)
        return context.call(obj, *args, **kwargs)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute of a value, a view's without the long way that others take."""
        if isinstance(obj, Record) and attribute[0] != "_":
            try:
                return getattr(obj, attribute)
            except AttributeError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return what an operator makes of two values, where that is not too much."""
        if _made(operator, left, right) > _VALUE_LIMIT:
            _refuse()
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may use an attribute."""
        return super().is_safe_attribute(obj, attr, value) and not (isinstance(obj, str) and attr in _GROWING_METHODS)

    def wrap_str_format(self, value: Any) -> None:
        """Leave `str.format` to `is_safe_attribute`."""

    def _spend(self, characters: int) -> None:
        self._spent.characters = getattr(self._spent, "characters", 0) + characters
        if self._spent.characters > _PAGE_LIMIT:
            _refuse()


def check_format(text: str) -> str:
    """Return a text for `%` that pads nothing to an enormous width. Raises TooMuchError."""
    return _refuse() if _WIDE.search(text) else text


def _made(operator: str, left: object, right: object) -> int:
    """Return the size of what an operator makes: characters, items, or bits as if they were such."""
    if operator == "%":
        return _VALUE_LIMIT + 1 if isinstance(left, str) and _WIDE.search(left) else 0
    sizes = [len(value) for value in (left, right) if isinstance(value, Collection)]
    numbers = [value for value in (left, right) if isinstance(value, int)]
    if operator == "+":
        return sum(sizes)
    if sizes and numbers:
        return sizes[0] * numbers[0]
    match numbers:
        case [one, two]:
            bits = one.bit_length() * (two if operator == "**" else 1) + two.bit_length()
            return _VALUE_LIMIT + 1 if bits > _BITS_LIMIT else 0
    return 0


def _bounded(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter of Jinja's that refuses to make much out of little."""
    # Some are given the environment first.
    place = 1 if hasattr(filter_, "jinja_pass_arg") else 0

    @functools.wraps(filter_)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        value, *options = args[place:]
        if isinstance(value, Iterable) and not isinstance(value, Collection):
            value = list(value)
        factors = [1, *map(_size, options), *map(_size, kwargs.values())]
        if _total(value) * max(factors) > _VALUE_LIMIT * 16 or max(factors) > _VALUE_LIMIT:
            _refuse()
        if isinstance(value, str) and filter_.__name__ == "do_format":
            check_format(value)
        return filter_(*args[:place], value, *options, **kwargs)

    return bounded


def _total(value: object) -> int:
    """Return the characters of a text, or of all texts in a list."""
    if isinstance(value, str) or not isinstance(value, Collection):
        return _size(value)
    return sum(map(_size, value)) + len(value)


def _size(value: object) -> int:
    if isinstance(value, Collection):
        return len(value)
    return abs(value) if isinstance(value, int) else 1


def _refuse() -> Any:
    raise TooMuchError("makes more text than a page can hold")
