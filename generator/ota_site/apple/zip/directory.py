"""Read the central directory of a zip within limits, and identify files that are not zips.

Many tools write UTF-8 names without the flag, and times have three formats. Format: PKWARE APPNOTE 6.3.10, and
Info-ZIP's extra fields.
"""

from __future__ import annotations

import stat
import struct
from datetime import UTC, datetime
from itertools import starmap
from typing import IO, TYPE_CHECKING, NamedTuple

from ota_site.model.errors import IpaError
from ota_site.model.plain_text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_FIELD = struct.Struct("<2H")

_DIRECTORY_LIMIT = 24 << 20
_ENTRY_LIMIT = 100_000
# Bytes: no path on an iPhone is longer (PATH_MAX). Names of 64 KiB would slow down every match on names.
_NAME_LIMIT = 1024
# A header has up to four extra fields; a malicious one has thousands.
_FIELDS_LIMIT = 8
_UNKNOWN = 0xFFFFFFFF
_UTF8 = 1 << 11


class ZipEntry(NamedTuple):
    """One file in the archive. Sizes are in bytes.

    `stamp` is the MS-DOS date and time in an unknown time zone; `utc` is seconds since 1970, or 0 if the zip has no
    such time. `mode` is the Unix mode with the file type, or 0. A named tuple, because a large app has tens of
    thousands of entries.
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
    mode: int = 0

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link. Its content is the target."""
        return stat.S_ISLNK(self.mode)


def printable(name: str) -> str:
    """Return a name from inside an IPA, shortened and safe for one line of a terminal."""
    text = shown(name)
    return text if len(text) <= 120 else text[:59] + "…" + text[-60:]


def newest(entries: Iterable[ZipEntry]) -> datetime | None:
    """Return the newest time of the entries: in UTC if the zip has it, else the local time read as UTC.

    Returns None if the zip has no real time: reproducible builds write 1980.
    """
    times = {(entry.utc, 0 if entry.utc else entry.stamp) for entry in entries}
    last = max(filter(None, starmap(_moment, times)), default=None)
    return last if last and last.year > 1980 else None


def _moment(utc: int, stamp: int) -> datetime | None:
    """Return an entry's time; None for an invalid date, such as the zeros that some tools write."""
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


def list_entries(file: IO[bytes], where: str, start: int, size: int, count: int) -> Iterator[ZipEntry]:
    """Yield all entries of the central directory, even beyond `count`: some tools count modulo 65,536.

    Raises IpaError.
    """
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


def _entry(fields: tuple[int, ...], raw_name: bytes, extra: bytes, where: str) -> ZipEntry:
    flags, method, time, date, crc, packed, size = fields[5:12]
    offset = fields[18]
    if _UNKNOWN in (packed, size, offset):
        size, packed, offset = widened(extra, size, packed, offset)
    name, stamp = _name(raw_name, flags, where), date << 16 | time
    return ZipEntry(name, method, flags, stamp, _utc(extra), crc, packed, size, offset, fields[17] >> 16)


def extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and body of an entry's first few extra fields; real entries have no more."""
    position = 0
    for _ in range(_FIELDS_LIMIT):
        if position + _FIELD.size > len(extra):
            break
        kind, length = _FIELD.unpack_from(extra, position)
        yield kind, extra[position + 4 : position + 4 + length]
        position += 4 + length


def _utc(extra: bytes) -> int:
    """Return the modification time from either of Info-ZIP's two fields, which zip and Apple's ditto write; else 0."""
    for kind, body in extra_fields(extra):
        if kind == 0x5455 and len(body) >= 5 and body[0] & 1:
            return int.from_bytes(body[1:5], "little")
        if kind == 0x5855 and len(body) >= 8:
            return int.from_bytes(body[4:8], "little")
    return 0


def widened(extra: bytes, *narrow: int) -> list[int]:
    """Return sizes and offset, taking those that do not fit 32 bits from the Zip64 extra field."""
    for kind, body in extra_fields(extra):
        if kind == 1:
            wide = iter(struct.unpack_from(f"<{len(body) // 8}Q", body))
            return [next(wide, value) if value == _UNKNOWN else value for value in narrow]
    return list(narrow)


def decoded(raw: bytes, flags: int) -> str:
    """Return a decoded name. Many tools write UTF-8 without the flag (bit 11), so code page 437 is the last choice."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace") if flags & _UTF8 else raw.decode("cp437")


def _name(raw: bytes, flags: int, where: str) -> str:
    """Return the name of an entry. Raises IpaError if it leaves its folder or is too long for an iPhone."""
    name = decoded(raw, flags)
    if len(raw) > _NAME_LIMIT:
        raise IpaError(
            "not-an-ipa",
            f"it contains a file whose path is longer than {_NAME_LIMIT:,} bytes: {printable(name)}",
            where=where,
            hint="shorten its folder names; iOS does not accept longer paths",
        )
    if name.startswith("/") or "\0" in name or (".." in name and ".." in name.replace("\\", "/").split("/")):
        raise IpaError(
            "not-an-ipa",
            f"it contains a file whose path leaves its folder: {printable(name)}",
            where=where,
            hint="do not install it; no build tool writes such a path",
        )
    return name


def locate(file: IO[bytes], where: str) -> tuple[int, int, int]:
    """Return the central directory's offset, size and number of entries. Raises IpaError."""
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
        # Without that record, there really are 65,535 files.
        end, size, offset, count = _locate64(file, end, where) or (end, size, offset, count)
    # Some download tools add bytes before the zip, which shift every offset; iOS reads from the first byte.
    if end - size != offset:
        raise _broken(where, "its directory is not where it says")
    return offset, size, count


def _locate64(file: IO[bytes], end: int, where: str) -> tuple[int, int, int, int] | None:
    """Return the Zip64 end record's offset, and the directory's size, offset and count; None without that record."""
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
    """Return an error that says what a file is that is not a zip."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if length == 0:
        what, hint = "it is empty", "copy or export it again"
    elif text.startswith(b"version https://git-lfs"):
        what, hint = "it is a Git LFS pointer, not the file itself", "run `git lfs pull` before the build"
    elif text.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")) and b"<plist" not in text:
        what, hint = "it is a web page, not an IPA", "download the file itself; the page may ask for a login"
    elif text.startswith(b"pk\x03\x04"):
        what, hint = "it is truncated: the end of the zip is missing", "copy or download it again"
    elif head.startswith((b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"xar!", b"Rar!")):
        what, hint = "it is another kind of archive, not a zip", "export an IPA from Xcode"
    else:
        what, hint = "it is not a zip, so not an IPA", "export an IPA from Xcode"
    return IpaError("not-an-ipa", what, where=where, hint=hint)
