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
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from generator.clone import clone_file
from generator.errors import RecordError, SiteError
from generator.model.build import Source
from generator.records import Record, field, from_json, to_json
from generator.workshop import failing_plainly, flush, locked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from generator.workshop import Workshop

T = TypeVar("T")


class Output(Record):
    """A file that the site is to have: what decides its bytes, and how to get them (bytes, or a file to take)."""

    path: PurePosixPath
    fingerprint: str
    make: Callable[[], bytes | Source]


class Changes(Record):
    """What a build does to the site: paths written and removed, in that order, and how many were left alone."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int


class _Entry(Record):
    """A file of ours as we left it."""

    fingerprint: str
    size: int
    mtime_ns: int


class _Ledger(Record):
    files: dict[str, _Entry] = field(default_factory=dict)


class _Journal(Record):
    put: tuple[str, ...]
    remove: tuple[str, ...]


@contextmanager
def at_work(workshop: Workshop) -> Iterator[None]:
    """Hold the workshop for one build, once what a killed one had begun is completed.

    Raises SiteError where another build holds it, and where it cannot be written.
    """
    with locked(workshop):
        _complete(workshop)
        try:
            yield
        finally:
            if not workshop.journal.exists():
                # A disk that is full must not stay so for what never reached the site.
                shutil.rmtree(workshop.stage, ignore_errors=True)


def compare(workshop: Workshop, outputs: Iterable[Output]) -> Changes:
    """Return what `write_site` would do, at most: it may still find that a file to be written has the same bytes."""
    ours = _read_ledger(workshop)
    paths = {output.path.as_posix(): output for output in outputs}
    written = tuple(path for path, output in paths.items() if not _stands(workshop.site / path, output, ours.get(path)))
    removed = tuple(path for path in ours if path not in paths)
    return Changes(written, removed, len(paths) - len(written))


def write_site(workshop: Workshop, outputs: Iterable[Output]) -> Changes:
    """Make the site hold exactly `outputs`, and whatever in it is not ours. The caller is `at_work`.

    Raises SiteError, with the site as it was, where a file cannot be made, where the disk is full, and where
    a file that is not ours stands in the way.
    """
    before = _read_ledger(workshop)
    after: dict[str, _Entry] = {}
    put = []
    for output in outputs:
        path = output.path.as_posix()
        known = before.get(path)
        if known and _stands(workshop.site / path, output, known):
            after[path] = known
            continue
        if _stage(workshop, output):
            _refuse_to_replace(workshop.site, output.path, before)
            after[path] = _entry(workshop.stage / path, output.fingerprint)
            put.append(path)
        else:
            after[path] = _entry(workshop.site / path, output.fingerprint)
    remove = tuple(path for path in before if path not in after)
    if after != before:
        _begin(workshop, _Journal(tuple(put), remove), _Ledger(after))
        _complete(workshop)
    return Changes(tuple(put), remove, len(after) - len(put))


def _begin(workshop: Workshop, journal: _Journal, ledger: _Ledger) -> None:
    """Write the journal: from this moment on, the new site is the site."""
    draft = workshop.journal.with_suffix(".draft")
    with failing_plainly(workshop.site):
        workshop.next_ledger.write_bytes(to_json(ledger))
        draft.write_bytes(to_json(journal))
        # All that is staged must be on the disk before the journal says so.
        flush([*workshop.stage.rglob("*"), workshop.next_ledger, draft])
        draft.replace(workshop.journal)
        flush([workshop.folder])


def _complete(workshop: Workshop) -> None:
    """Finish the commit whose journal is found, if any; throw away what was staged without one."""
    with failing_plainly(workshop.site):
        try:
            _finish(workshop)
        except KeyboardInterrupt:
            # Past the journal there is no way back: the site is made whole first.
            _finish(workshop)
            raise


def _finish(workshop: Workshop) -> None:
    if workshop.journal.exists():
        _commit(workshop, _read(workshop.journal, _Journal))
        if workshop.next_ledger.exists():
            workshop.next_ledger.replace(workshop.ledger)
        workshop.journal.unlink()
    if workshop.stage.exists():
        shutil.rmtree(workshop.stage)


def _commit(workshop: Workshop, journal: _Journal) -> None:
    """Move what is staged into place, in order, then remove what is stale. May be run again after a kill."""
    for path in _in_the_way(journal):
        _remove(workshop.site, path)
    for folder in dict.fromkeys((workshop.site / path).parent for path in journal.put):
        folder.mkdir(parents=True, exist_ok=True)
    for path in journal.put:
        if (workshop.stage / path).exists():
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
        try:
            shutil.copy2(staged, beside)
            flush([beside])
            beside.replace(target)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        staged.unlink()


def _remove(site: Path, path: str) -> None:
    """Remove a file of ours, and the folders that it leaves empty. By now a new folder may have its name."""
    file = site / path
    if file.is_dir() and not file.is_symlink():
        return
    with suppress(FileNotFoundError, NotADirectoryError):
        file.unlink()
    for folder in _folders(path):
        try:
            (site / folder).rmdir()
        except FileNotFoundError:
            # A kill came between this folder and the one around it.
            continue
        except OSError:
            return


def _stage(workshop: Workshop, output: Output) -> bool:
    """Make a file and stage it, unless the site has these very bytes already. Returns whether it is staged."""
    target = workshop.site / output.path
    staged = workshop.stage / output.path
    content = output.make()
    if isinstance(content, bytes) and _holds(target, content):
        return False
    with failing_plainly(workshop.site):
        staged.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            staged.write_bytes(content)
            return True
        clone_file(content, staged)
        if _same_bytes(staged, target):
            staged.unlink()
            return False
    return True


def _holds(file: Path, content: bytes) -> bool:
    try:
        return not file.is_symlink() and file.stat().st_size == len(content) and file.read_bytes() == content
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False


def _same_bytes(staged: Path, target: Path) -> bool:
    if target.is_symlink() or not target.is_file():
        return False
    return staged.samefile(target) or filecmp.cmp(staged, target, shallow=False)


def _refuse_to_replace(site: Path, path: PurePosixPath, ours: Mapping[str, _Entry]) -> None:
    """Raise SiteError where something that is not ours stands at a path, or in the place of one of its folders."""
    target = site / path
    blocking = [
        site / folder for folder in path.parents if folder.as_posix() not in ours and _is_no_folder(site / folder)
    ]
    if target.is_dir() and not target.is_symlink():
        blocking += _others(site, target, ours)
    elif path.as_posix() not in ours and os.path.lexists(target):
        blocking.append(target)
    for each in blocking:
        hint = "move it away, or write the site elsewhere with -o"
        if not ours:
            hint += f"; if all in {site.name} is an old site of ota-site's, delete that"
        raise SiteError("is in the way: it was not written by ota-site", where=str(each), hint=hint)


def _is_no_folder(path: Path) -> bool:
    return not path.is_dir() and os.path.lexists(path)


def _others(site: Path, folder: Path, ours: Mapping[str, _Entry]) -> list[Path]:
    """Return what a folder holds besides files of ours; itself where it holds none of ours."""
    inside = {site / name for name in ours if folder in (site / name).parents}
    known = inside.union(*(file.parents for file in inside))
    return [folder] if not inside else [path for path in sorted(folder.rglob("*")) if path not in known]


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
    return _read(workshop.ledger, _Ledger).files if workshop.ledger.exists() else {}


def _read(file: Path, kind: type[T]) -> T:
    try:
        return from_json(file.read_bytes(), kind)
    except (OSError, RecordError) as error:
        hint = f"delete the site and {file.parent}, then build again"
        raise SiteError(f"cannot be read: {error}", where=str(file), hint=hint) from error
