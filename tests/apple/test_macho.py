"""Executables: every kind of slice, from a stream in pieces of any size, and nothing but MachoError for the rest."""

from __future__ import annotations

import struct
import tracemalloc
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ota_site.apple.codesign.macho import MachoError, Slice, read_macho
from ota_site.model.records import replace
from tests.apple.bundles import bundles
from tests.apple.mutations import mutated
from tests.samples import PERSON, signing_certificate
from tests.signing import Architecture, Executable, Signature, fat, sign, signed_macho

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIGNED = signed_macho()
ARMV7 = signed_macho(Executable(architecture="armv7"))
PLAIN = Executable(signature=None)


def read(executable: Executable) -> Slice:
    (only,) = read_macho([signed_macho(executable)])
    return only


@pytest.mark.parametrize("architecture", get_args(Architecture))
def test_every_architecture_is_known(architecture: Architecture) -> None:
    expected = Slice(architecture=architecture, platform="iOS", minimum_os="16.0", sdk="26.0")
    assert read(Executable(architecture=architecture, signature=None)) == expected


@pytest.mark.parametrize("big_endian", [False, True])
def test_an_unknown_processor_is_a_number(*, big_endian: bool) -> None:
    data = bytearray(signed_macho(replace(PLAIN, big_endian=big_endian)))
    data[4:8] = struct.pack(">I" if big_endian else "<I", 18)
    (only,) = read_macho([bytes(data)])
    assert (only.architecture, only.platform) == ("cpu-18", "iOS")


@pytest.mark.parametrize(
    ("number", "name"),
    [
        *((1, "macOS"), (2, "iOS"), (3, "tvOS"), (4, "watchOS"), (6, "Mac Catalyst"), (7, "iOS Simulator")),
        *((8, "tvOS Simulator"), (9, "watchOS Simulator"), (11, "visionOS"), (12, "visionOS Simulator")),
        *((99, "platform-99"), (0, None)),
    ],
)
def test_every_platform_is_named(number: int, name: str | None) -> None:
    assert read(replace(PLAIN, platform=number)).platform == name


@pytest.mark.parametrize(
    ("command", "architecture", "name"),
    [
        (0x24, "x86_64", "macOS"),
        (0x25, "arm64", "iOS"),
        (0x25, "i386", "iOS Simulator"),
        (0x25, "x86_64", "iOS Simulator"),
        (0x2F, "arm64", "tvOS"),
        (0x30, "armv7", "watchOS"),
    ],
)
def test_older_executables_name_their_platform_too(command: int, architecture: Architecture, name: str) -> None:
    found = read(Executable(architecture=architecture, old_platform=command, minimum_os=(9, 3, 1), sdk=(0, 0, 0)))
    assert (found.platform, found.minimum_os, found.sdk) == (name, "9.3.1", None)


@pytest.mark.parametrize(("cryptid", "encrypted"), [(None, False), (0, False), (1, True)])
@pytest.mark.parametrize("architecture", ["arm64", "armv7"])
def test_fairplay_is_seen(architecture: Architecture, cryptid: int | None, *, encrypted: bool) -> None:
    assert read(Executable(architecture=architecture, cryptid=cryptid)).encrypted is encrypted


def test_the_signature_is_the_one_that_was_put_there() -> None:
    (only,) = read_macho([SIGNED])
    made = sign(SIGNED[: -len(only.signature)], Signature())
    assert only.signature.rstrip(b"\0") == made.rstrip(b"\0")
    assert read(PLAIN).signature == b""


