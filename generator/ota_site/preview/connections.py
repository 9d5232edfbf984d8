"""Track a server's open connections: their activity, their timeouts, and which to drop when the server is full."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ota_site.preview.limits import Limits

_FAREWELL = 0.1
"""Seconds for a dropped stream to send the reason; what it sends in that time arrives."""
_PAUSE = 0.1
"""Seconds to wait for a dropped connection to close before dropping another."""


class Doing(IntEnum):
    """What a connection is doing; the lowest are dropped first."""

    WAITING = 1
    """For a TLS handshake, or for a complete request."""
    STREAMING = 2
    """Sending an event stream."""
    ANSWERING = 3
    LEAVING = 4
    """It was dropped, or its client has disconnected, and it is releasing its resources."""


class Connection(asyncio.Protocol):
    """A client's connection: forwards bytes to the HTTP protocol, after the TLS handshake if there is one.

    full: whether it was accepted only to answer that the server is full.
    """

    def __init__(self, connections: Connections, address: str, *, full: bool = False) -> None:
        self.address, self.full = address, full
        self.since = connections.now()
        self.dropped = asyncio.Event()
        """Set when a stream must send its last event and end."""
        self.transport: asyncio.Transport | None = None
        """The socket's transport, below TLS."""
        self._connections = connections
        self._http: asyncio.Protocol | None = None
        self._early = b""
        self._doing = Doing.WAITING
        self._lost = False
        self._asked = 0
        self._owed = 0

    @property
    def doing(self) -> Doing:
        """The current activity. A response is in progress until the client has taken all of it."""
        return Doing.ANSWERING if self._doing == Doing.WAITING and self._unsent() else self._doing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, and read nothing until `begin`."""
        self.transport = cast("asyncio.Transport", transport)
        # The first bytes may belong to a TLS handshake.
        self.transport.pause_reading()

    def begin(self, http: asyncio.Protocol, transport: asyncio.Transport) -> None:
        """Start HTTP over this transport."""
        self._http = http
        http.connection_made(transport)
        if transport is self.transport:
            transport.resume_reading()
            return
        # The timeout of the handshake ends, that of the first request begins.
        self.become(Doing.WAITING)
        if self._early:
            http.data_received(self._early)

    def data_received(self, data: bytes) -> None:
        """Forward received bytes."""
        # A request may arrive together with the end of the handshake.
        if self._http:
            self._http.data_received(data)
        else:
            self._early += data

    def eof_received(self) -> None:
        """Forward that the client has finished sending."""
        if self._http:
            self._http.eof_received()

    def pause_writing(self) -> None:
        """Forward that the write buffer is full."""
        if self._http:
            self._http.pause_writing()

    def resume_writing(self) -> None:
        """Forward that the write buffer has drained."""
        if self._http:
            self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forward the end of the connection. Its slot is freed once its responses end too: they have files open."""
        self._doing = Doing.LEAVING
        if self._http:
            self._http.connection_lost(exc)
        self._lost = True
        self._give_back()

    def become(self, doing: Doing) -> None:
        """Set the current activity."""
        if self._doing != Doing.LEAVING:
            self._doing, self.since = doing, self._connections.now()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count as answering a request inside this block."""
        self._asked += 1
        self.become(Doing.ANSWERING)
        try:
            yield
        finally:
            self._asked -= 1
            # The next request may have begun.
            if not self._asked:
                self.become(Doing.WAITING)
            self._give_back()

    def stream(self) -> None:
        """Become an event stream; if there are too many, an older one is dropped."""
        self._connections.make_room_for_stream()
        self.become(Doing.STREAMING)

    def drop(self) -> None:
        """Close the connection; a stream may send its last event first."""
        if self.doing == Doing.STREAMING and not self._unsent():
            self.dropped.set()
            asyncio.get_running_loop().call_later(_FAREWELL, self.abort)
        else:
            self.abort()
        self._doing = Doing.LEAVING

    def abort(self) -> None:
        """Close the connection immediately."""
        if self.transport:
            self.transport.abort()

    def check(self, limits: Limits) -> None:
        """Close the connection if its client exceeded a timeout."""
        now, owed = self._connections.now(), self._unsent()
        if owed != self._owed:
            # The client is reading, even if slowly.
            self._owed, self.since = owed, now
        elif now - self.since > (limits.stall if owed else limits.request) and (owed or self.doing == Doing.WAITING):
            self.abort()

    def _give_back(self) -> None:
        if self._lost and not self._asked:
            self._connections.remove(self)

    def _unsent(self) -> int:
        return self.transport.get_write_buffer_size() if self.transport else 0


class Connections:
    """The open connections of a server."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._open: set[Connection] = set()
        self._freed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __len__(self) -> int:
        return len(self._open)

    def now(self) -> float:
        """Return the event loop's time in seconds."""
        return self._loop.time()

    def add(self, connection: Connection) -> None:
        """Add a connection, until `remove`."""
        self._open.add(connection)

    def remove(self, connection: Connection) -> None:
        """Remove a connection, and wake up those that wait for a slot."""
        self._open.discard(connection)
        self._freed.set()

    async def room(self) -> bool:
        """Wait for a free slot; return False if no connection can be dropped for it."""
        while len(self._open) >= self.limits.connections:
            if not self.make_room():
                return False
            self._freed.clear()
            try:
                await asyncio.wait_for(self._freed.wait(), _PAUSE)
            except TimeoutError:
                # The dropped connection is slow to close.
                if not self._drop(self._open):
                    return False
        return True

    def make_room(self) -> bool:
        """Drop the least important connection, unless one is already closing; return False if none can be dropped.

        Connections that wait for a request are dropped before streams; among equals, those of the client with the
        most connections, oldest first. A client with more than half of all slots comes first, and only its
        responses may be cut.
        """
        return any(each.doing == Doing.LEAVING for each in self._open) or self._drop(self._open)

    def make_room_for_stream(self) -> None:
        """Drop a stream if their number has reached the limit."""
        streams = [each for each in self._open if each.doing == Doing.STREAMING]
        if len(streams) >= self.limits.streams:
            self._drop(streams)

    def check(self) -> None:
        """Close the connections whose clients exceeded a timeout."""
        for each in tuple(self._open):
            each.check(self.limits)

    def _drop(self, candidates: Iterable[Connection]) -> bool:
        places = Counter(each.address for each in self._open)
        greedy = {address for address, count in places.items() if count * 2 > self.limits.connections}
        dropped = min(
            (
                each
                for each in candidates
                if each.doing < Doing.ANSWERING or (each.doing == Doing.ANSWERING and each.address in greedy)
            ),
            key=lambda each: (each.address not in greedy, each.doing, -places[each.address], each.since),
            default=None,
        )
        if dropped:
            dropped.drop()
        return dropped is not None
