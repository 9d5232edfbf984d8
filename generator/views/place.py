"""A page's point of view: where it stands, and how it names what lies elsewhere."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from generator import paths
from generator.model.catalog import Site
from generator.records import Record
from generator.views.contract import DayView, Html, IconView, LinkView, QrView, SiteView
from generator.words import day

if TYPE_CHECKING:
    from datetime import datetime

    from generator.model.build import Build
    from generator.model.catalog import RichText, TextPage


class Place(Record, kw_only=True):
    """A page at `path` of `site`. `rooted` links start at the host, for a page that is shown at any depth."""

    site: Site
    path: PurePosixPath
    rooted: bool = False

    def href(self, target: PurePosixPath) -> str:
        """Return the link from this page to a file of the site."""
        if self.rooted:
            return urlsplit(paths.url(target, self.site.base_url or "https://host/")).path
        return paths.href(target, self.path)

    def html(self, text: RichText) -> Html | None:
        """Return an owner's text with its links made for this page; None for no text."""
        parts = (part if isinstance(part, str) else self.href(part) for part in text.parts)
        return Html("".join(parts)) if text else None

    def icon(self, build: Build) -> IconView:
        """Return the icon of a build."""
        small, large = (self.href(paths.icon(build, side)) for side in paths.PAGE_SIDES)
        return IconView(small=small, large=large)

    def qr(self) -> QrView | None:
        """Return this page's own QR code."""
        if self.site.base_url is None:
            return None
        return QrView(
            svg=self.href(paths.qr(self.path, "svg")),
            png=self.href(paths.qr(self.path, "png")),
            address=paths.url(self.path, self.site.base_url),
        )


def show_day(moment: datetime | None) -> DayView | None:
    """Return a day for people and machines."""
    return DayView(iso=moment.strftime("%Y-%m-%dT%H:%M:%SZ"), text=day(moment)) if moment else None


def show_site(place: Place, assets: PurePosixPath, pages: tuple[TextPage, ...]) -> SiteView:
    """Return the site as this page sees it. assets: the folder of the theme's files; pages: the owner's own."""
    return SiteView(
        title=place.site.title,
        language=place.site.language,
        indexed=place.site.indexed,
        address=place.site.base_url,
        home=place.href(paths.HOME),
        help=place.href(paths.HELP),
        stylesheet=place.href(assets / "style.css"),
        script=place.href(assets / "page.js"),
        favicon=place.href(assets / "favicon.svg"),
        pages=tuple(LinkView(title=page.title, href=place.href(page.path)) for page in pages),
    )
