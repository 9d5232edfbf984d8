"""Recognize files and folders that contain or belong to an app but are not IPAs, by name only. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

Wrong = tuple[str, str]
"""A message that says what it is, and a hint."""

_EXPORT = "export an IPA from it: Xcode’s Distribute App, or `xcodebuild -exportArchive`"
_RENAME = "rename it so that it ends with .ipa"
_ANDROID = ("it is an Android package", "ota-site publishes apps for Apple's devices only")
_ARCHIVE = ("it is an archive, not an .ipa file", "extract the .ipa from it and put it here")
# Longer endings come first.
_FILES: tuple[tuple[str, Wrong], ...] = (
    (
        r"\.ipa\.zip",
        ("it is a .zip file, not an .ipa file", "unzip it; if it contains Payload/, rename the .zip to .ipa"),
    ),
    (r"\.app\.zip", ("it contains an app without a Payload folder", "export an IPA from the archive in Xcode")),
    (r"\.xcarchive\.zip", ("it contains Xcode’s archive of an app, not an IPA", _EXPORT)),
    (
        r"\.zip",
        ("it is a .zip file, not an .ipa file", "unzip it; if it contains Payload/, rename the .zip to .ipa"),
    ),
    (r"\.(?:7z|rar|tar|tgz|tar\.(?:gz|bz2|xz))", _ARCHIVE),
    (r"\.(?:apk|apks|xapk|aab)", _ANDROID),
    (
        r"\.tipa",
        ("it is an app for TrollStore, which a link cannot install", "export an IPA from the archive in Xcode"),
    ),
    (r"\.deb", ("it is a package for jailbroken devices", "ota-site publishes .ipa files only")),
    (r"\.(?:dmg|pkg)", ("it is for macOS", "ota-site publishes .ipa files only")),
    (
        r"\.ipa\.(?:crdownload|part|partial|download|opdownload|tmp)",
        ("it is an incomplete download", "download it again, and wait until it finishes"),
    ),
    (
        r"\.ipa\.(?:txt|html?|bin|dat|php|octet-stream)|\.ipa ?(?:\(\d+\)|\d+|copy)",
        ("its name does not end with .ipa", _RENAME),
    ),
)
# Files that tools write beside an IPA. They are reported only if there is no IPA.
_LONE: tuple[tuple[str, Wrong], ...] = (
    (r"\.dsym\.zip", ("it contains debug symbols, not an app", "use the .ipa that was exported with it")),
    (
        r"\.(?:mobileprovision|provisionprofile)",
        ("it is a provisioning profile without an .ipa beside it", "sign the app with it, and put the .ipa here"),
    ),
)
_ANY = re.compile(rf"(?:{'|'.join(ending for ending, _ in (*_LONE, *_FILES))})\Z", re.IGNORECASE)
_EVICTED = re.compile(r"\..+\.ipa\.icloud", re.IGNORECASE)
# Names inside a bundle, which a folder named by a bundle identifier such as com.example.app does not have.
_MARKS = frozenset(
    ("Info.plist", "Contents", "Payload", "PkgInfo", "Products", "_CodeSignature", "embedded.mobileprovision")
)
FOLDERS: dict[str, Wrong] = {
    ".app": (
        "it is an app’s folder, not an IPA",
        "export an IPA from the archive in Xcode; or put the .app into a folder named Payload and zip that folder",
    ),
    ".xcarchive": ("it is Xcode’s archive of an app, not an IPA", _EXPORT),
    ".ipa": ("it is a folder, but an IPA is a file", "zip the Payload folder in it, and name the zip .ipa"),
}


def wrong_file(name: str, *, ipa_beside: bool) -> Wrong | None:
    """Return what a file is that is not an .ipa but contains or belongs to an app, or None for any other file."""
    if _EVICTED.fullmatch(name):
        return "it is in iCloud, not on this machine", "choose Download Now in Finder"
    if name.startswith(".") or not _ANY.search(name):
        return None
    lone = next((wrong for ending, wrong in _LONE if re.search(rf"{ending}\Z", name, re.IGNORECASE)), None)
    if lone:
        return None if ipa_beside else lone
    return next(wrong for ending, wrong in _FILES if re.search(rf"(?:{ending})\Z", name, re.IGNORECASE))


def wrong_folder(name: str, inside: Collection[str]) -> Wrong | None:
    """Return what a folder is that contains an app or is named .ipa, or None for others. inside: the names in it."""
    stem, dot, ending = name.rpartition(".")
    if ending.lower() == "ipa":
        bundle = not any(each.lower().endswith(".ipa") for each in inside)
    else:
        bundle = not inside or stem in inside or not _MARKS.isdisjoint(inside)
    return FOLDERS.get(dot + ending.lower()) if bundle else None
