"""Write the JSON Schemas of catalog.json, app.json and latest.json.

`python -m ota_site.site.feeds.schema catalog > docs/schema/catalog.schema.json` writes one.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ota_site.model.records import json_schema, to_json
from ota_site.site.feeds.catalog import AppFile, CatalogFile
from ota_site.site.feeds.latest import LatestFile

if TYPE_CHECKING:
    from ota_site.model.records import Record

SCHEMAS: dict[str, type[Record]] = {"catalog": CatalogFile, "app": AppFile, "latest": LatestFile}


def schema_document(name: str) -> str:
    """Return a schema as docs/schema contains it."""
    return to_json(json_schema(SCHEMAS[name]), indent=2).decode() + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_document(sys.argv[1]))
