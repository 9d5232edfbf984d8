"""What an IPA says of itself, and what is to be said of it.

Everything is frozen. Nothing here knows a disk, HTML or the address of a page.
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
    """An error stops the install, a warning soon will or may, a note is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Problem(Record, kw_only=True):
    """One finding of one rule. `code` is stable for ever; see docs/rules."""

    code: str
    severity: Severity
    message: str
    hint: str = ""


class Certificate(Record, kw_only=True):
    """What a signing certificate tells without a name: its SHA-1 and SHA-256 in hex, kind, team, and term in UTC.

    `kind` is Apple's, such as "Apple Development", and None for a certificate that is not Apple's.
    """

    sha1: str
    sha256: str
    kind: str | None
    team_id: str | None
    not_before: Moment
    expires: Moment


class Signing(Record, kw_only=True):
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
    expires: Moment | None = None
    devices: int | None = None
    free: bool = False
    platforms: tuple[str, ...] = ()
    entitlements: dict[str, Any] = field(default_factory=dict)
    certificates: tuple[Certificate, ...] = ()


class Icon(Record, kw_only=True):
    """The best picture of the app in the IPA: its measured pixels, its entry, and the SHA-256 of its bytes.

    `name` is the one that an asset catalog knows it by, where it lies in one. `jpeg`: it is a JPEG, not a PNG.
    """

    width: int
    height: int
    source: str
    sha256: Sha256
    name: str | None = None
    jpeg: bool = False


class Seal(Record, kw_only=True):
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


class Executable(Record, kw_only=True):
    """The code of a bundle: what its slices run on, whether FairPlay encrypts any, and the seal of the newest kind.

    `unread` says that there is a signature of a form that is not known here, or that to read it would take too much
    work, so that nothing can be said of it; then it may have no architecture.
    """

    architectures: tuple[str, ...]
    platforms: tuple[str, ...]
    encrypted: bool
    seal: Seal | None
    unread: bool = False


class NoCode(StrEnum):
    """Why a bundle has no executable: none is named, the file is missing, or it is not a Mach-O."""

    UNNAMED = "unnamed"
    MISSING = "missing"
    STATIC_LIBRARY = "static-library"
    NOT_MACHO = "not-mach-o"


class BundleKind(StrEnum):
    """What a bundle inside an app is."""

    FRAMEWORK = "framework"
    EXTENSION = "extension"
    WATCH_APP = "watch-app"
    APP_CLIP = "app-clip"


class Bundle(Record, kw_only=True):
    """A bundle inside the app. `path` is relative to the app's folder, such as `PlugIns/Share.appex`.

    `info` has those keys of its Info.plist that the installer checks, with their values. `unreadable` says why that
    file cannot be read, and is empty where it can; then all other fields are empty too. `executable` is None where
    `no_code` says why. `signing` is of its own profile.
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
        """What it is, by the suffix and the folder of its path."""
        if self.path.endswith(".framework"):
            return BundleKind.FRAMEWORK
        if self.path.endswith(".appex"):
            return BundleKind.EXTENSION
        return BundleKind.WATCH_APP if self.path.startswith("Watch/") else BundleKind.APP_CLIP

    @property
    def parent(self) -> str:
        """The path of the bundle that it is in; empty for the app itself."""
        return "/".join(self.path.split("/")[:-2])

    @property
    def seal(self) -> Seal | None:
        """The code signature of its executable, whoever signed."""
        return self.executable.seal if self.executable else None


class StoreMetadata(Record, kw_only=True):
    """What iTunesMetadata.plist says of the app it came with. `version` is its bundleVersion, as text."""

    bundle_id: str | None = None
    version: str | None = None
    short_version: str | None = None


class AssetPacks(Record, kw_only=True):
    """The packs of an app's on-demand resources, by identifier, each in one of three places.

    `inside` lie in the app, `hosted` have an address on the web, `missing` have neither.
    """

    inside: tuple[str, ...] = ()
    hosted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Build(Record, kw_only=True):
    """One IPA, as it describes itself.

    `size` in bytes, `sha256` of the whole file in hex, `chunks` the SHA-256 of each 10 MiB piece.
    `version` is CFBundleShortVersionString, `build` is CFBundleVersion; either may be missing.
    `families` are UIDeviceFamily's numbers, `platform` is Apple's name such as iPhoneOS.
    `built` is the newest time in the app's folder, None when the zip does not know it. Zip keeps no
    zone; it is read as UTC.
    `executable_name` is CFBundleExecutable; `executable` is None where `no_code` says why.
    `info` has those keys of Info.plist that the installer checks. `nested` are the apps, extensions and frameworks
    inside. `variants` are the devices that a thinned app is for. `store` is iTunesMetadata.plist.
    `flaws` are problems met while reading that do not stop the build from being listed. `asset_packs` is None where
    the app has no on-demand resources, or nobody can tell.
    `permissions` are what the app may ask the user for: Info.plist's keys such as NSCameraUsageDescription, with the
    app's own words, which may be empty. `frameworks` are the names of the code in its Frameworks folder.
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
        """The code signature of its executable, whoever signed."""
        return self.executable.seal if self.executable else None


class Source(Record, kw_only=True):
    """A file on disk as it was when it was read: enough to tell whether it has changed since."""

    path: Path
    size: int
    mtime_ns: int
