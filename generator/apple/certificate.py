"""Signing certificates: which kind, whose team, until when. Never whose name.

Used for the signer of an app and for the certificates that a profile allows. Format: X.509; Apple's extensions
are named in Security's SecCertificateOIDs.h and in its certification practice statements.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

from asn1crypto import x509

from generator.model import Certificate

_SIZE_LIMIT = 64 << 10  # Apple's take 1.5 kB

# What stands before the colon in a common name, or is the whole of it; a person's name follows the colon.
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
# An extension's last numbers to the kind; one that is for Mac alone comes after those for iPhone.
_MARKS = {
    "2": "iPhone Developer",
    "4": "iPhone Distribution",
    "3": "Apple iPhone OS Application Signing",
    "25.1": "TestFlight Beta Distribution",
    "12": "Mac Developer",
    "7": "3rd Party Mac Developer Application",
    "13": "Developer ID Application",
}
_TEAM_ID = re.compile(r"[0-9A-Z]{10}")


class CertificateError(ValueError):
    """Bytes that are no X.509 certificate."""


def read_certificate(der: bytes) -> Certificate:
    """Return what a certificate in DER says. Raises CertificateError for anything else."""
    if len(der) > _SIZE_LIMIT:
        raise CertificateError("it is far longer than any certificate")
    try:
        parsed = x509.Certificate.load(der, strict=True)
        body, subject = parsed["tbs_certificate"], parsed.subject.native
        return Certificate(
            sha1=hashlib.sha1(der, usedforsecurity=False).hexdigest(),
            sha256=hashlib.sha256(der).hexdigest(),
            kind=_kind(subject.get("common_name"), [entry["extn_id"].dotted for entry in body["extensions"]]),
            team_id=_team_id(subject.get("organizational_unit_name")),
            not_before=_utc(body["validity"]["not_before"].native),
            expires=_utc(body["validity"]["not_after"].native),
        )
    # asn1crypto raises whatever a wrong byte leads it to.
    except Exception as error:
        raise CertificateError("it is not an X.509 certificate") from error


def _kind(name: object, extensions: list[str]) -> str | None:
    if isinstance(name, str) and (prefix := name.split(":", maxsplit=1)[0]) in _KINDS:
        return prefix
    marks = {dotted.removeprefix(_APPLE) for dotted in extensions if dotted.startswith(_APPLE)}
    return next((kind for mark, kind in _MARKS.items() if mark in marks), None)


def _team_id(unit: object) -> str | None:
    """Return the team that Apple writes as the unit; anybody else may write a name there."""
    units = unit if isinstance(unit, list) else [unit]
    return next((text for text in units if isinstance(text, str) and _TEAM_ID.fullmatch(text)), None)


def _utc(moment: object) -> datetime:
    if not isinstance(moment, datetime):
        raise ValueError  # noqa: TRY004
    return moment.astimezone(UTC)
