"""Signed executables in memory, made from arguments: the same arguments give the same bytes.

Nothing here comes from the generator. Formats: loader.h, fat.h, cs_blobs.h, and what Xcode's own signatures look like.
"""

import hashlib
import plistlib
import struct
from collections.abc import Callable, Mapping, Sequence
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
from tests.profiles import BUNDLE_ID, TEAM_ID, authority, key_of, signing_certificate

Architecture = Literal["arm64", "arm64e", "armv7", "armv7s", "i386", "x86_64"]
Hash = Literal["sha1", "sha256", "sha384"]
DerForm = Literal["now", "xcode-12", "none"]

# CPU type and subtype (mach/machine.h).
CPUS: Mapping[str, tuple[int, int]] = {
    "arm64": (0x0100_000C, 0),
    "arm64e": (0x0100_000C, 0x8000_0002),
    "armv7": (12, 9),
    "armv7s": (12, 11),
    "i386": (7, 3),
    "x86_64": (0x0100_0007, 3),
}
_HASH_TYPES = {"sha1": 1, "sha256": 2, "sha384": 4}
_PAGE = 12  # log2 of bytes
_SIGNED_AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
_ENTITLEMENTS = {
    "application-identifier": f"{TEAM_ID}.{BUNDLE_ID}",
    "com.apple.developer.team-identifier": TEAM_ID,
    "get-task-allow": False,
    "keychain-access-groups": [f"{TEAM_ID}.{BUNDLE_ID}"],
}


class Signature(Record, kw_only=True):
    """What a signature says; all defaults together are one that Xcode would make today."""

    identifier: str = BUNDLE_ID
    team_id: str | None = TEAM_ID
    entitlements: Mapping[str, object] | None = field(default_factory=lambda: dict(_ENTITLEMENTS))
    info_plist: bytes | None = b"<plist/>"
    code_resources: bytes | None = b"<plist/>"
    certificate: x509.Certificate | None = field(default_factory=signing_certificate)
    """The signer's; its key is `key_of(<common name>)`. None signs "ad hoc": no CMS, and flag 0x2."""
    chain: tuple[x509.Certificate, ...] = field(default_factory=lambda: (authority(),))
    version: int = 0x20400
    algorithms: tuple[Hash, ...] = ("sha256",)
    """One code directory each; Xcode makes ("sha1", "sha256") for targets before iOS 11."""
    der: DerForm = "now"
    agility: bool = True
    """Whether the CMS has Apple's two attributes with the hashes of all code directories."""
    altered: Mapping[int, bytes] = field(default_factory=dict)
    """Parts that take the place of those that were signed, by slot, after the fact."""


class Executable(Record, kw_only=True):
    """One architecture's Mach-O; all defaults together are an iOS app's for arm64, signed."""

    architecture: Architecture = "arm64"
    platform: int = 2
    """2 is iOS, 7 its simulator; 0 names none (loader.h)."""
    old_platform: int | None = None
    """LC_VERSION_MIN_…'s number, 0x25 for iPhoneOS, instead of LC_BUILD_VERSION."""
    minimum_os: tuple[int, int, int] = (16, 0, 0)
    sdk: tuple[int, int, int] = (26, 0, 0)
    cryptid: int | None = 0
    """1 is encrypted by FairPlay; None leaves the load command out."""
    code: bytes = b"\x1f\x20\x03\xd5" * 4096
    """Nothing but no-operations."""
    big_endian: bool = False
    signature: Signature | None = field(default_factory=Signature)


