"""List the frameworks and libraries in an app."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ota_site.apple.zip.directory import printable

if TYPE_CHECKING:
    from ota_site.apple.zip.archive import Archive

_LIMIT = 500
_FRAMEWORK = re.compile(r"Frameworks/([^/.][^/]*\.(?:framework|dylib))(?:/|\Z)")


def frameworks(archive: Archive, folder: str) -> tuple[str, ...]:
    """Return the names of the frameworks and libraries in the app's folder (with a slash), sorted."""
    matches = (_FRAMEWORK.match(name, len(folder)) for name in archive.entries if name.startswith(folder))
    return tuple(sorted({printable(match[1]) for match in matches if match})[:_LIMIT])
