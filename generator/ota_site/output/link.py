"""Put a file into the site without loading it: by reflink or hard link where possible, else by copying."""

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
# Copying smaller files is cheap, and editing a copy in the site never changes the owner's file or the theme.
_WORTH_LINKING = 1 << 20
# For an error during a copy, Python names the source first; these errors are always about the target.
_OF_THE_TARGET = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS))


def clone_file(source: Source, target: Path) -> None:
    """Create `target` with the content of `source`, readable for all users. `target` must not exist.

    Uses a reflink, else a hard link for large files, else a copy. Raises SiteError if the source cannot be read
    or has changed since the scan, OSError if the target cannot be written. On errors, no target remains.
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
        hint = "wait until it is fully copied, then build again"
        raise SiteError("it changed while the site was being built", where=str(source.path), hint=hint)


def _reflink(source: Path, target: Path) -> bool:
    """Share the blocks of a file on copy-on-write file systems (btrfs, XFS, bcachefs); return whether it worked."""
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
    """Hard-link a large file; return whether it worked. The mode is kept, so all users must be able to read it."""
    if source.size < _WORTH_LINKING or not source.path.stat().st_mode & stat.S_IROTH:
        return False
    try:
        os.link(source.path.resolve(), target)
    except OSError:
        return False
    return True
