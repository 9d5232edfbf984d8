"""Files of state: believed only as what they are, whoever carried them here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ota_site.disk.state import draft_state, is_clean, linked_folders, make_folder, make_private, promote, read_state
from ota_site.model.errors import RecordError
from ota_site.model.records import Record


class Value(Record):
    """A state."""

    names: tuple[str, ...]


GOOD = b'{"names":["a"]}'


def test_a_state_is_read_back_and_is_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    promote(draft_state(path, Value(("a",))), path)
    assert read_state(path, Value) == Value(("a",))
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("path", ["missing.json", "file/state.json"])
def test_a_state_that_is_not_there_is_none(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert read_state(tmp_path / path, Value) is None


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (b"", "truncated"),
        (GOOD[:-4], "truncated"),
        (b'"names"', "Expected"),
        (b"{}", "missing required field"),
        (b'{"names":[1]}', "Expected `str`"),
        (b'{"names":["\\ud800"]}', "truncated"),
        (b"\xff\xfe", "malformed"),
        (b'{"names":[],"more":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "recursion"),
        (b'{"names":["' + b"a" * 300_000 + b'"]}', "larger than 300,000 bytes"),
        ("link", "it is a link"),
        ("fifo", "not a regular file"),
        ("folder", "not a regular file"),
        ("device", "not a regular file"),
    ],
)
def test_a_damaged_state_is_refused_by_name(tmp_path: Path, damage: bytes | str, told: str) -> None:
    path = tmp_path / "state.json"
    match damage:
        case bytes():
            path.write_bytes(damage)
        case "link":
            (tmp_path / "good.json").write_bytes(GOOD)
            path.symlink_to("good.json")
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "device":
            path = Path("/dev/zero")
    with pytest.raises(RecordError, match=told) as refused:
        read_state(path, Value, limit=300_000)
    assert refused.value.where == str(path)


@pytest.mark.parametrize("there", ["file", "link", "folder", "fifo"])
def test_a_state_takes_its_place_and_never_writes_through_it(tmp_path: Path, there: str) -> None:
    (tmp_path / "victim").write_bytes(b"mine")
    path = tmp_path / "state.json"
    for place in (path, path.with_suffix(".draft")):
        match there:
            case "file":
                place.write_bytes(b"old")
            case "link":
                place.symlink_to("victim")
            case "folder":
                (place / "deep").mkdir(parents=True)
            case "fifo":
                os.mkfifo(place)
    promote(draft_state(path, Value(("a",))), path)
    assert read_state(path, Value) == Value(("a",))
    assert (tmp_path / "victim").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "index.html",
            "apps/a.b/1.0-2/index.html",
            ".nojekyll",
            "media/a b/ü.png",
            "...",
            "a..b/..c",
            "c:d/index.html",
        ),
        *("media/a:b.png", "media/a\\b.png", "media/c:/x.png"),
    ],
)
def test_a_path_below_a_folder_is_clean(path: str) -> None:
    assert is_clean(path)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            ".",
            "..",
            "/",
            "/etc/passwd",
            "//host/share",
            "../victim",
            "a/../../victim",
            "a/..",
            "./a",
            "a/./b",
            "a//b",
        ),
        *("a/", "a\0b", "..\\victim", "a\\..\\..\\victim", "a/..\\victim", "\\victim", "C:\\victim", "c:/victim", "c:"),
        *("a\n/../b", "a/.\\b"),
    ],
)
def test_any_other_path_is_not(path: str) -> None:
    assert not is_clean(path)


def test_links_are_found_however_deep_the_path(tmp_path: Path) -> None:
    (tmp_path / "real/deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real/deep/link").symlink_to(tmp_path)
    (tmp_path / "file").symlink_to("nowhere")
    paths = ("file", "link/deep/a", "link/b", "real/deep/link/c/d", "real/e", "gone/f", f"{'x' * 300}/g", "nul\0/h")
    assert linked_folders(tmp_path, paths) == {"link", "real/deep/link"}


@pytest.mark.parametrize("umask", [0o077, 0o000, 0o022])
def test_folders_of_a_site_are_for_everyone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    code = "import os, sys; from pathlib import Path; from ota_site.disk.state import make_folder; "
    code += f"os.umask({umask}); make_folder(Path(sys.argv[1]))"
    (tmp_path / "mine").mkdir(0o700)
    subprocess.run([sys.executable, "-c", code, tmp_path / "mine/a/b"], check=True)
    modes = [(tmp_path / path).stat().st_mode & 0o777 for path in ("mine", "mine/a", "mine/a/b")]
    assert modes == [0o700, 0o755, 0o755]


def test_a_file_is_made_private_and_what_a_link_leads_to_is_not(tmp_path: Path) -> None:
    for name in ("own", "other"):
        (tmp_path / name).write_bytes(b"")
        (tmp_path / name).chmod(0o644)
    (tmp_path / "link").symlink_to("other")
    for name in ("own", "link", "missing"):
        make_private(tmp_path / name)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("own", "other")] == [0o600, 0o644]


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    make_folder(tmp_path / "a")
    assert (tmp_path / "a").is_file()
