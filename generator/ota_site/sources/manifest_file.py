"""Audit a manifest on disk against the IPAs beside it, for `inspect manifest.plist`."""

from __future__ import annotations

from pathlib import Path

from ota_site.apple.digest import digest_pieces
from ota_site.apple.install.manifest_reader import Item, parse_manifest
from ota_site.apple.ipa import inspect_ipa
from ota_site.model.build import Problem, Severity
from ota_site.model.errors import IpaError, reading
from ota_site.model.records import Record, replace
from ota_site.rules.manifest_audit import Beside, audit_manifest, find_beside, wanted_digests

_LIMIT = 1 << 20


class Audit(Record, kw_only=True):
    """The apps in a manifest, the IPA beside it for each (None if missing), and the findings on all of them."""

    items: tuple[Item, ...]
    ipas: tuple[Path | None, ...]
    problems: tuple[Problem, ...]


def read_manifest(path: Path) -> tuple[Item, ...]:
    """Return the apps in the manifest at `path`. Raises IpaError, with a code of `parse_manifest`, and OSError."""
    if path.is_fifo():
        # Opening a pipe blocks until another process writes to it.
        raise IpaError("manifest-unreadable", "it is not a regular file", where=str(path), hint="pass a manifest")
    with path.open("rb") as file:
        data = file.read(_LIMIT + 1)
    if len(data) > _LIMIT:
        message = f"it is larger than {_LIMIT:,} bytes, too large for a manifest"
        raise IpaError("manifest-not-plist", message, where=str(path), hint="pass a manifest")
    return parse_manifest(data, where=str(path))


def audit_manifest_file(path: Path) -> Audit:
    """Audit the manifest at `path` against the IPAs in its folder. Raises IpaError and OSError for the manifest."""
    items = read_manifest(path)
    # A name that is not printable text cannot be part of an address.
    names = sorted(
        other.name
        for other in path.parent.iterdir()
        if other.suffix.lower() == ".ipa" and other.name[0] != "." and other.name.isprintable()
    )
    ipas: list[Path | None] = []
    problems: list[Problem] = []
    for number, item in enumerate(items):
        name = find_beside(items, number, names)
        ipas.append(path.with_name(name) if name else None)
        label = f"item {number + 1}: " if len(items) > 1 else ""
        found = audit_manifest(item, None) if name is None else _compare(item, path.with_name(name))
        problems += (replace(problem, message=label + problem.message) for problem in found)
    order = list(Severity)
    problems.sort(key=lambda problem: order.index(problem.severity))
    return Audit(items=items, ipas=tuple(ipas), problems=tuple(problems))


def _compare(item: Item, ipa: Path) -> tuple[Problem, ...]:
    try:
        with reading(str(ipa)):
            build = inspect_ipa(ipa)
            wants = wanted_digests(item, build)
            digests = {want: digest_pieces(ipa, *want) for want in wants}
    except IpaError as error:
        unread = Problem(
            code="manifest-package-unreadable",
            severity=Severity.ERROR,
            message=f"{ipa.name}, the IPA beside it: {error.message}",
            hint=error.hint,
        )
        others = audit_manifest(item, None)
        return (unread, *(problem for problem in others if problem.code != "manifest-alone"))
    return audit_manifest(item, Beside(name=ipa.name, build=build, digests=digests))
