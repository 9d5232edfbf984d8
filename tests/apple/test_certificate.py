"""Certificates: kind, team and term, and never a name."""

from __future__ import annotations

import hashlib
import plistlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from hypothesis import example, given

from ota_site.apple.codesign.certificate import CertificateError, read_certificate
from ota_site.model.build import Certificate
from tests.apple.mutations import mutated
from tests.samples import PERSON, TEAM, TEAM_ID, Kind, authority, signing_certificate
from tests.signing import dated, in_der

if TYPE_CHECKING:
    from pathlib import Path

DISTRIBUTION = in_der(signing_certificate())
DEVELOPMENT = in_der(signing_certificate("development"))


def renamed(certificate: x509.Certificate, field: str, value: str) -> bytes:
    """Write another name into a certificate, whose signature then no longer fits."""
    parsed = asn1_x509.Certificate.load(in_der(certificate))
    names = {**parsed.subject.native, field: value}
    parsed["tbs_certificate"]["subject"] = asn1_x509.Name.build({name: text for name, text in names.items() if text})
    return bytes(parsed.dump(force=True))


def test_a_certificate_tells_all_but_a_name() -> None:
    assert read_certificate(DISTRIBUTION) == Certificate(
        sha1=hashlib.sha1(DISTRIBUTION, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(DISTRIBUTION).hexdigest(),
        kind="Apple Distribution",
        team_id=TEAM_ID,
        not_before=datetime(2020, 1, 1, tzinfo=UTC),
        expires=datetime(2040, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("ad-hoc", "Apple Distribution"),
        ("app-store", "Apple Distribution"),
        ("development", "Apple Development"),
        ("enterprise", "iPhone Distribution"),
    ],
)
def test_the_kind_is_what_stands_before_the_colon(kind: Kind, name: str) -> None:
    found = read_certificate(in_der(signing_certificate(kind)))
    assert found.kind == name
    assert PERSON not in repr(found)
    assert TEAM not in repr(found)


@pytest.mark.parametrize("name", [PERSON, f"{PERSON}: iPhone Developer", f"Apple Dev: {PERSON}", ""])
@pytest.mark.parametrize(("kind", "by_mark"), [("development", "iPhone Developer"), ("ad-hoc", "iPhone Distribution")])
def test_without_a_name_of_apples_the_kind_is_read_from_apples_mark(kind: Kind, by_mark: str, name: str) -> None:
    found = read_certificate(renamed(signing_certificate(kind), "common_name", name))
    assert found.kind == by_mark
    assert PERSON not in repr(found)


def test_a_certificate_that_is_not_apples_has_no_kind() -> None:
    found = read_certificate(in_der(authority()))
    assert (found.kind, found.team_id) == (None, None)


@pytest.mark.parametrize("unit", [PERSON, "teamid1234", "TEAMID12345", ""])
def test_a_unit_that_is_no_team_is_passed_over(unit: str) -> None:
    found = read_certificate(renamed(signing_certificate(), "organizational_unit_name", unit))
    assert found.team_id is None


def test_a_term_may_lie_beyond_the_years_of_two_digits() -> None:
    term = datetime(2011, 6, 21, tzinfo=UTC), datetime(2061, 6, 20, 12, 30, 5, tzinfo=UTC)
    found = read_certificate(in_der(dated(signing_certificate(), *term)))
    assert (found.not_before, found.expires) == term


@pytest.mark.parametrize("data", [b"", b"0", b"\x30\x80" * 999, DISTRIBUTION[:-1], DISTRIBUTION + b"\0", bytes(70_000)])
def test_everything_else_is_refused(data: bytes) -> None:
    with pytest.raises(CertificateError):
        read_certificate(data)


@given(mutated(DISTRIBUTION, DEVELOPMENT))
@example(DISTRIBUTION.replace(b"400101000000Z", b"400199000000Z"))
@example(DISTRIBUTION.replace(b"400101000000Z", b"000000000000Z"))
def test_any_bytes_give_a_certificate_or_its_error(data: bytes) -> None:
    try:
        found = read_certificate(data)
    except CertificateError:
        return
    assert found.expires.tzinfo is UTC
    assert PERSON not in repr(found)


@pytest.mark.real
def test_the_certificates_of_real_profiles_are_read_without_names(fixtures_dir: Path) -> None:
    kinds = set()
    for path in sorted((fixtures_dir / "profiles").glob("ios_*.mobileprovision")):
        content = cms.ContentInfo.load(path.read_bytes())["content"]["encap_content_info"]["content"].native
        profile = plistlib.loads(content)
        for der in profile["DeveloperCertificates"]:
            found = read_certificate(der)
            kinds.add(found.kind)
            assert [found.team_id] == profile["TeamIdentifier"]
            assert found.expires == x509.load_der_x509_certificate(der).not_valid_after_utc
    assert kinds == {"Apple Development", "Apple Distribution"}
