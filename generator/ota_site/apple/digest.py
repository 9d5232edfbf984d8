"""Hash a file in one pass, in constant memory."""

from __future__ import annotations

import hashlib
from threading import Thread
from typing import TYPE_CHECKING

from ota_site.model.records import Record

if TYPE_CHECKING:
    from pathlib import Path

CHUNK_SIZE = 10 << 20
_BLOCK = 4 << 20


class Digest(Record):
    """SHA-256 of a file and of each chunk of CHUNK_SIZE bytes (the last may be shorter), in lower-case hex."""

    size: int
    sha256: str
    chunks: tuple[str, ...]


def digest_file(path: Path) -> Digest:
    """Return the hashes of the file at `path`. An empty file has no chunks. Raises OSError.

    A second thread hashes the whole file while this one hashes the chunk: two thirds of the time for a large file.
    """
    whole = hashlib.sha256()
    chunks: list[str] = []
    size = 0
    block = memoryview(bytearray(_BLOCK))
    chunk = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(block):
            piece = block[:count]
            hashing = Thread(target=whole.update, args=(piece,))
            hashing.start()
            # A short read may make a block cross the border of two chunks.
            room = CHUNK_SIZE - size % CHUNK_SIZE
            chunk.update(piece[:room])
            size += count
            if count >= room:
                chunks.append(chunk.hexdigest())
                chunk = hashlib.sha256(piece[room:])
            hashing.join()
    if size % CHUNK_SIZE:
        chunks.append(chunk.hexdigest())
    return Digest(size, whole.hexdigest(), tuple(chunks))


def digest_pieces(path: Path, algorithm: str, size: int) -> tuple[str, ...]:
    """Return the hash of each `size` bytes of the file at `path`, or of the whole if `size` is 0. Raises OSError."""
    pieces: list[str] = []
    with path.open("rb") as file:
        while True:
            piece = hashlib.new(algorithm, usedforsecurity=False)
            left = size
            while block := file.read(min(_BLOCK, left) if size else _BLOCK):
                piece.update(block)
                left -= len(block)
            if size and left == size:
                return tuple(pieces)
            pieces.append(piece.hexdigest())
            if not size:
                return tuple(pieces)
