"""What changed between two builds, as data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.catalog.differences import Change, ChangeKind, compare_builds, rights_of
from ota_site.model.build import Build, SigningKind
from ota_site.model.records import replace
from tests.builds import AD_HOC, BARE, BUILD, NOW, SEAL, other

EXECUTABLE = BUILD.executable


def entitled(**entitlements: object) -> Build:
    """Return the build with these entitlements; in a key, two underscores stand for a dot."""
    assert EXECUTABLE
    named = {key.replace("__", "."): value for key, value in entitlements.items()}
    return replace(BUILD, executable=replace(EXECUTABLE, seal=replace(SEAL, entitlements=named)))


def changes(older: Build, newer: Build) -> list[tuple[str, str, Any, Any]]:
    return [(change.kind.value, change.key, change.before, change.after) for change in compare_builds(older, newer)]


def test_a_build_differs_from_itself_in_nothing() -> None:
    assert compare_builds(BUILD, BUILD) == ()
    assert compare_builds(BARE, BARE) == ()


def test_the_order_of_families_is_no_change() -> None:
    assert changes(BUILD, replace(BUILD, families=BUILD.families[::-1])) == []


def test_every_fact_that_changed_is_there_in_its_order() -> None:
    signing = replace(
        AD_HOC, kind=SigningKind.ENTERPRISE, team="Other GmbH", devices=None, expires=NOW + timedelta(days=400)
    )
    newer = other(
        BUILD,
        version="1.3",
        build="46",
        size=2 * BUILD.size,
        minimum_os="16.0",
        platform="AppleTVOS",
        families=(3,),
        signing=signing,
        permissions={"NSCameraUsageDescription": "To scan."},
        frameworks=("A.framework",),
    )
    assert changes(BUILD, newer) == [
        ("version", "", "1.2.3", "1.3"),
        ("build", "", "45", "46"),
        ("size", "", BUILD.size, 2 * BUILD.size),
        ("minimum-os", "", "15.0", "16.0"),
        ("platform", "", "iPhoneOS", "AppleTVOS"),
        ("families", "", (1, 2), (3,)),
        ("signing", "", SigningKind.AD_HOC, SigningKind.ENTERPRISE),
        ("team", "", "Invented GmbH", "Other GmbH"),
        ("devices", "", 3, None),
        ("expiry", "", AD_HOC.expires, signing.expires),
        ("permission", "NSCameraUsageDescription", None, "To scan."),
        ("frameworks", "", None, ("A.framework",)),
    ]


def test_the_order_of_kinds_is_that_of_changes() -> None:
    kinds = [change.kind for change in compare_builds(BARE, other(BUILD, size=BARE.size * 3))]
    assert kinds == sorted(kinds, key=list(ChangeKind).index)
    assert len(kinds) > 6


@pytest.mark.parametrize(
    ("older", "newer", "told"),
    [
        (5_000_000, 5_000_000, False),
        (5_000_000, 5_050_000, False),  # one percent
        (5_000_000, 5_050_001, True),
        (5_000_000, 4_900_000, True),
        (100_000, 110_000, False),  # ten kB
        (100_000, 110_001, True),
        (4_000_000_000, 4_030_000_000, False),
    ],
)
def test_a_size_that_hardly_changed_is_none(older: int, newer: int, *, told: bool) -> None:
    found = changes(replace(BUILD, size=older), replace(BUILD, size=newer))
    assert found == ([("size", "", older, newer)] if told else [])


def test_the_name_of_a_person_is_no_change() -> None:
    person = replace(BUILD, signing=replace(AD_HOC, team="Erika Mustermann", profile="Erika’s profile"))
    assert changes(person, replace(person, signing=replace(person.signing, team="Max Mustermann"))) == []
    assert changes(person, BUILD) == [("team", "", None, "Invented GmbH")]


def test_permissions_come_go_and_are_reworded() -> None:
    older = replace(BUILD, permissions={"NSCameraUsageDescription": "a", "NSSiriUsageDescription": "s"})
    newer = replace(BUILD, permissions={"NSCameraUsageDescription": "b", "NSContactsUsageDescription": ""})
    assert changes(older, newer) == [
        ("permission", "NSCameraUsageDescription", "a", "b"),
        ("permission", "NSContactsUsageDescription", None, ""),
        ("permission", "NSSiriUsageDescription", "s", None),
    ]


def test_entitlements_come_go_and_change() -> None:
    older = entitled(aps="development", same=["a", "b"], gone=True, table={"a": [1]}, list=["a", "b"], kind="text")
    newer = entitled(aps="production", same=["b", "a"], came=True, table={"a": [2]}, list=["b", "c"], kind=["text"])
    assert changes(older, newer) == [
        ("right", "aps", "development", "production"),
        ("right", "came", None, True),
        ("right", "gone", True, None),
        ("right", "kind", "text", ["text"]),
        ("right", "list", ("a",), None),
        ("right", "list", None, ("c",)),
        ("right", "table", {"a": [1]}, {"a": [2]}),
    ]


@pytest.mark.parametrize("nothing", [False, [], {}, "", None])
def test_an_entitlement_that_gives_nothing_is_none(nothing: object) -> None:
    assert rights_of(entitled(right=nothing, other=True)) == {"other": True}
    assert changes(entitled(right=nothing), entitled()) == []
    assert changes(entitled(right=nothing), entitled(right=True)) == [("right", "right", None, True)]


def test_nothing_is_said_of_the_rights_of_a_build_without_a_signature() -> None:
    assert EXECUTABLE
    for unsigned in (replace(BUILD, executable=None), replace(BUILD, executable=replace(EXECUTABLE, seal=None))):
        assert rights_of(unsigned) is None
        assert changes(unsigned, BUILD) == changes(BUILD, unsigned) == []


def test_frameworks_come_and_go() -> None:
    older = replace(BUILD, frameworks=("A.framework", "B.framework"))
    newer = replace(BUILD, frameworks=("B.framework", "libc.dylib"))
    assert changes(older, newer) == [
        ("frameworks", "", ("A.framework",), None),
        ("frameworks", "", None, ("libc.dylib",)),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.text(max_size=5),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=3), parts, max_size=3),
    max_leaves=20,
)
ENTITLEMENTS = st.dictionaries(st.sampled_from("abc"), JSON)


@given(ENTITLEMENTS, ENTITLEMENTS)
def test_what_came_one_way_went_the_other(first: dict[str, Any], second: dict[str, Any]) -> None:
    def swapped(change: Change) -> Change:
        return replace(change, before=change.after, after=change.before)

    one, two = entitled(**first), entitled(**second)
    there, back = compare_builds(one, two), compare_builds(two, one)
    assert sorted(map(repr, map(swapped, there))) == sorted(map(repr, back))
    assert all(change.before != change.after for change in there)
    assert compare_builds(one, one) == ()
