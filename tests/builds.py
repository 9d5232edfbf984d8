"""Records made by hand: builds, releases, catalogs and sites, for the tests of what is pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path, PurePosixPath

from ota_site.catalog.grouping import make_catalog
from ota_site.i18n.languages import load_language
from ota_site.model.build import Build, Certificate, Executable, Icon, Seal, Signing, SigningKind, Source
from ota_site.model.catalog import Catalog, Site
from ota_site.model.records import replace
from ota_site.model.texts import Texts
from ota_site.rules.registry import judge
from ota_site.site.plan import LocalizedSite, SiteInput

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SITE = Site(title="Invented", base_url="https://apps.example.com/demo/")

CERTIFICATE = Certificate(
    sha1=hashlib.sha1(b"certificate", usedforsecurity=False).hexdigest(),
    sha256=hashlib.sha256(b"certificate").hexdigest(),
    kind="Apple Distribution",
    team_id="TEAMID1234",
    not_before=NOW - timedelta(days=60),
    expires=NOW + timedelta(days=305),
)

SEAL = Seal(
    version=0x20400,
    identifier="com.example.sample",
    team_id="TEAMID1234",
    certificate=CERTIFICATE,
    der_entitlements=True,
    entitlements={"application-identifier": "TEAMID1234.com.example.sample", "get-task-allow": False},
    info_plist=True,
    resources=True,
)

AD_HOC = Signing(
    kind=SigningKind.AD_HOC,
    signed=True,
    team="Invented GmbH",
    team_id="TEAMID1234",
    profile="Sample Ad Hoc",
    uuid="6e2f6f4e-0000-4000-8000-000000000001",
    application_id="TEAMID1234.com.example.sample",
    expires=NOW + timedelta(days=200),
    devices=3,
    entitlements={"application-identifier": "TEAMID1234.*", "get-task-allow": False},
    certificates=(CERTIFICATE,),
)

BUILD = Build(
    size=12_345_678,
    sha256=hashlib.sha256(b"sample").hexdigest(),
    chunks=(hashlib.sha256(b"one").hexdigest(), hashlib.sha256(b"two").hexdigest()),
    name="Sample",
    names={"de": "Muster"},
    bundle_id="com.example.sample",
    version="1.2.3",
    build="45",
    minimum_os="15.0",
    families=(1, 2),
    platform="iPhoneOS",
    built=NOW - timedelta(days=3),
    signing=AD_HOC,
    icon=Icon(width=180, height=180, source="Payload/Sample.app/AppIcon60x60@3x.png", sha256="ab" * 32),
    executable_name="Sample",
    executable=Executable(architectures=("arm64",), platforms=("iOS",), encrypted=False, seal=SEAL),
)

BARE = replace(
    BUILD,
    sha256=hashlib.sha256(b"bare").hexdigest(),
    names={},
    version=None,
    build=None,
    minimum_os=None,
    families=(),
    built=None,
    icon=None,
    executable_name=None,
    executable=None,
    signing=Signing(kind=SigningKind.NONE, signed=False),
)
"""A build that says nothing of itself but a name and an identifier."""


def other(build: Build, /, **changes: object) -> Build:
    """Return a build with other fields and so with other bytes."""
    changed = replace(build, **changes)
    digest = hashlib.sha256(repr(changed).encode()).hexdigest()
    return changed if "sha256" in changes else replace(changed, sha256=digest)


def source(name: str) -> Source:
    """Return a file that need not exist."""
    return Source(path=Path("content") / name, size=1, mtime_ns=1)


def catalog_of(
    *builds: Build,
    texts: Texts | None = None,
    now: datetime = NOW,
    language: str = "en",
    channels: tuple[str, ...] = (),
) -> Catalog:
    """Return the catalog of these builds, in files named build-0.ipa and so on."""
    pairs = [(source(f"build-{number}.ipa"), build) for number, build in enumerate(builds)]
    judging = partial(judge, now=now)
    return make_catalog(pairs, texts or Texts(), judging, language=language, channels=channels)


def site_input_of(*builds: Build, texts: Texts | None = None, site: Site = SITE) -> SiteInput:
    """Return all that a plan of these builds is made from."""
    folder = PurePosixPath("assets/0123")
    style = Source(path=Path("style.css"), size=1, mtime_ns=1)
    localized = (
        LocalizedSite(
            language=load_language(tag),
            catalog=catalog_of(*builds, texts=texts, language=tag, channels=site.channels),
            texts=texts or Texts(),
        )
        for tag in site.languages
    )
    return SiteInput(
        site=site,
        localized=tuple(localized),
        assets_folder=folder,
        assets=((folder / "style.css", style),),
        media=(),
    )
