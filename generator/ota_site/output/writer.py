"""Write a site atomically: stage the changed files, then commit them from a journal.

If the build is killed before the journal is written, the old site remains; after that, the next build completes the
new site. The cost depends on the size of the change, not of the site. Does not know what is in a file.
"""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ota_site.disk.state import (
    discard,
    draft_state,
    folders_of,
    is_clean,
    is_file,
    linked_folders,
    make_folder,
    make_public,
    promote,
)
from ota_site.model.build import Source
from ota_site.model.errors import RecordError, SiteError
from ota_site.model.records import Record
from ota_site.output.ledger import Journal, Known, Ledger, LedgerEntry, read_known, read_pending
from ota_site.output.link import clone_file
from ota_site.output.staging import failing_plainly, flush, locked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from ota_site.output.staging import StagingDir

# If another program blocks a path after the commit was planned, the next build reports it.
_IN_THE_WAY = (IsADirectoryError, NotADirectoryError, FileExistsError)


class Output(Record):
    """A planned file: the fingerprint of its content, and a function that returns its bytes or a file to copy."""

    path: PurePosixPath
    fingerprint: str
    make: Callable[[], bytes | Source]


class Changes(Record):
    """The changes of a build to the site: paths written, then paths removed, and the number of files kept.

    `warnings` are about state of earlier builds; they do not stop the build.
    """

    written: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int
    warnings: tuple[SiteError, ...] = ()


@contextmanager
def at_work(staging: StagingDir) -> Iterator[None]:
    """Lock the staging folder for one build, and complete the commit of a killed build first.

    Raises SiteError if another build holds the lock, or if the folder cannot be written.
    """
    with locked(staging):
        _complete(staging, _pending(staging))
        try:
            yield
        finally:
            if _pending(staging) is None:
                # Staged files that never reached the site must not keep a disk full.
                with suppress(OSError):
                    discard(staging.stage)


def compare(staging: StagingDir, outputs: Iterable[Output]) -> Changes:
    """Return what `write_site` would change at most: it also skips files whose bytes turn out to be the same."""
    known = read_known(staging)
    ours = known.files
    paths = {output.path.as_posix(): output for output in outputs}
    written = tuple(path for path, output in paths.items() if not _stands(staging.site / path, output, ours.get(path)))
    removed = tuple(path for path in ours if path not in paths)
    return Changes(written, removed, len(paths) - len(written), known.warnings)


def write_site(staging: StagingDir, outputs: Iterable[Output]) -> Changes:
    """Write `outputs` and remove files of earlier builds; keep other files. Call it inside `at_work`.

    Raises SiteError, and leaves the site unchanged, if a file cannot be rendered, if the disk is full, or if a file
    that ota-site did not write is in the way.
    """
    known = read_known(staging)
    planned = {output.path.as_posix(): output for output in outputs}
    # Known paths have been checked already.
    _refuse_ways_out(staging.site, planned.keys() - known.files)
    after: dict[str, LedgerEntry] = {}
    put = []
    for path, output in planned.items():
        entry = known.files.get(path)
        if entry and _stands(staging.site / path, output, entry):
            after[path] = entry
            continue
        if _stage(staging, output):
            _refuse_to_replace(staging.site, output.path, known)
            after[path] = _entry(staging.stage / path, output.fingerprint)
            put.append(path)
        else:
            after[path] = _entry(staging.site / path, output.fingerprint)
    remove = tuple(path for path in known.files if path not in after)
    if after != known.files or known.warnings:
        journal = Journal(tuple(put), remove)
        _begin(staging, journal, Ledger(after))
        _complete(staging, journal)
    return Changes(tuple(put), remove, len(after) - len(put), known.warnings)


def _pending(staging: StagingDir) -> Journal | None:
    """Return the commit in progress; None if there is none, or if its journal is invalid."""
    with suppress(RecordError):
        return read_pending(staging)
    return None


def _begin(staging: StagingDir, journal: Journal, ledger: Ledger) -> None:
    """Write the journal. From then on, the new site is committed."""
    with failing_plainly(staging.site):
        promote(draft_state(staging.next_ledger, ledger), staging.next_ledger)
        draft = draft_state(staging.journal, journal)
        # All staged files must be on disk before the journal is.
        flush([*staging.stage.rglob("*"), staging.next_ledger, draft])
        promote(draft, staging.journal)
        flush([staging.folder])


def _complete(staging: StagingDir, journal: Journal | None) -> None:
    """Finish the commit of a journal, if any, and delete the stage."""
    with failing_plainly(staging.site):
        try:
            _finish(staging, journal)
        except KeyboardInterrupt:
            # After the journal there is no rollback, so finish the commit first.
            _finish(staging, journal)
            raise


def _finish(staging: StagingDir, journal: Journal | None) -> None:
    if journal:
        _commit(staging, journal)
        if is_file(staging.next_ledger):
            promote(staging.next_ledger, staging.ledger)
        staging.journal.unlink(missing_ok=True)
    discard(staging.stage)


