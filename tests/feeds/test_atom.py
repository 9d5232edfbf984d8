"""Atom feeds, as feedparser and an XML parser read them, and by the rules of RFC 4287."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import feedparser
import pytest

from ota_site.model.records import replace
from ota_site.model.texts import BuildText, RichText
from ota_site.site.feeds.atom import NEWEST
from tests.builds import BARE, BUILD, NOW, SITE, other
from tests.feeds.made import APP, HOSTILE, hostile, made, many, said

BASE = "https://apps.example.com/demo/"
ATOM = "{http://www.w3.org/2005/Atom}"
RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
# RFC 4287, section 4: what an element must have exactly once, and what at most once.
ONCE = {"feed": ("id", "title", "updated"), "entry": ("id", "title", "updated")}
AT_MOST_ONCE = {
    "feed": ("subtitle", "icon", "logo", "generator", "rights"),
    "entry": ("summary", "content", "published"),
}


def read(text: str) -> Any:  # noqa: ANN401 - feedparser has no types
    """Return a feed as a reader has it, after checking it by the RFC."""
    check(text)
    headers = {"content-location": BASE, "content-type": "application/atom+xml; charset=utf-8"}
    feed = feedparser.parse(text.encode(), response_headers=headers, sanitize_html=False)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10"
    return feed


def check(text: str) -> None:
    """Check what RFC 4287 asks of a feed."""
    root = ET.fromstring(text.encode())  # noqa: S314 - our own
    assert root.tag == f"{ATOM}feed"
    for element in (root, *root.iter(f"{ATOM}entry")):
        kind = element.tag.removeprefix(ATOM)
        counts = Counter(child.tag.removeprefix(ATOM) for child in element)
        assert all(counts[name] == 1 for name in ONCE[kind])
        assert all(counts[name] <= 1 for name in AT_MOST_ONCE[kind])
        links = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in element.iter(f"{ATOM}link")]
        assert element is root or links.count(("alternate", "text/html", None)) == 1
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    ids = [element.text or "" for element in root.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids)
    addresses = [*ids, *(link.get("href") or "" for link in root.iter(f"{ATOM}link"))]
    assert all(urlsplit(address).scheme == "https" and urlsplit(address).netloc for address in addresses)
    assert all(RFC_3339.fullmatch(moment.text or "") for moment in root.iter(f"{ATOM}updated"))
    assert all(category.get("term") for category in root.iter(f"{ATOM}category"))


def test_a_reader_sees_the_builds() -> None:
    notes = RichText(('<p>See <a href="', PurePosixPath("media/a b.pdf"), '">it</a></p>'), language="de")
    feed = read(made(BUILD, texts=said(BuildText(notes=notes, channel="beta")))["feed.xml"])
    assert feed.feed.title == "New builds: Invented"
    assert (feed.feed.id, feed.feed.link) == (f"{BASE}feed.xml", BASE)
    (entry,) = feed.entries
    assert entry.title == "Sample 1.2.3 (45)"
    assert entry.link == f"{BASE}{APP}1.2.3-45/"
    assert entry.updated == "2026-06-28T12:00:00Z"
    assert entry.summary == "Installs on the 3 devices registered for it"
    (content,) = entry.content
    assert (content.type, content.language) == ("text/html", "de")
    assert content.value == f'<p>See <a href="{BASE}media/a%20b.pdf">it</a></p>'
    assert [(tag.term, tag.label) for tag in entry.tags] == [("ready", "Installs"), ("beta", None)]


def test_an_app_has_its_own() -> None:
    files = made(BUILD, other(BUILD, bundle_id="com.example.other", name="Other"))
    own = read(files[f"{APP}feed.xml"])
    assert own.feed.title == "New builds: Sample"
    assert own.feed.link == BASE + APP
    assert [entry.title for entry in own.entries] == ["Sample 1.2.3 (45)"]
    assert len(read(files["feed.xml"]).entries) == 2


def test_the_newest_come_first_and_no_more_than_fifty() -> None:
    builds = [replace(each, built=NOW - timedelta(days=int(each.build or 0))) for each in many(500)]
    feed = read(made(*builds)["feed.xml"])
    assert len(feed.entries) == NEWEST
    assert [entry.updated for entry in feed.entries] == sorted((e.updated for e in feed.entries), reverse=True)
    assert feed.entries[0].title == "Sample 1.2.3 (0)"
    assert feed.feed.updated == feed.entries[0].updated == "2026-07-01T12:00:00Z"


def test_an_entry_keeps_its_id_when_its_page_moves() -> None:
    same = other(BUILD, size=7, built=NOW)
    both = read(made(BUILD, same)["feed.xml"]).entries
    moved = {entry.id: entry.link for entry in both}
    (alone,) = read(made(same)["feed.xml"]).entries
    assert moved[alone.id] != alone.link


def test_a_build_without_a_date_has_that_of_the_one_before_it() -> None:
    undated = other(BUILD, build="46", built=None)
    assert {entry.updated for entry in read(made(BUILD, undated)["feed.xml"]).entries} == {"2026-06-28T12:00:00Z"}
    assert read(made(BARE)["feed.xml"]).entries[0].updated == "1970-01-01T00:00:00Z"


def test_a_build_that_cannot_be_installed_says_so() -> None:
    (entry,) = read(made(BARE)["feed.xml"]).entries
    assert entry.tags[0].term == "blocked"
    assert entry.summary.startswith("Cannot be installed")


def test_an_empty_site_has_a_valid_feed() -> None:
    feed = read(made()["feed.xml"])
    assert feed.entries == []
    assert feed.feed.updated == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("path", ["feed.xml", f"{APP}feed.xml", "apps/com.example.nothing/feed.xml"])
def test_hostile_words_stay_words(path: str) -> None:
    builds, texts, site = hostile()
    feed = read(made(*builds, texts=texts, site=site)[path])
    shown = HOSTILE.replace("\0", " ").replace("\x0b", " ").replace("\r\n", "\n")
    assert feed.feed.author == shown
    assert ("nothing" in path) or shown in {entry.title.removesuffix(" 1.2.3 (45)") for entry in feed.entries}


def test_the_feed_is_in_the_language_of_the_site() -> None:
    feed = read(made(BUILD, site=replace(SITE, languages=("de",)))["feed.xml"])
    assert feed.feed.language == "de"
