"""Each kind of page, filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import paths
from generator.teams import public_team
from generator.views.contract import (
    AppPage,
    AppView,
    BuildPage,
    CatalogPage,
    CatalogRow,
    HelpPage,
    Html,
    LinkView,
    NotFoundPage,
    OwnPage,
    ScreenshotView,
)
from generator.views.place import Place, show_day
from generator.views.release import MISSING, show_history, show_release, show_verdict

if TYPE_CHECKING:
    from generator.model.catalog import App, Catalog, Release, TextPage, Texts


def catalog_page(place: Place, catalog: Catalog, texts: Texts) -> CatalogPage:
    """Return the front page."""
    rows = tuple(_row(place, app) for app in catalog.apps if not app.text.hidden)
    return CatalogPage(title=place.site.title, body=place.html(texts.front), qr=place.qr(), apps=rows)


def app_page(place: Place, app: App) -> AppPage:
    """Return the page of an app, which shows its newest build."""
    return AppPage(
        title=f"{app.name} – {place.site.title}",
        app=_app(place, app),
        release=show_release(place, app, app.newest),
        history=show_history(place, app, app.newest),
    )


def build_page(place: Place, app: App, release: Release) -> BuildPage:
    """Return the page of one build."""
    index = app.releases.index(release)
    older = app.releases[index + 1 : index + 2]
    newest = LinkView(title=_number(app.newest), href=place.href(paths.app_page(app)))
    before = (LinkView(title=_number(each), href=place.href(paths.build_page(app, each))) for each in older)
    return BuildPage(
        title=f"{app.name} {_number(release)} – {place.site.title}",
        app=_app(place, app),
        release=show_release(place, app, release),
        newest=newest if index else None,
        before=next(before, None),
    )


def own_page(place: Place, page: TextPage) -> OwnPage:
    """Return a page of the owner's own."""
    return OwnPage(title=page.title, body=place.html(page.body) or Html(""))


def help_page() -> HelpPage:
    """Return the help page."""
    return HelpPage(title="Help")


def not_found_page() -> NotFoundPage:
    """Return the page for addresses that lead nowhere."""
    return NotFoundPage(title="Not found")


def _number(release: Release) -> str:
    build = release.build
    return f"{build.version or MISSING} ({build.build})" if build.build else build.version or MISSING


def _row(place: Place, app: App) -> CatalogRow:
    build = app.newest.build
    return CatalogRow(
        name=app.name,
        subtitle=app.text.subtitle or public_team(build.signing) or "",
        href=place.href(paths.app_page(app)),
        icon=place.icon(build),
        version=build.version or MISSING,
        built=show_day(build.built),
        verdict=show_verdict(app.newest),
    )


def _app(place: Place, app: App) -> AppView:
    shots = tuple(
        ScreenshotView(src=place.href(shot.path), width=shot.width, height=shot.height, alt=shot.alt)
        for shot in app.text.screenshots
    )
    return AppView(
        name=app.name,
        subtitle=app.text.subtitle or public_team(app.newest.build.signing) or "",
        bundle_id=app.bundle_id,
        href=place.href(paths.app_page(app)),
        tags=app.text.tags,
        links=tuple(LinkView(title=link.title, href=link.url) for link in app.text.links),
        body=place.html(app.text.body),
        screenshots=shots,
    )
