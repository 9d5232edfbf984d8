"""What changes on a real disk, told in bursts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ota_site.preview.watch import Watch, is_temporary
from tests.samples import make_ipa
from tests.trees import put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ota_site.preview.watch import FileChange

PATIENCE = 30
"""Seconds after which what is waited for will not come."""
TEMPORARY = (
    *(".a.md.swp", ".a.md.swx", "a.md~", "4913", "5036", ".#a.md", "#a.md#", "a.md.tmp", "a.md.tmp.123", "a.tmp-4711"),
    *("a.md___jb_tmp___", "a.md___jb_old___", ".goutputstream-X1Y2Z3", ".DS_Store", ".git/index", ".hidden/a.md"),
    *("sedX1y2Z3", "App.ipa.part", "App.ipa.crdownload", "App.ipa.download", "a.md.bak", "a.md.swp"),
)
OWN = ("a.md", "site.toml", "apps/com.example.md", "4913.md", "2024/a.ipa", "tmp/a.md", "a.tmpl", "swp.md", "x#y.md")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with content in it."""
    return put(tmp_path)


@pytest.fixture
def watch(folder: Path) -> Iterator[Watch]:
    """Return a watch on its content."""
    with Watch(folder / "content", leave_out=folder / "content" / "_site") as watch:
        yield watch


def wait(watch: Watch) -> FileChange:
    """Return the next change."""
    change = watch.wait()
    assert change
    return change


def wait_for(watch: Watch, path: Path) -> None:
    """Wait until a path is told."""
    while path not in wait(watch).paths:
        pass


def names(change: FileChange, folder: Path) -> set[str]:
    """Return what has changed, from the folder on."""
    return {path.relative_to(folder).as_posix() for path in change.paths}


@pytest.mark.parametrize("name", TEMPORARY)
def test_an_editors_files_are_none(name: str) -> None:
    assert is_temporary(Path(name))


@pytest.mark.parametrize("name", OWN)
def test_the_owners_are(name: str) -> None:
    assert not is_temporary(Path(name))


def test_a_file_is_told_by_the_owners_name_for_it(folder: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "content" / "a.md").write_text("new")
    assert wait(watch).paths == {folder / "content" / "a.md"}
    monkeypatch.chdir(folder)
    with Watch(Path("content"), leave_out=Path("_site")) as relative:
        Path("content/b.md").write_text("new")
        assert wait(relative).paths == {Path("content/b.md")}


def test_nothing_is_told_of_what_nobody_wants(folder: Path, watch: Watch) -> None:
    content = folder / "content"
    for name in TEMPORARY:
        (content / name).parent.mkdir(exist_ok=True)
        (content / name).write_text("x")
    (content / "_site").mkdir()
    (content / "_site" / "index.html").write_text("x")
    (content / "site.toml").read_text()
    (folder / "other.txt").write_text("x")
    (content / "last.md").write_text("x")
    assert names(wait(watch), content) == {"last.md"}


def test_a_burst_is_one_change(folder: Path, watch: Watch) -> None:
    content = folder / "content"
    for number in range(200):
        (content / f"{number}.md").write_text("x")
    assert names(wait(watch), content) == {f"{number}.md" for number in range(200)}


def test_a_storm_is_one_change_and_has_an_end(folder: Path, watch: Watch) -> None:
    content = folder / "content"
    for number in range(12_000):
        watch.tell(content / f"{number}.md")
        watch.tell(content / f"{number % 100}.ipa")
    assert 9_000 < len(wait(watch).paths) <= 10_000
    (content / "last.md").write_text("x")
    assert names(wait(watch), content) - {f"{number}.ipa" for number in range(100)} == {"last.md"}


def test_a_save_by_renaming_is_that_of_the_file(folder: Path, watch: Watch) -> None:
    content = folder / "content"
    (content / "4913").write_text("")
    (content / "4913").unlink()
    (content / "site.toml").rename(content / "site.toml~")
    (content / "site.toml").write_text("x")
    (content / "site.toml~").unlink()
    assert names(wait(watch), content) == {"site.toml"}
    (content / "index.md.tmp").write_text("x")
    (content / "index.md.tmp").replace(content / "index.md")
    assert names(wait(watch), content) == {"index.md"}


def test_what_goes_together_is_one_change(folder: Path, watch: Watch) -> None:
    content = folder / "content"
    gone = {"index.md", "one/a.ipa", "one/a.md", "one/b.ipa", "two.ipa"}
    for name in sorted(gone):
        (content / name).unlink()
    assert names(wait(watch), content) == gone


def test_a_folder_named_like_an_editors_file_is_none(folder: Path) -> None:
    content = folder / "content"
    (content / "2024").mkdir()
    (content / "2024" / "a.md").write_text("x")
    with Watch(content, leave_out=folder / "_site") as watch:
        (content / "2024").rename(folder / "elsewhere")
        assert names(wait(watch), content) == {"2024"}


