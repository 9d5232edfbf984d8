"""TLS as the preview speaks it, and how a device that does not trust it is noticed."""

from __future__ import annotations

import ssl
import tempfile
import threading
from datetime import UTC, datetime
from http.client import HTTPSConnection
from typing import TYPE_CHECKING

import pytest
from starlette.responses import PlainTextResponse

from ota_site.preview.lan.authority import Authority, certify, load_authority
from ota_site.preview.lan.tls import tls_context
from tests.preview.handshakes import client_of, handshake
from tests.preview.serving import serving

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC)
NAMES = ("192.168.1.7",)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return load_authority(tmp_path / "authority", NOW)


def get(port: int, client: ssl.SSLContext) -> bytes:
    connection = HTTPSConnection("127.0.0.1", port, context=client, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read()
    finally:
        connection.close()


def test_a_device_that_trusts_the_root_is_served_and_one_that_does_not_is_told_of(authority: Authority) -> None:
    told = threading.Event()
    context = tls_context(certify(authority, NAMES, NOW), told.set)
    with serving(PlainTextResponse("the site"), context) as port:
        assert get(port, client_of(authority)) == b"the site"
        assert not told.is_set()
        with pytest.raises(ssl.SSLCertVerificationError):
            get(port, client_of(None))
        assert told.wait(10)


def test_a_client_that_speaks_no_tls_is_not_called_distrust(authority: Authority) -> None:
    told: list[str] = []
    server = tls_context(certify(authority, NAMES, NOW), lambda: told.append("distrust"))
    incoming = ssl.MemoryBIO()
    incoming.write(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(ssl.SSLError):
        server.wrap_bio(incoming, ssl.MemoryBIO(), server_side=True).do_handshake()
    assert told == []


def test_each_version_of_tls_tells_of_distrust(authority: Authority) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        told: list[str] = []
        server = tls_context(certify(authority, NAMES, NOW), lambda: told.append("distrust"))  # noqa: B023 - called below
        client = client_of(None)
        client.minimum_version = client.maximum_version = version
        with pytest.raises(ssl.SSLCertVerificationError):
            handshake(server, client, NAMES[0])
        assert told == ["distrust"]


def test_old_versions_of_tls_are_not_spoken(authority: Authority) -> None:
    server = tls_context(certify(authority, NAMES, NOW), lambda: None)
    assert server.minimum_version == ssl.TLSVersion.TLSv1_2
    assert handshake(server, client_of(authority), NAMES[0]) == "TLSv1.3"


def test_no_key_is_left_behind(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    tls_context(certify(authority, NAMES, NOW), lambda: None)
    assert list((tmp_path / "scratch").iterdir()) == []
