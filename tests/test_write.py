"""Writing: a site is old or new, never half of each, and holds nothing that was not meant to be there.

Run as `python -m tests.test_write FOLDER`, it leaves a copy of one update killed at each of its steps.
"""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from ota_site.model.errors import SiteError
from ota_site.model.records import to_json
from ota_site.output.staging import StagingDir
from ota_site.output.writer import Changes, Output, at_work, compare, write_site
from ota_site.sources.scan import look_at
from tests.trees import identities, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ota_site.model.build import Source

    Files = Mapping[str, bytes]

ROOT = os.geteuid() == 0
SITE = "_site"
OLD: Files = {
    "files/1/app.ipa": b"the first app",
    "apps/one/index.html": b"one, old",
    "apps/gone/index.html": b"gone",
    "was-file": b"a file where a folder will be",
    "was-folder/deep/index.html": b"a folder where a file will be",
    "index.html": b"old front",
}
NEW: Files = {
    "files/1/app.ipa": b"the first app",
    "files/2/app.ipa": b"the second app",
    "apps/one/index.html": b"one, new",
    "was-file/index.html": b"now a folder",
    "was-folder": b"now a file",
    "index.html": b"new front",
}


def output(path: str, content: bytes | Source, fingerprint: str | None = None) -> Output:
    """Return a file of a site; its fingerprint is its content unless it is said."""
    return Output(PurePosixPath(path), fingerprint or repr(content), lambda: content)


def write(folder: Path, files: Mapping[str, bytes | Source], **fingerprints: str) -> Changes:
    """Write a site of these files as a build does."""
    staging = StagingDir(folder / SITE)
    with at_work(staging):
        return write_site(staging, [output(path, content, fingerprints.get(path)) for path, content in files.items()])


def test_the_first_build_writes_every_file_in_the_order_of_the_plan(tmp_path: Path) -> None:
    changes = write(tmp_path, NEW)
    assert changes == Changes(tuple(NEW), (), 0)
    assert tree(tmp_path / SITE) == NEW


def test_files_appear_in_the_order_of_the_plan_and_stale_ones_go_last(tmp_path: Path) -> None:
    old = {"stale": b"1"} | {f"{number}.html": b"old" for number in range(20)}
    new = {f"{number}.html": b"new" for number in (7, 3, 11, 0, 19)}
    write(tmp_path, old)
    site = str(tmp_path / SITE)
    steps = _watch(tmp_path, new)
    moved = [Path(to).name for event, _, to in steps if event == "os.rename" and to.startswith(site + "/")]
    assert moved == list(new)
    first_removed = next(index for index, step in enumerate(steps) if step[0] == "os.remove" and site + "/" in step[1])
    last_moved = max(index for index, step in enumerate(steps) if step[2].startswith(site + "/"))
    assert first_removed > last_moved


