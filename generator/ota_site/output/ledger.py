"""What earlier builds left in a site: the ledger of our files, and the journal of a commit under way.

Both are checked when they are read. What cannot be used is dropped with a warning, never acted on.
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
    """A file of ours as we left it. `public`: everyone can read it, unless its disk does not know such a thing."""

    fingerprint: str
    size: int
    mtime_ns: int
    public: bool = True


class Ledger(Record):
    """The files of the site that are ours, by their paths in it."""

    files: dict[str, LedgerEntry]


class Journal(Record):
    """A commit: the files that move from the stage into the site, in order, and those that are removed then."""

    put: tuple[str, ...]
    remove: tuple[str, ...]


class Known(Record):
    """What is known of a site before a build: the files that are ours, and warnings about what cannot be used.

    `lost`: a part of the files is not known, so that a regular file at a planned path is taken for ours.
    """

    files: dict[str, LedgerEntry]
    lost: bool
    warnings: tuple[SiteError, ...]


def read_known(staging: StagingDir) -> Known:
    """Return what is known of the site."""
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
        message = "it holds a site of ota-site's without its ledger, and is taken over"
        warnings.append(SiteError(message, where=str(staging.site), hint=_look_through(staging.site)))
    links = linked_folders(staging.site, files)
    for link in sorted(links):
        message = "it is a link now, so the files that ota-site wrote under its name are left alone"
        hint = "remove those that you do not want published"
        warnings.append(SiteError(message, where=str(staging.site / link), hint=hint))
    if links:
        files = {path: entry for path, entry in files.items() if links.isdisjoint(folders_of(path))}
    return Known(files, lost=bool(warnings), warnings=tuple(warnings))


def read_ledger(path: Path) -> dict[str, LedgerEntry]:
    """Return the files in a ledger, none where there is no ledger. Raises RecordError."""
    ledger = read_state(path, Ledger)
    if ledger is None:
        return {}
    _check(ledger.files, path)
    return ledger.files


def read_pending(staging: StagingDir) -> Journal | None:
    """Return the journal of a commit under way, if any. Raises RecordError where it or its ledger cannot be used."""
    journal = read_state(staging.journal, Journal)
    if journal is None:
        return None
    named = (*journal.put, *journal.remove)
    _check(named, staging.journal)
    if staging.stage.is_symlink():
        raise RecordError("what it would move is behind a link", where=str(staging.journal))
    for root in (staging.site, staging.stage):
        if links := linked_folders(root, named):
            raise RecordError(f"it leads through a link, {root / min(links)}", where=str(staging.journal))
    read_ledger(staging.next_ledger)
    return journal


def is_ours(staging: StagingDir) -> bool:
    """Whether the site's folder holds a site of ours, by the state beside it or by its files."""
    return any(os.path.lexists(file) for file in (staging.ledger, staging.journal)) or _holds_site(staging.site)


def is_vacant(folder: Path) -> bool:
    """Whether a folder has room for a new site: it holds no more than a repository or a disk does from the start.

    Raises OSError where it cannot be read.
    """
    return not folder.exists() or all(_may_stay(each.name) for each in folder.iterdir())


def _check(named: Iterable[str], file: Path) -> None:
    for path in named:
        if not is_clean(path):
            raise RecordError(f"it names {path!r}, which is no path in a site", where=str(file))


def _dropped(error: RecordError, site: Path) -> SiteError:
    return SiteError(f"it is not used: {error.message}", where=error.where, hint=_look_through(site))


def _look_through(site: Path) -> str:
    return f"files of older builds may remain in {site}: remove those that you do not want published"


def _holds_site(site: Path) -> bool:
    """Whether a folder has two files that every site of ours has."""
    return all(is_file(site / path) for path in (paths.CATALOG, paths.WEBMANIFEST))


def _may_stay(name: str) -> bool:
    """Whether a file is one that a folder for a new site may have: of git, of a host, of a disk, or about it."""
    return name.startswith(".") or name in ("CNAME", "lost+found") or name.lower().startswith(("readme", "license"))
