"""Well-formed files with a few bytes changed, cut or repeated, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

_WORDS = [
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b"\0\0\0\x01",
    b"\x01\0\0\0",
    b"\0\0\0\x08",
]


@st.composite
def mutated(draw: st.DrawFn, *originals: bytes) -> bytes:
    """Draw one of the originals, changed in up to six places and perhaps cut short."""
    data = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 6))):
        # Half of the changes go to the front, where the tables are.
        at = draw(st.integers(0, len(data)) | st.integers(0, min(len(data), 256)))
        new = draw(st.sampled_from(_WORDS) | st.binary(min_size=1, max_size=4))
        data[at : at + len(new)] = new
    end = draw(st.none() | st.integers(0, len(data)))
    return bytes(data[:end])
