"""What was learnt of IPAs last time: by path while the file is untouched, else by its SHA-256.

Knows nothing of what a record means. A memory that cannot be read is an empty one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from generator.errors import RecordError
from generator.model.build import Build, Source
from generator.records import Record, field, from_json, replace, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class _File(Record):
    size: int
    mtime_ns: int
    sha256: str


class Memory(Record, kw_only=True):
    """What is remembered: `files` by path, `builds` by SHA-256, all learnt by the same `reader`."""

    reader: str
    files: dict[str, _File] = field(default_factory=dict)
    builds: dict[str, Build] = field(default_factory=dict)

    def of_file(self, source: Source) -> Build | None:
        """Return what is known of a file that has not changed since it was last read."""
        file = self.files.get(str(source.path))
        if file is None or (file.size, file.mtime_ns) != (source.size, source.mtime_ns):
            return None
        return self.builds.get(file.sha256)

    def of_content(self, sha256: str) -> Build | None:
        """Return what is known of a file with this SHA-256, wherever it was."""
        return self.builds.get(sha256)


def load_memory(path: Path, *, reader: str) -> Memory:
    """Return the memory at `path`; an empty one where there is none, or where another `reader` wrote it."""
    try:
        memory = from_json(path.read_bytes(), Memory)
    except (OSError, RecordError):
        return Memory(reader=reader)
    return memory if memory.reader == reader else Memory(reader=reader)


def save_memory(path: Path, old: Memory, builds: Iterable[tuple[Source, Build]]) -> None:
    """Keep the memory of just these builds at `path`, where `old` came from.

    A memory that cannot be kept costs the next build time, and is no failure.
    """
    memory = remember(old, builds)
    if memory == old:
        return
    draft = path.with_suffix(".draft")
    with suppress(OSError):
        draft.write_bytes(to_json(memory))
        draft.replace(path)


def remember(old: Memory, builds: Iterable[tuple[Source, Build]]) -> Memory:
    """Return the memory of just these builds, by the same reader as the old one."""
    pairs = tuple(builds)
    files = {str(source.path): _File(source.size, source.mtime_ns, build.sha256) for source, build in pairs}
    return replace(old, files=files, builds={build.sha256: build for _, build in pairs})
