"""What was learnt of IPAs last time: by path while the file is untouched, else by its SHA-256.

Kept for its user alone, with no path and no name of a person. Knows nothing of what a record means. A memory that
cannot be read is an empty one.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from ota_site.disk.state import draft_state, make_private, promote, read_state
from ota_site.model.build import Build, Source
from ota_site.model.errors import RecordError
from ota_site.model.records import Record, Sha256, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Many files lie in few folders.
_resolved = lru_cache(1024)(os.path.realpath)


class _File(Record):
    size: int
    mtime_ns: int
    sha256: Sha256


class Memory(Record, kw_only=True):
    """What is remembered: `files` by a hash of their path, `builds` by SHA-256, all learnt by the same `reader`."""

    reader: str
    files: dict[str, _File] = field(default_factory=dict)
    builds: dict[Sha256, Build] = field(default_factory=dict)

    def of_file(self, source: Source) -> Build | None:
        """Return what is known of a file that has not changed since it was last read, however its path is written."""
        file = self.files.get(_key(source.path))
        if file is None or (file.size, file.mtime_ns) != (source.size, source.mtime_ns):
            return None
        return self.builds.get(file.sha256)

    def of_content(self, sha256: str) -> Build | None:
        """Return what is known of a file with this SHA-256, wherever it was."""
        return self.builds.get(sha256)


def load_memory(path: Path, *, reader: str) -> Memory:
    """Return the memory at `path`; an empty one where none can be used, or where another `reader` wrote it."""
    with suppress(RecordError):
        memory = read_state(path, Memory)
        if memory and memory.reader == reader and all(key == build.sha256 for key, build in memory.builds.items()):
            return memory
    return Memory(reader=reader)


def save_memory(path: Path, old: Memory, builds: Iterable[tuple[Source, Build]]) -> None:
    """Keep the memory of just these builds at `path`, where `old` came from; no file where there are none.

    A memory that cannot be kept costs the next build time, and is no failure.
    """
    memory = remember(old, builds)
    with suppress(OSError):
        if not memory.builds:
            path.unlink(missing_ok=True)
        elif memory == old:
            make_private(path)
        else:
            promote(draft_state(path, memory), path)


def remember(old: Memory, builds: Iterable[tuple[Source, Build]]) -> Memory:
    """Return the memory of just these builds, by the same reader as the old one."""
    pairs = tuple(builds)
    files = {_key(source.path): _File(source.size, source.mtime_ns, build.sha256) for source, build in pairs}
    return replace(old, files=files, builds={build.sha256: build for _, build in pairs})


def _key(path: Path) -> str:
    """Return what stands for a path: it is the same by any way, and does not tell where it is."""
    whole = os.path.realpath(path) if path.is_symlink() else f"{_resolved(path.parent)}/{path.name}"
    return hashlib.sha256(os.fsencode(whole)).hexdigest()[:32]
