"""Records, the one kind of value here; as JSON and back, and made from tables of settings.

The only importer of msgspec.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, get_type_hints

import msgspec
from msgspec import field
from msgspec.structs import replace

from generator.errors import RecordError, SettingsError, SiteError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Record",
    "doc",
    "field",
    "fields",
    "from_json",
    "from_table",
    "from_table_with_mistakes",
    "json_schema",
    "replace",
    "to_json",
    "to_table",
]

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Record(msgspec.Struct, frozen=True):
    """A frozen value with named, typed fields. Its class is made far faster than a dataclass: every start feels it."""


def fields(kind: type[Record]) -> tuple[str, ...]:
    """Return the names of a record's fields, in their order."""
    return kind.__struct_fields__


def to_json(value: object, *, indent: int | None = None) -> bytes:
    """Return `value` as JSON, the same bytes for equal values, tables in their own order. Paths are written as text."""
    data = msgspec.json.encode(value, enc_hook=_path_as_text)
    return msgspec.json.format(data, indent=indent) if indent else data


def from_json(data: bytes, kind: type[T]) -> T:
    """Return the value of type `kind` that `data` holds. Raises RecordError."""
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=_text_as_path)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RecordError(str(error)) from error


def to_table(value: object) -> dict[str, object]:
    """Return a record as a table of JSON's own types."""
    table: dict[str, object] = msgspec.to_builtins(value, enc_hook=_path_as_text)
    return table


def doc(words: str) -> msgspec.Meta:
    """Return a field's meaning, for its JSON Schema, to be written beside its type with `Annotated`."""
    return msgspec.Meta(description=words)


def json_schema(kind: type[Record]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a record as `to_json` writes it, with what `doc` says of its fields."""
    schema = msgspec.json.schema(kind)
    for part in schema["$defs"].values():
        part["description"] = " ".join(part.get("description", "").split())
        if "properties" in part:
            # What is written is always whole: a field with a default is there like any other.
            part["required"] = list(part["properties"])
            for each in part["properties"].values():
                each.pop("default", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def from_table(table: Mapping[str, object], kind: type[T], *, where: str) -> T:
    """Return the record `kind` made from a TOML table.

    Raises SettingsError with every mistake in it: unknown keys, with the nearest known one, and values of a wrong type.
    """
    values, mistakes = _read_keys(table, kind, where)
    missing = _required(kind) - table.keys()
    mistakes += tuple(SiteError(f"`{key}` is missing", where=where) for key in sorted(missing))
    if mistakes:
        raise SettingsError(mistakes)
    return kind(**values)


def from_table_with_mistakes(
    table: Mapping[str, object], kind: type[T], *, where: str
) -> tuple[T, tuple[SiteError, ...]]:
    """Return what `from_table` does, with the defaults of `kind` for what is mistaken, and the mistakes."""
    values, mistakes = _read_keys(table, kind, where)
    return kind(**values), mistakes


def _required(kind: type[Any]) -> set[str]:
    return {field.name for field in msgspec.structs.fields(kind) if field.required}


def _read_keys(
    table: Mapping[str, object], kind: type[Any], where: str
) -> tuple[dict[str, Any], tuple[SiteError, ...]]:
    hints = get_type_hints(kind)
    mistakes: list[SiteError] = []
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in hints:
            mistakes.append(SiteError(f"unknown key `{key}`", where=where, hint=_nearest(key, hints)))
            continue
        try:
            values[key] = msgspec.convert(value, hints[key])
        except msgspec.ValidationError as error:
            mistakes.append(SiteError(f"`{key}` {_plainly(str(error))}", where=where))
    return values, tuple(mistakes)


def _nearest(key: str, known: Mapping[str, object]) -> str:
    import difflib

    match difflib.get_close_matches(key.lower(), known, n=1):
        case [name]:
            return f"did you mean `{name}`?"
    return f"known keys are {', '.join(sorted(known))}"


_NAMES = {"str": "text", "bool": "true or false", "int": "a whole number", "array": "a list", "object": "a table"}


def _plainly(message: str) -> str:
    """Say msgspec's message in the words of a person who writes TOML."""
    text, _, place = message.partition(" - at ")
    if entry := re.match(r"`\$\[(\d+)\]", place):
        text = f"entry {int(entry[1]) + 1} {text}"
    text = text.replace("Object missing required field", "lacks")
    text = re.sub(r"`(\w+)(?: \| null)?`", lambda match: _NAMES.get(match[1], match[0]), text)
    return text.replace("Expected", "should be").replace(", got", ", not").replace("Object", "a table")


def _path_as_text(value: object) -> str:
    if isinstance(value, PurePath):
        return value.as_posix()
    raise NotImplementedError(type(value))


def _text_as_path(kind: type[Any], value: object) -> object:
    if issubclass(kind, PurePath):
        return kind(str(value))
    raise NotImplementedError(kind)
