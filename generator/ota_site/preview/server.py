"""Serve an ASGI app: uvicorn implements HTTP, this module accepts connections within limits."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ota_site.preview.connections import Connection, Connections, Doing

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Awaitable, Callable

    from ota_site.preview.limits import Limits

    Scope = dict[str, Any]
    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[Any], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

_HEAD_LIMIT = 16 << 10
"""Maximum bytes of a request line and its headers."""
_HEADERS = 100
_PAUSE = 0.1
"""Seconds before the next accept when no file could be opened, or the server is full."""
_SPARE = 4
"""Connections accepted beyond the limit to answer that the server is full."""


class Server:
    """A server of `app` within limits, over TLS if there is a context. The scope's state holds the `connection`."""

    def __init__(self, app: App, limits: Limits, context: ssl.SSLContext | None = None) -> None:
        self._app, self._limits, self._context = app, limits, context
        self._config = uvicorn.Config(
            self._answer,
            lifespan="off",
            interface="asgi3",
            log_config=None,
            # Lower levels log disconnected clients and invalid requests.
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=_HEAD_LIMIT,
            timeout_graceful_shutdown=0,
        )
        self._uvicorn = uvicorn.Server(self._config)

    def run(self, sockets: list[socket.socket]) -> None:
        """Serve on these sockets until `stop` or Ctrl-C, which raises KeyboardInterrupt."""
        # asyncio would print a traceback for each failed connection.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        asyncio.run(self._serve(sockets))

    def stop(self) -> None:
        """Ask the server to stop soon."""
        self._uvicorn.should_exit = True

    async def _serve(self, sockets: list[socket.socket]) -> None:
        self._config.load()
        connections = Connections(self._limits)
        tasks = [asyncio.create_task(self._take(each, connections)) for each in sockets]
        tasks.append(asyncio.create_task(_check(connections)))
        try:
            # uvicorn has no sockets here, but updates the Date header, handles Ctrl-C and ends open requests.
            await self._uvicorn.serve([])
        finally:
            for task in tasks:
                task.cancel()
            for each in sockets:
                each.close()

    async def _take(self, listener: socket.socket, connections: Connections) -> None:
        """Accept connections forever, one per iteration of the event loop."""
        loop, under_way = asyncio.get_running_loop(), set[asyncio.Task[None]]()
        listener.setblocking(False)
        while True:
            try:
                client, address = await loop.sock_accept(listener)
            except OSError:
                # This process or this machine has reached its limit of open files.
                connections.make_room()
                await asyncio.sleep(_PAUSE)
                continue
            full = not await connections.room()
            if len(connections) >= self._limits.connections + _SPARE:
                client.close()
                await asyncio.sleep(_PAUSE)
                continue
            connection = Connection(connections, address[0], full=full)
            connections.add(connection)
            task = asyncio.create_task(self._begin(connection, connections, client))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            await asyncio.sleep(0)

    async def _begin(self, connection: Connection, connections: Connections, client: socket.socket) -> None:
        """Start HTTP on a connection, after the TLS handshake if there is a context."""
        loop = asyncio.get_running_loop()
        try:
            transport: asyncio.Transport | None
            transport, _ = await loop.connect_accepted_socket(lambda: connection, client)
            # A connection that was just dropped would never finish its handshake.
            if self._context and connection.doing != Doing.LEAVING:
                transport = await loop.start_tls(transport, connection, self._context, server_side=True)
            # It is None if the handshake was cut.
            if transport is not None and connection.doing != Doing.LEAVING:
                connection.begin(self._http(connection), transport)
                return
        except OSError:
            # The client has disconnected, or rejects the certificate.
            pass
        connection.abort()
        connections.remove(connection)

    def _http(self, connection: Connection) -> H11Protocol:
        state = {"connection": connection}
        return H11Protocol(config=self._config, server_state=self._uvicorn.server_state, app_state=state)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection: Connection = scope["state"]["connection"]
        with connection.answering():
            if connection.full:
                await _refuse(send, 503, b"Too many connections.\n", (b"retry-after", b"2"))
            elif _is_long(scope):
                await _refuse(send, 431, b"The request has too many headers, or they are too large.\n")
            else:
                await self._app(scope, receive, send)


async def _check(connections: Connections) -> None:
    """Close connections that exceed their timeouts, forever."""
    while True:
        await asyncio.sleep(min(1.0, connections.limits.request / 4))
        connections.check()


def _is_long(scope: Scope) -> bool:
    headers = scope["headers"]
    size = len(scope["raw_path"]) + len(scope["query_string"]) + sum(len(name) + len(value) for name, value in headers)
    return len(headers) > _HEADERS or size > _HEAD_LIMIT


async def _refuse(send: Send, status: int, text: bytes, *more: tuple[bytes, bytes]) -> None:
    """Answer with a line of text, and close the connection."""
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(text)),
        (b"connection", b"close"),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
