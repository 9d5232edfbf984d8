"""Grouping, order and slugs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ota_site.model.texts import AppText, BuildText, RichText, Texts
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


def said(**texts: BuildText) -> Texts:
    """Return texts of builds by the name of their file, without its suffix and with `_` for `-`."""
    return Texts(builds={source(f"{name.replace('_', '-')}.ipa").path: text for name, text in texts.items()})


def test_what_is_said_of_a_build_belongs_to_the_file_it_stands_beside() -> None:
    texts = said(build_1=BuildText(notes=RichText(("<p>new</p>",)), mandatory=True))
    (app,) = catalog_of(other(BUILD, build="1"), other(BUILD, build="2"), texts=texts).apps
    assert [(bool(release.text.notes), release.text.mandatory) for release in app.releases] == [
        (True, True),
        (False, False),
    ]


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("de", "Muster"),
        ("de-AT", "Muster"),
        ("pt", "Amostra"),
        ("pt-BR", "Amostra"),
        ("zh-Hans", "示例"),
        ("en", "Sample"),
        ("fr", "Sample"),
    ],
)
def test_an_app_has_the_name_that_its_newest_build_has_in_the_language(language: str, name: str) -> None:
    names = {"de": "Muster", "pt-BR": "Amostra", "zh-Hans": "示例", "zh-Hant": "範例"}
    old = other(BUILD, build="1", names={"fr": "Vieux"})
    (app,) = catalog_of(old, other(BUILD, names=names), language=language).apps
    assert app.name == name


def test_the_owners_name_beats_the_builds_and_decides_the_order() -> None:
    texts = Texts(apps={"com.example.sample": AppText(name="Zebra")})
    catalog = catalog_of(BUILD, other(BUILD, bundle_id="com.example.b", name="B", names={}), texts=texts, language="de")
    assert [app.name for app in catalog.apps] == ["B", "Zebra"]


def test_channels_stand_in_the_owners_order_then_by_name() -> None:
    names = ("alpha", None, "QA", "beta", "Release", "beta")
    texts = said(**{f"build_{number}": BuildText(channel=name) for number, name in enumerate(names)})
    builds = [other(BUILD, build=str(number)) for number in range(len(names))]
    (app,) = catalog_of(*builds, texts=texts, channels=("release", "beta", "nightly")).apps
    assert app.channels == ("Release", "beta", "alpha", "QA")
    assert app.newest_of("beta").build.build == "5"
    (without,) = catalog_of(BUILD).apps
    assert without.channels == ()


def test_a_build_that_lies_in_two_channels_is_in_the_one_that_the_owner_names_first() -> None:
    texts = said(build_0=BuildText(channel="beta"), build_1=BuildText(channel="release"), build_2=BuildText())
    (app,) = catalog_of(BUILD, BUILD, BUILD, texts=texts, channels=("release", "beta")).apps
    assert [release.text.channel for release in app.releases] == ["release"]
    (app,) = catalog_of(BUILD, BUILD, BUILD, texts=texts).apps
    assert [release.text.channel for release in app.releases] == ["beta"]
    texts = said(build_0=BuildText(), build_1=BuildText(channel="beta"))
    (app,) = catalog_of(BUILD, BUILD, texts=texts).apps
    assert [release.text.channel for release in app.releases] == ["beta"]
