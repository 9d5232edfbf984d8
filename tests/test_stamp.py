"""`ota-site stamp`: what is written beside an IPA, by whom it is told, and what of an owner's is left alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.model.errors import SettingsError, SiteError
from ota_site.model.texts import Origin
from ota_site.sources.front_matter import BuildMatter, read_table
from ota_site.sources.git import work_tree_origin
from ota_site.sources.stamp import make_matter, stamp_ipa
from tests.test_cli import MORTAL, run

if TYPE_CHECKING:
    from pathlib import Path

_SHA = "0f3c1c6a0d6e7e2f0f3c1c6a0d6e7e2f0f3c1c6a"
_GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SHA": _SHA,
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/app",
    "GITHUB_RUN_ID": "7",
}
MATTER = BuildMatter(channel="beta", commit=_SHA)


def ipa(folder: Path, table: str | None = None) -> Path:
    """Put an IPA, and a table beside it, into a folder."""
    (folder / "App.ipa").write_bytes(b"an app")
    if table is not None:
        (folder / "App.toml").write_bytes(table.encode())
    return folder / "App.ipa"


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, as nobody in particular."""
    person = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *person, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_pipeline_stamps_what_it_has_exported(tmp_path: Path) -> None:
    path = ipa(tmp_path)
    (tmp_path / "Other.IPA").write_bytes(b"")
    done = run(
        tmp_path, "stamp", "App.ipa", "Other.IPA", "--channel", "Nightly builds", "--mandatory", prefix=(), **_GITHUB
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert read_table(tmp_path / "App.toml") == BuildMatter(
        channel="Nightly builds",
        mandatory=True,
        commit=_SHA,
        branch="main",
        run="https://github.com/acme/app/actions/runs/7",
        repository="https://github.com/acme/app",
    )
    assert (tmp_path / "Other.toml").read_bytes() == (tmp_path / "App.toml").read_bytes()
    assert f"  commit     {_SHA}  (GitHub Actions)\n" in done.stdout
    assert "  mandatory  true\n" in done.stdout
    assert path.read_bytes() == b"an app"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["App.ipa", "App.toml", "Other.IPA", "Other.toml"]


def test_no_secret_is_written_or_said(tmp_path: Path) -> None:
    ipa(tmp_path)
    secret = {"NETLIFY": "true", "COMMIT_REF": _SHA, "REPOSITORY_URL": "https://me:hush@github.com/acme/app?key=hush"}
    done = run(tmp_path, "stamp", "App.ipa", prefix=(), **secret)
    assert read_table(tmp_path / "App.toml").repository == "https://github.com/acme/app"
    assert "hush" not in (tmp_path / "App.toml").read_text("utf-8") + done.stdout + done.stderr


def test_outside_ci_git_tells_commit_and_branch(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    (tmp_path / "out").mkdir()
    done = run(tmp_path, "stamp", str(ipa(tmp_path / "out")), GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    head = git(tmp_path, "rev-parse", "HEAD")
    assert read_table(tmp_path / "out/App.toml") == BuildMatter(commit=head, branch="main")
    assert "(git)" in done.stdout
    git(tmp_path, "checkout", "-q", "--detach")
    assert work_tree_origin(tmp_path / "out") == Origin(commit=head)


@pytest.mark.parametrize("path", ["", os.environ["PATH"]], ids=["no git", "no work tree"])
def test_where_nothing_is_known_nothing_is_written_and_nothing_fails(tmp_path: Path, path: str) -> None:
    ipa(tmp_path)
    done = run(tmp_path, "stamp", "App.ipa", PATH=path, GIT_CEILING_DIRECTORIES=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing to write; run it in CI" in done.stderr
    assert not (tmp_path / "App.toml").exists()
    assert run(tmp_path, "stamp", "App.ipa", "--channel", "qa", PATH=path).returncode == 0
    assert read_table(tmp_path / "App.toml").channel == "qa"


def test_what_the_owner_wrote_stays_and_what_a_stamp_wrote_is_replaced(tmp_path: Path) -> None:
    own = '# ours\r\nchannel = "pilot" # for good\r\n'
    path = ipa(tmp_path, own)
    first = stamp_ipa(path, BuildMatter(channel="beta", commit="1", branch="topic", mandatory=True))
    assert (first.written, first.kept) == (("mandatory", "commit", "branch"), ("channel",))
    second = stamp_ipa(path, BuildMatter(channel="beta", commit="2"))
    assert (second.written, second.kept) == (("commit",), ("channel",))
    assert read_table(tmp_path / "App.toml") == BuildMatter(channel="pilot", commit="2")
    assert (tmp_path / "App.toml").read_bytes().startswith(own.rstrip().encode())


def test_a_stamp_that_says_the_same_changes_nothing(tmp_path: Path) -> None:
    path = ipa(tmp_path, 'branch = "ours"\n')
    stamp_ipa(path, MATTER)
    before = (tmp_path / "App.toml").read_bytes()
    stamp_ipa(path, MATTER)
    assert (tmp_path / "App.toml").read_bytes() == before


@pytest.mark.parametrize("line", ['channel = "pilot"', "  'channel'='pilot' # x", '"channel" = """pilot"""'])
def test_force_replaces_what_the_owner_wrote_and_only_that(tmp_path: Path, line: str) -> None:
    path = ipa(tmp_path, f'# channel = "old"\nbranch = "channel = 5"\n{line}\nrun = "https://ci.example/"')
    done = stamp_ipa(path, MATTER, force=True)
    assert (done.written, done.kept) == (("channel", "commit"), ())
    text = (tmp_path / "App.toml").read_text("utf-8")
    assert text.startswith('# channel = "old"\nbranch = "channel = 5"\nrun = ')
    assert read_table(tmp_path / "App.toml") == BuildMatter(
        channel="beta", commit=_SHA, branch="channel = 5", run="https://ci.example/"
    )


def test_force_on_a_value_of_several_lines_is_refused_and_the_table_stands(tmp_path: Path) -> None:
    own = 'channel = """\npilot"""\n'
    with pytest.raises(SiteError, match="cannot be replaced") as refused:
        stamp_ipa(ipa(tmp_path, own), MATTER, force=True)
    assert refused.value.hint == "remove channel by hand"
    assert (tmp_path / "App.toml").read_text("utf-8") == own


@pytest.mark.parametrize(
    ("name", "table", "told"),
    [
        ("App.ipa", "channel = beta", "Error  App.toml: is not valid TOML"),
        ("App.ipa", "chanel = 'x'\ncomit = 'y'", "Error  App.toml: unknown key `comit`"),
        ("gone.ipa", "", "Error  gone.ipa: there is no such file"),
        ("App.toml", "", "Error  App.toml: it is not an .ipa file"),
    ],
)
def test_what_cannot_be_stamped_ends_with_1_and_stays(tmp_path: Path, name: str, table: str, told: str) -> None:
    ipa(tmp_path, table)
    done = run(tmp_path, "stamp", name, prefix=(), **_GITHUB)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert (tmp_path / "App.toml").read_text("utf-8") == table


@pytest.mark.parametrize("arguments", [[], ["App.ipa", "--channel", ""], ["App.ipa", "--channel", "x" * 41]])
def test_wrong_usage_ends_with_2(tmp_path: Path, arguments: list[str]) -> None:
    ipa(tmp_path)
    assert run(tmp_path, "stamp", *arguments).returncode == 2
    assert not (tmp_path / "App.toml").exists()


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    prefix = MORTAL if os.geteuid() == 0 else ()
    if prefix and not shutil.which(prefix[0]):
        pytest.skip("root may do everything, and setpriv is not there to forbid it")
    ipa(tmp_path)
    tmp_path.chmod(0o500)
    done = run(tmp_path, "stamp", "App.ipa", "--channel", "beta", prefix=prefix)
    tmp_path.chmod(0o700)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Error  App.toml: it cannot be written: Permission denied" in done.stderr


def test_a_name_may_be_as_long_as_names_can_be(tmp_path: Path) -> None:
    path = ipa(tmp_path).rename(tmp_path / f"{'x' * 250}.ipa")
    assert stamp_ipa(path, MATTER).written == ("channel", "commit")


def test_what_cannot_stand_in_a_table_is_left_out() -> None:
    strange = Origin(commit="\udcff", branch="a\nb", run="http://ci.example/", repository="https://a b/")
    assert make_matter(strange, channel=None, mandatory=False) == BuildMatter()


@given(st.text(min_size=1), st.text(min_size=1))
def test_whatever_a_service_tells_is_read_back(branch: str, commit: str) -> None:
    import tempfile
    from pathlib import Path

    matter = make_matter(Origin(branch=branch, commit=commit), channel="x", mandatory=False)
    with tempfile.TemporaryDirectory() as folder:
        path = ipa(Path(folder))
        stamp_ipa(path, matter)
        assert read_table(path.with_suffix(".toml")) == matter


def test_a_link_to_a_table_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("")
    (tmp_path / "App.toml").symlink_to("real.toml")
    stamp_ipa(ipa(tmp_path), MATTER)
    assert (tmp_path / "App.toml").is_symlink()
    assert tomllib.loads((tmp_path / "real.toml").read_text("utf-8"))["channel"] == "beta"


def test_mistakes_are_gathered(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        stamp_ipa(ipa(tmp_path, "a = 1\nb = 2"), MATTER)
    assert len(refused.value.mistakes) == 2
