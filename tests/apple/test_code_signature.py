"""Code signatures: what the maker says is what is read, real ones seal their own files, and no name gets out."""

from __future__ import annotations

import hashlib
import plistlib
import shutil
import struct
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import serialization
from hypothesis import example, given

from ota_site.apple.codesign.certificate import read_certificate
from ota_site.apple.codesign.code_signature import (
    CMS,
    DER_ENTITLEMENTS,
    ENTITLEMENTS,
    INFO,
    RESOURCES,
    CodeSignature,
    SignatureError,
    read_signature,
)
from ota_site.apple.codesign.macho import read_macho
from ota_site.model.records import replace
from tests.apple.bundles import bundles
from tests.apple.mutations import mutated
from tests.conftest import missing
from tests.samples import BUNDLE_ID, PERSON, TEAM_ID, Kind, authority, signing_certificate
from tests.signing import (
    DerForm,
    Executable,
    Signature,
    dated,
    der_entitlements,
    in_der,
    sign,
    signed_macho,
    super_blob,
)

if TYPE_CHECKING:
    from pathlib import Path

HEALTHY = Signature()
IMAGE = signed_macho(Executable(signature=None))
OLD = Signature(algorithms=("sha1", "sha256"), version=0x20200, der="none")


def read(signature: Signature) -> CodeSignature:
    return read_signature(sign(IMAGE, signature))


def parts_of(blob: bytes) -> dict[int, bytes]:
    """Take a SuperBlob apart, the maker's way round."""
    count = struct.unpack_from(">I", blob, 8)[0]
    places = dict(struct.unpack_from(">2I", blob, 12 + 8 * index) for index in range(count))
    return {slot: blob[at : at + struct.unpack_from(">I", blob, at + 4)[0]] for slot, at in places.items()}


PARTS = parts_of(sign(IMAGE, HEALTHY))


def test_a_healthy_signature_says_all_that_was_signed() -> None:
    found = read(HEALTHY)
    directory = found.directory
    assert found.directories == (directory,)
    assert (directory.version, directory.flags, directory.identifier) == (0x20400, 0, BUNDLE_ID)
    assert (directory.team_id, directory.algorithm, directory.hash_size) == (TEAM_ID, "sha256", 32)
    assert (directory.page_size, directory.code_limit) == (4096, len(IMAGE))
    assert set(directory.special) == {1, 2, 3, 5, 7}
    assert found.entitlements == found.der_entitlements == HEALTHY.entitlements
    assert found.has_der_entitlements
    assert found.signer == read_certificate(in_der(signing_certificate()))
    assert (found.broken, found.ad_hoc) == ((), False)


def test_files_and_pages_are_known_by_their_hashes() -> None:
    directory = read(replace(HEALTHY, info_plist=b"info", code_resources=None)).directory
    assert directory.seals(INFO, b"info")
    assert not directory.seals(INFO, b"other")
    assert not directory.seals(RESOURCES, b"")
    pages = [IMAGE[start : start + 4096] for start in range(0, len(IMAGE), 4096)]
    assert [directory.page(number) for number in range(len(pages))] == [hashlib.sha256(page).digest() for page in pages]
    assert directory.page(len(pages)) == b""


def test_of_several_directories_the_strongest_counts() -> None:
    found = read(OLD)
    assert [each.algorithm for each in found.directories] == ["sha1", "sha256"]
    assert found.directory is found.directories[1]
    assert read(replace(OLD, algorithms=("sha256", "sha1"))).directory.algorithm == "sha256"
    assert read(replace(OLD, algorithms=("sha384",))).directory.hash_size == 48
    assert (found.directory.version, found.has_der_entitlements, found.broken) == (0x20200, False, ())


@pytest.mark.parametrize("version", [0x20001, 0x20100, 0x20200, 0x20300, 0x20400])
def test_every_version_is_read(version: int) -> None:
    directory = read(replace(HEALTHY, version=version)).directory
    assert (directory.version, directory.identifier, directory.code_limit) == (version, BUNDLE_ID, len(IMAGE))
    assert directory.team_id == (TEAM_ID if version >= 0x20200 else None)


