"""Jinja for untrusted templates: no access to Python, and limited text and work.

Jinja's sandbox blocks access to Python's internals. It does not limit expressions with a huge result, such as
`'x' * 10**10`.
"""

# ruff: noqa: ANN401 - Jinja's values are of any type

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
"""The maximum size of the value of one expression, in characters or items."""
_PAGE_LIMIT = 100_000_000
"""The maximum number of characters that one page joins. Nested parts are counted at each level."""
_TURN, _CALL = 10, 200
"""The characters that take as long as one loop iteration, and as one call of a macro or function."""
_BITS_LIMIT = 10_000
_WIDE = re.compile(r"%(?:\([^)]*\))?[-#0 +]*(?:\d{4,}|\*|\d*\.(?:\d{4,}|\*))")
_GROWING_METHODS = {
    *("center", "expandtabs", "format", "format_map", "join", "ljust", "replace", "rjust", "translate", "zfill"),
}
_GROWING_FILTERS = ("batch", "center", "format", "indent", "join", "replace", "round", "slice", "tojson", "wordwrap")


class TooMuchError(SecurityError):
    """A template exceeds a limit."""


class _Generator(CodeGenerator):
    """Compiles loops and `~` with calls that count them."""

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        counted = nodes.EnvironmentAttribute("counted", lineno=node.lineno)
        node.iter = nodes.Call(counted, [node.iter], [], None, None, lineno=node.lineno)
        super().visit_For(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        self.write("environment.checked(")
        super().visit_Concat(node, frame)
        self.write(")")


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox that limits the text and work of each page. Raises TooMuchError if a template exceeds a limit."""

    code_generator_class = _Generator
    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(self, **options: Any) -> None:
        """Create the environment with Jinja's options."""
        super().__init__(**options)
        self._spent = local()
        self.filters |= {name: _bounded(self.filters[name]) for name in _GROWING_FILTERS}

    def begin(self) -> None:
        """Reset the count of this thread for a new page."""
        self._spent.characters = 0

    def concat(self, parts: Iterable[str]) -> str:
        """Return the joined parts and count them. Jinja calls it at the end of every page, block and macro."""
        known = list(parts)
        self._spend(sum(map(len, known)))
        return "".join(known)

    def counted(self, values: Iterable[Any]) -> Iterable[Any]:
        """Return the values of a loop, and count its iterations."""
        known = values if isinstance(values, Collection) else list(values)
        self._spend(len(known) * _TURN)
        return known

    def checked(self, text: str) -> str:
        """Return a text. Raises TooMuchError if it is longer than a value may be."""
        return text if len(text) <= _VALUE_LIMIT else _refuse()

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call a macro or function, and count the call."""
        self._spend(_CALL)
        return context.call(obj, *args, **kwargs)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute of a value. Views skip Jinja's slower lookup."""
        if isinstance(obj, Record) and attribute[0] != "_":
            try:
                return getattr(obj, attribute)
            except AttributeError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return the result of an operator. Raises TooMuchError if it would be too large."""
        if _made(operator, left, right) > _VALUE_LIMIT:
            _refuse()
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may use an attribute."""
        return super().is_safe_attribute(obj, attr, value) and not (isinstance(obj, str) and attr in _GROWING_METHODS)

    def wrap_str_format(self, value: Any) -> None:
        """Leave `str.format` to `is_safe_attribute`."""

    def _spend(self, characters: int) -> None:
        self._spent.characters = getattr(self._spent, "characters", 0) + characters
        if self._spent.characters > _PAGE_LIMIT:
            _refuse()


def check_format(text: str) -> str:
    """Return a format for `%`. Raises TooMuchError if it pads to a width of four or more digits, or to `*`."""
    return _refuse() if _WIDE.search(text) else text


def _made(operator: str, left: object, right: object) -> int:
    """Return the size of an operator's result in characters or items; over the limit if a number has too many bits."""
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
    """Return a Jinja filter that raises TooMuchError if its result could be too large."""
    # Some filters receive the environment as the first argument.
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
    """Return the number of characters in a text, or in all texts of a list."""
    if isinstance(value, str) or not isinstance(value, Collection):
        return _size(value)
    return sum(map(_size, value)) + len(value)


def _size(value: object) -> int:
    if isinstance(value, Collection):
        return len(value)
    return abs(value) if isinstance(value, int) else 1


def _refuse() -> Any:
    raise TooMuchError("produces too much text for a page")
