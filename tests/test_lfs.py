"""Pointers in place of files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ota_site.disk.lfs import find_pointer

if TYPE_CHECKING:
    from pathlib import Path

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (POINTER, "a Git LFS pointer"),
        (POINTER.replace(b"git-lfs.github.com", b"hawser.github.com"), "a Git LFS pointer"),
        (b"/annex/objects/SHA256E-s12345--4d7a.png\n", "a git-annex pointer"),
    ],
)
def test_a_pointer_is_found(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "a.png").write_bytes(data)
    found = find_pointer(tmp_path / "a.png")
    assert found is not None
    assert found[0] == what
    assert found[1]


@pytest.mark.parametrize("data", [b"", b"\x89PNG", b"About " + POINTER, POINTER + b" " * 1024])
def test_any_other_file_is_itself(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.png").write_bytes(data)
    assert find_pointer(tmp_path / "a.png") is None


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert find_pointer(tmp_path / "pipe") is None
    assert find_pointer(tmp_path) is None
    assert find_pointer(tmp_path / "gone") is None
