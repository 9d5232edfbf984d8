"""Certificates and provisioning profiles in memory: the same arguments give the same bytes.

Nothing here comes from the generator, so that what it reads was written by another hand.
"""

import hashlib
import plistlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Literal

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ota_site.model.records import Record, field

BUNDLE_ID = "com.example.sample"
TEAM = "Invented GmbH"
TEAM_ID = "TEAMID1234"
PERSON = "Erika Mustermann"
"""The developer named in development certificates: a name that must never reach a site or a log."""

_XML, _BINARY = plistlib.FMT_XML, plistlib.FMT_BINARY

Kind = Literal["ad-hoc", "development", "enterprise", "app-store"]
Encoding = Literal["der", "ber", "bare", "broken-signature"]


# --- certificates -------------------------------------------------------------------------------------------


def key_of(owner: str) -> ec.EllipticCurvePrivateKey:
    """Derive the P-256 key of an invented owner: the same for the same name, and therefore no secret."""
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(owner.encode()).digest()), ec.SECP256R1())


@cache
def authority() -> x509.Certificate:
    """Make the root that stands in for Apple's."""
    return _certificate({NameOID.COMMON_NAME: "Invented Root CA"}, purpose=None)


@cache
def signing_certificate(kind: Kind = "ad-hoc", team: str = TEAM, team_id: str = TEAM_ID) -> x509.Certificate:
    """Make the certificate with which the team signs such apps; its key is `key_of(<common name>)`."""
    holder = {
        "development": f"Apple Development: {PERSON} (PERSON1234)",
        "enterprise": f"iPhone Distribution: {team}",
    }.get(kind, f"Apple Distribution: {team} ({team_id})")
    subject = {
        NameOID.USER_ID: team_id,
        NameOID.COMMON_NAME: holder,
        NameOID.ORGANIZATIONAL_UNIT_NAME: team_id,
        NameOID.ORGANIZATION_NAME: team,
        NameOID.COUNTRY_NAME: "DE",
    }
    # Apple's own marks: iPhone developer, iPhone distribution (facts.md, 4.5).
    mark = "1.2.840.113635.100.6.1.2" if kind == "development" else "1.2.840.113635.100.6.1.4"
    return _certificate(subject, purpose=mark)


@cache
def _profile_signer() -> x509.Certificate:
    return _certificate({NameOID.COMMON_NAME: "Invented Provisioning Profile Signing"}, purpose=None)


def _certificate(subject: Mapping[x509.ObjectIdentifier, str], *, purpose: str | None) -> x509.Certificate:
    """Issue a certificate, the authority's own included; `purpose` is the OID of Apple's extension."""
    owner = subject[NameOID.COMMON_NAME]
    root = "Invented Root CA"
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(oid, text) for oid, text in subject.items()]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, root)]))
        .public_key(key_of(owner).public_key())
        .serial_number(int.from_bytes(hashlib.sha256(owner.encode()).digest()[:8]) | 1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=owner == root, path_length=None), critical=True)
    )
    if purpose:
        mark = x509.UnrecognizedExtension(x509.ObjectIdentifier(purpose), b"\x05\x00")
        builder = builder.add_extension(mark, critical=True)
    return builder.sign(key_of(root), hashes.SHA256(), ecdsa_deterministic=True)


# --- provisioning profiles ----------------------------------------------------------------------------------


class Profile(Record, kw_only=True):
    """What a provisioning profile says; all defaults together are a healthy ad hoc one."""

    kind: Kind = "ad-hoc"
    bundle_id: str | None = None
    """None is that of the app which the profile goes into; "*" and "com.example.*" are wildcards."""
    name: str | None = None
    team: str = TEAM
    team_id: str = TEAM_ID
    uuid: str | None = None
    created: datetime = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)
    expires: datetime = datetime(2035, 3, 1, 9, 30, tzinfo=UTC)
    devices: int = 3
    free: bool = False
    """Made by a free account: `LocalProvision`. Apple lets these live seven days."""
    entitlements: Mapping[str, object] = field(default_factory=dict)
    """Beyond those that every profile has."""
    encoding: Encoding = "der"


def make_profile(profile: Profile = Profile()) -> bytes:
    """Make an `embedded.mobileprovision`: a plist, signed (CMS), in one of the encodings seen."""
    content = profile_plist(profile)
    if profile.encoding == "bare":
        return plistlib.dumps(content, fmt=_BINARY)
    xml = plistlib.dumps(content, sort_keys=False)
    signed = _signed_data(xml, profile.created)
    if profile.encoding == "ber":
        return _in_ber(signed, xml)
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    if profile.encoding == "broken-signature":
        # The signature is the last thing in the file.
        return der[:-1] + bytes((der[-1] ^ 0xFF,))
    return der


