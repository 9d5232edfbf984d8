"""The zip container, held against archives from Python's zipfile and from hand."""

from __future__ import annotations

import hashlib
import io
import struct
import tracemalloc
import zipfile
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

import pytest

from ota_site.apple.zip.archive import open_archive
from ota_site.apple.zip.budget import BudgetError
from ota_site.apple.zip.directory import extra_fields, newest, printable
from ota_site.model.errors import IpaError
from tests.samples import make_zip, not_ipas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ota_site.apple.zip.archive import Archive

BUILT = datetime(2026, 6, 1, 12, 30, 58, tzinfo=UTC)
TEXT = b"So long, and thanks for all the fish. " * 100
LIMIT = 1 << 20


@contextmanager
def opened(folder: Path, content: bytes) -> Iterator[Archive]:
    path = folder / "App.ipa"
    path.write_bytes(content)
    with open_archive(path) as archive:
        yield archive


def refusal(folder: Path, content: bytes) -> IpaError:
    with pytest.raises(IpaError) as caught, opened(folder, content) as archive:
        archive.read("a.txt", LIMIT)
    assert caught.value.where == str(folder / "App.ipa")
    assert caught.value.hint
    return caught.value


def one_file(content: bytes = TEXT, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    return make_zip({"a.txt": content}, BUILT, compression=compression)


def renamed(name: bytes, *, flagged: bool = False) -> bytes:
    """Make an archive whose one file has just these bytes for a name."""
    stand_in = b"x" * len(name)
    changed = bytearray(make_zip({stand_in.decode(): TEXT}, BUILT).replace(stand_in, name))
    if flagged:
        changed[changed.rindex(b"PK\x01\x02") + 9] |= 0x08
    return bytes(changed)


def changed_entry(place: int, layout: str, value: int, content: bytes | None = None) -> bytes:
    """Change one field of the one entry in the directory."""
    changed = bytearray(content or one_file())
    struct.pack_into(layout, changed, changed.rindex(b"PK\x01\x02") + place, value)
    return bytes(changed)


def by_hand(names: Iterable[str], *, count: int | None = None) -> bytes:
    """List many names for one empty file; `count` is what the end says of their number."""
    local = struct.pack("<4s2B4HL2L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    entry = struct.Struct("<4s4B4HL2L5H2L")
    directory = b"".join(
        entry.pack(b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0) + name.encode()
        for name in names
    )
    found = directory.count(b"PK\x01\x02") % 65536 if count is None else count
    return local + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, found, found, len(directory), 30, 0)


@pytest.mark.parametrize("content", [b"", b"x", TEXT], ids=["empty", "one byte", "text"])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_files_come_out_as_they_went_in(tmp_path: Path, content: bytes, compression: int) -> None:
    with opened(tmp_path, one_file(content, compression)) as archive:
        assert archive.read("a.txt", LIMIT) == content
        assert archive.head("a.txt", 10) == content[:10]


@pytest.mark.parametrize(
    ("raw", "flagged", "name"),
    [
        ("毛豆.txt".encode(), True, "毛豆.txt"),
        ("毛豆.txt".encode(), False, "毛豆.txt"),
        (b"caf\x82.txt", False, "café.txt"),
        (b"\xff\xfe.txt", True, "\ufffd\ufffd.txt"),
    ],
)
def test_names_are_read_as_they_were_meant(tmp_path: Path, raw: bytes, name: str, *, flagged: bool) -> None:
    with opened(tmp_path, renamed(raw, flagged=flagged)) as archive:
        assert list(archive.entries) == [name]
        assert archive.read(name, LIMIT) == TEXT


def test_a_file_beyond_four_gigabytes_is_found(tmp_path: Path) -> None:
    path = tmp_path / "App.ipa"
    with path.open("wb") as file:
        file.seek(5 << 30)  # a hole, which takes no room on the disk
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a.txt", TEXT)
    with open_archive(path) as opened_archive:
        assert opened_archive.entries["a.txt"].offset == 5 << 30
        assert opened_archive.read("a.txt", LIMIT) == TEXT


def test_sizes_may_stand_in_the_zip64_field(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("a.txt")
        entry.extra = struct.pack("<2H2Q", 1, 16, len(TEXT), 0)
        archive.writestr(entry, TEXT)
    content = changed_entry(24, "<L", 0xFFFFFFFF, buffer.getvalue())
    with opened(tmp_path, content) as archive:
        assert archive.entries["a.txt"].size == len(TEXT)


@pytest.mark.parametrize("count", [65_535, 65_536, 70_000])
def test_more_files_than_the_end_can_count_are_all_found(tmp_path: Path, count: int) -> None:
    with opened(tmp_path, by_hand(map(str, range(count)))) as archive:
        assert len(archive.entries) == count


def test_more_than_65535_files_are_found_with_zip64(tmp_path: Path) -> None:
    files = by_hand(map(str, range(70_000)))
    start = struct.unpack_from("<L", files, len(files) - 6)[0]
    size = len(files) - 22 - start
    wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 70_000, 70_000, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, start + size, 1)
    narrow = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    with opened(tmp_path, files[:-22] + wide + locator + narrow) as archive:
        assert len(archive.entries) == 70_000
    assert "Zip64" in refusal(tmp_path, files[:-22] + wide[4:] + locator + narrow).message


@pytest.mark.parametrize("count", [None, 1])
def test_too_many_files_are_no_app(tmp_path: Path, count: int | None) -> None:
    content = by_hand((f"{number:x}" for number in range(100_001)), count=count)
    assert "far longer than any app’s" in refusal(tmp_path, content).message


def test_a_comment_at_the_end_is_passed_over(tmp_path: Path) -> None:
    buffer = io.BytesIO(one_file())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"made by hand" * 5000
    with opened(tmp_path, buffer.getvalue()) as archive:
        assert archive.read("a.txt", LIMIT) == TEXT


STORED = one_file(compression=zipfile.ZIP_STORED)
DAMAGED: dict[str, tuple[bytes, str]] = {
    "a wrong checksum": (changed_entry(16, "<L", 1), "a.txt is damaged"),
    "a wrong size": (changed_entry(24, "<L", len(TEXT) - 1), "a.txt is damaged"),
    "a changed byte": (STORED.replace(b"fish", b"dish", 1), "a.txt is damaged"),
    "garbage for deflate": (changed_entry(10, "<H", 8, STORED), "a.txt is damaged"),
    "a password": (changed_entry(8, "<H", 1), "is protected by a password"),
    "lzfse": (changed_entry(10, "<H", 99), "uses the zip compression method 99"),
    "too large": (changed_entry(24, "<L", LIMIT + 1), "the limit is 1,048,576"),
    "larger than it says": (one_file(bytes(LIMIT + 1)), "unpacks to"),
    "no header there": (changed_entry(42, "<L", 5), "has no header where"),
    "an offset past the end": (changed_entry(42, "<L", 0xFFFFFFF0), "has no header where"),
    "cut at the front": (one_file()[50:], "directory is not where it says"),
    "bytes before it": (b"#!/bin/sh\n" + one_file(), "directory is not where it says"),
    "a directory cut short": (
        by_hand(["a.txt", "b.txt"]).replace(b"PK\x01\x02", b"PK\0\0").replace(b"PK\0\0", b"PK\x01\x02", 1),
        "the last 1 files of its directory are missing",
    ),
}


@pytest.mark.parametrize(("content", "message"), DAMAGED.values(), ids=DAMAGED)
def test_what_is_damaged_is_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    error = refusal(tmp_path, content)
    assert error.code == "not-an-ipa"
    assert message in error.message


# --- in pieces ----------------------------------------------------------------------------------------------

LONG = hashlib.shake_128(b"noise").digest(300_000) + bytes(900_000)


@pytest.mark.parametrize(
    "content", [b"", b"x", TEXT, LONG, bytes(3 << 20)], ids=["empty", "one", "text", "long", "zero"]
)
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_pieces_make_the_whole(tmp_path: Path, content: bytes, compression: int) -> None:
    with opened(tmp_path, one_file(content, compression)) as archive:
        pieces = list(archive.blocks("a.txt"))
    assert b"".join(pieces) == content
    assert all(0 < len(piece) <= 256 << 10 for piece in pieces)


def test_two_files_are_read_in_pieces_at_once(tmp_path: Path) -> None:
    files = {"a": LONG, "b": LONG[::-1]}
    with opened(tmp_path, make_zip(files, BUILT, compression=zipfile.ZIP_STORED)) as archive:
        pairs = list(zip(archive.blocks("a"), archive.blocks("b"), strict=True))
    assert [b"".join(pieces) for pieces in zip(*pairs, strict=True)] == list(files.values())


def test_reading_in_pieces_may_stop_before_the_damage(tmp_path: Path) -> None:
    damaged = bytearray(one_file(LONG, zipfile.ZIP_STORED))
    damaged[len(damaged) - 500] ^= 1
    with opened(tmp_path, bytes(damaged)) as archive:
        assert next(archive.blocks("a.txt")) == LONG[: 256 << 10]
        with pytest.raises(IpaError, match="damaged"):
            list(archive.blocks("a.txt"))


@pytest.mark.parametrize("declared", [0, 5, len(LONG) - 1, len(LONG) + 1, 0xFFFFFFF0])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_pieces_never_make_more_than_was_declared(tmp_path: Path, declared: int, compression: int) -> None:
    content = changed_entry(24, "<L", declared, one_file(LONG, compression))
    seen: list[bytes] = []
    with opened(tmp_path, content) as archive, pytest.raises(IpaError) as caught:
        seen.extend(archive.blocks("a.txt"))
    assert sum(map(len, seen)) <= declared
    wrong = f"unpacks to more than {declared:,} bytes" if declared < len(LONG) else "is damaged"
    assert caught.value.message == f"a.txt {wrong}"


@pytest.mark.parametrize("name", [name for name in DAMAGED if name.startswith(("a wrong", "a changed", "garbage"))])
def test_pieces_of_what_is_damaged_are_refused(tmp_path: Path, name: str) -> None:
    with opened(tmp_path, DAMAGED[name][0]) as archive, pytest.raises(IpaError) as caught:
        list(archive.blocks("a.txt"))
    assert caught.value.code == "not-an-ipa"


@pytest.mark.parametrize("name", ["a password", "lzfse", "no header there", "an offset past the end"])
def test_pieces_of_what_cannot_be_read_are_refused(tmp_path: Path, name: str) -> None:
    content, message = DAMAGED[name]
    with opened(tmp_path, content) as archive, pytest.raises(IpaError) as caught:
        next(archive.blocks("a.txt"))
    assert message in caught.value.message


def test_a_deflated_file_cut_short_is_damaged(tmp_path: Path) -> None:
    content = changed_entry(20, "<L", 1000, one_file(LONG))
    with opened(tmp_path, content) as archive, pytest.raises(IpaError, match="damaged"):
        list(archive.blocks("a.txt"))


def test_pieces_of_a_large_file_take_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "App.ipa"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, archive.open("a", "w") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
    with open_archive(path, work=1 << 30) as opened_archive:
        tracemalloc.start()
        try:
            assert sum(map(len, opened_archive.blocks("a"))) == 64 << 20
            assert tracemalloc.get_traced_memory()[1] < 4 << 20
        finally:
            tracemalloc.stop()


def test_all_that_is_unpacked_comes_off_one_budget(tmp_path: Path) -> None:
    files = {"a": bytes(9 << 20), "b": bytes(9 << 20), "c": b"small"}
    (tmp_path / "App.ipa").write_bytes(make_zip(files, BUILT))
    with open_archive(tmp_path / "App.ipa", work=(12 << 20) + (1 << 10)) as archive:
        assert archive.head("a", 1 << 20) == bytes(1 << 20)
        assert len(archive.read("a", LIMIT * 9)) == 9 << 20
        taken: list[int] = []
        with pytest.raises(BudgetError) as caught:
            taken.extend(map(len, archive.blocks("b")))
        assert 1 << 20 < sum(taken) <= 2 << 20
        # What is left does not come back, and is enough for what is small.
        with pytest.raises(BudgetError):
            archive.read("b", LIMIT * 9)
        assert archive.read("c", LIMIT) == b"small"
    assert caught.value.where.endswith("App.ipa")
    assert caught.value.hint


def test_a_list_is_paid_for_before_it_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "App.ipa").write_bytes(make_zip({"a.plist": b"<a/>" * 10_000}, BUILT))
    with open_archive(tmp_path / "App.ipa", work=1 << 20) as archive, pytest.raises(BudgetError):
        archive.read("a.plist", LIMIT)


