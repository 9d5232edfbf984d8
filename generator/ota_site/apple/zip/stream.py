"""Check that a device can unpack an IPA from the first byte forward, by comparing it with the zip's directory.

iOS unpacks a download in one of two ways (StreamingZip, decompiled, of about iOS 17: mark C of facts.md):
- *streamed*, if Apple's stream metadata comes first, as in every IPA from the App Store. Each local header must be
  correct and follow the previous entry's data; else SZExtractorErrorDomain 2 or 3, and the app stays a placeholder.
- *whole*, any other IPA, such as Xcode's exports: saved first, then unpacked by libbom, which also reads forward, and
  of which only a few failures are known. Most errors are therefore only warnings there, or not reported.
"""

from __future__ import annotations

import struct
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING

from ota_site.apple.plist import parse_plist
from ota_site.apple.zip.archive import DESCRIPTOR, ENCRYPTED, STORED
from ota_site.apple.zip.directory import decoded, printable
from ota_site.model.build import Problem, Severity
from ota_site.model.errors import IpaError
from ota_site.model.records import Record, replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ota_site.apple.zip.archive import Archive, Local
    from ota_site.apple.zip.directory import ZipEntry

_METADATA = "META-INF/com.apple.ZipMetadata.plist"
_METADATA_LIMIT = 1 << 20
# The entries that must come before it.
_OPENINGS = {("META-INF/",), ("mimetype",), ("mimetype", "META-INF/")}
# Deflate, LZMA and LZFSE; the streaming extractor accepts all three, like stored.
_METHODS = {STORED, 8, 14, 99}
_LOCAL_SIGNATURE, _DESCRIPTOR_SIGNATURE = b"PK\x03\x04", b"PK\x07\x08"
_NARROW, _WIDE = struct.Struct("<3L"), struct.Struct("<L2Q")


class Kind(StrEnum):
    """The kinds of error. After the dash: the effect when *streamed*; when *whole*."""

    NO_HEADER = "no-header"
    """The directory lists an entry that is not there — stops (a file is missing); stops (no unzipper can read it)."""
    ENCRYPTED = "encrypted"
    """An entry has a password — stops (C: read as plain data, CRC wrong); stops (iOS does not ask for it)."""
    STORED_DESCRIPTOR = "stored-descriptor"
    """A stored file whose length is only in the descriptor after it, or a folder with a descriptor — stops; stops.

    C: majd/ipatool 433, 540, 560; for folders in libbom pixelglow/ZipZap 137 and gildas-lormeau/zip.js 459.
    """
    GAP = "gap"
    """Bytes that belong to no entry — stops (C: "non-stream-compliant data"); warning (C: macOS refuses such zips)."""
    UNLISTED = "unlisted"
    """An entry is not in the directory — warning (C: it is unpacked anyway); warning."""
    OVERLAP = "overlap"
    """Two entries share bytes — stops (C: follows from how it reads); warning."""
    OTHER_NAME = "other-name"
    """The local header has another name — warning (C: unpacked under that name); warning."""
    OTHER_METHOD = "other-method"
    """The local header has another compression method — stops (C); warning."""
    OTHER_SIZE = "other-size"
    """The local header has other sizes or another CRC, and announces no descriptor — stops (C); warning."""
    NO_DESCRIPTOR = "no-descriptor"
    """An announced descriptor is missing or wrong — stops (C).

    Whole: warning, but none if the local header is correct, or the only error is 32 instead of 64 bits: such IPAs
    exist (one is among the real samples), and whether they install is unknown.
    """
    UNSIGNED_DESCRIPTOR = "unsigned-descriptor"
    """A descriptor without PK\\7\\8, which the format allows — stops (C); warning (C: macOS; thejoshwolfe/yazl 14)."""
    METHOD = "method"
    """A compression method that iOS does not support — stops (C: all but 0, 8, 14, 99); warning."""
    FOLDER_DATA = "folder-data"
    """A folder with data — stops (C); not reported (old tools deflate empty content to two bytes)."""
    TWICE = "twice"
    """Two different files with one name — warning (C: the last in the stream wins); warning."""