def _watch(folder: Path, files: Files) -> list[tuple[str, str, str]]:
    """Write a site in a process of its own; return what it moved and removed, as Python's audit tells."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.test_write import write\n"
        "def tell(event, args):\n"
        "    if event in ('os.rename', 'os.remove'):\n"
        "        print(event, *args[:2], sep='\\t')\n"
        "sys.addaudithook(tell)\n"
        f"write(Path({str(folder)!r}), {files!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    events = (line.split("\t") for line in done.stdout.splitlines())
    return [(event, source, to) for event, source, to in events]


def test_a_second_build_touches_nothing(tmp_path: Path) -> None:
    write(tmp_path, NEW)
    before = identities(tmp_path / SITE)
    assert write(tmp_path, NEW) == Changes((), (), len(NEW))
    assert identities(tmp_path / SITE) == before


@pytest.mark.parametrize("taken", [False, True], ids=["made", "taken from a file"])
def test_the_same_bytes_by_another_recipe_leave_the_file_untouched(tmp_path: Path, *, taken: bool) -> None:
    (tmp_path / "source").write_bytes(b"same")
    content = look_at(tmp_path / "source") if taken else b"same"
    write(tmp_path, {"file": content}, file="one recipe")
    before = identities(tmp_path / SITE)
    assert write(tmp_path, {"file": content}, file="another") == Changes((), (), 1)
    assert identities(tmp_path / SITE) == before
    staging = StagingDir(tmp_path / SITE)
    assert compare(staging, [output("file", content, "another")]).written == (), "the new recipe is not remembered"


def test_stale_files_go_with_their_folders_and_files_of_others_stay(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    (tmp_path / SITE / "apps/gone/mine.txt").write_bytes(b"mine")
    (tmp_path / SITE / ".well-known").mkdir()
    changes = write(tmp_path, NEW)
    assert changes.removed == ("apps/gone/index.html", "was-file", "was-folder/deep/index.html")
    assert tree(tmp_path / SITE) == {**NEW, "apps/gone/mine.txt": b"mine", ".well-known/": b""}


def test_compare_tells_what_a_build_would_do(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    before = tree(tmp_path)
    told = compare(StagingDir(tmp_path / SITE), [output(path, content) for path, content in NEW.items()])
    assert tree(tmp_path) == before
    assert told == write(tmp_path, NEW)


@pytest.mark.parametrize(
    ("foreign", "wanted"),
    [
        ("index.html", "index.html"),
        ("apps", "apps/one/index.html"),
        ("apps/mine.txt", "apps"),
        ("was-folder/mine.txt", "was-folder"),
        ("was-folder/mine/", "was-folder"),
        ("link ->", "link"),
        ("link ->", "link/index.html"),
    ],
)
def test_what_others_wrote_is_never_overwritten(tmp_path: Path, foreign: str, wanted: str) -> None:
    write(tmp_path, {"was-folder/page.html": b"ours", "stays.html": b"ours"})
    place = tmp_path / SITE / foreign.strip("/ ->")
    if foreign.endswith("/"):
        place.mkdir()
    elif foreign.endswith(">"):
        place.symlink_to("nowhere")
    else:
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"theirs")
    before = tree(tmp_path / SITE), identities(tmp_path / SITE)
    with pytest.raises(SiteError, match="ota-site did not write") as refused:
        write(tmp_path, {"first.html": b"new", wanted: b"ours"})
    assert Path(refused.value.where) in (place, place.parent)
    assert (tree(tmp_path / SITE), identities(tmp_path / SITE)) == before


def test_an_old_site_whose_workshop_is_gone_is_told_apart_and_left(tmp_path: Path) -> None:
    write(tmp_path, {"index.html": b"old"})
    shutil.rmtree(StagingDir(tmp_path / SITE).folder)
    with pytest.raises(SiteError, match="ota-site did not write") as refused:
        write(tmp_path, {"index.html": b"new"})
    assert "delete it" in refused.value.hint
    assert (tmp_path / SITE / "index.html").read_bytes() == b"old"


def test_a_file_where_the_site_should_be_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / SITE).write_bytes(b"theirs")
    with pytest.raises(SiteError, match="ota-site did not write"):
        write(tmp_path, NEW)
    assert (tmp_path / SITE).read_bytes() == b"theirs"


def test_a_site_whose_workshop_was_lost_is_taken_over_where_it_is_the_same(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    before = identities(tmp_path / SITE)
    shutil.rmtree(StagingDir(tmp_path / SITE).folder)
    assert write(tmp_path, OLD) == Changes((), (), len(OLD))
    assert identities(tmp_path / SITE) == before


@pytest.mark.parametrize("damage", ["edited", "removed", "link to the same", "folder removed"])
def test_a_file_of_ours_that_others_changed_is_made_right(tmp_path: Path, damage: str) -> None:
    write(tmp_path, NEW)
    file = tmp_path / SITE / "apps/one/index.html"
    if damage == "edited":
        file.write_bytes(b"one, bad")
    elif damage == "folder removed":
        shutil.rmtree(file.parent)
    else:
        file.unlink()
    if damage.startswith("link"):
        (tmp_path / "elsewhere").write_bytes(NEW["apps/one/index.html"])
        file.symlink_to(tmp_path / "elsewhere")
    assert write(tmp_path, NEW) == Changes(("apps/one/index.html",), (), len(NEW) - 1)
    assert not file.is_symlink()
    assert tree(tmp_path / SITE) == NEW


def test_a_file_that_cannot_be_made_leaves_the_old_site(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise SiteError("the template is broken")

    write(tmp_path, OLD)
    staging = StagingDir(tmp_path / SITE)
    with pytest.raises(SiteError, match="template"), at_work(staging):
        write_site(staging, [output("index.html", b"new"), Output(PurePosixPath("a"), "f", fail)])
    assert tree(tmp_path / SITE) == OLD
    assert not staging.stage.exists()


# --- state that others may have touched ---------------------------------------------------------------------

PAGES: Files = {"index.html": b"old front", "apps/one/index.html": b"one", "gone.html": b"gone", ".nojekyll": b""}
AFTER: Files = {"index.html": b"new front", "apps/one/index.html": b"one", "new.html": b"new", ".nojekyll": b""}
OUTSIDE = (
    "../victim",
    "apps/../../victim",
    "{folder}/victim",
    "link/victim",
    "a\0b",
    "..\\victim",
    "C:\\victim",
    "./a",
    "",
)
"""Paths that no state may name; `link` leads out of the site."""


def _entries(*paths: str) -> dict[str, object]:
    return {path: {"fingerprint": "x", "size": 6, "mtime_ns": 1} for path in paths}


def _plant(staging: StagingDir, name: str, content: object) -> None:
    """Put a state file where a build finds it, and a commit's other half beside it."""
    table = {"put": ["index.html"], "remove": []}
    if name != "ledger":
        staging.journal.write_bytes(to_json(table))
        staging.next_ledger.write_bytes(to_json({"files": _entries("index.html")}))
    path: Path = getattr(staging, name)
    path.write_bytes(content if isinstance(content, bytes) else to_json(content))


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}", b"null", b"\xff"])
@pytest.mark.parametrize("name", ["ledger", "journal", "next_ledger"])
def test_damaged_state_is_dropped_with_a_warning_and_the_build_goes_on(
    tmp_path: Path, name: str, damage: bytes
) -> None:
    write(tmp_path, PAGES)
    staging = StagingDir(tmp_path / SITE)
    _plant(staging, name, damage)
    told = compare(staging, [output(path, content) for path, content in AFTER.items()])
    changes = write(tmp_path, AFTER)
    for (warning,) in (told.warnings, changes.warnings):
        assert warning.where == str(getattr(staging, name))
        assert "older builds may remain" in warning.hint
    # Without a ledger nothing tells a stale file from one of the owner's.
    assert tree(tmp_path / SITE) == ({**AFTER, "gone.html": b"gone"} if name == "ledger" else AFTER)
    assert write(tmp_path, AFTER) == Changes((), (), len(AFTER))


