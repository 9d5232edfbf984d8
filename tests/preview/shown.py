"""A preview that runs in this process, as `ota-site serve` runs it in its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from ota_site.cli.serve import settings_of
from ota_site.preview.app import make_app
from ota_site.preview.limits import Limits, limits_for
from ota_site.preview.live_site import LiveSite, Shown
from ota_site.preview.ports import LOOPBACK, hosts
from ota_site.preview.server import Server
from ota_site.preview.watch import Watch
from tests.builds import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from ota_site.model.errors import SiteError
    from ota_site.preview.installs.log import Visit

LIMITS = limits_for(1024)
PATIENCE = 30
"""Seconds after which what is waited for will not come."""


class Got(NamedTuple):
    """An answer; header names are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


class Preview(NamedTuple):
    """A preview on loopback, and what it has said."""

    stage: LiveSite
    port: int
    content: Path
    said: list[str]
    visits: SimpleQueue[Visit]

    @property
    def url(self) -> str:
        """The address of the front page."""
        return f"http://127.0.0.1:{self.port}/"

    def fetch(self, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET") -> Got:
        """Ask for a path, once something is on show."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            response = connection.getresponse()
            return Got(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def raw(self, request: bytes) -> bytes:
        """Send bytes as they are, and return all that is answered."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as client:
            client.sendall(request)
            return b"".join(iter(partial(client.recv, 65536), b""))

    def visit(self, path: str) -> list[Visit]:
        """Return what was told of the next request for a path, until it was over."""
        told: list[Visit] = []
        while not told or not told[-1].ended:
            visit = self.visits.get(timeout=PATIENCE)
            if visit.path == path:
                told.append(visit)
        return told

    def after(self, epoch: str | None) -> Shown:
        """Wait for another epoch."""
        return after(self.stage, epoch)

    def write(self, name: str, text: str) -> Shown:
        """Write a file of the owner's, and return what is on show then."""
        before = self.after(None).epoch
        path = self.content / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return self.after(before)


def after(stage: LiveSite, epoch: str | None) -> Shown:
    """Wait for another epoch on a stage."""
    return asyncio.run(asyncio.wait_for(stage.after(epoch), PATIENCE))


def make_stage(content: Path, said: list[str] | None = None) -> LiveSite:
    """Return a stage for a content folder, with nothing on it yet."""
    lines = [] if said is None else said

    def say(what: str | SiteError) -> None:
        lines.append(str(what))

    return LiveSite(partial(settings_of, content), lambda: NOW, say)


@contextmanager
def shown(
    content: Path, *, watched: bool = True, shown_as: str | None = None, port: int = 0, limits: Limits = LIMITS
) -> Iterator[Preview]:
    """Show a content folder; if it is not watched, as it is now."""
    said: list[str] = []
    visits: SimpleQueue[Visit] = SimpleQueue()
    stage = make_stage(content, said)
    listener = socket.create_server(("127.0.0.1", port))
    found: int = listener.getsockname()[1]
    app = make_app(stage, hosts=hosts(LOOPBACK, found, usual=80), seen=visits.put, shown_as=shown_as)
    server = Server(app, limits)
    with Watch(content, leave_out=content.parent / "_site") as watch:
        act: Callable[[], None] = partial(stage.follow, watch) if watched else partial(stage.rebuild, None)
        threads = [threading.Thread(target=act), threading.Thread(target=server.run, args=([listener],))]
        for thread in threads:
            thread.start()
        try:
            after(stage, None)
            yield Preview(stage, found, content, said, visits)
        finally:
            server.stop()
            watch.close()
            for thread in threads:
                thread.join(PATIENCE)
