"""Listen on the local network: the preview over https with a local certificate, the welcome page over http."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ota_site.model.errors import SiteError
from ota_site.model.records import Record
from ota_site.preview.lan.addresses import lan_addresses, local_name
from ota_site.preview.lan.authority import certify, load_authority
from ota_site.preview.lan.tls import tls_context
from ota_site.preview.lan.welcome import make_welcome
from ota_site.preview.ports import LOOPBACK, hosts, listen

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from ota_site.preview.installs.tracker import Tracker


class Network(Record, kw_only=True):
    """The preview's addresses, sockets and TLS context on the local network.

    `address` is the https address of the site, `welcome` the http address of the page with the profile; `others` are
    the machine's further addresses. `hosts` are the accepted values of the Host header. `authority` is the
    authority's name in a device's settings. The sockets are already listening.
    """

    address: str
    others: tuple[str, ...]
    authority: str
    hosts: frozenset[str]
    sockets: list[socket.socket]
    context: ssl.SSLContext
    welcome: str
    welcome_app: Any
    welcome_sockets: list[socket.socket]


def open_network(folder: Path, port: int, now: datetime, teller: Tracker) -> Network:
    """Listen on this machine's private addresses and on loopback, at `port` or the next that is free.

    folder: the authority's folder; an authority is created if there is none. teller: reports requests for the welcome
    page, and refused certificates. Raises SiteError if there is no local network or no free port.
    """
    addresses, name = lan_addresses(), local_name(socket.gethostname())
    authority = load_authority(folder, now)
    there = (*addresses, *((name,) if name else ()))
    sockets, found = listen((*addresses, "127.0.0.1"), port)
    welcome_sockets, plain = listen(addresses, found + 1)
    address = f"https://{addresses[0]}:{found}/"
    return Network(
        address=address,
        authority=authority.name,
        others=addresses[1:],
        hosts=hosts((*there, *LOOPBACK), found, usual=443),
        sockets=sockets,
        context=tls_context(certify(authority, there, now), teller.distrusted),
        welcome=f"http://{addresses[0]}:{plain}/",
        welcome_app=make_welcome(authority.der, authority.name, site=address, hosts=there, say=teller.say),
        welcome_sockets=welcome_sockets,
    )


def has_moved(address: str) -> bool:
    """Return whether this machine no longer has the address at which it serves a site."""
    # A machine that just woke up has no address yet.
    with suppress(SiteError):
        return urlsplit(address).hostname not in lan_addresses()
    return False
