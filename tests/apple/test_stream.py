"""IPAs read forward: makers of every kind pass, and each fault, made byte by byte, is named as itself."""

from __future__ import annotations

import hashlib
import io
import plistlib
import shutil
import struct
import subprocess
import tempfile
import time
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ota_site.apple.zip.archive import open_archive
from ota_site.apple.zip.stream import Kind, StreamFault, stream_faults
from ota_site.model.errors import IpaError
from ota_site.model.records import Record, replace
from tests.apple.mutations import mutated
from tests.samples import App, make_ipa

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = b"So long, and thanks for all the fish. " * 100


# --- archives, made byte by byte ----------------------------------------------------------------------------


class Item(Record):
    """An entry. What it says in its local header is what the directory says, but for `local` (flags, sizes…)."""

    name: str
    content: bytes = b""
    method: int = 0
    flags: int = 0
    local: dict[str, int | str | bytes] | None = None
    before: bytes = b""
    after: bytes = b""
    listed: bool = True
    shift: int = 0

    @property
    def packed(self) -> bytes:
        """The data as it stands in the archive."""
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflate.compress(self.content) + deflate.flush() if self.method == 8 else self.content

    def header(self) -> bytes:
        """Make the local header; bit 3 leaves the sizes to a descriptor."""
        sizes = {"crc": zlib.crc32(self.content), "packed": len(self.packed), "size": len(self.content)}
        if self.flags & 8:
            sizes = dict.fromkeys(sizes, 0)
        says: dict[str, int | str | bytes] = {"method": self.method, "flags": self.flags, "name": self.name, **sizes}
        says |= {"extra": b"", **(self.local or {})}
        name, extra = str(says["name"]).encode(), bytes(says["extra"])  # type: ignore[arg-type]
        fields = (says["flags"], says["method"], 0, 0, says["crc"], says["packed"], says["size"], len(name), len(extra))
        return struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, *fields) + name + extra

    def listing(self, offset: int) -> bytes:
        """Make the directory's entry."""
        name = self.name.encode()
        sizes = (zlib.crc32(self.content), len(self.packed), len(self.content))
        fields = (20, 20, self.flags, self.method, 0, 0, *sizes, len(name), 0, 0, 0, 0, 0, offset + self.shift)
        return struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *fields) + name


def descriptor(content: bytes, packed: int, *, signed: bool = True, wide: bool = False) -> bytes:
    body = struct.pack("<L2Q" if wide else "<3L", zlib.crc32(content), packed, len(content))
    return (b"PK\x07\x08" if signed else b"") + body


def packed_item(name: str = "a.txt", **changes: object) -> Item:
    """Make a deflated file with the descriptor that bit 3 announces; `signed` and `wide` are its form."""
    item = Item(name, TEXT, 8, 8)
    form = {key: bool(changes.pop(key)) for key in ("signed", "wide") if key in changes}
    return replace(item, **{"after": descriptor(TEXT, len(item.packed), **form), **changes})


def put_together(*items: Item, end: bytes = b"", backwards: bool = False) -> bytes:
    data, listings = b"", []
    for item in items:
        data += item.before
        listings += [item.listing(len(data))] if item.listed else []
        data += item.header() + item.packed + item.after
    data += end
    directory = b"".join(reversed(listings) if backwards else listings)
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(listings), len(listings), len(directory), len(data), 0)
    return data + directory + tail


def metadata(version: object = 2) -> Item:
    return Item("META-INF/com.apple.ZipMetadata.plist", plistlib.dumps({"Version": version, "RecordCount": 9}), 8)


STREAMED = (Item("META-INF/"), metadata())
FIRST, LAST = Item("Payload/"), Item("z.txt", TEXT, 8)


def faults_in(path: Path) -> tuple[StreamFault, ...]:
    with open_archive(path) as archive:
        return stream_faults(archive)


@pytest.fixture
def faults(tmp_path: Path) -> Callable[[bytes], tuple[StreamFault, ...]]:
    def check(content: bytes) -> tuple[StreamFault, ...]:
        path = tmp_path / "App.ipa"
        path.write_bytes(content)
        return faults_in(path)

    return check


# --- what passes --------------------------------------------------------------------------------------------


class Pipe(io.BytesIO):
    """A file that can only be written forward."""

    def seekable(self) -> bool:
        """Say no."""
        return False

    def tell(self) -> int:
        """Refuse, as a pipe does."""
        raise io.UnsupportedOperation


