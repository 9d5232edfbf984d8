"""The catalog: apps with their builds and texts, and the site that shows them.

All values are frozen and independent of HTML and page URLs.
"""

from __future__ import annotations

from pathlib import Path

from ota_site.model.build import Build, Problem, Source
from ota_site.model.records import Record, field
from ota_site.model.texts import AppText, BuildText


class Release(Record, kw_only=True):
    """One build in the catalog: the record, its file, its slug in URLs, its texts and its findings."""

    build: Build
    source: Source
    slug: str
    text: BuildText
    problems: tuple[Problem, ...]


class App(Record, kw_only=True):
    """All releases of one bundle identifier, newest first, with the owner's texts.

    `name` is the owner's name for the app, else the newest build's, in the catalog's language. `channels` are the
    channels of its builds, in the owner's order.
    """

    bundle_id: str
    name: str
    slug: str
    text: AppText
    releases: tuple[Release, ...]
    channels: tuple[str, ...] = ()

    @property
    def newest(self) -> Release:
        """The release with the highest version and build number."""
        return self.releases[0]

    def before(self, release: Release) -> Release | None:
        """Return the release before `release`; None for the oldest."""
        older = self.releases[self.releases.index(release) + 1 :]
        return older[0] if older else None

    def newest_of(self, channel: str) -> Release:
        """Return the newest release in `channel`, which the app must have."""
        return next(release for release in self.releases if release.text.channel == channel)


class Catalog(Record, kw_only=True):
    """All published apps, in the owner's order, then by name."""

    apps: tuple[App, ...]

    @property
    def listed(self) -> tuple[App, ...]:
        """The apps shown in lists: all but hidden ones."""
        return tuple(app for app in self.apps if not app.text.hidden)


class Branding(Record, kw_only=True):
    """The owner's colours, logo and font.

    Colours are `#rrggbb`; `accent_dark` is for dark pages. `font` is a CSS font family installed on devices.
    """

    accent: str | None = None
    accent_dark: str | None = None
    logo: Path | None = None
    font: str | None = None


class Site(Record, kw_only=True):
    """The site as a whole: its title, address, languages and branding.

    `base_url` is https and ends with a slash; None if the site's address is not known.
    `languages` are the BCP 47 tags of the pages, the site's main language first. `channels` is the owner's order of
    channels. `contact` is a mail address or URL for testers. `indexed` allows search engines.
    """

    title: str = "Apps"
    base_url: str | None = None
    languages: tuple[str, ...] = ("en",)
    channels: tuple[str, ...] = ()
    contact: str | None = None
    indexed: bool = False
    theme: str = "default"
    branding: Branding = field(default_factory=Branding)

    @property
    def language(self) -> str:
        """The site's main language."""
        return self.languages[0]
