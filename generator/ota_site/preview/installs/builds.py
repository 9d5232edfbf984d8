"""List a site's builds, each with the paths whose requests belong to its install. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.catalog import paths
from ota_site.model.build import SigningKind
from ota_site.model.format import count
from ota_site.model.plain_text import one_line
from ota_site.preview.installs.log import InstallableBuild
from ota_site.rules.verdict import give_verdict
from ota_site.site.views.release import number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from ota_site.model.catalog import App, Release
    from ota_site.site.plan import SiteInput

_TRUST = "trust its developer in Settings › General › VPN & Device Management; iOS 18 and later then restart"
_MODE = "Developer Mode may also have to be on"


def list_offers(site_input: SiteInput) -> tuple[InstallableBuild, ...]:
    """Return every build of a site, the newest of each app first. The site must be at the root of its host."""
    tags = site_input.site.languages[1:]
    return tuple(_offer(app, release, tags) for app in site_input.localized[0].catalog.apps for release in app.releases)


def _offer(app: App, release: Release, tags: tuple[str, ...]) -> InstallableBuild:
    pages = tuple(_pages(app, release))
    verdict = give_verdict(release.build, release.problems)
    return InstallableBuild(
        title=one_line(f"{app.name} {number(release)}"),
        pages=frozenset(_path(each) for page in pages for each in (page, *(paths.in_language(page, t) for t in tags))),
        manifests=frozenset(_path(paths.manifest(page)) for page in pages),
        ipa=_path(paths.ipa(release)),
        hint=_hint(release),
        blocked=verdict.text if verdict.blocker else "",
    )


def _pages(app: App, release: Release) -> Iterator[PurePosixPath]:
    """Yield the pages that have an install button for a release."""
    yield paths.build_page(app, release)
    if release is app.newest:
        yield paths.app_page(app)
    for channel in app.channels:
        if release is app.newest_of(channel):
            yield paths.channel_page(app, channel)


def _hint(release: Release) -> str:
    signing = release.build.signing
    if signing.kind == SigningKind.ENTERPRISE:
        return _TRUST
    if signing.devices is None:
        return ""
    return f"check that it is one of the {count(signing.devices, 'device')} in the build’s profile; {_MODE}"


def _path(file: PurePosixPath) -> str:
    return "/" + file.as_posix().removesuffix("index.html")
