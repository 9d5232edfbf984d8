"""expiry.ics: the dates when the newest builds stop installing, as a calendar subscription (RFC 5545). Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ota_site.catalog import paths
from ota_site.i18n.languages import N_
from ota_site.rules.term import terms_of
from ota_site.site.feeds.atom import made
from ota_site.site.views.release import number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ota_site.i18n.languages import Language
    from ota_site.model.catalog import App, Catalog, Release, Site

_OCTETS = 75
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")
_SUMMARIES = {
    "profile": N_("The profile of %(name)s expires"),
    "certificate": N_("The certificate of %(name)s expires"),
}
# A calendar requires a component: if nothing expires, it has a time zone that is not used.
_NOTHING = (
    *("BEGIN:VTIMEZONE", "TZID:UTC", "BEGIN:STANDARD", "DTSTART:19700101T000000"),
    *("TZOFFSETFROM:+0000", "TZOFFSETTO:+0000", "END:STANDARD", "END:VTIMEZONE"),
)


def expiry_ics(site: Site, catalog: Catalog, language: Language) -> str:
    """Return the calendar: an event per profile and certificate of the newest builds, with an alarm two weeks before.

    These are the newest builds of each listed app and of each of its channels. Replaced builds are skipped.
    """
    title = language.gettext("Expiry: %(title)s", title=site.title)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//ota-site//expiry//{language.tag.upper()}"]
    lines += [f"NAME:{_escaped(title)}", f"X-WR-CALNAME:{_escaped(title)}", "REFRESH-INTERVAL;VALUE=DURATION:P1D"]
    events = [line for app in catalog.listed for line in _events(site, app, language)]
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, *(events or _NOTHING), "END:VCALENDAR"))


def _events(site: Site, app: App, language: Language) -> Iterator[str]:
    newest = {release.build.sha256: release for release in (app.newest, *map(app.newest_of, app.channels))}
    for release in newest.values():
        for kind, moment in terms_of(release.build).items():
            yield from _event(site, app, release, kind, moment, language)


def _event(  # noqa: PLR0913, PLR0917 - an event consists of these
    site: Site, app: App, release: Release, kind: str, moment: datetime, language: Language
) -> Iterator[str]:
    summary = _escaped(language.gettext(_SUMMARIES[kind], name=f"{app.name} {number(release)}"))
    host = urlsplit(site.base_url).hostname if site.base_url else None
    yield "BEGIN:VEVENT"
    yield f"UID:{kind}-{release.build.sha256[:32]}@{host or 'ota-site'}"
    yield f"DTSTAMP:{made(app)[release.build.sha256]:%Y%m%dT%H%M%SZ}"
    # strftime writes the year 1 as "1".
    yield f"DTSTART;VALUE=DATE:{moment.date().isoformat().replace('-', '')}"
    yield f"SUMMARY:{summary}"
    then = language.gettext("From then on, this build cannot be installed.")
    yield f"DESCRIPTION:{_escaped(then)}"
    if site.base_url:
        yield f"URL:{paths.url(paths.build_page(app, release), site.base_url)}"
    yield "TRANSP:TRANSPARENT"
    yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{summary}", "TRIGGER:-P14D", "END:VALARM")
    yield "END:VEVENT"


def _escaped(text: str) -> str:
    """Return a text escaped as a value on one line."""
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).replace("\n", "\\n")


def _folded(line: str) -> str:
    """Return a line folded at no more than 75 octets, never inside a character."""
    pieces, room = [""], _OCTETS
    for character in line:
        size = len(character.encode())
        if size > room:
            pieces.append("")
            room = _OCTETS - 1  # for the leading space of the next piece
        pieces[-1] += character
        room -= size
    return "\r\n ".join(pieces)
