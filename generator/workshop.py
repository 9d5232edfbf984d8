"""The folder beside a site where it is made: on the same disk, never published, used by one build at a time."""

from __future__ import annotations

import errno
import fcntl
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from generator.errors import SiteError
from generator.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator


class Workshop(Record):
    """The files of a workshop; `site` is the folder it makes, as an absolute path without links."""

    site: Path

    @property
    def folder(self) -> Path:
        """The workshop itself."""
        return self.site.parent / f".{self.site.name}.ota-site"

    @property
    def ledger(self) -> Path:
        """The files of the site that are ours, as we left them."""
        return self.folder / "ledger.json"

    @property
    def next_ledger(self) -> Path:
        """The ledger of a commit under way."""
        return self.folder / "ledger.next.json"

    @property
    def stage(self) -> Path:
        """New and changed files, whole, before they move into the site."""
        return self.folder / "stage"

    @property
    def journal(self) -> Path:
        """There while a commit is under way."""
        return self.folder / "journal.json"

    @property
    def memory(self) -> Path:
        """What was learnt of IPAs."""
        return self.folder / "memory.json"


@contextmanager
def locked(workshop: Workshop) -> Iterator[None]:
    """Hold the workshop, made if need be, for one build. Raises SiteError where another holds it.

    The lock goes with the process that holds it, however that ends.
    """
    with failing_plainly(workshop.site):
        workshop.folder.mkdir(parents=True, exist_ok=True)
        (workshop.folder / ".gitignore").write_text("*\n", "utf-8")
        file = (workshop.folder / "lock").open("w")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "wait for it to end, or write elsewhere with -o"
            raise SiteError("another build is writing this site", where=str(workshop.site), hint=hint) from error
        yield


def flush(paths: list[Path]) -> None:
    """Wait until files and folders are on the disk. The disk takes many together in a tenth of the time of each."""
    with ThreadPoolExecutor(16) as pool:
        deque(pool.map(_fsync, paths), maxlen=0)


def _fsync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        # Some network file systems know no fsync of a folder.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(opened)


@contextmanager
def failing_plainly(site: Path) -> Iterator[None]:
    """Raise SiteError where the disk of the site or of its workshop refuses."""
    try:
        yield
    except OSError as error:
        where = error.filename2 or error.filename or site
        hint = _WAYS_OUT.get(error.errno or 0, "")
        raise SiteError(f"cannot be written: {error.strerror or error}", where=str(where), hint=hint) from error


_WRITABLE = "write the site elsewhere with -o; the folder that it stands in must be writable too"
_WAYS_OUT = {
    errno.ENOSPC: "free some space and build again",
    errno.EDQUOT: "free some space and build again",
    errno.EACCES: _WRITABLE,
    errno.EPERM: _WRITABLE,
    errno.EROFS: _WRITABLE,
}
