"""TLS of the preview on the local network: its server's settings, and word of devices that refuse its certificate."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# The alerts by which a client says that it does not trust a certificate, as OpenSSL names them.
_DISTRUST = {
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    "TLSV1_ALERT_UNKNOWN_CA",
}


def tls_context(leaf: bytes, distrusted: Callable[[], None]) -> ssl.SSLContext:
    """Return a server's TLS settings with this key and certificate; `distrusted` is called when a client refuses it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslobject_class = _watched(distrusted)
    # ssl reads certificates from files only. This one is the user's alone, and gone at once.
    handle, name = tempfile.mkstemp(prefix="ota-site-", suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(leaf)
        context.load_cert_chain(name)
    finally:
        Path(name).unlink()
    return context


def _watched(distrusted: Callable[[], None]) -> type[ssl.SSLObject]:
    """Return a class of TLS connections that tells of refusals: of a failed handshake asyncio tells nobody."""

    class Watched(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except ssl.SSLError as error:
                if error.reason in _DISTRUST:
                    distrusted()
                raise

    return Watched