def zipped(compression: int, *, piped: bool = False, wide: bool = False) -> bytes:
    file = Pipe() if piped else io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in {"Payload/A.app/A": TEXT, "Payload/A.app/empty": b"", "Payload/é.txt": b"x"}.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            with archive.open(info, "w", force_zip64=wide) as entry:
                entry.write(content)
        archive.writestr("last.txt", TEXT, compression)
    return file.getvalue()


def with_folders(content: bytes) -> bytes:
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a") as archive:
        archive.mkdir("Payload/A.app/sub")
        archive.writestr("Payload/A.app/sub/b.txt", b"added")
    return file.getvalue()


GOOD = {
    "our own": make_ipa(),
    "our own, stored names without the flag": make_ipa(App(name="毛豆")),
    "stored": zipped(zipfile.ZIP_STORED),
    "deflated": zipped(zipfile.ZIP_DEFLATED),
    "zip64 everywhere": zipped(zipfile.ZIP_DEFLATED, wide=True),
    "added to": with_folders(zipped(zipfile.ZIP_DEFLATED)),
    "ditto": put_together(FIRST, packed_item(), packed_item("b.txt")),
    "no files": put_together(),
    "listed backwards": put_together(FIRST, packed_item(), LAST, backwards=True),
    "aligned within the extra field": put_together(Item("a", TEXT, local={"extra": bytes(7)}), LAST),
    "descriptor and the truth in the header": put_together(
        packed_item(local={"crc": zlib.crc32(TEXT), "packed": len(packed_item().packed), "size": len(TEXT)}), LAST
    ),
    "bit 3, no descriptor, the truth in the header": put_together(
        packed_item(after=b"", local={"crc": zlib.crc32(TEXT), "packed": len(packed_item().packed), "size": len(TEXT)}),
        LAST,
    ),
    "descriptor of 64 bits": put_together(packed_item(wide=True), LAST),
    "an empty file from a pipe": put_together(Item("empty", b"", 0, 8, after=descriptor(b"", 0)), LAST),
    "a folder deflated into two bytes": put_together(Item("Payload/", b"", 8), LAST),
    "one folder twice": put_together(FIRST, FIRST, LAST),
    "one file twice, the same": put_together(LAST, LAST),
    "lzfse": put_together(Item("a", TEXT, 99), LAST),
    "streamed": put_together(*STREAMED, FIRST, packed_item(), LAST),
    "streamed, with descriptors of 64 bits": put_together(
        *STREAMED, packed_item(wide=True, local={"extra": struct.pack("<2H2Q", 1, 16, 0, 0)}), LAST
    ),
}


@pytest.mark.parametrize("content", GOOD.values(), ids=GOOD)
def test_a_good_archive_has_no_faults(faults: Callable[[bytes], tuple[StreamFault, ...]], content: bytes) -> None:
    assert faults(content) == ()


@pytest.mark.parametrize("wide", [False, True])
def test_what_python_writes_into_a_pipe_has_no_faults(
    faults: Callable[[bytes], tuple[StreamFault, ...]], *, wide: bool
) -> None:
    assert faults(zipped(zipfile.ZIP_DEFLATED, piped=True, wide=wide)) == ()


def test_a_file_that_was_stored_into_a_pipe_cannot_be_read_forward(
    faults: Callable[[bytes], tuple[StreamFault, ...]],
) -> None:
    content = zipped(zipfile.ZIP_STORED, piped=True)
    assert faults(content) == (StreamFault(Kind.STORED_DESCRIPTOR, "Payload/A.app/A", 3, stops=True),)


