"""The catalog: apps with their builds and all that was said of them, and the site that shows them.

Everything is frozen. Nothing here knows HTML or the address of a page.
"""

from __future__ import annotations

from pathlib import Path

from ota_site.model.build import Build, Problem, Source
from ota_site.model.records import Record, field
from ota_site.model.texts import AppText, BuildText


class Release(Record, kw_only=True):
    """One build in the catalog: the record, its file, what was said of it, its findings, its name in addresses."""

    build: Build
    source: Source
    slug: str
    text: BuildText
    problems: tuple[Problem, ...]


class App(Record, kw_only=True):
    """All releases of one bundle identifier, newest first, with what the owner says of it.

    `name` is the owner's for it, else the newest build's own, in the catalog's language. `channels` are the names of
    the channels that its builds are in, in the owner's order.
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
        """Return the release before one of its own; None for the first."""
        older = self.releases[self.releases.index(release) + 1 :]
        return older[0] if older else None

    def newest_of(self, channel: str) -> Release:
        """Return the newest release of a channel that it has."""
        return next(release for release in self.releases if release.text.channel == channel)


class Catalog(Record, kw_only=True):
    """Every app that is published, in the owner's order, then by name."""

    apps: tuple[App, ...]

    @property
    def listed(self) -> tuple[App, ...]:
        """The apps that lists show."""
        return tuple(app for app in self.apps if not app.text.hidden)


class Branding(Record, kw_only=True):
    """The owner's colours, logo and font.

    Colours are `#rrggbb`; `accent_dark` is for dark pages. `font` is a CSS font family that devices have.
    """

    accent: str | None = None
    accent_dark: str | None = None
    logo: Path | None = None
    font: str | None = None


class Site(Record, kw_only=True):
    """The site as a whole: what it is called, where it stands, and for whom.

    `base_url` is https and ends with a slash; None when nobody has said where the site will stand.
    `languages` are the BCP 47 tags that pages are made in, the site's own first. `channels` are the owner's order of
    channels. `contact` is whom testers write to, a mail address or a URL. `indexed` lets search engines in.
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
        """The site's own language."""
        return self.languages[0]
