"""Builds: the metadata of an IPA, and findings about it.

All values are frozen and independent of disk, HTML and page URLs.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

from ota_site.model.records import Moment, Record, Sha256, field


class SigningKind(StrEnum):
    """How a build may reach devices; Apple's four kinds of profile, and none at all."""

    AD_HOC = "ad-hoc"
    DEVELOPMENT = "development"
    ENTERPRISE = "enterprise"
    APP_STORE = "app-store"
    NONE = "none"


class Severity(StrEnum):
    """An error blocks the install, a warning may or soon will block it, a note is only information."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Problem(Record, kw_only=True):
    """One finding of one rule. `code` never changes; see docs/rules."""

    code: str
    severity: Severity
    message: str
    hint: str = ""


class Certificate(Record, kw_only=True):
    """A signing certificate without its holder's name: SHA-1 and SHA-256 in hex, kind, team, and validity in UTC.

    `kind` is Apple's term, such as "Apple Development"; None for a certificate that Apple did not issue.
    """

    sha1: str
    sha256: str
    kind: str | None
    team_id: str | None
    not_before: Moment
    expires: Moment


class Signing(Record, kw_only=True):
    """The contents of the provisioning profile. Devices are counted, never stored.

    `profile` is the profile's name, `expires` is in UTC. `free` marks a free account's seven-day
    profile, whose team name is a person's and must not be published.
    `signed` is whether the app folder contains a code signature. `entitlements` are those that the
    profile allows; `certificates` are those that may sign.
    """

    kind: SigningKind
    signed: bool
    team: str | None = None
    team_id: str | None = None
    profile: str | None = None
    uuid: str | None = None
    application_id: str | None = None
    expires: Moment | None = None
    devices: int | None = None
    free: bool = False
    platforms: tuple[str, ...] = ()
    entitlements: dict[str, Any] = field(default_factory=dict)
    certificates: tuple[Certificate, ...] = ()


class Icon(Record, kw_only=True):
    """The best picture of the app in the IPA: its measured pixels, its entry, and the SHA-256 of its bytes.

    `name` is its name in the asset catalog, if it is in one. `jpeg`: it is a JPEG, not a PNG.
    """

    width: int
    height: int
    source: str
    sha256: Sha256
    name: str | None = None
    jpeg: bool = False


class Seal(Record, kw_only=True):
    """The code signature of an executable, as current devices read it.

    `version` is the code directory's, such as 0x20400. `certificate` is None if the signature has none.
    `entitlements` are those that the app claims. `info_plist` and `resources` are whether Info.plist and
    CodeResources match the signature; None if they are not sealed. `broken` lists the slots whose contents do not
    match the signature.
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


class Executable(Record, kw_only=True):
    """The code of a bundle: what its slices run on, whether FairPlay encrypts any, and the newest kind of seal.

    `unread` means that the signature's format is unknown, or reading it would exceed the work limit, so nothing is
    known about it; `architectures` may then be empty.
    """

    architectures: tuple[str, ...]
    platforms: tuple[str, ...]
    encrypted: bool
    seal: Seal | None
    unread: bool = False


class NoCode(StrEnum):
    """Why a bundle has no executable: Info.plist names none, the file is missing, or it is not a Mach-O."""

    UNNAMED = "unnamed"
    MISSING = "missing"
    STATIC_LIBRARY = "static-library"
    NOT_MACHO = "not-mach-o"


class BundleKind(StrEnum):
    """The kind of a bundle inside an app."""

    FRAMEWORK = "framework"
    EXTENSION = "extension"
    WATCH_APP = "watch-app"
    APP_CLIP = "app-clip"


