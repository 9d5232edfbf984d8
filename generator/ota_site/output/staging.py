"""The staging folder next to a site: on the same disk, never published, used by one build at a time."""

from __future__ import annotations

import errno
import fcntl
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ota_site.disk.state import PRIVATE, PRIVATE_FOLDER, discard, is_file, make_folder, make_private, promote
from ota_site.model.errors import SiteError
from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

_IGNORE_ALL = b"*\n"


class StagingDir(Record):
    """The paths in a staging folder; `site` is the output folder, as an absolute path without links."""

    site: Path

    @property
    def folder(self) -> Path:
        """The staging folder."""
        return self.site.parent / f".{self.site.name}.ota-site"

    @property
    def ledger(self) -> Path:
        """The list of files that ota-site wrote."""
        return self.folder / "ledger.json"

    @property
    def next_ledger(self) -> Path:
        """The ledger that applies after the commit in progress."""
        return self.folder / "ledger.next.json"

    @property
    def stage(self) -> Path:
        """The folder of new and changed files, complete, before they move into the site."""
        return self.folder / "stage"

    @property
    def journal(self) -> Path:
        """The journal; exists while a commit is in progress."""
        return self.folder / "journal.json"

    @property
    def memory(self) -> Path:
        """The cached builds of IPAs."""
        return self.folder / "memory.json"


@contextmanager
def locked(staging: StagingDir) -> Iterator[None]:
    """Lock the staging folder for one build; create it if necessary. Raises SiteError if another build holds it.

    The lock is released when the process ends, even if it is killed.
    """
    with failing_plainly(staging.site):
        _set_up(staging.folder)
        file = _open_lock(staging.folder / "lock")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "wait for it to finish, or write elsewhere with -o"
            raise SiteError("another build is writing this site", where=str(staging.site), hint=hint) from error
        yield


def _set_up(folder: Path) -> None:
    """Create the staging folder, accessible to this user only: its cache of builds is private."""
    if folder.is_symlink():
        hint = "remove the link, and the build will create a folder"
        raise SiteError(
            "it is a link, so the state for the next build would be stored elsewhere", where=str(folder), hint=hint
        )
    make_folder(folder.parent)
    folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
    make_private(folder, PRIVATE_FOLDER)
    ignore = folder / ".gitignore"
    if not is_file(ignore) or ignore.stat().st_size != len(_IGNORE_ALL):
        draft = folder / ".gitignore.draft"
        discard(draft)
        draft.write_bytes(_IGNORE_ALL)
        promote(draft, ignore)


def _open_lock(path: Path) -> IO[bytes]:
    if not is_file(path):
        discard(path)
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE), "rb")


def flush(paths: list[Path]) -> None:
    """Flush files and folders to disk. Flushing many in parallel takes a tenth of the time of one after another."""
    with ThreadPoolExecutor(16) as pool:
        deque(pool.map(_fsync, paths), maxlen=0)


def _fsync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        # Some network file systems do not support fsync of a folder.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(opened)


@contextmanager
def failing_plainly(site: Path) -> Iterator[None]:
    """Raise SiteError for an OSError while writing to the site or its staging folder."""
    try:
        yield
    except OSError as error:
        where = error.filename2 or error.filename or site
        hint = _WAYS_OUT.get(error.errno or 0, "")
        raise SiteError(f"cannot be written: {error.strerror or error}", where=str(where), hint=hint) from error


_WRITABLE = "write the site elsewhere with -o; the folder that contains it must be writable too"
_WAYS_OUT = {
    errno.ENOSPC: "free some space and build again",
    errno.EDQUOT: "free some space and build again",
    errno.EFBIG: "raise the limit on files (ulimit -f), or write the site to another disk with -o",
    errno.EACCES: _WRITABLE,
    errno.EPERM: _WRITABLE,
    errno.EROFS: _WRITABLE,
}