@pytest.mark.skipif(not shutil.which("zip"), reason="no zip command")
@pytest.mark.parametrize("options", ["-r", "-fdr", "-0r", "-Dr", "-Xr", "-0fdr"])
@pytest.mark.parametrize("piped", [False, True])
def test_what_zip_makes_has_no_faults(tmp_path: Path, options: str, *, piped: bool) -> None:
    folder = tmp_path / "Payload" / "A.app"
    (folder / "sub").mkdir(parents=True)
    (folder / "A").write_bytes(TEXT)
    (folder / "noise").write_bytes(hashlib.shake_128(b"").digest(5000))
    (folder / "empty").touch()
    command = ["zip", "-q", options, "-" if piped else "App.ipa", "Payload"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    if piped:
        (tmp_path / "App.ipa").write_bytes(done.stdout)
    assert faults_in(tmp_path / "App.ipa") == ()


@pytest.mark.real
def test_real_ipas_have_no_faults(fixtures_dir: Path) -> None:
    paths = [path for path in (fixtures_dir / "ipa").glob("*.ipa") if path.name != "not-an-ipa.ipa"]
    assert len(paths) == 13
    assert {path.name: found for path in paths if (found := faults_in(path))} == {}


# --- each fault ---------------------------------------------------------------------------------------------

TRUTH = {"crc": zlib.crc32(TEXT), "packed": len(packed_item().packed), "size": len(TEXT)}
STALE = Item("old.txt", b"old", listed=False)
# The items between the first and the last, what stands at the end, and the fault: its kind, its name, whether it
# stops an install that is streamed, and one that is not (None: nothing is said).
BAD: dict[str, tuple[tuple[Item, ...], bytes, Kind, str, bool, bool | None]] = {
    "no header": ((Item("a", TEXT, shift=7),), b"", Kind.NO_HEADER, "a", True, True),
    "a password": ((Item("a", TEXT, flags=1),), b"", Kind.ENCRYPTED, "a", True, True),
    "a password in the header alone": ((Item("a", local={"flags": 1}),), b"", Kind.ENCRYPTED, "a", True, True),
    "stored, length unknown": (
        (Item("a", TEXT, 0, 8, after=descriptor(TEXT, len(TEXT))),),
        *(b"", Kind.STORED_DESCRIPTOR, "a", True, True),
    ),
    "stored, length unknown, no descriptor": ((Item("a", TEXT, 0, 8),), b"", Kind.STORED_DESCRIPTOR, "a", True, True),
    "a folder with a descriptor": (
        (Item("a/", b"", 0, 8, after=descriptor(b"", 0)),),
        *(b"", Kind.STORED_DESCRIPTOR, "a/", True, True),
    ),
    "bytes between": ((Item("a", TEXT, before=b"\0" * 9),), b"", Kind.GAP, "a", True, False),
    "bytes at the end": ((), b"APK Sig Block 42", Kind.GAP, "", True, False),
    "an entry that is not listed": ((STALE,), b"", Kind.UNLISTED, "z.txt", False, False),
    "an entry in another": (
        (Item("a", Item("b", b"hi").header() + b"hi"), Item("b", b"hi", shift=-33)),
        *(b"", Kind.OVERLAP, "b", True, False),
    ),
    "another name": ((Item("a", local={"name": "b"}),), b"", Kind.OTHER_NAME, "a", False, False),
    "another method": ((Item("a", TEXT, 8, local={"method": 0}),), b"", Kind.OTHER_METHOD, "a", True, False),
    "another CRC": ((Item("a", TEXT, local={"crc": 1}),), b"", Kind.OTHER_SIZE, "a", True, False),
    "another size": ((Item("a", TEXT, 8, local={"size": 1}),), b"", Kind.OTHER_SIZE, "a", True, False),
    "sizes in a Zip64 field that is not there": (
        (Item("a", TEXT, 8, local={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF}),),
        *(b"", Kind.OTHER_SIZE, "a", True, False),
    ),
    "no sizes, and no bit 3": ((Item("a", TEXT, 8, 8, local={"flags": 0}),), b"", Kind.OTHER_SIZE, "a", True, False),
    "no descriptor": ((packed_item(after=b""),), b"", Kind.NO_DESCRIPTOR, "a.txt", True, False),
    "a wrong descriptor": (
        (packed_item(after=descriptor(b"other", 5)),),
        *(b"", Kind.NO_DESCRIPTOR, "a.txt", True, False),
    ),
    "no descriptor, the truth in the header": (
        (packed_item(after=b"", local=TRUTH),),
        *(b"", Kind.NO_DESCRIPTOR, "a.txt", True, None),
    ),
    "64 bits, not announced": ((packed_item(wide=True),), b"", Kind.NO_DESCRIPTOR, "a.txt", True, None),
    "an unsigned descriptor": ((packed_item(signed=False),), b"", Kind.UNSIGNED_DESCRIPTOR, "a.txt", True, False),
    "an unsigned one of 64 bits": (
        (packed_item(signed=False, wide=True),),
        *(b"", Kind.UNSIGNED_DESCRIPTOR, "a.txt", True, False),
    ),
    "bzip2": ((Item("a", TEXT, 12),), b"", Kind.METHOD, "a", True, False),
    "a folder with data": ((Item("a/", TEXT),), b"", Kind.FOLDER_DATA, "a/", True, None),
    "two of one name": ((Item("a", TEXT), Item("a", b"other")), b"", Kind.TWICE, "a", False, False),
}


@pytest.mark.parametrize(("items", "end", "kind", "name", "stops", "whole"), BAD.values(), ids=BAD)
def test_each_fault_is_named_as_itself(  # noqa: PLR0913 - the columns of the table
    faults: Callable[[bytes], tuple[StreamFault, ...]],
    items: tuple[Item, ...],
    end: bytes,
    kind: Kind,
    name: str,
    *,
    stops: bool,
    whole: bool | None,
) -> None:
    assert faults(put_together(*STREAMED, FIRST, *items, LAST, end=end)) == (StreamFault(kind, name, 1, stops),)
    expected = () if whole is None else (StreamFault(kind, name, 1, whole),)
    assert faults(put_together(FIRST, *items, LAST, end=end)) == expected


def test_every_kind_is_made() -> None:
    assert {kind for _, _, kind, *_ in BAD.values()} == set(Kind)


def test_bytes_before_the_first_header_are_a_gap(faults: Callable[[bytes], tuple[StreamFault, ...]]) -> None:
    assert faults(put_together(replace(FIRST, before=b"#!/bin/sh\n"), LAST)) == (
        StreamFault(Kind.GAP, "Payload/", 1, False),
    )


def test_a_kind_is_told_once_with_its_first_entry_and_a_count(
    faults: Callable[[bytes], tuple[StreamFault, ...]],
) -> None:
    items = [Item(f"{number}.txt", TEXT, local={"crc": 1}) for number in range(5)]
    assert faults(put_together(*items)) == (StreamFault(Kind.OTHER_SIZE, "0.txt", 5, False),)


@pytest.mark.parametrize(
    ("opening", "streamed"),
    [
        ((Item("META-INF/"), metadata()), True),
        ((Item("mimetype", b"x"), metadata()), True),
        ((Item("mimetype", b"x"), Item("META-INF/"), metadata()), True),
        ((metadata(),), False),
        ((Item("Payload/"), Item("META-INF/"), metadata()), False),
        ((Item("META-INF/"), Item("Payload/"), metadata()), False),
        ((Item("META-INF/"), metadata(1)), False),
        ((Item("META-INF/"), metadata("2")), False),
        ((Item("META-INF/"), replace(metadata(), content=b"not a list")), False),
        ((Item("META-INF/"), replace(metadata(), method=99)), False),
        ((Item("META-INF/", b"", 0, 8), metadata()), False),
    ],
)
def test_only_apple_s_opening_makes_ios_stream(
    faults: Callable[[bytes], tuple[StreamFault, ...]], opening: tuple[Item, ...], *, streamed: bool
) -> None:
    found = faults(put_together(*opening, Item("a/", TEXT)))
    assert (found == (StreamFault(Kind.FOLDER_DATA, "a/", 1, True),)) is streamed


# --- bounds -------------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(content=mutated(*(value for value in GOOD.values() if len(value) < 5000)))
@example(content=put_together(replace(LAST, shift=0xFFFFFFFF - 500)))
def test_a_changed_file_ends_in_faults_or_in_an_error(content: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".ipa") as file:
        file.write(content)
        file.flush()
        try:
            found = faults_in(Path(file.name))
        except IpaError:
            return
    assert len({fault.kind for fault in found}) == len(found)


@given(place=st.integers(0, len(GOOD["ditto"]) - 1), value=st.integers(0, 255))
def test_any_byte_may_be_any_other(place: int, value: int) -> None:
    content = bytearray(GOOD["ditto"])
    content[place] = value
    with tempfile.NamedTemporaryFile(suffix=".ipa") as file:
        file.write(content)
        file.flush()
        try:
            faults_in(Path(file.name))
        except IpaError:
            return


def test_many_entries_at_one_place_are_read_once(faults: Callable[[bytes], tuple[StreamFault, ...]]) -> None:
    heavy = Item("a", local={"extra": struct.pack("<2H", 9, 0) * 16_000})
    header = heavy.header()
    listing = b"".join(Item(f"{number}").listing(0) for number in range(50_000))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 50_000, 50_000, len(listing), len(header), 0)
    start = time.perf_counter()
    found = faults(header + listing + tail)
    assert time.perf_counter() - start < 5
    assert found == (StreamFault(Kind.OTHER_NAME, "0", 1, False), StreamFault(Kind.OVERLAP, "1", 49_999, False))


def test_the_data_of_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "App.ipa"
    size = 3 << 30
    with path.open("wb") as file:
        local = Item("a").header()[:14] + struct.pack("<3L2H", 0, size, size, 1, 0) + b"a"
        file.write(local)
        file.seek(size, 1)  # a hole, which takes no room on the disk
        start = file.tell()
        listing = bytearray(Item("a").listing(0))
        struct.pack_into("<2L", listing, 20, size, size)
        file.write(listing + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(listing), start, 0))
    begin = time.perf_counter()
    assert faults_in(path) == ()
    assert time.perf_counter() - begin < 0.5
