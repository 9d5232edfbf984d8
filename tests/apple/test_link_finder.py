"""Install links in what people paste: each once, with the place it was found in."""

from __future__ import annotations

import html
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.apple.install.install_link import install_link
from ota_site.apple.install.link_finder import LinkPlace, find_links

ONE, TWO = install_link("https://x.example/1.plist"), install_link("https://x.example/2.plist")
HREF = html.escape(ONE)
SAFE = f"https://eur03.safelinks.protection.outlook.com/?url={quote(ONE, safe='')}&data=05"
JSON = ONE.replace("/", "\\/").replace("&", "\\u0026")

FOUND: list[tuple[str, str, list[tuple[str, LinkPlace]]]] = [
    ("a link", ONE, [(ONE, LinkPlace.TEXT)]),
    ("in quotes", f"“{ONE}”\n", [(ONE, LinkPlace.TEXT)]),
    ("an address", " https://x.example/1.plist ", [("https://x.example/1.plist", LinkPlace.TEXT)]),
    ("a link with a blank", f"{ONE} b.plist", [(f"{ONE} b.plist", LinkPlace.TEXT)]),
    ("two lines", f"{ONE}\n{TWO}\n", [(ONE, LinkPlace.TEXT), (TWO, LinkPlace.TEXT)]),
    ("a sentence", f"Install it: {ONE}.", [(ONE, LinkPlace.TEXT)]),
    ("a message", f"First {ONE}, then ({TWO})!", [(ONE, LinkPlace.TEXT), (TWO, LinkPlace.TEXT)]),
    ("Markdown", f"[Install]({ONE})", [(ONE, LinkPlace.TEXT)]),
    ("Markdown of an address", "[m](https://x.example/1.plist)", [("https://x.example/1.plist", LinkPlace.TEXT)]),
    ("Markdown with a title", f'See [a](<{ONE}> "b") and [c]({TWO}).', [(ONE, LinkPlace.TEXT), (TWO, LinkPlace.TEXT)]),
    ("a picture that is a link", f"[![Install](button.png)]({ONE})", [(ONE, LinkPlace.TEXT)]),
    ("an anchor", f'<a href="{HREF}">Install</a>', [(ONE, LinkPlace.ANCHOR)]),
    ("an anchor not closed", f"<a class=b href='{HREF}'>", [(ONE, LinkPlace.ANCHOR)]),
    ("an anchor after others", f'<a href="/a">a</a><link href="b.css"><a href="{HREF}">', [(ONE, LinkPlace.ANCHOR)]),
    ("two anchors", f'<a href="{HREF}">1</a> <a href={TWO}>2</a>', [(ONE, LinkPlace.ANCHOR), (TWO, LinkPlace.ANCHOR)]),
    ("the same twice", f'<p>{HREF} <a href="{HREF}">Install</a>', [(ONE, LinkPlace.ANCHOR)]),
    (
        "a wrapped one in mail",
        f'<a href="https://a.example/">a</a><a href="{html.escape(SAFE)}">',
        [(SAFE, LinkPlace.ANCHOR)],
    ),
    ("escaped HTML", html.escape(f'<a href="{HREF}">Install</a>'), [(ONE, LinkPlace.ANCHOR)]),
    ("a script", f"location.href='{ONE}'", [(ONE, LinkPlace.SCRIPT)]),
    ("a window", f'window.open("{ONE}", "_self")', [(ONE, LinkPlace.SCRIPT)]),
    (
        "two in a script",
        f"a ? location.assign('{ONE}') : location.replace(`{TWO}`)",
        [(ONE, LinkPlace.SCRIPT), (TWO, LinkPlace.SCRIPT)],
    ),
    ("JSON in a script", f'<script>location = "{JSON}"</script>', [(ONE, LinkPlace.SCRIPT)]),
    ("a button", f"<button onclick=\"location.href='{HREF}'\">", [(ONE, LinkPlace.SCRIPT)]),
    ("javascript:", f"<a href=\"javascript:location.href='{HREF}'\">", [(ONE, LinkPlace.SCRIPT)]),
    ("a refresh", f'<meta http-equiv="refresh" content="0; URL={HREF}">', [(ONE, LinkPlace.REFRESH)]),
    ("a frame", f'<iframe src="{HREF}"></iframe>', [(ONE, LinkPlace.FRAME)]),
    ("a data attribute", f'<a href="#" data-href="{HREF}">', [(ONE, LinkPlace.ATTRIBUTE)]),
    ("a form", f'<form action="{HREF}">', [(ONE, LinkPlace.ATTRIBUTE)]),
    (
        "an anchor without a scheme",
        '<a href="//?action=download-manifest&url=a">',
        [("//?action=download-manifest&url=a", LinkPlace.ANCHOR)],
    ),
    ("one other anchor", '<a href="https://x.example/1.plist">', [("https://x.example/1.plist", LinkPlace.ANCHOR)]),
    ("several others", '<a href="https://x.example/">a</a><a href="/b">b</a>', []),
    (
        "a hidden one among others",
        '<a href="/a">a</a><a href="https://protect-us.mimecast.com/s/AbC">b</a>',
        [("https://protect-us.mimecast.com/s/AbC", LinkPlace.ANCHOR)],
    ),
]


@pytest.mark.parametrize(("text", "found"), [case[1:] for case in FOUND], ids=[case[0] for case in FOUND])
def test_links_are_found_wherever_they_are(text: str, found: list[tuple[str, LinkPlace]]) -> None:
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
    assert (link.place, link.unfinished) == (LinkPlace.SCRIPT, True)


def test_a_page_without_an_install_link_tells_how_many_others_it_has() -> None:
    assert find_links('<a href="/a">a</a><a href="/b">b</a>').others == 2


@given(st.text() | st.text("<a href='itms-services:/?&;=\"`()[]+${}\\u>", max_size=100))
def test_any_text_is_searched(text: str) -> None:
    pasted = find_links(text)
    assert pasted.links or pasted.others
