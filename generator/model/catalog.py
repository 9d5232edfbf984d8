"""What an owner says of apps, and the catalog of apps and their builds.

Everything is frozen. Nothing here knows HTML or the address of a page.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from generator.model.build import Build, Problem, Source
from generator.records import Record, field


class RichText(Record):
    """An owner's text as safe HTML, with places in the site left open.

    `parts` alternate freely: a `str` is HTML, a path is a file of the site that is written as a link
    from wherever the text ends up. `assets` are the files on disk behind such paths.
    """

    parts: tuple[str | PurePosixPath, ...] = ()
    assets: tuple[tuple[PurePosixPath, Path], ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.parts)


class Link(Record, kw_only=True):
    """A place elsewhere that an owner points to."""

    title: str
    url: str


class Screenshot(Record, kw_only=True):
    """A picture of the app: its place in the site, the file behind it, its size in pixels, its words."""

    path: PurePosixPath
    source: Path
    width: int
    height: int
    alt: str = ""


class AppText(Record, kw_only=True):
    """What the owner says of an app in content/apps/<bundle id>.md."""

    name: str | None = None
    subtitle: str | None = None
    order: int = 0
    hidden: bool = False
    tags: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    screenshots: tuple[Screenshot, ...] = ()
    body: RichText = field(default_factory=RichText)


class Wording(Record, kw_only=True):
    """What the manifest beside an IPA calls it; None leaves that to the app."""

    title: str | None = None
    subtitle: str | None = None


class TextPage(Record, kw_only=True):
    """A page of the owner's own, at `path` in the site."""

    path: PurePosixPath
    title: str
    body: RichText


class Texts(Record, kw_only=True):
    """All that the owner wrote: the front page's words, apps by bundle id, notes and wordings by IPA, and pages."""

    front: RichText = field(default_factory=RichText)
    apps: dict[str, AppText] = field(default_factory=dict)
    notes: dict[Path, RichText] = field(default_factory=dict)
    wordings: dict[Path, Wording] = field(default_factory=dict)
    pages: tuple[TextPage, ...] = ()

    def files(self) -> tuple[tuple[PurePosixPath, Path], ...]:
        """Return the owner's files that any text refers to: each one's place in the site, and the file."""
        bodies = [self.front, *self.notes.values(), *(page.body for page in self.pages)]
        files: dict[PurePosixPath, Path] = {}
        for app in self.apps.values():
            bodies.append(app.body)
            files.update((shot.path, shot.source) for shot in app.screenshots)
        for body in bodies:
            files.update(body.assets)
        return tuple(files.items())


class Release(Record, kw_only=True):
    """One build in the catalog: the record, its file, its notes, its findings and its name in addresses."""

    build: Build
    source: Source
    slug: str
    notes: RichText
    problems: tuple[Problem, ...]
    wording: Wording = field(default_factory=Wording)


class App(Record, kw_only=True):
    """All releases of one bundle identifier, newest first, with what the owner says of it."""

    bundle_id: str
    slug: str
    text: AppText
    releases: tuple[Release, ...]

    @property
    def newest(self) -> Release:
        """The release with the highest version and build number."""
        return self.releases[0]

    @property
    def name(self) -> str:
        """The owner's name for the app, else the newest build's own."""
        return self.text.name or self.newest.build.name


class Catalog(Record, kw_only=True):
    """Every app that is published, in the owner's order, then by name."""

    apps: tuple[App, ...]


class Site(Record, kw_only=True):
    """The site as a whole: what it is called, where it stands, and for whom.

    `base_url` is https and ends with a slash; None when nobody has said where the site will stand.
    `language` is the owner's texts' BCP 47 tag. `indexed` lets search engines in.
    """

    title: str = "Apps"
    base_url: str | None = None
    language: str = "en"
    indexed: bool = False
    theme: str = "default"
