"""Read the bundles of an IPA, the app and those inside it: Info.plist, profile, executable and code signature."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from ota_site.apple.codesign.code_signature import INFO, RESOURCES, CodeSignature, SignatureError, read_signature
from ota_site.apple.codesign.entitlements import plain
from ota_site.apple.codesign.macho import MachoError, Slice, StaticLibraryError, read_macho
from ota_site.apple.codesign.profile import no_profile, read_profile
from ota_site.apple.plist import parse_plist, text_at
from ota_site.apple.zip.budget import BudgetError
from ota_site.apple.zip.directory import printable
from ota_site.model.build import Bundle, Executable, NoCode, Seal, Signing
from ota_site.model.errors import IpaError
from ota_site.model.plain_text import one_line
from ota_site.model.records import Record
from ota_site.model.versions import has_variable

if TYPE_CHECKING:
    from ota_site.apple.zip.archive import Archive

_INFO_LIMIT = 1 << 20
_PROFILE_LIMIT = 3 << 19  # each of a large team’s certificates takes 4 kB: a profile contains it twice
_RESOURCES_LIMIT = 16 << 20
_FOLDERS_LIMIT = 1000
_NESTED_LIMIT, _NESTED_ROOM = 512, 6 << 20  # bytes of all Info.plists and profiles together: parsing takes time
_PERMISSIONS_LIMIT = 100  # Apple documents 60
_PERMISSION = re.compile(r"[A-Z][A-Za-z0-9]{1,80}UsageDescription")
# The bundles that the installer looks for in an app and in a watch app. The `._` files of macOS are not bundles.
_NESTED = re.compile(
    r"(?:(?:PlugIns|Extensions)/[^/.][^/]*\.appex|Frameworks/[^/.][^/]*\.framework|(?:Watch|AppClips)/[^/.][^/]*\.app)/"
)
_IN_WATCH_APP = re.compile(r"(?:(?:PlugIns|Extensions)/[^/.][^/]*\.appex|Frameworks/[^/.][^/]*\.framework)/")
# The keys of Info.plist that the installer of iOS 26.1 reads, besides identifiers, versions and executables.
_INSTALL_KEYS = (
    "CFBundleDisplayName",
    "CFBundleName",
    "CFBundlePackageType",
    "CFBundleShortVersionString",
    "CFBundleVersion",
    "EXAppExtensionAttributes",
    "INAlternativeAppNames",
    "ITSWatchOnlyContainer",
    "MinimumOSVersion",
    "NSExtension",
    "NSPrivacyTrackingDomains",
    "WKAppBundleIdentifier",
    "WKApplication",
    "WKCompanionAppBundleIdentifier",
    "WKRunsIndependentlyOfCompanionApp",
    "WKWatchKitApp",
    "WKWatchOnly",
)
_UNREAD = Executable(architectures=(), platforms=(), encrypted=False, seal=None, unread=True)
# Current devices run the first of these that is present: its signature is the one that counts.
_PREFERENCE = ("arm64", "arm64e", "arm64_32", "armv7s", "armv7", "armv7k")


class Parts(Record):
    """The folder of a bundle, and its Info.plist, parsed and as bytes."""

    folder: str
    info: Mapping[str, object]
    info_bytes: bytes


def read_parts(archive: Archive, folder: str) -> Parts:
    """Read the Info.plist of the bundle in `folder` (with a slash). Raises IpaError (`info-plist-invalid`)."""
    name = folder + "Info.plist"
    if name not in archive.entries:
        raise IpaError("info-plist-invalid", "it has no Info.plist", where=archive.where)
    try:
        data = archive.read(name, _INFO_LIMIT)
    except BudgetError:
        raise
    except IpaError as error:
        raise IpaError("info-plist-invalid", error.message, where=error.where, hint=error.hint) from error
    return Parts(folder, parse_plist(data, where=archive.where, what="Info.plist"), data)


def read_signing(archive: Archive, folder: str) -> Signing:
    """Return the signing that the bundle's provisioning profile describes, or `no_profile`. Raises IpaError."""
    signed = folder + "_CodeSignature/CodeResources" in archive.entries
    name = folder + "embedded.mobileprovision"
    if name not in archive.entries:
        return no_profile(signed=signed)
    data = archive.read(name, _PROFILE_LIMIT)
    return read_profile(data, signed=signed, where=archive.where, budget=archive.budget)


def read_executable(archive: Archive, parts: Parts) -> Executable | NoCode:
    """Return the executable of a bundle, or the reason it has none."""
    if text_at(parts.info, "CFBundleExecutable") is None:
        return NoCode.UNNAMED
    name = _executable_name(archive, parts)
    if name is None:
        return NoCode.MISSING
    try:
        slices = read_macho(archive.blocks(name))
    except StaticLibraryError:
        return NoCode.STATIC_LIBRARY
    except BudgetError:
        return _UNREAD
    except (MachoError, IpaError):
        return NoCode.NOT_MACHO
    seal = _seal(archive, parts, slices)
    return Executable(
        architectures=tuple(each.architecture for each in slices),
        platforms=tuple(dict.fromkeys(each.platform for each in slices if each.platform)),
        encrypted=any(each.encrypted for each in slices),
        seal=seal,
        unread=seal is None and any(each.signature for each in slices),
    )


