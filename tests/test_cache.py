"""What is remembered of IPAs: enough not to open them again, and nothing that is not sure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ota_site.model.records import replace, to_json, to_table
from ota_site.sources.scan import look_at
from ota_site.sources.store import Memory, load_memory, save_memory
from tests.builds import BARE, BUILD

if TYPE_CHECKING:
    from ota_site.model.build import Source


@pytest.fixture
def ipa(tmp_path: Path) -> Source:
    """Return a file that stands for an IPA."""
    (tmp_path / "a.ipa").write_bytes(b"whatever")
    return look_at(tmp_path / "a.ipa")


def _remembered(path: Path, *pairs: tuple[Source, object], reader: str = "me") -> Memory:
    save_memory(path, Memory(reader=reader), pairs)  # type: ignore[arg-type] # pairs of Source and Build
    return load_memory(path, reader=reader)


def test_an_untouched_file_is_known_by_its_path(tmp_path: Path, ipa: Source) -> None:
    memory = _remembered(tmp_path / "memory.json", (ipa, BUILD))
    assert memory.of_file(look_at(ipa.path)) == BUILD


@pytest.mark.parametrize("change", ["size", "mtime", "path"])
def test_a_file_that_changed_is_known_only_by_its_content(tmp_path: Path, ipa: Source, change: str) -> None:
    memory = _remembered(tmp_path / "memory.json", (ipa, BUILD))
    if change == "size":
        ipa.path.write_bytes(b"longer than before")
        os.utime(ipa.path, ns=(ipa.mtime_ns, ipa.mtime_ns))
    elif change == "mtime":
        os.utime(ipa.path, ns=(ipa.mtime_ns - 1, ipa.mtime_ns - 1))
    moved = ipa.path.rename(tmp_path / "b.ipa") if change == "path" else ipa.path
    assert memory.of_file(look_at(moved)) is None
    assert memory.of_content(BUILD.sha256) == BUILD
    assert memory.of_content(BARE.sha256) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"reader": "me", "files": {"a": 1}}', to_json(Memory(reader="another"))],
)
def test_a_memory_that_is_damaged_or_anothers_is_empty(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "memory.json"
    path.write_bytes(content)
    assert load_memory(path, reader="me") == Memory(reader="me")


def _hostile(**changes: object) -> bytes:
    """Return a memory as it is written, with other values in its one record."""
    build = {**to_table(BUILD), **changes}
    return to_json({"reader": "me", "files": {}, "builds": {BUILD.sha256: build}})


def test_a_memory_made_by_hand_is_believed_where_it_is_sound(tmp_path: Path) -> None:
    (tmp_path / "memory.json").write_bytes(_hostile())
    assert load_memory(tmp_path / "memory.json", reader="me").of_content(BUILD.sha256) == BUILD


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": "../../victim"},
        {"sha256": BARE.sha256},
        {"sha256": BUILD.sha256.upper()},
        {"sha256": BUILD.sha256 + "\n"},
        {"chunks": [BUILD.sha256 + "\n"]},
        {"chunks": ["x"]},
        {"icon": {**to_table(BUILD.icon), "sha256": "../../../victim"}},
        {"built": "2026-01-01T00:00:00"},
        {"size": "1"},
        {"bundle_id": None},
        {"signing": {"kind": "magic", "signed": True}},
        {"info": "[" * 10},
        {"nested": [{"path": "PlugIns/a.appex"}]},
    ],
    ids=str,
)
def test_a_record_that_no_reader_wrote_is_not_believed(tmp_path: Path, changes: dict[str, object]) -> None:
    (tmp_path / "memory.json").write_bytes(_hostile(**changes))
    assert load_memory(tmp_path / "memory.json", reader="me") == Memory(reader="me")


@pytest.mark.parametrize("kind", ["fifo", "link"])
def test_a_memory_that_is_no_file_is_neither_waited_for_nor_followed(tmp_path: Path, ipa: Source, kind: str) -> None:
    path, other = tmp_path / "memory.json", tmp_path / "other.json"
    other.write_bytes(_hostile())
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(other)
    assert load_memory(path, reader="me") == Memory(reader="me")
    assert _remembered(path, (ipa, BUILD)).of_file(ipa) == BUILD
    assert other.read_bytes() == _hostile()


def test_a_memory_is_for_its_user_alone_and_names_no_place(tmp_path: Path, ipa: Source) -> None:
    path = tmp_path / "memory.json"
    memory = _remembered(path, (ipa, BUILD))
    assert path.stat().st_mode & 0o777 == 0o600
    assert str(tmp_path).encode() not in path.read_bytes()
    assert b"a.ipa" not in path.read_bytes()
    path.chmod(0o644)
    save_memory(path, memory, [(ipa, BUILD)])
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_is_known_however_its_path_is_written(
    tmp_path: Path, ipa: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = _remembered(tmp_path / "memory.json", (ipa, BUILD))
    (tmp_path / "folder link").symlink_to(tmp_path)
    (tmp_path / "link.ipa").symlink_to("a.ipa")
    monkeypatch.chdir(tmp_path)
    for path in ("a.ipa", "./a.ipa", f"../{tmp_path.name}/a.ipa", "folder link/a.ipa", "link.ipa"):
        assert memory.of_file(look_at(Path(path))) == BUILD, path


def test_a_memory_of_nothing_is_no_file(tmp_path: Path, ipa: Source) -> None:
    memory = _remembered(tmp_path / "memory.json", (ipa, BUILD))
    save_memory(tmp_path / "memory.json", memory, [])
    assert list(tmp_path.glob("memory*")) == []


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_memory_that_is_not_there_is_empty(tmp_path: Path, name: str) -> None:
    assert load_memory(tmp_path / name, reader="me") == Memory(reader="me")


def test_what_another_edition_learnt_is_not_believed(tmp_path: Path, ipa: Source) -> None:
    _remembered(tmp_path / "memory.json", (ipa, BUILD), reader="last year's")
    assert load_memory(tmp_path / "memory.json", reader="this year's").of_file(ipa) is None


def test_files_that_are_gone_are_forgotten(tmp_path: Path, ipa: Source) -> None:
    other = replace(ipa, path=tmp_path / "other.ipa")
    memory = _remembered(tmp_path / "memory.json", (ipa, BUILD), (other, BARE))
    save_memory(tmp_path / "memory.json", memory, [(other, BARE)])
    memory = load_memory(tmp_path / "memory.json", reader="me")
    assert memory.of_file(other) == BARE
    assert memory.of_content(BUILD.sha256) is None


def test_a_memory_that_has_nothing_new_is_not_written_again(tmp_path: Path, ipa: Source) -> None:
    memory = _remembered(tmp_path / "memory.json", (ipa, BUILD))
    before = (tmp_path / "memory.json").stat()
    save_memory(tmp_path / "memory.json", memory, [(ipa, BUILD)])
    after = (tmp_path / "memory.json").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_memory_that_cannot_be_kept_is_no_failure(tmp_path: Path, ipa: Source) -> None:
    save_memory(tmp_path / "nowhere" / "memory.json", Memory(reader="me"), [(ipa, BUILD)])
    assert not (tmp_path / "nowhere").exists()
