"""ASN.1 as bytes, held against another reader of it."""

from __future__ import annotations

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from ota_site.apple.codesign.asn1 import OCTETS, SEQUENCE, Asn1Error, elements, first, object_id, octets

ENDLESS, END = b"\x80", b"\0\0"


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_a_sequence_is_read_as_another_reader_wrote_it(contents: list[bytes]) -> None:
    written = core.SequenceOf(contents, spec=core.OctetString).dump()
    (sequence,) = elements(memoryview(written))
    assert sequence.tag == SEQUENCE
    assert sequence.whole == written
    assert [octets(part) for part in sequence.parts()] == contents


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 65_535, 65_536, 1 << 24])
def test_a_length_takes_as_many_bytes_as_it_needs(size: int) -> None:
    written = core.OctetString(bytes(size)).dump()
    (element,) = elements(memoryview(written))
    assert (element.tag, len(element.content)) == (OCTETS, size)


@given(st.integers(0, 1), st.integers(0, 39), st.lists(st.integers(0, 1 << 40), max_size=8))
def test_an_object_identifier_is_written_with_dots(top: int, second: int, rest: list[int]) -> None:
    dotted = ".".join(map(str, (top, second, *rest)))
    assert object_id(first(core.ObjectIdentifier(dotted).dump())) == dotted


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x2a\x86", b"\x2a" * 65])
def test_an_object_identifier_without_an_end_is_none(content: bytes) -> None:
    with pytest.raises(Asn1Error):
        object_id(first(bytes((6, len(content))) + content))


def test_content_may_end_at_a_mark_and_octets_come_in_pieces() -> None:
    pieces = b"\x24" + ENDLESS + core.OctetString(b"one").dump() + core.OctetString(b"two").dump() + END
    written = b"\x30" + ENDLESS + pieces + core.Integer(7).dump() + END
    sequence = first(written + b"more")
    text, number = sequence.parts()
    assert sequence.whole == written
    assert octets(text) == b"onetwo"
    assert bytes(number.content) == b"\x07"


def test_der_knows_no_end_marks() -> None:
    with pytest.raises(Asn1Error):
        elements(memoryview(b"\x30" + ENDLESS + END), stated=True)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x30", id="no length"),
        pytest.param(b"\x30\x05\x00", id="truncated"),
        pytest.param(b"\x30\x82\x01", id="cut short in its length"),
        pytest.param(b"\x30\x85\x00\x00\x00\x00\x00", id="a length of five bytes"),
        pytest.param(b"\x30" + ENDLESS, id="no end mark"),
        pytest.param((b"\x30" + ENDLESS) * 40 + END * 40, id="nested too deeply"),
        pytest.param(b"\x05\x00" * 20_000, id="far too many"),
        pytest.param(b"\x30" + ENDLESS + b"\x05\x00" * 20_000 + END, id="far too many before the end mark"),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(Asn1Error):
        elements(memoryview(data))


def nested_pieces(depth: int) -> bytes:
    """Return an octet string in pieces of pieces, each with its length."""
    data: bytes = core.OctetString(b"inside").dump()
    for _ in range(depth):
        data = b"\x24\x84" + len(data).to_bytes(4, "big") + data
    return data


def test_pieces_may_lie_in_pieces_but_not_for_ever() -> None:
    assert octets(first(nested_pieces(7))) == b"inside"
    with pytest.raises(Asn1Error):
        octets(first(nested_pieces(2000)))


@pytest.mark.parametrize("piece", [b"\x04\0", b"\x24\0", b"\x24\x02\x04\0"])
def test_pieces_are_counted_wherever_they_lie(piece: bytes) -> None:
    content = piece * 9000
    half = b"\x24\x84" + len(content).to_bytes(4, "big") + content
    written = b"\x24\x84" + (2 * len(half)).to_bytes(4, "big") + half * 2
    with pytest.raises(Asn1Error):
        octets(first(written))


def test_an_end_mark_is_looked_for_once_at_all_depths() -> None:
    # Ten levels of ten thousand elements each would be looked through again at each level.
    inside = b"\x05\0" * 9000
    for _ in range(10):
        inside = b"\x30" + ENDLESS + inside + END
    with pytest.raises(Asn1Error):
        first(b"\x30" + ENDLESS + inside * 2 + END)


def test_an_element_that_holds_too_little_is_refused() -> None:
    sequence = first(core.SequenceOf([1], spec=core.Integer).dump())
    assert bytes(sequence.only().content) == b"\x01"
    with pytest.raises(Asn1Error):
        sequence.parts(2)
    with pytest.raises(Asn1Error):
        first(core.SequenceOf([1, 2], spec=core.Integer).dump()).only()
    with pytest.raises(Asn1Error):
        octets(sequence)
