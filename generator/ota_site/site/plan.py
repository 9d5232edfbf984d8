"""Plan every file of the site from the catalog and the texts. Pure."""

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
from ota_site.site.recipes import (
    CopyOutput,
    IconOutput,
    LetterOutput,
    ManifestOutput,
    PageOutput,
    Plan,
    QrOutput,
    Recipe,
    StaticOutput,
    TextOutput,
    make_plan,
)
from ota_site.site.stylesheet import branding_css
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


class LocalizedSite(Record, kw_only=True):
    """The site in one language: the owner's texts, and the catalog that uses them."""

    language: Language
    catalog: Catalog
    texts: Texts


class SiteInput(Record, kw_only=True):
    """Everything a site is built from. `localized` has one item for each language, the site's default language first.

    `assets` are the theme's files, published in `assets_folder`. `media` are the owner's files that texts refer to.
    `logo` is the owner's logo. Each is a path in the site with its file on disk.
    """

    site: Site
    localized: tuple[LocalizedSite, ...]
    assets_folder: PurePosixPath
    assets: tuple[tuple[PurePosixPath, Source], ...]
    media: tuple[tuple[PurePosixPath, Source], ...]
    logo: tuple[PurePosixPath, Source] | None = None


Recall = Callable[[tuple[str, ...], object, Callable[[], Iterable[Recipe]]], Iterable[Recipe]]
"""Return the recipes remembered under a name for equal inputs, or make them."""


def plan_site(site_input: SiteInput) -> Plan:
    """Return the plan of the whole site. Raises SiteError if two files have the same path."""
    return make_plan((*site_recipes(site_input), *feed_recipes(site_input)))


def _make(_name: tuple[str, ...], _inputs: object, make: Callable[[], Iterable[Recipe]]) -> Iterable[Recipe]:
    return make()


def site_recipes(site_input: SiteInput, recall: Recall = _make) -> Iterator[Recipe]:
    """Yield every recipe except the feeds. recall: returns the remembered recipes for equal inputs."""
    site, own = site_input.site, site_input.localized[0]
    for path, source in site_input.assets:
        yield StaticOutput(path=path, source=source)
    for path, source in (*site_input.media, *((site_input.logo,) if site_input.logo else ())):
        yield CopyOutput(path=path, source=source)
    frame = _frame(site_input)
    if frame.look:
        yield TextOutput(path=frame.look, text=branding_css(site.branding))
    for app in own.catalog.apps:
        yield from recall(("files", app.bundle_id), (site, app), partial(_app_files, site, app))
    yield from _qr(site, paths.HOME)
    for localized_site in site_input.localized:
        context = _PageContext(
            site=site, frame=frame, language=localized_site.language, own_pages=localized_site.texts.pages
        )
        for app in localized_site.catalog.apps:
            yield from recall(
                ("pages", localized_site.language.tag, app.bundle_id), (context, app), partial(_app_pages, context, app)
            )
        yield from _other_pages(context, localized_site)
    yield TextOutput(path=paths.HEADERS, text=headers_file(indexed=site.indexed))
    yield TextOutput(path=paths.ROBOTS, text=robots_file(indexed=site.indexed))
    yield TextOutput(path=paths.NO_JEKYLL, text="")


def feed_recipes(site_input: SiteInput) -> Iterator[Recipe]:
    """Yield the feeds, in the site's default language."""
    own, logo = site_input.localized[0], site_input.logo
    for path, text in feed_files(site_input.site, own.catalog, own.language, logo=logo[0] if logo else None):
        yield TextOutput(path=path, text=text)


class _PageContext(Record, kw_only=True):
    """The values that all pages of one language share."""

    site: Site
    frame: Frame
    language: Language
    own_pages: tuple[TextPage, ...]

    def place(self, path: PurePosixPath, *, rooted: bool = False) -> Place:
        return Place(site=self.site, path=path, language=self.language, rooted=rooted)

    def page(self, place: Place, view: PageView) -> PageOutput:
        return PageOutput(path=place.file, site=show_site(place, self.frame, self.own_pages), page=view)


def _frame(site_input: SiteInput) -> Frame:
    css = branding_css(site_input.site.branding)
    digest = hashlib.sha256(css.encode()).hexdigest()[:12]
    return Frame(
        assets=site_input.assets_folder,
        languages={localized_site.language.tag: localized_site.language for localized_site in site_input.localized},
        look=PurePosixPath("assets", digest, "look.css") if css else None,
        logo=site_input.logo[0] if site_input.logo else None,
    )


def _app_pages(context: _PageContext, app: App) -> Iterator[Recipe]:
    siblings = find_siblings(app)
    place = context.place(paths.app_page(app))
    yield context.page(place, pages.app_page(place, app, siblings))
    for channel in app.channels:
        place = context.place(paths.channel_page(app, channel))
        yield context.page(place, pages.app_page(place, app, siblings, channel))
    for release, older in zip_longest(app.releases, app.releases[1:]):
        place = context.place(paths.build_page(app, release))
        yield context.page(place, pages.build_page(place, app, siblings, release, older))


def _other_pages(context: _PageContext, localized_site: LocalizedSite) -> Iterator[Recipe]:
    for text in localized_site.texts.pages:
        place = context.place(text.path)
        yield context.page(place, pages.own_page(place, text))
    home, helping = context.place(paths.HOME), context.place(paths.HELP)
    yield context.page(home, pages.catalog_page(home, localized_site.catalog, localized_site.texts))
    yield context.page(helping, pages.help_page(helping))
    yield TextOutput(path=home.translated(paths.SEARCH), text=search_json(localized_site.catalog.listed))
    if localized_site.language.tag == context.site.language:
        lost = context.place(paths.NOT_FOUND, rooted=True)
        yield context.page(lost, pages.not_found_page(lost))


def _app_files(site: Site, app: App) -> Iterator[Recipe]:
    """Yield an app's files that all languages share."""
    newest = [(paths.channel_page(app, channel), app.newest_of(channel)) for channel in app.channels]
    own = [(paths.build_page(app, release), release) for release in app.releases]
    for page, release in ((paths.app_page(app), app.newest), *newest, *own):
        yield from _install(site, app, release, page)
        yield from _qr(site, page)
    for release in app.releases:
        yield CopyOutput(path=paths.ipa(release), source=release.source, sha256=release.build.sha256)
        yield from _icons(release)


def _install(site: Site, app: App, release: Release, page: PurePosixPath) -> Iterator[Recipe]:
    """Yield the manifest that a page's install button uses, or nothing if the site has no address."""
    if site.base_url is None:
        return
    yield ManifestOutput(path=paths.manifest(page), manifest=_manifest(site.base_url, app, release))


def _qr(site: Site, page: PurePosixPath) -> Iterator[QrOutput]:
    """Yield the QR codes of a page's address, or nothing if the site has no address."""
    if site.base_url is not None:
        for kind in ("svg", "png"):
            yield QrOutput(path=paths.qr(page, kind), text=paths.url(page, site.base_url))


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
    """Return the title for the install prompt. iOS requires more than one character."""
    return name if len(name) > 1 else f"{name} {build.version or build.bundle_id}"


def _icons(release: Release) -> Iterator[Recipe]:
    build = release.build
    for side in (*paths.MANIFEST_SIDES, *paths.PAGE_SIDES):
        path = paths.icon(build, side)
        if build.icon:
            yield IconOutput(path=path, ipa=release.source, icon=build.icon, side=side)
        else:
            letter, hue = paths.letter(build.bundle_id)
            yield LetterOutput(path=path, letter=letter, hue=hue, side=side)
