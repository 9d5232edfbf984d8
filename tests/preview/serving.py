"""An ASGI application served as the preview serves it: by uvicorn, on a port of this machine's, with or without TLS."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from starlette.types import ASGIApp


@contextmanager
def serving(app: ASGIApp, context: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> Iterator[int]:
    """Serve `app` and give the port; connections are accepted from the start."""
    factory = (lambda _config, _default: context) if context else None
    config = uvicorn.Config(
        app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1, ssl_context_factory=factory
    )
    server = uvicorn.Server(config)
    with socket.create_server((address, 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
