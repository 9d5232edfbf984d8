"""Ports that are free at every address, and the names of servers there."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from ota_site.model.errors import SiteError
from ota_site.preview.ports import hosts, listen, loopback


def test_all_addresses_have_one_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, ExitStack() as open_ones:
        port = taken.getsockname()[1]
        sockets, found = listen(loopback()[::-1], port)
        for each in sockets:
            open_ones.enter_context(each)
        assert found > port
        assert {each.getsockname()[1] for each in sockets} == {found}
        assert [each.getsockname()[0] for each in sockets] == [*loopback()[::-1]]


def test_where_there_is_none_it_says_why() -> None:
    with pytest.raises(SiteError) as refused:
        listen(("192.0.2.77",), 65530)
    assert "no free port found from this one on (" in str(refused.value)
    assert refused.value.where == "--port 65530"


def test_browsers_leave_out_the_usual_port() -> None:
    assert hosts(("a.local", "10.0.0.1"), 8443, usual=443) == {"a.local:8443", "10.0.0.1:8443"}
    assert hosts(("a.local",), 443, usual=443) == {"a.local:443", "a.local"}


def test_little_is_on_its_way_so_that_what_was_sent_has_arrived() -> None:
    (listener,), port = listen(("127.0.0.1",), 20000)
    with listener, socket.create_connection(("127.0.0.1", port)):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 1 << 20
