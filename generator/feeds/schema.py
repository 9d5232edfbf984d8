"""The JSON Schemas of our own files: `python -m generator.feeds.schema catalog > docs/schema/catalog.schema.json`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from generator.feeds.catalog import AppFile, CatalogFile
from generator.feeds.latest import LatestFile
from generator.records import json_schema, to_json

if TYPE_CHECKING:
    from generator.records import Record

SCHEMAS: dict[str, type[Record]] = {"catalog": CatalogFile, "app": AppFile, "latest": LatestFile}


def schema_document(name: str) -> str:
    """Return a schema as it stands in docs/schema."""
    return to_json(json_schema(SCHEMAS[name]), indent=2).decode() + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_document(sys.argv[1]))
