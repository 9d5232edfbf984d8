"""What is different between two builds of an app, as data. Knows no words. Pure.

Order says nothing in a list of entitlements, so of lists only what came and what went counts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeGuard

from ota_site.model.records import Record
from ota_site.model.teams import public_team

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ota_site.model.build import Build

_SIZE_BYTES = 10_000
_SIZE_SHARE = 100  # one percent


class ChangeKind(StrEnum):
    """What a change is about, in the order of their weight for a tester."""

    VERSION = "version"
    BUILD = "build"
    SIZE = "size"
    MINIMUM_OS = "minimum-os"
    PLATFORM = "platform"
    FAMILIES = "families"
    SIGNING = "signing"
    TEAM = "team"
    DEVICES = "devices"
    EXPIRY = "expiry"
    PERMISSION = "permission"
    RIGHT = "right"
    FRAMEWORKS = "frameworks"


class Change(Record, kw_only=True):
    """One thing that is different: `before` is None where it is new, `after` is None where it is gone.

    `key` is Apple's key of a permission or an entitlement (`RIGHT`), empty for the rest. Values are as in the build:
    bytes, a time, numbers of families, an entitlement's JSON. Of lists of text they are what went, or what came.
    """

    kind: ChangeKind
    key: str = ""
    before: Any
    after: Any


def compare_builds(older: Build, newer: Build) -> tuple[Change, ...]:
    """Return what is different in the newer of two builds, in the order of `ChangeKind`."""
    return (
        *_facts(older, newer),
        *_entries(ChangeKind.PERMISSION, older.permissions, newer.permissions),
        *_rights(older, newer),
        *_lists(ChangeKind.FRAMEWORKS, "", older.frameworks, newer.frameworks),
    )


def rights_of(build: Build) -> dict[str, Any] | None:
    """Return the entitlements that the app's signature claims, without those that give nothing.

    None where there is no signature that can be read, so that nobody can tell.
    """
    return {key: value for key, value in build.seal.entitlements.items() if value} if build.seal else None


def _facts(older: Build, newer: Build) -> Iterator[Change]:
    facts = (
        (ChangeKind.VERSION, older.version, newer.version),
        (ChangeKind.BUILD, older.build, newer.build),
        (ChangeKind.SIZE, older.size, newer.size if _is_other_size(older.size, newer.size) else older.size),
        (ChangeKind.MINIMUM_OS, older.minimum_os, newer.minimum_os),
        (ChangeKind.PLATFORM, older.platform, newer.platform),
        (ChangeKind.FAMILIES, tuple(sorted(older.families)) or None, tuple(sorted(newer.families)) or None),
        (ChangeKind.SIGNING, older.signing.kind, newer.signing.kind),
        (ChangeKind.TEAM, public_team(older.signing), public_team(newer.signing)),
        (ChangeKind.DEVICES, older.signing.devices, newer.signing.devices),
        (ChangeKind.EXPIRY, older.signing.expires, newer.signing.expires),
    )
    return (Change(kind=kind, before=before, after=after) for kind, before, after in facts if before != after)


def _is_other_size(older: int, newer: int) -> bool:
    """Whether sizes in bytes differ by more than one percent and 10 kB: less comes from signing anew."""
    difference = abs(newer - older)
    return difference > _SIZE_BYTES and difference * _SIZE_SHARE > older


def _rights(older: Build, newer: Build) -> Iterator[Change]:
    before, after = rights_of(older), rights_of(newer)
    # A build without a signature is no build without rights.
    if before is not None and after is not None:
        yield from _entries(ChangeKind.RIGHT, before, after)


def _entries(kind: ChangeKind, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if _is_list(old) and _is_list(new):
            yield from _lists(kind, key, old, new)
        elif old != new:
            yield Change(kind=kind, key=key, before=old, after=new)


def _lists(kind: ChangeKind, key: str, before: Iterable[str], after: Iterable[str]) -> Iterator[Change]:
    """Yield what went out of a list, and what came into it."""
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    if gone := tuple(item for item in old if item not in new):
        yield Change(kind=kind, key=key, before=gone, after=None)
    if came := tuple(item for item in new if item not in old):
        yield Change(kind=kind, key=key, before=None, after=came)


def _is_list(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
