"""Clients that take too long, or too much: each loses its own place, and the others are served."""

from __future__ import annotations

import socket
import ssl
import sys
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import Response, StreamingResponse

from ota_site.model.records import replace
from ota_site.preview.app import make_app
from ota_site.preview.lan.authority import certify, load_authority
from ota_site.preview.limits import Limits, limits_for
from tests.preview.handshakes import client_of, server_of
from tests.preview.serving import serving
from tests.preview.shown import PATIENCE, make_stage, shown
from tests.preview.test_server import large, write_large
from tests.trees import put

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

NOW = datetime.now(UTC)
HURRY = replace(limits_for(1024), request=0.3, stall=10.0)
GET = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
PIECE = 256 << 10
LARGE = 24 << 20
"""Bytes; more than lie on the way to a client that reads none."""
OTHERS = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has 127.0.0.2 from the start")


class Site:
    """An app on a port of this machine's, and clients that reach it."""

    def __init__(self, port: int, client: ssl.SSLContext | None) -> None:
        self._port, self._client, self._opened = port, client, ExitStack()

    def connect(self, *, bare: bool = False, origin: str = "127.0.0.1", window: int | None = None) -> socket.socket:
        """Return a connection from an address of this machine's; a bare one has done no handshake."""
        family = socket.socket()
        if window:
            family.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        family.settimeout(PATIENCE)
        family.bind((origin, 0))
        family.connect(("127.0.0.1", self._port))
        client = family if bare or not self._client else self._client.wrap_socket(family, server_hostname="127.0.0.1")
        return self._opened.enter_context(client)

    def ask(self, origin: str = "127.0.0.1") -> bytes:
        """Return what a new client is answered."""
        with self.connect(origin=origin) as client:
            client.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            return rest(client)

    def close(self) -> None:
        """Close all connections."""
        self._opened.close()


