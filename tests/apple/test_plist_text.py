"""Property lists in NeXT's form, which iOS tries where a list is not XML."""

from __future__ import annotations

import pytest

from ota_site.apple.plist import parse_plist
from ota_site.apple.plist_text import PlistTextError, read_text_plist

READ: dict[str, tuple[str, object]] = {
    "a dictionary": ('{ a = b; "c d" = "e"; }', {"a": "b", "c d": "e"}),
    "lists and data": (
        '{ a = (1, "b", (c,),); d = <0fbd 77>; e = {}; }',
        {"a": ["1", "b", ["c"]], "d": b"\x0f\xbdw", "e": {}},
    ),
    "comments": ("/* a */ { // b\n a = /* c */ b; }", {"a": "b"}),
    "a file of translations": ('"a" = "b";\nc = d;\n"alone";', {"a": "b", "c": "d", "alone": "alone"}),
    "escapes": (r"""{ a = "\"\n\U00e9\101"; b = 'it"s'; }""", {"a": '"\né' + "A", "b": 'it"s'}),
    "two halves": (r'{ a = "\UD83E\UDED8"; }', {"a": "\U0001fad8"}),
    "nothing": ("", {}),
}
REFUSED = ["{", "{ a = }", "{ a = b }", "( a b )", "a = <0>;", '{ a = "b; }', "{" * 1000 + "a", "= b;", "((" * 500]


@pytest.mark.parametrize("what", READ)
def test_every_form_is_read(what: str) -> None:
    text, value = READ[what]
    assert read_text_plist(text.encode()) == value
    assert read_text_plist(text.encode("utf-16")) == value


@pytest.mark.parametrize("text", REFUSED)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(PlistTextError):
        read_text_plist(text.encode())


def test_a_list_may_have_either_form() -> None:
    assert parse_plist(b"{ CFBundleName = A; }", where="", what="Info.plist") == {"CFBundleName": "A"}
