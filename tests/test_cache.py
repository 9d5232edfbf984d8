"""What is remembered of IPAs: enough not to open them again, and nothing that is not sure."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from generator.cache import Memory, load_memory, save_memory
from generator.records import replace, to_json
from generator.scan import look_at
from tests.builds import BARE, BUILD

if TYPE_CHECKING:
    from pathlib import Path

    from generator.model.build import Source


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
