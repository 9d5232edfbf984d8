"""The catalog for machines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import paths
from generator.apple.install_link import install_link
from generator.records import replace, to_json, to_table
from generator.teams import public_team

if TYPE_CHECKING:
    from generator.model.catalog import App, Catalog, Release, Site

SCHEMA = 1
"""Raised when a field of catalog.json changes its meaning or goes."""


def catalog_json(site: Site, catalog: Catalog) -> str:
    """Return catalog.json: every app with every build's record, findings and addresses.

    `page`, `manifest`, `ipa` and `icon` are paths from the site's root; `install` is the link itself, null
    while the site has no address.
    """
    table = {
        "schema": SCHEMA,
        "title": site.title,
        "address": site.base_url,
        "apps": [_app(site, app) for app in catalog.apps if not app.text.hidden],
    }
    return to_json(table, indent=1).decode() + "\n"


def _app(site: Site, app: App) -> dict[str, object]:
    return {
        "bundle_id": app.bundle_id,
        "name": app.name,
        "subtitle": app.text.subtitle,
        "tags": app.text.tags,
        "page": paths.href(paths.app_page(app), paths.CATALOG),
        "builds": [_build(site, app, release) for release in app.releases],
    }


def _build(site: Site, app: App, release: Release) -> dict[str, object]:
    build = release.build
    # Whoever made a profile names it; names of people are among those names. What the code is made of is for `inspect`.
    signing = replace(build.signing, team=public_team(build.signing), profile=None, entitlements={}, certificates=())
    public = replace(build, signing=signing, executable=None, nested=())
    page = paths.build_page(app, release)
    manifest = paths.manifest(page)
    return {
        **to_table(public),
        "problems": to_table(release.problems),
        "page": paths.href(page, paths.CATALOG),
        "manifest": manifest if site.base_url else None,
        "ipa": paths.ipa(release),
        "icon_512": paths.icon(build, paths.MANIFEST_SIDES[-1]),
        "install": install_link(paths.url(manifest, site.base_url)) if site.base_url else None,
    }
