"""Read code signatures from LC_CODE_SIGNATURE: hashes, entitlements and signer. Does not verify the signer.

Format: cs_blobs.h and ubc_subr.c of XNU. Where a signature is ambiguous, this reads it as XNU does.
The requirements and the CMS name the developer; this module returns neither.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ota_site.apple.codesign.asn1 import Asn1Error
from ota_site.apple.codesign.certificate import CertificateError, read_certificate
from ota_site.apple.codesign.cms import read_signer
from ota_site.apple.codesign.entitlements import EntitlementsError, from_der, from_xml
from ota_site.apple.zip.budget import SIGNATURE_BYTE
from ota_site.model.build import Certificate
from ota_site.model.plain_text import one_line
from ota_site.model.records import Record

if TYPE_CHECKING:
    from ota_site.apple.zip.budget import Budget

INFO, REQUIREMENTS, RESOURCES, ENTITLEMENTS, DER_ENTITLEMENTS = 1, 2, 3, 5, 7
"""Special slots of a code directory: Info.plist, `_CodeSignature/CodeResources`, and other blobs of the signature."""
CMS = 0x10000
"""The slot of the signature's last blob: the CMS over the first code directory."""

_SUPER_BLOB, _DIRECTORY_BLOB = 0xFADE_0CC0, 0xFADE_0C02
_MAGIC = {REQUIREMENTS: 0xFADE_0C01, ENTITLEMENTS: 0xFADE_7171, DER_ENTITLEMENTS: 0xFADE_7172, CMS: 0xFADE_0B01}
_DIRECTORY_SLOTS = (0, *range(0x1000, 0x1005))

_PARTS_LIMIT, _SPECIAL_LIMIT = 64, 32  # Apple's signatures have up to 8 parts and 11 special slots
_CMS_LIMIT = 256 << 10  # 5 kB with a chain of certificates

_HEAD = struct.Struct(">9I4BI")
# Hash type, to hashlib's name and the number of bytes kept, in XNU's order of strength.
_HASHES = {1: ("sha1", 20), 3: ("sha256", 20), 2: ("sha256", 32), 4: ("sha384", 48)}
_STRENGTH = tuple(_HASHES)
_AD_HOC = 0x2
_CDHASH_SIZE = 20


class SignatureError(ValueError):
    """The bytes are not a code signature, or one that the system would reject too."""


class CodeDirectory(Record, kw_only=True):
    """A code directory: the list of hashes that is signed.

    `version` is a number such as 0x20400. `algorithm` is hashlib's name; each hash is its first `hash_size` bytes.
    `page_size` and `code_limit` are in bytes; a page size of 0 means one page for everything. `special` has the hash
    of each special slot in use, `pages` the concatenated hashes of the code: see `page`. `cdhash` is the hash of the
    directory, 20 bytes, which identifies the code elsewhere.
    """

    version: int
    flags: int
    identifier: str
    team_id: str | None
    hash_type: int
    algorithm: str
    hash_size: int
    page_size: int
    code_limit: int
    special: Mapping[int, bytes]
    pages: bytes
    cdhash: bytes

    def digest(self, content: bytes) -> bytes:
        """Return the hash of a page, or of a special slot's file or blob, in this directory's format."""
        return hashlib.new(self.algorithm, content, usedforsecurity=False).digest()[: self.hash_size]

    def seals(self, slot: int, content: bytes) -> bool:
        """Return whether `content` matches the hash in a special slot."""
        return self.special.get(slot) == self.digest(content)

    def page(self, number: int) -> bytes:
        """Return the hash of a page of code, counted from 0; empty after the last."""
        return self.pages[number * self.hash_size : (number + 1) * self.hash_size]


class CodeSignature(Record, kw_only=True):
    """The contents of a code signature.

    `directory` is the strongest of `directories`, which the system uses. `entitlements` is None if there are none in
    XML; `der_entitlements` is None if there are none in DER, or they cannot be read. `signer` is None for an ad hoc
    signature (codesign's term), which no iPhone runs. `broken` lists the slots whose blob does not match its hash in
    the code directory, of 2, 5 and 7, and CMS if it signs a different code directory.
    """

    directory: CodeDirectory
    directories: tuple[CodeDirectory, ...]
    entitlements: Mapping[str, object] | None
    has_der_entitlements: bool
    der_entitlements: Mapping[str, object] | None
    signer: Certificate | None
    broken: tuple[int, ...]

    @property
    def ad_hoc(self) -> bool:
        """Whether this signature has no certificate."""
        return self.signer is None or bool(self.directory.flags & _AD_HOC)


def read_signature(blob: bytes, budget: Budget | None = None) -> CodeSignature:
    """Return the code signature in the blob of LC_CODE_SIGNATURE. Bytes after its end are padding.

    budget: the IPA's. Raises SignatureError for anything but a signature with at least one code directory, and
    BudgetError.
    """
    parts = _parts(memoryview(blob))
    if budget:
        # The blob is hashed and copied again, and some of its parts are parsed.
        parsed = sum(len(part) for slot, part in parts.items() if slot in _MAGIC)
        budget.spend(len(blob) + SIGNATURE_BYTE * parsed)
    directories = _directories(parts)
    directory = max(directories, key=lambda each: _STRENGTH.index(each.hash_type))
    signed = _payload(parts, CMS)
    signer, made_over = _signer(signed) if signed else (None, None)
    broken = [slot for slot in _MAGIC if slot in parts and slot != CMS and not directory.seals(slot, parts[slot])]
    if made_over and hashlib.new(made_over[0], parts[0], usedforsecurity=False).digest() != made_over[1]:
        broken.append(CMS)
    return CodeSignature(
        directory=directory,
        directories=directories,
        entitlements=_entitlements(parts),
        has_der_entitlements=DER_ENTITLEMENTS in parts,
        der_entitlements=_der_entitlements(parts),
        signer=signer,
        broken=tuple(broken),
    )


