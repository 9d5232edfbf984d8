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
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from generator.errors import SiteError
from generator.scan import look_at
from generator.workshop import Workshop
from generator.write import Changes, Output, at_work, compare, write_site
from tests.trees import identities, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator.model.build import Source

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
    workshop = Workshop(folder / SITE)
    with at_work(workshop):
        return write_site(workshop, [output(path, content, fingerprints.get(path)) for path, content in files.items()])


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
    workshop = Workshop(tmp_path / SITE)
    assert compare(workshop, [output("file", content, "another")]).written == (), "the new recipe is not remembered"


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
    told = compare(Workshop(tmp_path / SITE), [output(path, content) for path, content in NEW.items()])
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
    with pytest.raises(SiteError, match="not written by ota-site") as refused:
        write(tmp_path, {"first.html": b"new", wanted: b"ours"})
    assert Path(refused.value.where) in (place, place.parent)
    assert (tree(tmp_path / SITE), identities(tmp_path / SITE)) == before


def test_an_old_site_whose_workshop_is_gone_is_told_apart_and_left(tmp_path: Path) -> None:
    write(tmp_path, {"index.html": b"old"})
    shutil.rmtree(Workshop(tmp_path / SITE).folder)
    with pytest.raises(SiteError, match="not written by ota-site") as refused:
        write(tmp_path, {"index.html": b"new"})
    assert "delete that" in refused.value.hint
    assert (tmp_path / SITE / "index.html").read_bytes() == b"old"


def test_a_file_where_the_site_should_be_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / SITE).write_bytes(b"theirs")
    with pytest.raises(SiteError, match="not written by ota-site"):
        write(tmp_path, NEW)
    assert (tmp_path / SITE).read_bytes() == b"theirs"


def test_a_site_whose_workshop_was_lost_is_taken_over_where_it_is_the_same(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    before = identities(tmp_path / SITE)
    shutil.rmtree(Workshop(tmp_path / SITE).folder)
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
    workshop = Workshop(tmp_path / SITE)
    with pytest.raises(SiteError, match="template"), at_work(workshop):
        write_site(workshop, [output("index.html", b"new"), Output(PurePosixPath("a"), "f", fail)])
    assert tree(tmp_path / SITE) == OLD
    assert not workshop.stage.exists()


@pytest.mark.parametrize("name", ["ledger", "journal"])
def test_a_damaged_workshop_says_what_to_do(tmp_path: Path, name: str) -> None:
    write(tmp_path, OLD)
    workshop = Workshop(tmp_path / SITE)
    damaged: Path = getattr(workshop, name)
    damaged.write_bytes(b"{")
    with pytest.raises(SiteError, match="cannot be read") as refused:
        write(tmp_path, NEW)
    assert refused.value.where == str(damaged)
    assert str(workshop.folder) in refused.value.hint
    assert tree(tmp_path / SITE) == OLD


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
        assert not Workshop(tmp_path / SITE).stage.exists()
        write(tmp_path, NEW)
        assert tree(tmp_path / SITE) == NEW


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
        committing = Workshop(here / SITE).journal.exists()
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
    here = next(here for here in tmp_path.iterdir() if Workshop(here / SITE).journal.exists())
    with pytest.raises(SiteError, match="broken"), at_work(Workshop(here / SITE)):
        raise SiteError("a text is broken")
    assert tree(here / SITE) == NEW


def test_ctrl_c_in_the_midst_of_a_commit_makes_the_new_site_whole_first(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    done = _interrupted(tmp_path, str(tmp_path / SITE / "files/2/app.ipa"))
    assert done.returncode == 1, done.stderr
    assert done.stderr == "KeyboardInterrupt\n"
    assert tree(tmp_path / SITE) == NEW
    assert not Workshop(tmp_path / SITE).journal.exists()


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
