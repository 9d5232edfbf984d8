"""Feeds: the machine-readable files of the site. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.catalog import paths
from ota_site.site.feeds.altstore import altstore_json
from ota_site.site.feeds.atom import app_feed, site_feed
from ota_site.site.feeds.calendar import expiry_ics
from ota_site.site.feeds.catalog import app_json, catalog_json
from ota_site.site.feeds.latest import latest_json
from ota_site.site.feeds.webmanifest import webmanifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from ota_site.i18n.languages import Language
    from ota_site.model.catalog import Catalog, Site


def feed_files(
    site: Site, catalog: Catalog, language: Language, *, logo: PurePosixPath | None = None
) -> Iterator[tuple[PurePosixPath, str]]:
    """Yield the path and text of every feed.

    language: the site's default language, which the catalog's texts use. logo: the path of the owner's logo. Atom
    feeds and the AltStore source contain absolute URLs only, so they are skipped if the site has no address.
    """
    yield paths.CATALOG, catalog_json(site, catalog)
    for app in catalog.apps:
        yield paths.app_json(app), app_json(site, app)
        yield paths.latest(app), latest_json(site, app)
        if site.base_url:
            yield paths.app_feed(app), app_feed(site, app, language)
    if site.base_url:
        yield paths.FEED, site_feed(site, catalog, language)
        yield paths.ALTSTORE, altstore_json(site, site.base_url, catalog)
    yield paths.EXPIRY, expiry_ics(site, catalog, language)
    yield paths.WEBMANIFEST, webmanifest(site, catalog, language, logo)