async def pieces(size: int) -> AsyncIterator[bytes]:
    """Yield so many bytes, as the preview reads a file."""
    for _ in range(0, size, PIECE):
        yield bytes(PIECE)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with as many pieces as the path says, or with a word."""
    size = int(scope["path"][1:] or "0")
    answer = StreamingResponse(pieces(size), headers={"content-length": str(size)}) if size else Response(b"here")
    await answer(scope, receive, send)


@contextmanager
def site(folder: Path, limits: Limits, *, tls: bool) -> Iterator[Site]:
    """Serve the app, with or without TLS."""
    authority = load_authority(folder / "authority", NOW) if tls else None
    server = server_of(certify(authority, ("127.0.0.1",), NOW)) if authority else None
    with serving(app, server, limits=limits) as port:
        found = Site(port, client_of(authority) if authority else None)
        try:
            yield found
        finally:
            found.close()


def rest(client: socket.socket) -> bytes:
    """Return all that comes until the connection ends."""
    pieces: list[bytes] = []
    with suppress(ConnectionError, ssl.SSLError):
        pieces.extend(iter(partial(client.recv, 65536), b""))
    return b"".join(pieces)


def is_ended_while_sending(client: socket.socket) -> bool:
    """Send one byte after the other, and tell whether the connection ends before the patience."""
    with suppress(OSError):
        for _ in range(PATIENCE * 50):
            client.sendall(b"x")
            sleep(0.02)
        return False
    return True


@pytest.mark.parametrize(
    ("tls", "bare", "start"),
    [
        pytest.param(False, True, b"", id="nothing"),
        pytest.param(False, True, GET[:20], id="half-a-request"),
        pytest.param(False, True, b"\r\n", id="an-empty-line"),
        pytest.param(False, True, GET + GET[:20], id="half-a-second-request"),
        pytest.param(False, True, GET[:-2] + b"Content-Length: 100\r\n\r\nhalf", id="half-a-body"),
        pytest.param(True, True, b"", id="no-handshake"),
        pytest.param(True, True, b"\x16\x03\x01\x02\x00\x01", id="half-a-handshake"),
        pytest.param(True, False, b"", id="nothing-after-the-handshake"),
        pytest.param(True, False, GET[:20], id="half-a-request-after-the-handshake"),
        pytest.param(True, False, GET, id="no-end-of-tls"),
    ],
)
def test_half_open_connections_end(tmp_path: Path, tls: bool, bare: bool, start: bytes) -> None:  # noqa: FBT001 - a table
    with site(tmp_path, HURRY, tls=tls) as found:
        client = found.connect(bare=bare)
        client.sendall(start)
        answer = rest(client)
        assert answer.startswith(b"HTTP/1.1 200 ") == start.startswith(GET[:-2])
        assert found.ask().endswith(b"here")


@pytest.mark.parametrize("tls", [False, True])
def test_a_request_byte_by_byte_ends(tmp_path: Path, tls: bool) -> None:  # noqa: FBT001 - a table
    with site(tmp_path, HURRY, tls=tls) as found:
        assert is_ended_while_sending(found.connect())


@pytest.mark.parametrize("tls", [False, True])
def test_a_slow_client_gets_all(tmp_path: Path, tls: bool) -> None:  # noqa: FBT001 - a table
    size = 4 << 20
    with site(tmp_path, HURRY, tls=tls) as found:
        client = found.connect(window=16384)
        client.sendall(b"GET /%d HTTP/1.0\r\n\r\n" % size)
        got = 0
        while piece := client.recv(16384):
            got += len(piece)
            sleep(0.005)
        assert got > size


def test_an_answer_that_nobody_reads_ends(tmp_path: Path) -> None:
    put(tmp_path)
    write_large(tmp_path / "content" / "large.png", LARGE)
    (tmp_path / "content" / "index.md").write_text("![large](large.png)\n")
    with shown(tmp_path / "content", watched=False, limits=replace(HURRY, stall=0.3)) as preview:
        path = large(preview)
        with socket.create_connection(("127.0.0.1", preview.port), timeout=PATIENCE) as client:
            client.sendall(b"GET /%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (path.encode(), preview.port))
            assert preview.visit(f"/{path}")[-1].sent < LARGE
            assert len(rest(client)) < LARGE


@pytest.mark.parametrize("tls", [False, True])
def test_the_oldest_that_waits_makes_room(tmp_path: Path, tls: bool) -> None:  # noqa: FBT001 - a table
    with site(tmp_path, Limits(connections=4, streams=2), tls=tls) as found:
        waiting = [found.connect(bare=number % 2 == 0) for number in range(4)]
        assert found.ask().endswith(b"here")
        assert rest(waiting[0]) == b""
        # The others still are where they were.
        waiting[1].sendall(GET)
        assert waiting[1].recv(15) == b"HTTP/1.1 200 OK"


def test_the_oldest_stream_makes_room(tmp_path: Path) -> None:
    with shown(put(tmp_path) / "content", watched=False, limits=Limits(connections=6, streams=2)) as preview:
        streams = []
        for _ in range(3):
            client = socket.create_connection(("127.0.0.1", preview.port), timeout=PATIENCE)
            client.sendall(b"GET /.preview/events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % preview.port)
            file = client.makefile("rb")
            while not file.readline().startswith(b"data: "):
                pass
            streams.append((client, file))
        said = streams[0][1].read()
        assert b"event: full\n" in said
        assert b"retry: " in said
        assert preview.fetch("/").status == 200
        preview.stage.rebuild(None)
        for client, file in streams:
            file.close()
            client.close()


def test_who_leaves_before_the_first_site_gives_the_place_back(tmp_path: Path) -> None:
    stage = make_stage(put(tmp_path) / "content")
    unmade: Any = make_app(stage, hosts=frozenset({"127.0.0.1"}), seen=lambda _: None)
    with serving(unmade, limits=Limits(connections=2, streams=1)) as port:
        found = Site(port, None)
        for _ in range(5):
            client = found.connect()
            client.sendall(GET)
            client.close()
        client = found.connect()
        client.sendall(GET.replace(b"GET", b"POST"))
        assert client.recv(12) == b"HTTP/1.1 405"
        found.close()


@OTHERS
def test_a_full_server_says_so(tmp_path: Path) -> None:
    with site(tmp_path, Limits(connections=2, streams=1), tls=False) as found:
        for origin in ("127.0.0.2", "127.0.0.3"):
            client = found.connect(origin=origin)
            client.sendall(b"GET /%d HTTP/1.0\r\n\r\n" % LARGE)
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        answer = found.ask()
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: " in answer


@OTHERS
def test_one_who_takes_most_places_loses_one(tmp_path: Path) -> None:
    with site(tmp_path, Limits(connections=4, streams=2), tls=False) as found:
        clients = [found.connect(origin=origin) for origin in ("127.0.0.2", *("127.0.0.3",) * 3)]
        for client in clients:
            client.sendall(b"GET /%d HTTP/1.0\r\n\r\n" % LARGE)
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert found.ask().endswith(b"here")
        whole = [len(rest(client)) >= LARGE for client in clients]
        assert (whole[0], sum(whole)) == (True, 3)


@pytest.mark.parametrize("headers", [b"X: y\r\n" * 101, b"X: " + b"y" * 17_000 + b"\r\n"], ids=["many", "long"])
@pytest.mark.parametrize("tls", [False, True])
def test_headers_have_an_end(tmp_path: Path, headers: bytes, tls: bool) -> None:  # noqa: FBT001 - a table
    with site(tmp_path, HURRY, tls=tls) as found:
        client = found.connect()
        client.sendall(GET[:-2] + headers + b"\r\n")
        assert client.recv(12) in (b"HTTP/1.1 431", b"HTTP/1.1 400")