def profile_plist(profile: Profile) -> dict[str, object]:
    """Fill the plist inside the profile, with the keys of Apple's own."""
    bundle_id = profile.bundle_id or BUNDLE_ID
    name = profile.name or f"{profile.kind.replace('-', ' ').capitalize()} {bundle_id}"
    certificate = signing_certificate(profile.kind, profile.team, profile.team_id)
    return {
        "AppIDName": bundle_id.rpartition(".")[2].capitalize(),
        "ApplicationIdentifierPrefix": [profile.team_id],
        "CreationDate": _naive(profile.created),
        "Platform": ["iOS", "xrOS", "visionOS"],
        "IsXcodeManaged": False,
        "DeveloperCertificates": [certificate.public_bytes(serialization.Encoding.DER)],
        "Entitlements": _entitlements(profile, bundle_id),
        "ExpirationDate": _naive(profile.expires),
        "Name": name,
        **_reach(profile),
        "TeamIdentifier": [profile.team_id],
        "TeamName": profile.team,
        "TimeToLive": (profile.expires - profile.created).days,
        "UUID": profile.uuid or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name} {profile.expires}")),
        "Version": 1,
    }


def device_identifiers(count: int) -> list[str]:
    """Invent UDIDs in the form of today's iPhones; like a person's name, they must never be shown."""
    return [f"00008030-{0xDEAD_BEEF_0000 + number:016X}" for number in range(1, count + 1)]


def _reach(profile: Profile) -> dict[str, object]:
    reach: dict[str, object] = {}
    if profile.free:
        reach["LocalProvision"] = True
    if profile.kind == "enterprise":
        reach["ProvisionsAllDevices"] = True
    elif profile.kind != "app-store":
        reach["ProvisionedDevices"] = device_identifiers(profile.devices)
    return reach


def _entitlements(profile: Profile, bundle_id: str) -> dict[str, object]:
    return {
        "application-identifier": f"{profile.team_id}.{bundle_id}",
        "keychain-access-groups": [f"{profile.team_id}.*"],
        "get-task-allow": profile.kind == "development",
        "com.apple.developer.team-identifier": profile.team_id,
        **({"beta-reports-active": True} if profile.kind == "app-store" else {}),
        **profile.entitlements,
    }


def _naive(moment: datetime) -> datetime:
    # plistlib writes dates without a zone and means UTC.
    return moment.astimezone(UTC).replace(tzinfo=None)


def _signed_data(content: bytes, moment: datetime) -> cms.SignedData:
    certificates = [
        asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
        for certificate in (authority(), _profile_signer())
    ]
    digest = algos.DigestAlgorithm({"algorithm": "sha256"})
    return cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [digest],
            "encap_content_info": {"content_type": "data", "content": content},
            "certificates": certificates,
            "signer_infos": [_signer_info(content, moment, certificates[-1])],
        }
    )


def _signer_info(content: bytes, moment: datetime, certificate: asn1_x509.Certificate) -> cms.SignerInfo:
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": moment})]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(content).digest()]}),
        ]
    )
    key = key_of("Invented Provisioning Profile Signing")
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    issuer = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    return cms.SignerInfo(
        {
            "version": "v1",
            "sid": {"issuer_and_serial_number": issuer},
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": key.sign(attributes.dump(), algorithm),
        }
    )


def _in_ber(signed: cms.SignedData, content: bytes) -> bytes:
    """Write the message with indefinite lengths and its content in pieces, as Apple sometimes does."""
    pieces = [core.OctetString(content[start : start + 1000]).dump() for start in range(0, len(content), 1000)]
    encapsulated = _open(
        b"\x30", core.ObjectIdentifier("1.2.840.113549.1.7.1").dump(), _open(b"\xa0", _open(b"\x24", *pieces))
    )
    body = _open(
        b"\x30",
        signed["version"].dump(),
        signed["digest_algorithms"].dump(),
        encapsulated,
        signed["certificates"].dump(),
        signed["signer_infos"].dump(),
    )
    return _open(b"\x30", core.ObjectIdentifier("1.2.840.113549.1.7.2").dump(), _open(b"\xa0", body))


def _open(tag: bytes, *parts: bytes) -> bytes:
    return tag + b"\x80" + b"".join(parts) + b"\x00\x00"
