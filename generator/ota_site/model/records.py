"""Records: frozen values, encoded to and decoded from JSON, and built from TOML tables.

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
"""A time with its time zone. Decoding rejects a time without one, which could not be compared."""

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
"""A SHA-256 in hex. Decoding rejects any other text, because paths are built from it."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Record(msgspec.Struct, frozen=True):
    """A frozen value with named, typed fields. Defining its class is much faster than a dataclass: startup counts."""


def fields(kind: type[Record]) -> tuple[str, ...]:
    """Return the names of a record's fields, in definition order."""
    return kind.__struct_fields__


def to_json(value: object, *, indent: int | None = None) -> bytes:
    """Return `value` as JSON: equal values give equal bytes, tables keep their order, paths become text."""
    data = msgspec.json.encode(value, enc_hook=_path_as_text)
    return msgspec.json.format(data, indent=indent) if indent else data


def from_json(data: bytes, kind: type[T]) -> T:
    """Return the value of type `kind` decoded from `data`. Raise RecordError if it does not match."""
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=_text_as_path)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RecordError(str(error)) from error


def to_table(value: object) -> dict[str, object]:
    """Return a record as a table of JSON types."""
    table: dict[str, object] = msgspec.to_builtins(value, enc_hook=_path_as_text)
    return table


def doc(words: str) -> msgspec.Meta:
    """Return a field's description for its JSON Schema, for use with `Annotated`."""
    return msgspec.Meta(description=words)


def json_schema(kind: type[Record]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a record as written by `to_json`, with the descriptions from `doc`."""
    schema = msgspec.json.schema(kind)
    for part in schema["$defs"].values():
        part["description"] = " ".join(part.get("description", "").split())
        if "properties" in part:
            # Every field is always written, also one with a default.
            part["required"] = list(part["properties"])
            for each in part["properties"].values():
                each.pop("default", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def from_table(table: Mapping[str, object], kind: type[T], *, where: str) -> tuple[T, tuple[SiteError, ...]]:
    """Return a record of type `kind` built from a TOML table, with defaults for invalid values, and the mistakes.

    Mistakes are unknown keys, with the nearest known key, and values of the wrong type. Every field of `kind` must
    have a default.
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
    """Return a TOML value without the characters that change the direction of the text after them."""
    match value:
        case str():
            return without_overrides(value)
        case list():
            return [_plain(each) for each in value]
        case dict():
            return {key: _plain(each) for key, each in value.items()}
    return value


def _strays(given: Any, made: object) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - a list in TOML
    """Yield each unknown key in a list of tables as message and hint; msgspec ignores such keys."""
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
    return f"known keys are {', '.join(sorted(known))}" if known else "remove it, because no keys are allowed here"


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
    """Return msgspec's message in the terms of TOML."""
    text, _, place = message.partition(" - at ")
    if entry := re.match(r"`\$\[(\d+)\]", place):
        text = f"entry {int(entry[1]) + 1} {text}"
    text = text.replace("Object missing required field", "lacks")
    text = re.sub(r"`(\w+)(?: \| null)?`", lambda match: _NAMES.get(match[1], match[0]), text)
    return text.replace("Expected", "should be").replace(", got", ", not").replace("Object", "a table")


def _path_as_text(value: object) -> str:
    if isinstance(value, PurePath):
        # JSON is UTF-8, and a folder's name may not be.
        return value.as_posix().encode("utf-8", "replace").decode()
    raise NotImplementedError(type(value))


def _text_as_path(kind: type[Any], value: object) -> object:
    if issubclass(kind, PurePath):
        return kind(str(value))
    raise NotImplementedError(kind)