class Bundle(Record, kw_only=True):
    """A bundle inside the app. `path` is relative to the app's folder, such as `PlugIns/Share.appex`.

    `info` has the keys of its Info.plist that the installer checks, with their values. `unreadable` is why Info.plist
    cannot be read, and then all other fields are empty; it is empty for a readable one. If `executable` is None,
    `no_code` is the reason. `signing` is from the bundle's own profile.
    """

    path: str
    bundle_id: str | None = None
    version: str | None = None
    build: str | None = None
    families: tuple[int, ...] = ()
    info: dict[str, Any] = field(default_factory=dict)
    unreadable: str = ""
    executable_name: str | None = None
    executable: Executable | None = None
    no_code: NoCode | None = None
    signing: Signing

    @property
    def kind(self) -> BundleKind:
        """The kind, from the suffix and folder of its path."""
        if self.path.endswith(".framework"):
            return BundleKind.FRAMEWORK
        if self.path.endswith(".appex"):
            return BundleKind.EXTENSION
        return BundleKind.WATCH_APP if self.path.startswith("Watch/") else BundleKind.APP_CLIP

    @property
    def parent(self) -> str:
        """The path of the bundle that contains it; empty for the app itself."""
        return "/".join(self.path.split("/")[:-2])

    @property
    def seal(self) -> Seal | None:
        """The code signature of its executable, whoever signed it."""
        return self.executable.seal if self.executable else None


class StoreMetadata(Record, kw_only=True):
    """The contents of iTunesMetadata.plist. `version` is its bundleVersion, as text."""

    bundle_id: str | None = None
    version: str | None = None
    short_version: str | None = None


class AssetPacks(Record, kw_only=True):
    """The packs of an app's on-demand resources, by identifier, each in one of three places.

    `inside` are in the app, `hosted` have an address on the web, `missing` have neither.
    """

    inside: tuple[str, ...] = ()
    hosted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Build(Record, kw_only=True):
    """The metadata of one IPA.

    `size` is in bytes, `sha256` is of the whole file in hex, `chunks` has the SHA-256 of each 10 MiB piece.
    `version` is CFBundleShortVersionString, `build` is CFBundleVersion; either may be missing.
    `families` are UIDeviceFamily's numbers, `platform` is Apple's name such as iPhoneOS.
    `built` is the newest time in the app's folder; None if the zip has none. Zip stores no time
    zone; times are read as UTC.
    `executable_name` is CFBundleExecutable; if `executable` is None, `no_code` is the reason.
    `info` has the keys of Info.plist that the installer checks. `nested` are the apps, extensions and frameworks
    inside. `variants` are the devices that a thinned app is for. `store` is iTunesMetadata.plist.
    `flaws` are findings from reading the IPA that do not prevent listing the build. `asset_packs` is None if the app
    has no on-demand resources, or if this is unknown.
    `permissions` are what the app may ask the user for: Info.plist keys such as NSCameraUsageDescription, with the
    app's text, which may be empty. `frameworks` are the names of the code in its Frameworks folder.
    """

    size: int
    sha256: Sha256
    chunks: tuple[Sha256, ...]
    name: str
    names: dict[str, str]
    bundle_id: str
    version: str | None
    build: str | None
    minimum_os: str | None
    families: tuple[int, ...]
    platform: str
    built: Moment | None
    signing: Signing
    icon: Icon | None
    executable_name: str | None = None
    executable: Executable | None = None
    no_code: NoCode | None = None
    info: dict[str, Any] = field(default_factory=dict)
    nested: tuple[Bundle, ...] = ()
    variants: tuple[str, ...] = ()
    store: StoreMetadata | None = None
    flaws: tuple[Problem, ...] = ()
    asset_packs: AssetPacks | None = None
    permissions: dict[str, str] = field(default_factory=dict)
    frameworks: tuple[str, ...] = ()

    @property
    def seal(self) -> Seal | None:
        """The code signature of its executable, whoever signed it."""
        return self.executable.seal if self.executable else None


class Source(Record, kw_only=True):
    """A file's path, size and modification time when it was read, to detect later changes."""

    path: Path
    size: int
    mtime_ns: int
