"""The preview's ASGI app: sends replies and the event stream of epochs."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ota_site.model.records import replace
from ota_site.preview.installs.log import Visit
from ota_site.preview.reload import EVENTS
from ota_site.preview.replies import Asked, Opened, Reply, refusal, reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ota_site.preview.connections import Connection
    from ota_site.preview.live_site import LiveSite, Shown
    from ota_site.preview.server import App, Receive, Scope, Send

_PIECE = 256 << 10
_STEPS = 20
"""Number of progress reports for a long response."""
_ALIVE = 15.0
"""Seconds of silence before an event stream sends a keep-alive comment."""
_RETRY = 300
"""Milliseconds before a page that lost its connection reconnects."""
_FULL = b"retry: 10000\nevent: full\ndata:\n\n"
"""The last event of a stream that is closed to make room for another; the script retries with growing delays."""


class _CutError(Exception):
    """Raised when a response must be cut: the file has changed, or the client has disconnected."""


def make_app(
    stage: LiveSite, *, hosts: frozenset[str], seen: Callable[[Visit], None], shown_as: str | None = None
) -> App:
    """Return the ASGI app that serves a live site.

    hosts: the accepted values of the Host header, in lowercase. seen: is called at the end of each response, and
    with the progress of files. shown_as: the state to show pages in, unless the query names another.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        asked = _read(scope)
        answered = refusal(asked, hosts)
        try:
            if asked.path == EVENTS and not answered:
                await _stream(stage, asked, receive, send, scope["state"]["connection"])
                return
            if not answered:
                showing = stage.showing or await _first(stage, receive)
                answered = await asyncio.to_thread(reply, stage, showing, asked, shown_as)
            await _send(answered, asked, receive, send, seen)
        except (_CutError, asyncio.CancelledError):
            # The connection is closed mid-response. When the server stops, it cancels requests in progress.
            return
        except Exception as error:  # noqa: BLE001 - a bug must be reported and must not end the preview
            stage.report(error)

    return app


async def _first(stage: LiveSite, receive: Receive) -> Shown:
    """Return the first site, once there is one. Raises _CutError if the client disconnects first."""
    gone, first = asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(stage.after(None))
    try:
        await asyncio.wait((gone, first), return_when=asyncio.FIRST_COMPLETED)
        if not first.done():
            raise _CutError
        return first.result()
    finally:
        gone.cancel()
        first.cancel()


def _read(scope: Scope) -> Asked:
    raw = scope["raw_path"].decode("latin-1")
    return Asked(
        client=(scope["client"] or ("",))[0],
        method=scope["method"],
        raw=raw,
        path=unquote(raw),
        query=scope["query_string"].decode("latin-1"),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
    )


async def _send(reply: Reply, asked: Asked, receive: Receive, send: Send, seen: Callable[[Visit], None]) -> None:
    answer, body = reply.answer, reply.body
    visit = Visit(
        client=asked.client,
        method=asked.method,
        path=asked.path,
        agent=asked.headers.get("user-agent", ""),
        status=answer.status,
        first=answer.span.start,
        total=body.source.size if isinstance(body, Opened) else len(body),
        ended=False,
    )
    # uvicorn silently discards what is sent to a client that has disconnected.
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await send({"type": "http.response.start", "status": answer.status, "headers": _encoded(answer.headers)})
        if asked.method != "HEAD":
            step, told = max(len(answer.span) // _STEPS, 1), 0
            async for piece in _pieces(body, answer.span):
                if gone.done():
                    raise _CutError
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                visit = replace(visit, sent=visit.sent + len(piece))
                if isinstance(body, Opened) and visit.sent // step > told and visit.sent < len(answer.span):
                    told = visit.sent // step
                    seen(visit)
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        if isinstance(body, Opened):
            body.file.close()
        seen(replace(visit, ended=True))


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]


async def _pieces(body: bytes | Opened, span: range) -> AsyncIterator[bytes]:
    """Yield the bytes of a span. Raises _CutError if the file has changed."""
    if not isinstance(body, Opened):
        yield body[span.start : span.stop]
        return
    for start in range(span.start, span.stop, _PIECE):
        yield await asyncio.to_thread(_piece, body, start, min(_PIECE, span.stop - start))


def _piece(opened: Opened, start: int, length: int) -> bytes:
    piece = os.pread(opened.file.fileno(), length, start)
    if len(piece) != length or not opened.is_as_known():
        raise _CutError
    return piece


async def _stream(stage: LiveSite, asked: Asked, receive: Receive, send: Send, connection: Connection) -> None:
    """Send the current epoch and each new one, until the client disconnects or the connection is dropped."""
    headers = {"content-type": "text/event-stream", "cache-control": "no-store", "connection": "close"}
    await send({"type": "http.response.start", "status": 200, "headers": _encoded(headers)})
    if asked.method == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return
    connection.stream()
    ends = asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(connection.dropped.wait())
    news, epoch = f"retry: {_RETRY}\n\n", None
    try:
        while not any(end.done() for end in ends):
            await send({"type": "http.response.body", "body": news.encode(), "more_body": True})
            change = asyncio.ensure_future(stage.after(epoch))
            await asyncio.wait((*ends, change), timeout=_ALIVE, return_when=asyncio.FIRST_COMPLETED)
            if change.done():
                epoch = change.result().epoch
                news = f"data: {epoch}\n\n"
            else:
                change.cancel()
                news = ": keep-alive\n\n"
        await send({"type": "http.response.body", "body": _FULL})
    finally:
        for end in ends:
            end.cancel()


async def _gone(receive: Receive) -> None:
    with suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass
