"""IPAs that mean harm, and healthy ones with bytes changed: all end in a `Build` or an `IpaError`, in little memory."""

from __future__ import annotations

import json
import plistlib
import struct
import subprocess
import sys
import tempfile
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ota_site.apple.ipa import inspect_ipa
from ota_site.model.build import Build
from ota_site.model.errors import IpaError
from ota_site.model.records import from_json, to_json
from tests.apple.test_archive import by_hand
from tests.apple.test_plist import binary
from tests.pictures import encode_png
from tests.profiles import profile_plist
from tests.samples import (
    App,
    Profile,
    bomb,
    bundle,
    entity_bomb,
    escaping_path,
    huge_icon,
    make_ipa,
    make_profile,
    make_zip,
    not_ipas,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = "Payload/Sample.app/"
INFO = f"{PLACE}Info.plist"
PROFILE = f"{PLACE}embedded.mobileprovision"
DEEP = 100_000


def with_file(name: str, content: bytes) -> bytes:
    return make_ipa(App(extra={PLACE + name: content}))


def nested_xml() -> bytes:
    levels = 60_000  # as many as an Info.plist of one megabyte has room for
    inside = b"<array>" * levels + b"</array>" * levels
    head = b"<dict><key>CFBundleIdentifier</key><string>com.example.a</string><key>UIDeviceFamily</key>"
    return b'<?xml version="1.0"?><plist>' + head + inside + b"</dict></plist>"


def nested_binary() -> bytes:
    layers = [b"\xa1" + number.to_bytes(4, "big") for number in range(2, DEEP)]
    objects = [b"\xd1" + struct.pack(">2L", DEEP, 1), *layers, b"\xa0", b"\x51a"]
    return binary(objects, reference_size=4)


def info_with(key: bytes, *objects: bytes) -> bytes:
    """Make a binary Info.plist of an identifier and one more key, the value of which is the fifth object and on."""
    start = [b"\xd2\1\3\2\4", b"\x5f\x10\x12CFBundleIdentifier", b"\x5dcom.example.a"]
    return binary([*start, bytes((0x5F, 0x10, len(key))) + key, *objects])


def laughs() -> bytes:
    """List a list ten times in a list, forty layers deep: small as it stands, without end when written out."""
    layers = [b"\xaa" + bytes((number + 1,)) * 10 for number in range(4, 44)]
    return info_with(b"UIDeviceFamily", *layers, b"\x51x")


def amplified() -> bytes:
    """Give 250 lists the same 800,000 references: a gigabyte of lists from less than one."""
    shared = b"\xd1\1\2" + b"\x51a" + b"\xaf\x12" + struct.pack(">L", 800_000) + bytes(range(3, 253)) * 3200
    return binary([shared], offsets=[8, 11, *[13] * 251])


def large_png(depth: int) -> bytes:
    """Make the largest picture that is read: noise, which deflate cannot shrink, up to the limit, then black."""
    header = struct.pack(">2I5B", 2048, 2048, depth, 6, 0, 0, 0)
    row = 2048 * depth // 2
    noise = Random(1).randbytes(row)  # noqa: S311 - no secret
    rows = (b"\0" + noise) * 900 + bytes((1 + row) * 1148)
    # Without back references, as noise that does not repeat itself would be packed.
    packer = zlib.compressobj(1, strategy=zlib.Z_HUFFMAN_ONLY)
    chunks = ((b"IHDR", header), (b"IDAT", packer.compress(rows) + packer.flush()), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def crumbled_png() -> bytes:
    """Make a picture in 600,000 chunks, nearly all of them empty."""
    png = encode_png(Image.new("RGB", (180, 180)))
    crumb = bytes(4) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    return png[:33] + crumb * 600_000 + png[33:]


def nested_octets() -> bytes:
    """Make a profile whose list is in pieces of pieces, 2,000 deep, each with its length."""
    data = profile_list = plistlib.dumps(profile_plist(Profile()))
    for _ in range(2000):
        data = _element(0x24, data)
    content = _element(0x30, bytes.fromhex("06092a864886f70d010701") + _element(0xA0, data))
    body = _element(0x30, b"\2\1\1" + _element(0x31, b"") + content + _element(0x31, b""))
    assert profile_list in body
    return _element(0x30, bytes.fromhex("06092a864886f70d010702") + _element(0xA0, body))


def _element(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x84)) + len(content).to_bytes(4, "big") + content


def many_damaged_icons() -> bytes:
    broken = encode_png(Image.new("RGB", (1024, 1024)), filters=(0,))[:-60]
    return make_ipa(App(extra={f"{PLACE}Icon-{number}.png": broken for number in range(300)}, icon=None, signed=False))


def many_tables() -> bytes:
    table = plistlib.dumps([1] * 300_000, fmt=plistlib.FMT_BINARY)
    return make_ipa(App(extra={f"{PLACE}l{n}.lproj/InfoPlist.strings": table for n in range(60)}, signed=False))


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb": (bomb, "info-plist-invalid"),
    "lying-bomb": (lambda: bomb(declared=2000), "info-plist-invalid"),
    "entity-bomb": (entity_bomb, "info-plist-invalid"),
    "huge-icon": (huge_icon, "build icon-damaged"),
    "largest-icon": (lambda: with_file("AppIcon60x60@2x.png", large_png(8)), "build"),
    "deep-icon": (lambda: with_file("AppIcon60x60@2x.png", large_png(16)), "build icon-damaged"),
    "crumbled-icon": (lambda: with_file("AppIcon60x60@2x.png", crumbled_png()), "build"),
    "damaged-icons": (many_damaged_icons, "build no-icon"),
    "escaping-path": (escaping_path, "not-an-ipa"),
    "many-files": (lambda: by_hand((f"{number:x}" for number in range(300_000)), count=1), "not-an-ipa"),
    "info-in-itself": (lambda: with_file("Info.plist", info_with(b"CFBundleIcons", b"\xd1\3\4")), "build"),
    "families-in-themselves": (lambda: with_file("Info.plist", info_with(b"UIDeviceFamily", b"\xa1\4")), "build"),
    "laughs": (lambda: with_file("Info.plist", laughs()), "build"),
    "amplified": (lambda: with_file("Info.plist", amplified()), "info-plist-invalid"),
    "deep-xml": (lambda: with_file("Info.plist", nested_xml()), "info-plist-invalid"),
    "deep-binary": (lambda: with_file("Info.plist", nested_binary()), "not-an-ipa"),
    "deep-profile": (lambda: with_file("embedded.mobileprovision", b"\x30\x80" * 500_000), "info-plist-invalid"),
    "octets-in-octets": (lambda: with_file("embedded.mobileprovision", nested_octets()), "build"),
    "long-profile": (lambda: with_file("embedded.mobileprovision", bytes(2 << 20)), "not-an-ipa"),
    "endless-table": (lambda: with_file("en.lproj/InfoPlist.strings", b"\n" * (2 << 20)), "build"),
    "open-string": (lambda: with_file("en.lproj/InfoPlist.strings", b'a="' * 600_000), "build"),
    "many-tables": (many_tables, "build"),
    "long-name": (lambda: make_ipa(App(info={"CFBundleDisplayName": "x" * 900_000})), "build"),
    **{kind: (lambda kind=kind: not_ipas()[kind], "") for kind in not_ipas()},  # type: ignore[misc]
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """Return what came of reading each of HOSTILE in a process of its own."""
    folder = tmp_path_factory.mktemp("hostile")
    paths = [folder / f"{name}.ipa" for name in HOSTILE]
    for path, (make, _) in zip(paths, HOSTILE.values(), strict=True):
        path.write_bytes(make())
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.apple.apart", *map(str, paths)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=root)
    return {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", HOSTILE)
def test_harm_is_refused_or_passed_over_in_little_memory(outcomes: dict[str, dict[str, object]], name: str) -> None:
    expected = HOSTILE[name][1] or ("several-apps" if name == "two-apps" else None)
    outcome = outcomes[name]  # a traceback would have left no line
    codes = outcome["codes"]
    assert isinstance(codes, list)
    assert expected in codes if expected else codes[0] in ("not-an-ipa", "no-app")
    assert isinstance(outcome["megabytes"], int)
    assert 10 < outcome["megabytes"] < 100


# --- healthy ones with bytes changed ------------------------------------------------------------------------


@cache
def files() -> dict[str, bytes]:
    """Return the files of a healthy IPA."""
    return bundle(App(localised={"de": "Muster"}, executable=b"", signed=False))


@cache
def healthy() -> bytes:
    return make_zip(files(), App().built)


@cache
def parts() -> list[tuple[str, bytes]]:
    """Return the files that are read, with their names; two come in a second form."""
    more = {INFO: bundle(App(xml_info=True))[INFO], PROFILE: make_profile(Profile(encoding="ber"))}
    return [(name, content) for name, content in (*files().items(), *more.items()) if content]


Change = tuple[int, int]
CHANGES = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=6)
CUTS = st.none() | st.integers(0, 1 << 20)


def damaged(content: bytes, changes: list[Change], cut: int | None) -> bytes:
    """Change bytes at places counted from the end, where a zip's structure is, and cut the end off."""
    changed = bytearray(content)
    for place, value in changes:
        changed[-1 - place % len(changed)] = value
    return bytes(changed if cut is None else changed[: cut % len(changed)])


def assert_ends_well(ipa: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "App.ipa"
        path.write_bytes(ipa)
        with suppress(IpaError):
            build = inspect_ipa(path)
            assert from_json(to_json(build), Build) == build


@given(CHANGES, CUTS)
@settings(max_examples=300)
def test_any_bytes_of_an_ipa_may_change(changes: list[Change], cut: int | None) -> None:
    assert_ends_well(damaged(healthy(), changes, cut))


@given(st.sampled_from(parts()), CHANGES, CUTS)
@settings(max_examples=300)
def test_any_bytes_of_a_file_within_may_change(part: tuple[str, bytes], changes: list[Change], cut: int | None) -> None:
    name, content = part
    assert_ends_well(make_zip({**files(), name: damaged(content, changes, cut)}, App().built))
