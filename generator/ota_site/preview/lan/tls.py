"""Set up TLS for the local network, and report devices that refuse the certificate."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# OpenSSL's names of the alerts that clients send when they do not trust a certificate.
_DISTRUST = {
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    "TLSV1_ALERT_UNKNOWN_CA",
}


def tls_context(leaf: bytes, distrusted: Callable[[], None]) -> ssl.SSLContext:
    """Return a server's TLS context with this key and certificate; call `distrusted` when a client refuses it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslobject_class = _watched(distrusted)
    # ssl reads certificates from files only. This file is readable by the user only, and deleted immediately.
    handle, name = tempfile.mkstemp(prefix="ota-site-", suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(leaf)
        context.load_cert_chain(name)
    finally:
        Path(name).unlink()
    return context


def _watched(distrusted: Callable[[], None]) -> type[ssl.SSLObject]:
    """Return a class of TLS connections that reports refusals: asyncio does not report failed handshakes."""

    class Watched(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except ssl.SSLError as error:
                if error.reason in _DISTRUST:
                    distrusted()
                raise

    return Watched