def test_a_signature_is_never_shown() -> None:
    certificate = signing_certificate("development")
    (only,) = read_macho([signed_macho(Executable(signature=Signature(certificate=certificate)))])
    assert PERSON.encode() in only.signature
    assert "signature" not in repr(only)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("little_endian", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_slices_come_in_the_order_of_the_file(*, wide: bool, little_endian: bool, backwards: bool) -> None:
    data = fat(ARMV7, SIGNED, wide=wide, little_endian=little_endian, backwards=backwards)
    first, second = read_macho([data])
    assert (first.architecture, second.architecture) == ("armv7", "arm64")
    assert [first.signature, second.signature] == [each.signature for x in (ARMV7, SIGNED) for each in read_macho([x])]
    assert data[second.offset :] == SIGNED


@given(st.lists(st.integers(0, 9000), min_size=1))
def test_pieces_may_be_of_any_size(cuts: list[int]) -> None:
    data, pieces = fat(ARMV7, SIGNED), []
    for cut in cuts:
        pieces.append(data[:cut])
        data = data[cut:]
    assert read_macho([*pieces, data]) == read_macho([b"".join(pieces) + data])


def test_nothing_is_read_beyond_the_last_slice() -> None:
    def blocks() -> Iterator[bytes]:
        yield SIGNED
        pytest.fail("read on")

    assert len(read_macho(blocks())) == 1


def test_a_large_executable_is_passed_over_not_held() -> None:
    head, zeros = bytearray(SIGNED), bytes(1 << 16)
    middle = 64 << 20
    place = head.index(struct.pack("<2I", 0x1D, 16)) + 8
    offset, size = struct.unpack_from("<2I", head, place)
    struct.pack_into("<I", head, place, offset + middle)

    def blocks() -> Iterator[bytes]:
        yield bytes(head[:offset])
        for _ in range(middle // len(zeros)):
            yield zeros
        yield bytes(head[offset:])

    tracemalloc.start()
    (only,) = read_macho(blocks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(only.signature) == size
    assert peak < 1 << 20


def changed(data: bytes, form: str, old: tuple[int, ...], new: tuple[int, ...]) -> bytes:
    assert data.count(struct.pack(form, *old)) == 1
    return data.replace(struct.pack(form, *old), struct.pack(form, *new))


FAT = fat(SIGNED, ARMV7)
SIGNATURE = (0x1D, 16, len(SIGNED) - 4096, 4096)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "truncated"),
        (b"\xcf\xfa", "truncated"),
        (b"#!/bin/sh\n", "not a Mach-O"),
        (SIGNED[:100], "truncated"),
        (SIGNED[:-1], "truncated"),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x3d" + bytes(999), "61 slices"),
        (b"\xca\xfe\xba\xbe" + bytes(999), "0 slices"),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x01" + struct.pack(">5I", 12, 9, 28, 500, 0) + bytes(500), "not a Mach-O"),
        (FAT[:-1], "truncated"),
        (changed(FAT, ">5I", (12, 9, 65536, 36864, 14), (12, 9, 16384, 36864, 14)), "overlap"),
        (changed(FAT, ">5I", (12, 9, 65536, 36864, 14), (12, 9, 0, 36864, 14)), "overlap"),
        (changed(FAT, ">5I", (12, 9, 65536, 36864, 14), (12, 9, 65536, 100, 14)), "longer than declared"),
        (changed(FAT, ">5I", (12, 9, 65536, 36864, 14), (12, 9, 65536, 36863, 14)), "outside"),
        (changed(FAT, ">5I", (12, 9, 65536, 36864, 14), (12, 9, 65536, 1 << 31, 14)), "truncated"),
        (changed(SIGNED, "<4I", SIGNATURE, (0x1D, 16, 0, 4096)), "outside"),
        (changed(SIGNED, "<4I", SIGNATURE, (0x1D, 16, SIGNATURE[2], 64 << 20)), "far longer"),
        (changed(SIGNED, "<4I", SIGNATURE, (0x1D, 17, *SIGNATURE[2:])), "impossible size"),
        (changed(SIGNED, "<4I", SIGNATURE, (0x1D, 8, *SIGNATURE[2:])), "too short"),
        (changed(SIGNED, "<2I", (5, 208), (6, 208)), "load commands are truncated"),
        (changed(SIGNED, "<2I", (5, 208), (5, 1 << 30)), "far longer"),
        (changed(SIGNED, "<6I", (0x2C, 24, 4096, 28672, 0, 0), (0x1D, 24, 4096, 28672, 0, 0)), "two signatures"),
    ],
)
def test_everything_else_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(MachoError, match=why):
        read_macho([data])


def test_the_limits_are_for_all_slices_together() -> None:
    tail = struct.pack("<4I", 0x1D, 16, 4096, 20 << 20)
    one = struct.pack("<8I", 0xFEED_FACF, 0x0100_000C, 0, 2, 1, 16, 0, 0) + tail
    one = one.ljust(4096 + (20 << 20), b"\0")
    assert len(read_macho([one])) == 1
    with pytest.raises(MachoError, match="far longer"):
        read_macho([fat(one, one)])


@given(mutated(SIGNED, FAT, fat(ARMV7, wide=True), signed_macho(replace(PLAIN, old_platform=0x25))))
@example(b"\xca\xfe\xba\xbf\x00\x00\x00\x01" + b"\xff" * 32)
@example(b"\xcf\xfa\xed\xfe" + b"\xff" * 64)
def test_any_bytes_give_slices_or_a_macho_error(data: bytes) -> None:
    try:
        slices = read_macho([data])
    except MachoError:
        return
    assert slices
    assert all(isinstance(each.architecture, str) for each in slices)


@pytest.mark.real
def test_real_executables_are_what_the_independent_reader_says(fixtures_dir: Path) -> None:
    found = {}
    for bundle in bundles(fixtures_dir):
        slices = read_macho([bundle.executable])
        found[bundle.name] = {bool(each.signature) for each in slices}
        assert [each.architecture for each in slices] == bundle.truth["archs"], bundle.name
        assert any(each.encrypted for each in slices) is bundle.truth["encrypted"], bundle.name
        simulator = bundle.name == "simulator.ipa"
        assert {each.platform for each in slices} == {"iOS Simulator" if simulator else "iOS"}, bundle.name
        if not bundle.name.endswith(".appex"):
            assert bundle.truth["min_os"] in {each.minimum_os for each in slices}, bundle.name
    assert len(found) == 12
    # The file called unsigned has lost its seal and its profile; its executable is signed all the same.
    assert [name for name, signed in found.items() if signed != {True}] == ["simulator.ipa"]
