"""Property lists in XML, read as CFPropertyList.c does: what XML is not and iOS reads, and what it refuses."""

from __future__ import annotations

import plistlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.apple.plist_xml import PlistXmlError, read_xml_plist

VALUES = st.recursive(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]))
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False)
    | st.binary()
    | st.datetimes(datetime(1, 1, 1), datetime(9998, 1, 1)).map(lambda each: each.replace(microsecond=0)),  # noqa: DTZ001
    lambda inner: st.lists(inner, max_size=10) | st.dictionaries(st.text("abc<&\"' é", min_size=1), inner, max_size=10),
    max_leaves=12,
)


@given(VALUES)
def test_what_plistlib_writes_is_read_as_plistlib_reads_it(value: object) -> None:
    written = plistlib.dumps(value)  # type: ignore[arg-type]
    assert read_xml_plist(written) == plistlib.loads(written)


def inside(text: str) -> bytes:
    return f"<plist><dict><key>a</key>{text}</dict></plist>".encode()


READ: dict[str, tuple[bytes, object]] = {
    "blanks before the declaration": (b"\n\n<?xml version='1.0'?>" + inside("<true/>"), {"a": True}),
    "a comment first": (b"<!-- made by a script --><?xml version='1.0'?>" + inside("<true/>"), {"a": True}),
    "a DOCTYPE after a comment": (b"<!-- -- --><!DOCTYPE plist><!-- -->" + inside("<true/>"), {"a": True}),
    "no plist element": (b"<dict><key>a</key><false/></dict>", {"a": False}),
    "a single string": (b"<string>a</string>", "a"),
    "text after the end": (inside("<true/>") + b"<script>alert(1)</script> & more", {"a": True}),
    "dashes in a comment": (inside("<!-- a -- b --><true/>"), {"a": True}),
    "a processing instruction": (inside("<?php echo 1 ?><true/>"), {"a": True}),
    "quotes from a word processor": (
        "<?xml version=\u201c1.0\u201d encoding=\u201cUTF-8\u201d?><plist a=\u201c1.0\u201d><array/></plist>".encode(),
        [],
    ),
    "attributes of any form": (b"<dict a=b c><key x>a</key><string lang=de>b</string></dict>", {"a": "b"}),
    "a tag over two lines": (b"<dict\n><key>a</key\n><true\t/></dict >", {"a": True}),
    "true with an end": (inside("<true></true >"), {"a": True}),
    "an empty string": (inside("<string/>"), {"a": ""}),
    "an empty container": (inside("<array/>"), {"a": []}),
    "references": (inside("<string>&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;</string>"), {"a": "<>&'\"A\U0001f600"}),
    "CDATA": (inside("<string>a<![CDATA[<b> & ]] c]]>d</string>"), {"a": "a<b> & ]] cd"}),
    "a control character": (inside("<string>a\x01b</string>"), {"a": "a\x01b"}),
    "a key twice": (b"<dict><key>a</key><true/><key>a</key><false/></dict>", {"a": False}),
    "a key as a value": (inside("<key>b</key>"), {"a": "b"}),
    "a key in a list": (b"<array><key>b</key></array>", ["b"]),
    "hexadecimal": (inside("<integer> -0xFf</integer>"), {"a": -255}),
    "leading zeros": (inside("<integer>+007</integer>"), {"a": 7}),
    "the largest integer": (inside("<integer>18446744073709551615</integer>"), {"a": (1 << 64) - 1}),
    "no number": (inside("<real>-Infinity</real>"), {"a": float("-inf")}),
    "base64 with anything in it": (inside("<data>\n  YW-Jj\n!</data>"), {"a": b"abc"}),
    "a date that no calendar has": (inside("<date>2026-02-30T25:00:00Z</date>"), {"a": datetime(2026, 3, 3, 1)}),  # noqa: DTZ001
    "another encoding": (
        "<?xml version='1.0' encoding='GB2312'?><string>\u4e2d\u6587</string>".encode("gb2312"),
        "\u4e2d\u6587",
    ),
    "an encoding not at the first byte": (b" <?xml version='1.0' encoding='GB2312'?><string>a</string>", "a"),
    "UTF-8 with a mark": (b"\xef\xbb\xbf<string>\xc3\xa9</string>", "é"),
    "UTF-16 with a mark": ("<string>é</string>".encode("utf-16"), "é"),
    "UTF-32 with a mark": ("<string>é</string>".encode("utf-32"), "é"),
    "bytes that are no text, in a comment": (b"<!-- \xe9 --><string>a</string>", "a"),
}

