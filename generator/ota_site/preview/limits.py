"""How many connections the preview takes, by the files that this process may open, and how long each may take."""

from __future__ import annotations

import sys
from contextlib import suppress

from ota_site.model.records import Record

_RESERVE = 48
"""Open files that connections leave free: for listening, the watcher, rebuilds, and the welcome page of `--lan`."""
_FILES_EACH = 2
"""Open files that one connection may need: its own, and that of a download."""
_MOST = 512
"""Connections; more would only take memory."""
_LEAST = 4
_ENOUGH = _RESERVE + _FILES_EACH * _MOST


class Limits(Record, kw_only=True):
    """What a server takes on at once. Times are in seconds."""

    connections: int
    streams: int
    """Connections that may wait for news of the site."""
    request: float = 10.0
    """For a TLS handshake, and then for each request to be whole."""
    stall: float = 120.0
    """For a client to take anything of an answer that waits for it. What has left here arrives in leaps, on slow Wi-Fi
    some ten seconds apart."""


WELCOME = Limits(connections=8, streams=1)
"""Enough for the welcome page, which is opened once on each iPhone."""


def limits_for(files: int) -> Limits:
    """Return the limits of a process that may open so many files."""
    connections = max(_LEAST, min(_MOST, (files - _RESERVE) // _FILES_EACH))
    return Limits(connections=connections, streams=connections // 2)


def raise_open_files() -> int:
    """Let this process open as many files as it could need, where that is allowed; return how many it may open."""
    if sys.platform == "win32":
        return _ENOUGH
    import resource

    unlimited = resource.RLIM_INFINITY
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == unlimited else min(hard, _ENOUGH)
    if soft == unlimited or soft >= wanted:
        return _ENOUGH if soft == unlimited else soft
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
