"""Read an IPA into a `Build`. Start here to see how Apple's formats fit together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ota_site.apple.bundle.asset_packs import read_asset_packs
from ota_site.apple.bundle.bundle import (
    families,
    filled_text,
    install_keys,
    nested_bundles,
    permissions,
    read_executable,
    read_parts,
    read_signing,
)
from ota_site.apple.bundle.frameworks import frameworks
from ota_site.apple.bundle.icons import find_icon
from ota_site.apple.bundle.strings import localised_names
from ota_site.apple.digest import Digest, digest_file
from ota_site.apple.plist import parse_plist, text_at
from ota_site.apple.zip.archive import Archive, open_archive
from ota_site.apple.zip.directory import newest, printable
from ota_site.apple.zip.stream import stream_problem
from ota_site.model.build import Build, Executable, NoCode, Problem, Severity, StoreMetadata
from ota_site.model.errors import IpaError
from ota_site.model.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


_METADATA_LIMIT = 1 << 20
_LISTED = 100
_APP = re.compile(r"Payload/([^/]+\.app)/")
_LINKED_APP = re.compile(r"Payload/[^/]+\.app")
_ANY_APP = re.compile(r"(?:(?!__MACOSX/)[^/]+/)*?[^/]+\.app/")
_PLATFORMS = {
    "iphoneos": "iPhoneOS",
    "iphonesimulator": "iPhoneSimulator",
    "appletvos": "AppleTVOS",
    "appletvsimulator": "AppleTVSimulator",
    "watchos": "WatchOS",
    "watchsimulator": "WatchSimulator",
    "xros": "XROS",
    "xrsimulator": "XRSimulator",
    "macosx": "MacOSX",
}


def inspect_ipa(path: Path) -> Build:
    """Hash and read the IPA at `path`, and return its build. Raises IpaError and OSError."""
    if wrong := _no_file(path):
        raise IpaError("not-an-ipa", wrong[0], where=str(path), hint=wrong[1])
    return read_build(path, digest_file(path))


def _no_file(path: Path) -> tuple[str, str] | None:
    """Return the message and hint for a path that is not a file; None for a file."""
    if path.is_dir():
        hint = "export an IPA from the archive in Xcode, or put the .app into a folder Payload and zip that"
        return "it is a folder, not a file", hint
    # Opening a pipe can block forever, and it can only be read once.
    return ("it is a pipe, not a file", "save the IPA as a file first") if path.is_fifo() else None


def read_build(path: Path, digest: Digest) -> Build:
    """Return the build in the IPA at `path`, whose hashes are `digest`. Raises IpaError and OSError."""
    with open_archive(path) as archive:
        folder = _app_folder(archive)
        parts = read_parts(archive, folder)
        info = parts.info
        bundle_id = _bundle_id(info, archive.where)
        # Signing and code come first: they decide whether the app installs, and the budget may run out afterwards.
        signing, code = read_signing(archive, folder), read_executable(archive, parts)
        icon, flaws = find_icon(archive, folder, info)
        return Build(
            size=digest.size,
            sha256=digest.sha256,
            chunks=digest.chunks,
            name=filled_text(info, "CFBundleDisplayName", "CFBundleName") or _folder_name(folder) or bundle_id,
            names=localised_names(archive, folder),
            bundle_id=bundle_id,
            version=filled_text(info, "CFBundleShortVersionString"),
            build=filled_text(info, "CFBundleVersion"),
            minimum_os=text_at(info, "MinimumOSVersion", "MinimumProductVersion"),
            families=families(info),
            platform=_platform(info),
            built=newest(entry for name, entry in archive.entries.items() if name.startswith(folder)),
            signing=signing,
            icon=icon,
            executable_name=text_at(info, "CFBundleExecutable"),
            executable=code if isinstance(code, Executable) else None,
            no_code=code if isinstance(code, NoCode) else None,
            info=install_keys(info),
            nested=nested_bundles(archive, folder),
            variants=_variants(info),
            store=_store_metadata(archive),
            flaws=(*flaws, *filter(None, (stream_problem(archive), _version_problem(info)))),
            asset_packs=read_asset_packs(archive, folder, info),
            permissions=permissions(info),
            frameworks=frameworks(archive, folder),
        )


def _app_folder(archive: Archive) -> str:
    """Return the path of the only app's folder, with a slash. Raises IpaError (`no-app`, `several-apps`)."""
    folders = {match[0]: match[1] for name in archive.entries if (match := _APP.match(name))}
    # Finder adds `._Name.app` beside an app when it makes a zip.
    folders = {folder: app for folder, app in folders.items() if not app.startswith("._")}
    if len(folders) > 1:
        apps = ", ".join(printable(app) for app in sorted(folders.values())[:5])
        hint = "export each app to a separate IPA"
        raise IpaError("several-apps", f"its Payload has {len(folders)} apps: {apps}", where=archive.where, hint=hint)
    for folder in folders:
        if folder + "Info.plist" in archive.entries:
            return folder
        message, hint = f"{printable(folder)} has no Info.plist", "export the app again from Xcode"
        if folder + "Contents/Info.plist" in archive.entries:
            message, hint = f"{printable(folder)} is a Mac app", "build the iOS target of the project"
        raise IpaError("no-app", message, where=archive.where, hint=hint)
    message, hint = _linked_app(archive) or _where_the_app_is(archive)
    raise IpaError("no-app", message, where=archive.where, hint=hint)


