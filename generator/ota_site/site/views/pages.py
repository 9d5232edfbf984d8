"""Build the view of each kind of page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.catalog import paths
from ota_site.model.teams import public_team
from ota_site.site.views.contract import (
    AppPage,
    AppView,
    BuildPage,
    CatalogPage,
    HelpPage,
    Html,
    LinkView,
    NotFoundPage,
    OwnPage,
    ScreenshotView,
)
from ota_site.site.views.frame import show_contact
from ota_site.site.views.lists import (
    show_channel_choices,
    show_channels,
    show_history,
    show_platforms,
    show_row,
    show_signings,
)
from ota_site.site.views.release import number, show_release
from ota_site.site.views.rights import show_changes, show_permissions, show_rights
from ota_site.site.views.verdict import is_blocked

if TYPE_CHECKING:
    from ota_site.model.catalog import App, Catalog, Release
    from ota_site.model.texts import TextPage, Texts
    from ota_site.site.views.place import Place
    from ota_site.site.views.siblings import Siblings


def catalog_page(place: Place, catalog: Catalog, texts: Texts) -> CatalogPage:
    """Return the front page."""
    rows = tuple(show_row(place, app) for app in catalog.listed)
    return CatalogPage(
        title=place.site.title,
        body=place.html(texts.front),
        qr=place.qr(),
        apps=rows,
        platforms=show_platforms(rows),
        signings=show_signings(place, rows),
        channels=show_channel_choices(place.site.channels, rows),
        notes=place.to(paths.SEARCH),
    )


def app_page(place: Place, app: App, siblings: Siblings, channel: str | None = None) -> AppPage:
    """Return the page of an app, which shows its newest build, or the newest build of a channel."""
    release = siblings.newest[channel] if channel else app.newest
    return AppPage(
        title=f"{app.name} – {place.site.title}",
        app=_app(place, app),
        release=show_release(place, app, release),
        instead=_instead(place, app, siblings, release),
        channel=channel,
        channels=show_channels(place, app, siblings, channel),
        history=show_history(place, app, release),
        builds=len(app.releases),
        before=_link(place, app, app.before(release)),
        feed=place.href(paths.app_feed(app)) if place.site.base_url else None,
    )


def build_page(place: Place, app: App, siblings: Siblings, release: Release, older: Release | None) -> BuildPage:
    """Return the page of one build. `older` is the previous build."""
    return BuildPage(
        title=f"{app.name} {number(release)} – {place.site.title}",
        app=_app(place, app),
        release=show_release(place, app, release),
        instead=_instead(place, app, siblings, release),
        newest=_newest(place, app, siblings, release),
        before=_link(place, app, older),
        changes=show_changes(place.language, older, release),
        permissions=show_permissions(place.language, release.build),
        rights=show_rights(place.language, release.build),
        frameworks=release.build.frameworks,
    )


def _newest(place: Place, app: App, siblings: Siblings, release: Release) -> LinkView | None:
    """Return a link to a newer build, preferably in the same channel: other channels may be for other testers."""
    channel = release.text.channel
    if channel and (newest := siblings.newest[channel]) is not release:
        return LinkView(title=number(newest), href=place.to(paths.channel_page(app, channel)))
    if release is app.newest:
        return None
    return LinkView(title=number(app.newest), href=place.to(paths.app_page(app)))


def _instead(place: Place, app: App, siblings: Siblings, release: Release) -> LinkView | None:
    """Return a link to the newest installable build if this one does not install, preferably in the same channel."""
    return _link(place, app, siblings.instead_of(release)) if is_blocked(release) else None


def _link(place: Place, app: App, release: Release | None) -> LinkView | None:
    return LinkView(title=number(release), href=place.to(paths.build_page(app, release))) if release else None


def own_page(place: Place, page: TextPage) -> OwnPage:
    """Return a page written by the owner."""
    return OwnPage(title=page.title, body=place.html(page.body) or Html("", page.body.language))


def help_page(place: Place) -> HelpPage:
    """Return the help page."""
    return HelpPage(title=place.language.gettext("Help"))


def not_found_page(place: Place) -> NotFoundPage:
    """Return the page for unknown addresses."""
    return NotFoundPage(title=place.language.gettext("Not found"))


def _app(place: Place, app: App) -> AppView:
    shots = tuple(
        ScreenshotView(src=place.href(shot.path), width=shot.width, height=shot.height, alt=shot.alt)
        for shot in app.text.screenshots
    )
    return AppView(
        name=app.name,
        subtitle=app.text.subtitle or public_team(app.newest.build.signing) or "",
        bundle_id=app.bundle_id,
        href=place.to(paths.app_page(app)),
        tags=app.text.tags,
        links=tuple(LinkView(title=link.title, href=link.url) for link in app.text.links),
        contact=show_contact(app.text.contact or place.site.contact),
        body=place.html(app.text.body),
        screenshots=shots,
    )
