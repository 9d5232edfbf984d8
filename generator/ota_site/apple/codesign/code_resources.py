"""Read `_CodeSignature/CodeResources`, the seal over an app's files: the files it covers, and those it omits.

Format: resources.cpp of Apple's Security. Takes the parsed property list, and raises no errors, whatever is in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINK_LIMIT = 1024
_DEFAULT_WEIGHT = 1.0

# Every pattern that Apple's tools write for iOS. An unknown pattern could take forever to match, so it is not tried.
_PATTERNS = {
    "Info.plist",
    "ResourceRules.plist",
    "^",
    (
        "^(Frameworks|SharedFrameworks|PlugIns|Plug-ins|XPCServices|Helpers|MacOS"
        "|Library/(Automator|Spotlight|LoginItems))/"
    ),
    "^Base\\.lproj/",
    "^Info\\.plist$",
    "^PkgInfo$",
    "^ResourceRules\\.plist$",
    "^[^/]+$",
    "^embedded\\.provisionprofile$",
    "^version.plist$",
    "^version\\.plist$",
}
# Patterns that begin with `.*` take quadratic time in the length of the path; these match the same paths.
_QUICKER = {
    ".*": "",
    "^.*": "",
    ".*\\.dSYM($|/)": "\\.dSYM($|/)",
    "^(.*/)?\\.DS_Store$": "(^|/)\\.DS_Store$",
    "^.*\\.lproj/": "\\.lproj/",
    "^.*\\.lproj/locversion.plist$": "\\.lproj/locversion.plist$",
}


class SealedFile(Record, kw_only=True):
    """A file when it was sealed: digests of 20 and 32 bytes, or the target of a symbolic link.

    `optional` files may be missing. An entry without digests and target is nested code, which is sealed separately:
    `cdhash` is the hash of its code directory, 20 bytes, and `requirement` is the requirement on its signer, in
    Apple's requirement language.
    """

    sha1: bytes | None = None
    sha256: bytes | None = None
    optional: bool = False
    symlink: str | None = None
    cdhash: bytes | None = None
    requirement: str = ""


class Rules(Record, kw_only=True):
    """The rules for files that a seal omits: each pattern, its weight, and whether matching files are omitted.

    `known` is false if a rule is not one of Apple's; then `omit` may be wrong.
    """

    patterns: tuple[tuple[str, float, bool], ...]
    known: bool = True

    def omit(self, path: str) -> bool:
        """Return whether a file at this path in the app's folder needs no seal."""
        if path == "CodeResources" or path.startswith("_CodeSignature/"):
            return True
        matching = [(weight, left_out) for text, weight, left_out in self.patterns if re.search(text, path)]
        # Among rules of equal weight Apple takes the first in an undefined order; this takes the more lenient one.
        return max(matching, default=(0.0, True))[1]


def sealed(table: Mapping[str, object]) -> dict[str, SealedFile]:
    """Return the sealed files by path in the app's folder: from `files2`, else from `files`, used before 2013."""
    files = table.get("files2", table.get("files"))
    if not isinstance(files, dict):
        return {}
    return {path: _file(entry) for path, entry in files.items() if isinstance(path, str)}


def _file(entry: object) -> SealedFile:
    if not isinstance(entry, dict):
        return SealedFile(sha1=_digest(entry, 20))
    link, requirement = entry.get("symlink"), entry.get("requirement")
    return SealedFile(
        sha1=_digest(entry.get("hash"), 20),
        sha256=_digest(entry.get("hash2"), 32),
        optional=entry.get("optional") is True,
        symlink=link if isinstance(link, str) and len(link) <= _LINK_LIMIT else None,
        cdhash=_digest(entry.get("cdhash"), 20),
        requirement=requirement if isinstance(requirement, str) else "",
    )


def _digest(value: object, size: int) -> bytes | None:
    return value if isinstance(value, bytes) and len(value) == size else None


def rules(table: Mapping[str, object]) -> Rules:
    """Return the rules that selected the files of `sealed`."""
    given = table.get("rules2" if "files2" in table else "rules")
    entries: Mapping[str, object] = given if isinstance(given, dict) else {}
    patterns = tuple(
        (_QUICKER.get(pattern, pattern), *_rule(entry))
        for pattern, entry in entries.items()
        if pattern in _PATTERNS or pattern in _QUICKER
    )
    return Rules(patterns=patterns, known=isinstance(given, dict) and len(patterns) == len(entries))


def _rule(entry: object) -> tuple[float, bool]:
    """Return a rule's weight, and whether it omits the files it matches."""
    if not isinstance(entry, dict):
        return _DEFAULT_WEIGHT, entry is False
    weight = entry.get("weight")
    return (
        float(weight) if isinstance(weight, int | float) and abs(weight) < 1e9 else _DEFAULT_WEIGHT,
        entry.get("omit") is True,
    )
