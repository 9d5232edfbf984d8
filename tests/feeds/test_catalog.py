"""catalog.json and app.json: what is in them, and what is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ota_site.apple.install.install_link import manifest_url
from ota_site.model.records import replace
from ota_site.model.texts import AppText, BuildText, Origin
from tests.builds import BUILD, SITE, other
from tests.feeds.made import APP, made, said

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE = "https://apps.example.com/demo/"


def table(files: Mapping[str, str], path: str = "catalog.json") -> dict[str, Any]:
    """Return one of the files, read."""
    read: dict[str, Any] = json.loads(files[path])
    return read


def test_it_holds_records_findings_and_addresses() -> None:
    catalog = table(made(BUILD))
    assert (catalog["schema"], catalog["title"], catalog["address"]) == (2, "Invented", BASE)
    (app,) = catalog["apps"]
    assert (app["name"], app["names"], app["page"]) == ("Sample", {"de": "Muster"}, APP)
    (build,) = app["builds"]
    assert build["sha256"] == BUILD.sha256
    assert build["chunks"] == list(BUILD.chunks)
    assert build["signing"]["devices"] == 3
    assert build["signing"]["team"] == "Invented GmbH"
    assert build["built"] == "2026-06-28T12:00:00Z"
    assert build["state"] == "ready"
    assert {problem["code"] for problem in build["problems"]} == {"device-list", "minimum-os"}
    assert build["page"] == f"{APP}1.2.3-45/"
    assert manifest_url(build["install"]) == BASE + build["manifest"]


def test_it_holds_what_the_owner_says() -> None:
    origin = Origin(
        commit="abc123", branch="main", run="https://ci.example.com/7", repository="https://git.example.com/"
    )
    words = BuildText(channel="beta", mandatory=True, origin=origin)
    texts = said(words, sample=AppText(name="Mine", subtitle="One line", tags=("tools",), minimum_build="40"))
    (app,) = table(made(BUILD, texts=texts))["apps"]
    assert (app["name"], app["subtitle"], app["tags"]) == ("Mine", "One line", ["tools"])
    assert (app["channels"], app["minimum_build"]) == (["beta"], "40")
    (build,) = app["builds"]
    assert (build["channel"], build["mandatory"]) == ("beta", True)
    assert build["origin"] == {
        "commit": "abc123",
        "branch": "main",
        "run": "https://ci.example.com/7",
        "repository": "https://git.example.com/",
    }


def test_every_path_in_it_is_a_file_for_machines_that_is_there() -> None:
    files = made(BUILD)
    (app,) = table(files)["apps"]
    assert {app["app"], app["latest"], app["feed"]} <= files.keys()


def test_app_json_is_its_part_of_the_catalog() -> None:
    files = made(BUILD, other(BUILD, bundle_id="com.example.other"))
    own = table(files, f"{APP}app.json")
    assert (own.pop("schema"), own.pop("address")) == (2, BASE)
    assert own in table(files)["apps"]


def test_a_hidden_app_has_files_of_its_own_and_is_in_no_list() -> None:
    files = made(BUILD, texts=said(sample=AppText(hidden=True)))
    assert table(files)["apps"] == []
    assert table(files, f"{APP}app.json")["bundle_id"] == BUILD.bundle_id
    assert {f"{APP}latest.json", f"{APP}feed.xml"} <= files.keys()
    for shared in ("catalog.json", "feed.xml", "altstore.json", "expiry.ics", "site.webmanifest"):
        assert BUILD.bundle_id not in files[shared]
        assert BUILD.name not in files[shared]


def test_without_an_address_nothing_pretends_to_have_one() -> None:
    files = made(BUILD, site=replace(SITE, base_url=None))
    assert files.keys() == {
        *("catalog.json", "expiry.ics", "site.webmanifest"),
        *(f"{APP}app.json", f"{APP}latest.json"),
    }
    (app,) = table(files)["apps"]
    assert app["feed"] is None
    assert (app["builds"][0]["manifest"], app["builds"][0]["install"]) == (None, None)


def test_names_of_people_and_what_the_code_is_made_of_stay_out() -> None:
    person = other(
        BUILD,
        signing=replace(BUILD.signing, team="Erika Mustermann", profile="Erika's profile"),
        frameworks=("SecretKit",),
    )
    for site in (SITE, replace(SITE, base_url=None)):
        everything = "".join(made(person, site=site).values())
        for secret in ("Erika", "Mustermann", "SecretKit", "TEAMID1234.*", 'get-task-allow": false'):
            assert secret not in everything
        assert BUILD.signing.certificates[0].sha1 not in everything
