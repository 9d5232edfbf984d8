"""Each rule speaks when it should, and only then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ota_site.model.build import (
    AssetPacks,
    Build,
    Bundle,
    Executable,
    Problem,
    Severity,
    Signing,
    SigningKind,
    StoreMetadata,
)
from ota_site.model.records import replace
from ota_site.rules.registry import judge
from ota_site.rules.verdict import State, give_verdict
from tests.builds import AD_HOC, BUILD, CERTIFICATE, NOW, SEAL


def signed(**changes: object) -> Build:
    """Return a build with another signing."""
    return replace(BUILD, signing=replace(AD_HOC, **changes))


def code(**changes: object) -> Build:
    """Return a build with other code."""
    whole = Executable(architectures=("arm64",), platforms=("iOS",), encrypted=False, seal=SEAL)
    return replace(BUILD, executable=replace(whole, **changes))


def seal(**changes: object) -> Build:
    """Return a build with another seal."""
    return code(seal=replace(SEAL, **changes))


def inside(**changes: object) -> Build:
    """Return a build with an extension in it, which is signed under its own identifier unless another seal is given."""
    bundle_id = changes.get("bundle_id", "com.example.sample.Share")
    claim = f"TEAMID1234.{bundle_id}"
    own = replace(SEAL, identifier=str(bundle_id), entitlements={**SEAL.entitlements, "application-identifier": claim})
    share = Bundle(
        path="PlugIns/Share.appex",
        bundle_id="com.example.sample.Share",
        version="1.2.3",
        build="45",
        families=(1, 2),
        info={
            "CFBundleDisplayName": "Share",
            "CFBundleName": "Share",
            "CFBundlePackageType": "XPC!",
            "NSExtension": {
                "NSExtensionPointIdentifier": "com.apple.share-services",
                "NSExtensionPrincipalClass": "ShareController",
            },
        },
        executable=code(seal=own).executable,
        signing=replace(AD_HOC, application_id=claim),
    )
    return replace(BUILD, nested=(replace(share, **changes),))


NOBODY = Signing(kind=SigningKind.NONE, signed=False)

CASES: dict[str, Build] = {
    "simulator-build": replace(code(platforms=("iOS Simulator",)), signing=NOBODY),
    "platform-not-installable": code(platforms=("tvOS",)),
    "missing-executable": replace(BUILD, executable=None),
    "encrypted": code(encrypted=True),
    "unsigned": replace(BUILD, signing=NOBODY),
    "no-profile": replace(BUILD, signing=Signing(kind=SigningKind.NONE, signed=True)),
    "profile-expired": signed(expires=NOW),
    "app-store-profile": signed(kind=SigningKind.APP_STORE, devices=None),
    "certificate-expired": seal(certificate=replace(CERTIFICATE, expires=NOW)),
    "bundle-id-not-in-profile": signed(application_id="TEAMID1234.com.example.other"),
    "certificate-not-in-profile": seal(certificate=replace(CERTIFICATE, sha256="ab" * 32)),
    "entitlement-not-in-profile": seal(entitlements={**SEAL.entitlements, "aps-environment": "production"}),
    "no-arm64": code(architectures=("armv7",)),
    "signature-too-old": seal(version=0x20300),
    "no-application-identifier": seal(entitlements={"get-task-allow": False}),
    "info-plist-altered": seal(info_plist=False),
    "resources-altered": seal(resources=False),
    "missing-version": replace(BUILD, build=None),
    "duplicate-bundle-id": inside(bundle_id="com.example.sample"),
    "extension-bundle-id": inside(bundle_id="com.example.other.Share"),
    "extension-not-signed": inside(signing=NOBODY),
    "watch-companion": inside(
        path="Watch/Wrist.app", families=(4,), info={"WKCompanionAppBundleIdentifier": "com.example.other"}
    ),
    "itunes-metadata-mismatch": replace(BUILD, store=StoreMetadata(bundle_id="com.example.other")),
    "profile-expires-soon": signed(expires=NOW + timedelta(days=29)),
    "certificate-expires-soon": seal(certificate=replace(CERTIFICATE, expires=NOW + timedelta(days=30))),
    "free-team": signed(free=True),
    "asset-packs-missing": replace(BUILD, asset_packs=AssetPacks(inside=("a",), missing=("b",))),
    "thinned-variant": replace(BUILD, variants=("iPhone17,1",)),
    "extension-version": inside(version="1.2"),
    "no-icon": replace(BUILD, icon=None),
    "development-build": signed(kind=SigningKind.DEVELOPMENT),
    "enterprise-build": signed(kind=SigningKind.ENTERPRISE, devices=None),
}
STORE = replace(CERTIFICATE, kind="Apple iPhone OS Application Signing", expires=NOW)
SILENT: dict[str, Build] = {
    "what Apple signed for the store is judged by other rules": seal(certificate=STORE),
    "what is not sealed cannot be altered": seal(info_plist=None, resources=None),
    "a certificate is good for thirty days and a second": seal(
        certificate=replace(CERTIFICATE, expires=NOW + timedelta(days=30, seconds=1))
    ),
    "a profile that says nothing forbids nothing": signed(application_id=None, entitlements={}, certificates=()),
    "entitlements in a form that cannot be read": seal(entitlements={}),
    "no pack is missing": replace(BUILD, asset_packs=AssetPacks(inside=("a",), hosted=("b",))),
    "an extension in a bundle that cannot be read": inside(path="Watch/Wrist.app/PlugIns/Share.appex"),
}
ALWAYS = {"device-list", "minimum-os"}


def codes(build: Build) -> set[str]:
    """Return the codes of all findings."""
    return {problem.code for problem in judge(build, now=NOW)}


def test_a_healthy_build_raises_notes_alone() -> None:
    assert codes(BUILD) == ALWAYS
    assert {problem.severity for problem in judge(BUILD, now=NOW)} == {Severity.NOTE}


@pytest.mark.parametrize("code", CASES)
def test_each_fault_raises_its_own_rule_alone(code: str) -> None:
    assert codes(CASES[code]) - ALWAYS == {code}


@pytest.mark.parametrize("why", SILENT)
def test_what_is_not_sure_is_not_said(why: str) -> None:
    assert codes(SILENT[why]) == ALWAYS


@pytest.mark.parametrize("allowed", ["TEAMID1234.*", "TEAMID1234.com.example.*", "TEAMID1234.com.example.sample"])
def test_a_profile_with_a_wildcard_covers_the_app(allowed: str) -> None:
    assert codes(signed(application_id=allowed)) == ALWAYS


def test_what_stops_an_install_is_said_first() -> None:
    build = signed(kind=SigningKind.DEVELOPMENT, expires=NOW - timedelta(days=1))
    assert [problem.severity for problem in judge(build, now=NOW)] == sorted(
        (problem.severity for problem in judge(build, now=NOW)), key=list(Severity).index
    )
    assert judge(build, now=NOW)[0].code == "profile-expired"


def test_flaws_met_while_reading_are_findings_too() -> None:
    flaw = Problem(code="no-icon", severity=Severity.WARNING, message="a picture is damaged")
    assert flaw in judge(replace(BUILD, icon=None, flaws=(flaw,)), now=NOW)
    assert codes(replace(BUILD, icon=None, flaws=(flaw,))) - ALWAYS == {"no-icon"}


@pytest.mark.parametrize(
    ("build", "state", "text"),
    [
        (BUILD, State.READY, "Installs on the 3 devices registered for it"),
        (signed(devices=1), State.READY, "Installs on the one device registered for it"),
        (CASES["enterprise-build"], State.READY, "Installs on any device of Invented GmbH’s staff"),
        (CASES["profile-expired"], State.BLOCKED, "Cannot be installed: its profile expired on 1 July 2026"),
        (
            CASES["profile-expires-soon"],
            State.SOON,
            "Installs on the 3 devices registered for it, until 30 July 2026",
        ),
    ],
)
def test_the_verdict_says_it_in_one_sentence(build: Build, state: State, text: str) -> None:
    verdict = give_verdict(build, judge(build, now=NOW))
    assert (verdict.state, verdict.text) == (state, text)


def test_the_verdict_holds_until_the_first_of_all_profiles_ends() -> None:
    claims = replace(
        SEAL,
        identifier="com.example.sample.Share",
        entitlements={"application-identifier": "TEAMID1234.com.example.sample.Share"},
    )
    own = replace(AD_HOC, application_id="TEAMID1234.com.example.sample.Share", expires=NOW + timedelta(days=40))
    assert BUILD.executable is not None
    build = inside(executable=replace(BUILD.executable, seal=claims), signing=own)
    assert give_verdict(build, judge(build, now=NOW)).until == NOW + timedelta(days=40)
    later = NOW + timedelta(days=39)
    assert give_verdict(build, judge(build, now=later)).text.endswith("registered for it, until 10 August 2026")
    assert "extension-profile" in {problem.code for problem in judge(build, now=NOW + timedelta(days=40))}


def test_a_build_is_judged_at_a_moment_and_never_changes() -> None:
    assert "profile-expired" not in codes(BUILD)
    later = {problem.code for problem in judge(BUILD, now=NOW + timedelta(days=300))}
    assert "profile-expired" in later
