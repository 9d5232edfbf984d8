"""altstore.json: the catalog as a source for AltStore and SideStore, which re-sign apps and install them. Pure.

Format: AltStore's "Make a Source" (version 2), plus the flat fields of version 1 for older clients. According to
their source code, they reject a repeated version, a size over 31 bits in a flat field, and permissions of the app
that the source does not list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ota_site.catalog import paths
from ota_site.model.records import to_json
from ota_site.model.teams import public_team
from ota_site.site.feeds.atom import made
from ota_site.site.feeds.prose import plain
from ota_site.site.views.place import iso

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ota_site.model.build import Build
    from ota_site.model.catalog import App, Catalog, Release, Site

# Every app has these; AltStore does not require them.
_EVERYWHERE = frozenset(("application-identifier", "com.apple.developer.team-identifier"))
_LARGEST = 2**31 - 1
# AltStore's default for a missing CFBundleShortVersionString.
_VERSION = "1.0"
_ICON = paths.MANIFEST_SIDES[-1]


def altstore_json(site: Site, base_url: str, catalog: Catalog) -> str:
    """Return the source with every listed app that has a build which can be re-signed."""
    builds = [(app, _usable(app)) for app in catalog.listed]
    table = {
        "name": site.title,
        "identifier": _identifier(base_url),
        "sourceURL": paths.url(paths.ALTSTORE, base_url),
        "website": base_url,
        **({"tintColor": site.branding.accent} if site.branding.accent else {}),
        "apps": [_app(site, base_url, app, releases) for app, releases in builds if releases],
        "news": [],
    }
    return to_json(table, indent=1).decode() + "\n"


def _identifier(base_url: str) -> str:
    """Return the address as an identifier: `com.example.apps.demo` for https://apps.example.com/demo/."""
    address = urlsplit(base_url)
    port = [str(address.port)] if address.port else []
    return ".".join([*reversed((address.hostname or "").split(".")), *port, *filter(None, address.path.split("/"))])


def _usable(app: App) -> tuple[Release, ...]:
    """Return the builds that can be re-signed, newest first: the newest of each version and build number."""
    unique: dict[tuple[str, str | None], Release] = {}
    for release in app.releases:
        if _can_be_signed(release.build):
            unique.setdefault((release.build.version or _VERSION, release.build.build), release)
    return tuple(unique.values())


def _can_be_signed(build: Build) -> bool:
    """Return whether a build has code that runs on current devices once re-signed. Re-signing replaces the profile."""
    code = build.executable
    if code is None or code.encrypted or (code.platforms and "iOS" not in code.platforms):
        return False
    return any(name.startswith("arm64") for name in code.architectures)


def _app(site: Site, base_url: str, app: App, releases: tuple[Release, ...]) -> dict[str, object]:
    days = made(app)
    versions = [_version(base_url, release, days[release.build.sha256]) for release in releases]
    newest = releases[0].build
    shots = [
        {"imageURL": paths.url(shot.path, base_url), "width": shot.width, "height": shot.height}
        for shot in app.text.screenshots
    ]
    flat = {
        "version": versions[0]["version"],
        "versionDate": versions[0]["date"],
        "versionDescription": versions[0]["localizedDescription"],
        "downloadURL": versions[0]["downloadURL"],
        "size": min(newest.size, _LARGEST),
        "screenshotURLs": [shot["imageURL"] for shot in shots],
    }
    return {
        "name": app.name,
        "bundleIdentifier": app.bundle_id,
        "developerName": public_team(newest.signing) or site.title,
        **({"subtitle": app.text.subtitle} if app.text.subtitle else {}),
        "localizedDescription": plain(app.text.body) or app.text.subtitle or app.name,
        "iconURL": paths.url(paths.icon(newest, _ICON), base_url),
        "screenshots": shots,
        "versions": versions,
        "appPermissions": {"entitlements": _entitlements(releases), "privacy": _privacy(releases)},
        **flat,
    }


def _version(base_url: str, release: Release, day: datetime) -> dict[str, object]:
    build = release.build
    return {
        "version": build.version or _VERSION,
        **({"buildVersion": build.build} if build.build else {}),
        "date": iso(day),
        "localizedDescription": plain(release.text.notes),
        "downloadURL": paths.url(paths.ipa(release), base_url),
        "size": build.size,
        "sha256": build.sha256,
        **({"minOSVersion": build.minimum_os} if build.minimum_os else {}),
    }


def _entitlements(releases: Iterable[Release]) -> list[str]:
    """Return the names of the entitlements that any of the builds or its extensions claims."""
    claimed = {name for release in releases for name in _claimed(release.build)}
    return sorted(claimed - _EVERYWHERE)


def _claimed(build: Build) -> Iterable[str]:
    for code in (build.executable, *(bundle.executable for bundle in build.nested)):
        if code and code.seal:
            yield from code.seal.entitlements


def _privacy(releases: tuple[Release, ...]) -> dict[str, str]:
    """Return the permissions of all builds, each with its newest text. AltStore requires a text."""
    asked: dict[str, str] = {}
    for release in reversed(releases):
        asked.update(release.build.permissions)
    return {key: words or key for key, words in sorted(asked.items())}