@pytest.mark.parametrize("form", get_args(DerForm))
def test_both_forms_of_der_are_read(form: DerForm) -> None:
    found = read(replace(HEALTHY, der=form))
    assert found.has_der_entitlements is (form != "none")
    assert found.der_entitlements == (None if form == "none" else HEALTHY.entitlements)


def test_there_need_be_no_entitlements() -> None:
    found = read(replace(HEALTHY, entitlements=None))
    assert (found.entitlements, found.der_entitlements, found.has_der_entitlements) == (None, None, False)


def test_der_of_an_unknown_form_is_there_but_unread() -> None:
    newer = {DER_ENTITLEMENTS: struct.pack(">2I", 0xFADE_7172, 10) + b"\x70\x00"}
    found = read(replace(HEALTHY, altered=newer))
    assert (found.has_der_entitlements, found.der_entitlements, found.broken) == (True, None, (DER_ENTITLEMENTS,))


def test_signed_by_nobody_is_ad_hoc() -> None:
    found = read(replace(HEALTHY, certificate=None))
    assert (found.signer, found.ad_hoc, found.directory.flags, found.broken) == (None, True, 2, ())
    without = {slot: part for slot, part in PARTS.items() if slot != CMS}
    assert read_signature(super_blob(without)).signer is None


@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_signer_is_told_from_the_chain(kind: Kind) -> None:
    certificate = signing_certificate(kind)
    for chain in ((), (authority(),), (signing_certificate("enterprise", "Other", "OTHER12345"), authority())):
        found = read(replace(HEALTHY, certificate=certificate, chain=chain))
        assert found.signer == read_certificate(in_der(certificate))


