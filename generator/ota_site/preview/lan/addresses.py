"""Find this machine's private addresses and `.local` name on the local network. Sends no packets."""

from __future__ import annotations

import re
import socket
import struct
import sys
from contextlib import suppress
from ipaddress import IPv4Address, ip_network
from pathlib import Path
from typing import NamedTuple

from ota_site.model.errors import SiteError

# A documentation address (RFC 5737); no packet is sent to it.
_ELSEWHERE = "192.0.2.1"
_REACHABLE = [ip_network(block) for block in ("192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "169.254.0.0/16")]
# SIOCGIFADDR and SIOCGIFFLAGS of linux/sockios.h, and of sys/sockio.h on BSD and macOS; IFF_POINTOPOINT of net/if.h.
_GET_ADDRESS, _GET_FLAGS = (0x8915, 0x8913) if sys.platform == "linux" else (0xC0206921, 0xC0206911)
_POINT_TO_POINT = 0x10


class _Interface(NamedTuple):
    """An address of this machine, and whether its interface is a tunnel (VPN) or a bridge (containers)."""

    address: str
    tunnel: bool = False
    bridge: bool = False


def lan_addresses() -> tuple[str, ...]:
    """Return this machine's private IPv4 addresses, first the one that a nearby iPhone can most likely reach.

    That is the address of the default route, unless a VPN has changed the route. IPv6 is skipped: an iPhone with IPv6
    on a local network has IPv4 too. Raises SiteError if there is no address.
    """
    routed = _routed()
    private = [
        (each.tunnel, address.is_link_local, each.address != routed, each.bridge, index, each.address)
        for index, each in enumerate(_interfaces())
        if any((address := IPv4Address(each.address)) in block for block in _REACHABLE)
    ]
    if not private:
        hint = "connect to the Wi-Fi network that the iPhone is on"
        raise SiteError("this machine has no private address on a local network", hint=hint)
    return tuple(dict.fromkeys(address for *_, address in sorted(private)))


def local_name(host_name: str) -> str | None:
    """Return a machine's multicast DNS name, such as `laptop.local`; None if its host name is invalid in DNS."""
    label = host_name.partition(".")[0].lower()
    named = re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label) and label != "localhost"
    return f"{label}.local" if named else None


def _routed() -> str | None:
    """Return the address of the default route. Connecting a UDP socket only queries the routing table."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((_ELSEWHERE, 9))
        return str(probe.getsockname()[0])
    return None


def _interfaces() -> list[_Interface]:
    """Return the interfaces that have an IPv4 address, from system calls (netdevice(7))."""
    if sys.platform == "win32":
        with suppress(OSError):
            return [_Interface(address) for address in socket.gethostbyname_ex(socket.gethostname())[2]]
        return []
    import fcntl

    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            request = struct.pack("16s16x", name.encode()[:15])
            # The call fails for an interface without an IPv4 address.
            with suppress(OSError):
                address = socket.inet_ntoa(fcntl.ioctl(probe, _GET_ADDRESS, request)[20:24])
                (flags,) = struct.unpack_from("H", fcntl.ioctl(probe, _GET_FLAGS, request), 16)
                bridge = Path("/sys/class/net", name, "bridge").exists()
                found.append(_Interface(address, bool(flags & _POINT_TO_POINT), bridge))
    return found
