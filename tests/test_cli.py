"""The command as it is typed: exit codes, what goes to which stream, and never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from ota_site.output.staging import StagingDir
from tests.samples import App, make_ipa, not_ipas, on_demand_resources
from tests.trees import ADDRESS, put, tree

if TYPE_CHECKING:
    from pathlib import Path

_ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "SOURCE_DATE_EPOCH": "1782900000"}


MORTAL = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""A command that runs another as one to whom root's rights over files are denied."""


def run(
    folder: Path, *arguments: str, prefix: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `ota-site` in a folder, with a bare environment; `prefix` is a command that runs it."""
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "ota_site", *arguments],
        cwd=folder,
        env=_ENVIRONMENT | environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return done


def test_a_build_says_on_standard_output_what_was_built_and_nothing_on_the_other(tmp_path: Path) -> None:
    done = run(put(tmp_path), "build", "--base-url", ADDRESS)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Sample  com.example.sample" in done.stdout
    assert "1.1 (45)" in done.stdout
    assert "0 unchanged, 0 removed" in done.stdout
    assert f"publish _site at {ADDRESS}" in done.stdout
    assert (tmp_path / "_site/index.html").is_file()


def test_without_an_address_the_next_step_is_told(tmp_path: Path) -> None:
    done = run(put(tmp_path), "build")
    assert done.returncode == 0
    assert "set base_url in content/site.toml" in done.stdout


def test_what_is_left_out_is_named_on_standard_error_and_counted(tmp_path: Path) -> None:
    bad = {f"{name}.ipa": content for name, content in not_ipas().items()}
    done = run(put(tmp_path, {**bad, "good.ipa": make_ipa(), "index.md": "[a](gone.pdf)\n"}), "build")
    assert done.returncode == 0
    for name in bad:
        assert f"Skipped  content/{name}: " in done.stderr
        assert name not in done.stdout
    assert f"{len(bad)} files skipped, see above." in done.stdout
    assert "Warning  content/index.md: names gone.pdf" in done.stderr


def test_strict_makes_it_a_failure_and_keeps_the_old_site(tmp_path: Path) -> None:
    run(put(tmp_path), "build")
    before = tree(tmp_path / "_site")
    done = run(put(tmp_path, {"bad.ipa": b"no", "new.ipa": make_ipa(App(version="7"))}), "build", "--strict")
    assert (done.returncode, done.stdout) == (1, "")
    assert "content/bad.ipa" in done.stderr
    assert "--strict" in done.stderr
    assert tree(tmp_path / "_site") == before


def test_json_holds_all_and_parses_whatever_else_is_said(tmp_path: Path) -> None:
    put(tmp_path, {"a b'ü🚀.ipa": make_ipa(), "bad.ipa": b"no", "index.md": "[a](gone.pdf)\n"})
    (tmp_path / os.fsdecode(b"content/latin-\xe9.ipa")).write_bytes(make_ipa())
    done = run(tmp_path, "build", "--json", "--base-url", ADDRESS)
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["base_url"] == ADDRESS
    assert [build["path"] for app in told["apps"] for build in app["builds"]] == ["content/a b'ü🚀.ipa"]
    assert [left["path"] for left in told["left_out"]] == ["content/latin-\ufffd.ipa", "content/bad.ipa"]
    assert [amiss["where"] for amiss in told["amiss"]] == ["content/index.md"]
    assert told["written"] == [recipe["path"] for recipe in told["plan"]]
    assert (told["removed"], told["kept"]) == ([], 0)


def test_a_dry_run_lists_the_plan_and_writes_nothing(tmp_path: Path) -> None:
    before = tree(put(tmp_path))
    done = run(tmp_path, "build", "--dry-run", "--base-url", ADDRESS)
    assert done.returncode == 0
    told = [line.split()[-1] for line in done.stdout.splitlines() if line.startswith("would write ")]
    assert tree(tmp_path) == before
    planned = json.loads(run(tmp_path, "build", "--json", "--base-url", ADDRESS).stdout)
    assert told == planned["written"]
    (tmp_path / "content/two.ipa").unlink()
    again = run(tmp_path, "build", "--dry-run", "--base-url", ADDRESS)
    assert "would remove  apps/com.example.two/index.html" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["build", "--no-such-flag"], "No such option"),
        (["biuld"], "No such command"),
        (["build", "a", "b"], "unexpected extra argument"),
        (["build", "--json", "--format", "github"], "--json and --format github cannot be combined"),
        (["inspect"], "Missing argument"),
    ],
)
def test_wrong_usage_ends_with_2(tmp_path: Path, arguments: list[str], told: str) -> None:
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing"], "Error  missing: there is no such folder"),
        (["content/two.ipa"], "Error  content/two.ipa: it is a file, not a folder"),
        (["-o", "file"], "Error  file: it is a file, not a folder"),
        (["-o", "file/site"], "file"),
        (["-o", "content"], "Error  content: the site would overwrite your content"),
        (["-o", "/proc/site"], "cannot be written"),
        (["-o", "/sys/site"], "cannot be written"),
        (["--base-url", "http://a.example"], "Error  --base-url: 'http://a.example' is http"),
    ],
)
def test_a_known_failure_ends_with_1_and_says_what_and_where(tmp_path: Path, arguments: list[str], told: str) -> None:
    put(tmp_path)
    (tmp_path / "file").write_text("mine")
    before = tree(tmp_path)
    done = run(tmp_path, "build", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        (b'titel = "A"\nindexed = 1\n', ["unknown key `titel`", "did you mean `title`?", "`indexed` should be"]),
        (b"title = \n", ["is not valid TOML", "line 1"]),
        (b"\xff", ["is not UTF-8"]),
    ],
)
def test_unreadable_settings_end_with_1_and_every_mistake(tmp_path: Path, toml: bytes, told: list[str]) -> None:
    done = run(put(tmp_path, {"site.toml": toml}), "build")
    assert (done.returncode, done.stdout) == (1, "")
    assert all(part in done.stderr for part in told)


@pytest.mark.parametrize("forbidden", ["content/one", "content/site.toml", "."])
def test_what_may_not_be_read_or_written_ends_with_1(tmp_path: Path, forbidden: str) -> None:
    put(tmp_path)
    prefix = MORTAL if os.geteuid() == 0 else ()
    if prefix and not shutil.which(prefix[0]):
        pytest.skip("root may do everything, and setpriv is not there to forbid it")
    (tmp_path / forbidden).chmod(0o500 if forbidden == "." else 0)
    try:
        done = run(tmp_path, "build", prefix=prefix)
    finally:
        (tmp_path / forbidden).chmod(0o755)
    assert (done.returncode, done.stdout) == (1, "")
    assert "ermission denied" in done.stderr


def test_the_second_of_two_builds_at_once_is_refused_and_the_first_ends_well(tmp_path: Path) -> None:
    first = _start_in_the_midst(tmp_path)
    second = run(tmp_path, "build")
    assert (second.returncode, second.stdout) == (1, "")
    assert "another build is writing this site" in second.stderr
    first.send_signal(signal.SIGCONT)
    _, said = first.communicate(timeout=60)
    assert (first.returncode, said) == (0, "")
    assert run(tmp_path, "build", "--dry-run").stdout.count("would write") == 0


def test_a_build_that_was_killed_does_not_stop_the_next(tmp_path: Path) -> None:
    first = _start_in_the_midst(tmp_path)
    first.kill()
    first.communicate()
    done = run(tmp_path, "build")
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_ends_with_1_and_the_old_site_stands(tmp_path: Path) -> None:
    build = _start_in_the_midst(tmp_path)
    before = tree(tmp_path / "_site")
    build.send_signal(signal.SIGINT)
    build.send_signal(signal.SIGCONT)
    sent = time.monotonic()
    _, said = build.communicate(timeout=60)
    assert time.monotonic() - sent < 3
    assert build.returncode == 1
    assert said.strip().startswith("Stopped")
    assert tree(tmp_path / "_site") == before
    staging = StagingDir(tmp_path / "_site")
    assert not staging.stage.exists()
    assert not staging.journal.exists()


def _start_in_the_midst(folder: Path) -> subprocess.Popen[str]:
    """Start the build of a changed site, and return it stopped while it stages."""
    files = {f"{n}.ipa": make_ipa(App(bundle_id=f"com.example.n{n}")) for n in range(12)}
    run(put(folder, files), "build")
    put(folder, {"site.toml": 'title = "Another"\n', "index.md": "New.\n"})
    process = subprocess.Popen(
        [sys.executable, "-m", "ota_site", "build"],
        cwd=folder,
        env=_ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    stage = StagingDir(folder / "_site").stage
    while not stage.exists():
        assert process.poll() is None
    process.send_signal(signal.SIGSTOP)
    assert stage.exists(), "the build was quicker than this test"
    return process


@pytest.mark.parametrize("moment", ["yesterday", " ", "9" * 30])
def test_a_moment_that_is_none_ends_with_1(tmp_path: Path, moment: str) -> None:
    done = run(put(tmp_path), "build", SOURCE_DATE_EPOCH=moment)
    assert done.returncode == 1
    assert "SOURCE_DATE_EPOCH" in done.stderr


def test_an_empty_moment_is_none_at_all(tmp_path: Path) -> None:
    done = run(put(tmp_path), "build", SOURCE_DATE_EPOCH="")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("flags", [(), ("--dry-run",)])
def test_a_folder_of_other_files_is_not_written_and_the_way_out_is_told(tmp_path: Path, flags: tuple[str, ...]) -> None:
    put(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("mine")
    before = tree(tmp_path)
    done = run(tmp_path, "build", "-o", "mine", *flags)
    assert done.returncode == 1
    assert "mine: it contains files, but no site written by ota-site" in done.stderr
    assert "choose an empty folder or the folder of an earlier site with -o" in done.stderr
    assert tree(tmp_path) == before


def test_inspect_tells_an_ipa_and_fails_for_what_is_none(tmp_path: Path) -> None:
    put(tmp_path, {"good.ipa": make_ipa(), "bad.ipa": b"no"})
    good, bad = (run(tmp_path, "inspect", "--json", f"content/{name}.ipa") for name in ("good", "bad"))
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["bundle_id"] == "com.example.sample"
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["problems"][0]["severity"] == "error"


def test_inspect_says_how_many_packs_an_app_asks_for_and_where_they_are(tmp_path: Path) -> None:
    inside = on_demand_resources("a", "b")
    one = {name: data for name, data in inside.items() if ".a-" not in name}
    for files, told in (
        ({}, []),
        (inside, ["On-demand packs     2, all inside"]),
        (one, ["On-demand packs     2, 1 missing"]),
        (on_demand_resources("a", embedded=False), ["On-demand packs     1, all missing"]),
    ):
        (tmp_path / "a.ipa").write_bytes(make_ipa(App(extra=files)))
        lines = run(tmp_path, "inspect", "a.ipa").stdout.splitlines()
        assert [line.strip() for line in lines if "packs  " in line] == told


def test_inspect_says_what_an_app_asks_for_and_how_many_frameworks_it_has(tmp_path: Path) -> None:
    info = {"NSCameraUsageDescription": "To scan.", "NFCReaderUsageDescription": "Tags."}
    frameworks = {f"Payload/Sample.app/Frameworks/{name}.framework/{name}": b"" for name in ("A", "B")}
    (tmp_path / "a.ipa").write_bytes(make_ipa(App(info=info, extra=frameworks)))
    lines = [line.strip() for line in run(tmp_path, "inspect", "a.ipa").stdout.splitlines()]
    assert "Permissions         NFCReader, Camera" in lines
    assert "Frameworks          2" in lines
    record = json.loads(run(tmp_path, "inspect", "--json", "a.ipa").stdout)
    assert (record["permissions"], record["frameworks"]) == (info, ["A.framework", "B.framework"])


def test_findings_are_annotations_for_github(tmp_path: Path) -> None:
    folder = put(tmp_path, {"a,b.ipa": make_ipa(App(signed=False))})
    done = run(tmp_path, "inspect", "--format", "github", str(folder / "content/a,b.ipa"))
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].startswith(f"::error file={folder}/content/a%2Cb.ipa,title=unsigned::it is not")
    done = run(tmp_path, "build", str(folder / "content"), "-o", str(folder / "_site"), "--format", "github")
    assert f"::error file={folder}/content/a%2Cb.ipa,title=unsigned::" in done.stdout


def test_what_is_amiss_is_an_annotation_and_what_stops_a_build_is_too(tmp_path: Path) -> None:
    put(tmp_path, {"a.ipa": make_ipa(App(signed=False)), "bad.ipa": b"no", "index.md": "[a](gone.pdf)\n"})
    lines = [
        ("error", "content/bad.ipa,title=not-an-ipa::"),
        ("warning", "content/index.md,title=ota-site::names gone.pdf, which does not exist"),
        ("error", "content/a.ipa,title=unsigned::"),
    ]
    done = run(tmp_path, "build", "--format", "github")
    assert all(f"::{level} file={told}" in done.stdout for level, told in lines)
    done = run(tmp_path, "build", "--format", "github", "--strict")
    assert done.returncode == 1
    assert all(f"::error file={told}" in done.stdout for _, told in lines)
    (tmp_path / "content/site.toml").write_text("titel = 1\nindexed = 1")
    done = run(tmp_path, "build", "--format", "github")
    first, second = done.stdout.splitlines()
    assert first.startswith("::error file=content/site.toml,title=ota-site::unknown key `titel`")
    assert "`indexed` should be" in second


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /dev/full")
@pytest.mark.parametrize("arguments", [("build",), ("build", "--json"), ("--help",)])
def test_a_full_disk_under_standard_output_is_told_plainly(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "ota_site", *arguments]
    with open("/dev/full", "w") as full:  # noqa: PTH123 - as the shell opens it
        done = subprocess.run(
            command, cwd=put(tmp_path), env=_ENVIRONMENT, check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert (done.returncode, done.stderr) == (1, "Error  No space left on device\n")


def test_a_working_folder_that_is_gone_ends_with_1(tmp_path: Path) -> None:
    run_gone = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    done = run(tmp_path, "build", prefix=("sh", "-c", run_gone, "sh"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error  ")


def test_what_a_terminal_cannot_show_is_escaped_and_json_is_whole(tmp_path: Path) -> None:
    put(tmp_path, {"a.ipa": make_ipa(App(name="見本"))})
    done = run(tmp_path, "build", PYTHONIOENCODING="latin-1")
    assert done.returncode == 0
    assert "\\u898b\\u672c" in done.stdout
    told = json.loads(run(tmp_path, "build", "--json", PYTHONIOENCODING="latin-1").stdout)
    assert told["apps"][0]["name"] == "見本"
    told = json.loads(run(tmp_path, "inspect", "--json", "content/a.ipa", PYTHONIOENCODING="latin-1").stdout)
    assert told["name"] == "見本"


def test_a_name_that_a_terminal_would_obey_is_shown_harmless(tmp_path: Path) -> None:
    put(tmp_path, {"\x1b[31mred.ipa": b"no zip"})
    for done in (run(tmp_path, "build"), run(tmp_path, "inspect", "content/\x1b[31mred.ipa")):
        assert "\x1b" not in done.stdout + done.stderr
        assert "�[31mred.ipa" in done.stdout + done.stderr


def test_help_groups_the_commands_by_task(tmp_path: Path) -> None:
    lines = run(tmp_path, "--help").stdout.splitlines()
    assert [line for line in lines if line.endswith(":") and line != "Options:"] == [
        "Build and preview:",
        "Check:",
        "Continuous integration:",
    ]
    assert "[default: _site]" in run(tmp_path, "build", "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [(("biuld",), "build"), (("inspct", "a.ipa"), "inspect"), (("build", "--strcit"), "--strict")],
)
def test_a_typo_is_answered_with_the_nearest_name(tmp_path: Path, arguments: tuple[str, ...], nearest: str) -> None:
    done = run(tmp_path, *arguments)
    assert (done.returncode, f"Did you mean '{nearest}'?" in done.stderr) == (2, True)
