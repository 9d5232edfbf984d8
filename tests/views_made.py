"""Views made from the contract's own types: with every field filled, or with every optional field absent."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, TypeVar, get_args, get_origin

from ota_site.model.records import Record
from ota_site.site.views.document import described

if TYPE_CHECKING:
    from collections.abc import Mapping

V = TypeVar("V", bound=Record)

# Where a text is one of a few words, or is read by a template as something else than words.
_WORDS: Mapping[str, str] = {"state": "ready", "signing": "ad-hoc", "severity": "error", "language": "en", "tag": "en"}


def full(view: type[V]) -> V:
    """Return a view in which every field has a value and every list two."""
    return view(**{name: _value(name, kind, absent=False) for name, kind, _ in described(view)})


def bare(view: type[V]) -> V:
    """Return a view in which nothing is there that may be absent."""
    return view(**{name: _value(name, kind, absent=True) for name, kind, _ in described(view)})


def _value(name: str, kind: object, *, absent: bool) -> object:
    if isinstance(kind, type) and issubclass(kind, Record):
        return bare(kind) if absent else full(kind)
    if get_origin(kind) is tuple:
        return () if absent else (_value(name, get_args(kind)[0], absent=False),) * 2
    if NoneType in get_args(kind):
        return None if absent else _value(name, get_args(kind)[0], absent=False)
    words = "" if absent and name not in _WORDS else _WORDS.get(name, name)
    return {str: words, int: 3, bool: not absent}[kind]  # type: ignore[index] # whatever else is no field's type
