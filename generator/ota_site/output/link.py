"""A file taken into the site without being loaded: shared with its source where the disk can, else copied."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from ota_site.disk.state import make_public
from ota_site.model.errors import SiteError

if TYPE_CHECKING:
    from pathlib import Path

    from ota_site.model.build import Source

_FICLONE = 0x40049409
# Below this a copy costs nothing, and an edit of the site never reaches the owner's file or the theme.
_WORTH_LINKING = 1 << 20
# In the midst of a copy Python names the source first; these are always about the target.
_OF_THE_TARGET = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS))


def clone_file(source: Source, target: Path) -> None:
    """Make `target`, which is not there yet, hold what `source` holds, readable for everyone.

    A reflink, else a hard link for large files, else a copy. Raises SiteError where the source cannot be read
    or has changed since it was, OSError where the target cannot be written; then there is no target.
    """
    try:
        if not _reflink(source.path, target) and not _hard_link(source, target):
            shutil.copyfile(source.path, target)
            make_public(target)
        status = source.path.stat()
    except OSError as error:
        with suppress(OSError):
            target.unlink(missing_ok=True)
        if error.errno in _OF_THE_TARGET:
            raise OSError(error.errno, error.strerror, str(target)) from error
        if str(error.filename) != str(source.path):
            raise
        raise SiteError(f"cannot be read: {error.strerror}", where=str(source.path)) from error
    if (status.st_size, status.st_mtime_ns) != (source.size, source.mtime_ns):
        target.unlink()
        hint = "wait until it is copied whole, then build again"
        raise SiteError("it changed while the site was being built", where=str(source.path), hint=hint)


def _reflink(source: Path, target: Path) -> bool:
    """Share the blocks of a file, on file systems that copy on write (btrfs, XFS, bcachefs)."""
    try:
        import fcntl

        with source.open("rb") as reader, target.open("xb") as writer:
            fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
            make_public(writer.fileno())
    except (OSError, ImportError):
        target.unlink(missing_ok=True)
        return False
    return True


def _hard_link(source: Source, target: Path) -> bool:
    """Give the file a second name, unless a web server could then not read it: its mode stays the owner's."""
    if source.size < _WORTH_LINKING or not source.path.stat().st_mode & stat.S_IROTH:
        return False
    try:
        os.link(source.path.resolve(), target)
    except OSError:
        return False
    return True
