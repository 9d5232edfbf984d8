"""The seal over an app's files: each form that an entry has had, and the rules that leave files out."""

from __future__ import annotations

import hashlib
import plistlib
import re
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.apple.codesign import code_resources
from ota_site.apple.codesign.code_resources import Rules, SealedFile, rules, sealed
from ota_site.apple.plist import parse_plist
from tests.apple.bundles import Bundle, bundles
from tests.samples import App, bundle

if TYPE_CHECKING:
    from pathlib import Path

FIRST, SECOND = bytes(range(20)), bytes(range(32))
XCODE = {
    "rules2": {
        ".*\\.dSYM($|/)": {"weight": 11.0},
        "^(.*/)?\\.DS_Store$": {"omit": True, "weight": 2000.0},
        "^.*": True,
        "^.*\\.lproj/": {"optional": True, "weight": 1000.0},
        "^.*\\.lproj/locversion.plist$": {"omit": True, "weight": 1100.0},
        "^Base\\.lproj/": {"weight": 1010.0},
        "^Info\\.plist$": {"omit": True, "weight": 20.0},
        "^PkgInfo$": {"omit": True, "weight": 20.0},
        "^embedded\\.provisionprofile$": {"weight": 20.0},
        "^version\\.plist$": {"weight": 20.0},
    },
    "files2": {},
}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (FIRST, SealedFile(sha1=FIRST)),
        ({"hash": FIRST}, SealedFile(sha1=FIRST)),
        ({"hash2": SECOND}, SealedFile(sha256=SECOND)),
        ({"hash": FIRST, "hash2": SECOND, "optional": True}, SealedFile(sha1=FIRST, sha256=SECOND, optional=True)),
        ({"symlink": "Versions/A/Sample"}, SealedFile(symlink="Versions/A/Sample")),
        ({"cdhash": FIRST, "requirement": 'identifier "a"'}, SealedFile(cdhash=FIRST, requirement='identifier "a"')),
        ({"hash": b"short", "hash2": FIRST, "optional": 1, "symlink": 7, "cdhash": 7}, SealedFile()),
        (None, SealedFile()),
    ],
)
def test_every_form_of_an_entry_is_read(entry: object, expected: SealedFile) -> None:
    assert sealed({"files2": {"Sample": entry}}) == {"Sample": expected}


def test_the_newer_list_goes_before_the_older() -> None:
    table = {"files": {"a": FIRST}, "files2": {"b": {"hash2": SECOND}}}
    assert sealed(table) == {"b": SealedFile(sha256=SECOND)}
    assert sealed({"files": table["files"]}) == {"a": SealedFile(sha1=FIRST)}
    assert sealed({}) == sealed({"files2": 7}) == {}


@pytest.mark.parametrize(
    ("path", "left_out"),
    [
        ("Info.plist", True),
        ("PlugIns/Share.appex/Info.plist", False),
        ("PkgInfo", True),
        ("Assets.car", False),
        (".DS_Store", True),
        ("img/.DS_Store", True),
        ("img/x.DS_Store", False),
        ("de.lproj/Main.strings", False),
        ("de.lproj/locversion.plist", True),
        ("Base.lproj/locversion.plist", True),
        ("_CodeSignature/CodeResources", True),
        ("CodeResources", True),
        ("embedded.mobileprovision", False),
    ],
)
def test_the_heaviest_rule_decides(path: str, *, left_out: bool) -> None:
    found = rules(XCODE)
    assert found.known
    assert found.omit(path) is left_out


def test_a_file_that_no_rule_is_about_is_left_out() -> None:
    assert rules({"files2": {}, "rules2": {"^PkgInfo$": False}}) == Rules(patterns=(("^PkgInfo$", 1.0, True),))
    assert rules({"files2": {}, "rules2": {"^PkgInfo$": True}}).omit("Assets.car")


@pytest.mark.parametrize("given_rules", [{"^(a+)+$": True}, {7: True}, None, []])
def test_rules_of_a_strangers_are_not_tried(given_rules: object) -> None:
    found = rules({"files2": {}, "rules2": given_rules})
    assert (found.known, found.patterns) == (False, ())


def test_patterns_that_were_made_quicker_find_the_same() -> None:
    paths = [".DS_Store", "a/.DS_Store", "a.DS_Store", "a.dSYM", "a.dSYM/b", "a.dSYMb", "de.lproj/a", "x/de.lproj/", ""]
    paths += ["de.lproj/locversion.plist", "de.lproj/locversion.plist2", "a/b"]
    for slow, quick in code_resources._QUICKER.items():  # noqa: SLF001
        assert [bool(re.search(slow, path)) for path in paths] == [bool(re.search(quick, path)) for path in paths]


def test_a_path_of_any_length_is_quickly_judged() -> None:
    found, start = rules(XCODE), time.process_time()
    assert not any(found.omit(part * 8000) for part in ("a/", ".dSYM", ".lproj", "a"))
    assert time.process_time() - start < 0.5


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=40) | st.text(max_size=5),
    lambda inner: (
        st.dictionaries(st.sampled_from(["hash", "hash2", "weight", "omit", "^.*", "^"]), inner) | st.lists(inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["files", "files2", "rules", "rules2"]), ANYTHING), st.text())
def test_any_table_is_read(table: dict[str, object], path: str) -> None:
    assert isinstance(rules(table).omit(path), bool)
    assert all(isinstance(each, SealedFile) for each in sealed(table).values())


def differences(files: dict[str, bytes], executable: str) -> list[str]:
    """Return the files that are not as they were sealed, were added, or are missing."""
    table = parse_plist(files["_CodeSignature/CodeResources"], where="", what="CodeResources")
    seals, left_out = sealed(table), rules(table)
    assert left_out.known
    added = [path for path in files if path not in seals and path != executable and not left_out.omit(path)]
    missing = [path for path, seal in seals.items() if path not in files and not seal.optional]
    return added + missing + [path for path, seal in seals.items() if not intact(files.get(path), seal)]


def intact(content: bytes | None, seal: SealedFile) -> bool:
    if content is None:
        return True
    first = hashlib.sha1(content, usedforsecurity=False).digest()
    return seal.sha1 in (None, first) and seal.sha256 in (None, hashlib.sha256(content).digest())


def test_an_altered_bundle_is_found_out() -> None:
    place = "Payload/Sample.app/"
    files = {path.removeprefix(place): content for path, content in bundle(App()).items()}
    assert differences(files, "Sample") == []
    changed = {**files, "AppIcon60x60@2x.png": b"other", "added.txt": b""}
    del changed["embedded.mobileprovision"]
    assert sorted(differences(changed, "Sample")) == ["AppIcon60x60@2x.png", "added.txt", "embedded.mobileprovision"]


@pytest.mark.real
def test_real_apps_are_as_they_were_sealed(fixtures_dir: Path) -> None:
    found: list[Bundle] = [each for each in bundles(fixtures_dir) if "_CodeSignature/CodeResources" in each.files]
    assert {each.name: differences(each.files, each.executable_name) for each in found} == {
        each.name: [] for each in found
    }
    assert len(found) == 10


@pytest.mark.real
def test_a_seal_outlives_a_round_trip(fixtures_dir: Path) -> None:
    (one,) = (each for each in bundles(fixtures_dir) if each.name == "enterprise-2012.ipa")
    table = plistlib.loads(one.files["_CodeSignature/CodeResources"])
    assert "files2" not in table
    assert sealed(table).keys() == table["files"].keys()