def signed_macho(executable: Executable = Executable()) -> bytes:
    """Make the executable; with `signature=None`, an unsigned one."""
    if executable.signature is None:
        return _image(executable, 0)
    # The code directory covers the load commands, and these tell the signature's size: measure, then sign.
    measured = len(sign(_image(executable, 0), executable.signature))
    space = -(-(measured + 64) // 4096) * 4096
    image = _image(executable, space)
    return image + sign(image, executable.signature).ljust(space, b"\0")


def fat(*slices: bytes, wide: bool = False, little_endian: bool = False, backwards: bool = False) -> bytes:
    """Join executables; `wide` takes 64-bit offsets, `backwards` lists the last slice first."""
    order = "<" if little_endian else ">"
    entry = struct.Struct(order + ("2I2Q2I" if wide else "5I"))
    head = struct.pack(order + "2I", 0xCAFE_BABF if wide else 0xCAFE_BABE, len(slices))
    body, entries = b"", []
    for each in slices:
        offset = 16384 + len(body)
        cpu, subtype = struct.unpack("<4x2I", each[:12])
        entries.append(entry.pack(cpu, subtype, offset, len(each), 14, *([0] if wide else [])))
        body += each.ljust(-(-len(each) // 16384) * 16384, b"\0")
    listed = b"".join(reversed(entries) if backwards else entries)
    return (head + listed).ljust(16384, b"\0") + body[: len(body) - _padding(slices[-1])]


def _padding(content: bytes) -> int:
    return -len(content) % 16384


# --- the image ----------------------------------------------------------------------------------------------


def _image(executable: Executable, space: int) -> bytes:
    """Make all that comes before the signature; `space` is that left for it, 0 for none."""
    order = ">" if executable.big_endian else "<"
    cpu, subtype = CPUS[executable.architecture]
    wide = cpu >= 0x0100_0000
    text = -(-(4096 + len(executable.code)) // 16384) * 16384
    commands = [
        _segment(order, "__TEXT", 0, text, wide=wide),
        _segment(order, "__LINKEDIT", text, space, wide=wide),
        *_platform(executable, order),
    ]
    if executable.cryptid is not None:
        body = (4096, text - 4096, executable.cryptid)
        commands.append(_command(order, 0x2C, "4I", *body, 0) if wide else _command(order, 0x21, "3I", *body))
    if space:
        commands.append(_command(order, 0x1D, "2I", text, space))
    joined = b"".join(commands)
    header = struct.pack(
        order + "7I", 0xFEED_FACF if wide else 0xFEED_FACE, cpu, subtype, 2, len(commands), len(joined), 0x0020_0085
    )
    header += bytes(4) if wide else b""
    return ((header + joined).ljust(4096, b"\0") + executable.code).ljust(text, b"\0")


def _platform(executable: Executable, order: str) -> list[bytes]:
    minimum, sdk = (major << 16 | minor << 8 | patch for major, minor, patch in (executable.minimum_os, executable.sdk))
    if executable.old_platform is not None:
        return [_command(order, executable.old_platform, "2I", minimum, sdk)]
    return [_command(order, 0x32, "4I", executable.platform, minimum, sdk, 0)] if executable.platform else []


def _segment(order: str, name: str, offset: int, size: int, *, wide: bool) -> bytes:
    address = offset + (1 << 32 if wide else 16384)
    rights = 5 if name == "__TEXT" else 1
    form, number = ("16s4Q4I", 0x19) if wide else ("16s8I", 0x01)
    return _command(
        order, number, form, name.encode(), address, -(-size // 16384) * 16384, offset, size, rights, rights, 0, 0
    )


def _command(order: str, number: int, form: str, *values: int | bytes) -> bytes:
    body = struct.pack(order + form, *values)
    return struct.pack(order + "2I", number, 8 + len(body)) + body


# --- the signature ------------------------------------------------------------------------------------------


def sign(image: bytes, signature: Signature) -> bytes:
    """Make the SuperBlob that seals `image`, an executable up to its signature."""
    parts = {2: _requirements(signature)}
    if signature.entitlements is not None:
        parts[5] = _blob(0xFADE_7171, plistlib.dumps(dict(signature.entitlements)))
        if signature.der != "none":
            parts[7] = _blob(0xFADE_7172, der_entitlements(signature.entitlements, signature.der))
    directories = [_directory(image, signature, algorithm, parts) for algorithm in signature.algorithms]
    parts |= {0x1000 + number - 1 if number else 0: each for number, each in enumerate(directories)}
    message = b"" if signature.certificate is None else _cms(directories, signature, signature.certificate)
    parts[0x10000] = _blob(0xFADE_0B01, message)
    return super_blob({**parts, **signature.altered})


def super_blob(parts: Mapping[int, bytes]) -> bytes:
    """Join parts, each a whole blob, by slot."""
    offset = 12 + 8 * len(parts)
    index = b""
    for slot, part in sorted(parts.items()):
        index += struct.pack(">2I", slot, offset)
        offset += len(part)
    body = b"".join(part for _, part in sorted(parts.items()))
    return struct.pack(">3I", 0xFADE_0CC0, offset, len(parts)) + index + body


def _blob(magic: int, body: bytes) -> bytes:
    return struct.pack(">2I", magic, 8 + len(body)) + body


def _directory(image: bytes, signature: Signature, algorithm: Hash, parts: Mapping[int, bytes]) -> bytes:
    digest = _digest(algorithm)
    sealed = {1: signature.info_plist, 3: signature.code_resources, **parts}
    slots = range(max(slot for slot, content in sealed.items() if content is not None), 0, -1)
    empty = bytes(len(digest(b"")))
    special = [empty if (content := sealed.get(slot)) is None else digest(content) for slot in slots]
    pages = [digest(image[start : start + (1 << _PAGE)]) for start in range(0, len(image), 1 << _PAGE)]
    size = 44 + 4 * (signature.version >= 0x20100) + 4 * (signature.version >= 0x20200)
    size += 12 * (signature.version >= 0x20300) + 24 * (signature.version >= 0x20400)
    team = signature.team_id if signature.version >= 0x20200 else None
    names = signature.identifier.encode() + b"\0" + (team.encode() + b"\0" if team else b"")
    team_at = size + len(signature.identifier.encode()) + 1 if team else 0
    first = size + len(names) + sum(map(len, special))
    flags = 0x2 if signature.certificate is None else 0
    later = struct.pack(">2IIQ3Q", 0, team_at, 0, 0, 0, len(image), 1)[: size - 44]
    head = struct.pack(">7I", signature.version, flags, first, size, len(special), len(pages), len(image))
    head += struct.pack(">4BI", len(empty), _HASH_TYPES[algorithm], 0, _PAGE, 0)
    return _blob(0xFADE_0C02, head + later + names + b"".join(special + pages))


def _digest(algorithm: Hash) -> Callable[[bytes], bytes]:
    return lambda content: hashlib.new(algorithm, content, usedforsecurity=False).digest()


def _requirements(signature: Signature) -> bytes:
    """Require the identifier and the signer's name, as Xcode does for a development build."""
    if signature.certificate is None:
        return _blob(0xFADE_0C01, bytes(4))
    identifier = struct.pack(">I", 2) + _counted(signature.identifier)
    name = (
        struct.pack(">2I", 11, 0)
        + _counted("subject.CN")
        + struct.pack(">I", 1)
        + _counted(_name(signature.certificate))
    )
    requirement = _blob(0xFADE_0C00, struct.pack(">2I", 1, 6) + identifier + name)
    return _blob(0xFADE_0C01, struct.pack(">3I", 1, 3, 20) + requirement)


def _counted(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">I", len(data)) + data.ljust(-(-len(data) // 4) * 4, b"\0")


# --- entitlements in DER ------------------------------------------------------------------------------------


def der_entitlements(table: Mapping[str, object], form: DerForm = "now") -> bytes:
    """Write entitlements in DER: in today's form, or in the older one of Xcode 12 to 14."""
    if form == "xcode-12":
        return _tlv(0x31, _pairs(table, 0x31))
    return _tlv(0x70, core.Integer(1).dump() + _tlv(0xB0, _pairs(table, 0xB0)))


def _pairs(table: Mapping[str, object], tag: int) -> bytes:
    keys = sorted(table)
    return b"".join(_tlv(0x30, core.UTF8String(key).dump() + _der(table[key], tag)) for key in keys)


def _der(value: object, tag: int) -> bytes:
    match value:
        case bool():
            return bytes(core.Boolean(value).dump())
        case int():
            return bytes(core.Integer(value).dump())
        case str():
            return bytes(core.UTF8String(value).dump())
        case bytes():
            return bytes(core.OctetString(value).dump())
        case list():
            return _tlv(0x30, b"".join(_der(each, tag) for each in value))
        case dict():
            return _tlv(tag, _pairs(value, tag))
    raise TypeError(type(value))


def _tlv(tag: int, content: bytes) -> bytes:
    # The length is asn1crypto's, only the tag is not one that it knows.
    return bytes((tag,)) + bytes(core.OctetString(content).dump())[1:]


# --- the CMS ------------------------------------------------------------------------------------------------


def _cms(directories: Sequence[bytes], signature: Signature, certificate: x509.Certificate) -> bytes:
    holder, *chain = (_asn1(each) for each in (certificate, *signature.chain))
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": _SIGNED_AT})]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(directories[0]).digest()]}),
            *(_agility(directories, signature) if signature.agility else ()),
        ]
    )
    key = key_of(_name(certificate))
    info = {
        "version": "v1",
        "sid": {"issuer_and_serial_number": {"issuer": holder.issuer, "serial_number": holder.serial_number}},
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256(), deterministic_signing=True)),
    }
    content = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {"content_type": "data"},
        "certificates": [*chain, holder],
        "signer_infos": [info],
    }
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)}).dump())


