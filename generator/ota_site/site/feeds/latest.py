"""latest.json: an installed app reads it to find out whether it has a newer build. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from ota_site.apple.install.install_link import install_link
from ota_site.catalog import paths
from ota_site.model.records import Record, doc, fields, to_json
from ota_site.model.versions import version_key
from ota_site.rules.verdict import State, give_verdict
from ota_site.site.feeds.prose import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ota_site.model.catalog import App, Release, Site

SCHEMA = 1
"""Increased when a field of latest.json changes its meaning or is removed."""


class InstallOffer(Record, kw_only=True):
    """The newest installable build; its fields are null if there is none."""

    version: Annotated[str | None, doc("CFBundleShortVersionString.")] = None
    build: Annotated[str | None, doc("CFBundleVersion.")] = None
    mandatory: Annotated[bool, doc("Whether this build is a required update.")] = False
    minimum_build: Annotated[
        str | None,
        doc("The oldest supported build number: the owner's value, or that of a newer required update."),
    ] = None
    minimum_os: Annotated[str | None, doc("The oldest system version that it runs on.")] = None
    released: Annotated[datetime | None, doc("When it was built, in UTC; null if the archive has no times.")] = None
    page: Annotated[str | None, doc("The build's page: an address, or a path if the site has no address.")] = None
    install: Annotated[str | None, doc("The itms-services link that installs it; null if the site has no address.")] = (
        None
    )
    notes: Annotated[str, doc("The release notes as plain text, at most 4,000 characters.")] = ""


class LatestFile(InstallOffer, kw_only=True):
    """latest.json: the newest installable build of an app, overall and in each channel."""

    schema: Annotated[int, doc("Increased when a field is removed or changes its meaning, not when a field is added.")]
    bundle_id: Annotated[str, doc("The bundle identifier.")]
    channels: Annotated[
        dict[str, InstallOffer], doc("The newest installable build of each channel, by the channel's name.")
    ]


def latest_json(site: Site, app: App) -> str:
    """Return the latest.json of an app, hidden or not."""
    best = _offer(site, app, app.releases)
    file = LatestFile(
        schema=SCHEMA,
        bundle_id=app.bundle_id,
        channels={channel: _offer(site, app, _of(app, channel)) for channel in app.channels},
        **{name: getattr(best, name) for name in fields(InstallOffer)},
    )
    return to_json(file, indent=1).decode() + "\n"


def _of(app: App, channel: str) -> tuple[Release, ...]:
    return tuple(release for release in app.releases if release.text.channel == channel)


def _offer(site: Site, app: App, releases: Sequence[Release]) -> InstallOffer:
    """Return the newest installable of these releases, which are sorted newest first."""
    while releases and give_verdict(releases[0].build, releases[0].problems).state == State.BLOCKED:
        releases = releases[1:]
    if not releases:
        return InstallOffer(minimum_build=app.text.minimum_build)
    newest, page = releases[0], paths.build_page(app, releases[0])
    base_url = site.base_url
    return InstallOffer(
        version=newest.build.version,
        build=newest.build.build,
        mandatory=newest.text.mandatory,
        minimum_build=_minimum_build(app, releases),
        minimum_os=newest.build.minimum_os,
        released=newest.build.built,
        page=paths.url(page, base_url) if base_url else paths.href(page, paths.CATALOG),
        install=install_link(paths.url(paths.manifest(page), base_url)) if base_url else None,
        notes=plain(newest.text.notes),
    )


def _minimum_build(app: App, releases: Sequence[Release]) -> str | None:
    """Return the higher of the owner's minimum and the newest mandatory build among `releases`."""
    mandatory = (release.build.build for release in releases if release.text.mandatory and release.build.build)
    return max((app.text.minimum_build, next(mandatory, None)), key=version_key)
