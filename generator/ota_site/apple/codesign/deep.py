"""Check every sealed file and every page of code in an app against its signatures.

Apps, extensions and frameworks each have a seal. A file is reported once, for the innermost bundle it fails in.
Ambiguous cases are not reported.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING

from ota_site.apple.codesign.code_resources import SealedFile, rules, sealed
from ota_site.apple.codesign.code_signature import INFO, RESOURCES
from ota_site.apple.codesign.macho import MachoError, read_macho
from ota_site.apple.plist import parse_plist, text_at
from ota_site.apple.zip.archive import DEFLATED, STORED, Archive, open_archive
from ota_site.apple.zip.code_pages import Signed, code_directories, directories, same_pages
from ota_site.apple.zip.directory import printable
from ota_site.model.build import Problem, Severity
from ota_site.model.errors import IpaError
from ota_site.model.records import Record

if TYPE_CHECKING:
    from pathlib import Path

    from ota_site.apple.codesign.code_signature import CodeDirectory
    from ota_site.apple.codesign.macho import Slice

_INFO_LIMIT = 1 << 20
_RESOURCES_LIMIT, _ALL_RESOURCES_LIMIT = 8 << 20, 64 << 20  # 250 bytes for each file
_BUNDLES_LIMIT = 512
# Twice the App Store's maximum app size.
_UNPACKED_LIMIT = 8 << 30
_NAMED = 3

_APP = re.compile(r"Payload/(?!\._)[^/]+\.app/")
_NESTED = re.compile(r"(?:PlugIns|Extensions|Watch|AppClips|Frameworks)/(?!\._)[^/]+\.(?:appex|app|framework)/")
# The App Store adds its licence unsealed; macOS `._` files may be merged into the other files when unpacked.
_APART = re.compile(r"SC_Info/|(?:.*/)?\._[^/]*$")

_CODE_RESOURCES = "_CodeSignature/CodeResources"
Digests = Callable[[str, str], bytes | None]


class _Sealed(Record, kw_only=True):
    """A bundle with its seal. `names` are the files in it, without those of bundles nested in it."""

    folder: str
    names: tuple[str, ...]
    info_bytes: bytes
    executable: str
    table: Mapping[str, object]
    table_bytes: bytes

    @property
    def code(self) -> str:
        """The name of its executable's entry, which may be missing."""
        return self.folder + self.executable


def altered_files(path: Path) -> tuple[Problem, ...]:
    """Return a problem (`file-altered`) for each bundle in the IPA at `path` with files changed after signing.

    Unpacks the whole app, and its code twice, in constant memory. Raises IpaError (`not-an-ipa`) if a file in it is
    damaged or it unpacks to more than 8 GB, and OSError.
    """
    # Each file is hashed with up to two algorithms, and each executable is read twice.
    with open_archive(path, work=4 * _UNPACKED_LIMIT) as archive:
        bundles = _bundles(archive)
        _weigh(archive)
        digests: Digests = cache(partial(_digest, archive))
        spare = _ALL_RESOURCES_LIMIT
        told: set[str] = set()
        nested: dict[str, tuple[CodeDirectory, ...]] = {}
        problems = []
        # Inner bundles first: they report the files that two seals cover.
        for folder in sorted(bundles, key=lambda folder: (-folder.count("/"), folder)):
            if not {folder + "Info.plist", folder + _CODE_RESOURCES} <= archive.entries.keys():
                continue
            bundle = _open(archive, folder, bundles[folder], min(spare, _RESOURCES_LIMIT))
            spare -= archive.entries[folder + _CODE_RESOURCES].size
            if bundle is None:
                continue
            slices = _slices(archive, bundle)
            found = (*_altered(archive, bundle, list(directories(slices)), digests), *_resigned(bundle, nested))
            nested[folder.rstrip("/")] = tuple(code_directories(slices))
            altered = {name: how for name, how in found if name not in told}
            told |= altered.keys()
            if altered:
                problems.append((folder, _problem(folder, altered)))
        return tuple(problem for _, problem in sorted(problems, key=lambda each: each[0]))


def _bundles(archive: Archive) -> dict[str, tuple[str, ...]]:
    """Return the folders of the app and of each bundle in it, with their files, without those of nested bundles."""
    owned: dict[str, list[str]] = {}
    for name in archive.entries:
        if match := _APP.match(name):
            end = match.end()
            while match := _NESTED.match(name, end):
                end = match.end()
            if end < len(name) and not name.endswith("/"):
                owned.setdefault(name[:end], []).append(name)
    return {folder: tuple(names) for folder, names in sorted(owned.items())[:_BUNDLES_LIMIT]}


def _weigh(archive: Archive) -> None:
    if sum(entry.size for entry in archive.entries.values()) > _UNPACKED_LIMIT:
        raise IpaError(
            "not-an-ipa",
            f"its files unpack to more than {_UNPACKED_LIMIT:,} bytes, twice the limit for an app",
            where=archive.where,
            hint="export the app again from Xcode",
        )


