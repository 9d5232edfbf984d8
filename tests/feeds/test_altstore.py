"""The AltStore source: the documented format, and what AltStore and SideStore refuse."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ota_site.model.build import Build, Bundle, Executable
from ota_site.model.catalog import Branding
from ota_site.model.records import replace
from ota_site.model.texts import AppText, BuildText, RichText, Screenshot
from tests.builds import BARE, BUILD, NOW, SEAL, SITE, other
from tests.feeds.made import hostile, made, many, said

BASE = "https://apps.example.com/demo/"

_TEXT = {"type": "string", "minLength": 1}
_URL = {"type": "string", "pattern": r"^https://[!-~]+$"}
_COLOUR = {"type": "string", "pattern": "^#?[0-9A-Fa-f]{6}$"}
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"}
_SHOT = {"type": "object", "required": ["imageURL"], "properties": {"imageURL": _URL, "width": {"type": "integer"}}}
_VERSION = {
    "type": "object",
    "required": ["version", "date", "downloadURL", "size"],
    "properties": {
        "version": _TEXT,
        "buildVersion": _TEXT,
        "date": _MOMENT,
        "localizedDescription": {"type": "string"},
        "downloadURL": _URL,
        "size": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "minOSVersion": _TEXT,
    },
    "additionalProperties": False,
}
_APP = {
    "type": "object",
    # The flat ones are those that AltStore 1 and older SideStores cannot do without.
    "required": [
        *("name", "bundleIdentifier", "developerName", "localizedDescription", "iconURL", "versions", "appPermissions"),
        *("version", "versionDate", "downloadURL", "size"),
    ],
    "properties": {
        "name": _TEXT,
        "bundleIdentifier": _TEXT,
        "developerName": _TEXT,
        "subtitle": _TEXT,
        "localizedDescription": _TEXT,
        "iconURL": _URL,
        "screenshots": {"type": "array", "items": _SHOT},
        "screenshotURLs": {"type": "array", "items": _URL},
        "versions": {"type": "array", "minItems": 1, "items": _VERSION},
        "appPermissions": {
            "type": "object",
            "required": ["entitlements", "privacy"],
            "properties": {
                "entitlements": {"type": "array", "items": _TEXT, "uniqueItems": True},
                "privacy": {"type": "object", "additionalProperties": _TEXT},
            },
            "additionalProperties": False,
        },
        "version": _TEXT,
        "versionDate": _MOMENT,
        "versionDescription": {"type": "string"},
        "downloadURL": _URL,
        "size": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
    },
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "required": ["name", "identifier", "apps", "news"],
    "properties": {
        "name": _TEXT,
        "identifier": {"type": "string", "pattern": r"^[A-Za-z0-9.%_~-]+$"},
        "sourceURL": _URL,
        "website": _URL,
        "tintColor": _COLOUR,
        "apps": {"type": "array", "items": _APP},
        "news": {"type": "array", "maxItems": 0},
    },
    "additionalProperties": False,
}
"""The format as AltStore documents it, as far as a source of ours goes."""


def source(*builds: Build, **how: Any) -> dict[str, Any]:  # noqa: ANN401 - what `made` takes
    """Return the source of these builds, after checking it as AltStore does."""
    table: dict[str, Any] = json.loads(made(*builds, **how)["altstore.json"])
    Draft202012Validator(SCHEMA).validate(table)
    identifiers = [app["bundleIdentifier"] for app in table["apps"]]
    assert len(set(identifiers)) == len(identifiers), "SourceError.duplicateBundleID"
    for app in table["apps"]:
        numbers = [(version["version"], version.get("buildVersion")) for version in app["versions"]]
        assert len(set(numbers)) == len(numbers), "SourceError.duplicateVersion"
        assert all(datetime.fromisoformat(version["date"]) for version in app["versions"])
    return table


def test_it_holds_the_app_with_its_versions() -> None:
    shot = PurePosixPath("media/shot 1.png")
    text = AppText(
        subtitle="One line",
        body=RichText(("<p>All of it.</p>",)),
        screenshots=(Screenshot(path=shot, source=Path("shot 1.png"), width=1170, height=2532),),
    )
    newer = other(BUILD, version="1.3", build="50", permissions={"NSCameraUsageDescription": "To scan"})
    texts = said(BuildText(), BuildText(notes=RichText(("<p>New</p>",))), sample=text)
    site = replace(SITE, branding=Branding(accent="#0a7d4f"))
    table = source(BUILD, newer, texts=texts, site=site)
    (app,) = table.pop("apps")
    assert table == {
        "name": "Invented",
        "identifier": "com.example.apps.demo",
        "sourceURL": f"{BASE}altstore.json",
        "website": BASE,
        "tintColor": "#0a7d4f",
        "news": [],
    }
    versions = app.pop("versions")
    assert [version["buildVersion"] for version in versions] == ["50", "45"]
    assert versions[0] == {
        "version": "1.3",
        "buildVersion": "50",
        "date": "2026-06-28T12:00:00Z",
        "localizedDescription": "New",
        "downloadURL": f"{BASE}files/{newer.sha256[:16]}/build-1.ipa",
        "size": BUILD.size,
        "sha256": newer.sha256,
        "minOSVersion": "15.0",
    }
    address = f"{BASE}media/shot%201.png"
    assert app == {
        "name": "Sample",
        "bundleIdentifier": "com.example.sample",
        "developerName": "Invented GmbH",
        "subtitle": "One line",
        "localizedDescription": "All of it.",
        "iconURL": f"{BASE}icons/{'ab' * 8}/512.png",
        "screenshots": [{"imageURL": address, "width": 1170, "height": 2532}],
        "appPermissions": {"entitlements": ["get-task-allow"], "privacy": {"NSCameraUsageDescription": "To scan"}},
        "version": "1.3",
        "versionDate": "2026-06-28T12:00:00Z",
        "versionDescription": "New",
        "downloadURL": versions[0]["downloadURL"],
        "size": BUILD.size,
        "screenshotURLs": [address],
    }


def test_a_profile_that_expired_is_no_obstacle() -> None:
    expired = other(BUILD, signing=replace(BUILD.signing, expires=NOW - timedelta(days=1)))
    assert len(source(expired)["apps"]) == 1


@pytest.mark.parametrize(
    "code",
    [
        None,
        Executable(architectures=("arm64",), platforms=("iOS Simulator",), encrypted=False, seal=SEAL),
        Executable(architectures=("arm64",), platforms=("tvOS",), encrypted=False, seal=SEAL),
        Executable(architectures=("arm64",), platforms=("visionOS",), encrypted=False, seal=SEAL),
        Executable(architectures=("armv7",), platforms=("iOS",), encrypted=False, seal=SEAL),
        Executable(architectures=("arm64",), platforms=("iOS",), encrypted=True, seal=SEAL),
    ],
    ids=["none", "simulator", "tv", "vision", "32 bits", "encrypted"],
)
def test_what_no_signature_heals_is_left_out(code: Executable | None) -> None:
    assert source(other(BUILD, executable=code))["apps"] == []


def test_code_that_does_not_say_what_it_runs_on_is_an_iphones() -> None:
    old = Executable(architectures=("armv7", "arm64"), platforms=(), encrypted=False, seal=None)
    assert len(source(other(BUILD, executable=old))["apps"]) == 1


def test_it_names_what_any_build_or_extension_of_the_app_may_do() -> None:
    """AltStore refuses an app with a permission that its source does not name, of whichever version."""
    siri = replace(SEAL, entitlements={"com.apple.developer.siri": True, "com.apple.developer.team-identifier": "T"})
    assert BUILD.executable
    extension = Bundle(
        path="PlugIns/Share.appex",
        bundle_id="com.example.sample.share",
        version="1",
        build="1",
        families=(),
        executable=replace(BUILD.executable, seal=siri),
        signing=BUILD.signing,
    )
    asking = other(BUILD, build="44", nested=(extension,), permissions={"NSCameraUsageDescription": ""})
    (app,) = source(asking, other(BUILD, permissions={"NSMicrophoneUsageDescription": "To hear"}))["apps"]
    assert app["appPermissions"] == {
        "entitlements": ["com.apple.developer.siri", "get-task-allow"],
        "privacy": {
            "NSCameraUsageDescription": "NSCameraUsageDescription",
            "NSMicrophoneUsageDescription": "To hear",
        },
    }


def test_a_person_is_not_the_developer() -> None:
    person = other(BUILD, signing=replace(BUILD.signing, team="Erika Mustermann"))
    assert source(person)["apps"][0]["developerName"] == "Invented"


def test_builds_of_one_number_are_one_version() -> None:
    (app,) = source(BUILD, other(BUILD, size=7, built=NOW))["apps"]
    assert [version["size"] for version in app["versions"]] == [7]


def test_a_size_over_31_bits_is_no_trouble_to_old_readers() -> None:
    (app,) = source(other(BUILD, size=3 << 30))["apps"]
    assert (app["size"], app["versions"][0]["size"]) == (2**31 - 1, 3 << 30)


def test_a_build_that_says_little_is_a_version_all_the_same() -> None:
    assert BUILD.executable
    bare = other(BARE, executable=replace(BUILD.executable, seal=None))
    (app,) = source(bare)["apps"]
    (version,) = app["versions"]
    assert (version["version"], "buildVersion" in version, version["date"]) == ("1.0", False, "1970-01-01T00:00:00Z")
    assert app["localizedDescription"] == "Sample"


@pytest.mark.parametrize(
    ("base_url", "identifier"),
    [
        ("https://example.com/", "com.example"),
        ("https://user.github.io/apps/demo/", "io.github.user.apps.demo"),
        ("https://example.com:8443/a%20b/", "com.example.8443.a%20b"),
    ],
)
def test_the_identifier_is_that_of_the_address(base_url: str, identifier: str) -> None:
    assert source(BUILD, site=replace(SITE, base_url=base_url))["identifier"] == identifier


def test_hostile_words_and_many_builds_change_no_shape() -> None:
    builds, texts, site = hostile()
    table = source(*builds, texts=texts, site=site)
    assert [re.sub(r".*\.", "", app["bundleIdentifier"]) for app in table["apps"]] == ["sample"]
    (app,) = source(*many(500))["apps"]
    assert len(app["versions"]) == 500
