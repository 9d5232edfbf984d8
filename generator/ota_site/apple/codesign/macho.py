"""Read Mach-O executables: the platform, architecture and raw code signature of each slice.

Reads a forward-only stream, as a zip entry is unpacked, and drops the bytes in between. Does not parse signatures.
Format: mach-o/fat.h, mach-o/loader.h, mach/machine.h.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from ota_site.model.records import Record, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SLICES_LIMIT = 16
# A large app's thousand load commands take 60 kB. Its signature has 52 bytes for each 4 KiB of code, so this limit
# covers 2.5 GB of code, five times the App Store's maximum. The limits are for all slices together.
_COMMANDS_LIMIT, _COMMANDS_COUNT = 4 << 20, 10_000
_SIGNATURES_LIMIT = 32 << 20

# Magic number as stored in the file, to the byte order and whether the format is 64-bit.
_THIN = {
    b"\xfe\xed\xfa\xce": (">", False),
    b"\xce\xfa\xed\xfe": ("<", False),
    b"\xfe\xed\xfa\xcf": (">", True),
    b"\xcf\xfa\xed\xfe": ("<", True),
}
_FAT = {
    b"\xca\xfe\xba\xbe": (">", False),
    b"\xbe\xba\xfe\xca": ("<", False),
    b"\xca\xfe\xba\xbf": (">", True),
    b"\xbf\xba\xfe\xca": ("<", True),
}
_ARCHIVE = b"!<ar"  # ar(5): "!<arch>\n"

_ARCHITECTURES = {
    (7, None): "i386",
    (0x0100_0007, None): "x86_64",
    (12, 6): "armv6",
    (12, 9): "armv7",
    (12, 11): "armv7s",
    (12, 12): "armv7k",
    (0x0100_000C, 2): "arm64e",
    (0x0100_000C, None): "arm64",
    (0x0200_000C, None): "arm64_32",
}
_SUBTYPE = 0x00FF_FFFF  # the higher bits are capabilities

_CODE_SIGNATURE, _BUILD_VERSION = 0x1D, 0x32
_ENCRYPTION_INFO, _ENCRYPTION_INFO_64 = 0x21, 0x2C
_VERSION_MIN = {0x24: "macOS", 0x25: "iOS", 0x2F: "tvOS", 0x30: "watchOS"}
_PLATFORMS = {
    1: "macOS",
    2: "iOS",
    3: "tvOS",
    4: "watchOS",
    5: "bridgeOS",
    6: "Mac Catalyst",
    7: "iOS Simulator",
    8: "tvOS Simulator",
    9: "watchOS Simulator",
    10: "DriverKit",
    11: "visionOS",
    12: "visionOS Simulator",
}


class MachoError(ValueError):
    """The bytes are not a Mach-O executable, or a damaged one."""


class StaticLibraryError(MachoError):
    """The file is a static library, an archive of object files (`ar`)."""


class Slice(Record, kw_only=True):
    """One architecture's part of an executable.

    `offset` is its start in the file, in bytes. `platform` is Apple's name, or "platform-<n>"; None if the slice has
    none. `minimum_os` and `sdk` look like "16.0" or "16.0.1". `encrypted` means encrypted with FairPlay, by the App
    Store. `signature` is the raw blob with padding. It contains the signer's name, so it is never shown.
    """

    architecture: str
    platform: str | None = None
    minimum_os: str | None = None
    sdk: str | None = None
    encrypted: bool = False
    offset: int = 0
    signature: bytes = b""

    def __repr__(self) -> str:
        """Return a representation without the signature."""
        return f"Slice({self.architecture!r}, platform={self.platform!r}, offset={self.offset})"


def read_macho(blocks: Iterable[bytes]) -> tuple[Slice, ...]:
    """Return the slices of an executable, in file order.

    blocks: the file's bytes in pieces of any size, read up to the end of the last slice. Uses 70 MB of memory at
    most. Raises MachoError for anything but a complete Mach-O, and any error that `blocks` raises.
    """
    reader = _ProgramReader(blocks)
    magic = reader.take(4)
    if magic in _THIN:
        return (_slice(reader, magic, 0, None),)
    if magic == _ARCHIVE:
        raise StaticLibraryError("it is a static library")
    if magic not in _FAT:
        raise MachoError("it is not a Mach-O executable")
    slices = []
    for offset, size in _places(reader, *_FAT[magic]):
        reader.skip_to(offset)
        slices.append(_slice(reader, reader.take(4), offset, offset + size))
        reader.skip_to(offset + size)
    return tuple(slices)


def _places(reader: _ProgramReader, order: str, wide: bool) -> list[tuple[int, int]]:  # noqa: FBT001
    """Return each slice's offset and size from the header of a fat file, checked, in file order."""
    (count,) = struct.unpack(order + "I", reader.take(4))
    # Java class files begin with the same four bytes; their version number makes this 45 or more.
    if not 0 < count <= _SLICES_LIMIT:
        raise MachoError(f"it declares {count:,} slices")
    entry = struct.Struct(order + ("2I2Q2I" if wide else "5I"))
    places = sorted(fields[2:4] for fields in entry.iter_unpack(reader.take(count * entry.size)))
    end = reader.position
    for offset, size in places:
        if offset < end:
            raise MachoError("its slices overlap")
        end = offset + size
    return places


