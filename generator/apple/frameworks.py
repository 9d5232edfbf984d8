"""The frameworks and libraries in an app: their names, and whether one was left unsigned."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator.apple.directory import printable
from generator.model.build import Problem, Severity

if TYPE_CHECKING:
    from generator.apple.archive import Archive

_LIMIT = 500
_FRAMEWORK = re.compile(r"Frameworks/([^/.][^/]*\.(?:framework|dylib))(?:/|\Z)")
_BUNDLE = re.compile(r"Frameworks/[^/.][^/]*\.framework/Info\.plist")


def frameworks(archive: Archive, folder: str) -> tuple[str, ...]:
    """Return the names of the frameworks and libraries in the app's folder (with its slash), in their order."""
    matches = (_FRAMEWORK.match(name, len(folder)) for name in archive.entries if name.startswith(folder))
    return tuple(sorted({printable(match[1]) for match in matches if match})[:_LIMIT])


def framework_problem(archive: Archive, folder: str) -> Problem | None:
    """Return that a framework of a signed app is not signed (`extension-not-signed`): 0xe800801c.

    iOS checks each one that is a bundle before it installs the app (INSTALLD, -performVerificationWithError:).
    """
    for name in archive.entries:
        if name.startswith(folder) and _BUNDLE.fullmatch(name, len(folder)):
            framework = name.removesuffix("Info.plist")
            if framework + "_CodeSignature/CodeResources" not in archive.entries:
                path = printable(framework.removeprefix(folder).rstrip("/"))
                return Problem(
                    code="extension-not-signed",
                    severity=Severity.ERROR,
                    message=f"{path} inside it is not signed",
                    hint="set the framework to “Embed & Sign” in Xcode’s General › Frameworks, and export again",
                )
    return None
