"""Install links in what people paste: each once, with the place it was found in."""

from __future__ import annotations

import html
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.apple.install.install_link import install_link
from ota_site.apple.install.link_finder import Place, find_links

ONE, TWO = install_link("https://x.example/1.plist"), install_link("https://x.example/2.plist")
HREF = html.escape(ONE)
SAFE = f"https://eur03.safelinks.protection.outlook.com/?url={quote(ONE, safe='')}&data=05"
JSON = ONE.replace("/", "\\/").replace("&", "\\u0026")

FOUND: list[tuple[str, str, list[tuple[str, Place]]]] = [
    ("a link", ONE, [(ONE, Place.TEXT)]),
    ("in quotes", f"“{ONE}”\n", [(ONE, Place.TEXT)]),
    ("an address", " https://x.example/1.plist ", [("https://x.example/1.plist", Place.TEXT)]),
    ("a link with a blank", f"{ONE} b.plist", [(f"{ONE} b.plist", Place.TEXT)]),
    ("two lines", f"{ONE}\n{TWO}\n", [(ONE, Place.TEXT), (TWO, Place.TEXT)]),
    ("a sentence", f"Install it: {ONE}.", [(ONE, Place.TEXT)]),
    ("a message", f"First {ONE}, then ({TWO})!", [(ONE, Place.TEXT), (TWO, Place.TEXT)]),
    ("Markdown", f"[Install]({ONE})", [(ONE, Place.TEXT)]),
    ("Markdown of an address", "[m](https://x.example/1.plist)", [("https://x.example/1.plist", Place.TEXT)]),
    ("Markdown with a title", f'See [a](<{ONE}> "b") and [c]({TWO}).', [(ONE, Place.TEXT), (TWO, Place.TEXT)]),
    ("a picture that is a link", f"[![Install](button.png)]({ONE})", [(ONE, Place.TEXT)]),
    ("an anchor", f'<a href="{HREF}">Install</a>', [(ONE, Place.ANCHOR)]),
    ("an anchor not closed", f"<a class=b href='{HREF}'>", [(ONE, Place.ANCHOR)]),
    ("an anchor after others", f'<a href="/a">a</a><link href="b.css"><a href="{HREF}">', [(ONE, Place.ANCHOR)]),
    ("two anchors", f'<a href="{HREF}">1</a> <a href={TWO}>2</a>', [(ONE, Place.ANCHOR), (TWO, Place.ANCHOR)]),
    ("the same twice", f'<p>{HREF} <a href="{HREF}">Install</a>', [(ONE, Place.ANCHOR)]),
    (
        "a wrapped one in mail",
        f'<a href="https://a.example/">a</a><a href="{html.escape(SAFE)}">',
        [(SAFE, Place.ANCHOR)],
    ),
    ("escaped HTML", html.escape(f'<a href="{HREF}">Install</a>'), [(ONE, Place.ANCHOR)]),
    ("a script", f"location.href='{ONE}'", [(ONE, Place.SCRIPT)]),
    ("a window", f'window.open("{ONE}", "_self")', [(ONE, Place.SCRIPT)]),
    (
        "two in a script",
        f"a ? location.assign('{ONE}') : location.replace(`{TWO}`)",
        [(ONE, Place.SCRIPT), (TWO, Place.SCRIPT)],
    ),
    ("JSON in a script", f'<script>location = "{JSON}"</script>', [(ONE, Place.SCRIPT)]),
    ("a button", f"<button onclick=\"location.href='{HREF}'\">", [(ONE, Place.SCRIPT)]),
    ("javascript:", f"<a href=\"javascript:location.href='{HREF}'\">", [(ONE, Place.SCRIPT)]),
    ("a refresh", f'<meta http-equiv="refresh" content="0; URL={HREF}">', [(ONE, Place.REFRESH)]),
    ("a frame", f'<iframe src="{HREF}"></iframe>', [(ONE, Place.FRAME)]),
    ("a data attribute", f'<a href="#" data-href="{HREF}">', [(ONE, Place.ATTRIBUTE)]),
    ("a form", f'<form action="{HREF}">', [(ONE, Place.ATTRIBUTE)]),
    (
        "an anchor without a scheme",
        '<a href="//?action=download-manifest&url=a">',
        [("//?action=download-manifest&url=a", Place.ANCHOR)],
    ),
    ("one other anchor", '<a href="https://x.example/1.plist">', [("https://x.example/1.plist", Place.ANCHOR)]),
    ("several others", '<a href="https://x.example/">a</a><a href="/b">b</a>', []),
    (
        "a hidden one among others",
        '<a href="/a">a</a><a href="https://protect-us.mimecast.com/s/AbC">b</a>',
        [("https://protect-us.mimecast.com/s/AbC", Place.ANCHOR)],
    ),
]


@pytest.mark.parametrize(("text", "found"), [case[1:] for case in FOUND], ids=[case[0] for case in FOUND])
def test_links_are_found_wherever_they_are(text: str, found: list[tuple[str, Place]]) -> None:
    assert [(link.text, link.place) for link in find_links(text).links] == found


@pytest.mark.parametrize(
    "text",
    [
        "location.href = 'itms-services://?action=download-manifest&url=' + encodeURIComponent(url)",
        "location.href = 'itms-services://?action=download-manifest&url='.concat(url)",
        "window.open(`itms-services://?action=download-manifest&url=${url}`)",
        "<a onclick=\"location.href='itms-services://?action=download-manifest&amp;url=' + url\">",
    ],
)
def test_a_link_that_a_script_makes_is_unfinished(text: str) -> None:
    (link,) = find_links(text).links
    assert (link.place, link.unfinished) == (Place.SCRIPT, True)


def test_a_page_without_an_install_link_tells_how_many_others_it_has() -> None:
    assert find_links('<a href="/a">a</a><a href="/b">b</a>').others == 2


@given(st.text() | st.text("<a href='itms-services:/?&;=\"`()[]+${}\\u>", max_size=100))
def test_any_text_is_searched(text: str) -> None:
    pasted = find_links(text)
    assert pasted.links or pasted.others
