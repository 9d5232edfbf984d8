"""latest.json, and the rule by which an app goes that reads it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ota_site.apple.install.install_link import manifest_url
from ota_site.model.records import replace
from ota_site.model.texts import AppText, BuildText, RichText
from ota_site.model.versions import version_key
from ota_site.site.feeds.schema import schema_document
from tests.builds import BUILD, NOW, SITE, other
from tests.feeds.made import APP, made, said

if TYPE_CHECKING:
    from ota_site.model.build import Build

DOCUMENT = Path(__file__).parents[2] / "docs" / "feeds.md"

NEWER = other(BUILD, version="1.3", build="50")
NEWEST = other(BUILD, version="1.4", build="60")
EXPIRED = other(NEWEST, signing=replace(BUILD.signing, expires=NOW - timedelta(days=1)))


def latest(*builds: Build, **how: Any) -> dict[str, Any]:  # noqa: ANN401 - what `made` takes
    """Return the latest.json of the one app."""
    table: dict[str, Any] = json.loads(made(*builds, **how)[f"{APP}latest.json"])
    return table


def test_it_names_the_newest_build() -> None:
    notes = RichText(("<h3>New</h3><ul><li>One</li><li>Two &amp; a half</li></ul>",))
    table = latest(BUILD, NEWER, texts=said(BuildText(), BuildText(notes=notes)))
    assert manifest_url(table.pop("install")) == f"{SITE.base_url}{APP}1.3-50/manifest.plist"
    assert table == {
        "version": "1.3",
        "build": "50",
        "mandatory": False,
        "minimum_build": None,
        "minimum_os": "15.0",
        "released": "2026-06-28T12:00:00Z",
        "page": f"{SITE.base_url}{APP}1.3-50/",
        "notes": "New\n• One\n• Two & a half",
        "schema": 1,
        "bundle_id": BUILD.bundle_id,
        "channels": {},
    }


def test_a_build_that_cannot_be_installed_is_not_offered() -> None:
    assert latest(BUILD, EXPIRED)["build"] == "45"


def test_where_nothing_can_be_installed_nothing_is_offered() -> None:
    table = latest(EXPIRED, texts=said(BuildText(mandatory=True), sample=AppText(minimum_build="7")))
    offered = {key: table[key] for key in ("version", "build", "released", "page", "install")}
    assert set(offered.values()) == {None}
    assert (table["mandatory"], table["minimum_build"], table["notes"]) == (False, "7", "")


def test_each_channel_has_its_own_newest() -> None:
    texts = said(BuildText(channel="stable"), BuildText(channel="beta"), BuildText(channel="nightly"))
    table = latest(BUILD, NEWER, EXPIRED, texts=texts)
    assert table["build"] == "50"
    assert {name: offer["build"] for name, offer in table["channels"].items()} == {
        "stable": "45",
        "beta": "50",
        "nightly": None,
    }
    assert "channels" not in table["channels"]["beta"]


@pytest.mark.parametrize(
    ("mandatory", "minimum", "expected"),
    [
        ((False, False, False), None, None),
        ((False, False, False), "40", "40"),
        ((True, False, False), None, "45"),
        ((True, True, False), None, "50"),
        ((True, False, False), "50", "50"),
        ((False, True, False), "9", "50"),
        ((False, False, True), None, "60"),
    ],
)
def test_the_oldest_build_that_may_be_used(
    mandatory: tuple[bool, ...], minimum: str | None, expected: str | None
) -> None:
    texts = said(*(BuildText(mandatory=each) for each in mandatory), sample=AppText(minimum_build=minimum))
    table = latest(BUILD, NEWER, NEWEST, texts=texts)
    assert table["minimum_build"] == expected
    assert table["mandatory"] is mandatory[-1]


def test_nobody_must_have_a_build_that_nobody_can_install() -> None:
    table = latest(BUILD, EXPIRED, texts=said(BuildText(), BuildText(mandatory=True)))
    assert (table["build"], table["minimum_build"]) == ("45", None)


def test_without_an_address_the_page_is_a_path_and_there_is_no_link() -> None:
    table = latest(BUILD, site=replace(SITE, base_url=None))
    assert (table["page"], table["install"]) == (f"{APP}1.2.3-45/", None)


def test_long_notes_are_cut() -> None:
    notes = RichText(("<p>" + "word " * 5_000 + "</p>",))
    text = latest(BUILD, texts=said(BuildText(notes=notes)))["notes"]
    assert len(text) <= 4_000
    assert text.endswith("word…")


# --- the example in docs/feeds.md ---------------------------------------------------------------------------


def swift() -> str:
    """Return the Swift of docs/feeds.md."""
    match = re.search(r"```swift\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert match
    return match[1]


def test_the_swift_example_is_short_and_asks_for_fields_that_there_are() -> None:
    assert len(swift().splitlines()) <= 15
    declared = re.search(r"Decodable \{ let ([\w, ]+): String\? \}", swift())
    assert declared
    offered = json.loads(schema_document("latest"))["$defs"]["LatestFile"]["properties"]
    text_or_null = [{"type": "string"}, {"type": "null"}]
    for field in declared[1].split(", "):
        assert offered[field]["anyOf"] == text_or_null, field


def decide(mine: str, table: dict[str, Any]) -> tuple[str, bool] | None:
    """Decide as the Swift example does."""
    if table["build"] is None or table["install"] is None or version_key(mine) >= version_key(table["build"]):
        return None
    floor = table["minimum_build"]
    return table["install"], floor is not None and version_key(mine) < version_key(floor)


@pytest.mark.parametrize(("mine", "offered", "required"), [("9", True, True), ("46", True, False), ("60", False, None)])
def test_the_rule_of_the_example(mine: str, *, offered: bool, required: bool | None) -> None:
    table = latest(BUILD, NEWER, NEWEST, texts=said(BuildText(mandatory=True)))
    decision = decide(mine, table)
    assert (decision is not None) is offered
    assert decision is None or decision[1] is required
