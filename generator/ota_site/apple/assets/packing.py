"""Decompress the data of asset catalogs within limits (the only importer of lzfse).

Format: blacktop/ipsw, pkg/car and pkg/lzfse; lzfse/lzfse, lzfse_internal.h; facebookarchive/xcbuild, libcar.
"""

from __future__ import annotations

import struct
import zlib

import lzfse

from ota_site.apple.assets.pixels import PixelsError

STORED, RLE, ZIP, LZVN, LZFSE = range(5)
"""Compression methods, as numbered in a catalog."""

_WORD = struct.Struct("<I")
_STREAM = (b"bvx-", b"bvxn", b"bvx1", b"bvx2")
_END = b"bvx$"
# The maximum distance of an LZFSE match.
_WINDOW = 262_139
# The minimum block size, except for the last: an encoder ends a block after 10,000 matches or 40,000 literals.
_BLOCK = 32_768
_PACKETS = 1 << 19


def unpack(data: memoryview, method: int, size: int) -> bytes | bytearray | memoryview:
    """Return `data` unpacked: at most `size` bytes, or exactly `size` if the compression does not store the length.

    method: STORED, ZIP, LZVN or LZFSE. Raises PixelsError for damaged data, a larger result or any other method.
    """
    if method in (LZVN, LZFSE):
        return unpack_lzfse(data, size)
    if method == ZIP:
        return _inflate(data, size)
    if method != STORED:
        raise PixelsError(f"it uses the unsupported compression method {method}")
    # Some tools mark compressed data as stored.
    if bytes(data[:4]) in _STREAM:
        return unpack_lzfse(data, size)
    if len(data) > size:
        raise _longer(size)
    return data


def unpack_lzfse(data: memoryview, size: int) -> bytes | bytearray:
    """Return data unpacked from LZFSE, or bare LZVN, which stores no length: then `size` bytes. Raises PixelsError."""
    if bytes(data[:4]) not in _STREAM:
        if len(data) > size + size // 16 + 64:
            raise _longer(size)
        return _decode(b"", b"bvxn" + struct.pack("<2I", size, len(data)) + data, size)
    out = bytearray()
    position, blocks = 0, 0
    while (magic := bytes(data[position : position + 4])) != _END:
        length, raw = _measure(data, position, magic)
        blocks += 1
        if len(out) + raw > size or blocks > size // _BLOCK + 4:
            raise _longer(size)
        block = data[position : position + length]
        # The library has no limits: a block may declare one byte and hold twenty million. So each block is decoded
        # alone, after the window that its matches may refer to.
        out += block[8:] if magic == b"bvx-" else _decode(bytes(out[-_WINDOW:]), bytes(block), raw)
        position += length
    return out


def _measure(data: memoryview, position: int, magic: bytes) -> tuple[int, int]:
    """Return a block's length and its declared unpacked length. Raises PixelsError."""
    try:
        (raw,) = _WORD.unpack_from(data, position + 4)
        match magic:
            case b"bvx-":
                length = 8 + raw
            case b"bvxn":
                length = 12 + _WORD.unpack_from(data, position + 8)[0]
            case b"bvx1":
                length = 772 + _WORD.unpack_from(data, position + 8)[0]
            case b"bvx2":
                first, second, third = struct.unpack_from("<3Q", data, position + 8)
                length = (third & 0xFFFFFFFF) + (first >> 20 & 0xFFFFF) + (second >> 40 & 0xFFFFF)
            case _:
                raise PixelsError("its pixel data is damaged: a block is of an unknown kind")
    except struct.error as error:
        raise PixelsError("its pixel data is truncated") from error
    if raw == 0 or position + length > len(data):
        raise PixelsError("its pixel data is truncated")
    return length, raw


def _decode(window: bytes, block: bytes, size: int) -> bytes:
    start = b"bvx-" + _WORD.pack(len(window)) + window if window else b""
    try:
        data: bytes = lzfse.decompress(start + block + _END)
    # The library mistakes truncated LZVN for a full output buffer, and allocates ever more memory without using it.
    except (lzfse.error, MemoryError) as error:
        raise PixelsError("its pixel data is damaged") from error
    if len(data) != len(window) + size:
        raise PixelsError("its pixel data does not unpack to the declared length")
    return data[len(window) :]


def _inflate(data: memoryview, size: int) -> bytes:
    """Return data unpacked from gzip, zlib or raw DEFLATE. Raises PixelsError."""
    wrapped = bytes(data[:2]) == b"\x1f\x8b" or (
        len(data) > 1 and data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0
    )
    unpacker = zlib.decompressobj(32 + zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
    try:
        out = unpacker.decompress(data, size)
        longer = len(out) == size and unpacker.decompress(unpacker.unconsumed_tail, 1)
    except zlib.error as error:
        raise PixelsError("its pixel data is damaged") from error
    if longer:
        raise _longer(size)
    return out


def unpack_rows(data: memoryview, pixel: int, width: int, height: int) -> bytearray:
    """Return rows unpacked from CoreUI's run-length encoding: `height` rows of `width` pixels of `pixel` bytes.

    The rows have no padding. A table has the offset of each row. A row is a list of packets: a word with the number
    of pixels, whose top bit is set if one pixel follows for all of them. Raises PixelsError.
    """
    out = bytearray()
    packets = 0
    try:
        _, *size = struct.unpack_from("<3I", data)
        starts = struct.unpack_from(f"<{height}I", data, 12)
        if size != [width, height]:
            raise PixelsError("its rows do not have the declared size")
        for position in starts:
            packets += _unpack_row(data, position, pixel, width, out)
            if packets > _PACKETS:
                raise PixelsError("its rows are in too many pieces")
    except struct.error as error:
        raise PixelsError("its pixel data is truncated") from error
    if len(out) != pixel * width * height:
        raise PixelsError("its pixel data is truncated")
    return out


def _unpack_row(data: memoryview, position: int, pixel: int, width: int, out: bytearray) -> int:
    """Append a row to `out`, and return its number of packets. Raises PixelsError."""
    left, packets = width, 0
    while left:
        (control,) = _WORD.unpack_from(data, position)
        position += 4
        count, repeated = control & 0xFFFFFF, control >> 24 == 0x80
        if not 0 < count <= left or control >> 24 not in (0, 0x80):
            raise PixelsError("its pixel data is damaged: a run has an impossible length")
        length = pixel if repeated else count * pixel
        part = data[position : position + length]
        out += bytes(part) * count if repeated else part
        position += length
        left -= count
        packets += 1
    return packets


def _longer(size: int) -> PixelsError:
    return PixelsError(f"it unpacks to more than {size:,} bytes")


def split_words(data: memoryview) -> list[memoryview]:
    """Return the parts of data if each is preceded by its length; else the data as the only part."""
    parts: list[memoryview] = []
    position = 0
    while position + 4 <= len(data) and len(parts) < 4096:
        (length,) = _WORD.unpack_from(data, position)
        if not 0 < length <= len(data) - position - 4:
            return [data]
        parts.append(data[position + 4 : position + 4 + length])
        position += 4 + length
    return parts if position == len(data) else [data]