@pytest.mark.parametrize(("unpacked", "fits"), [(3.9, True), (30, False)])
def test_a_large_app_is_within_its_budget_and_a_bomb_is_not(tmp_path: Path, unpacked: float, *, fits: bool) -> None:
    # Of 16 MB in place of 100 MB; 60 frameworks in 4 MB of code each would take too long.
    size = 16 << 20
    noise = Random(1).randbytes(size // 8)  # noqa: S311 - no secret
    each = noise + bytes(int(size * unpacked / 8) - len(noise))
    (tmp_path / "App.ipa").write_bytes(make_zip({str(number): each for number in range(8)}, BUILT))
    with open_archive(tmp_path / "App.ipa") as archive, nullcontext() if fits else pytest.raises(BudgetError):
        for number in range(8):
            assert sum(map(len, archive.blocks(str(number)))) == len(each)


@pytest.mark.parametrize("length", [1024, 1025])
def test_a_path_is_as_long_as_a_phone_takes(tmp_path: Path, length: int) -> None:
    name = "x" * length
    content = by_hand([name])
    if length == 1024:
        with opened(tmp_path, content) as archive:
            assert list(archive.entries) == [name]
    else:
        assert "longer than 1,024 bytes" in refusal(tmp_path, content).message


def test_extra_fields_are_looked_at_as_far_as_any_maker_goes() -> None:
    fields = b"\7\0\1\0x" * 5000
    assert len(list(extra_fields(fields))) == 8
    assert list(extra_fields(fields[:12])) == [(7, b"x")] * 2


def test_a_file_that_lies_about_its_size_is_not_unpacked_further(tmp_path: Path) -> None:
    content = changed_entry(24, "<L", 5, one_file(bytes(LIMIT * 3)))
    assert "unpacks to more than 1,048,576 bytes" in refusal(tmp_path, content).message


def test_an_offset_that_no_disk_has_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("a.txt")
        entry.extra = struct.pack("<2HQ", 1, 8, (1 << 64) - 1)
        archive.writestr(entry, TEXT)
    error = refusal(tmp_path, changed_entry(42, "<L", 0xFFFFFFFF, buffer.getvalue()))
    assert "has no header where" in error.message


@pytest.mark.parametrize("name", [b"../evil", b"a/../../evil", b"/evil", b"..\\evil", b"a\\..\\evil", b"a\0b"])
def test_a_path_that_leaves_its_folder_is_refused(tmp_path: Path, name: bytes) -> None:
    assert "leaves its folder" in refusal(tmp_path, renamed(name)).message


@pytest.mark.parametrize("name", [b"a..b", b"...", b"..a/b", b"a/..b"])
def test_dots_in_a_name_are_no_harm(tmp_path: Path, name: bytes) -> None:
    with opened(tmp_path, renamed(name)) as archive:
        assert list(archive.entries) == [name.decode()]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("empty", "it is empty"),
        ("lfs-pointer", "it is a Git LFS pointer, not the file itself"),
        ("html", "it is a web page, not an IPA"),
        ("text", "it is not a zip, so not an IPA"),
        ("truncated", "it is truncated: the end of the zip is missing"),
    ],
)
def test_a_file_that_is_no_zip_is_named_for_what_it_is(tmp_path: Path, kind: str, message: str) -> None:
    assert refusal(tmp_path, not_ipas()[kind]).message == message


