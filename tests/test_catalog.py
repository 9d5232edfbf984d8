"""Grouping, order and slugs."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from generator.catalog import make_catalog
from generator.model.catalog import AppText, Texts
from generator.preflight.rules import judge
from tests.builds import BARE, BUILD, NOW, catalog_of, other, source


def test_builds_of_one_identifier_are_one_app_newest_first() -> None:
    catalog = catalog_of(
        other(BUILD, version="1.9"),
        other(BUILD, version="1.10", build="2"),
        other(BUILD, version="1.10", build="10"),
    )
    (app,) = catalog.apps
    assert [release.slug for release in app.releases] == ["1.10-10", "1.10-2", "1.9-45"]
    assert app.newest.slug == "1.10-10"


def test_apps_stand_in_the_owners_order_then_by_name() -> None:
    texts = Texts(apps={"com.example.last": AppText(order=2), "com.example.first": AppText(order=-1)})
    builds = [other(BUILD, bundle_id=f"com.example.{name}", name=name) for name in ("last", "b", "A", "first")]
    assert [app.name for app in catalog_of(*builds, texts=texts).apps] == ["first", "A", "b", "last"]


def test_the_same_bytes_in_two_files_are_one_release() -> None:
    (app,) = catalog_of(BUILD, BUILD).apps
    assert len(app.releases) == 1
    assert app.newest.source.path.name == "build-0.ipa"


def test_two_builds_of_one_version_both_stay_and_the_first_made_keeps_its_address() -> None:
    first = other(BUILD, built=NOW - timedelta(days=9))
    second = other(BUILD, built=NOW - timedelta(days=1))
    alone = catalog_of(first).apps[0].newest.slug
    (app,) = catalog_of(second, first).apps
    slugs = {release.build.sha256: release.slug for release in app.releases}
    assert slugs[first.sha256] == alone == "1.2.3-45"
    assert slugs[second.sha256].startswith("1.2.3-45-")
    assert app.newest.build == second


@pytest.mark.parametrize("version", ["1.0/../..", "..", "1 0", "β", "x" * 300, "\u202e1.0"])
def test_no_version_leaves_its_place_in_an_address(version: str) -> None:
    (app,) = catalog_of(other(BUILD, version=version), other(BUILD, version=version, size=1)).apps
    slugs = [release.slug for release in app.releases]
    assert len(set(slugs)) == 2
    for slug in slugs:
        assert "/" not in slug
        assert slug.isascii()
        assert slug.strip(".")
        assert len(slug) < 130


def test_identifiers_that_differ_in_case_alone_have_addresses_that_differ_in_more() -> None:
    catalog = catalog_of(other(BUILD, bundle_id="com.example.app"), other(BUILD, bundle_id="com.example.App"))
    slugs = [app.slug.casefold() for app in catalog.apps]
    assert len(set(slugs)) == 2


def test_a_build_without_a_version_is_listed() -> None:
    (app,) = catalog_of(BARE, BUILD).apps
    assert [release.slug for release in app.releases] == ["1.2.3-45", "0-0"]


def test_notes_belong_to_the_file_they_stand_beside() -> None:
    from generator.model.catalog import RichText

    place = source("build-1.ipa")
    texts = Texts(notes={place.path: RichText(("<p>new</p>",))})
    builds = [(source("build-0.ipa"), other(BUILD, build="1")), (place, other(BUILD, build="2"))]
    (app,) = make_catalog(builds, texts, partial(judge, now=NOW)).apps
    assert [bool(release.notes) for release in app.releases] == [True, False]
