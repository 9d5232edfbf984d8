"""An ASGI application served as the preview serves it, on a port of this machine's, with or without TLS."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ota_site.preview.limits import Limits, limits_for
from ota_site.preview.server import Server

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from starlette.types import ASGIApp


@contextmanager
def serving(
    app: ASGIApp,
    context: ssl.SSLContext | None = None,
    address: str = "127.0.0.1",
    limits: Limits = limits_for(1024),  # noqa: B008 - it is frozen
) -> Iterator[int]:
    """Serve `app` and give the port; connections are accepted from the start."""
    server = Server(app, limits, context)
    with socket.create_server((address, 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.stop()
            thread.join()
