"""The hashes of a file, held against hashlib on the whole."""

from __future__ import annotations

import hashlib
import os
import threading
from typing import TYPE_CHECKING

import pytest

from ota_site.apple.digest import CHUNK_SIZE, digest_file

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20
PATTERN = bytes(range(251)) * (25 * MIB // 251 + 1)
SIZES = [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE, 25 * MIB]


def chunks_of(content: bytes) -> tuple[str, ...]:
    pieces = (content[start : start + CHUNK_SIZE] for start in range(0, len(content), CHUNK_SIZE))
    return tuple(hashlib.sha256(piece).hexdigest() for piece in pieces)


def test_a_chunk_is_ten_mebibytes() -> None:
    assert CHUNK_SIZE == 10 * MIB


@pytest.mark.parametrize("size", SIZES)
def test_whole_and_chunks_are_hashed_as_hashlib_does(tmp_path: Path, size: int) -> None:
    content = PATTERN[:size]
    path = tmp_path / "App.ipa"
    path.write_bytes(content)
    digest = digest_file(path)
    assert (digest.size, digest.sha256) == (size, hashlib.sha256(content).hexdigest())
    assert digest.chunks == chunks_of(content)


def test_short_reads_across_the_border_of_a_chunk_change_nothing(tmp_path: Path) -> None:
    content = PATTERN[: CHUNK_SIZE + 3 * MIB + 17]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write() -> None:
        # A pipe gives out at most what it holds, 64 KiB on most systems, never a whole block.
        with pipe.open("wb", buffering=0) as file:
            view = memoryview(content)
            while view:
                view = view[file.write(view[:40_009]) :]

    writer = threading.Thread(target=write)
    writer.start()
    digest = digest_file(pipe)
    writer.join()
    assert (digest.size, digest.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert digest.chunks == chunks_of(content)
