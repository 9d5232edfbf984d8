"""TLS handshakes in memory, between a server's settings and a client's."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from ota_site.preview.lan.tls import tls_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from ota_site.preview.lan.authority import Authority


def server_of(pem: bytes, distrusted: Callable[[], None] = lambda: None) -> ssl.SSLContext:
    """Return the preview's own settings with any key and certificate."""
    return tls_context(pem, distrusted)


def client_of(authority: Authority | None) -> ssl.SSLContext:
    """Return a client that trusts this authority alone, strictly by RFC 5280; None trusts nobody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if authority:
        context.load_verify_locations(cadata=authority.root.public_bytes(Encoding.PEM).decode())
    return context


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    """Return the version of TLS on which both agree. Raises the client's ssl.SSLError where it refuses."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server, server_hostname=name)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    refusal: ssl.SSLError | None = None
    for _ in range(4):
        try:
            asking.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            refusal = error
        try:
            answering.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            assert refusal
            raise refusal from None
    return asking.version()
