"""How much the preview takes on, by the files that it may open."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ota_site.preview.limits import limits_for

RAISE = """
import resource
from ota_site.preview.limits import raise_open_files
print(raise_open_files(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("files", "connections", "streams"),
    [(20, 4, 2), (64, 8, 4), (96, 24, 12), (256, 104, 52), (1024, 488, 244), (1072, 512, 256), (1 << 20, 512, 256)],
)
def test_connections_leave_files_free(files: int, connections: int, streams: int) -> None:
    limits = limits_for(files)
    assert (limits.connections, limits.streams) == (connections, streams)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize(
    ("soft", "hard", "after"), [(64, 64, 64), (64, 200, 200), (100, 5000, 1072), (2000, 5000, 2000)]
)
def test_the_soft_limit_is_raised(soft: int, hard: int, after: int) -> None:
    limited = ["sh", "-c", f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$@"', "sh", sys.executable, "-c", RAISE]
    done = subprocess.run(limited, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(after), str(after), str(hard)]
