"""Atom feeds of builds, for feed readers and chat services (RFC 4287). Pure.

No clock: a feed is as recent as its newest build.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ota_site.catalog import paths
from ota_site.model.catalog import App, Release
from ota_site.model.records import Record
from ota_site.site.feeds.prose import html
from ota_site.site.views.place import Place, iso
from ota_site.site.views.release import number
from ota_site.site.views.verdict import show_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from ota_site.i18n.languages import Language
    from ota_site.model.catalog import Catalog, Site

NEWEST = 50
"""The maximum number of builds in a feed."""

# XML 1.0 does not allow these, not even as references.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)


class _Entry(Record):
    """A build of an app, and when it was built."""

    app: App
    release: Release
    made: datetime


def site_feed(site: Site, catalog: Catalog, language: Language) -> str:
    """Return the feed of the newest builds of all listed apps. Requires that the site has an address."""
    title = language.gettext("New builds: %(title)s", title=site.title)
    return _feed(Place(site=site, path=paths.HOME, language=language), paths.FEED, title, catalog.listed)


def app_feed(site: Site, app: App, language: Language) -> str:
    """Return the feed of an app's newest builds. Requires that the site has an address."""
    title = language.gettext("New builds: %(title)s", title=app.name)
    return _feed(Place(site=site, path=paths.app_page(app), language=language), paths.app_feed(app), title, (app,))


def made(app: App) -> dict[str, datetime]:
    """Return the build time of each release by SHA-256. If unknown, it is that of the release before."""
    days: dict[str, datetime] = {}
    day = _UNKNOWN
    for release in reversed(app.releases):
        day = days[release.build.sha256] = release.build.built or day
    return days


def _feed(place: Place, path: PurePosixPath, title: str, apps: Iterable[App]) -> str:
    """Return the feed at `path` of the newest builds of some apps. place: the page that shows the same builds."""
    entries = [entry for app in apps for entry in _entries(app)]
    entries.sort(key=lambda entry: entry.made, reverse=True)
    here = _url(place, path)
    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": place.language.tag})
    _text(feed, "id", here)
    _text(feed, "title", title)
    _text(feed, "updated", iso(entries[0].made if entries else _UNKNOWN))
    SubElement(feed, "link", rel="self", type="application/atom+xml", href=here)
    SubElement(feed, "link", rel="alternate", type="text/html", href=_url(place, place.path))
    _text(SubElement(feed, "author"), "name", place.site.title)
    for entry in entries[:NEWEST]:
        feed.append(_entry(place, entry))
    indent(feed)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="unicode") + "\n"


def _entries(app: App) -> Iterator[_Entry]:
    days = made(app)
    return (_Entry(app, release, days[release.build.sha256]) for release in app.releases)


def _entry(place: Place, entry: _Entry) -> Element:
    app, release = entry.app, entry.release
    verdict, site = show_verdict(place, release), _url(place, paths.HOME)
    element = Element("entry")
    # The path of a build's page changes if another build has the same number; its hash and its app's page do not.
    _text(element, "id", f"{_url(place, paths.app_page(app))}#{release.build.sha256[:16]}")
    _text(element, "title", f"{app.name} {number(release)}")
    _text(element, "updated", iso(entry.made))
    SubElement(element, "link", rel="alternate", type="text/html", href=_url(place, paths.build_page(app, release)))
    SubElement(element, "category", scheme=f"{site}#verdict", term=verdict.state, label=_clean(verdict.word))
    if release.text.channel:
        SubElement(element, "category", scheme=f"{site}#channel", term=_clean(release.text.channel))
    _text(element, "summary", verdict.text)
    if release.text.notes:
        content = _text(element, "content", html(release.text.notes, site))
        content.attrib.update({"type": "html", "xml:lang": release.text.notes.language})
    return element


def _url(place: Place, path: PurePosixPath) -> str:
    return paths.url(path, place.site.base_url or "")


def _text(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = _clean(text)
    return element


def _clean(text: str) -> str:
    return _UNWRITABLE.sub(" ", text)
