"""Where this machine is found on the local network: its private addresses and its `.local` name. Sends nothing."""

from __future__ import annotations

import re
import socket
import struct
import sys
from contextlib import suppress
from ipaddress import IPv4Address, ip_network

from generator.errors import SiteError

# From RFC 5737; nobody has it, and no packet is sent there.
_ELSEWHERE = "192.0.2.1"
_REACHABLE = [ip_network(block) for block in ("192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "169.254.0.0/16")]
# SIOCGIFADDR of linux/sockios.h, and of sys/sockio.h on BSD and macOS.
_GET_ADDRESS = 0x8915 if sys.platform == "linux" else 0xC0206921


def lan_addresses() -> tuple[str, ...]:
    """Return this machine's private IPv4 addresses, the one of its default route first.

    Raises SiteError where there is none. IPv6 is left out: an iPhone that has it on a local network has IPv4 as well.
    """
    found = dict.fromkeys((*_routed(), *_of_interfaces(), *_of_host_name()))
    private = [address for address in found if any(IPv4Address(address) in block for block in _REACHABLE)]
    if not private:
        hint = "join the Wi-Fi that the iPhone is on"
        raise SiteError("this machine has no private address on a local network", hint=hint)
    return tuple(private)


def local_name(host_name: str) -> str | None:
    """Return a machine's name in multicast DNS, such as `laptop.local`; None where its host name is not one of DNS."""
    label = host_name.partition(".")[0].lower()
    named = re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label) and label != "localhost"
    return f"{label}.local" if named else None


def _routed() -> list[str]:
    """Return the address from which packets leave by default. Connecting a UDP socket only asks the routing table."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((_ELSEWHERE, 9))
        return [str(probe.getsockname()[0])]
    return []


def _of_interfaces() -> list[str]:
    """Return the address of each interface, by the system's own call (netdevice(7))."""
    if sys.platform == "win32":
        return []
    import fcntl

    addresses = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            # One without an IPv4 address is an error to this call.
            with suppress(OSError):
                answer = fcntl.ioctl(probe, _GET_ADDRESS, struct.pack("16s16x", name.encode()[:15]))
                addresses.append(socket.inet_ntoa(answer[20:24]))
    return addresses


def _of_host_name() -> list[str]:
    with suppress(OSError):
        return socket.gethostbyname_ex(socket.gethostname())[2]
    return []