@pytest.mark.parametrize("name", ["ledger", "journal", "next_ledger"])
def test_damaged_state_is_told_once_even_where_nothing_else_is_to_be_done(tmp_path: Path, name: str) -> None:
    write(tmp_path, PAGES)
    _plant(StagingDir(tmp_path / SITE), name, b"{")
    before = identities(tmp_path / SITE)
    assert [len(write(tmp_path, PAGES).warnings) for _ in range(2)] == [1, 0]
    assert identities(tmp_path / SITE) == before


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("part", ["ledger", "next_ledger", "put", "remove"])
def test_state_that_names_a_path_outside_the_site_touches_nothing_there(tmp_path: Path, part: str, path: str) -> None:
    write(tmp_path, PAGES)
    staging = StagingDir(tmp_path / SITE)
    (tmp_path / "victim").write_bytes(b"mine")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/victim").write_bytes(b"mine")
    (tmp_path / SITE / "link").symlink_to(tmp_path / "other")
    evil = path.replace("{folder}", str(tmp_path))
    if part in ("put", "remove"):
        _plant(staging, "journal", {"put": ["index.html"], "remove": [], part: [evil]})
        # What `put` would move: put where the path leads from the stage.
        staging.stage.mkdir()
        (staging.stage / "link").mkdir()
        for staged in (staging.folder / "victim", staging.stage / "link/victim", staging.stage / "index.html"):
            staged.write_bytes(b"evil")
    else:
        _plant(staging, part, {"files": _entries(evil)})
    changes = write(tmp_path, AFTER)
    assert (tmp_path / "victim").read_bytes() == b"mine"
    assert tree(tmp_path / "other") == {"victim": b"mine"}
    assert {path: data for path, data in tree(tmp_path / SITE).items() if path in AFTER} == AFTER
    # What names a place behind a link is told by that link.
    behind = path == "link/victim" and part in ("ledger", "next_ledger")
    named = getattr(staging, "journal" if part in ("put", "remove") else part)
    assert [warning.where for warning in changes.warnings] == [str(tmp_path / SITE / "link") if behind else str(named)]
    assert write(tmp_path, AFTER) == Changes((), (), len(AFTER))


