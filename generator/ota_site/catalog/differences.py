"""Compare two builds of an app, as data without wording. Pure.

Order has no meaning in a list of entitlements, so only added and removed items of a list count.
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
    """The subject of a change, in order of importance to a tester."""

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
    """One difference: `before` is None if it was added, `after` is None if it was removed.

    `key` is Apple's key of a permission or an entitlement (`RIGHT`), empty for other kinds. Values are as in the
    build: bytes, a time, family numbers, an entitlement's JSON. For lists of text, they are the items removed or added.
    """

    kind: ChangeKind
    key: str = ""
    before: Any
    after: Any


def compare_builds(older: Build, newer: Build) -> tuple[Change, ...]:
    """Return the changes from the older to the newer of two builds, in the order of `ChangeKind`."""
    return (
        *_facts(older, newer),
        *_entries(ChangeKind.PERMISSION, older.permissions, newer.permissions),
        *_rights(older, newer),
        *_lists(ChangeKind.FRAMEWORKS, "", older.frameworks, newer.frameworks),
    )


def rights_of(build: Build) -> dict[str, Any] | None:
    """Return the entitlements that the app's signature claims, without empty ones.

    Return None without a readable signature.
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
    """Return whether sizes in bytes differ by more than 1% and 10 kB: signing again causes smaller changes."""
    difference = abs(newer - older)
    return difference > _SIZE_BYTES and difference * _SIZE_SHARE > older


def _rights(older: Build, newer: Build) -> Iterator[Change]:
    before, after = rights_of(older), rights_of(newer)
    # The entitlements of a build without a signature are unknown, not empty.
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
    """Yield the items removed from a list, and those added to it."""
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    if gone := tuple(item for item in old if item not in new):
        yield Change(kind=kind, key=key, before=gone, after=None)
    if came := tuple(item for item in new if item not in old):
        yield Change(kind=kind, key=key, before=None, after=came)


def _is_list(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
