"""Which build a visit is about."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ota_site.model.build import SigningKind
from ota_site.model.records import replace
from ota_site.model.texts import BuildText, Texts
from ota_site.preview.installs.builds import list_offers
from tests.builds import BUILD, NOW, SITE, other, site_input_of

OLDER = other(BUILD, build="44", signing=replace(BUILD.signing, kind=SigningKind.ENTERPRISE, devices=None))
APP = "/apps/com.example.sample/"


def test_a_build_is_known_by_every_page_that_installs_it() -> None:
    texts = Texts(builds={Path("content/build-1.ipa"): BuildText(channel="beta")})
    newest, older = list_offers(site_input_of(BUILD, OLDER, texts=texts, site=replace(SITE, languages=("en", "de"))))
    assert newest.title == "Sample 1.2.3 (45)"
    assert newest.pages == {APP, f"{APP}1.2.3-45/", f"/de{APP}", f"/de{APP}1.2.3-45/"}
    assert newest.manifests == {f"{APP}manifest.plist", f"{APP}1.2.3-45/manifest.plist"}
    assert newest.ipa == f"/files/{BUILD.sha256[:16]}/build-0.ipa"
    assert older.pages == {f"{APP}{page}" for page in ("1.2.3-44/", "channels/beta/")} | {
        f"/de{APP}{page}" for page in ("1.2.3-44/", "channels/beta/")
    }


def test_the_hint_fits_how_it_is_signed() -> None:
    newest, older = list_offers(site_input_of(BUILD, OLDER))
    assert "one of the 3 devices" in newest.hint
    assert "trust its developer" in older.hint


def test_one_that_cannot_be_installed_says_why() -> None:
    late = replace(BUILD, signing=replace(BUILD.signing, expires=NOW - timedelta(days=1)))
    blocked, ready = list_offers(site_input_of(late, OLDER))
    assert blocked.blocked.startswith("Cannot be installed: its profile expired")
    assert ready.blocked == ""