_WORDS = {
    Kind.NO_HEADER: "a listed file is missing",
    Kind.ENCRYPTED: "a file has a password",
    Kind.STORED_DESCRIPTOR: "a file stored without compression has its length only after its data",
    Kind.GAP: "some bytes belong to no file",
    Kind.UNLISTED: "a file is not listed in its directory",
    Kind.OVERLAP: "two files share bytes",
    Kind.OTHER_NAME: "a file has two different names",
    Kind.OTHER_METHOD: "a file has two different compression methods",
    Kind.OTHER_SIZE: "a file has two different sizes",
    Kind.NO_DESCRIPTOR: "the data descriptor after a file is missing or wrong",
    Kind.UNSIGNED_DESCRIPTOR: "the data descriptor after a file has no signature",
    Kind.METHOD: "a file has a compression method that iOS does not support",
    Kind.FOLDER_DATA: "a folder has data",
    Kind.TWICE: "two files have the same name",
}

_STOPS_ALWAYS = {Kind.NO_HEADER, Kind.ENCRYPTED, Kind.STORED_DESCRIPTOR}
_NEVER_STOPS = {Kind.UNLISTED, Kind.OTHER_NAME, Kind.TWICE}


class StreamFault(Record):
    """An error in `count` entries. `name` is the first of them, or the entry after a gap; may be empty.

    `stops`: the install fails. Otherwise it may fail, or unpack something other than what the directory lists.
    """

    kind: Kind
    name: str
    count: int
    stops: bool


def stream_problem(archive: Archive) -> Problem | None:
    """Return the worst error of the zip as a problem (`stream-unsafe`); None if it has none. Raises OSError."""
    fault = min(stream_faults(archive), key=lambda each: not each.stops, default=None)
    if fault is None:
        return None
    more = f" and {fault.count - 1:,} more" if fault.count > 1 else ""
    place = f": {printable(fault.name)}{more}" if fault.name else ""
    return Problem(
        code="stream-unsafe",
        severity=Severity.ERROR if fault.stops else Severity.WARNING,
        message=f"iOS {'cannot' if fault.stops else 'may fail to'} unpack its zip: {_WORDS[fault.kind]}{place}",
        hint="export it again from Xcode, or zip it by hand with `zip -qr App.ipa Payload`",
    )


def stream_faults(archive: Archive) -> tuple[StreamFault, ...]:
    """Return the errors that a forward reader runs into: each kind once, with its first entry.

    The order of entries in the directory does not matter. Reads only headers, and the data of Apple's stream metadata.
    Raises OSError.
    """
    entries = sorted(archive.listed, key=attrgetter("offset"))
    streamed = _streamed(archive, entries)
    found: dict[Kind, StreamFault] = {}
    for _, kind, name in _walk(archive, entries, streamed=streamed):
        stops = kind in _STOPS_ALWAYS or (streamed and kind not in _NEVER_STOPS)
        first = found.get(kind, StreamFault(kind, name, 0, stops))
        found[kind] = replace(first, count=first.count + 1)
    return tuple(found.values())


def _streamed(archive: Archive, entries: list[ZipEntry]) -> bool:
    """Return whether iOS unpacks the IPA while downloading: if stream metadata of a known version comes first.

    An error before the end of the metadata makes iOS unpack the IPA whole instead.
    """
    names = tuple(entry.name for entry in entries[:3])
    count = names.index(_METADATA) if _METADATA in names else 0
    if names[:count] not in _OPENINGS:
        return False
    start = _walk(archive, entries[: count + 1], streamed=True)
    return all(place > count for place, _, _ in start) and _version(archive) == 2


def _version(archive: Archive) -> object:
    try:
        data = archive.read(_METADATA, _METADATA_LIMIT)
        return parse_plist(data, where=archive.where, what=_METADATA).get("Version")
    except IpaError:
        return None


