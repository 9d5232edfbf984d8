"""Where a site may be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ota_site.model.errors import SiteError
from ota_site.output.folder import check_folder

if TYPE_CHECKING:
    from pathlib import Path

_OURS = ("catalog.json", "site.webmanifest")


@pytest.mark.parametrize(
    ("there", "refused"),
    [
        ((), False),
        (("mine.txt",), True),
        (("folder/",), True),
        ((".git/", ".nojekyll", "CNAME", "lost+found/", "README.md", "readme", "LICENSE", "LICENSE-MIT"), False),
        ((".git/", "package.json"), True),
        (("mine.txt", *_OURS), False),
        (("mine.txt", _OURS[0]), True),
        (("mine.txt", _OURS[0], f"{_OURS[1]}/"), True),
        (("mine.txt", "../._site.ota-site/ledger.json"), False),
        (("mine.txt", "../._site.ota-site/journal.json"), False),
        (("mine.txt", "../._site.ota-site/memory.json"), True),
    ],
)
def test_a_site_is_written_only_where_there_is_room_for_one_or_one_of_ours(
    tmp_path: Path, there: tuple[str, ...], *, refused: bool
) -> None:
    for name in there:
        path = tmp_path / "_site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.write_bytes(b"")
    if not refused:
        check_folder(tmp_path / "_site")
        return
    with pytest.raises(SiteError, match="it contains files, but no site written by ota-site") as caught:
        check_folder(tmp_path / "_site")
    assert caught.value.where == str(tmp_path / "_site")
    assert "an empty folder or the folder of an earlier site" in caught.value.hint


def test_a_site_is_written_over_no_home_and_no_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".profile").write_bytes(b"")
    monkeypatch.setenv("HOME", str(home))
    (tmp_path / "link").symlink_to(home)
    for output in (home, tmp_path / "link"):
        with pytest.raises(SiteError, match="it is your home folder"):
            check_folder(output)