def _agility(directories: Sequence[bytes], signature: Signature) -> tuple[cms.CMSAttribute, cms.CMSAttribute]:
    """Name every code directory's hash: 20 bytes each in a property list, and whole with the algorithm."""
    named = [(each, _digest(each)(blob)) for each, blob in zip(signature.algorithms, directories, strict=True)]
    table = plistlib.dumps({"cdhashes": [value[:20] for _, value in named]})
    pairs = [_tlv(0x30, algos.DigestAlgorithmId(each).dump() + core.OctetString(value).dump()) for each, value in named]
    return (
        cms.CMSAttribute({"type": "1.2.840.113635.100.9.1", "values": [core.Any(core.OctetString(table))]}),
        cms.CMSAttribute({"type": "1.2.840.113635.100.9.2", "values": [core.Any.load(pair) for pair in pairs]}),
    )


# --- certificates -------------------------------------------------------------------------------------------


@cache
def dated(certificate: x509.Certificate, not_before: datetime, expires: datetime) -> x509.Certificate:
    """Issue a certificate again for another term."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(certificate.subject)
        .issuer_name(certificate.issuer)
        .public_key(certificate.public_key())
        .serial_number(certificate.serial_number + 1)
        .not_valid_before(not_before)
        .not_valid_after(expires)
    )
    for extension in certificate.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(key_of(_name(authority())), hashes.SHA256(), ecdsa_deterministic=True)


def in_der(certificate: x509.Certificate) -> bytes:
    """Return the certificate's bytes."""
    return certificate.public_bytes(serialization.Encoding.DER)


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(in_der(certificate))


def _name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