def _slice(reader: _ProgramReader, magic: bytes, start: int, end: int | None) -> Slice:
    """Read the slice whose magic number was just read, up to the end of its signature."""
    if magic == _ARCHIVE:
        raise StaticLibraryError("one of its slices is a static library")
    if magic not in _THIN:
        raise MachoError("one of its slices is not a Mach-O executable")
    order, wide = _THIN[magic]
    cpu, subtype, _, count, size, *_ = struct.unpack(order + ("7I" if wide else "6I"), reader.take(28 if wide else 24))
    if size > reader.spare_commands or count > reader.spare_count:
        raise MachoError("its load commands are far longer than any app’s")
    reader.spare_commands -= size
    reader.spare_count -= count
    found = Slice(architecture=_architecture(cpu, subtype), offset=start)
    place = None
    for command, body in _commands(reader.take(size), order, count):
        if command != _CODE_SIGNATURE:
            found = _learn(found, command, body, order)
        elif place:
            raise MachoError("it has two signatures")
        else:
            place = _unpack(order + "2I", body)
    if end is not None and reader.position > end:
        raise MachoError("one of its slices is longer than declared")
    return replace(found, signature=_signature(reader, start, end, place)) if place else found


def _signature(reader: _ProgramReader, start: int, end: int | None, place: tuple[int, ...]) -> bytes:
    offset, size = start + place[0], place[1]
    if offset < reader.position or (end is not None and offset + size > end):
        raise MachoError("its signature is outside it")
    if size > reader.spare_signatures:
        raise MachoError("its signature is far longer than any app’s")
    reader.spare_signatures -= size
    reader.skip_to(offset)
    return reader.take(size)


def _commands(data: bytes, order: str, count: int) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the body of each load command."""
    head = struct.Struct(order + "2I")
    position = 0
    for _ in range(count):
        if position + head.size > len(data):
            raise MachoError("its load commands are truncated")
        command, size = head.unpack_from(data, position)
        if size < head.size or position + size > len(data):
            raise MachoError("one of its load commands has an impossible size")
        yield command, data[position + head.size : position + size]
        position += size


def _learn(found: Slice, command: int, body: bytes, order: str) -> Slice:
    """Return the slice with the facts from one more load command added."""
    if command in (_ENCRYPTION_INFO, _ENCRYPTION_INFO_64):
        *_, method = _unpack(order + "3I", body)
        return replace(found, encrypted=found.encrypted or method != 0)
    # A binary for both macOS and Catalyst has two of these; the first is the platform it is built for.
    if found.platform is None and command == _BUILD_VERSION:
        number, minimum, sdk = _unpack(order + "3I", body)
        name = _PLATFORMS.get(number, f"platform-{number}")
        return replace(found, platform=name, minimum_os=_version(minimum), sdk=_version(sdk))
    if found.platform is None and command in _VERSION_MIN:
        minimum, sdk = _unpack(order + "2I", body)
        name = _VERSION_MIN[command]
        # Before LC_BUILD_VERSION, only the architecture distinguished a simulator from a device.
        if name != "macOS" and found.architecture in ("i386", "x86_64"):
            name += " Simulator"
        return replace(found, platform=name, minimum_os=_version(minimum), sdk=_version(sdk))
    return found


def _unpack(form: str, body: bytes) -> tuple[int, ...]:
    if len(body) < struct.calcsize(form):
        raise MachoError("one of its load commands is too short")
    return struct.unpack_from(form, body)


def _architecture(cpu: int, subtype: int) -> str:
    exact, any_other = (cpu, subtype & _SUBTYPE), (cpu, None)
    return _ARCHITECTURES.get(exact) or _ARCHITECTURES.get(any_other, f"cpu-{cpu}")


def _version(packed: int) -> str | None:
    """Return a version packed as 16.8.8 bits as text; None for zero, which means unknown."""
    major, minor, patch = packed >> 16, packed >> 8 & 0xFF, packed & 0xFF
    return (f"{major}.{minor}.{patch}" if patch else f"{major}.{minor}") if packed else None


class _ProgramReader:
    """A position in the stream, and how much more may be kept in memory."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._block = memoryview(b"")
        self.position = 0
        self.spare_commands, self.spare_count = _COMMANDS_LIMIT, _COMMANDS_COUNT
        self.spare_signatures = _SIGNATURES_LIMIT

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        data = bytearray()
        for piece in self._pieces(count):
            data += piece
        return bytes(data)

    def skip_to(self, position: int) -> None:
        """Skip to a position at or after the current one."""
        for _ in self._pieces(position - self.position):
            pass

    def _pieces(self, count: int) -> Iterator[memoryview]:
        while count:
            while not self._block:
                self._block = memoryview(self._next())
            piece, self._block = self._block[:count], self._block[count:]
            self.position += len(piece)
            count -= len(piece)
            yield piece

    def _next(self) -> bytes:
        for block in self._blocks:
            return block
        raise MachoError("it is truncated")