def _linked_app(archive: Archive) -> tuple[str, str] | None:
    """Return the message and hint if the zip has a symbolic link instead of the app; None otherwise."""
    for name, entry in archive.entries.items():
        if entry.is_link and _LINKED_APP.fullmatch(name):
            hint = "zip the app itself: without -y, `zip -qr App.ipa Payload` follows links"
            return f"{printable(name)} is a symbolic link to an app that is not in the zip", hint
    return None


def _where_the_app_is(archive: Archive) -> tuple[str, str]:
    """Return the message and hint for a zip that has no app in Payload/."""
    names = archive.entries
    if "AndroidManifest.xml" in names:
        return "it is an Android package", "use an IPA; ota-site publishes only apps for Apple devices"
    for name in names:
        if match := _ANY_APP.match(name):
            inside, app = match[0].rstrip("/").rpartition("/")[::2]
            if inside.endswith("Payload"):
                wrapper = printable(inside.removesuffix("/Payload"))
                return (
                    f"its Payload folder is inside {wrapper}/",
                    "zip the Payload folder itself, not the folder around it",
                )
            if ".xcarchive" in inside:
                hint = "export an IPA from it: Xcode’s Distribute App, or `xcodebuild -exportArchive`"
                return "it contains an Xcode archive, not an IPA", hint
            if inside:
                return (
                    f"{printable(app)} is in {printable(inside)}/, not in Payload/",
                    "rename that folder to Payload and zip it again",
                )
            return f"{printable(app)} is not in a Payload folder", "put the app into a folder Payload and zip that"
    if any(name.startswith("Payload\\") for name in names):
        hint = "zip it again with a program that writes / in paths; Windows’ Compress-Archive may not"
        return "its paths use \\ instead of /, which iOS treats as part of the name", hint
    if "Info.plist" in names:
        return "it has the contents of an app without its folder", "put the .app folder into Payload and zip that"
    return "it contains no app: there is no Payload/<name>.app/", "export an IPA from Xcode"


def _folder_name(folder: str) -> str:
    return one_line(folder.split("/")[1].removesuffix(".app"))


def _bundle_id(info: Mapping[str, object], where: str) -> str:
    bundle_id = text_at(info, "CFBundleIdentifier")
    if bundle_id is None or len(bundle_id) > 255:
        wrong = "has no CFBundleIdentifier" if bundle_id is None else "has a CFBundleIdentifier of over 255 characters"
        hint = "set the bundle identifier of the target in Xcode"
        raise IpaError("missing-bundle-id", f"its Info.plist {wrong}", where=where, hint=hint)
    return bundle_id


def _version_problem(info: Mapping[str, object]) -> Problem | None:
    """Return a problem if CFBundleShortVersionString is empty or not text (`missing-version`): 0xe80000ad.

    The key may be absent.
    """
    version = info.get("CFBundleShortVersionString", "none")
    if isinstance(version, str) and version:
        return None
    return Problem(
        code="missing-version",
        severity=Severity.ERROR,
        message=f"its version (CFBundleShortVersionString) is {'not a string' if version else 'empty'}",
        hint="set MARKETING_VERSION in the target’s build settings and rebuild",
    )


def _platform(info: Mapping[str, object]) -> str:
    match info.get("CFBundleSupportedPlatforms"):
        case [str(first), *_] if platform := one_line(first, 40):
            return platform
    name = text_at(info, "DTPlatformName") or "iphoneos"
    return _PLATFORMS.get(name.lower(), name[:40])


def _variants(info: Mapping[str, object]) -> tuple[str, ...]:
    """Return the devices that a thinned app supports; empty if it supports all."""
    value = info.get("UISupportedDevices")
    names = value[:_LISTED] if isinstance(value, list) else []
    return tuple(one_line(name) for name in names if isinstance(name, str))


def _store_metadata(archive: Archive) -> StoreMetadata | None:
    """Return the metadata in iTunesMetadata.plist, which only apps from the App Store should have."""
    name = "iTunesMetadata.plist"
    if name not in archive.entries:
        return None
    try:
        table = parse_plist(archive.read(name, _METADATA_LIMIT), where=archive.where, what=name)
    except IpaError:
        return None
    return StoreMetadata(
        bundle_id=text_at(table, "softwareVersionBundleId"),
        version=text_at(table, "bundleVersion"),
        short_version=text_at(table, "bundleShortVersionString"),
    )
