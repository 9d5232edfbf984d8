"""The seal over an app's files, `_CodeSignature/CodeResources`: which files it holds, and which it lets go unsealed.

Format: resources.cpp of Apple's Security. Takes the property list as it was parsed; nothing in it can make this fail.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINK_LIMIT = 1024
_DEFAULT_WEIGHT = 1.0

# Every pattern that Apple's tools write for iOS. A stranger's could take for ever to match, and is not tried.
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
# Those that begin with a star would take the square of a path's length; these find the same.
_QUICKER = {
    ".*": "",
    "^.*": "",
    ".*\\.dSYM($|/)": "\\.dSYM($|/)",
    "^(.*/)?\\.DS_Store$": "(^|/)\\.DS_Store$",
    "^.*\\.lproj/": "\\.lproj/",
    "^.*\\.lproj/locversion.plist$": "\\.lproj/locversion.plist$",
}


class SealedFile(Record, kw_only=True):
    """A file as it was when it was sealed: digests of 20 and 32 bytes, or the target of a symbolic link.

    `optional` files may be missing. An entry with no digest and no target is code that has a seal of its own:
    `cdhash` is the hash of its code directory, 20 bytes, and `requirement` what is asked of its signer, in Apple's
    language.
    """

    sha1: bytes | None = None
    sha256: bytes | None = None
    optional: bool = False
    symlink: str | None = None
    cdhash: bytes | None = None
    requirement: str = ""


class Rules(Record, kw_only=True):
    """Which files a seal leaves out: `patterns` with their weight and whether what they match is left out.

    `known` is false where there is a rule that is not one of Apple's, so that `omit` may be wrong.
    """

    patterns: tuple[tuple[str, float, bool], ...]
    known: bool = True

    def omit(self, path: str) -> bool:
        """Whether a file at this path in the app's folder may be there without a seal."""
        if path == "CodeResources" or path.startswith("_CodeSignature/"):
            return True
        matching = [(weight, left_out) for text, weight, left_out in self.patterns if re.search(text, path)]
        # Of two rules of one weight Apple takes the first in no certain order; the milder one is taken here.
        return max(matching, default=(0.0, True))[1]


def sealed(table: Mapping[str, object]) -> dict[str, SealedFile]:
    """Return each sealed file by its path in the app's folder: from `files2`, else from `files` of before 2013."""
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
    """Return the rules by which the files of `sealed` were chosen."""
    given = table.get("rules2" if "files2" in table else "rules")
    entries: Mapping[str, object] = given if isinstance(given, dict) else {}
    patterns = tuple(
        (_QUICKER.get(pattern, pattern), *_rule(entry))
        for pattern, entry in entries.items()
        if pattern in _PATTERNS or pattern in _QUICKER
    )
    return Rules(patterns=patterns, known=isinstance(given, dict) and len(patterns) == len(entries))


def _rule(entry: object) -> tuple[float, bool]:
    """Return a rule's weight, and whether it leaves out what it matches."""
    if not isinstance(entry, dict):
        return _DEFAULT_WEIGHT, entry is False
    weight = entry.get("weight")
    return (
        float(weight) if isinstance(weight, int | float) and abs(weight) < 1e9 else _DEFAULT_WEIGHT,
        entry.get("omit") is True,
    )
