"""The path and language of a page, and the links from it to other files."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ota_site.catalog import paths
from ota_site.i18n.languages import Language
from ota_site.model.catalog import Site
from ota_site.model.records import Record
from ota_site.site.views.contract import DayView, Html, IconView, QrView

if TYPE_CHECKING:
    from datetime import datetime

    from ota_site.model.build import Build
    from ota_site.model.texts import RichText


class Place(Record, kw_only=True):
    """A page of `site` in one of its languages.

    `path` is the page's path in the site's default language. With `rooted`, links start at the root of the host, for
    a page that a host shows at any depth.
    """

    site: Site
    path: PurePosixPath
    language: Language
    rooted: bool = False

    @property
    def file(self) -> PurePosixPath:
        """Return the path of this page in the site."""
        return self.translated(self.path)

    def translated(self, page: PurePosixPath) -> PurePosixPath:
        """Return the path of a page in this page's language."""
        tag = self.language.tag
        return page if tag == self.site.language else paths.in_language(page, tag)

    def href(self, target: PurePosixPath) -> str:
        """Return the link from this page to a file that all languages share."""
        if self.rooted:
            return urlsplit(paths.url(target, self.site.base_url or "https://host/")).path
        return paths.href(target, self.file)

    def to(self, page: PurePosixPath) -> str:
        """Return the link from this page to another page, in the same language."""
        return self.href(self.translated(page))

    def url(self, target: PurePosixPath) -> str | None:
        """Return the absolute URL of a file, or None if the site has no address."""
        return paths.url(target, self.site.base_url) if self.site.base_url else None

    def html(self, text: RichText) -> Html | None:
        """Return an owner's text with links that are relative to this page, or None for an empty text."""
        parts = (part if isinstance(part, str) else self._link(part) for part in text.parts)
        return Html("".join(parts), text.language) if text else None

    def _link(self, target: PurePosixPath) -> str:
        return self.to(target) if target.suffix == ".html" else self.href(target)

    def icon(self, build: Build) -> IconView:
        """Return the icon of a build."""
        small, large = (self.href(paths.icon(build, side)) for side in paths.PAGE_SIDES)
        return IconView(small=small, large=large, share=self.url(paths.icon(build, paths.MANIFEST_SIDES[-1])))

    def qr(self) -> QrView | None:
        """Return the QR code of this page, which leads to the page in the site's default language."""
        if self.site.base_url is None:
            return None
        return QrView(
            svg=self.href(paths.qr(self.path, "svg")),
            png=self.href(paths.qr(self.path, "png")),
            address=paths.url(self.path, self.site.base_url),
        )

    def day(self, moment: datetime | None) -> DayView | None:
        """Return a day in words and in ISO 8601, or None for no moment."""
        if moment is None:
            return None
        return DayView(iso=iso(moment), text=self.language.day(moment), short=self.language.short_day(moment))


def iso(moment: datetime) -> str:
    """Return a moment in UTC as ISO 8601."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