def test_links_in_a_circle_deafen_nobody(folder: Path, watch: Watch) -> None:
    content = folder / "content"
    (content / "a.txt").symlink_to("b.txt")
    (content / "b.txt").symlink_to("a.txt")
    (content / "c.txt").write_text("x")
    assert names(wait(watch), content) == {"a.txt", "b.txt", "c.txt"}


@pytest.mark.parametrize("goes", [shutil.rmtree, lambda path: path.rename(path.with_name("elsewhere"))])
def test_the_folder_may_go_and_another_come(folder: Path, watch: Watch, goes: Callable[[Path], object]) -> None:
    content = folder / "content"
    goes(content)
    wait_for(watch, content)
    put(folder)
    wait_for(watch, content / "two.ipa")
    (content / "one" / "a.md").write_text("x")
    wait_for(watch, content / "one" / "a.md")


def test_what_was_moved_away_is_watched_no_more(folder: Path, watch: Watch) -> None:
    content = folder / "content"
    content.rename(folder / "elsewhere")
    wait_for(watch, content)
    content.mkdir()
    wait_for(watch, content)
    (folder / "elsewhere" / "index.md").write_text("x")
    (content / "last.md").write_text("x")
    assert names(wait(watch), content) == {"last.md"}


def test_a_link_to_the_folder_may_lead_elsewhere(folder: Path) -> None:
    content, link = folder / "content", folder / "link" / "content"
    link.parent.mkdir()
    link.symlink_to(content)
    put(folder / "other")
    with Watch(link, leave_out=folder / "_site") as watch:
        (content / "index.md").write_text("x")
        assert names(wait(watch), link) == {"index.md"}
        link.with_name("new").symlink_to(folder / "other" / "content")
        link.with_name("new").replace(link)
        wait_for(watch, link)
        (folder / "other" / "content" / "index.md").write_text("x")
        wait_for(watch, link / "index.md")


def test_a_new_folder_is_watched(folder: Path, watch: Watch) -> None:
    content = folder / "content"
    (content / "later").mkdir()
    wait(watch)
    (content / "later" / "a.md").write_text("x")
    found = names(wait(watch), content)
    assert "later/a.md" in found


def test_a_copy_is_waited_for_and_texts_are_not(folder: Path, watch: Watch) -> None:
    content, data = folder / "content", make_ipa()
    with (content / "new.ipa").open("wb") as file:
        file.write(data[:1000])
        file.flush()
        (content / "a.md").write_text("x")
        change = wait(watch)
        assert (names(change, content), change.held) == ({"a.md"}, frozenset({content / "new.ipa"}))
        file.write(data[1000:-10])
        file.flush()
        (content / "b.md").write_text("x")
        change = wait(watch)
        assert (names(change, content), change.held) == ({"b.md"}, frozenset({content / "new.ipa"}))
        file.write(data[-10:])
    change = wait(watch)
    assert (names(change, content), change.held) == ({"new.ipa"}, frozenset())


def test_what_never_becomes_an_ipa_is_told_in_the_end(folder: Path, watch: Watch) -> None:
    (folder / "content" / "new.ipa").write_bytes(make_ipa()[:1000])
    assert names(wait(watch), folder / "content") == {"new.ipa"}


def test_themes_are_watched_even_if_they_come_later(folder: Path, watch: Watch) -> None:
    (folder / "themes").mkdir()
    assert names(wait(watch), folder) == {"themes"}
    (folder / "themes" / "own").mkdir()
    (folder / "themes" / "own" / "theme.toml").write_text("x")
    found = names(wait(watch), folder)
    while "themes/own/theme.toml" not in found:
        found |= names(wait(watch), folder)


def test_themes_beside_the_folder_one_is_in_are_watched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "themes").mkdir()
    monkeypatch.chdir(folder / "content")
    with Watch(Path(), leave_out=folder / "_site") as watch:
        (folder / "themes" / "theme.toml").write_text("x")
        assert names(wait(watch), folder.resolve()) == {"themes/theme.toml"}


MANY = """
from pathlib import Path
from ota_site.preview.watch import Watch

content = Path("content")
with Watch(content, leave_out=Path("_site")) as watch:
    for folder in ("one", "legal", "two", "three", "four"):
        (content / folder / "new.md").write_text("x")
        while content / folder / "new.md" not in watch.wait().paths:
            pass
"""


def test_more_folders_than_the_system_watches_are_watched_all_the_same(folder: Path) -> None:
    for name in ("two", "three", "four"):
        (folder / "content" / name).mkdir()
    limited = ("unshare", "--user", "--map-root-user", "sh", "-c", 'echo 4 >/proc/sys/user/max_inotify_watches && "$@"')
    try:
        subprocess.run([*limited, "sh", "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system does not limit what one process watches")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "generator")}
    subprocess.run(
        [*limited, "sh", sys.executable, "-c", MANY], check=True, cwd=folder, env=environment, timeout=PATIENCE
    )


def test_closing_ends_the_waiting(folder: Path) -> None:
    with Watch(folder / "content", leave_out=folder / "_site") as watch:
        watch.close()
        assert watch.wait() is None
