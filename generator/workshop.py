"""The folder beside a site where it is made: on the same disk, never published, used by one build at a time."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from generator.errors import SiteError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Workshop:
    """The files of a workshop; `site` is the folder it makes."""

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
    workshop.folder.mkdir(parents=True, exist_ok=True)
    (workshop.folder / ".gitignore").write_text("*\n", "utf-8")
    with (workshop.folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "wait for it to end, or write elsewhere with -o"
            raise SiteError("another build is writing this site", where=str(workshop.site), hint=hint) from error
        yield
