"""The local network: where the preview listens, with a certificate of its own, and the welcome page over http."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from generator.errors import SiteError
from generator.preview.authority import Authority, certify, load_authority
from generator.preview.lan import lan_addresses, local_name
from generator.preview.tls import tls_context
from generator.preview.welcome import make_welcome
from generator.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

_LOOPBACK = "127.0.0.1"
_TRIES = 100


class Network(Record, kw_only=True):
    """What the preview needs on the local network.

    `address` is the site's, over https, `welcome` that of the page which gives the profile, over http. `hosts` are the
    values of the header Host by which the site may be asked for, `authority` is what a device's settings call the one
    who signs. The sockets listen already.
    """

    address: str
    authority: str
    hosts: frozenset[str]
    sockets: list[socket.socket]
    context: ssl.SSLContext
    welcome: str
    welcome_app: Any
    welcome_sockets: list[socket.socket]


def open_network(folder: Path, port: int, now: datetime, distrusted: Callable[[], None]) -> Network:
    """Listen on this machine's private addresses and on loopback, at `port` or the next that is free.

    folder: where the authority lies; it is made at first. distrusted: is called when a device refuses the certificate.
    Raises SiteError where there is no local network or no free port.
    """
    addresses = lan_addresses()
    return listen_at(addresses, local_name(socket.gethostname()), port, load_authority(folder, now), now, distrusted)


def has_moved(network: Network) -> bool:
    """Whether this machine no longer has the address that pages and certificate carry."""
    try:
        return urlsplit(network.address).hostname not in lan_addresses()
    except SiteError:
        return True


def listen_at(  # noqa: PLR0913, PLR0917 - what a network is made of
    addresses: Sequence[str],
    name: str | None,
    port: int,
    authority: Authority,
    now: datetime,
    distrusted: Callable[[], None],
) -> Network:
    """Listen on these addresses; see `open_network`."""
    names = (*addresses, *((name,) if name else ()), _LOOPBACK, "localhost")
    sockets, found = _listen((*addresses, _LOOPBACK), port)
    welcome_sockets, plain = _listen(addresses, found + 1)
    address = f"https://{addresses[0]}:{found}/"
    welcome_names = names[: len(addresses) + bool(name)]
    return Network(
        address=address,
        authority=authority.name,
        hosts=frozenset(f"{each}:{found}" for each in names),
        sockets=sockets,
        context=tls_context(certify(authority, names, now), distrusted),
        welcome=f"http://{addresses[0]}:{plain}/",
        welcome_app=make_welcome(authority.der, authority.name, site=address, hosts=welcome_names),
        welcome_sockets=welcome_sockets,
    )


def _listen(addresses: Sequence[str], port: int) -> tuple[list[socket.socket], int]:
    """Return a listening socket for each address, all at one port: this one or the next that is free everywhere."""
    for found in range(port, min(port + _TRIES, 65536)):
        sockets: list[socket.socket] = []
        try:
            for address in addresses:
                sockets.append(_listening(address, found))  # noqa: PERF401 - those that are open are closed below
        except OSError:
            for each in sockets:
                each.close()
            continue
        return sockets, found
    raise SiteError("no port is free there", where=f"--port {port}", hint="name another")


def _listening(address: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
