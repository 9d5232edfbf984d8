"""The edge of each file: whatever reading one raises, the file is named and the others are read."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ota_site.apple.zip.archive import Archive
from ota_site.cli.inspect import inspect
from ota_site.model.errors import IpaError, SiteError, reading
from tests.builds import NOW
from tests.preview.shown import make_stage
from tests.samples import App, make_ipa
from tests.test_build import build
from tests.trees import put

if TYPE_CHECKING:
    from collections.abc import Callable

PRIVATE = "Jane Appleseed"
BAD, GOOD = make_ipa(App(bundle_id="com.example.bad")), make_ipa(App(bundle_id="com.example.good"))


def endless(depth: int) -> int:
    return endless(depth + 1)


UNFORESEEN: dict[str, Callable[[], object]] = {
    "RecursionError": lambda: endless(0),
    "MemoryError": lambda: bytearray(1 << 62),
    "error": lambda: struct.unpack("<I", b""),
    "ValueError": lambda: int(PRIVATE),
    "KeyError": lambda: dict[str, str]()[PRIVATE],
    "OverflowError": lambda: 2.0**9999,
}


@pytest.mark.parametrize("kind", UNFORESEEN)
def test_any_exception_becomes_a_finding_that_names_the_file_and_quotes_nothing(kind: str) -> None:
    with pytest.raises(IpaError) as caught, reading("App.ipa"):
        UNFORESEEN[kind]()
    error = caught.value
    assert (error.code, error.where) == ("unreadable", "App.ipa")
    assert f"{kind} in tests.test_errors, line " in error.message
    assert "report" in error.hint
    assert PRIVATE not in str(error)


def test_a_known_failure_passes_and_a_disks_has_the_code_that_is_asked_for(tmp_path: Path) -> None:
    known = IpaError("no-app", "it holds no app")
    with pytest.raises(IpaError) as caught, reading("App.ipa"):
        raise known
    assert caught.value is known
    with pytest.raises(IpaError) as caught, reading("gone", code="manifest-unreadable"):
        (tmp_path / "gone").read_bytes()
    assert (caught.value.code, caught.value.message) == (
        "manifest-unreadable",
        "it cannot be read: No such file or directory",
    )
    with pytest.raises(SiteError, match="mistake"), reading("a.md"):
        raise SiteError("mistake")


def test_ctrl_c_ends_the_command() -> None:
    with pytest.raises(KeyboardInterrupt), reading("App.ipa"):
        raise KeyboardInterrupt


@pytest.fixture
def stumbling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the reader of IPAs fail at bad.ipa, as no file is known to make it."""
    read = Archive.read

    def fail_at_one(archive: Archive, name: str, limit: int) -> bytes:
        return zlib.decompress(b"") if Path(archive.where).name == "bad.ipa" else read(archive, name, limit)

    monkeypatch.setattr(Archive, "read", fail_at_one)


@pytest.mark.usefixtures("stumbling")
def test_a_build_goes_on_without_the_file(tmp_path: Path) -> None:
    report = build(put(tmp_path, {"bad.ipa": BAD, "good.ipa": GOOD}))
    ((left, code),) = ((Path(error.where).name, error.code) for error in report.left_out)
    assert (left, code) == ("bad.ipa", "unreadable")
    assert [app.bundle_id for app in report.catalog.apps] == ["com.example.good"]


@pytest.mark.usefixtures("stumbling")
def test_inspect_says_so_and_goes_on_to_the_next(tmp_path: Path) -> None:
    put(tmp_path, {"bad.ipa": BAD, "good.ipa": GOOD})
    files = [str(tmp_path / f"content/{name}.ipa") for name in ("bad", "good")]
    done = CliRunner().invoke(inspect, ["--json", "--deep", *files], obj=NOW)
    told: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 1
    assert [problem["code"] for problem in told[0]["problems"]] == ["unreadable"]
    assert "error in tests.test_errors, line " in told[0]["problems"][0]["message"]
    assert told[1]["bundle_id"] == "com.example.good"


@pytest.mark.usefixtures("stumbling")
def test_the_preview_says_it_once(tmp_path: Path) -> None:
    said: list[str] = []
    put(tmp_path, {"bad.ipa": BAD, "good.ipa": GOOD})
    stage = make_stage(tmp_path / "content", said)
    for _ in range(3):
        stage.rebuild(None)
    assert sum("bad.ipa" in line for line in said) == 1
    assert stage.showing
    assert stage.showing.site


def test_the_preview_shows_a_bug_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = make_stage(put(tmp_path) / "content", [])
    monkeypatch.setattr("ota_site.preview.live_site.draft_site", lambda *_: endless(0))
    for _ in range(3):
        stage.rebuild(None)
    assert capsys.readouterr().err.count("Traceback") == 1
