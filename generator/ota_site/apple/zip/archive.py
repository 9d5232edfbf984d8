"""Unpack entries from the zip of an IPA within limits.

Does not use `zipfile`, which reads a directory of any size, decodes unflagged UTF-8 names as code page 437, and has
no limits. Format: PKWARE APPNOTE 6.3.10.
"""

from __future__ import annotations

import struct
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, NamedTuple

from ota_site.apple.plist import price_of
from ota_site.apple.zip.budget import ENTRY, Budget
from ota_site.apple.zip.directory import extra_fields, list_entries, locate, printable, widened
from ota_site.model.errors import IpaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ota_site.apple.zip.directory import ZipEntry

_LOCAL = struct.Struct("<4s2B4HL2L2H")

_PIECE = 256 << 10
_UNKNOWN = 0xFFFFFFFF

ENCRYPTED = 1 << 0
DESCRIPTOR = 1 << 3
STORED, DEFLATED = 0, 8


class Local(NamedTuple):
    """The local header before an entry's data, for a reader that has not seen the directory.

    Sizes come from the Zip64 field if there is one (`wide`); `data` is the offset of the data.
    """

    raw_name: bytes
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    wide: bool
    data: int


class Archive:
    """An open IPA, created by `open_archive`.

    `listed` has the entries of its directory, which is at offset `end`; `entries` maps each name to its last entry.
    All reads are charged to `budget`: any method that unpacks raises BudgetError when the budget is used up.
    """

    def __init__(self, file: IO[bytes], where: str, *, work: int | None = None) -> None:
        self._file = file
        self._length = file.seek(0, 2)
        self.where = where
        self.budget = Budget(where, self._length, work=work)
        self.end, size, count = locate(file, where)
        self.listed = tuple(list_entries(file, where, self.end, size, count))
        self.budget.spend(ENTRY * len(self.listed))
        self.entries = {entry.name: entry for entry in self.listed}

    def read(self, name: str, limit: int) -> bytes:
        """Return the entry `name`, unpacked and checked, and charge the budget for parsing it as a property list.

        limit: the maximum unpacked size in bytes. Raises IpaError (`not-an-ipa`) if the entry is larger, damaged,
        encrypted or compressed with a method that iOS installs do not use.
        """
        entry = self.entries[name]
        if entry.size > limit:
            raise self._refused(entry, f"unpacks to {entry.size:,} bytes; the limit is {limit:,}")
        self.budget.spend(entry.size)
        data = self._unpack(entry, limit)
        if len(data) != entry.size or zlib.crc32(data) != entry.crc:
            raise self._refused(entry, "is damaged")
        self.budget.spend(price_of(data))
        return data

    def head(self, name: str, count: int) -> bytes:
        """Return up to the first `count` bytes of an entry, unchecked."""
        self.budget.spend(count)
        return self._unpack(self.entries[name], count, whole=False)

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the entry `name`, unpacked, in pieces of at most 256 KiB. The caller may stop early.

        Raises IpaError as `read` does, after the last piece at the latest.
        """
        entry = self.entries[name]
        crc = total = 0
        for piece in self._inflated(entry) if self._method(entry) == DEFLATED else self._pieces(entry):
            total += len(piece)
            if total > entry.size:
                raise self._refused(entry, f"unpacks to more than {entry.size:,} bytes")
            self.budget.spend(len(piece))
            crc = zlib.crc32(piece, crc)
            yield piece
        if total != entry.size or crc != entry.crc:
            raise self._refused(entry, "is damaged")

    def local(self, entry: ZipEntry) -> Local | None:
        """Return the local header before the entry's data; None if there is none."""
        header = self.bytes_at(entry.offset, _LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
            return None
        _, _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(header)
        data = entry.offset + _LOCAL.size + name_length + extra_length
        rest = self._file.read(name_length + extra_length)
        raw_name, extra = rest[:name_length], rest[name_length:]
        wide = any(kind == 1 for kind, _ in extra_fields(extra))
        if wide and _UNKNOWN in (packed, size):
            size, packed = widened(extra, size, packed)
        return Local(raw_name, method, flags, crc, packed, size, wide, data)

    def bytes_at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes of the file from `offset`, fewer at its end."""
        # A Zip64 offset may be too large for a seek.
        self._file.seek(min(offset, self._length))
        return self._file.read(count)

    def _pieces(self, entry: ZipEntry) -> Iterator[bytes]:
        """Yield an entry's data, still packed."""
        at, left = self._data(entry), entry.packed
        while left and (piece := self.bytes_at(at, min(left, _PIECE))):
            at += len(piece)
            left -= len(piece)
            yield piece

    def _inflated(self, entry: ZipEntry) -> Iterator[bytes]:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for packed in self._pieces(entry):
                waiting = packed
                while waiting and not unpacker.eof:
                    if piece := unpacker.decompress(waiting, _PIECE):
                        yield piece
                    waiting = unpacker.unconsumed_tail
            while piece := unpacker.decompress(unpacker.unconsumed_tail, _PIECE):
                yield piece
        except zlib.error as error:
            raise self._refused(entry, "is damaged") from error

    def _method(self, entry: ZipEntry) -> int:
        """Return an entry's compression method. Raises IpaError if it cannot be unpacked."""
        if entry.flags & ENCRYPTED:
            raise self._refused(entry, "is protected by a password")
        if entry.method not in (STORED, DEFLATED):
            raise self._refused(entry, f"uses the zip compression method {entry.method}")
        return entry.method

    def _unpack(self, entry: ZipEntry, limit: int, *, whole: bool = True) -> bytes:
        method = self._method(entry)
        # Deflate can make data slightly longer, never by more than this.
        packed = self.bytes_at(self._data(entry), min(entry.packed, limit + limit // 1000 + 1024))
        if method == STORED:
            return packed[:limit] if not whole else packed
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = unpacker.decompress(packed, limit)
            longer = whole and len(data) == limit and unpacker.decompress(unpacker.unconsumed_tail, 1)
        except zlib.error as error:
            raise self._refused(entry, "is damaged") from error
        if longer:
            raise self._refused(entry, f"unpacks to more than {limit:,} bytes")
        return data

    def _data(self, entry: ZipEntry) -> int:
        """Return the offset of an entry's data. Raises IpaError."""
        if local := self.local(entry):
            return local.data
        raise self._refused(entry, "has no header where the zip’s directory says")

    def _refused(self, entry: ZipEntry, why: str) -> IpaError:
        return IpaError(
            "not-an-ipa",
            f"{printable(entry.name)} {why}",
            where=self.where,
            hint="export the app again from Xcode",
        )


@contextmanager
def open_archive(path: Path, *, work: int | None = None) -> Iterator[Archive]:
    """Open the IPA at `path` and read its directory.

    work: the budget in unpacked bytes, for callers that read more than the metadata. Raises IpaError (`not-an-ipa`,
    or `no-app` for another kind of archive) that says what the file is instead.
    """
    with path.open("rb") as file:
        yield Archive(file, str(path), work=work)
