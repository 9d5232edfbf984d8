"""The web app manifest: its members, and what Chromium makes of it."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from ota_site.model.records import replace
from ota_site.model.texts import AppText
from tests import tls
from tests.builds import BUILD, SITE
from tests.feeds.made import HOSTILE, hostile, made, said

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

    from ota_site.model.catalog import Site

ICON = "icons/" + "ab" * 8


def manifest(site: Site = SITE, logo: PurePosixPath | None = None) -> dict[str, Any]:
    """Return the manifest of a site with one app."""
    table: dict[str, Any] = json.loads(made(BUILD, site=site, logo=logo)["site.webmanifest"])
    return table


def test_it_names_the_site_and_shows_its_first_app() -> None:
    assert manifest() == {
        "name": "Invented",
        "short_name": "Invented",
        "lang": "en",
        "dir": "ltr",
        "start_url": "./",
        "scope": "./",
        "display": "browser",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": [
            {"src": f"{ICON}/180.png", "sizes": "180x180", "type": "image/png"},
            {"src": f"{ICON}/512.png", "sizes": "512x512", "type": "image/png"},
        ],
    }


def test_the_owners_logo_goes_first() -> None:
    (icon,) = manifest(logo=PurePosixPath("assets/logo.svg"))["icons"]
    assert icon == {"src": "assets/logo.svg", "sizes": "any", "type": "image/svg+xml"}
    (icon,) = manifest(logo=PurePosixPath("assets/logo.PNG"))["icons"]
    assert icon == {"src": "assets/logo.PNG", "type": "image/png"}


def test_it_reads_from_right_to_left_where_the_site_does() -> None:
    table = manifest(replace(SITE, languages=("ar",)))
    assert (table["lang"], table["dir"]) == ("ar", "rtl")


def test_a_site_that_lists_nothing_has_no_icon() -> None:
    assert json.loads(made()["site.webmanifest"])["icons"] == []
    hidden = made(BUILD, texts=said(sample=AppText(hidden=True)))
    assert json.loads(hidden["site.webmanifest"])["icons"] == []


def test_chromium_reads_it_without_a_complaint(chromium: WebDriver, tmp_path: Path) -> None:
    builds, texts, site = hostile()
    text = made(*builds, texts=texts, site=site)["site.webmanifest"]
    (tmp_path / "site.webmanifest").write_text(text, "utf-8")
    (tmp_path / "index.html").write_text('<!doctype html><title>x</title><link rel="manifest" href="site.webmanifest">')
    (tmp_path / "_headers").write_text("/site.webmanifest\n  Content-Type: application/manifest+json\n")
    with tls.serve(tmp_path) as server:
        chromium.get(server.url)
        found = chromium.execute_cdp_cmd("Page.getAppManifest", {})
    assert found["errors"] == []
    assert found["url"] == f"{server.url}site.webmanifest"
    read = found["manifest"]
    assert (read["startUrl"], read["scope"], read["display"]) == (server.url, server.url, "kBrowser")
    assert [icon["sizes"] for icon in read["icons"]] == ["180x180", "512x512"]
    assert "WWW" in read["name"]
    assert json.loads(found["data"])["name"] == HOSTILE
