"""The preview, run as people run it, with few open files and more clients than it can have."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from time import sleep
from typing import TYPE_CHECKING

import pytest

from tests.preview.load import Served, downloads, partial, served, silent, streams

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has 127.0.0.2 from the start")
TRIES = 100


@pytest.mark.parametrize("load", [streams, downloads, silent, partial])
@pytest.mark.parametrize(("files", "flags"), [(64, ()), (96, ("--lan",))], ids=["plain", "tls"])
def test_the_site_is_shown_and_rebuilt(
    tmp_path: Path, load: Callable[[Served, ExitStack], None], files: int, flags: tuple[str, ...]
) -> None:
    with served(tmp_path, *flags, files=files) as preview, ExitStack() as opened:
        load(preview, opened)
        assert b"Welcome. " in preview.page()[1]
        (preview.content / "index.md").write_text("Quite new.\n")
        tries = TRIES
        while b"Quite new." not in preview.page()[1]:
            assert (tries := tries - 1), "the new text is not shown"
            sleep(0.1)
        assert preview.files() < files
        assert "Traceback" not in preview.said.read_text()