@pytest.mark.parametrize("head", [b"\x1f\x8b\x08", b"BZh9", b"7z\xbc\xaf'\x1c", b"xar!", b"Rar!\x1a\x07"])
def test_another_archive_is_named_as_one(tmp_path: Path, head: bytes) -> None:
    assert refusal(tmp_path, head + bytes(600)).message == "it is another kind of archive, not a zip"


# --- times --------------------------------------------------------------------------------------------------


def dated(*entries: tuple[tuple[int, ...], bytes], change: Callable[[bytearray], None] | None = None) -> bytes:
    """Make an archive of files with these dates and extra fields."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, (date, extra) in enumerate(entries):
            entry = zipfile.ZipInfo(f"{number}.txt", (*date, 0, 0, 0)[:6])  # type: ignore[arg-type]
            entry.extra = extra
            archive.writestr(entry, b"")
    content = bytearray(buffer.getvalue())
    if change:
        change(content)
    return bytes(content)


def at_zero(content: bytearray) -> None:
    """Give the last file the date of all zeros, month and day included."""
    struct.pack_into("<2H", content, content.rindex(b"PK\x01\x02") + 12, 0, 0)


def in_month_15(content: bytearray) -> None:
    struct.pack_into("<H", content, content.rindex(b"PK\x01\x02") + 14, 119 << 9 | 15 << 5 | 1)


MOMENT = datetime(2026, 6, 1, 12, 30, 57, tzinfo=UTC)
SECONDS = int(MOMENT.timestamp())
IN_UTC = {
    "the field of today's zip": struct.pack("<2HBL", 0x5455, 5, 1, SECONDS),
    "the field of older zips and of ditto": struct.pack("<2H2L", 0x5855, 8, 1, SECONDS),
    "another field before it": struct.pack("<2H4s2HBL", 0x7875, 4, b"abcd", 0x5455, 5, 3, SECONDS),
}


@pytest.mark.parametrize("extra", IN_UTC.values(), ids=IN_UTC)
def test_the_time_in_utc_wins_where_the_zip_has_it(tmp_path: Path, extra: bytes) -> None:
    with opened(tmp_path, dated(((2026, 6, 1, 20, 30), extra))) as archive:
        assert newest(archive.entries.values()) == MOMENT


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (dated(((2026, 6, 1, 12, 30, 58), b"")), BUILT),
        (dated(((2024, 1, 1), b""), ((2026, 6, 1, 12, 30, 58), b""), ((2025, 1, 1), b"")), BUILT),
        (dated(((1980, 1, 1), b"")), None),
        (dated(((1980, 1, 1), struct.pack("<2HBL", 0x5455, 5, 1, 315532800))), None),
        (dated(((2026, 6, 1), b""), change=at_zero), None),
        (dated(((2026, 6, 1, 12, 30, 58), b""), ((2026, 6, 1), b""), change=in_month_15), BUILT),
        (dated(((2026, 6, 1, 12, 30, 58), b""), ((2020, 1, 1), IN_UTC["the field of today's zip"][:4])), BUILT),
        (dated(((2026, 6, 1, 12, 30, 58), b""), ((2020, 1, 1), struct.pack("<2HBL", 0x5455, 5, 1, 9**9))), BUILT),
        (b"PK\x05\x06" + bytes(18), None),
    ],
    ids=["local", "newest", "1980", "1980 in UTC", "zeros", "month 15", "cut field", "some in UTC", "no files"],
)
def test_the_newest_time_is_found(tmp_path: Path, content: bytes, expected: datetime | None) -> None:
    with opened(tmp_path, content) as archive:
        assert newest(archive.entries.values()) == expected


def test_a_printable_name_is_short_and_shows_no_control() -> None:
    assert printable("Payload/A\x1b[31m\n.app") == "Payload/A\ufffd[31m\ufffd.app"
    assert len(printable("x" * 5000)) == 120
