"""catalog.json and app.json: every app with the record, findings and addresses of each build. Pure.

Each field is listed here, so that a new field of a build stays private until it is added.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from ota_site.apple.install.install_link import install_link
from ota_site.catalog import paths
from ota_site.model.build import AssetPacks, Icon, Problem, SigningKind
from ota_site.model.records import Record, doc, fields, to_json
from ota_site.model.teams import public_team
from ota_site.model.texts import Origin
from ota_site.rules.verdict import State, give_verdict

if TYPE_CHECKING:
    from ota_site.model.build import Signing
    from ota_site.model.catalog import App, Catalog, Release, Site

SCHEMA = 2
"""Increased when a field of catalog.json or app.json changes its meaning or is removed."""

_PATH = "a path from the site's root"


class SigningEntry(Record, kw_only=True):
    """How a build is signed, without the names of people, profiles and devices."""

    kind: Annotated[SigningKind, doc("The kind of provisioning profile, or none.")]
    signed: Annotated[bool, doc("Whether the app's folder contains a code signature.")]
    team: Annotated[str | None, doc("The team's name, if it is certainly that of an organisation.")]
    team_id: Annotated[str | None, doc("The team identifier.")]
    uuid: Annotated[str | None, doc("The UUID of the provisioning profile.")]
    application_id: Annotated[
        str | None, doc("The application identifier in the profile; it may end with an asterisk.")
    ]
    expires: Annotated[datetime | None, doc("When the profile expires, in UTC.")]
    devices: Annotated[int | None, doc("The number of registered devices; null if the profile lists none.")]
    free: Annotated[bool, doc("Whether it is the seven-day profile of a free account.")]
    platforms: Annotated[tuple[str, ...], doc("The platforms that the profile names.")]


class BuildEntry(Record, kw_only=True):
    """One build: metadata from its IPA and from the owner, its findings and its addresses."""

    bundle_id: Annotated[str, doc("The bundle identifier.")]
    name: Annotated[str, doc("The app's name on the home screen.")]
    names: Annotated[dict[str, str], doc("That name in other languages, by Apple's language tag.")]
    version: Annotated[str | None, doc("CFBundleShortVersionString.")]
    build: Annotated[str | None, doc("CFBundleVersion.")]
    channel: Annotated[str | None, doc("The build's channel, such as beta.")]
    mandatory: Annotated[bool, doc("Whether this build is a required update.")]
    origin: Annotated[Origin, doc("Where the build comes from.")]
    state: Annotated[State, doc("Whether it installs: ready, soon (it expires soon) or blocked.")]
    problems: Annotated[tuple[Problem, ...], doc("The findings about the install, the most severe first.")]
    built: Annotated[
        datetime | None, doc("When it was built, in UTC, by the times in the archive; null if it has none.")
    ]
    size: Annotated[int, doc("The IPA's size in bytes.")]
    sha256: Annotated[str, doc("The IPA's SHA-256, in hex.")]
    chunks: Annotated[tuple[str, ...], doc("The SHA-256 of each 10 MiB piece of the IPA, in hex.")]
    platform: Annotated[str, doc("Apple's name of the platform, such as iPhoneOS.")]
    families: Annotated[tuple[int, ...], doc("UIDeviceFamily: 1 iPhone, 2 iPad, 3 Apple TV, 4 Apple Watch, 7 Vision.")]
    minimum_os: Annotated[str | None, doc("The oldest system version that it runs on.")]
    variants: Annotated[tuple[str, ...], doc("The devices that a thinned build is for; empty for all.")]
    signing: Annotated[SigningEntry, doc("How it is signed.")]
    icon: Annotated[Icon | None, doc("The image in the IPA that the icons are made from.")]
    executable_name: Annotated[str | None, doc("CFBundleExecutable.")]
    store_bundle_id: Annotated[str | None, doc("The bundle identifier in iTunesMetadata.plist.")]
    asset_packs: Annotated[AssetPacks | None, doc("The packs of on-demand resources; null if there are none.")]
    page: Annotated[str, doc(f"The build's page, {_PATH}.")]
    manifest: Annotated[str | None, doc(f"The manifest that installs it, {_PATH}; null if the site has no address.")]
    install: Annotated[str | None, doc("The itms-services link that installs it; null if the site has no address.")]
    ipa: Annotated[str, doc(f"The IPA, {_PATH}.")]
    icon_512: Annotated[str, doc(f"The icon as a PNG of 512 pixels, {_PATH}.")]


class AppEntry(Record, kw_only=True):
    """One app with all its builds."""

    bundle_id: Annotated[str, doc("The bundle identifier.")]
    name: Annotated[str, doc("The app's name, as set by the owner, else from the newest build.")]
    names: Annotated[dict[str, str], doc("The newest build's names in other languages, by Apple's language tag.")]
    subtitle: Annotated[str | None, doc("The owner's subtitle.")]
    tags: Annotated[tuple[str, ...], doc("The owner's tags.")]
    channels: Annotated[tuple[str, ...], doc("The channels that its builds are in, in the owner's order.")]
    minimum_build: Annotated[str | None, doc("The oldest build number that the owner still supports.")]
    page: Annotated[str, doc(f"The app's page, {_PATH}.")]
    app: Annotated[str, doc(f"The app's app.json, {_PATH}.")]
    latest: Annotated[str, doc(f"The app's latest.json, {_PATH}.")]
    feed: Annotated[str | None, doc(f"The app's Atom feed, {_PATH}; null if the site has no address.")]
    builds: Annotated[tuple[BuildEntry, ...], doc("All builds, newest first.")]


class CatalogFile(Record, kw_only=True):
    """catalog.json: every listed app of the site."""

    schema: Annotated[int, doc("Increased when a field is removed or changes its meaning, not when a field is added.")]
    title: Annotated[str, doc("The site's title.")]
    address: Annotated[str | None, doc("The site's address, with a trailing slash; null if it is not set.")]
    apps: Annotated[tuple[AppEntry, ...], doc("The apps in the site's order; hidden ones are skipped.")]


class AppFile(AppEntry, kw_only=True):
    """app.json: one app of the site, as catalog.json has it."""

    schema: Annotated[int, doc("Increased when a field is removed or changes its meaning, not when a field is added.")]
    address: Annotated[str | None, doc("The site's address, with a trailing slash; null if it is not set.")]


def catalog_json(site: Site, catalog: Catalog) -> str:
    """Return catalog.json."""
    apps = tuple(_app(site, app) for app in catalog.listed)
    return _text(CatalogFile(schema=SCHEMA, title=site.title, address=site.base_url, apps=apps))


def app_json(site: Site, app: App) -> str:
    """Return the app.json of an app, hidden or not."""
    entry = _app(site, app)
    same = {name: getattr(entry, name) for name in fields(AppEntry)}
    return _text(AppFile(schema=SCHEMA, address=site.base_url, **same))


def _text(file: Record) -> str:
    return to_json(file, indent=1).decode() + "\n"


def _app(site: Site, app: App) -> AppEntry:
    return AppEntry(
        bundle_id=app.bundle_id,
        name=app.name,
        names=app.newest.build.names,
        subtitle=app.text.subtitle,
        tags=app.text.tags,
        channels=app.channels,
        minimum_build=app.text.minimum_build,
        page=paths.href(paths.app_page(app), paths.CATALOG),
        app=paths.href(paths.app_json(app), paths.CATALOG),
        latest=paths.href(paths.latest(app), paths.CATALOG),
        feed=paths.href(paths.app_feed(app), paths.CATALOG) if site.base_url else None,
        builds=tuple(_build(site, app, release) for release in app.releases),
    )


def _build(site: Site, app: App, release: Release) -> BuildEntry:
    build, page = release.build, paths.build_page(app, release)
    manifest = paths.manifest(page)
    return BuildEntry(
        bundle_id=build.bundle_id,
        name=build.name,
        names=build.names,
        version=build.version,
        build=build.build,
        channel=release.text.channel,
        mandatory=release.text.mandatory,
        origin=release.text.origin,
        state=give_verdict(build, release.problems).state,
        problems=release.problems,
        built=build.built,
        size=build.size,
        sha256=build.sha256,
        chunks=build.chunks,
        platform=build.platform,
        families=build.families,
        minimum_os=build.minimum_os,
        variants=build.variants,
        signing=_signing(build.signing),
        icon=build.icon,
        executable_name=build.executable_name,
        store_bundle_id=build.store.bundle_id if build.store else None,
        asset_packs=build.asset_packs,
        page=paths.href(page, paths.CATALOG),
        manifest=paths.href(manifest, paths.CATALOG) if site.base_url else None,
        install=install_link(paths.url(manifest, site.base_url)) if site.base_url else None,
        ipa=paths.href(paths.ipa(release), paths.CATALOG),
        icon_512=paths.href(paths.icon(build, paths.MANIFEST_SIDES[-1]), paths.CATALOG),
    )


def _signing(signing: Signing) -> SigningEntry:
    return SigningEntry(
        kind=signing.kind,
        signed=signing.signed,
        team=public_team(signing),
        team_id=signing.team_id,
        uuid=signing.uuid,
        application_id=signing.application_id,
        expires=signing.expires,
        devices=signing.devices,
        free=signing.free,
        platforms=signing.platforms,
    )
