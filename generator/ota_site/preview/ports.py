"""Open listening sockets on several addresses of this machine, and list the accepted Host headers."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from ota_site.model.errors import SiteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""The host names of this machine on the loopback interface."""
_TRIES = 100
_QUEUE = 1024
"""Clients that may wait to be accepted (the backlog)."""
_UNDERWAY = 512 << 10
"""Bytes in a socket's send buffer; enough for the fastest Wi-Fi."""


def loopback() -> tuple[str, ...]:
    """Return the loopback addresses, with IPv6 only if this machine supports it."""
    try:
        _listening("::1", 0).close()
    except OSError:
        return ("127.0.0.1",)
    return "127.0.0.1", "::1"


def listen(addresses: Sequence[str], port: int) -> tuple[list[socket.socket], int]:
    """Return a listening socket for each address, and their port: `port` or the next one free on all addresses.

    Raises SiteError if there is none.
    """
    why = ""
    for found in range(port, min(port + _TRIES, 65536)):
        sockets: list[socket.socket] = []
        try:
            for address in addresses:
                sockets.append(_listening(address, found))  # noqa: PERF401 - those that are open are closed below
        except OSError as error:
            why = f" ({error.strerror})"
            for each in sockets:
                each.close()
            continue
        return sockets, found
    raise SiteError(f"no free port found from this one on{why}", where=f"--port {port}", hint="choose another port")


def hosts(names: Iterable[str], port: int, *, usual: int) -> frozenset[str]:
    """Return the Host headers that browsers send to a server of these names; they omit the `usual` port."""
    names = tuple(names)
    return frozenset((*(names if port == usual else ()), *(f"{name}:{port}" for name in names)))


def _listening(address: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit this. A small buffer keeps the bytes sent close to the bytes received.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNDERWAY)
        listener.bind((address, port))
        listener.listen(_QUEUE)
    except OSError:
        listener.close()
        raise
    return listener
