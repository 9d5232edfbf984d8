"""The connections that a server has open: what each is doing, how long it may, and which one makes room for another."""

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
"""Seconds for a stream that is dropped to say why; what it has said by then arrives."""
_PAUSE = 0.1
"""Seconds that one may take to leave before another must."""


class Doing(IntEnum):
    """What a connection is doing; the first are the first to make room."""

    WAITING = 1
    """For a handshake, or for a request to be whole."""
    STREAMING = 2
    """It waits for news of the site."""
    ANSWERING = 3
    LEAVING = 4
    """It was dropped, or its client has gone, and it gives back what it has."""


class Connection(asyncio.Protocol):
    """One client's connection: hands bytes to the protocol that speaks HTTP, once any handshake is done.

    full: whether it was taken only to say that there is no room.
    """

    def __init__(self, connections: Connections, address: str, *, full: bool = False) -> None:
        self.address, self.full = address, full
        self.since = connections.now()
        self.dropped = asyncio.Event()
        """Set when a stream is to say why it ends, and to end."""
        self.transport: asyncio.Transport | None = None
        """The socket's own, below TLS."""
        self._connections = connections
        self._http: asyncio.Protocol | None = None
        self._early = b""
        self._doing = Doing.WAITING
        self._lost = False
        self._asked = 0
        self._owed = 0

    @property
    def doing(self) -> Doing:
        """What it is doing. An answer is under way until the client has taken it."""
        return Doing.ANSWERING if self._doing == Doing.WAITING and self._unsent() else self._doing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait until it may begin."""
        self.transport = cast("asyncio.Transport", transport)
        # What comes now may be part of a handshake.
        self.transport.pause_reading()

    def begin(self, http: asyncio.Protocol, transport: asyncio.Transport) -> None:
        """Speak HTTP from now on, over this transport."""
        self._http = http
        http.connection_made(transport)
        if transport is self.transport:
            transport.resume_reading()
            return
        # The time for a handshake is over, that for a request begins.
        self.become(Doing.WAITING)
        if self._early:
            http.data_received(self._early)

    def data_received(self, data: bytes) -> None:
        """Hand on what the client sends."""
        # A request may come together with the end of the handshake.
        if self._http:
            self._http.data_received(data)
        else:
            self._early += data

    def eof_received(self) -> None:
        """Hand on that the client sends no more."""
        if self._http:
            self._http.eof_received()

    def pause_writing(self) -> None:
        """Hand on that the client is slow."""
        if self._http:
            self._http.pause_writing()

    def resume_writing(self) -> None:
        """Hand on that it has caught up."""
        if self._http:
            self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on that it is over, and give its place back when its answers are over, too: they have files open."""
        self._doing = Doing.LEAVING
        if self._http:
            self._http.connection_lost(exc)
        self._lost = True
        self._give_back()

    def become(self, doing: Doing) -> None:
        """Note what it does from now on."""
        if self._doing != Doing.LEAVING:
            self._doing, self.since = doing, self._connections.now()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Answer a request in this block."""
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
        """Wait for news from now on; too many streams cost the oldest its place."""
        self._connections.make_room_for_stream()
        self.become(Doing.STREAMING)

    def drop(self) -> None:
        """End it, as soon as a stream has said why."""
        if self.doing == Doing.STREAMING and not self._unsent():
            self.dropped.set()
            asyncio.get_running_loop().call_later(_FAREWELL, self.abort)
        else:
            self.abort()
        self._doing = Doing.LEAVING

    def abort(self) -> None:
        """End it at once."""
        if self.transport:
            self.transport.abort()

    def check(self, limits: Limits) -> None:
        """End it if its client took too long."""
        now, owed = self._connections.now(), self._unsent()
        if owed != self._owed:
            # The client reads, however slowly.
            self._owed, self.since = owed, now
        elif now - self.since > (limits.stall if owed else limits.request) and (owed or self.doing == Doing.WAITING):
            self.abort()

    def _give_back(self) -> None:
        if self._lost and not self._asked:
            self._connections.remove(self)

    def _unsent(self) -> int:
        return self.transport.get_write_buffer_size() if self.transport else 0


class Connections:
    """All open connections of a server."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._open: set[Connection] = set()
        self._freed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __len__(self) -> int:
        return len(self._open)

    def now(self) -> float:
        """Return the loop's time in seconds."""
        return self._loop.time()

    def add(self, connection: Connection) -> None:
        """Keep a connection, until it is lost."""
        self._open.add(connection)

    def remove(self, connection: Connection) -> None:
        """Forget a connection."""
        self._open.discard(connection)
        self._freed.set()

    async def room(self) -> bool:
        """Wait until there is a place for one more; return whether there can be one."""
        while len(self._open) >= self.limits.connections:
            if not self.make_room():
                return False
            self._freed.clear()
            try:
                await asyncio.wait_for(self._freed.wait(), _PAUSE)
            except TimeoutError:
                # The one that is leaving takes its time.
                if not self._drop(self._open):
                    return False
        return True

    def make_room(self) -> bool:
        """Drop the connection that is the least loss, unless one is leaving; return whether there is any.

        The first to go is one that waits for its request, then a stream; of the client that has the most of them, the
        oldest. A client that alone has more than half of all places comes before the others, and only its answers are
        cut.
        """
        return any(each.doing == Doing.LEAVING for each in self._open) or self._drop(self._open)

    def make_room_for_stream(self) -> None:
        """Drop a stream if there are as many as there may be."""
        streams = [each for each in self._open if each.doing == Doing.STREAMING]
        if len(streams) >= self.limits.streams:
            self._drop(streams)

    def check(self) -> None:
        """End the connections whose clients took too long."""
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