@pytest.mark.parametrize("staged", ["link", "folder link", "stage link", "fifo", "folder"])
def test_a_journal_moves_only_regular_files_of_the_stage(tmp_path: Path, staged: str) -> None:
    write(tmp_path, PAGES)
    staging = StagingDir(tmp_path / SITE)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/victim").write_bytes(b"mine")
    _plant(staging, "journal", {"put": ["evil/victim"], "remove": []})
    place = staging.stage / "evil"
    if staged == "stage link":
        (tmp_path / "other/evil").mkdir()
        (tmp_path / "other/evil/victim").write_bytes(b"mine")
        staging.stage.symlink_to(tmp_path / "other")
    elif staged == "folder link":
        staging.stage.mkdir()
        place.symlink_to(tmp_path / "other")
    else:
        place.mkdir(parents=True)
        match staged:
            case "link":
                (place / "victim").symlink_to(tmp_path / "other/victim")
            case "fifo":
                os.mkfifo(place / "victim")
            case "folder":
                (place / "victim").mkdir()
    before = tree(tmp_path / "other")
    write(tmp_path, AFTER)
    assert tree(tmp_path / "other") == before
    assert not os.path.lexists(tmp_path / SITE / "evil/victim")
    assert not os.path.lexists(staging.stage)
    assert {path: data for path, data in tree(tmp_path / SITE).items() if path in AFTER} == AFTER


@pytest.mark.parametrize("name", ["ledger", "journal", "next_ledger"])
@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_state_that_is_no_regular_file_is_neither_followed_nor_waited_for(tmp_path: Path, name: str, kind: str) -> None:
    write(tmp_path, PAGES)
    staging = StagingDir(tmp_path / SITE)
    _plant(staging, name, b"")
    path: Path = getattr(staging, name)
    path.unlink()
    victim = tmp_path / "victim.json"
    victim.write_bytes(to_json({"files": _entries("gone.html"), "put": [], "remove": ["gone.html"]}))
    before = victim.read_bytes()
    match kind:
        case "link":
            path.symlink_to(victim)
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
    changes = write(tmp_path, AFTER)
    assert [warning.where for warning in changes.warnings] == [str(path)]
    assert victim.read_bytes() == before
    assert write(tmp_path, AFTER) == Changes((), (), len(AFTER))


@pytest.mark.parametrize("path", ["x" * 300, "y/" * 3000 + "z", f"{'ü' * 200}/a", "index.html/a", "apps", "apps/one"])
def test_a_journal_that_cannot_be_carried_out_stops_no_build(tmp_path: Path, path: str) -> None:
    write(tmp_path, PAGES)
    staging = StagingDir(tmp_path / SITE)
    _plant(staging, "journal", {"put": [path], "remove": [path]})
    with suppress(OSError):
        (staging.stage / path).parent.mkdir(parents=True)
        (staging.stage / path).write_bytes(b"evil")
    write(tmp_path, AFTER)
    assert {path: data for path, data in tree(tmp_path / SITE).items() if path in AFTER} == AFTER
    assert write(tmp_path, AFTER) == Changes((), (), len(AFTER))