def test_another_term_and_another_team_are_seen() -> None:
    term = datetime(2019, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
    foreign = signing_certificate("ad-hoc", "Other", "OTHER12345")
    signer = read(replace(HEALTHY, certificate=dated(foreign, *term))).signer
    assert signer
    assert (signer.team_id, signer.not_before, signer.expires) == ("OTHER12345", *term)


def test_a_part_that_was_changed_afterwards_is_broken() -> None:
    more = plistlib.dumps({"get-task-allow": True})
    xml = struct.pack(">2I", 0xFADE_7171, 8 + len(more)) + more
    assert read(replace(HEALTHY, altered={ENTITLEMENTS: xml})).broken == (ENTITLEMENTS,)
    other = parts_of(sign(IMAGE, replace(HEALTHY, identifier="com.example.other")))
    assert read(replace(HEALTHY, altered={0: other[0], 2: other[2]})).broken == (CMS,)


@pytest.mark.parametrize("signature", [HEALTHY, replace(OLD, certificate=signing_certificate("development"))])
def test_openssl_takes_the_makers_cms(signature: Signature, tmp_path: Path) -> None:
    openssl = shutil.which("openssl") or missing("openssl is missing: run tests/prepare")
    parts = parts_of(sign(IMAGE, signature))
    (tmp_path / "cms").write_bytes(parts[CMS][8:])
    (tmp_path / "content").write_bytes(parts[0])
    (tmp_path / "root").write_bytes(authority().public_bytes(serialization.Encoding.PEM))
    command: list[str | Path] = [
        openssl,
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        tmp_path / "cms",
        "-purpose",
        "any",
    ]
    # Apple marks its extensions critical, which OpenSSL does not know.
    command += [
        "-content",
        tmp_path / "content",
        "-CAfile",
        tmp_path / "root",
        "-out",
        tmp_path / "out",
        "-ignore_critical",
    ]
    subprocess.run(command, check=True, capture_output=True)
    (tmp_path / "content").write_bytes(parts[0] + b"\0")
    assert subprocess.run(command, check=False, capture_output=True).returncode != 0


def test_the_cms_names_every_directory_as_apples_does() -> None:
    parts = parts_of(sign(IMAGE, OLD))
    (info,) = cms.ContentInfo.load(parts[CMS][8:])["content"]["signer_infos"]
    attributes = {each["type"].dotted: each["values"] for each in info["signed_attrs"]}
    first, second = hashlib.sha1(parts[0], usedforsecurity=False).digest(), hashlib.sha256(parts[0x1000]).digest()
    table = plistlib.loads(attributes["1.2.840.113635.100.9.1"][0].parse().native)
    assert table == {"cdhashes": [first, second[:20]]}
    # iOS 26.4 refuses a SHA-256 that was cut to 20 bytes here.
    whole = [value.dump() for value in attributes["1.2.840.113635.100.9.2"]]
    assert any(value.endswith(b"\x04\x20" + second) for value in whole)


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert sign(IMAGE, OLD) == sign(IMAGE, OLD)
    assert signed_macho() == signed_macho()


@pytest.mark.parametrize("kind", get_args(Kind))
def test_no_name_gets_out(kind: Kind) -> None:
    blob = sign(IMAGE, replace(HEALTHY, certificate=signing_certificate(kind)))
    assert (PERSON.encode() in blob) is (kind == "development")
    assert PERSON not in repr(read_signature(blob))


def directory_with(offset: int, form: str, value: int) -> bytes:
    changed = bytearray(PARTS[0])
    struct.pack_into(form, changed, offset, value)
    return super_blob({**PARTS, 0: bytes(changed)})


@pytest.mark.parametrize(
    ("blob", "why"),
    [
        (b"", "truncated"),
        (b"\xfa\xde\x0c\xc0", "truncated"),
        (bytes(99), "not a code signature"),
        (PARTS[0], "not a code signature"),
        (super_blob(PARTS)[:-1], "truncated"),
        (super_blob(dict.fromkeys(range(65), bytes(8))), "truncated"),
        (super_blob({}), "no code directory"),
        (super_blob({slot: part for slot, part in PARTS.items() if slot}), "no code directory"),
        (super_blob({**PARTS, 0: PARTS[2]}), "damaged"),
        (super_blob({**PARTS, 0x1000: PARTS[0]}), "two code directories"),
        (super_blob(PARTS).replace(struct.pack(">I", CMS), bytes(4), 1), "two blobs"),
        (struct.pack(">5I", 0xFADE_0CC0, 20, 1, 0, 0xFFFF_FFF0), "outside"),
        (struct.pack(">7I", 0xFADE_0CC0, 28 + len(PARTS[0]), 2, 0, 28, 0x1000, 28) + PARTS[0], "overlap"),
        (directory_with(16, ">I", 0), "damaged"),
        (directory_with(20, ">I", 0xFFFF_FFFF), "not terminated"),
        (directory_with(24, ">I", 33), "damaged"),
        (directory_with(28, ">I", 0xFFFF_FFFF), "damaged"),
        (directory_with(36, ">B", 20), "unknown hash type"),
        (directory_with(37, ">B", 9), "unknown hash type"),
        (directory_with(39, ">B", 31), "damaged"),
        (directory_with(48, ">I", 0xFFFF_FFFF), "not terminated"),
        (
            super_blob({0: struct.pack(">9I4BI", 0xFADE_0C02, 44, 0x20400, 0, 44, 40, 0, 0, 0, 32, 2, 0, 12, 0)}),
            "truncated",
        ),
        (super_blob({**PARTS, ENTITLEMENTS: struct.pack(">2I", 0xFADE_7171, 9) + b"<"}), "XML property list"),
        (super_blob({**PARTS, CMS: struct.pack(">2I", 0xFADE_0B01, 9) + b"0"}), "CMS cannot be read"),
        (super_blob({**PARTS, CMS: struct.pack(">2I", 0xFADE_0B01, 8 + (2 << 20)) + bytes(2 << 20)}), "far longer"),
    ],
)
def test_everything_else_is_refused(blob: bytes, why: str) -> None:
    with pytest.raises(SignatureError, match=why):
        read_signature(blob)


def test_a_signature_without_its_signers_certificate_is_refused() -> None:
    signed = cms.ContentInfo.load(PARTS[CMS][8:])
    signed["content"]["certificates"] = list(signed["content"]["certificates"])[:1]
    message = signed.dump(force=True)
    with pytest.raises(SignatureError, match="CMS cannot be read"):
        read(replace(HEALTHY, altered={CMS: struct.pack(">2I", 0xFADE_0B01, 8 + len(message)) + message}))


def test_parts_of_unknown_kinds_and_padding_are_passed_over() -> None:
    assert read_signature(super_blob({**PARTS, 4: b"", 8: b"junk"}) + bytes(4096)) == read(HEALTHY)


@given(mutated(sign(IMAGE, HEALTHY), sign(IMAGE, replace(OLD, certificate=signing_certificate("development")))))
@example(super_blob({**PARTS, DER_ENTITLEMENTS: struct.pack(">2I", 0xFADE_7172, 8)}))
def test_any_bytes_give_a_signature_or_its_error(data: bytes) -> None:
    try:
        found = read_signature(data)
    except SignatureError:
        return
    assert found.directory in found.directories


@pytest.mark.real
def test_real_signatures_seal_their_own_files(fixtures_dir: Path) -> None:
    seen = set()
    for bundle in bundles(fixtures_dir):
        for each in read_macho([bundle.executable]):
            if not each.signature:
                assert bundle.name == "simulator.ipa"
                continue
            found = read_signature(each.signature)
            seen.add(bundle.name)
            assert found.broken == (), bundle.name
            for directory in found.directories:
                assert directory.identifier == bundle.bundle_id, bundle.name
                assert directory.seals(INFO, bundle.files["Info.plist"]), bundle.name
                # The one called unsigned has lost its CodeResources; its executable still tells of them.
                resources = bundle.files.get("_CodeSignature/CodeResources")
                assert (bundle.name == "unsigned.ipa") is (resources is None)
                assert resources is None or directory.seals(RESOURCES, resources), bundle.name
                code = bundle.executable[each.offset : each.offset + directory.code_limit]
                pages = [code[start : start + 4096] for start in range(0, len(code), 4096)]
                assert b"".join(map(directory.digest, pages)) == directory.pages, bundle.name
    assert len(seen) == 11


@pytest.mark.real
def test_real_signatures_name_team_and_rights(fixtures_dir: Path) -> None:
    signers = {}
    for bundle in bundles(fixtures_dir):
        for each in read_macho([bundle.executable]):
            if each.signature:
                found = read_signature(each.signature)
                assert found.signer
                signers[bundle.name] = (found.signer.kind, found.has_der_entitlements)
                team = found.signer.team_id or "TestFixture"
                assert found.directory.team_id in (team, None), bundle.name
                assert found.entitlements
                assert found.entitlements["application-identifier"] == f"{team}.{bundle.bundle_id}", bundle.name
                # Two by Xcode 12, one by 13 in a SET, one by 16 in today's form: all say what the XML says.
                assert found.der_entitlements in (None, found.entitlements), bundle.name
                assert (found.der_entitlements is None) is not found.has_der_entitlements
    assert {name for name, (_, der) in signers.items() if der} == {
        *("assets-car-only.ipa", "embedded.ipa", "embedded.ipa:Notification.appex", "unsigned.ipa")
    }
    kinds = {kind for kind, _ in signers.values()}
    assert kinds == {"Apple Development", "iPhone Developer", "iPhone Distribution", None}


@pytest.mark.real
def test_no_real_persons_name_gets_out(fixtures_dir: Path) -> None:
    for bundle in bundles(fixtures_dir):
        for each in read_macho([bundle.executable]):
            if each.signature:
                message = parts_of(each.signature)[CMS][8:]
                names = [
                    choice.chosen.subject.native for choice in cms.ContentInfo.load(message)["content"]["certificates"]
                ]
                text = repr(each) + repr(read_signature(each.signature))
                persons = [str(name["common_name"]).partition(": ")[2].partition(" (")[0] for name in names]
                assert not any(person and person in text for person in persons), bundle.name


def test_unused_slots_are_not_listed() -> None:
    found = read_signature(sign(IMAGE, replace(HEALTHY, info_plist=None))).directory
    assert INFO not in found.special
    assert der_entitlements({}) == bytes.fromhex("7005020101b000")
