"""Entitlements in both forms: what is written in one is read from the other."""

from __future__ import annotations

import plistlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ota_site.apple.codesign.entitlements import EntitlementsError, from_der, from_xml, plain
from tests.apple.mutations import mutated
from tests.signing import DerForm, der_entitlements

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=200)
VALUE: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | TEXT | st.binary(max_size=200),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)
TABLE = st.dictionaries(TEXT, VALUE, max_size=5)
FULL = {"a": True, "b": [1, "x", {"c": False}], "d": {"e": "é" * 100}, "f": b"\0\1"}
FORMS: tuple[DerForm, ...] = ("now", "xcode-12")


@given(TABLE)
def test_all_that_is_written_is_read(table: dict[str, Any]) -> None:
    for form in FORMS:
        assert from_der(der_entitlements(table, form)) == table
    assert from_xml(plistlib.dumps(table)) == table


@pytest.mark.parametrize(
    ("der", "table"),
    [
        ("70 05 020101 b000", {}),
        ("70 0f 020101 b00a 3008 0c036b6579 0101ff", {"key": True}),
        ("70 0f 020101 b00a 3008 0c036b6579 0201ff", {"key": -1}),
        ("70 0e 020101 b009 3007 0c036b6579 3000", {"key": []}),
        ("70 0e 020101 b009 3007 0c036b6579 b000", {"key": {}}),
        ("3100", {}),
        ("310a 3008 0c036b6579 010100", {"key": False}),
    ],
)
def test_apples_own_bytes_are_read(der: str, table: dict[str, object]) -> None:
    assert from_der(bytes.fromhex(der)) == table


def nested(depth: int) -> dict[str, object]:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return {"key": value}


def test_nesting_has_an_end() -> None:
    assert from_xml(plistlib.dumps(nested(15))) == from_der(der_entitlements(nested(15))) == nested(15)
    for deep in (20, 100):
        with pytest.raises(EntitlementsError, match="nested too deeply"):
            from_der(der_entitlements(nested(deep)))
    for deep, reason in ((20, "nested too deeply"), (9_000, "not an XML property list")):
        with pytest.raises(EntitlementsError, match=reason):
            from_xml(b"<plist><dict><key>a</key>" + b"<array>" * deep + b"</array>" * deep + b"</dict></plist>")


def test_there_are_no_more_than_any_app_has() -> None:
    for many in (1_500, 30_000):
        table: dict[str, object] = {"key": ["value"] * many}
        xml, der = plistlib.dumps(table), der_entitlements(table)
        if many < 2_000:
            assert from_xml(xml) == from_der(der) == table
            continue
        with pytest.raises(EntitlementsError):
            from_xml(xml)
        with pytest.raises(EntitlementsError):
            from_der(der)


@pytest.mark.parametrize("blank", [b"", b"\0", b" \n"])
def test_an_empty_list_grants_nothing(blank: bytes) -> None:
    assert from_xml(blank) == {}


@pytest.mark.parametrize(
    "data",
    [
        b"<plist>",
        b"<plist><array/></plist>",
        plistlib.dumps({"a": 1}, fmt=plistlib.FMT_BINARY),
        b" " * (2 << 20) + b"<",
    ],
)
def test_what_is_no_list_in_xml_is_refused(data: bytes) -> None:
    with pytest.raises(EntitlementsError, match="XML property list"):
        from_xml(data)


@pytest.mark.parametrize(
    "der",
    [
        *("", "3100 3100", "70", "7080", "7005 020102 b000", "7005 020101 3000", "7003 020101", "0c0161", "3101"),
        *("3105 3003 0c0161", "3108 3006 020101 020101", "3109 3007 0c0161 090200ff", "3108 3006 0c01ff 0101ff"),
        *("3108 3006 0c0161 020101 3100", "3108 b006 0c0161 020101", "310a 3003 0c0161 0101ff"),
        "3110 3006 0c0161 0101ff 3006 0c0161 010100",
        "3109 3007 0c0161 01020000",
        "31850000000000",
    ],
)
def test_what_is_not_their_der_is_refused(der: str) -> None:
    with pytest.raises(EntitlementsError):
        from_der(bytes.fromhex(der))


def test_their_names_are_shown_as_text_of_one_line() -> None:
    # DER may hold what no property list may; and findings name entitlements on a terminal.
    assert plain({"a\x1b[2J\nb": {"c\rd": "e\x07"}}) == {"a [2J b": {"c d": "e"}}


def test_too_many_are_refused() -> None:
    with pytest.raises(EntitlementsError, match="far longer"):
        from_der(bytes(2 << 20))


@given(mutated(*(der_entitlements(FULL, form) for form in FORMS)) | st.binary(max_size=60))
@example(b"\x31\x84\xff\xff\xff\xff")
def test_any_bytes_give_a_table_or_an_error(data: bytes) -> None:
    with suppress(EntitlementsError):
        assert isinstance(from_der(data), dict)


@given(mutated(plistlib.dumps(FULL)))
def test_any_text_gives_a_table_or_an_error(data: bytes) -> None:
    with suppress(EntitlementsError):
        assert isinstance(from_xml(data), dict)
