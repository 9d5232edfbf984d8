"""The code signature in an executable: what it seals, for whom, by whom. It is read, not verified.

Format: cs_blobs.h and ubc_subr.c of XNU, whose choices are followed where a signature could be read in two ways.
The requirements and the CMS name the developer; neither gets out of here.
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
"""Special slots of a code directory: Info.plist, `_CodeSignature/CodeResources`, and parts of the signature."""
CMS = 0x10000
"""The slot of the signature's last part: the CMS over the first code directory."""

_SUPER_BLOB, _DIRECTORY_BLOB = 0xFADE_0CC0, 0xFADE_0C02
_MAGIC = {REQUIREMENTS: 0xFADE_0C01, ENTITLEMENTS: 0xFADE_7171, DER_ENTITLEMENTS: 0xFADE_7172, CMS: 0xFADE_0B01}
_DIRECTORY_SLOTS = (0, *range(0x1000, 0x1005))

_PARTS_LIMIT, _SPECIAL_LIMIT = 64, 32  # Apple's have up to eight parts and eleven special slots
_CMS_LIMIT = 256 << 10  # 5 kB with a chain of certificates

_HEAD = struct.Struct(">9I4BI")
# Hash type to hashlib's name and the bytes kept of it, in XNU's order of strength.
_HASHES = {1: ("sha1", 20), 3: ("sha256", 20), 2: ("sha256", 32), 4: ("sha384", 48)}
_STRENGTH = tuple(_HASHES)
_AD_HOC = 0x2
_CDHASH_SIZE = 20


class SignatureError(ValueError):
    """Bytes that are no code signature, or one that the system would not take either."""


class CodeDirectory(Record, kw_only=True):
    """The list of hashes that a signature is made over.

    `version` is such as 0x20400. `algorithm` is hashlib's name; each hash is its first `hash_size` bytes.
    `page_size` and `code_limit` are in bytes; a page size of 0 is one page for everything. `special` has the hash
    of each special slot in use, `pages` those of the code, end to end: see `page`. `cdhash` is the hash of the
    directory itself, 20 bytes, by which the code is known elsewhere.
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
        """Return the hash of a page, or of a file or part in a special slot, as this directory writes it."""
        return hashlib.new(self.algorithm, content, usedforsecurity=False).digest()[: self.hash_size]

    def seals(self, slot: int, content: bytes) -> bool:
        """Whether `content` is what was there when a special slot was signed."""
        return self.special.get(slot) == self.digest(content)

    def page(self, number: int) -> bytes:
        """Return the hash of a page of code, counted from 0; empty beyond the last."""
        return self.pages[number * self.hash_size : (number + 1) * self.hash_size]


class CodeSignature(Record, kw_only=True):
    """What a code signature says.

    `directory` is the strongest of `directories`, and the one that the system goes by. `entitlements` are None
    where there are none in XML; `der_entitlements` are None where there are none in DER, or none that can be read.
    `signer` is None where nobody signed: "ad hoc" in codesign's sense, which no iPhone runs.
    `broken` has the slots of parts that are not those which were signed: of 2, 5, 7, and CMS where what it was
    made over is another code directory.
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
        """Whether no certificate stands behind this signature."""
        return self.signer is None or bool(self.directory.flags & _AD_HOC)


def read_signature(blob: bytes, budget: Budget | None = None) -> CodeSignature:
    """Return what the blob of LC_CODE_SIGNATURE says; bytes after its end are padding.

    budget: of the IPA that it is in. Raises SignatureError for anything that is not a signature with at least one code
    directory, and BudgetError.
    """
    parts = _parts(memoryview(blob))
    if budget:
        # The blob is hashed and copied once more, and some parts of it are parsed.
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
    """Return the parts that are known by slot, each whole with its magic number and length."""
    if len(blob) < 12:
        raise SignatureError("it is cut short")
    magic, length, count = struct.unpack_from(">3I", blob)
    if magic != _SUPER_BLOB:
        raise SignatureError("it is not a code signature")
    if length > len(blob) or count > _PARTS_LIMIT or 12 + 8 * count > length:
        raise SignatureError("it is cut short")
    parts: dict[int, bytes] = {}
    spare = length
    for slot, offset in struct.iter_unpack(">2I", blob[12 : 12 + 8 * count]):
        if slot in parts:
            raise SignatureError("it has two parts of one kind")
        if slot in _MAGIC or slot in _DIRECTORY_SLOTS:
            parts[slot] = _part(blob[:length], offset, _MAGIC.get(slot, _DIRECTORY_BLOB))
            spare -= len(parts[slot])
        if spare < 0:
            raise SignatureError("its parts overlap")
    return parts


def _part(blob: memoryview, offset: int, expected: int) -> bytes:
    if offset + 8 > len(blob):
        raise SignatureError("one of its parts lies outside of it")
    magic, length = struct.unpack_from(">2I", blob, offset)
    if magic != expected or length < 8 or offset + length > len(blob):
        raise SignatureError("one of its parts is damaged")
    return bytes(blob[offset : offset + length])


def _payload(parts: Mapping[int, bytes], slot: int) -> bytes | None:
    return parts[slot][8:] if slot in parts else None


def _directories(parts: Mapping[int, bytes]) -> tuple[CodeDirectory, ...]:
    found = tuple(_directory(parts[slot]) for slot in _DIRECTORY_SLOTS if slot in parts)
    if 0 not in parts:
        raise SignatureError("it has no code directory")
    if len({each.hash_type for each in found}) < len(found):
        raise SignatureError("it has two code directories of one strength")
    return found


def _directory(blob: bytes) -> CodeDirectory:
    """Read a code directory. The first version that has a field is named beside it."""
    if len(blob) < _HEAD.size:
        raise SignatureError("its code directory is cut short")
    _, _, version, flags, hashes, name, specials, pages, limit, size, kind, _, shift, _ = _HEAD.unpack_from(blob)
    algorithm, expected = _HASHES.get(kind, ("", 0))
    if size != expected or not algorithm:
        raise SignatureError(f"its code directory has hashes of unknown kind {kind}")
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
    """Return the hashes that stand before the first page's, counted backwards; zeros mark one that is not in use."""
    count = len(hashes) // size
    slots = {count - index: hashes[index * size : (index + 1) * size] for index in range(count)}
    return {slot: value for slot, value in sorted(slots.items()) if any(value)}


def _field(blob: bytes, form: str, offset: int) -> int:
    if offset + struct.calcsize(form) > len(blob):
        raise SignatureError("its code directory is cut short")
    value: int = struct.unpack_from(form, blob, offset)[0]
    return value


def _text(blob: bytes, offset: int) -> str:
    end = blob.find(b"\0", offset)
    if end < 0:
        raise SignatureError("a name in its code directory has no end")
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
    # Apple changed the form once and may do so again; that is no reason to call the signature bad.
    except EntitlementsError:
        return None


def _signer(data: bytes) -> tuple[Certificate, tuple[str, bytes] | None]:
    """Return the signer's certificate, and the algorithm and digest of what the CMS was made over if it names them."""
    if len(data) > _CMS_LIMIT:
        raise SignatureError("its CMS is far longer than any app’s")
    try:
        signer = read_signer(data)
        return read_certificate(signer.certificate), signer.made_over
    except CertificateError as error:
        raise SignatureError("its signer’s certificate cannot be read") from error
    except Asn1Error as error:
        raise SignatureError("its CMS cannot be read") from error