def test_a_folder_of_the_site_that_became_a_link_is_not_written_or_cleared_behind(tmp_path: Path) -> None:
    write(tmp_path, PAGES)
    (tmp_path / SITE / "apps").rename(tmp_path / "moved")
    (tmp_path / SITE / "apps").symlink_to(tmp_path / "moved")
    with pytest.raises(SiteError, match="it is a link") as refused:
        write(tmp_path, {**AFTER, "apps/one/index.html": b"one, new"})
    assert refused.value.where == str(tmp_path / SITE / "apps")
    changes = write(tmp_path, {"index.html": b"new front"})
    assert [warning.where for warning in changes.warnings] == [str(tmp_path / SITE / "apps")]
    assert tree(tmp_path / "moved") == {"one/index.html": b"one"}
    assert write(tmp_path, {"index.html": b"new front"}).warnings == ()


def test_a_build_that_fails_beside_damaged_state_leaves_the_next_one_able(tmp_path: Path) -> None:
    write(tmp_path, PAGES)
    staging = StagingDir(tmp_path / SITE)
    (tmp_path / SITE / "new.html").write_bytes(b"of the commit that was cut short")
    _plant(staging, "journal", b"{")
    with pytest.raises(SiteError, match="broken"), at_work(staging):
        raise SiteError("a text is broken")
    assert len(write(tmp_path, AFTER).warnings) == 1
    assert tree(tmp_path / SITE) == AFTER


def test_a_site_of_ours_whose_state_is_gone_is_taken_over_with_a_warning(tmp_path: Path) -> None:
    whole = {**PAGES, "catalog.json": b"{}", "site.webmanifest": b"{}"}
    write(tmp_path, whole)
    shutil.rmtree(StagingDir(tmp_path / SITE).folder)
    changes = write(tmp_path, {**AFTER, "catalog.json": b"{}", "site.webmanifest": b"{}"})
    assert [warning.where for warning in changes.warnings] == [str(tmp_path / SITE)]
    assert tree(tmp_path / SITE) == {**whole, **AFTER}


def test_a_fifo_in_the_place_of_an_empty_file_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, PAGES)
    (tmp_path / SITE / ".nojekyll").unlink()
    os.mkfifo(tmp_path / SITE / ".nojekyll")
    assert write(tmp_path, PAGES) == Changes((".nojekyll",), (), len(PAGES) - 1)
    assert tree(tmp_path / SITE) == PAGES


def test_a_path_that_would_leave_the_site_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="outside the site"):
        write(tmp_path, {"../victim": b"evil"})
    assert not (tmp_path / "victim").exists()


@pytest.mark.parametrize("umask", [0o077, 0o000])
def test_the_site_is_for_everyone_and_its_state_for_its_user_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    (tmp_path / "large.ipa").write_bytes(bytes(2 << 20))
    (tmp_path / "large.ipa").chmod(0o604)
    (tmp_path / "small.ipa").write_bytes(b"small")
    (tmp_path / "small.ipa").chmod(0o600)
    before = os.umask(umask)
    try:
        files = {name: look_at(tmp_path / name) for name in ("large.ipa", "small.ipa")}
        write(tmp_path / "made", {**PAGES, **{f"files/{name}": file for name, file in files.items()}})
    finally:
        os.umask(before)
    modes = {path: path.stat().st_mode & 0o777 for path in (tmp_path / "made" / SITE).rglob("*")}
    large = tmp_path / "made" / SITE / "files/large.ipa"
    assert modes.pop(large) == 0o604, "a hard link has the mode of the owner's file, which is not ours to change"
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o644}
    folders = [path for path in modes if path.is_dir()]
    assert {path.stat().st_mode & 0o777 for path in (*folders, tmp_path / "made", tmp_path / "made" / SITE)} == {0o755}
    staging = StagingDir(tmp_path / "made" / SITE)
    assert staging.folder.stat().st_mode & 0o777 == 0o700
    assert staging.ledger.stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_for_its_user_alone_is_renewed_and_its_source_left(tmp_path: Path) -> None:
    (tmp_path / "large.ipa").write_bytes(bytes(2 << 20))
    files: dict[str, bytes | Source] = {"index.html": b"front", "large.ipa": look_at(tmp_path / "large.ipa")}
    write(tmp_path, files)
    assert (tmp_path / SITE / "large.ipa").samefile(tmp_path / "large.ipa"), "not linked: this test would show nothing"
    for path in (tmp_path / SITE / "index.html", tmp_path / "large.ipa"):
        path.chmod(0o600)
    assert write(tmp_path, files) == Changes(tuple(files), (), 0)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / SITE).iterdir()} == {0o644}
    assert (tmp_path / "large.ipa").stat().st_mode & 0o777 == 0o600


