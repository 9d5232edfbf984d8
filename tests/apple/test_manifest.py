"""The manifest, read back by two parsers that know nothing of its maker."""

from __future__ import annotations

import plistlib
from typing import Any
from xml.dom import minidom

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ota_site.apple.digest import CHUNK_SIZE
from ota_site.apple.install.manifest import Manifest, encode_manifest


def manifest(**values: Any) -> Manifest:  # noqa: ANN401 - any field of a manifest
    base = {
        "ipa_url": "https://x.example/app.ipa",
        "chunks": ("ab" * 32, "cd" * 32),
        "display_image_url": "https://x.example/57.png",
        "full_size_image_url": "https://x.example/512.png",
        "bundle_id": "com.example.app",
        "version": "1.2.3",
        "title": "App",
    }
    return Manifest(**base | values)


def metadata(encoded: bytes) -> dict[str, str]:
    found: dict[str, str] = plistlib.loads(encoded)["items"][0]["metadata"]
    return found


def strings_in_xml(encoded: bytes) -> list[str]:
    """Return the texts of all <string> elements, in order, as an ordinary XML parser sees them."""
    document = minidom.parseString(encoded)  # noqa: S318 - our own bytes
    nodes = document.getElementsByTagName("string")
    return ["".join(child.data for child in node.childNodes) for node in nodes]  # type: ignore[union-attr]


def test_a_manifest_says_all_that_ios_reads() -> None:
    encoded = encode_manifest(manifest(subtitle="Example Ltd", platform="com.apple.platform.iphoneos"))
    assert plistlib.loads(encoded) == {
        "items": [
            {
                "assets": [
                    {
                        "kind": "software-package",
                        "sha256-size": CHUNK_SIZE,
                        "sha256s": ["ab" * 32, "cd" * 32],
                        "url": "https://x.example/app.ipa",
                    },
                    {"kind": "display-image", "url": "https://x.example/57.png"},
                    {"kind": "full-size-image", "url": "https://x.example/512.png"},
                ],
                "metadata": {
                    "bundle-identifier": "com.example.app",
                    "bundle-version": "1.2.3",
                    "kind": "software",
                    "platform-identifier": "com.apple.platform.iphoneos",
                    "subtitle": "Example Ltd",
                    "title": "App",
                },
            }
        ]
    }


def test_what_is_not_known_is_left_out() -> None:
    assert metadata(encode_manifest(manifest())).keys() == {"bundle-identifier", "bundle-version", "kind", "title"}


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=100))
@example('R & D <β> "x"')
@example("毛豆 🫛")
@example("]]>&amp;<!--")
def test_every_title_arrives_as_it_is(title: str) -> None:
    encoded = encode_manifest(manifest(title=title, subtitle=title))
    assert (metadata(encoded)["title"], metadata(encoded)["subtitle"]) == (title, title)
    assert strings_in_xml(encoded).count(title) == 2


@given(st.text())
@example("\x00\x1b[31m\ud800\ufffe\uffff")
def test_no_title_breaks_the_xml(title: str) -> None:
    encoded = encode_manifest(manifest(title=title))
    assert metadata(encoded)["title"] in strings_in_xml(encoded)


@pytest.mark.parametrize("url", ["https://x.example/a%20b.ipa?x=1&y=2", "https://x.example/%E6%AF%9B.ipa"])
def test_addresses_arrive_as_they_are(url: str) -> None:
    encoded = encode_manifest(manifest(ipa_url=url))
    assert plistlib.loads(encoded)["items"][0]["assets"][0]["url"] == url
    assert url in strings_in_xml(encoded)


def test_the_same_manifest_gives_the_same_bytes() -> None:
    assert encode_manifest(manifest()) == encode_manifest(manifest())
