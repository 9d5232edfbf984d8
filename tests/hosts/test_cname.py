"""The domain in a repository's CNAME."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ota_site.config.cname import read_cname

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("data", "domain"),
    [
        (b"apps.acme.dev\n", "apps.acme.dev"),
        (b"  Apps.Acme.DEV.  ", "apps.acme.dev"),
        (b"https://apps.acme.dev/", "apps.acme.dev"),
        (b"", None),
        (b"one.acme.dev\ntwo.acme.dev", None),
        (b"PASSWORD=5ec2e7", None),
        (b"\xff.acme.dev", None),
        (b"a." * 400 + b"dev", None),
    ],
)
def test_the_one_domain_is_read(tmp_path: Path, data: bytes, domain: str | None) -> None:
    (tmp_path / "CNAME").write_bytes(data)
    assert read_cname(tmp_path) == domain


def test_only_a_file_of_its_own_is_read(tmp_path: Path) -> None:
    assert read_cname(tmp_path) is None
    (tmp_path / "secret").write_text("apps.acme.dev")
    (tmp_path / "CNAME").symlink_to("secret")
    assert read_cname(tmp_path) is None
    (tmp_path / "CNAME").unlink()
    os.mkfifo(tmp_path / "CNAME")
    assert read_cname(tmp_path) is None
