"""Every file of the site, decided: from the catalog and the texts to a plan. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import partial
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ota_site.apple.install.manifest import Manifest
from ota_site.catalog import paths
from ota_site.hosts.files import headers_file, robots_file
from ota_site.i18n.languages import Language
from ota_site.model.build import Source
from ota_site.model.catalog import Catalog, Site
from ota_site.model.records import Record
from ota_site.model.texts import TextPage, Texts
from ota_site.site.feeds import feed_files
from ota_site.site.recipes import Copy, Icon, Letter, Page, Plan, Qr, Recipe, Static, Text, make_plan
from ota_site.site.recipes import Manifest as ManifestRecipe
from ota_site.site.stylesheet import look_css
from ota_site.site.views import pages
from ota_site.site.views.frame import Frame, show_site
from ota_site.site.views.lists import search_json
from ota_site.site.views.place import Place
from ota_site.site.views.siblings import find_siblings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ota_site.model.build import Build
    from ota_site.model.catalog import App, Release
    from ota_site.site.views.contract import PageView


class Edition(Record, kw_only=True):
    """The site in one language: what the owner wrote in it, and the catalog with those words."""

    language: Language
    catalog: Catalog
    texts: Texts


class Matter(Record, kw_only=True):
    """All that a site is made from. `editions` are one for each language, the site's own first.

    `assets` are the theme's files below the folder `assets_folder` of the site, `media` the owner's files that texts
    refer to, `logo` the owner's logo, each with its file on disk.
    """

    site: Site
    editions: tuple[Edition, ...]
    assets_folder: PurePosixPath
    assets: tuple[tuple[PurePosixPath, Source], ...]
    media: tuple[tuple[PurePosixPath, Source], ...]
    logo: tuple[PurePosixPath, Source] | None = None


Recall = Callable[[tuple[str, ...], object, Callable[[], Iterable[Recipe]]], Iterable[Recipe]]
"""Gives what was made before under a name from equal matter, else makes it."""


def plan_site(matter: Matter) -> Plan:
    """Return the plan of the whole site. Raises SiteError where two files would take one place."""
    return make_plan((*site_recipes(matter), *feed_recipes(matter)))


def _anew(_name: tuple[str, ...], _matter: object, make: Callable[[], Iterable[Recipe]]) -> Iterable[Recipe]:
    return make()


def site_recipes(matter: Matter, recall: Recall = _anew) -> Iterator[Recipe]:
    """Yield everything but the files for machines. recall: spares making again what is made of equal matter."""
    site, own = matter.site, matter.editions[0]
    for path, source in matter.assets:
        yield Static(path=path, source=source)
    for path, source in (*matter.media, *((matter.logo,) if matter.logo else ())):
        yield Copy(path=path, source=source)
    frame = _frame(matter)
    if frame.look:
        yield Text(path=frame.look, text=look_css(site.look))
    for app in own.catalog.apps:
        yield from recall(("files", app.bundle_id), (site, app), partial(_app_files, site, app))
    yield from _qr(site, paths.HOME)
    for edition in matter.editions:
        room = _Room(site=site, frame=frame, language=edition.language, own_pages=edition.texts.pages)
        for app in edition.catalog.apps:
            yield from recall(
                ("pages", edition.language.tag, app.bundle_id), (room, app), partial(_app_pages, room, app)
            )
        yield from _other_pages(room, edition)
    yield Text(path=paths.HEADERS, text=headers_file(indexed=site.indexed))
    yield Text(path=paths.ROBOTS, text=robots_file(indexed=site.indexed))
    yield Text(path=paths.NO_JEKYLL, text="")


def feed_recipes(matter: Matter) -> Iterator[Recipe]:
    """Yield the files for machines, in the site's own language."""
    own, logo = matter.editions[0], matter.logo
    for path, text in feed_files(matter.site, own.catalog, own.language, logo=logo[0] if logo else None):
        yield Text(path=path, text=text)


class _Room(Record, kw_only=True):
    """What all pages of one language share."""

    site: Site
    frame: Frame
    language: Language
    own_pages: tuple[TextPage, ...]

    def place(self, path: PurePosixPath, *, rooted: bool = False) -> Place:
        return Place(site=self.site, path=path, language=self.language, rooted=rooted)

    def page(self, place: Place, view: PageView) -> Page:
        return Page(path=place.file, site=show_site(place, self.frame, self.own_pages), page=view)


def _frame(matter: Matter) -> Frame:
    css = look_css(matter.site.look)
    digest = hashlib.sha256(css.encode()).hexdigest()[:12]
    return Frame(
        assets=matter.assets_folder,
        languages={edition.language.tag: edition.language for edition in matter.editions},
        look=PurePosixPath("assets", digest, "look.css") if css else None,
        logo=matter.logo[0] if matter.logo else None,
    )


def _app_pages(room: _Room, app: App) -> Iterator[Recipe]:
    siblings = find_siblings(app)
    place = room.place(paths.app_page(app))
    yield room.page(place, pages.app_page(place, app, siblings))
    for channel in app.channels:
        place = room.place(paths.channel_page(app, channel))
        yield room.page(place, pages.app_page(place, app, siblings, channel))
    for release, older in zip_longest(app.releases, app.releases[1:]):
        place = room.place(paths.build_page(app, release))
        yield room.page(place, pages.build_page(place, app, siblings, release, older))


def _other_pages(room: _Room, edition: Edition) -> Iterator[Recipe]:
    for text in edition.texts.pages:
        place = room.place(text.path)
        yield room.page(place, pages.own_page(place, text))
    home, helping = room.place(paths.HOME), room.place(paths.HELP)
    yield room.page(home, pages.catalog_page(home, edition.catalog, edition.texts))
    yield room.page(helping, pages.help_page(helping))
    yield Text(path=home.translated(paths.SEARCH), text=search_json(edition.catalog.listed))
    if edition.language.tag == room.site.language:
        lost = room.place(paths.NOT_FOUND, rooted=True)
        yield room.page(lost, pages.not_found_page(lost))


def _app_files(site: Site, app: App) -> Iterator[Recipe]:
    """Yield the files that all languages share."""
    newest = [(paths.channel_page(app, channel), app.newest_of(channel)) for channel in app.channels]
    own = [(paths.build_page(app, release), release) for release in app.releases]
    for page, release in ((paths.app_page(app), app.newest), *newest, *own):
        yield from _install(site, app, release, page)
        yield from _qr(site, page)
    for release in app.releases:
        yield Copy(path=paths.ipa(release), source=release.source, sha256=release.build.sha256)
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
    build, wording = release.build, release.text.wording
    small, full = (paths.url(paths.icon(build, side), base_url) for side in paths.MANIFEST_SIDES)
    return Manifest(
        ipa_url=paths.url(paths.ipa(release), base_url),
        chunks=build.chunks,
        display_image_url=small,
        full_size_image_url=full,
        bundle_id=build.bundle_id,
        version=build.version or build.build or "0",
        title=_title(wording.title or app.name, build),
        subtitle=wording.subtitle or app.text.subtitle,
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
