"""Measure JPEGs without decoding them.

Format: ITU-T T.81, annex B.
"""

from __future__ import annotations

import struct

JPEG = b"\xff\xd8\xff"
"""The first bytes of every JPEG."""

MAX_SCANS = 100
"""A progressive JPEG is decoded once per scan: encoders write ten, or a few dozen."""

_MARKERS = 1000
# All start-of-frame markers; the gaps are tables and reserved markers.
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


def count_scans(data: bytes) -> int:
    """Return the number of scans in a JPEG. May count a few too many: a colour profile can contain the marker."""
    return data.count(b"\xff\xda")


def measure_jpeg(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels; None if `data` is not a JPEG or has no picture."""
    if not data.startswith(JPEG):
        return None
    position = 2
    for _ in range(_MARKERS):
        if position + 9 > len(data) or data[position] != 0xFF:
            break
        marker, length, _, height, width = struct.unpack_from(">BHBHH", data, position + 1)
        if marker in _FRAMES:
            return (width, height) if width and height else None
        # A marker may follow any number of fill bytes.
        position += 1 if marker == 0xFF else 2 + length
    return None
