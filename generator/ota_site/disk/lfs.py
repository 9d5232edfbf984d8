"""Pointers that Git LFS and git-annex leave in place of a file that was not fetched."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LIMIT = 1024
"""Bytes: no pointer has more."""
_POINTERS = {
    b"version https://git-lfs": (
        "a Git LFS pointer",
        "run `git lfs pull` before the build; on CI, check out with LFS on",
    ),
    b"version https://hawser": ("a Git LFS pointer", "run `git lfs pull` before the build"),
    b"/annex/objects/": ("a pointer of git-annex", "run `git annex get` before the build"),
}


def find_pointer(path: Path) -> tuple[str, str] | None:
    """Return what is in a file's place, and what to do about it; None for a file that is itself, or is not there."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LIMIT:
            return None
        with path.open("rb") as file:
            head = file.read(max(map(len, _POINTERS)))
    except OSError:
        return None
    return next((found for start, found in _POINTERS.items() if head.startswith(start)), None)
