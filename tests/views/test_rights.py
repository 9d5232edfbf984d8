"""What a build may do and what changed in it, in words."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ota_site.apple.ipa import inspect_ipa
from ota_site.i18n.languages import Language, load_language
from ota_site.model.build import Build, SigningKind
from ota_site.model.catalog import Release
from ota_site.model.records import replace, to_json
from ota_site.model.texts import BuildText
from ota_site.site.views.rights import show_changes, show_permissions, show_rights
from ota_site.site.views.terms import PERMISSIONS, RIGHTS, VALUES
from tests.builds import AD_HOC, BUILD, NOW, SEAL, source

if TYPE_CHECKING:
    from pathlib import Path

ENGLISH = load_language("en")
EXECUTABLE = BUILD.executable


@pytest.fixture
def german(tmp_path: Path) -> Language:
    """German, as far as a test needs it."""
    texts = {
        "Camera": "Kamera",
        "Push notifications": "Mitteilungen",
        "production": "Betrieb",
        "Permission: %(name)s": "Erlaubnis: %(name)s",
        "Registered devices": "Registrierte Geräte",
        "no reason given": "ohne Begründung",
    }
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    pairs = "".join(f'\nmsgid "{message}"\nmsgstr "{text}"\n' for message, text in texts.items())
    (tmp_path / "de.po").write_text(head + pairs, "utf-8")
    return load_language("de", [tmp_path / "de.po"])


def entitled(entitlements: dict[str, object]) -> Build:
    assert EXECUTABLE
    return replace(BUILD, executable=replace(EXECUTABLE, seal=replace(SEAL, entitlements=entitlements)))


def release(build: Build) -> Release:
    return Release(build=build, source=source("a.ipa"), slug="a", text=BuildText(), problems=())


def rights(entitlements: dict[str, object], language: Language = ENGLISH) -> list[tuple[str, str, str]]:
    return [(view.name, view.value, view.key) for view in show_rights(language, entitled(entitlements))]


def changes(older: Build, newer: Build, language: Language = ENGLISH) -> list[tuple[str, str | None, str | None]]:
    views = show_changes(language, release(older), release(newer))
    return [(view.term, view.before, view.after) for view in views]


# --- permissions --------------------------------------------------------------------------------------------


def test_permissions_have_names_and_the_apps_own_words(german: Language) -> None:
    asked = {"NSCameraUsageDescription": "Zum <b>Scannen</b>.", "NSSomethingNewUsageDescription": ""}
    build = replace(BUILD, permissions=asked)
    for language, name in ((ENGLISH, "Camera"), (german, "Kamera")):
        assert [(view.name, view.text) for view in show_permissions(language, build)] == [
            (name, "Zum <b>Scannen</b>."),
            ("NSSomethingNewUsageDescription", ""),
        ]


def test_an_old_key_and_a_new_one_with_the_same_words_are_one_permission() -> None:
    old, new = "NSLocationAlwaysUsageDescription", "NSLocationAlwaysAndWhenInUseUsageDescription"
    assert len(show_permissions(ENGLISH, replace(BUILD, permissions={old: "a", new: "a"}))) == 1
    assert len(show_permissions(ENGLISH, replace(BUILD, permissions={old: "a", new: "b"}))) == 2


# --- rights -------------------------------------------------------------------------------------------------


def test_rights_have_names_and_values_in_words(german: Language) -> None:
    entitlements: dict[str, object] = {
        "application-identifier": "TEAMID1234.com.example.sample",
        "aps-environment": "production",
        "com.apple.developer.applesignin": ["Default"],
        "com.apple.developer.associated-domains": ["applinks:example.com", "webcredentials:example.com"],
        "com.apple.developer.healthkit": True,
        "com.apple.developer.homekit": False,
        "com.apple.developer.in-app-payments": [],
        "com.apple.developer.networking.networkextension": ["packet-tunnel-provider", "a-new-one"],
        "com.example.unknown": 12_345,
        "com.example.table": [{"vendor": 1452}],
    }
    assert rights(entitlements) == [
        ("App identifier", "TEAMID1234.com.example.sample", "application-identifier"),
        (
            "Associated domains",
            "applinks:example.com and webcredentials:example.com",
            "com.apple.developer.associated-domains",
        ),
        ("HealthKit", "", "com.apple.developer.healthkit"),
        ("Network extensions", "packet tunnel and a-new-one", "com.apple.developer.networking.networkextension"),
        ("Push notifications", "production", "aps-environment"),
        ("Sign in with Apple", "", "com.apple.developer.applesignin"),
        ("com.example.table", '[{"vendor":1452}]', "com.example.table"),
        ("com.example.unknown", "12,345", "com.example.unknown"),
    ]
    assert ("Mitteilungen", "Betrieb", "aps-environment") in rights(entitlements, german)


def test_a_build_without_a_signature_has_no_rights_to_show() -> None:
    assert show_rights(ENGLISH, replace(BUILD, executable=None)) == ()


def test_a_long_list_ends_with_how_many_more_there_are() -> None:
    key = "com.apple.security.application-groups"
    (twenty,) = rights({key: [f"group.{number}" for number in range(20)]})
    (many,) = rights({key: [f"group.{number}" for number in range(1500)]})
    assert twenty[1].endswith("group.18 and group.19")
    assert many[1].endswith("group.18, group.19 and 1,480 more")


def test_hostile_entitlements_stay_in_bounds_and_on_one_line() -> None:
    deep: object = "end"
    for _ in range(16):
        deep = {"a": deep, "b": "x" * 500}
    many: dict[str, object] = {f"key-{number}": True for number in range(2000)}
    assert len(rights({"deep": deep})[0][1]) <= 255
    shown = show_rights(ENGLISH, entitled({"\x1b[31m\n" + "k" * 100_000: deep, "long": ["x" * 500] * 2000, **many}))
    text = to_json(shown).decode()
    assert len(shown) == 100
    assert len(text) < 50_000
    assert not re.search(r"[\x00-\x1f]|\\u00|\\n", text)


@pytest.mark.real
def test_a_real_app_with_many_rights_is_in_words(fixtures_dir: Path) -> None:
    views = show_rights(ENGLISH, inspect_ipa(fixtures_dir / "ipa" / "very capable app.ipa"))
    assert len(views) == 22
    assert [view.key for view in views if view.name == view.key] == []
    said = {view.name: view.value for view in views}
    assert said["Push notifications"] == "development"
    assert said["iCloud services"] == "documents and CloudKit"
    assert said["Network extensions"] == "app proxy, content filter, DNS proxy and packet tunnel"
    assert said["NFC: reading tags"] == "NDEF"
    assert said["Data protection"] == "while the device is locked"
    assert said["Personal VPN"] == ""


# --- changes ------------------------------------------------------------------------------------------------


def test_the_first_build_has_no_changes() -> None:
    assert show_changes(ENGLISH, None, release(BUILD)) == ()
    assert changes(BUILD, BUILD) == []


def test_changes_are_in_words(german: Language) -> None:
    older = replace(
        entitled({"aps-environment": "development", "com.apple.security.application-groups": ["group.a"]}),
        size=48_200_000,
        permissions={"NSCameraUsageDescription": "a"},
        frameworks=("A.framework", "B.framework"),
    )
    signing = replace(AD_HOC, kind=SigningKind.ENTERPRISE, devices=None, expires=NOW + timedelta(days=400))
    newer = replace(
        entitled({"aps-environment": "production", "com.apple.developer.healthkit": True}),
        version="1.3",
        size=52_100_000,
        minimum_os="16.0",
        families=(1,),
        signing=signing,
        permissions={"NSCameraUsageDescription": "b", "NSSiriUsageDescription": ""},
        frameworks=("A.framework",),
    )
    assert changes(older, newer) == [
        ("Version", "1.2.3", "1.3"),
        ("Size", "48.2 MB", "52.1 MB"),
        ("Oldest system", "15.0", "16.0"),
        ("Runs on", "iPhone and iPad", "iPhone"),
        ("Signing", "Ad hoc", "In-house (enterprise)"),
        ("Registered devices", "3", None),
        ("Profile expires", "17 January 2027", "5 August 2027"),
        ("Permission: Camera", "a", "b"),
        ("Permission: Siri", None, "no reason given"),
        ("Entitlement: Push notifications", "development", "production"),
        ("Entitlement: HealthKit", None, ""),
        ("Entitlement: App groups", "group.a", None),
        ("Frameworks", "B.framework", None),
    ]
    translated = changes(older, newer, german)
    assert ("Registrierte Geräte", "3", None) in translated
    assert ("Erlaubnis: Kamera", "a", "b") in translated
    assert ("Erlaubnis: Siri", None, "ohne Begründung") in translated


def test_what_reads_the_same_before_and_after_is_left_out() -> None:
    older = replace(BUILD, size=1_000_000, signing=replace(AD_HOC, expires=NOW))
    newer = replace(BUILD, size=1_010_001, signing=replace(AD_HOC, expires=NOW + timedelta(hours=1)))
    assert changes(older, newer) == []


def test_the_name_of_a_person_is_in_no_change() -> None:
    person = replace(BUILD, signing=replace(AD_HOC, team="Erika Mustermann", profile="Erika’s profile"))
    for older, newer in ((BUILD, person), (person, BUILD)):
        assert "Erika" not in repr(changes(older, newer))


def test_thousands_of_changes_stay_in_bounds() -> None:
    newer = entitled({f"key-{number}": "x" * 500 for number in range(2000)})
    assert len(changes(BUILD, newer)) == 100


# --- terms --------------------------------------------------------------------------------------------------


def test_the_tables_hold_keys_of_their_kind_and_words_for_each() -> None:
    assert all(re.fullmatch(r"N(S|FC)[A-Za-z]+UsageDescription", key) for key in PERMISSIONS)
    assert all(re.fullmatch(r"[a-zA-Z][\w.-]+", key) for key in RIGHTS)
    assert all(name and name == name.strip() for name in (*PERMISSIONS.values(), *RIGHTS.values()))
    assert not VALUES.keys() & RIGHTS.keys()
