"""Writing a site so that it is never half there: stage what changed, then commit it from a journal.

A kill before the journal is written leaves the old site, one after it the new site once the next build has run.
The cost follows the change, not the size of the site. Does not know what is in a file.
"""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from generator.clone import clone_file
from generator.errors import SiteError
from generator.model import Source
from generator.records import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from generator.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Output:
    """A file that the site is to have: what decides its bytes, and how to get them (bytes, or a file to take)."""

    path: PurePosixPath
    fingerprint: str
    make: Callable[[], bytes | Source]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a build does to the site: paths written and removed, in that order, and how many were left alone."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of ours as we left it."""

    fingerprint: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class _Ledger:
    files: dict[str, _Entry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Journal:
    put: tuple[str, ...]
    remove: tuple[str, ...]


def compare(workshop: Workshop, outputs: Iterable[Output]) -> Changes:
    """Return what `write_site` would do, at most: it may still find that a file to be written has the same bytes."""
    ours = _read_ledger(workshop)
    paths = {output.path.as_posix(): output for output in outputs}
    written = tuple(path for path, output in paths.items() if not _stands(workshop.site / path, output, ours.get(path)))
    removed = tuple(path for path in ours if path not in paths)
    return Changes(written, removed, len(paths) - len(written))


def write_site(workshop: Workshop, outputs: Iterable[Output]) -> Changes:
    """Make the site hold exactly `outputs`, and whatever in it is not ours. The caller holds the workshop.

    Raises SiteError, with the site as it was, where a file cannot be made, where the disk is full, and where
    a file that is not ours stands in the way.
    """
    complete(workshop)
    before = _read_ledger(workshop)
    after: dict[str, _Entry] = {}
    put = []
    for output in outputs:
        path = output.path.as_posix()
        known = before.get(path)
        if known and _stands(workshop.site / path, output, known):
            after[path] = known
            continue
        _refuse_to_replace(workshop, output.path, before)
        if _stage(workshop, output, is_ours=known is not None):
            after[path] = _entry(workshop.stage / path, output.fingerprint)
            put.append(path)
        else:
            after[path] = _entry(workshop.site / path, output.fingerprint)
    remove = tuple(path for path in before if path not in after)
    if after != before:
        _begin(workshop, _Journal(tuple(put), remove), _Ledger(after))
        complete(workshop)
    return Changes(tuple(put), remove, len(after) - len(put))


def complete(workshop: Workshop) -> None:
    """Finish the commit whose journal is found, if any; throw away what was staged without one."""
    if workshop.journal.exists():
        _commit(workshop, from_json(workshop.journal.read_bytes(), _Journal))
        if workshop.next_ledger.exists():
            workshop.next_ledger.replace(workshop.ledger)
        workshop.journal.unlink()
    shutil.rmtree(workshop.stage, ignore_errors=True)


def _begin(workshop: Workshop, journal: _Journal, ledger: _Ledger) -> None:
    """Write the journal: from this moment on, the new site is the site."""
    workshop.next_ledger.write_bytes(to_json(ledger))
    # All that is staged must be on the disk before the journal says so; one call costs less than one a file.
    os.sync()
    draft = workshop.journal.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(to_json(journal))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(workshop.journal)


def _commit(workshop: Workshop, journal: _Journal) -> None:
    """Move what is staged into place, in order, then remove what is stale. May be run again after a kill."""
    for path in _in_the_way(journal):
        _remove(workshop.site, path)
    for path in journal.put:
        if (workshop.stage / path).exists():
            (workshop.site / path).parent.mkdir(parents=True, exist_ok=True)
            _move(workshop.stage / path, workshop.site / path)
    for path in journal.remove:
        _remove(workshop.site, path)


def _in_the_way(journal: _Journal) -> list[str]:
    """Return the stale files that must go first: one stands where a folder is needed, or in a folder's place."""
    needed = {folder for path in journal.put for folder in _folders(path)}
    put = set(journal.put)
    return [path for path in journal.remove if path in needed or not put.isdisjoint(_folders(path))]


def _folders(path: str) -> list[str]:
    return [folder.as_posix() for folder in PurePosixPath(path).parents[:-1]]


def _move(staged: Path, target: Path) -> None:
    try:
        staged.replace(target)
    except OSError as error:
        # The site may be a mount point of its own, as in a container.
        if error.errno != errno.EXDEV:
            raise
        beside = target.with_name(f".{target.name}.part")
        shutil.copy2(staged, beside)
        beside.replace(target)


def _remove(site: Path, path: str) -> None:
    """Remove a file of ours, and the folders that it leaves empty."""
    (site / path).unlink(missing_ok=True)
    for folder in _folders(path):
        try:
            (site / folder).rmdir()
        except OSError:
            return


def _stage(workshop: Workshop, output: Output, *, is_ours: bool) -> bool:
    """Make a file and stage it, unless the site has these very bytes already. Returns whether it is staged."""
    target = workshop.site / output.path
    staged = workshop.stage / output.path
    content = output.make()
    try:
        if isinstance(content, bytes) and _holds(target, content):
            return False
        staged.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            staged.write_bytes(content)
        else:
            clone_file(content, staged)
            if target.is_file() and filecmp.cmp(staged, target, shallow=False):
                staged.unlink()
                return False
    except OSError as error:
        where = str(error.filename or target)
        hint = "free some space and build again" if error.errno == errno.ENOSPC else ""
        raise SiteError(f"cannot be written: {error.strerror}", where=where, hint=hint) from error
    if not is_ours and target.exists():
        hint = "move it away, or write the site elsewhere with -o"
        raise SiteError("is in the way: this file was not written by ota-site", where=str(target), hint=hint)
    return True


def _holds(file: Path, content: bytes) -> bool:
    try:
        return not file.is_symlink() and file.stat().st_size == len(content) and file.read_bytes() == content
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False


def _refuse_to_replace(workshop: Workshop, path: PurePosixPath, ours: Mapping[str, _Entry]) -> None:
    """Raise SiteError where a folder is needed and a file that is not ours stands, or the reverse."""
    site = workshop.site
    blocking = [folder for folder in path.parents[:-1] if folder.as_posix() not in ours and (site / folder).is_file()]
    # A folder that holds files of ours, now stale, is gone by the time the file moves in.
    if (site / path).is_dir() and not any(name.startswith(f"{path}/") for name in ours):
        blocking.append(path)
    for each in blocking:
        hint = "move it away, or write the site elsewhere with -o"
        raise SiteError("is in the way: it was not written by ota-site", where=str(site / each), hint=hint)


def _stands(file: Path, output: Output, known: _Entry | None) -> bool:
    """Whether a file is as we left it, and would be written the same."""
    if known is None or known.fingerprint != output.fingerprint:
        return False
    try:
        return _entry(file, known.fingerprint) == known
    except OSError:
        return False


def _entry(file: Path, fingerprint: str) -> _Entry:
    status = file.lstat()
    return _Entry(fingerprint, status.st_size, status.st_mtime_ns)


def _read_ledger(workshop: Workshop) -> dict[str, _Entry]:
    try:
        return from_json(workshop.ledger.read_bytes(), _Ledger).files
    except FileNotFoundError:
        return {}
