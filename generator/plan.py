"""Every file of the site, decided: from the catalog and the texts to a plan. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from generator import paths
from generator.apple.manifest import Manifest
from generator.feeds import catalog_json
from generator.hosts.files import headers_file, robots_file
from generator.model.build import Source
from generator.model.catalog import Catalog, Site, Texts
from generator.recipes import Copy, Icon, Letter, Page, Plan, Qr, Recipe, Text, make_plan
from generator.recipes import Manifest as ManifestRecipe
from generator.records import Record
from generator.views import pages
from generator.views.place import Place, show_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.model.build import Build
    from generator.model.catalog import App, Release
    from generator.views.contract import PageView


class Matter(Record, kw_only=True):
    """All that a site is made from. `assets` are the theme's files below the folder `assets_folder` of the site.

    `media` are the owner's files that texts refer to, as they stand on disk.
    """

    site: Site
    catalog: Catalog
    texts: Texts
    assets_folder: PurePosixPath
    assets: tuple[tuple[PurePosixPath, Source], ...]
    media: tuple[tuple[PurePosixPath, Source], ...]


def plan_site(matter: Matter) -> Plan:
    """Return the plan of the whole site. Raises SiteError where two files would take one place."""
    return make_plan(_recipes(matter))


def _recipes(matter: Matter) -> Iterator[Recipe]:
    for path, source in (*matter.assets, *matter.media):
        yield Copy(path=path, source=source)
    for app in matter.catalog.apps:
        yield from _app(matter, app)
    yield from _fixed_pages(matter)
    yield from _qr(matter.site, paths.HOME)
    indexed = matter.site.indexed
    yield Text(path=paths.CATALOG, text=catalog_json(matter.site, matter.catalog))
    yield Text(path=paths.HEADERS, text=headers_file(indexed=indexed))
    yield Text(path=paths.ROBOTS, text=robots_file(indexed=indexed))
    yield Text(path=paths.NO_JEKYLL, text="")


def _app(matter: Matter, app: App) -> Iterator[Recipe]:
    page = paths.app_page(app)
    place = Place(site=matter.site, path=page)
    yield _page(matter, place, pages.app_page(place, app))
    yield from _install(matter.site, app, app.newest, page)
    yield from _qr(matter.site, page)
    for release in app.releases:
        page = paths.build_page(app, release)
        place = Place(site=matter.site, path=page)
        yield Copy(path=paths.ipa(release), source=release.source, sha256=release.build.sha256)
        yield _page(matter, place, pages.build_page(place, app, release))
        yield from _install(matter.site, app, release, page)
        yield from _qr(matter.site, page)
        yield from _icons(release)


def _install(site: Site, app: App, release: Release, page: PurePosixPath) -> Iterator[Recipe]:
    """Yield the manifest that a page's button installs; nothing while the site has no address."""
    if site.base_url is None:
        return
    yield ManifestRecipe(path=paths.manifest(page), manifest=_manifest(site.base_url, app, release))


def _qr(site: Site, page: PurePosixPath) -> Iterator[Qr]:
    """Yield the QR code of a page's address; nothing while the site has none."""
    if site.base_url is not None:
        for kind in ("svg", "png"):
            yield Qr(path=paths.qr(page, kind), text=paths.url(page, site.base_url))


def _manifest(base_url: str, app: App, release: Release) -> Manifest:
    build = release.build
    small, full = (paths.url(paths.icon(build, side), base_url) for side in paths.MANIFEST_SIDES)
    return Manifest(
        ipa_url=paths.url(paths.ipa(release), base_url),
        chunks=build.chunks,
        display_image_url=small,
        full_size_image_url=full,
        bundle_id=build.bundle_id,
        version=build.version or build.build or "0",
        title=_title(release.wording.title or app.name, build),
        subtitle=release.wording.subtitle or app.text.subtitle,
        platform="com.apple.platform.iphoneos" if build.platform == "iPhoneOS" else None,
    )


def _title(name: str, build: Build) -> str:
    """Return the title for the prompt, which iOS wants longer than one character."""
    return name if len(name) > 1 else f"{name} {build.version or build.bundle_id}"


def _icons(release: Release) -> Iterator[Recipe]:
    build = release.build
    for side in (*paths.MANIFEST_SIDES, *paths.PAGE_SIDES):
        path = paths.icon(build, side)
        if build.icon:
            yield Icon(path=path, ipa=release.source, icon=build.icon, side=side)
        else:
            letter, hue = paths.letter(build.bundle_id)
            yield Letter(path=path, letter=letter, hue=hue, side=side)


def _fixed_pages(matter: Matter) -> Iterator[Page]:
    site = matter.site
    home, help_ = Place(site=site, path=paths.HOME), Place(site=site, path=paths.HELP)
    yield _page(matter, home, pages.catalog_page(home, matter.catalog, matter.texts))
    yield _page(matter, help_, pages.help_page())
    yield _page(matter, Place(site=site, path=paths.NOT_FOUND, rooted=True), pages.not_found_page())
    for text in matter.texts.pages:
        place = Place(site=site, path=text.path)
        yield _page(matter, place, pages.own_page(place, text))


def _page(matter: Matter, place: Place, page: PageView) -> Page:
    site = show_site(place, matter.assets_folder, matter.texts.pages)
    return Page(path=place.path, site=site, page=page)