def _executable_name(archive: Archive, parts: Parts) -> str | None:
    """Return the entry that CFBundleExecutable names. A zip made on a Mac may have decomposed accents (NFD)."""
    executable = parts.info.get("CFBundleExecutable")
    if not isinstance(executable, str):
        return None
    spellings = (executable, normalize("NFC", executable), normalize("NFD", executable))
    return next((name for each in spellings if (name := parts.folder + each) in archive.entries), None)


def nested_bundles(archive: Archive, app: str) -> tuple[Bundle, ...]:
    """Return the apps, extensions and frameworks inside the app in the folder `app`, sorted by path."""
    found: list[Bundle] = []
    room = _NESTED_ROOM
    for folder in sorted(_nested_folders(archive, app))[:_NESTED_LIMIT]:
        files = (folder + "Info.plist", folder + "embedded.mobileprovision")
        room -= sum(archive.entries[name].size for name in files if name in archive.entries)
        if room < 0:
            break
        try:
            found.append(_read_nested(archive, app, folder))
        except BudgetError:
            break
    return tuple(found)


def install_keys(info: Mapping[str, object]) -> dict[str, Any]:
    """Return the keys of Info.plist that the installer checks, with their values."""
    return plain({key: info[key] for key in _INSTALL_KEYS if key in info})


def filled_text(info: Mapping[str, object], *keys: str) -> str | None:
    """Return the first text under `keys` that has no unexpanded build variable."""
    return next((text for key in keys if (text := text_at(info, key)) and not has_variable(text)), None)


def families(info: Mapping[str, object]) -> tuple[int, ...]:
    """Return the numbers in UIDeviceFamily. Some tools write them as text, or one number without a list."""
    value = info.get("UIDeviceFamily")
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(number for value in values[:16] if (number := _family(value)) is not None))


def permissions(info: Mapping[str, object]) -> dict[str, str]:
    """Return the app's purpose strings (`…UsageDescription`), sorted by key. Skips values that are not text."""
    found = ((key, text) for key, text in info.items() if isinstance(text, str) and _PERMISSION.fullmatch(key))
    return {key: one_line(text) for key, text in sorted(islice(found, _PERMISSIONS_LIMIT))}


def _family(value: object) -> int | None:
    match value:
        case bool():
            return None
        case int() if 0 < value < 1000:
            return value
        case str() if value.isdecimal() and len(value) < 4:
            return int(value)
    return None


def _seal(archive: Archive, parts: Parts, slices: tuple[Slice, ...]) -> Seal | None:
    signed = sorted((each for each in slices if each.signature), key=_preference)
    for each in signed:
        with suppress(SignatureError, BudgetError):
            return _as_seal(archive, parts, read_signature(each.signature, archive.budget))
    return None


def _preference(each: Slice) -> int:
    return _PREFERENCE.index(each.architecture) if each.architecture in _PREFERENCE else len(_PREFERENCE)


def _as_seal(archive: Archive, parts: Parts, signature: CodeSignature) -> Seal:
    directory = signature.directory
    resources = parts.folder + "_CodeSignature/CodeResources"
    content = archive.read(resources, _RESOURCES_LIMIT) if resources in archive.entries else None
    return Seal(
        version=directory.version,
        identifier=directory.identifier,
        team_id=directory.team_id,
        certificate=signature.signer,
        der_entitlements=signature.has_der_entitlements,
        entitlements=plain(signature.der_entitlements or signature.entitlements or {}),
        info_plist=directory.seals(INFO, parts.info_bytes) if INFO in directory.special else None,
        resources=directory.seals(RESOURCES, content)
        if content is not None and RESOURCES in directory.special
        else None,
        broken=signature.broken,
    )


def _nested_folders(archive: Archive, app: str) -> set[str]:
    """Return the folders of the bundles in the app and in its watch app. Skips empty folders."""
    folders: set[str] = set()
    for name in archive.entries:
        if len(folders) >= _FOLDERS_LIMIT:
            break
        if name.startswith(app) and (match := _NESTED.match(name, len(app))) and match.end() < len(name):
            folders.add(name[: match.end()])
            inner = _IN_WATCH_APP.match(name, match.end()) if match[0].startswith("Watch/") else None
            if inner and inner.end() < len(name):
                folders.add(name[: inner.end()])
    return folders


def _read_nested(archive: Archive, app: str, folder: str) -> Bundle:
    """Return a bundle inside the app. Raises BudgetError."""
    path = printable(folder[len(app) :].rstrip("/"))
    try:
        signing = read_signing(archive, folder)
    except BudgetError:
        raise
    except IpaError:
        signing = no_profile(signed=True)
    try:
        parts = read_parts(archive, folder)
    except BudgetError:
        raise
    except IpaError as error:
        return Bundle(path=path, unreadable=error.message, signing=signing)
    try:
        code = read_executable(archive, parts)
    except IpaError:
        # Its CodeResources cannot be read, so its signature is unknown.
        code = _UNREAD
    return Bundle(
        path=path,
        bundle_id=text_at(parts.info, "CFBundleIdentifier"),
        version=filled_text(parts.info, "CFBundleShortVersionString"),
        build=filled_text(parts.info, "CFBundleVersion"),
        families=families(parts.info),
        info=install_keys(parts.info),
        executable_name=text_at(parts.info, "CFBundleExecutable"),
        executable=code if isinstance(code, Executable) else None,
        no_code=code if isinstance(code, NoCode) else None,
        signing=signing,
    )
