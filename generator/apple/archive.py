"""The zip container of an IPA: its directory read within bounds, its entries unpacked within limits.

`zipfile` is not used: it holds the whole directory however large, takes unflagged UTF-8 names for
code page 437, and bounds nothing. Format: PKWARE APPNOTE 6.3.10.
"""

from __future__ import annotations

import struct
import zlib
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import starmap
from typing import IO, TYPE_CHECKING, NamedTuple

from generator.errors import IpaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_LOCAL = struct.Struct("<4s2B4HL2L2H")

_DIRECTORY_LIMIT = 24 << 20
_ENTRY_LIMIT = 100_000
_UNKNOWN = 0xFFFFFFFF

_ENCRYPTED = 1 << 0
_UTF8 = 1 << 11
_STORED, _DEFLATED = 0, 8


class Entry(NamedTuple):
    """One file in the archive. Sizes in bytes.

    `stamp` is MS-DOS's date and time in an unknown zone; `utc` is seconds since 1970 where the maker
    of the zip left them, else 0. A named tuple, because a large app has tens of thousands of them.
    """

    name: str
    method: int
    flags: int
    stamp: int
    utc: int
    crc: int
    packed: int
    size: int
    offset: int


class Archive:
    """An open IPA. Made by `open_archive`; `entries` maps each name to its entry."""

    def __init__(self, file: IO[bytes], where: str) -> None:
        self._file = file
        self._length = file.seek(0, 2)
        self.where = where
        self.entries = {entry.name: entry for entry in _directory(file, where)}

    def read(self, name: str, limit: int) -> bytes:
        """Return the entry `name` unpacked and checked.

        limit: the most bytes it may unpack to. Raises IpaError (`not-an-ipa`) where it is larger,
        damaged, encrypted or packed in a way that iOS installs do not use.
        """
        entry = self.entries[name]
        if entry.size > limit:
            raise self._refused(entry, f"unpacks to {entry.size:,} bytes; at most {limit:,} are read")
        data = self._unpack(entry, limit)
        if len(data) != entry.size or zlib.crc32(data) != entry.crc:
            raise self._refused(entry, "is damaged")
        return data

    def head(self, name: str, count: int) -> bytes:
        """Return the first `count` bytes of an entry at most, unchecked."""
        return self._unpack(self.entries[name], count, whole=False)

    def _unpack(self, entry: Entry, limit: int, *, whole: bool = True) -> bytes:
        if entry.flags & _ENCRYPTED:
            raise self._refused(entry, "is protected by a password")
        if entry.method not in (_STORED, _DEFLATED):
            raise self._refused(entry, f"is packed with zip method {entry.method}")
        # Deflate can make data a little longer, never by more than this.
        packed = self._packed(entry, min(entry.packed, limit + limit // 1000 + 1024))
        if entry.method == _STORED:
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

    def _packed(self, entry: Entry, count: int) -> bytes:
        # A Zip64 offset may be more than the disk, or a seek, can do.
        self._file.seek(min(entry.offset, self._length))
        header = self._file.read(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
            raise self._refused(entry, "has no header where the zip's directory says")
        *_, name_length, extra_length = _LOCAL.unpack(header)
        self._file.seek(entry.offset + _LOCAL.size + name_length + extra_length)
        return self._file.read(count)

    def _refused(self, entry: Entry, why: str) -> IpaError:
        return IpaError(
            "not-an-ipa",
            f"{printable(entry.name)} {why}",
            where=self.where,
            hint="export the app again from Xcode",
        )


def printable(name: str) -> str:
    """Return a name from inside an IPA fit for one line of a terminal: short, and text only."""
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)
    return text if len(text) <= 120 else text[:59] + "…" + text[-60:]


def newest(entries: Iterable[Entry]) -> datetime | None:
    """Return the newest time among entries: in UTC where the zip has it, else its local time read as UTC.

    None where the zip does not know: reproducible builds write 1980.
    """
    times = {(entry.utc, 0 if entry.utc else entry.stamp) for entry in entries}
    last = max(filter(None, starmap(_moment, times)), default=None)
    return last if last and last.year > 1980 else None


def _moment(utc: int, stamp: int) -> datetime | None:
    """Return an entry's time; None for a date that no calendar has, such as the zeros that some tools write."""
    if utc:
        return datetime.fromtimestamp(utc, UTC)
    try:
        return datetime(
            1980 + (stamp >> 25),
            stamp >> 21 & 15,
            stamp >> 16 & 31,
            stamp >> 11 & 31,
            stamp >> 5 & 63,
            min((stamp & 31) * 2, 59),
            tzinfo=UTC,
        )
    except ValueError:
        return None


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open the IPA at `path` and read its directory.

    Raises IpaError (`not-an-ipa`, or `no-app` for another kind of archive) that says what the file is instead.
    """
    with path.open("rb") as file:
        yield Archive(file, str(path))


def _directory(file: IO[bytes], where: str) -> Iterator[Entry]:
    """Yield the entries of the central directory: all there are, for some makers count modulo 65,536."""
    start, size, count = _locate(file, where)
    if size > _DIRECTORY_LIMIT or count > _ENTRY_LIMIT:
        raise _too_many(where)
    file.seek(start)
    data = file.read(size)
    position = found = 0
    while position + _CENTRAL.size <= len(data):
        fields = _CENTRAL.unpack_from(data, position)
        if fields[0] != b"PK\x01\x02":
            break
        name_length, extra_length, comment_length = fields[12:15]
        begin = position + _CENTRAL.size
        middle = begin + name_length
        position = middle + extra_length + comment_length
        found += 1
        if found > _ENTRY_LIMIT:
            raise _too_many(where)
        yield _entry(fields, data[begin:middle], data[middle : middle + extra_length], where)
    if found < count:
        raise _broken(where, f"the last {count - found:,} files of its directory are missing")


def _entry(fields: tuple[int, ...], raw_name: bytes, extra: bytes, where: str) -> Entry:
    flags, method, time, date, crc, packed, size = fields[5:12]
    offset = fields[18]
    if _UNKNOWN in (packed, size, offset):
        size, packed, offset = _wide(extra, size, packed, offset)
    name, stamp = _name(raw_name, flags, where), date << 16 | time
    return Entry(name, method, flags, stamp, _utc(extra), crc, packed, size, offset)


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the extra fields of an entry, each with its number."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        yield kind, extra[position + 4 : position + 4 + length]
        position += 4 + length


def _utc(extra: bytes) -> int:
    """Return the time of change in one of Info-ZIP's two fields, which zip and Apple's ditto write; 0 for neither."""
    for kind, body in _fields(extra):
        if kind == 0x5455 and len(body) >= 5 and body[0] & 1:
            return int.from_bytes(body[1:5], "little")
        if kind == 0x5855 and len(body) >= 8:
            return int.from_bytes(body[4:8], "little")
    return 0


def _wide(extra: bytes, *narrow: int) -> list[int]:
    """Return sizes and offset with those that did not fit 32 bits taken from the Zip64 extra field."""
    for kind, body in _fields(extra):
        if kind == 1:
            wide = iter(struct.unpack_from(f"<{len(body) // 8}Q", body))
            return [next(wide, value) if value == _UNKNOWN else value for value in narrow]
    return list(narrow)


def _name(raw: bytes, flags: int, where: str) -> str:
    """Decode a name. Many makers write UTF-8 without saying so (bit 11); only then may it be code page 437."""
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        name = raw.decode("utf-8", "replace") if flags & _UTF8 else raw.decode("cp437")
    if name.startswith("/") or "\0" in name or (".." in name and ".." in name.replace("\\", "/").split("/")):
        raise IpaError(
            "not-an-ipa",
            f"it holds a file whose path leaves its folder: {printable(name)}",
            where=where,
            hint="do not install it; no build tool writes such a path",
        )
    return name


def _locate(file: IO[bytes], where: str) -> tuple[int, int, int]:
    """Return the central directory's offset, size and number of entries."""
    length = file.seek(0, 2)
    file.seek(max(0, length - _END.size - 0xFFFF))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        file.seek(0)
        raise _what_else(file.read(512), length, where)
    *_, count, size, offset, _ = _END.unpack_from(tail, at)
    end = length - len(tail) + at
    if _UNKNOWN in (size, offset) or count == 0xFFFF:
        # Where there is no such record, it really is 65,535 files.
        end, size, offset, count = _locate64(file, end, where) or (end, size, offset, count)
    # Bytes before the zip, as some download tools leave them, would move every offset; iOS reads from the first byte.
    if end - size != offset:
        raise _broken(where, "its directory is not where it says")
    return offset, size, count


def _locate64(file: IO[bytes], end: int, where: str) -> tuple[int, int, int, int] | None:
    """Return the Zip64 end record's offset, and the directory's size, offset and number of entries; None without it."""
    file.seek(max(0, end - _END64_LOCATOR.size))
    data = file.read(_END64_LOCATOR.size)
    if len(data) < _END64_LOCATOR.size or not data.startswith(b"PK\x06\x07"):
        return None
    _, _, start, _ = _END64_LOCATOR.unpack(data)
    file.seek(min(start, end))
    data = file.read(_END64.size)
    if len(data) < _END64.size or not data.startswith(b"PK\x06\x06"):
        raise _broken(where, "its Zip64 directory is missing")
    *_, count, size, offset = _END64.unpack(data)
    return start, size, offset, count


def _too_many(where: str) -> IpaError:
    return _broken(where, "its directory is far longer than any app’s")


def _broken(where: str, why: str) -> IpaError:
    return IpaError("not-an-ipa", f"it is a damaged zip: {why}", where=where, hint="copy or export it again")


def _what_else(head: bytes, length: int, where: str) -> IpaError:
    """Name a file that is no zip for what it is."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if length == 0:
        what, hint = "it is empty", "copy or export it again"
    elif text.startswith(b"version https://git-lfs"):
        what, hint = "it is a Git LFS pointer, not the file itself", "run `git lfs pull` before the build"
    elif text.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")) and b"<plist" not in text:
        what, hint = "it is a web page, not an IPA", "download the file itself; the page may ask for a login"
    elif text.startswith(b"pk\x03\x04"):
        what, hint = "it is cut short: a zip without its end", "copy or download it again"
    elif head.startswith((b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"xar!", b"Rar!")):
        what, hint = "it is another kind of archive, not a zip", "export an IPA from Xcode"
    else:
        what, hint = "it is not a zip, so not an IPA", "export an IPA from Xcode"
    return IpaError("not-an-ipa", what, where=where, hint=hint)
