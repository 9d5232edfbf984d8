"""Texts about the site, apps and builds, written by the owner or their pipeline.

All values are frozen and independent of page URLs.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ota_site.model.records import Record, field


class RichText(Record):
    """An owner's text as safe HTML, with links into the site unresolved.

    `parts` come in any order: a `str` is HTML, a path is a file of the site, rendered as a link relative to the page
    that shows the text. `assets` are the files on disk behind such paths. `language` is the BCP 47 tag of the text.
    """

    parts: tuple[str | PurePosixPath, ...] = ()
    assets: tuple[tuple[PurePosixPath, Path], ...] = ()
    language: str = "en"

    def __bool__(self) -> bool:
        """Return whether the text is not empty."""
        return bool(self.parts)


class Link(Record, kw_only=True):
    """A link from the owner to another site."""

    title: str
    url: str


class Screenshot(Record, kw_only=True):
    """A picture of the app: its path in the site, the source file, its size in pixels, its alternative text."""

    path: PurePosixPath
    source: Path
    width: int
    height: int
    alt: str = ""


class AppText(Record, kw_only=True):
    """The owner's description of an app, from content/apps/<bundle id>.md.

    `contact` is a mail address or URL for testers. `minimum_build` is the oldest build number that is still
    supported, for the app's update check.
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
    """The title and subtitle from the manifest next to an IPA; None means the app's."""

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
    """Texts about one build, written by the owner or the pipeline.

    `channel` is a name such as "beta". `mandatory` marks a required update for the app's update check.
    """

    notes: RichText = field(default_factory=RichText)
    channel: str | None = None
    mandatory: bool = False
    origin: Origin = field(default_factory=Origin)
    wording: Wording = field(default_factory=Wording)


class TextPage(Record, kw_only=True):
    """A page written by the owner, at `path` in the site."""

    path: PurePosixPath
    title: str
    body: RichText


class Texts(Record, kw_only=True):
    """All of the owner's texts in one language: the front page, apps by bundle id, builds by IPA, and pages."""

    front: RichText = field(default_factory=RichText)
    apps: dict[str, AppText] = field(default_factory=dict)
    builds: dict[Path, BuildText] = field(default_factory=dict)
    pages: tuple[TextPage, ...] = ()

    def files(self) -> tuple[tuple[PurePosixPath, Path], ...]:
        """Return the owner's files that texts refer to, each as its path in the site and the source file."""
        bodies = [self.front, *(build.notes for build in self.builds.values()), *(page.body for page in self.pages)]
        files: dict[PurePosixPath, Path] = {}
        for app in self.apps.values():
            bodies.append(app.body)
            files.update((shot.path, shot.source) for shot in app.screenshots)
        for body in bodies:
            files.update(body.assets)
        return tuple(files.items())
