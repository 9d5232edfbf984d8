"""Read untrusted files: only regular ones, inside their folder and within a size limit.

A content folder may come from a stranger, as in a pull request: a link in it could publish any file of the build
machine, and reading a pipe or a device never ends.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ota_site.model.errors import SiteError

TEXT_LIMIT = 1 << 20
"""The largest text or table that is read, in bytes."""


def refusal(path: Path, root: Path) -> tuple[str, str] | None:
    """Return why a file must not be read, and a hint; None for a regular file below `root`, a resolved path.

    Links are followed, also those of parent folders, if they stay below `root`. Raise OSError if the file does not
    exist.
    """
    real = path.resolve()
    if not real.is_relative_to(root):
        return f"it is a link to a place outside {root.name or root}, so it is not read", "replace it with the file"
    if not stat.S_ISREG(real.stat().st_mode):
        return "it is not a regular file", "replace it with a file, or remove it"
    return None


def read_regular(path: Path, root: Path | None = None, *, limit: int = TEXT_LIMIT) -> bytes:
    """Return the bytes of a regular file below `root` (by default, anywhere).

    Raise SiteError for any other file and for more than `limit` bytes, and OSError if it cannot be read.
    """
    where = str(path)
    if wrong := refusal(path, root.resolve() if root else Path(path.resolve().anchor)):
        raise SiteError(wrong[0], where=where, hint=wrong[1])
    # Non-blocking, in case a pipe has replaced the file since the check.
    with open(path, "rb", opener=_open_at_once) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise SiteError(f"it is larger than {limit:,} bytes", where=where, hint="make it smaller, or remove it")
    return data


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