REFUSED: dict[str, tuple[bytes, str]] = {
    "a named reference": (
        inside("\n<string>&nbsp;</string>"),
        "line 2: &nbsp; is not defined in property lists: write &#160;",
    ),
    "a name that nobody knows": (inside("<string>&app;</string>"), "line 1: &app; is not defined in property lists"),
    "a bare ampersand": (inside("<string>a?b=c&d=e</string>"), "line 1: a literal & is not allowed"),
    "half a character": (inside("<string>&#xD800;</string>"), "line 1: &#xD800; is not a character"),
    "a declaration of entities": (
        b"<!DOCTYPE plist [<!ENTITY a 'b'>]><array/>",
        "line 1: the DOCTYPE has declarations",
    ),
    "a DOCTYPE inside": (inside("<!DOCTYPE a><true/>"), "line 1: <! starts neither"),
    "capitals": (b"<plist>\r\n<Dict></Dict></plist>", "line 2: <Dict> is not in lower case: write <dict>"),
    "an unknown element": (inside("<text>a</text>"), "line 1: <text> is not a property list element"),
    "text between elements": (b"<dict>\n\nabc<key>a</key></dict>", "line 3: there is text between elements: abc"),
    "a no-break space": (
        "<dict>\u00a0<key>a</key></dict>".encode(),
        "line 1: there is a no-break space",
    ),
    "a comment in a string": (inside("<string>a<!-- b --></string>"), "line 1: a comment is inside <string>"),
    "an element in a string": (inside("<string>a<b/></string>"), "line 1: </string> is missing"),
    "two values": (b"<plist><true/><true/></plist>", "line 1: <plist> contains more than one value"),
    "nothing in it": (b"<plist></plist>", "line 1: <plist> is empty"),
    "nothing in it, in one tag": (b"<plist/>", "line 1: <plist> is empty"),
    "a key without a value": (b"<dict>\n<key>a</key>\n</dict>", "line 3: the key a has no value"),
    "a value without a key": (b"<dict><true/></dict>", "line 1: a value has no key in the <dict> on line 1"),
    "empty data": (inside("<data/>"), "line 1: <data/> is empty"),
    "an empty integer": (inside("<integer></integer>"), "line 1: <integer> is empty"),
    "an integer with a word": (inside("<integer>7 days</integer>"), "line 1: <integer> contains '7 days'"),
    "an integer of 65 bits": (inside("<integer>18446744073709551616</integer>"), "it is too large"),
    "a real with a word": (inside("<real>1_0</real>"), "line 1: <real> contains '1_0'"),
    "a date of people's": (inside("<date>1 May 2026</date>"), "it is not a date such as 2026-01-31T12:00:00Z"),
    "true with content": (inside("<true>1</true>"), "line 1: </true> is missing"),
    "the wrong end": (
        b"<dict>\n<key>a</key><array>\n</dict>",
        "line 3: </dict> has no start tag: expected </array> for the <array> on line 2",
    ),
    "an end too many": (b"</dict>", "line 1: </dict> has no start tag"),
    "no end": (b"<dict>\n", "line 2: it ends before </dict>"),
    "no element": (b"<?xml version='1.0'?>\n", "line 2: it has no element"),
    "a comment without an end": (b"<!-- a", "line 1: a comment is not closed"),
    "a tag without an end": (b"<dict", "line 1: a tag is not closed"),
    "bytes that are not UTF-8": (b"<string>\xe9</string>", "line 1: <string> has bytes that are not UTF-8"),
    "an encoding that nobody knows": (
        b"<?xml version='1.0' encoding='klingon'?><array/>",
        "the encoding klingon is unknown",
    ),
    "an encoding that is none of text": (b"<?xml version='1.0' encoding='base64'?><array/>", "the encoding base64"),
    "depth": (b"<array>" * 1000, "line 1: it is nested too deeply"),
}


@pytest.mark.parametrize("what", READ)
def test_what_ios_reads_is_read(what: str) -> None:
    data, value = READ[what]
    assert read_xml_plist(data) == value


@pytest.mark.parametrize("what", REFUSED)
def test_what_ios_refuses_is_refused_with_line_and_cause(what: str) -> None:
    data, reason = REFUSED[what]
    with pytest.raises(PlistXmlError) as caught:
        read_xml_plist(data)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [b"<" * 400_000, b"<string>" + b"&" * 400_000, b"<!--" * 100_000, b"<a " * 100_000, b"<string><![CDATA[" * 50_000],
    ids=["tags", "references", "comments", "attributes", "CDATA"],
)
def test_no_text_takes_longer_than_its_length(data: bytes) -> None:
    """Each of these took minutes with a pattern that tries again at every place."""
    with pytest.raises(PlistXmlError):
        read_xml_plist(data)


def test_a_date_is_in_utc() -> None:
    value = read_xml_plist(b"<date>2026-11-27T20:00:00Z</date>")
    assert isinstance(value, datetime)
    assert value.replace(tzinfo=UTC) == datetime(2026, 11, 27, 20, tzinfo=UTC)
