"""Records, the one kind of value here; as JSON and back, and made from tables of settings.

The only importer of msgspec.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, dataclass_transform, get_type_hints

import msgspec
from msgspec import field
from msgspec.structs import replace

from ota_site.model.errors import RecordError, SiteError
from ota_site.model.plain_text import without_overrides

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = [
    "Moment",
    "Record",
    "Sha256",
    "doc",
    "field",
    "fields",
    "from_json",
    "from_table",
    "json_schema",
    "replace",
    "to_json",
    "to_table",
]

T = TypeVar("T")

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone: where a record is read, one without is refused, which could not be compared."""

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
"""A SHA-256 in hex: where a record is read, any other text is refused, since paths are made of it."""


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


def from_table(table: Mapping[str, object], kind: type[T], *, where: str) -> tuple[T, tuple[SiteError, ...]]:
    """Return the record `kind` made from a TOML table, with the defaults for what is mistaken, and the mistakes.

    Those are unknown keys, with the nearest known one, and values of a wrong type. Every field of `kind` has a default.
    """
    hints = get_type_hints(kind)
    mistakes: list[SiteError] = []
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in hints:
            mistakes.append(SiteError(f"unknown key `{key}`", where=where, hint=_nearest(key, hints)))
            continue
        try:
            values[key] = msgspec.convert(_plain(value), hints[key])
        except msgspec.ValidationError as error:
            mistakes.append(SiteError(f"`{key}` {_plainly(str(error))}", where=where))
        else:
            strays = _strays(value, values[key])
            mistakes += (SiteError(f"`{key}` {wrong}", where=where, hint=hint) for wrong, hint in strays)
    return kind(**values), tuple(mistakes)


def _plain(value: object) -> object:
    """Return a value of TOML without the characters that turn the direction of what follows."""
    match value:
        case str():
            return without_overrides(value)
        case list():
            return [_plain(each) for each in value]
        case dict():
            return {key: _plain(each) for key, each in value.items()}
    return value


def _strays(given: Any, made: object) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - a list in TOML
    """Yield each unknown key in a list of tables, which msgspec passes over."""
    for number, record in enumerate(made if isinstance(made, tuple) else (), 1):
        if isinstance(record, Record):
            known = fields(type(record))
            for key in given[number - 1]:
                if key not in known:
                    yield f"entry {number} has an unknown key `{key}`", _nearest(key, known)


def _nearest(key: str, known: Collection[str]) -> str:
    import difflib

    match difflib.get_close_matches(key.lower(), known, n=1):
        case [name]:
            return f"did you mean `{name}`?"
    return f"known keys are {', '.join(sorted(known))}" if known else "take it out: there are no keys here"


_NAMES = {
    "array": "a list",
    "bool": "true or false",
    "date": "a date",
    "datetime": "a date",
    "float": "a fraction",
    "int": "a whole number",
    "object": "a table",
    "str": "text",
}


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
        # The name of a folder may be no UTF-8, which JSON is.
        return value.as_posix().encode("utf-8", "replace").decode()
    raise NotImplementedError(type(value))


def _text_as_path(kind: type[Any], value: object) -> object:
    if issubclass(kind, PurePath):
        return kind(str(value))
    raise NotImplementedError(kind)
