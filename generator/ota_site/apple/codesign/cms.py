"""Read CMS, the envelope of profiles and the signature over code: its content and its signer. Verifies nothing.

Format: RFC 5652. Apple writes DER; profiles in BER, with indefinite lengths and octet strings in pieces, also exist.
"""

from __future__ import annotations

from ota_site.apple.codesign.asn1 import CONTEXT, SEQUENCE, SET, Asn1Error, Element, first, object_id, octets
from ota_site.apple.codesign.certificate import certificate_fields, extensions
from ota_site.model.records import Record

_SIGNED_DATA, _MESSAGE_DIGEST = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.4"
_KEY_IDENTIFIER = "2.5.29.14"
_HASHES = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_KEY_BY_SIGNER = 0x80


class Signer(Record):
    """The signer's certificate in DER, and the digest that was signed.

    `made_over` is hashlib's name of the algorithm and the digest of the signed content; None if either is unknown.
    """

    certificate: bytes
    made_over: tuple[str, bytes] | None


def read_content(data: bytes) -> bytes:
    """Return the content of a CMS envelope. Raises Asn1Error for anything else, and for an empty envelope."""
    envelope = _signed_data(data)[2]
    match envelope.parts():
        case (_, Element(tag=tag) as content) if tag == CONTEXT:
            return octets(content.only())
    raise Asn1Error("an empty envelope")


def read_signer(data: bytes) -> Signer:
    """Return the signer of a CMS. Raises Asn1Error for anything else, and if the certificate is not in it."""
    fields = _signed_data(data)
    info = fields[-1].only().parts(4)
    certificates = next((part.parts() for part in fields[3:-1] if part.tag == CONTEXT), ())
    for certificate in certificates:
        if certificate.tag == SEQUENCE and _is_of(info[1], certificate):
            return Signer(bytes(certificate.whole), _made_over(info))
    raise Asn1Error("the signer’s certificate is missing")


def _signed_data(data: bytes) -> tuple[Element, ...]:
    """Return the fields of SignedData: version, algorithms, envelope, optional certificates and more, signers."""
    match first(data).parts():
        case (kind, content, *_) if object_id(kind) == _SIGNED_DATA:
            fields = content.only().parts()
            if len(fields) >= 4 and fields[-1].tag == SET:
                return fields
    raise Asn1Error("not signed data")


def _is_of(signer: Element, certificate: Element) -> bool:
    """Return whether SignerIdentifier identifies this certificate."""
    fields = certificate_fields(certificate)
    if signer.tag == _KEY_BY_SIGNER:
        key = extensions(fields).get(_KEY_IDENTIFIER)
        return key is not None and octets(first(octets(key))) == signer.content
    return [part.whole for part in signer.parts()] == [fields[2].whole, fields[0].whole]


def _made_over(info: tuple[Element, ...]) -> tuple[str, bytes] | None:
    algorithm = _HASHES.get(object_id(info[2].parts(1)[0]))
    if algorithm is None or info[3].tag != CONTEXT:
        return None
    for attribute in info[3].parts():
        kind, values = attribute.parts(2)[:2]
        if object_id(kind) == _MESSAGE_DIGEST:
            return algorithm, octets(values.only())
    return None
