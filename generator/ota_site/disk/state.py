"""Files that one build leaves for the next, read as input from strangers: a shared cache may have carried them."""

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
"""Bytes of a state file. One of a site with 10,000 builds has a tenth of it."""

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700
PUBLIC = 0o644
PUBLIC_FOLDER = 0o755

_private = partial(os.open, mode=PRIVATE)

# A backslash is a letter here, and parts a path on Windows: no path leads out on either.
_CLEAN = re.compile(r"(?![A-Za-z]:(?:[/\\]|\Z)|\\)(?!(?:.*[/\\])?\.\.?(?:[/\\]|\Z))[^/\0]+(?:/[^/\0]+)*", re.DOTALL)


def read_state(path: Path, kind: type[T], *, limit: int = LIMIT) -> T | None:
    """Return the value in a state file; None where there is no file.

    Raises RecordError for what is no regular file (a link is none), too large, or not a `kind` in JSON.
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
    """Write `value` beside `path`, for this user alone; return the file, which `promote` puts in its place."""
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
    """Give a file the place of another, whatever is there."""
    if os.path.isdir(path) and not path.is_symlink():  # noqa: PTH112 - Path.is_dir raises for some names
        shutil.rmtree(path)
    file.replace(path)


def discard(path: Path) -> None:
    """Remove whatever is at `path`: of a link only the link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder where there is none, and those that it is in, for a web server to read whatever the umask is."""
    if os.path.lexists(folder):
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    make_public(folder, PUBLIC_FOLDER)


def make_public(file: Path | int, mode: int = PUBLIC) -> None:
    """Let everyone read a file or folder of the site, where the disk knows such a thing."""
    with suppress(OSError):
        os.chmod(file, mode)  # noqa: PTH101 - it may be an open file


def make_private(path: Path, mode: int = PRIVATE) -> None:
    """Keep a file or folder from other users; a link, and what is another user's, is left as it is."""
    with suppress(OSError):
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if stat.S_IMODE(os.fstat(opened).st_mode) != mode:
                os.fchmod(opened, mode)
        finally:
            os.close(opened)


def is_file(path: Path) -> bool:
    """Whether there is a regular file at `path`; a link is none."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def is_clean(path: str) -> bool:
    """Whether a path is relative and names a place below the folder that it starts from."""
    return _CLEAN.fullmatch(path) is not None


def folders_of(path: str) -> Iterator[str]:
    """Yield the folders that a clean path leads through, the deepest first."""
    while path := path.rpartition("/")[0]:
        yield path


def linked_folders(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Return those folders of clean paths below `root` that are links: what is behind one may be anywhere."""
    folders: set[str] = set()
    for path in paths:
        for folder in folders_of(path):
            if folder in folders:
                break
            folders.add(folder)
    # Path.is_symlink raises for names that are too long, and joining paths takes longer than asking for a link.
    return frozenset(folder for folder in folders if os.path.islink(f"{root}/{folder}"))  # noqa: PTH114