def _walk(archive: Archive, entries: list[ZipEntry], *, streamed: bool) -> Iterator[tuple[int, Kind, str]]:
    """Yield each error with its entry's number in the stream and name."""
    end, sure = 0, True  # where the last entry ends, and whether that is known
    crcs: dict[str, int] = {}
    for place, entry in enumerate(entries):
        if crcs.setdefault(entry.name, entry.crc) != entry.crc:
            yield place, Kind.TWICE, entry.name
        # The header of an entry inside another is not read: no byte is read twice, however many such entries there are.
        local = archive.local(entry) if entry.offset >= end else None
        if local is None:
            header = archive.bytes_at(entry.offset, 4) == _LOCAL_SIGNATURE
            yield place, Kind.OVERLAP if header and entry.offset < end else Kind.NO_HEADER, entry.name
            sure = False
            continue
        if sure and entry.offset > end:
            yield place, _between(archive, end), entry.name
        end, sure = local.data + entry.packed, True
        faults = list(_header_faults(entry, local, streamed=streamed))
        if local.flags & DESCRIPTOR:
            length, more = _descriptor(archive, entry, local, streamed=streamed)
            faults += more
            end, sure = end + (length or 0), length is not None
        for kind in faults:
            yield place, kind, entry.name
    if end > archive.end:
        yield len(entries), Kind.OVERLAP, entries[-1].name
    elif sure and end < archive.end:
        yield len(entries), _between(archive, end), ""


def _between(archive: Archive, end: int) -> Kind:
    """Return the kind of error for bytes between two entries."""
    return Kind.UNLISTED if archive.bytes_at(end, 4) == _LOCAL_SIGNATURE else Kind.GAP


def _header_faults(entry: ZipEntry, local: Local, *, streamed: bool) -> Iterator[Kind]:
    if local.raw_name != entry.name.encode() and entry.name not in {
        decoded(local.raw_name, flags) for flags in (entry.flags, local.flags)
    }:
        yield Kind.OTHER_NAME
    if local.method != entry.method:
        yield Kind.OTHER_METHOD
    elif local.method not in _METHODS:
        yield Kind.METHOD
    if (local.flags | entry.flags) & ENCRYPTED:
        yield Kind.ENCRYPTED
    if not local.flags & DESCRIPTOR:
        if not _true(entry, local):
            yield Kind.OTHER_SIZE
        elif streamed and entry.packed and entry.name.endswith("/"):
            yield Kind.FOLDER_DATA


def _true(entry: ZipEntry, local: Local) -> bool:
    return (local.crc, local.packed, local.size) == (entry.crc, entry.packed, entry.size)


def _descriptor(archive: Archive, entry: ZipEntry, local: Local, *, streamed: bool) -> tuple[int | None, list[Kind]]:
    """Return the length of the descriptor after an entry's data, or None if unknown, and its errors."""
    data = archive.bytes_at(local.data + entry.packed, 4 + _WIDE.size)
    signed = data.startswith(_DESCRIPTOR_SIGNATURE)
    body = data[4:] if signed else data
    # After an empty file both widths match: prefer the announced one.
    layouts = (_WIDE, _NARROW) if local.wide else (_NARROW, _WIDE)
    layout = next((each for each in layouts if _says(each, body, entry)), None)
    if layout is None:
        if not signed and _true(entry, local):
            return 0, [Kind.NO_DESCRIPTOR] if streamed else []
        return None, [Kind.STORED_DESCRIPTOR if _needs_none(entry, local) else Kind.NO_DESCRIPTOR]
    faults = [Kind.STORED_DESCRIPTOR] if _needs_none(entry, local) else []
    if not signed:
        faults.append(Kind.UNSIGNED_DESCRIPTOR)
    elif streamed and (layout is _WIDE) != local.wide:
        faults.append(Kind.NO_DESCRIPTOR)
    return layout.size + 4 * signed, faults


def _says(layout: struct.Struct, body: bytes, entry: ZipEntry) -> bool:
    """Return whether the body of a descriptor, in this layout, matches the directory."""
    return len(body) >= layout.size and layout.unpack_from(body) == (entry.crc, entry.packed, entry.size)


def _needs_none(entry: ZipEntry, local: Local) -> bool:
    """Return whether an entry must not have a descriptor. An empty file may: `zip` adds one when writing to a pipe."""
    return local.method == STORED and (entry.name.endswith("/") or local.packed != entry.packed)
