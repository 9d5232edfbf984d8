"""Detect the pointers of Git LFS and git-annex in place of files that were not fetched."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LIMIT = 1024
"""The largest size of a pointer, in bytes."""
_POINTERS = {
    b"version https://git-lfs": (
        "a Git LFS pointer",
        "run `git lfs pull` before the build; in CI, enable LFS for the checkout",
    ),
    b"version https://hawser": ("a Git LFS pointer", "run `git lfs pull` before the build"),
    b"/annex/objects/": ("a git-annex pointer", "run `git annex get` before the build"),
}


def find_pointer(path: Path) -> tuple[str, str] | None:
    """Return the kind of pointer in a file's place, and a hint; None for other files and unreadable ones."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LIMIT:
            return None
        with path.open("rb") as file:
            head = file.read(max(map(len, _POINTERS)))
    except OSError:
        return None
    return next((found for start, found in _POINTERS.items() if head.startswith(start)), None)
