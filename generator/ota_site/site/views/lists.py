"""Lists of builds and apps: the history of an app, its channels, the rows of the catalog."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from ota_site.catalog import paths
from ota_site.catalog.channels import in_order
from ota_site.model.build import SigningKind
from ota_site.model.records import to_json
from ota_site.model.teams import public_team
from ota_site.site.views.contract import CatalogRow, ChannelView, ChoiceView, RowView, VersionView
from ota_site.site.views.release import MISSING, SIGNING, families
from ota_site.site.views.verdict import show_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ota_site.model.catalog import App, Release
    from ota_site.model.texts import RichText
    from ota_site.site.views.place import Place
    from ota_site.site.views.siblings import Siblings

_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")
_SEARCHED = 3
_SEARCHED_LENGTH = 2000


def show_history(place: Place, app: App, current: Release | None) -> tuple[VersionView, ...]:
    """Return all builds of an app by version, newest first."""
    versions: dict[str, list[RowView]] = {}
    for release in app.releases:
        build = release.build
        words = (build.version, build.build, release.text.channel, release.text.origin.branch)
        row = RowView(
            version=build.version or MISSING,
            build=build.build or "",
            href=place.to(paths.build_page(app, release)),
            built=place.day(build.built),
            channel=release.text.channel,
            verdict=show_verdict(place, release),
            current=release is current,
            search=_searched(words),
        )
        versions.setdefault(row.version, []).append(row)
    return tuple(VersionView(version=version, rows=tuple(rows)) for version, rows in versions.items())


def show_channels(place: Place, app: App, siblings: Siblings, current: str | None) -> tuple[ChannelView, ...]:
    """Return the channels of an app, each with its newest build."""
    return tuple(
        ChannelView(
            name=channel,
            version=release.build.version or MISSING,
            build=release.build.build or "",
            href=place.to(paths.channel_page(app, channel)),
            built=place.day(release.build.built),
            verdict=show_verdict(place, release),
            current=channel == current,
        )
        for channel in app.channels
        for release in (siblings.newest[channel],)
    )


def show_row(place: Place, app: App) -> CatalogRow:
    """Return an app as the catalog lists it."""
    build, signing = app.newest.build, app.newest.build.signing
    team = public_team(signing)
    words = (app.name, app.bundle_id, build.version, build.build, app.text.subtitle, team)
    more = (*app.channels, *app.text.tags, *build.names.values())
    return CatalogRow(
        name=app.name,
        subtitle=app.text.subtitle or team or "",
        href=place.to(paths.app_page(app)),
        icon=place.icon(build),
        bundle_id=app.bundle_id,
        version=build.version or MISSING,
        build=build.build or "",
        built=place.day(build.built),
        verdict=show_verdict(place, app.newest),
        platforms=families(build),
        signing=signing.kind.value,
        channels=app.channels,
        tags=app.text.tags,
        search=_searched((*words, *more)),
    )


def show_platforms(rows: Iterable[CatalogRow]) -> tuple[ChoiceView, ...]:
    """Return the choices of the catalog's device filter."""
    values = dict.fromkeys(value for row in rows for value in row.platforms)
    return _choices([(value, value) for value in sorted(values, key=_apple_order)])


def show_signings(place: Place, rows: Iterable[CatalogRow]) -> tuple[ChoiceView, ...]:
    """Return the choices of the catalog's signing filter."""
    values = sorted({row.signing for row in rows})
    return _choices([(value, place.language.gettext(SIGNING[SigningKind(value)])) for value in values])


def show_channel_choices(site_channels: tuple[str, ...], rows: Iterable[CatalogRow]) -> tuple[ChoiceView, ...]:
    """Return the choices of the catalog's channel filter, in the owner's order."""
    values = in_order((channel for row in rows for channel in row.channels), site_channels)
    return _choices([(value, value) for value in values], least=1)


def search_json(apps: Iterable[App]) -> str:
    """Return the texts that a search looks in as a JSON list: one case-folded text per app, in the order of `apps`."""
    texts = []
    for app in apps:
        notes = (_words(release.text.notes) for release in app.releases[:_SEARCHED])
        texts.append(_searched((_words(app.text.body), *notes))[:_SEARCHED_LENGTH])
    return to_json(texts).decode()


def _words(text: RichText) -> str:
    """Return the words of a text without markup, for searching only."""
    markup = "".join(part for part in text.parts if isinstance(part, str))
    return _SPACE.sub(" ", html.unescape(_TAG.sub(" ", markup))).strip()


def _choices(choices: Sequence[tuple[str, str]], *, least: int = 2) -> tuple[ChoiceView, ...]:
    shown = tuple(ChoiceView(value=value, text=text) for value, text in choices)
    return shown if len(shown) >= least else ()


def _apple_order(device: str) -> tuple[bool, str]:
    return device != "iPhone", device


def _searched(words: Iterable[str | None]) -> str:
    return " ".join(dict.fromkeys(word.casefold() for word in words if word))
