"""The staging: held by one build at a time, and let go by any that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ota_site.model.errors import SiteError
from ota_site.output.staging import StagingDir, failing_plainly, locked

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOLD = """
import sys
from pathlib import Path
from ota_site.output.staging import StagingDir, locked
with locked(StagingDir(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _held_by_another(site: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, site], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_workshop_held_by_another_process_is_refused_by_name(tmp_path: Path) -> None:
    site = tmp_path / "_site"
    with (
        _held_by_another(site),
        pytest.raises(SiteError, match="another build is writing this site") as refused,
        locked(StagingDir(site)),
    ):
        pytest.fail("the staging was held twice")
    assert refused.value.where == str(site)
    assert "-o" in refused.value.hint


@pytest.mark.parametrize("number", [None, signal.SIGKILL, signal.SIGTERM], ids=["ended", "killed", "terminated"])
def test_a_workshop_is_free_once_its_holder_is_gone(tmp_path: Path, number: signal.Signals | None) -> None:
    site = tmp_path / "_site"
    with _held_by_another(site) as process:
        if number:
            process.send_signal(number)
    with locked(StagingDir(site)):
        assert StagingDir(site).folder.is_dir()


def test_two_sites_side_by_side_are_built_at_once(tmp_path: Path) -> None:
    with _held_by_another(tmp_path / "one"), locked(StagingDir(tmp_path / "two")):
        assert {path.name for path in tmp_path.iterdir()} == {".one.ota-site", ".two.ota-site"}


def test_git_passes_over_the_workshop(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    with locked(StagingDir(tmp_path / "_site")):
        told = subprocess.run(
            ["git", "-C", tmp_path, "status", "--porcelain"], check=True, capture_output=True, text=True
        )
    assert told.stdout == ""


def test_a_workshop_is_for_its_user_alone_even_one_that_was_not(tmp_path: Path) -> None:
    staging = StagingDir(tmp_path / "_site")
    staging.folder.mkdir(0o755)
    with locked(staging):
        assert staging.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", [".gitignore", ".gitignore.draft", "lock"])
@pytest.mark.parametrize("kind", ["link", "link to nowhere", "fifo", "emptied"])
def test_what_stands_in_a_workshop_is_neither_written_through_nor_waited_for(
    tmp_path: Path, name: str, kind: str
) -> None:
    victim = tmp_path / "victim"
    if kind == "link":
        victim.write_bytes(b"mine")
    staging = StagingDir(tmp_path / "_site")
    staging.folder.mkdir()
    match kind:
        case "fifo":
            os.mkfifo(staging.folder / name)
        case "emptied":
            (staging.folder / name).write_bytes(b"")
        case _:
            (staging.folder / name).symlink_to(victim)
    with locked(staging), pytest.raises(SiteError, match="another build"), locked(staging):
        pytest.fail("the staging was held twice")
    assert (staging.folder / ".gitignore").read_bytes() == b"*\n"
    assert victim.read_bytes() == b"mine" if kind == "link" else not os.path.lexists(victim)


def test_a_workshop_that_is_a_link_is_refused_and_nothing_behind_it_touched(tmp_path: Path) -> None:
    staging = StagingDir(tmp_path / "_site")
    (tmp_path / "victim").mkdir(0o755)
    staging.folder.symlink_to("victim")
    with pytest.raises(SiteError, match="it is a link") as refused, locked(staging):
        pytest.fail("the staging is elsewhere")
    assert refused.value.where == str(staging.folder)
    assert list((tmp_path / "victim").iterdir()) == []
    assert (tmp_path / "victim").stat().st_mode & 0o777 == 0o755


def test_a_place_where_nothing_can_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(SiteError, match="cannot be written: Not a directory"),
        locked(StagingDir(tmp_path / "file/_site")),
    ):
        pytest.fail("there is a staging inside a file")


@pytest.mark.parametrize(
    ("error", "where", "hint"),
    [
        (OSError(28, "No space left on device", "/a"), "/a", "free some space"),
        (OSError(18, "Invalid cross-device link", "/a", None, "/b"), "/b", ""),
        (OSError(27, "File too large", "/a"), "/a", "ulimit -f"),
        (PermissionError(13, "Permission denied", "/a"), "/a", "-o"),
        (OSError(5, "Input/output error"), "site", ""),
    ],
)
def test_what_the_disk_refuses_is_told_with_its_place_and_a_way_out(error: OSError, where: str, hint: str) -> None:
    with pytest.raises(SiteError) as refused, failing_plainly(Path("site")):
        raise error
    assert refused.value.where == where
    assert os.strerror(error.errno or 0) in refused.value.message
    assert hint in refused.value.hint