def _commit(staging: StagingDir, journal: Journal) -> None:
    """Move staged files into the site, in order, then remove stale files. Can be repeated after a kill."""
    for path in _in_the_way(journal):
        _remove(staging.site, path)
    staged = [path for path in journal.put if is_file(staging.stage / path)]
    for folder in dict.fromkeys((staging.site / path).parent for path in staged):
        with suppress(*_IN_THE_WAY):
            make_folder(folder)
    for path in staged:
        with suppress(*_IN_THE_WAY):
            _move(staging.stage / path, staging.site / path)
    for path in journal.remove:
        _remove(staging.site, path)


def _in_the_way(journal: Journal) -> list[str]:
    """Return the stale files to remove first: those where a folder is needed, or in a folder that a file replaces."""
    needed = {folder for path in journal.put for folder in folders_of(path)}
    put = set(journal.put)
    return [path for path in journal.remove if path in needed or not put.isdisjoint(folders_of(path))]


def _move(staged: Path, target: Path) -> None:
    try:
        staged.replace(target)
    except OSError as error:
        # The site may be a mount point, as in a container.
        if error.errno != errno.EXDEV:
            raise
        beside = target.with_name(f".{target.name}.part")
        # Writing to a link would write to its target.
        discard(beside)
        try:
            shutil.copy2(staged, beside)
            flush([beside])
            beside.replace(target)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        staged.unlink()


def _remove(site: Path, path: str) -> None:
    """Remove a stale file and the folders that become empty. Keep a new folder that has the file's name by now."""
    file = site / path
    if os.path.lexists(file):
        if file.is_dir() and not file.is_symlink():
            return
        file.unlink()
    for folder in folders_of(path):
        try:
            (site / folder).rmdir()
        except FileNotFoundError:
            # An earlier build was killed between removing this folder and its parent.
            continue
        except OSError:
            return


def _stage(staging: StagingDir, output: Output) -> bool:
    """Render a file and stage it, unless the site already has the same bytes; return whether it is staged."""
    target = staging.site / output.path
    staged = staging.stage / output.path
    content = output.make()
    if isinstance(content, bytes) and _holds(target, content):
        return False
    with failing_plainly(staging.site):
        staged.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            _write_public(staged, content)
            return True
        clone_file(content, staged)
        if _same_bytes(staged, target):
            staged.unlink()
            return False
    return True


def _write_public(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        make_public(file.fileno())
        file.write(content)


def _holds(file: Path, content: bytes) -> bool:
    return _is_public(file) and file.stat().st_size == len(content) and file.read_bytes() == content


def _same_bytes(staged: Path, target: Path) -> bool:
    return _is_public(target) and (staged.samefile(target) or filecmp.cmp(staged, target, shallow=False))


def _is_public(file: Path) -> bool:
    """Return whether this is a regular file that a web server, running as another user, can read."""
    return is_file(file) and bool(file.stat().st_mode & stat.S_IROTH)


def _refuse_ways_out(site: Path, paths: Iterable[str]) -> None:
    """Raise SiteError if a file would be written outside the site."""
    paths = sorted(paths)
    for path in paths:
        if not is_clean(path):
            hint = "rename its source file"
            raise SiteError("a file would be written outside the site", where=path, hint=hint)
    for link in sorted(linked_folders(site, paths)):
        hint = "move it, or write the site elsewhere with -o"
        message = "is in the way: it is a link that ota-site did not write"
        raise SiteError(message, where=str(site / link), hint=hint)


def _refuse_to_replace(site: Path, path: PurePosixPath, known: Known) -> None:
    """Raise SiteError if a file or folder not written by ota-site blocks a path or one of its parent folders."""
    target, ours = site / path, known.files
    blocking = [
        site / folder for folder in path.parents if folder.as_posix() not in ours and _is_no_folder(site / folder)
    ]
    if target.is_dir() and not target.is_symlink():
        blocking += _others(site, target, ours)
    elif path.as_posix() not in ours and os.path.lexists(target) and not (known.lost and is_file(target)):
        blocking.append(target)
    for each in blocking:
        hint = "move it, or write the site elsewhere with -o"
        if not ours:
            hint += f"; if {site.name} contains only an old site written by ota-site, delete it"
        raise SiteError("is in the way: ota-site did not write it", where=str(each), hint=hint)


def _is_no_folder(path: Path) -> bool:
    return not path.is_dir() and os.path.lexists(path)


def _others(site: Path, folder: Path, ours: Mapping[str, LedgerEntry]) -> list[Path]:
    """Return what is in a folder besides files that ota-site wrote; the folder itself if it has no such files."""
    inside = {site / name for name in ours if folder in (site / name).parents}
    known = inside.union(*(file.parents for file in inside))
    return [folder] if not inside else [path for path in sorted(folder.rglob("*")) if path not in known]


def _stands(file: Path, output: Output, known: LedgerEntry | None) -> bool:
    """Return whether a file is unchanged since ota-site wrote it, and its output is unchanged too."""
    if known is None or known.fingerprint != output.fingerprint:
        return False
    try:
        return _entry(file, known.fingerprint) == known
    except OSError:
        return False


def _entry(file: Path, fingerprint: str) -> LedgerEntry:
    status = file.lstat()
    return LedgerEntry(fingerprint, status.st_size, status.st_mtime_ns, bool(status.st_mode & stat.S_IROTH))
