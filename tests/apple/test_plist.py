"""Property lists that nobody vouches for."""

from __future__ import annotations

import plistlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.apple.plist import parse_plist, price_of, text_at
from ota_site.apple.zip.budget import OBJECT, TAG
from ota_site.model.errors import IpaError
from ota_site.model.plain_text import one_line

VALUES = st.recursive(
    st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.booleans() | st.integers(0, 1 << 62) | st.binary(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=20),
    max_leaves=8,
)


def parsed(data: bytes) -> dict[str, object]:
    return parse_plist(data, where="App.ipa", what="Info.plist")


def binary(objects: list[bytes], *, offsets: list[int] | None = None, reference_size: int = 1) -> bytes:
    """Write a binary list from objects as they stand in the file, the first of them the top."""
    body = b"bplist00"
    places = []
    for item in objects:
        places.append(len(body))
        body += item
    table = b"".join(place.to_bytes(4, "big") for place in offsets or places)
    return body + table + struct.pack(">6x2B3Q", 4, reference_size, len(table) // 4, 0, len(body))


@given(st.dictionaries(st.text("abcXYZ", min_size=1), VALUES), st.sampled_from([*plistlib.PlistFormat]))
def test_every_list_is_read_as_it_was_written(table: dict[str, object], form: plistlib.PlistFormat) -> None:
    assert parsed(plistlib.dumps(table, fmt=form)) == table


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "Info.plist is not a property list that iOS can read: it is empty"),
        (b"bplist00", "Info.plist is not a property list"),
        (b"<?xml version='1.0'?><plist><dict><key>a</key></dict></plist>", "Info.plist is not a property list"),
        (b"<?xml version='1.0'?><plist><array/></plist>", "Info.plist is not a dictionary"),
        (b"<<<<<<< HEAD\n<?xml version='1.0'?><plist><dict/></plist>", "Info.plist is not a property list"),
        (plistlib.dumps(["a"], fmt=plistlib.FMT_BINARY), "Info.plist is not a dictionary"),
        (
            b'<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY a "b">]><plist><dict/></plist>',
            "line 1: the DOCTYPE has declarations",
        ),
    ],
)
def test_anything_else_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(IpaError) as caught:
        parsed(data)
    assert caught.value.code == "info-plist-invalid"
    assert reason in caught.value.message
    assert (caught.value.where, bool(caught.value.hint)) == ("App.ipa", True)


def test_a_list_that_holds_itself_is_read() -> None:
    table = parsed(binary([b"\xd1\x01\x02", b"\x51a", b"\xa1\x02"]))
    inner = table["a"]
    assert isinstance(inner, list)
    assert inner[0] is inner


def test_keys_that_are_no_text_are_left_out() -> None:
    assert parsed(binary([b"\xd2\x01\x02\x03\x03", b"\x10\x07", b"\x51a", b"\x51b"])) == {"a": "b"}


@pytest.mark.parametrize(
    "data",
    [
        # 200 names for the same 100 letters.
        binary([b"\xd0", b"\x5f\x10\x64" + b"x" * 100], offsets=[8] + [9] * 200),
        # 100 lists in the same 103 bytes.
        binary([b"\xd0", b"\xaf\x10\x64" + bytes(100)], offsets=[8] + [9] * 100),
        # 100 numbers of 32,768 bytes, one byte apart.
        binary([b"\xd0", b"\x2f" * 100, bytes(1 << 15)], offsets=[8, *range(9, 109)]),
    ],
    ids=["strings", "lists", "numbers"],
)
def test_a_binary_list_whose_parts_overlap_is_refused(data: bytes) -> None:
    assert plistlib.loads(data) == {}
    with pytest.raises(IpaError, match="its parts overlap"):
        parsed(data)


@pytest.mark.parametrize("number", [0, -1, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, -(1 << 63)])
def test_integers_of_64_bits_are_read(number: int) -> None:
    assert parsed(plistlib.dumps({"a": number}, fmt=plistlib.FMT_BINARY)) == {"a": number}


@pytest.mark.parametrize("integer", [b"\x14" + (1 << 64).to_bytes(16, "big"), b"\x15" + b"\1" + bytes(31)])
def test_wider_integers_which_could_all_be_keys_of_one_hash_are_refused(integer: bytes) -> None:
    data = binary([b"\xd1\1\2", integer, b"\x51a"])
    assert plistlib.loads(data)
    with pytest.raises(IpaError, match="an integer of more than 64 bits"):
        parsed(data)


def test_a_list_has_the_price_of_its_objects_whatever_it_says() -> None:
    xml, in_binary = (plistlib.dumps({"a": [1, 2, 3]}, fmt=form) for form in (plistlib.FMT_XML, plistlib.FMT_BINARY))
    assert price_of(in_binary) == 6 * OBJECT
    assert price_of(xml) == xml.count(b"<") * TAG
    lying = in_binary[:-24] + b"\xff" * 8 + in_binary[-16:]
    assert price_of(lying) == len(lying) * OBJECT
    assert price_of(b"bplist00") == price_of(b"") == 0


def test_a_part_that_lies_outside_is_refused() -> None:
    with pytest.raises(IpaError, match="out of range"):
        parsed(binary([b"\xd1\x01\x01", b"\x51a"], offsets=[8, 1 << 30]))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  My\n\tApp  ", "My App"),
        ("A\x00\x1b[31mB\ud800\ufffe", "A [31mB"),
        ("毛豆 🫛", "毛豆 🫛"),
        ("\u2028\x85\u3000", ""),
        ("x" * 9000, "x" * 500),
        (" " * 5000 + "x", ""),
    ],
)
def test_text_becomes_one_short_line(text: str, line: str) -> None:
    assert one_line(text) == line


def test_the_first_key_with_text_wins() -> None:
    table = {"a": "  ", "b": 7, "c": ["text"], "d": "D", "e": "E"}
    assert text_at(table, "missing", "a", "b", "c", "d", "e") == "D"
    assert text_at(table, "a", "b") is None
