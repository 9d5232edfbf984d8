"""Limits of the preview: connections, by the number of files that this process may open, and timeouts."""

from __future__ import annotations

import sys
from contextlib import suppress

from ota_site.model.records import Record

_RESERVE = 48
"""Open files reserved for listening, the watcher, rebuilds, and the welcome page of `--lan`."""
_FILES_EACH = 2
"""Open files that one connection may need: its socket and a downloaded file."""
_MOST = 512
"""Maximum number of connections; more would only use memory."""
_LEAST = 4
_ENOUGH = _RESERVE + _FILES_EACH * _MOST


class Limits(Record, kw_only=True):
    """The limits of a server. Times are in seconds."""

    connections: int
    streams: int
    """Maximum number of event streams."""
    request: float = 10.0
    """Timeout of a TLS handshake, and of receiving each complete request."""
    stall: float = 120.0
    """Timeout for a client that reads none of its pending response. On slow Wi-Fi, data arrives in bursts some ten
    seconds apart."""


WELCOME = Limits(connections=8, streams=1)
"""Limits for the welcome page, which is opened once on each iPhone."""


def limits_for(files: int) -> Limits:
    """Return the limits of a process that may open `files` files."""
    connections = max(_LEAST, min(_MOST, (files - _RESERVE) // _FILES_EACH))
    return Limits(connections=connections, streams=connections // 2)


def raise_open_files() -> int:
    """Raise this process's limit of open files to what it may need, if permitted; return the resulting limit."""
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
