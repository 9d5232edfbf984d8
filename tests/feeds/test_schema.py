"""The committed JSON Schemas: they are what the code derives, they say what they mean, and built files hold to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from ota_site.model.records import replace
from ota_site.site.feeds.schema import SCHEMAS, schema_document
from tests.builds import BARE, BUILD, SITE, other
from tests.feeds.made import hostile, made, many

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ota_site.model.catalog import Site

FOLDER = Path(__file__).parents[2] / "docs" / "schema"


def validator(name: str) -> Draft202012Validator:
    """Return the validator of a committed schema."""
    schema = json.loads((FOLDER / f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def check(files: Mapping[str, str]) -> int:
    """Validate every file that has a schema; return how many there were."""
    found = [(path, name) for path in files for name in SCHEMAS if path.split("/")[-1] == f"{name}.json"]
    for path, name in found:
        validator(name).validate(json.loads(files[path]))
    return len(found)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_committed_schema_is_the_derived_one(name: str) -> None:
    committed = (FOLDER / f"{name}.schema.json").read_text("utf-8")
    assert committed == schema_document(name), (
        f"python -m ota_site.site.feeds.schema {name} > docs/schema/{name}.schema.json"
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_part_and_every_field_of_ours_says_what_it_means(name: str) -> None:
    schema = json.loads(schema_document(name))
    parts = schema["$defs"]
    assert all(part["description"] for part in parts.values())
    for part in ("CatalogFile", "AppFile", "LatestFile", "AppEntry", "BuildEntry", "SigningEntry", "Offer"):
        for field, about in parts.get(part, {}).get("properties", {}).items():
            assert about.get("description"), f"{part}.{field}"


@pytest.mark.parametrize("site", [SITE, replace(SITE, base_url=None)], ids=["with an address", "without"])
def test_built_files_are_valid(site: Site) -> None:
    second = other(BUILD, bundle_id="com.example.other")
    assert check(made(BUILD, other(BARE, bundle_id="com.example.bare"), second, site=site)) == 7
    assert check(made(site=site)) == 1
    assert check(made(*many(500), site=site)) == 3


@pytest.mark.parametrize("site", [SITE, replace(SITE, base_url=None)], ids=["with an address", "without"])
def test_hostile_words_change_no_shape(site: Site) -> None:
    builds, texts, named = hostile(site)
    assert check(made(*builds, texts=texts, site=named)) == 5


def test_a_file_of_another_shape_is_refused() -> None:
    table: dict[str, Any] = json.loads(made(BUILD)["catalog.json"])
    del table["apps"][0]["builds"][0]["signing"]["devices"]
    table["apps"][0]["builds"][0]["mandatory"] = "yes"
    assert len(list(validator("catalog").iter_errors(table))) == 2