def _parts(blob: memoryview) -> dict[int, bytes]:
    """Return the known parts by slot, each with its magic number and length."""
    if len(blob) < 12:
        raise SignatureError("it is truncated")
    magic, length, count = struct.unpack_from(">3I", blob)
    if magic != _SUPER_BLOB:
        raise SignatureError("it is not a code signature")
    if length > len(blob) or count > _PARTS_LIMIT or 12 + 8 * count > length:
        raise SignatureError("it is truncated")
    parts: dict[int, bytes] = {}
    spare = length
    for slot, offset in struct.iter_unpack(">2I", blob[12 : 12 + 8 * count]):
        if slot in parts:
            raise SignatureError("it has two blobs of the same type")
        if slot in _MAGIC or slot in _DIRECTORY_SLOTS:
            parts[slot] = _part(blob[:length], offset, _MAGIC.get(slot, _DIRECTORY_BLOB))
            spare -= len(parts[slot])
        if spare < 0:
            raise SignatureError("its parts overlap")
    return parts


def _part(blob: memoryview, offset: int, expected: int) -> bytes:
    if offset + 8 > len(blob):
        raise SignatureError("one of its blobs is outside it")
    magic, length = struct.unpack_from(">2I", blob, offset)
    if magic != expected or length < 8 or offset + length > len(blob):
        raise SignatureError("one of its blobs is damaged")
    return bytes(blob[offset : offset + length])


def _payload(parts: Mapping[int, bytes], slot: int) -> bytes | None:
    return parts[slot][8:] if slot in parts else None


def _directories(parts: Mapping[int, bytes]) -> tuple[CodeDirectory, ...]:
    found = tuple(_directory(parts[slot]) for slot in _DIRECTORY_SLOTS if slot in parts)
    if 0 not in parts:
        raise SignatureError("it has no code directory")
    if len({each.hash_type for each in found}) < len(found):
        raise SignatureError("it has two code directories with the same hash type")
    return found


def _directory(blob: bytes) -> CodeDirectory:
    """Read a code directory. The versions are the first that have the field."""
    if len(blob) < _HEAD.size:
        raise SignatureError("its code directory is truncated")
    _, _, version, flags, hashes, name, specials, pages, limit, size, kind, _, shift, _ = _HEAD.unpack_from(blob)
    algorithm, expected = _HASHES.get(kind, ("", 0))
    if size != expected or not algorithm:
        raise SignatureError(f"its code directory has the unknown hash type {kind}")
    if specials > _SPECIAL_LIMIT or specials * size > hashes or hashes + pages * size > len(blob) or shift > 30:
        raise SignatureError("its code directory is damaged")
    team = _field(blob, ">I", 48) if version >= 0x20200 else 0
    return CodeDirectory(
        version=version,
        flags=flags,
        identifier=_text(blob, name),
        team_id=_text(blob, team) if team else None,
        hash_type=kind,
        algorithm=algorithm,
        hash_size=size,
        page_size=1 << shift if shift else 0,
        code_limit=(_field(blob, ">Q", 56) if version >= 0x20300 else 0) or limit,
        special=_special(blob[hashes - specials * size : hashes], size),
        pages=blob[hashes : hashes + pages * size],
        cdhash=hashlib.new(algorithm, blob, usedforsecurity=False).digest()[:_CDHASH_SIZE],
    )


def _special(hashes: bytes, size: int) -> dict[int, bytes]:
    """Return the special slots' hashes, stored backwards before the first page's hash. Zeros mark unused slots."""
    count = len(hashes) // size
    slots = {count - index: hashes[index * size : (index + 1) * size] for index in range(count)}
    return {slot: value for slot, value in sorted(slots.items()) if any(value)}


def _field(blob: bytes, form: str, offset: int) -> int:
    if offset + struct.calcsize(form) > len(blob):
        raise SignatureError("its code directory is truncated")
    value: int = struct.unpack_from(form, blob, offset)[0]
    return value


def _text(blob: bytes, offset: int) -> str:
    end = blob.find(b"\0", offset)
    if end < 0:
        raise SignatureError("a name in its code directory is not terminated")
    return one_line(blob[offset:end].decode("utf-8", "replace"))


def _entitlements(parts: Mapping[int, bytes]) -> dict[str, object] | None:
    xml = _payload(parts, ENTITLEMENTS)
    try:
        return None if xml is None else from_xml(xml)
    except EntitlementsError as error:
        raise SignatureError(str(error)) from error


def _der_entitlements(parts: Mapping[int, bytes]) -> dict[str, object] | None:
    der = _payload(parts, DER_ENTITLEMENTS)
    try:
        return None if der is None else from_der(der)
    # Apple changed the DER format once and may again: an unknown format does not make the signature invalid.
    except EntitlementsError:
        return None


def _signer(data: bytes) -> tuple[Certificate, tuple[str, bytes] | None]:
    """Return the signer's certificate, and the algorithm and digest that the CMS signs, if any.

    Raises SignatureError.
    """
    if len(data) > _CMS_LIMIT:
        raise SignatureError("its CMS is far longer than any app’s")
    try:
        signer = read_signer(data)
        return read_certificate(signer.certificate), signer.made_over
    except CertificateError as error:
        raise SignatureError("its signer’s certificate cannot be read") from error
    except Asn1Error as error:
        raise SignatureError("its CMS cannot be read") from error
