"""Finding what lies in the owner's folder: IPAs and texts. Knows nothing of what is in them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from generator.errors import SiteError
from generator.model import Source

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The files of an owner's folder, each list in the order of paths."""

    ipas: tuple[Source, ...]
    texts: tuple[Path, ...]


def find_files(content: Path, *, leave_out: Path) -> Found:
    """Return the IPAs and Markdown files anywhere under `content`.

    leave_out: a folder that is not looked into, such as the site's own. Hidden files and folders are passed
    over, links to files are followed, links to folders are not. Raises SiteError where there is no such folder.
    """
    if not content.is_dir():
        hint = "make it and put your .ipa files into it, or name another folder"
        raise SiteError("there is no such folder", where=str(content), hint=hint)
    ipas: list[Source] = []
    texts: list[Path] = []
    for path in sorted(_walk(content, leave_out)):
        if path.suffix.lower() == ".ipa":
            ipas.append(look_at(path))
        elif path.suffix.lower() == ".md":
            texts.append(path)
    return Found(ipas=tuple(ipas), texts=tuple(texts))


def look_at(path: Path) -> Source:
    """Return the file at `path` as it stands now. Raises SiteError where it cannot be read."""
    try:
        status = path.stat()
    except OSError as error:
        raise SiteError(f"cannot be read: {error.strerror}", where=str(path)) from error
    return Source(path=path, size=status.st_size, mtime_ns=status.st_mtime_ns)


def _walk(content: Path, leave_out: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(content, onerror=_unreadable):
        here = Path(folder)
        names[:] = [name for name in names if not name.startswith(".") and here / name != leave_out]
        yield from (here / name for name in files if not name.startswith("."))


def _unreadable(error: OSError) -> None:
    raise SiteError(f"the folder cannot be read: {error.strerror}", where=str(error.filename)) from error
