"""Taking a file into the site: shared where the disk can, and never of another state than the one that was read."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ota_site.model.errors import SiteError
from ota_site.output.link import clone_file
from ota_site.sources.scan import look_at

LARGE = bytes(range(256)) * (8 << 10)
SMALL = LARGE[: 1 << 10]


@pytest.mark.parametrize(
    ("content", "mode", "shared"),
    [(LARGE, 0o644, True), (LARGE, 0o640, False), (SMALL, 0o644, False), (b"", 0o644, False)],
    ids=["large", "large, not for everyone", "small", "empty"],
)
def test_a_large_file_that_everyone_may_read_is_linked_and_any_other_copied(
    tmp_path: Path, content: bytes, mode: int, *, shared: bool
) -> None:
    source, target = tmp_path / "source.ipa", tmp_path / "target.ipa"
    source.write_bytes(content)
    source.chmod(mode)
    clone_file(look_at(source), target)
    assert target.read_bytes() == content
    assert target.samefile(source) is shared
    # A web server runs as another user.
    assert target.stat().st_mode & 0o004


@pytest.mark.parametrize("content", [LARGE, SMALL], ids=["large", "small"])
def test_a_link_is_followed_to_its_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "real.ipa").write_bytes(content)
    (tmp_path / "link.ipa").symlink_to("real.ipa")
    target = tmp_path / "site" / "target.ipa"
    target.parent.mkdir()
    clone_file(look_at(tmp_path / "link.ipa"), target)
    assert not target.is_symlink()
    assert target.read_bytes() == content


def test_a_file_on_another_disk_is_copied(tmp_path: Path) -> None:
    if Path("/dev/shm").stat().st_dev == tmp_path.stat().st_dev:  # noqa: S108 - the one other file system there is
        pytest.skip("there is one disk only")
    (tmp_path / "source.ipa").write_bytes(LARGE)
    with TemporaryDirectory(dir="/dev/shm") as other:
        target = Path(other) / "target.ipa"
        clone_file(look_at(tmp_path / "source.ipa"), target)
        assert target.read_bytes() == LARGE


@pytest.mark.parametrize("content", [LARGE, SMALL], ids=["large", "small"])
@pytest.mark.parametrize("change", ["longer", "touched", "gone"])
def test_a_file_that_changed_since_it_was_read_is_refused(tmp_path: Path, content: bytes, change: str) -> None:
    source = tmp_path / "source.ipa"
    source.write_bytes(content)
    seen = look_at(source)
    if change == "longer":
        source.write_bytes(content + b"more")
        os.utime(source, ns=(seen.mtime_ns, seen.mtime_ns))
    elif change == "touched":
        os.utime(source, ns=(seen.mtime_ns + 1, seen.mtime_ns + 1))
    else:
        source.unlink()
    with pytest.raises(SiteError) as refused:
        clone_file(seen, tmp_path / "target.ipa")
    assert refused.value.where == str(source)
    assert ("cannot be read" if change == "gone" else "it changed") in refused.value.message
    assert not (tmp_path / "target.ipa").exists()


def test_a_target_that_is_there_already_is_never_written_through(tmp_path: Path) -> None:
    owner = tmp_path / "owner.ipa"
    owner.write_bytes(b"the owner's own file")
    os.link(owner, tmp_path / "target.ipa")
    (tmp_path / "source.ipa").write_bytes(SMALL)
    clone_file(look_at(tmp_path / "source.ipa"), tmp_path / "target.ipa")
    assert owner.read_bytes() == b"the owner's own file"


@pytest.mark.parametrize("content", [LARGE, SMALL], ids=["large", "small"])
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o777])
def test_a_copy_is_for_everyone_whatever_the_umask_and_the_source_stays(
    tmp_path: Path, content: bytes, mode: int
) -> None:
    source, target = tmp_path / "source.ipa", tmp_path / "target.ipa"
    source.write_bytes(content)
    source.chmod(mode)
    before = os.umask(0o077)
    try:
        clone_file(look_at(source), target)
    finally:
        os.umask(before)
    assert source.stat().st_mode & 0o777 == mode
    assert target.stat().st_mode & 0o777 == (mode if target.samefile(source) else 0o644)


_LIMITED = """
import resource, sys
from pathlib import Path
from ota_site.output.link import clone_file
from ota_site.sources.scan import look_at
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    clone_file(look_at(Path(sys.argv[1])), Path(sys.argv[2]))
except OSError as error:
    print(error.errno, error.filename)
"""


def test_a_target_that_may_not_be_that_large_is_named_and_none_of_it_left(tmp_path: Path) -> None:
    source, target = tmp_path / "source.ipa", tmp_path / "target.ipa"
    source.write_bytes(LARGE)
    source.chmod(0o600)
    line: list[str | Path] = [sys.executable, "-c", _LIMITED, source, target]
    done = subprocess.run(line, check=True, capture_output=True, text=True)
    assert done.stdout == f"{errno.EFBIG} {target}\n"
    assert not target.exists()


def test_a_target_that_cannot_be_written_is_the_disks_error_not_the_sources(tmp_path: Path) -> None:
    (tmp_path / "source.ipa").write_bytes(SMALL)
    seen = look_at(tmp_path / "source.ipa")
    with pytest.raises(FileNotFoundError) as refused:
        clone_file(seen, tmp_path / "nowhere" / "target.ipa")
    assert "nowhere" in str(refused.value.filename)
