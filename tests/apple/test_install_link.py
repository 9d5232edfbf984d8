"""The install link, read as iOS reads it: the value of `url` percent-decoded once."""

from __future__ import annotations

import html
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.apple.install.install_link import install_link, manifest_url

ADDRESSES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1).map("https://x.example/".__add__)


@given(ADDRESSES)
def test_ios_finds_the_address_in_the_link(address: str) -> None:
    link = install_link(address)
    prefix, _, value = link.partition("&url=")
    assert prefix == "itms-services://?action=download-manifest"
    assert unquote(value) == address
    assert manifest_url(link) == address
    # Nothing in the value can end it, nor end an attribute of HTML.
    assert set(value).isdisjoint("&=+#?/\"'<> ")
    assert html.escape(link).count("&amp;") == 1


def test_a_space_arrives_encoded_twice() -> None:
    assert install_link("https://x.example/a%20b.plist?v=1&w=2").endswith("a%2520b.plist%3Fv%3D1%26w%3D2")


def test_a_plus_in_a_link_of_others_stays_a_plus() -> None:
    link = "itms-services://?action=download-manifest&url=https://x.example/a+b.plist"
    assert manifest_url(link) == "https://x.example/a+b.plist"


@pytest.mark.parametrize(
    "link",
    [
        "",
        "https://x.example/manifest.plist",
        "itms-services:?action=download-manifest&url=https%3A%2F%2Fx.example",
        "itms-services://?action=purchase-intent&url=https%3A%2F%2Fx.example",
        "itms-services://?action=download-manifest",
        "itms-services://?action=download-manifest&url=",
        "itms-services://?action=download-manifest&url=https%3A%2F%2Fx.example&url=https%3A%2F%2Fy.example",
    ],
)
def test_anything_else_is_no_install_link(link: str) -> None:
    with pytest.raises(ValueError, match="install link"):
        manifest_url(link)
