"""The catalog for machines: every file that a program, not a person, reads. Pure."""

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
    """Yield every file for machines: its place in the site, and its text.

    language: the site's own, in which the catalog's texts are. logo: the place of the owner's. Feeds and the AltStore
    source hold absolute addresses only, so there are none while the site has no address.
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
