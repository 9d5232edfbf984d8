"""Read signing certificates: kind, team and validity. Never the person's name.

Used for the signer of an app and for the certificates in a provisioning profile. Format: RFC 5280. Apple's extensions
are listed in Security's SecCertificateOIDs.h and in Apple's certification practice statements.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ota_site.apple.codesign.asn1 import CONTEXT, SEQUENCE, Asn1Error, Element, elements, object_id
from ota_site.model.build import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SIZE_LIMIT = 64 << 10  # Apple's certificates take 1.5 kB
_NAMES_LIMIT, _PAIRS_LIMIT = 20, 4  # Apple's certificates have five names of one pair each

# The common name, or its part before the colon. A person's name follows the colon.
_KINDS = frozenset(
    {
        "3rd Party Mac Developer Application",
        "3rd Party Mac Developer Installer",
        "Apple Development",
        "Apple Distribution",
        "Apple iPhone OS Application Signing",
        "Developer ID Application",
        "Developer ID Installer",
        "Mac Developer",
        "TestFlight Beta Distribution",
        "iPhone Developer",
        "iPhone Distribution",
    }
)
_APPLE = "1.2.840.113635.100.6.1."
# The last numbers of an extension's identifier, to the kind. Mac-only kinds come after those for iPhone.
_MARKS = {
    "2": "iPhone Developer",
    "4": "iPhone Distribution",
    "3": "Apple iPhone OS Application Signing",
    "25.1": "TestFlight Beta Distribution",
    "12": "Mac Developer",
    "7": "3rd Party Mac Developer Application",
    "13": "Developer ID Application",
}
_COMMON_NAME, _UNIT = "2.5.4.3", "2.5.4.11"
# Tags of strings that are not UTF-8 or a subset of it.
_ENCODINGS = {0x14: "latin-1", 0x1C: "utf-32-be", 0x1E: "utf-16-be"}
_SHORT_YEAR = 0x17
# Apple writes the team ID as the organizational unit; other issuers may write a name there.
_TEAM_ID = re.compile(r"[0-9A-Z]{10}")


class CertificateError(ValueError):
    """The bytes are not an X.509 certificate."""


def read_certificate(der: bytes) -> Certificate:
    """Return the certificate in DER bytes. Raises CertificateError for anything else."""
    if len(der) > _SIZE_LIMIT:
        raise CertificateError("it is far longer than any certificate")
    try:
        certificate = _only(der)
        fields = certificate_fields(certificate)
        subject = _names(fields[4])
        not_before, expires = map(_utc, fields[3].parts(2)[:2])
        return Certificate(
            sha1=hashlib.sha1(der, usedforsecurity=False).hexdigest(),
            sha256=hashlib.sha256(der).hexdigest(),
            kind=_kind(subject.get(_COMMON_NAME, ()), extensions(fields)),
            team_id=next(filter(_TEAM_ID.fullmatch, subject.get(_UNIT, ())), None),
            not_before=not_before,
            expires=expires,
        )
    # Asn1Error, and the errors of an impossible date or an undecodable text.
    except ValueError as error:
        raise CertificateError("it is not an X.509 certificate") from error


def certificate_fields(certificate: Element) -> tuple[Element, ...]:
    """Return a certificate's serial number, algorithm, issuer, validity, subject, key and more. Raises Asn1Error."""
    body = certificate.parts(3)[0].parts(7)
    return body[1:] if body[0].tag == CONTEXT else body


def extensions(fields: tuple[Element, ...]) -> dict[str, Element]:
    """Return the extensions' values by object identifier, from `certificate_fields`. Raises Asn1Error."""
    listed = next((part.only().parts() for part in fields[6:] if part.tag == CONTEXT + 3), ())
    parts = [extension.parts(2) for extension in listed]
    return {object_id(extension[0]): extension[-1] for extension in parts}


def _only(der: bytes) -> Element:
    match elements(memoryview(der)):
        case (Element(tag=tag) as certificate,) if tag == SEQUENCE:
            return certificate
    raise Asn1Error("not a certificate")


def _names(subject: Element) -> dict[str, list[str]]:
    """Return the values in a distinguished name by object identifier."""
    names: dict[str, list[str]] = {}
    for relative in subject.parts(most=_NAMES_LIMIT):
        for pair in relative.parts(most=_PAIRS_LIMIT):
            kind, value = pair.parts(2)[:2]
            names.setdefault(object_id(kind), []).append(str(value.content, _ENCODINGS.get(value.tag, "utf-8")))
    return names


def _kind(names: Sequence[str], marked: Iterable[str]) -> str | None:
    if len(names) == 1 and (prefix := names[0].split(":", maxsplit=1)[0]) in _KINDS:
        return prefix
    marks = {dotted.removeprefix(_APPLE) for dotted in marked if dotted.startswith(_APPLE)}
    return next((kind for mark, kind in _MARKS.items() if mark in marks), None)


def _utc(time: Element) -> datetime:
    """Return a UTCTime or GeneralizedTime as certificates write it: to the second, and with Z."""
    text = str(time.content, "ascii")
    if time.tag == _SHORT_YEAR:
        text = ("19" if text >= "5" else "20") + text
    if len(text) != 15 or text[14] != "Z" or not text[:14].isdigit():
        raise Asn1Error("not a time")
    month, day, hour, minute, second = (int(text[at : at + 2]) for at in range(4, 14, 2))
    return datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=UTC)