# --- disks ---------------------------------------------------------------------------------------------------


@contextmanager
def _mounted(*arguments: str | Path) -> Iterator[None]:
    if not ROOT or subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode:
        pytest.skip("only root mounts, and not in every container")
    try:
        yield
    finally:
        subprocess.run(["umount", arguments[-1]], check=True)


def test_a_full_disk_leaves_the_old_site_and_no_litter(tmp_path: Path) -> None:
    with _mounted("-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path):
        write(tmp_path, OLD)
        with pytest.raises(SiteError, match="No space left") as refused:
            write(tmp_path, {"small.html": b"new", "large.bin": bytes(2 << 20)})
        assert "free some space" in refused.value.hint
        assert tree(tmp_path / SITE) == OLD
        assert not StagingDir(tmp_path / SITE).stage.exists()
        write(tmp_path, NEW)
        assert tree(tmp_path / SITE) == NEW


def test_a_disk_that_an_ipa_fills_is_named_and_not_the_ipa(tmp_path: Path) -> None:
    ipa = tmp_path / "large.ipa"
    ipa.write_bytes(os.urandom(2 << 20))
    disk = tmp_path / "disk"
    disk.mkdir()
    with _mounted("-t", "tmpfs", "-o", "size=1m", "tmpfs", disk):
        write(disk, OLD)
        with pytest.raises(SiteError, match="No space left") as refused:
            write(disk, {**OLD, "files/large.ipa": look_at(ipa)})
        assert refused.value.where == str(StagingDir(disk / SITE).stage / "files/large.ipa")
        assert "free some space" in refused.value.hint
        assert tree(disk / SITE) == OLD
        assert not StagingDir(disk / SITE).stage.exists()


def test_a_limit_on_the_size_of_files_leaves_the_old_site(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(SiteError, match="File too large"):
            write(tmp_path, {"index.html": b"new", "large.bin": bytes(2 << 20)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert tree(tmp_path / SITE) == OLD


def test_a_site_that_is_a_mount_point_of_its_own_is_written_as_any_other(tmp_path: Path) -> None:
    (tmp_path / SITE).mkdir()
    with _mounted("-t", "tmpfs", "-o", "size=2m", "tmpfs", tmp_path / SITE):
        write(tmp_path, OLD)
        write(tmp_path, NEW)
        assert tree(tmp_path / SITE) == NEW
        before = identities(tmp_path / SITE)
        assert write(tmp_path, NEW) == Changes((), (), len(NEW))
        assert identities(tmp_path / SITE) == before


def test_a_link_in_a_mounted_site_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / SITE).mkdir()
    (tmp_path / "victim").write_bytes(b"mine")
    with _mounted("-t", "tmpfs", "-o", "size=2m", "tmpfs", tmp_path / SITE):
        write(tmp_path, OLD)
        (tmp_path / SITE / ".index.html.part").symlink_to(tmp_path / "victim")
        write(tmp_path, NEW)
        assert tree(tmp_path / SITE) == NEW
    assert (tmp_path / "victim").read_bytes() == b"mine"


def test_a_commit_that_a_full_mount_cuts_short_is_completed_once_there_is_room(tmp_path: Path) -> None:
    (tmp_path / SITE).mkdir()
    new = {"large.bin": bytes(1 << 20), **NEW}
    with _mounted("-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path / SITE):
        write(tmp_path, OLD)
        with pytest.raises(SiteError, match="No space left"):
            write(tmp_path, new)
        assert {path for path in tree(tmp_path / SITE) if not path.endswith("/")} <= OLD.keys()
        subprocess.run(["mount", "-o", "remount,size=4m", tmp_path / SITE], check=True)
        write(tmp_path, new)
        assert tree(tmp_path / SITE) == new


# --- kill -9 ------------------------------------------------------------------------------------------------

_STEPS = {"open", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree"}


def _update_killed_at(step: int, folder: Path) -> None:
    """Update a site, and die just before the given one of all steps that change the disk."""
    steps = itertools.count()

    def kill(event: str, args: tuple[object, ...]) -> None:
        reads = event == "open" and isinstance(args[2], int) and not args[2] & (os.O_WRONLY | os.O_RDWR)
        if event in _STEPS and not reads and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(kill)
    write(folder, NEW)


def _kill_at_every_step(folder: Path) -> None:
    """Leave `folder`/0, 1, 2 …, each holding a site whose update was killed one step later."""
    for step in itertools.count():
        here = folder / str(step)
        here.mkdir()
        write(here, OLD)
        child = os.fork()
        if child == 0:
            try:
                _update_killed_at(step, here)
            finally:
                os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            return


def test_a_build_killed_at_any_step_leaves_whole_pages_and_is_mended_by_the_next(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "tests.test_write", tmp_path], check=True)
    *killed, undisturbed = sorted(tmp_path.iterdir(), key=lambda path: int(path.name))
    assert tree(undisturbed / SITE) == NEW
    states = set()
    for here in killed:
        committing = StagingDir(here / SITE).journal.exists()
        found = tree(here / SITE)
        files = {path: content for path, content in found.items() if not path.endswith("/")}
        assert all(content in (OLD.get(path), NEW.get(path)) for path, content in files.items()), here
        assert committing or found in (OLD, NEW), here
        states.add((committing, found == OLD, found == NEW))
        write(here, NEW)
        assert tree(here / SITE) == NEW, here
        assert write(here, NEW) == Changes((), (), len(NEW)), here
    # Before the journal, in the midst of the commit, and after it: else this test has seen nothing.
    assert {(False, True, False), (True, False, False), (True, False, True), (False, False, True)} <= states


def test_a_build_killed_in_its_commit_is_completed_though_the_next_build_fails(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "tests.test_write", tmp_path], check=True)
    here = next(here for here in tmp_path.iterdir() if StagingDir(here / SITE).journal.exists())
    with pytest.raises(SiteError, match="broken"), at_work(StagingDir(here / SITE)):
        raise SiteError("a text is broken")
    assert tree(here / SITE) == NEW


def test_ctrl_c_in_the_midst_of_a_commit_makes_the_new_site_whole_first(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    done = _interrupted(tmp_path, str(tmp_path / SITE / "files/2/app.ipa"))
    assert done.returncode == 1, done.stderr
    assert done.stderr == "KeyboardInterrupt\n"
    assert tree(tmp_path / SITE) == NEW
    assert not StagingDir(tmp_path / SITE).journal.exists()


def _interrupted(folder: Path, target: str) -> subprocess.CompletedProcess[str]:
    """Update a site in a process of its own that gets Ctrl-C as it moves `target` into place."""
    code = (
        "import signal, sys\n"
        "from pathlib import Path\n"
        "from tests.test_write import NEW, write\n"
        "came = []\n"
        "def interrupt(event, args):\n"
        f"    if event == 'os.rename' and str(args[1]) == {target!r} and not came:\n"
        "        came.append(event)\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "sys.addaudithook(interrupt)\n"
        "try:\n"
        f"    write(Path({str(folder)!r}), NEW)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit('KeyboardInterrupt')\n"
    )
    return subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)


if __name__ == "__main__":
    _kill_at_every_step(Path(sys.argv[1]))
