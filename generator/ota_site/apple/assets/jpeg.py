"""JPEG, as far as measuring it goes.

Format: ITU-T T.81, annex B.
"""

from __future__ import annotations

import struct

JPEG = b"\xff\xd8\xff"
"""What every JPEG begins with."""

MAX_SCANS = 100
"""A progressive JPEG is drawn once for each of its scans: encoders write ten, or a few dozen."""

_MARKERS = 1000
# Start of frame of every kind; the gaps are tables and reserved.
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


def count_scans(data: bytes) -> int:
    """Return how many scans a JPEG has, or a few more: pixels cannot hold their mark, but a colour profile may."""
    return data.count(b"\xff\xda")


def measure_jpeg(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels; None for what is no JPEG, or has no picture in it."""
    if not data.startswith(JPEG):
        return None
    position = 2
    for _ in range(_MARKERS):
        if position + 9 > len(data) or data[position] != 0xFF:
            break
        marker, length, _, height, width = struct.unpack_from(">BHBHH", data, position + 1)
        if marker in _FRAMES:
            return (width, height) if width and height else None
        # A marker may be led by any number of fill bytes.
        position += 1 if marker == 0xFF else 2 + length
    return None
