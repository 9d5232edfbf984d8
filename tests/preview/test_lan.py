"""This machine on its network, and the way of an iPhone to it: walked from a network namespace of its own."""

from __future__ import annotations

import functools
import json
import os
import ssl
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ota_site.preview.lan.addresses import local_name
from ota_site.preview.lan.authority import certify, load_authority
from ota_site.preview.lan.profile import trust_profile
from ota_site.preview.lan.tls import tls_context
from ota_site.preview.lan.welcome import make_welcome
from tests.networks import Neighbour, neighbour
from tests.preview.serving import serving

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def phone(program: Callable[[str, str], str]) -> Iterator[Neighbour]:
    """Return another machine on a network with this one."""
    if sys.platform != "linux":
        pytest.skip("network namespaces are Linux's")
    program("ip", "iproute2")
    with neighbour() as there:
        yield there


@contextmanager
def small_server(folder: Path, address: str, context: ssl.SSLContext) -> Iterator[int]:
    """Serve a folder over TLS on one address; give the port."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer((address, 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


# --- the walk -----------------------------------------------------------------------------------------------


def test_a_device_takes_the_root_from_the_welcome_page_and_then_the_site(
    program: Callable[[str, str], str], phone: Neighbour, tmp_path: Path
) -> None:
    curl, openssl = program("curl", "curl"), program("openssl", "openssl")
    now = datetime.now(UTC)
    authority = load_authority(tmp_path / "authority", now)
    context = tls_context(certify(authority, [phone.here], now), lambda: None)
    site, ipa = tmp_path / "site", os.urandom(3_000_000)
    site.mkdir()
    (site / "index.html").write_text("<h1>Fellpath</h1>")
    (site / "Fellpath.ipa").write_bytes(ipa)
    with small_server(site, phone.here, context) as port:
        home = f"https://{phone.here}:{port}/"
        # A device that trusts nothing of ours comes no further than the handshake.
        refused = phone.run(curl, "--silent", "--show-error", home)
        assert refused.returncode == 60
        assert "certificate" in refused.stderr

        welcome = make_welcome(authority.der, authority.name, site=home, hosts={phone.here}, say=lambda _: None)
        with serving(welcome, address=phone.here) as plain:
            fetched = tmp_path / "ota-site.mobileconfig"
            phone.run(curl, "--silent", "-o", fetched, f"http://{phone.here}:{plain}/ota-site.mobileconfig")
        assert fetched.read_bytes() == trust_profile(authority.der, authority.name)

        root = root_of(fetched, tmp_path)
        page = phone.run(curl, "--silent", "--show-error", "--cacert", root, home)
        assert (page.stdout, page.stderr) == ("<h1>Fellpath</h1>", "")
        copy = tmp_path / "copy.ipa"
        assert phone.run(curl, "--silent", "--cacert", root, "-o", copy, f"{home}Fellpath.ipa").returncode == 0
        assert copy.read_bytes() == ipa
        asked = ["-connect", f"{phone.here}:{port}", "-verify_ip", phone.here, "-verify_return_error"]
        said = phone.run("sh", "-c", 'exec "$@" </dev/null', "sh", openssl, "s_client", "-CAfile", root, *asked)
        assert "Verify return code: 0 (ok)" in said.stdout


def root_of(profile: Path, folder: Path) -> Path:
    """Return a file with the root that a profile holds, as PEM."""
    import plistlib

    (payload,) = plistlib.loads(profile.read_bytes())["PayloadContent"]
    path = folder / "root.pem"
    path.write_text(ssl.DER_cert_to_PEM_cert(payload["PayloadContent"]))
    return path


# --- addresses and names ------------------------------------------------------------------------------------


def addresses_seen_by(machine: Neighbour) -> subprocess.CompletedProcess[str]:
    code = "import json; from ota_site.preview.lan.addresses import lan_addresses; print(json.dumps(lan_addresses()))"
    return machine.run("env", f"PYTHONPATH={PROJECT / 'generator'}", sys.executable, "-c", code)


def test_every_interface_has_its_address_and_the_default_route_comes_first(phone: Neighbour) -> None:
    for name, address in (("wifi", "192.168.77.5/24"), ("uplink", "203.0.113.9/24"), ("unplugged", None)):
        phone.run("ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}-peer")
        if address:
            phone.run("ip", "addr", "add", address, "dev", name)
            phone.run("ip", "link", "set", name, "up")
    assert phone.run("ip", "route", "add", "default", "via", "192.168.77.1", "dev", "wifi").returncode == 0
    # The public address and the loopback's are left out.
    assert json.loads(addresses_seen_by(phone).stdout) == ["192.168.77.5", phone.address]


def test_a_vpn_that_takes_the_default_route_is_not_where_an_iphone_is(phone: Neighbour) -> None:
    for command in (
        "ip link add containers type bridge",
        "ip addr add 172.17.0.1/16 dev containers",
        "ip link set containers up",
        "ip link add wifi type veth peer name wifi-peer",
        "ip addr add 169.254.7.7/16 dev wifi",
        "ip link set wifi up",
        "ip tuntap add vpn mode tun",
        "ip addr add 192.168.200.2/24 dev vpn",
        "ip link set vpn up",
        "ip route add default dev vpn",
    ):
        done = phone.run(*command.split())
        if done.returncode:
            pytest.skip(f"no such network can be made here: {command}: {done.stderr.strip()}")
    assert json.loads(addresses_seen_by(phone).stdout) == [phone.address, "172.17.0.1", "169.254.7.7", "192.168.200.2"]


def test_an_address_is_left_once_there_is_another_in_its_stead(phone: Neighbour) -> None:
    def has_left(address: str) -> bool:
        code = f"from ota_site.preview.lan.network import has_moved; print(has_moved('https://{address}:8000/'))"
        return phone.run("env", f"PYTHONPATH={PROJECT / 'generator'}", sys.executable, "-c", code).stdout == "True\n"

    assert not has_left(phone.address)
    assert has_left("192.168.77.5")
    assert phone.run("sh", "-c", "ip -o link | grep -o 'oti-[0-9a-f]*' | xargs -I% ip link del %").returncode == 0
    # One that just woke up has none yet.
    assert not has_left(phone.address)


def test_without_a_network_there_is_a_plain_failure(phone: Neighbour) -> None:
    assert phone.run("sh", "-c", "ip -o link | grep -o 'oti-[0-9a-f]*' | xargs -I% ip link del %").returncode == 0
    done = addresses_seen_by(phone)
    assert done.stdout == ""
    assert "SiteError: this machine has no private address on a local network" in done.stderr


@pytest.mark.parametrize(
    ("host_name", "name"),
    [
        ("laptop", "laptop.local"),
        ("Laptop.local", "laptop.local"),
        ("build-7.example.com", "build-7.local"),
        ("localhost", None),
        ("", None),
        ("under_score", None),
        ("-x", None),
        ("größe", None),
        ("a" * 64, None),
    ],
)
def test_the_name_in_multicast_dns(host_name: str, name: str | None) -> None:
    assert local_name(host_name) == name
