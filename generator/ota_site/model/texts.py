"""What an owner, or the pipeline for them, says of the site, of apps and of builds.

Everything is frozen. Nothing here knows the address of a page.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ota_site.model.records import Record, field


class RichText(Record):
    """An owner's text as safe HTML, with places in the site left open.

    `parts` alternate freely: a `str` is HTML, a path is a file of the site that is written as a link
    from wherever the text ends up. `assets` are the files on disk behind such paths. `language` is the BCP 47 tag
    of the language it is written in.
    """

    parts: tuple[str | PurePosixPath, ...] = ()
    assets: tuple[tuple[PurePosixPath, Path], ...] = ()
    language: str = "en"

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
    """What the owner says of an app in content/apps/<bundle id>.md.

    `contact` is whom a tester writes to, a mail address or a URL. `minimum_build` is the oldest build number that is
    still supported, for the app's own update check.
    """

    name: str | None = None
    subtitle: str | None = None
    order: int = 0
    hidden: bool = False
    tags: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    screenshots: tuple[Screenshot, ...] = ()
    contact: str | None = None
    minimum_build: str | None = None
    body: RichText = field(default_factory=RichText)


class Wording(Record, kw_only=True):
    """What the manifest beside an IPA calls it; None leaves that to the app."""

    title: str | None = None
    subtitle: str | None = None


class Origin(Record, kw_only=True):
    """Where a build comes from: the commit, its branch, the CI run that made it, and the repository's address.

    `run` and `repository` are https addresses.
    """

    commit: str | None = None
    branch: str | None = None
    run: str | None = None
    repository: str | None = None


class BuildText(Record, kw_only=True):
    """What the owner, or the pipeline, says of one build.

    `channel` is a name such as "beta". `mandatory` tells the app's own update check that nobody may stay behind.
    """

    notes: RichText = field(default_factory=RichText)
    channel: str | None = None
    mandatory: bool = False
    origin: Origin = field(default_factory=Origin)
    wording: Wording = field(default_factory=Wording)


class TextPage(Record, kw_only=True):
    """A page of the owner's own, at `path` in the site."""

    path: PurePosixPath
    title: str
    body: RichText


class Texts(Record, kw_only=True):
    """All that the owner wrote in one language: the front page's words, apps by bundle id, builds by IPA, and pages."""

    front: RichText = field(default_factory=RichText)
    apps: dict[str, AppText] = field(default_factory=dict)
    builds: dict[Path, BuildText] = field(default_factory=dict)
    pages: tuple[TextPage, ...] = ()

    def files(self) -> tuple[tuple[PurePosixPath, Path], ...]:
        """Return the owner's files that any text refers to: each one's place in the site, and the file."""
        bodies = [self.front, *(build.notes for build in self.builds.values()), *(page.body for page in self.pages)]
        files: dict[PurePosixPath, Path] = {}
        for app in self.apps.values():
            bodies.append(app.body)
            files.update((shot.path, shot.source) for shot in app.screenshots)
        for body in bodies:
            files.update(body.assets)
        return tuple(files.items())
