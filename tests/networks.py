"""A neighbour on a network of its own: a network namespace that reaches this machine over a pair of virtual interfaces.

Linux, as root, with Debian's iproute2.
"""

from __future__ import annotations

import secrets
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class Neighbour(Record):
    """Another machine, as far as the network can tell."""

    namespace: str
    address: str
    """Its own."""
    here: str
    """Ours, as it sees it."""

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Return what a program said that was run there."""
        there = ["ip", "netns", "exec", self.namespace, *command]
        return subprocess.run(there, check=False, capture_output=True, text=True, timeout=60)


@contextmanager
def neighbour() -> Iterator[Neighbour]:
    """Give a neighbour, with a network to itself and nothing else; gone afterwards. Skips where none can be made."""
    mark = secrets.token_hex(4)
    namespace, inside, outside = f"ota-{mark}", f"oti-{mark}", f"oto-{mark}"
    # One of the private blocks that homes and offices do not use.
    net = f"10.213.{secrets.randbelow(256)}"
    made = _ip("netns", "add", namespace)
    if made.returncode:
        pytest.skip(f"no network namespace can be made here: {made.stderr.strip()}")
    try:
        for command in (
            ["link", "add", outside, "type", "veth", "peer", "name", inside, "netns", namespace],
            ["addr", "add", f"{net}.1/30", "dev", outside],
            ["link", "set", outside, "up"],
            ["-n", namespace, "addr", "add", f"{net}.2/30", "dev", inside],
            ["-n", namespace, "link", "set", inside, "up"],
            ["-n", namespace, "link", "set", "lo", "up"],
        ):
            _done(command)
        yield Neighbour(namespace, f"{net}.2", f"{net}.1")
    finally:
        # Both interfaces go with it.
        _ip("netns", "del", namespace)


def _ip(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *command], check=False, capture_output=True, text=True)


def _done(command: Sequence[str]) -> None:
    done = _ip(*command)
    if done.returncode:
        pytest.skip(f"no network can be made here: ip {' '.join(command)}: {done.stderr.strip()}")
