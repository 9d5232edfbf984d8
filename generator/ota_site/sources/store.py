"""Cache the builds read from IPAs: by path while the file is unchanged, else by SHA-256.

The cache file is private to its user and contains no path and no personal name. The meaning of a record does not
matter here. A cache that cannot be read counts as empty.
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

# Many files share few folders.
_resolved = lru_cache(1024)(os.path.realpath)


class _File(Record):
    size: int
    mtime_ns: int
    sha256: Sha256


class Memory(Record, kw_only=True):
    """The cache: `files` by a hash of their path, `builds` by SHA-256, all read by the same version of the `reader`."""

    reader: str
    files: dict[str, _File] = field(default_factory=dict)
    builds: dict[Sha256, Build] = field(default_factory=dict)

    def of_file(self, source: Source) -> Build | None:
        """Return the build in a file that is unchanged since it was last read, or None. Any path to the file works."""
        file = self.files.get(_key(source.path))
        if file is None or (file.size, file.mtime_ns) != (source.size, source.mtime_ns):
            return None
        return self.builds.get(file.sha256)

    def of_content(self, sha256: str) -> Build | None:
        """Return the build in a file with this SHA-256, or None. The path does not matter."""
        return self.builds.get(sha256)


def load_memory(path: Path, *, reader: str) -> Memory:
    """Return the cache at `path`. It is empty if the file is missing or damaged, or if another `reader` wrote it."""
    with suppress(RecordError):
        memory = read_state(path, Memory)
        if memory and memory.reader == reader and all(key == build.sha256 for key, build in memory.builds.items()):
            return memory
    return Memory(reader=reader)


def save_memory(path: Path, old: Memory, builds: Iterable[tuple[Source, Build]]) -> None:
    """Write the cache of only these builds to `path`, where `old` came from. Without builds, remove the file.

    A failure to write is ignored: it only makes the next build slower.
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
    """Return the cache of only these builds, with the reader of `old`."""
    pairs = tuple(builds)
    files = {_key(source.path): _File(source.size, source.mtime_ns, build.sha256) for source, build in pairs}
    return replace(old, files=files, builds={build.sha256: build for _, build in pairs})


def _key(path: Path) -> str:
    """Return a hash of the resolved path, which is equal for all links to a file and does not reveal the path."""
    whole = os.path.realpath(path) if path.is_symlink() else f"{_resolved(path.parent)}/{path.name}"
    return hashlib.sha256(os.fsencode(whole)).hexdigest()[:32]
