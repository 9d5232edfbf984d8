"""Read the ledger of the files that ota-site wrote, and the journal of a commit in progress.

Both are validated when read. An invalid one is ignored with a warning.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ota_site.catalog import paths
from ota_site.disk.state import folders_of, is_clean, is_file, linked_folders, read_state
from ota_site.model.errors import RecordError, SiteError
from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ota_site.output.staging import StagingDir


class LedgerEntry(Record):
    """A file as ota-site last wrote it. `public`: all users may read it, on disks that have such permissions."""

    fingerprint: str
    size: int
    mtime_ns: int
    public: bool = True


class Ledger(Record):
    """The files that ota-site wrote, by their paths in the site."""

    files: dict[str, LedgerEntry]


class Journal(Record):
    """A commit: the files to move from the stage into the site, in order, then the files to remove."""

    put: tuple[str, ...]
    remove: tuple[str, ...]


class Known(Record):
    """The state of a site before a build: the files that ota-site wrote, and warnings about unusable state.

    `lost`: the list of files may be incomplete, so a regular file at a planned path may be replaced.
    """

    files: dict[str, LedgerEntry]
    lost: bool
    warnings: tuple[SiteError, ...]


def read_known(staging: StagingDir) -> Known:
    """Return the state of the site before a build."""
    files: dict[str, LedgerEntry] = {}
    warnings = []
    try:
        files = read_ledger(staging.ledger)
    except RecordError as error:
        warnings.append(_dropped(error, staging.site))
    try:
        read_pending(staging)
    except RecordError as error:
        warnings.append(_dropped(error, staging.site))
    if not files and not warnings and _holds_site(staging.site):
        message = "it contains a site written by ota-site, but no ledger, so the build takes it over"
        warnings.append(SiteError(message, where=str(staging.site), hint=_look_through(staging.site)))
    links = linked_folders(staging.site, files)
    for link in sorted(links):
        message = "it is now a link, so the files that ota-site wrote there are kept"
        hint = "remove those that should not be published"
        warnings.append(SiteError(message, where=str(staging.site / link), hint=hint))
    if links:
        files = {path: entry for path, entry in files.items() if links.isdisjoint(folders_of(path))}
    return Known(files, lost=bool(warnings), warnings=tuple(warnings))


def read_ledger(path: Path) -> dict[str, LedgerEntry]:
    """Return the files in a ledger, empty if there is no ledger. Raises RecordError."""
    ledger = read_state(path, Ledger)
    if ledger is None:
        return {}
    _check(ledger.files, path)
    return ledger.files


def read_pending(staging: StagingDir) -> Journal | None:
    """Return the journal of a commit in progress, if any. Raises RecordError if it or its ledger is invalid."""
    journal = read_state(staging.journal, Journal)
    if journal is None:
        return None
    named = (*journal.put, *journal.remove)
    _check(named, staging.journal)
    if staging.stage.is_symlink():
        raise RecordError("the folder of the files to move is a link", where=str(staging.journal))
    for root in (staging.site, staging.stage):
        if links := linked_folders(root, named):
            raise RecordError(f"its paths contain a link, {root / min(links)}", where=str(staging.journal))
    read_ledger(staging.next_ledger)
    return journal


def is_ours(staging: StagingDir) -> bool:
    """Return whether the folder holds a site written by ota-site, by the state next to it or by its files."""
    return any(os.path.lexists(file) for file in (staging.ledger, staging.journal)) or _holds_site(staging.site)


def is_vacant(folder: Path) -> bool:
    """Return whether a folder may take a new site: it has only files that a new repository or disk may have.

    Raises OSError if it cannot be read.
    """
    return not folder.exists() or all(_may_stay(each.name) for each in folder.iterdir())


def _check(named: Iterable[str], file: Path) -> None:
    for path in named:
        if not is_clean(path):
            raise RecordError(f"it names {path!r}, which is not a path in a site", where=str(file))


def _dropped(error: RecordError, site: Path) -> SiteError:
    return SiteError(f"it is ignored: {error.message}", where=error.where, hint=_look_through(site))


def _look_through(site: Path) -> str:
    return f"files of older builds may remain in {site}: remove those that should not be published"


def _holds_site(site: Path) -> bool:
    """Return whether a folder has two files that every ota-site site has."""
    return all(is_file(site / path) for path in (paths.CATALOG, paths.WEBMANIFEST))


def _may_stay(name: str) -> bool:
    """Return whether a new site's folder may hold this name: of git, a host or a disk, or a readme or license."""
    return name.startswith(".") or name in ("CNAME", "lost+found") or name.lower().startswith(("readme", "license"))
