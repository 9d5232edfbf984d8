"""Provisioning profiles of every kind, in every envelope."""

from __future__ import annotations

import plistlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

import pytest
from cryptography.hazmat.primitives import hashes

from ota_site.apple.codesign.profile import no_profile, read_profile
from ota_site.model.build import Signing, SigningKind
from ota_site.model.errors import IpaError
from ota_site.model.records import replace
from tests.samples import PERSON, TEAM, TEAM_ID, Encoding, Kind, Profile, make_profile, signing_certificate

if TYPE_CHECKING:
    from pathlib import Path

HEALTHY = Profile(bundle_id="com.example.app", name="Beta testers", uuid="11111111-2222-3333-4444-555555555555")
SIGNING = Signing(
    kind=SigningKind.AD_HOC,
    signed=True,
    team=TEAM,
    team_id=TEAM_ID,
    profile="Beta testers",
    uuid="11111111-2222-3333-4444-555555555555",
    application_id=f"{TEAM_ID}.com.example.app",
    expires=datetime(2035, 3, 1, 9, 30, tzinfo=UTC),
    devices=3,
)


def read(data: bytes) -> Signing:
    """Return what a profile says, without the lists that `test_what_a_profile_allows_is_read` is about."""
    signing = read_profile(data, signed=True, where="App.ipa")
    return replace(signing, platforms=(), entitlements={}, certificates=())


@pytest.mark.parametrize("encoding", get_args(Encoding))
def test_what_a_profile_allows_is_read(encoding: Encoding) -> None:
    profile = replace(HEALTHY, encoding=encoding, entitlements={"aps-environment": "production"})
    signing = read_profile(make_profile(profile), signed=True, where="App.ipa")
    assert signing.platforms[0] == "iOS"
    assert signing.entitlements["aps-environment"] == "production"
    assert signing.entitlements["application-identifier"] == f"{TEAM_ID}.com.example.app"
    allowed = signing_certificate("ad-hoc", profile.team, profile.team_id)
    (certificate,) = signing.certificates
    assert certificate.sha256 == allowed.fingerprint(hashes.SHA256()).hex()
    assert certificate.kind == "Apple Distribution"


@pytest.mark.parametrize("encoding", get_args(Encoding))
@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_is_read_from_every_envelope(kind: Kind, encoding: Encoding) -> None:
    devices = None if kind in ("enterprise", "app-store") else 3
    expected = replace(SIGNING, kind=SigningKind(kind), devices=devices)
    assert read(make_profile(replace(HEALTHY, kind=kind, encoding=encoding))) == expected


def test_a_free_team_is_known_as_one() -> None:
    signing = read(make_profile(Profile(kind="development", free=True, team=PERSON, devices=1)))
    assert (signing.kind, signing.free, signing.devices) == (SigningKind.DEVELOPMENT, True, 1)


@pytest.mark.parametrize("data", [b"junk before " + make_profile(HEALTHY), make_profile(HEALTHY)[:4000] + b"</plist>"])
def test_a_list_in_a_broken_envelope_is_found_by_its_looks(data: bytes) -> None:
    assert read(data) == SIGNING


def test_a_list_without_an_envelope_is_read_as_xml_too() -> None:
    table = {"Name": "Bare", "ProvisionsAllDevices": True, "Entitlements": 7, "ExpirationDate": "never"}
    signing = read(plistlib.dumps(table))
    assert signing == Signing(kind=SigningKind.ENTERPRISE, signed=True, profile="Bare")


def test_the_prefix_stands_in_where_no_team_is_named() -> None:
    table = {"ApplicationIdentifierPrefix": ["OLD\x7f\tPREFIX"], "TeamIdentifier": [], "UUID": "1"}
    signing = read(plistlib.dumps(table))
    assert signing.team_id == "OLD PREFIX"


@pytest.mark.parametrize("data", [b"", b"garbage", b"\x30\x80" * 9999, make_profile(HEALTHY)[:300]])
def test_bytes_without_a_list_are_refused(data: bytes) -> None:
    with pytest.raises(IpaError, match=r"embedded\.mobileprovision is not a property list"):
        read(data)


def test_an_app_without_a_profile_may_be_signed_all_the_same() -> None:
    assert no_profile(signed=True) == Signing(kind=SigningKind.NONE, signed=True)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "kind", "free"),
    [
        ("ios_adhoc", SigningKind.AD_HOC, False),
        ("ios_appstore", SigningKind.APP_STORE, False),
        ("ios_development", SigningKind.DEVELOPMENT, False),
        ("profile", SigningKind.DEVELOPMENT, True),
        ("bplist", SigningKind.ENTERPRISE, False),
    ],
)
def test_profiles_made_by_apple_are_read(fixtures_dir: Path, name: str, kind: SigningKind, *, free: bool) -> None:
    signing = read((fixtures_dir / "profiles" / f"{name}.mobileprovision").read_bytes())
    assert (signing.kind, signing.free) == (kind, free)
    assert (signing.devices is None) is (kind in (SigningKind.APP_STORE, SigningKind.ENTERPRISE))
    assert all((signing.profile, signing.uuid, signing.team_id, signing.application_id, signing.expires))
