"""Read the provisioning profile in an app: a property list inside a CMS envelope.

Apple documents neither; TN3125 explains the keys. Personal names are skipped and device identifiers only counted, so
no later code can leak them.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ota_site.apple.codesign.asn1 import Asn1Error
from ota_site.apple.codesign.certificate import CertificateError, read_certificate
from ota_site.apple.codesign.cms import read_content
from ota_site.apple.codesign.entitlements import plain
from ota_site.apple.plist import parse_plist, text_at
from ota_site.apple.zip.budget import CERTIFICATE
from ota_site.model.build import Signing, SigningKind
from ota_site.model.errors import IpaError
from ota_site.model.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ota_site.apple.zip.budget import Budget
    from ota_site.model.build import Certificate

# Every profile has these; a property list without any of them is not a profile.
_ESSENTIAL = ("Entitlements", "ExpirationDate", "UUID")
_PLATFORMS = 100
# A development profile lists the certificates of every team member: hundreds in a large company.
_CERTIFICATES = 2000


def read_profile(data: bytes, *, signed: bool, where: str, budget: Budget | None = None) -> Signing:
    """Return the signing that a .mobileprovision describes.

    signed: whether the app has a code signature. budget: the IPA's. Raises IpaError if `data` has no profile, and
    BudgetError.
    """
    table = parse_plist(_content(data), where=where, what="embedded.mobileprovision")
    if table.keys().isdisjoint(_ESSENTIAL):
        message = f"embedded.mobileprovision is not a provisioning profile: it has no {', '.join(_ESSENTIAL)}"
        raise IpaError("info-plist-invalid", message, where=where, hint="export the app again from Xcode")
    entitlements = table.get("Entitlements")
    rights: Mapping[str, object] = entitlements if isinstance(entitlements, dict) else {}
    devices = table.get("ProvisionedDevices")
    return Signing(
        kind=_kind(table, rights),
        signed=signed,
        team=text_at(table, "TeamName"),
        team_id=_team_id(table),
        profile=text_at(table, "Name"),
        uuid=text_at(table, "UUID"),
        application_id=text_at(rights, "application-identifier"),
        expires=_utc(table.get("ExpirationDate")),
        devices=len(devices) if isinstance(devices, list) else None,
        free=table.get("LocalProvision") is True,
        platforms=tuple(one_line(name) for name in _list(table.get("Platform"), _PLATFORMS) if isinstance(name, str)),
        entitlements=plain(rights),
        certificates=tuple(_certificates(table, budget)),
    )


def _content(data: bytes) -> bytes:
    """Return the property list in the envelope, which may be DER, BER, damaged or absent."""
    if data.startswith((b"bplist00", b"<?xml", b"<plist")):
        return data
    try:
        return read_content(data)
    except Asn1Error:
        return _search(data)


def _search(data: bytes) -> bytes:
    start, end = data.find(b"<?xml"), data.rfind(b"</plist>")
    if 0 <= start < end:
        return data[start : end + len(b"</plist>")]
    start = data.find(b"bplist00")
    return data[start:] if start >= 0 else data


def _kind(table: Mapping[str, object], rights: Mapping[str, object]) -> SigningKind:
    if table.get("ProvisionsAllDevices") is True:
        return SigningKind.ENTERPRISE
    if not isinstance(table.get("ProvisionedDevices"), list):
        return SigningKind.APP_STORE
    return SigningKind.DEVELOPMENT if rights.get("get-task-allow") is True else SigningKind.AD_HOC


def _list(value: object, limit: int) -> list[object]:
    return value[:limit] if isinstance(value, list) else []


def _certificates(table: Mapping[str, object], budget: Budget | None) -> Iterator[Certificate]:
    """Yield the allowed signing certificates without duplicates. Skips unreadable ones: those are not Apple's."""
    listed = _list(table.get("DeveloperCertificates"), _CERTIFICATES)
    for der in dict.fromkeys(each for each in listed if isinstance(each, bytes)):
        if budget:
            budget.spend(CERTIFICATE)
        with suppress(CertificateError):
            yield read_certificate(der)


def _team_id(table: Mapping[str, object]) -> str | None:
    for key in ("TeamIdentifier", "ApplicationIdentifierPrefix"):
        match table.get(key):
            case [str(first), *_]:
                return one_line(first) or None
    return None


def _utc(value: object) -> datetime | None:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else None


def no_profile(*, signed: bool) -> Signing:
    """Return the signing of an app without a profile."""
    return Signing(kind=SigningKind.NONE, signed=signed)
