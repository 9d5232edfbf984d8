"""State files that one build writes for the next; untrusted, because a shared cache may have delivered them."""

from __future__ import annotations

import os
import re
import shutil
import stat
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ota_site.model.errors import RecordError
from ota_site.model.records import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

T = TypeVar("T")

LIMIT = 512 << 20
"""The largest state file, in bytes. A site with 10,000 builds uses a tenth of it."""

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700
PUBLIC = 0o644
PUBLIC_FOLDER = 0o755

_private = partial(os.open, mode=PRIVATE)

# A backslash is an ordinary character here, and a separator on Windows: no path leads out on either.
_CLEAN = re.compile(r"(?![A-Za-z]:(?:[/\\]|\Z)|\\)(?!(?:.*[/\\])?\.\.?(?:[/\\]|\Z))[^/\0]+(?:/[^/\0]+)*", re.DOTALL)


def read_state(path: Path, kind: type[T], *, limit: int = LIMIT) -> T | None:
    """Return the value in a state file; None if there is no file.

    Raise RecordError if it is not a regular file (also for a link), is too large, or is not a `kind` in JSON.
    """
    try:
        with open(path, "rb", opener=_open_regular) as file:
            data = file.read(limit + 1) if os.fstat(file.fileno()).st_size <= limit else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        message = "it is a link" if path.is_symlink() else error.strerror or str(error)
        raise RecordError(message, where=str(path)) from error
    if data is None or len(data) > limit:
        raise RecordError(f"it is larger than {limit:,} bytes", where=str(path))
    try:
        return from_json(data, kind)
    except (RecordError, RecursionError) as error:
        raise RecordError(str(error), where=str(path)) from error


def _open_regular(path: str, _flags: int) -> int:
    # Without O_NONBLOCK, opening a FIFO waits for its other end.
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise RecordError("it is not a regular file", where=path)
    return opened


def draft_state(path: Path, value: object) -> Path:
    """Write `value` next to `path`, readable only by this user; return the file for `promote`."""
    draft = path.with_suffix(".draft")
    discard(draft)
    try:
        with open(draft, "xb", opener=_private) as file:
            file.write(to_json(value))
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft


def promote(file: Path, path: Path) -> None:
    """Move `file` to `path`, replacing any file or folder there."""
    if os.path.isdir(path) and not path.is_symlink():  # noqa: PTH112 - Path.is_dir raises for some names
        shutil.rmtree(path)
    file.replace(path)


def discard(path: Path) -> None:
    """Remove the file or folder at `path`; of a link, only the link itself."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Create a missing folder and its parents, readable by a web server regardless of the umask."""
    if os.path.lexists(folder):
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    make_public(folder, PUBLIC_FOLDER)


def make_public(file: Path | int, mode: int = PUBLIC) -> None:
    """Make a file or folder of the site readable by everyone, if the file system supports it."""
    with suppress(OSError):
        os.chmod(file, mode)  # noqa: PTH101 - it may be an open file


def make_private(path: Path, mode: int = PRIVATE) -> None:
    """Make a file or folder private to this user; do nothing for a link, or if it belongs to another user."""
    with suppress(OSError):
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if stat.S_IMODE(os.fstat(opened).st_mode) != mode:
                os.fchmod(opened, mode)
        finally:
            os.close(opened)


def is_file(path: Path) -> bool:
    """Return whether there is a regular file at `path`; False for a link."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def is_clean(path: str) -> bool:
    """Return whether a path is relative and stays below its starting folder."""
    return _CLEAN.fullmatch(path) is not None


def folders_of(path: str) -> Iterator[str]:
    """Yield the parent folders of a clean path, the deepest first."""
    while path := path.rpartition("/")[0]:
        yield path


def linked_folders(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Return the parent folders of clean paths below `root` that are links, which may lead anywhere."""
    folders: set[str] = set()
    for path in paths:
        for folder in folders_of(path):
            if folder in folders:
                break
            folders.add(folder)
    # Path.is_symlink raises for names that are too long, and joining paths is slower than checking for a link.
    return frozenset(folder for folder in folders if os.path.islink(f"{root}/{folder}"))  # noqa: PTH114