def _open(archive: Archive, folder: str, names: tuple[str, ...], limit: int) -> _Sealed | None:
    """Return a bundle with its seal; None if its Info.plist or seal cannot be read."""
    try:
        info_bytes = archive.read(folder + "Info.plist", _INFO_LIMIT)
        table_bytes = archive.read(folder + _CODE_RESOURCES, limit)
        info = parse_plist(info_bytes, where=archive.where, what="Info.plist")
        table = parse_plist(table_bytes, where=archive.where, what="CodeResources")
    except IpaError:
        return None
    return _Sealed(
        folder=folder,
        names=names,
        info_bytes=info_bytes,
        executable=text_at(info, "CFBundleExecutable") or "",
        table=table,
        table_bytes=table_bytes,
    )


def _altered(archive: Archive, bundle: _Sealed, signed: Signed, digests: Digests) -> Iterator[tuple[str, str]]:
    """Yield the name of each file that differs from its seal, and a suffix for the message."""
    code = bundle.code
    if signed:
        yield from _altered_code(archive, bundle, signed)
    seals = sealed(bundle.table)
    for path, seal in seals.items():
        name = bundle.folder + path
        if name in archive.entries:
            if name != code and not _intact(archive, name, seal, digests):
                yield name, ""
        # Names that are not ASCII may have several spellings.
        elif path.isascii() and _has_content(seal) and not seal.optional:
            yield name, " (missing)"
    # If no entry has the executable's exact name, any file may be the executable under another spelling.
    if code in bundle.names:
        yield from _added(bundle, seals, code)


def _added(bundle: _Sealed, seals: Mapping[str, SealedFile], code: str) -> Iterator[tuple[str, str]]:
    left_out = rules(bundle.table)
    with_own_seal = tuple(f"{path}/" for path, seal in seals.items() if not _has_content(seal))
    if not left_out.known or len(with_own_seal) > _BUNDLES_LIMIT:
        return
    for name in bundle.names:
        path = name.removeprefix(bundle.folder)
        in_doubt = path in seals or name == code or not path.isascii() or path.startswith(with_own_seal)
        if not in_doubt and not _APART.match(path) and not left_out.omit(path):
            yield name, " (added)"


def _has_content(seal: SealedFile) -> bool:
    return bool(seal.sha256 or seal.sha1 or seal.symlink)


def _intact(archive: Archive, name: str, seal: SealedFile, digests: Digests) -> bool:
    """Return whether a file matches its seal; true if that is unknown."""
    if seal.symlink is not None:
        # In a zip, the content of a symbolic link is its target.
        target = seal.symlink.encode("utf-8", "replace")
        entry = archive.entries[name]
        return entry.size == len(target) and archive.read(name, len(target)) == target
    wanted, algorithm = (seal.sha256, "sha256") if seal.sha256 else (seal.sha1, "sha1")
    return wanted is None or digests(name, algorithm) in (None, wanted)


def _digest(archive: Archive, name: str, algorithm: str) -> bytes | None:
    """Return the hash of a file; None if its compression method is not supported."""
    if archive.entries[name].method not in (STORED, DEFLATED):
        return None
    whole = hashlib.new(algorithm, usedforsecurity=False)
    for piece in archive.blocks(name):
        whole.update(piece)
    return whole.digest()


def _problem(folder: str, altered: Mapping[str, str]) -> Problem:
    named = [printable(name.removeprefix(folder)) + how for name, how in list(altered.items())[:_NAMED]]
    more = f" and {len(altered) - _NAMED:,} more" if len(altered) > _NAMED else ""
    inside = printable(folder.split("/", 2)[2].rstrip("/"))
    files = "one file" if len(altered) == 1 else f"{len(altered):,} files"
    return Problem(
        code="file-altered",
        severity=Severity.ERROR,
        message=f"{files} {f'of {inside} ' if inside else ''}changed after signing: {', '.join(named)}{more}",
        hint="make every change before signing, and sign last: export the archive again, or use fastlane’s resign",
    )


# --- code ---------------------------------------------------------------------------------------------------


def _slices(archive: Archive, bundle: _Sealed) -> tuple[Slice, ...]:
    """Return the slices of a bundle's executable; none if it is missing or not a Mach-O."""
    if bundle.code not in bundle.names:
        return ()
    try:
        return read_macho(archive.blocks(bundle.code))
    except MachoError:
        return ()


def _resigned(bundle: _Sealed, nested: Mapping[str, tuple[CodeDirectory, ...]]) -> Iterator[tuple[str, str]]:
    """Yield the nested bundles whose code is not what this bundle sealed.

    A seal may also have a requirement, which code with the same identifier meets even if it was signed again: such
    bundles are not reported.
    """
    for path, seal in sealed(bundle.table).items():
        directories_there = nested.get(bundle.folder + path, ())
        if not seal.cdhash or not directories_there or seal.cdhash in {each.cdhash for each in directories_there}:
            continue
        if not any(each.identifier in seal.requirement for each in directories_there):
            yield bundle.folder + path, " (signed again)"


def _altered_code(archive: Archive, bundle: _Sealed, signed: Signed) -> Iterator[tuple[str, str]]:
    """Yield the executable if its pages, and Info.plist and CodeResources if they, do not match its code directory."""
    if not all(same_pages(archive.blocks(bundle.code), signed)):
        yield bundle.code, ""
    inside = bundle.folder.count("/") > 2
    # For the app itself, other rules check these.
    for slot, path, content in (
        (INFO, "Info.plist", bundle.info_bytes),
        (RESOURCES, _CODE_RESOURCES, bundle.table_bytes),
    ):
        if inside and any(slot in each.special and not each.seals(slot, content) for _, each in signed):
            yield bundle.folder + path, ""
