"""The nouns: what an IPA says of itself, what an owner says of an app, and the catalog of both.

Everything is frozen. Nothing here knows a disk, HTML or the address of a page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any


class SigningKind(StrEnum):
    """How a build may reach devices; Apple's four kinds of profile, and none at all."""

    AD_HOC = "ad-hoc"
    DEVELOPMENT = "development"
    ENTERPRISE = "enterprise"
    APP_STORE = "app-store"
    NONE = "none"


class Severity(StrEnum):
    """An error stops the install, a warning soon will or may, a note is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding of one rule. `code` is stable for ever; see docs/rules."""

    code: str
    severity: Severity
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a signing certificate tells without a name: its SHA-1 and SHA-256 in hex, kind, team, and term in UTC.

    `kind` is Apple's, such as "Apple Development", and None for a certificate that is not Apple's.
    """

    sha1: str
    sha256: str
    kind: str | None
    team_id: str | None
    not_before: datetime
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What the provisioning profile says. Devices are counted, never kept.

    `profile` is the profile's name, `expires` is in UTC. `free` marks a free account's seven-day
    profile, whose team name is a person's and must not be published.
    `signed` says whether the app folder holds a code signature at all. `entitlements` are those that the
    profile allows, `certificates` those that may sign.
    """

    kind: SigningKind
    signed: bool
    team: str | None = None
    team_id: str | None = None
    profile: str | None = None
    uuid: str | None = None
    application_id: str | None = None
    expires: datetime | None = None
    devices: int | None = None
    free: bool = False
    platforms: tuple[str, ...] = ()
    entitlements: dict[str, Any] = field(default_factory=dict)
    certificates: tuple[Certificate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Icon:
    """The best picture of the app in the IPA: its measured pixels, its entry, and the SHA-256 of its bytes.

    `name` is the one that an asset catalog knows it by, where it lies in one.
    """

    width: int
    height: int
    source: str
    sha256: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The code signature of an executable, as devices of today go by it.

    `version` is the code directory's, such as 0x20400. `certificate` is None where nobody signed. `entitlements` are
    those that the app claims. `info_plist` and `resources` say whether Info.plist and CodeResources are those that
    were signed, None where they are not sealed. `broken` has the slots whose part is not the one that was signed.
    """

    version: int
    identifier: str
    team_id: str | None
    certificate: Certificate | None
    der_entitlements: bool
    entitlements: dict[str, Any]
    info_plist: bool | None
    resources: bool | None
    broken: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Executable:
    """The code of a bundle: what its slices run on, whether FairPlay encrypts any, and the seal of the newest kind.

    `unread` says that there is a signature of a form that is not known here, so that nothing can be said of it.
    """

    architectures: tuple[str, ...]
    platforms: tuple[str, ...]
    encrypted: bool
    seal: Seal | None
    unread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An app or extension inside the app. `path` is below the app's folder, such as `PlugIns/Share.appex`.

    `companion` is the identifier of the iPhone app that a watch app names, `point` an extension's point.
    """

    path: str
    bundle_id: str | None
    version: str | None
    build: str | None
    families: tuple[int, ...]
    companion: str | None
    point: str | None
    executable: Executable | None
    signing: Signing


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One IPA, as it describes itself.

    `size` in bytes, `sha256` of the whole file in hex, `chunks` the SHA-256 of each 10 MiB piece.
    `version` is CFBundleShortVersionString, `build` is CFBundleVersion; either may be missing.
    `families` are UIDeviceFamily's numbers, `platform` is Apple's name such as iPhoneOS.
    `built` is the newest time in the app's folder, None when the zip does not know it. Zip keeps no
    zone; it is read as UTC.
    `executable_name` is CFBundleExecutable; `executable` is None where it is not there or is no Mach-O.
    `nested` are the apps and extensions inside. `variants` are the devices that a thinned app is for.
    `store_bundle_id` is what iTunesMetadata.plist names. `flaws` are problems met while reading that do not stop the
    build from being listed.
    """

    size: int
    sha256: str
    chunks: tuple[str, ...]
    name: str
    names: dict[str, str]
    bundle_id: str
    version: str | None
    build: str | None
    minimum_os: str | None
    families: tuple[int, ...]
    platform: str
    built: datetime | None
    signing: Signing
    icon: Icon | None
    executable_name: str | None = None
    executable: Executable | None = None
    nested: tuple[Bundle, ...] = ()
    variants: tuple[str, ...] = ()
    store_bundle_id: str | None = None
    flaws: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file on disk as it was when it was read: enough to tell whether it has changed since."""

    path: Path
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class RichText:
    """An owner's text as safe HTML, with places in the site left open.

    `parts` alternate freely: a `str` is HTML, a path is a file of the site that is written as a link
    from wherever the text ends up. `assets` are the files on disk behind such paths.
    """

    parts: tuple[str | PurePosixPath, ...] = ()
    assets: tuple[tuple[PurePosixPath, Path], ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A place elsewhere that an owner points to."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Screenshot:
    """A picture of the app: its place in the site, the file behind it, its size in pixels, its words."""

    path: PurePosixPath
    source: Path
    width: int
    height: int
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppText:
    """What the owner says of an app in content/apps/<bundle id>.md."""

    name: str | None = None
    subtitle: str | None = None
    order: int = 0
    hidden: bool = False
    tags: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    screenshots: tuple[Screenshot, ...] = ()
    body: RichText = field(default_factory=RichText)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What the manifest beside an IPA calls it; None leaves that to the app."""

    title: str | None = None
    subtitle: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPage:
    """A page of the owner's own, at `path` in the site."""

    path: PurePosixPath
    title: str
    body: RichText


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One build in the catalog: the record, its file, its notes, its findings and its name in addresses."""

    build: Build
    source: Source
    slug: str
    notes: RichText
    problems: tuple[Problem, ...]
    wording: Wording = field(default_factory=Wording)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Every app that is published, in the owner's order, then by name."""

    apps: tuple[App, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site as a whole: what it is called, where it stands, and for whom.

    `base_url` is https and ends with a slash; None when nobody has said where the site will stand.
    `language` is the owner's texts' BCP 47 tag. `indexed` lets search engines in.
    """

    title: str = "Apps"
    base_url: str | None = None
    language: str = "en"
    indexed: bool = False
    theme: str = "default"
