"""An install from the laptop, walked by a neighbour on a network of its own: profile, trust, page, manifest, IPA."""

from __future__ import annotations

import hashlib
import os
import plistlib
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.networks import Neighbour, neighbour
from tests.samples import App, make_ipa

if TYPE_CHECKING:
    from collections.abc import Iterator

SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1"
SYSTEM = "com.apple.appstored/1.0 iOS/17.5 model/iPhone14,2 hwp/t8110 build/21F79 (6; dt:250) AMS/1"
PAGE = "apps/com.example.sample/"


@pytest.fixture(scope="module")
def beside() -> Iterator[Neighbour]:
    """Give a neighbour."""
    with neighbour() as found:
        yield found


class Laptop:
    """`ota-site serve --lan` in a process of its own, and what it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.site = self.line("https://").split()[0]
        greeting = self.line("http://")
        self.welcome = greeting.split()[0]
        self.authority = greeting.partition("“")[2].partition("”")[0]

    def line(self, part: str) -> str:
        """Return the next line with something in it."""
        assert self.process.stdout
        while part not in (line := self.process.stdout.readline()):
            assert line, f"it ended without saying {part!r}"
        return line


@contextmanager
def serving(folder: Path, *within: str) -> Iterator[Laptop]:
    """Serve folder/content to the local network, with a data folder of its own. within: a command that runs another."""
    environment = {
        **os.environ,
        "XDG_DATA_HOME": str(folder / "data"),
        "PYTHONPATH": str(Path(__file__).parents[2] / "generator"),
        # The moment by which builds are judged; devices go by the true one.
        "SOURCE_DATE_EPOCH": "315532800",
    }
    command = [*within, sys.executable, "-u", "-m", "ota_site", "serve", "--lan", "--port", "8443"]
    with subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            yield Laptop(process)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        finally:
            process.kill()


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a content folder of one app in it, large enough to be sent in many pieces."""
    folder = tmp_path_factory.mktemp("laptop")
    (folder / "content").mkdir()
    blob = hashlib.shake_128(b"app").digest(3_000_000)
    app = App(bundle_id="com.example.sample", extra={"Payload/Sample.app/blob": blob}, compression=0)
    (folder / "content" / "Sample.ipa").write_bytes(make_ipa(app))
    return folder


def fetch(here: Neighbour, url: str, to: Path, *more: str) -> int:
    """Let the neighbour fetch a file with curl, which is told whom to trust; return curl's exit code."""
    return here.run("curl", "--silent", "--fail", "--max-time", "30", "--output", str(to), *more, url).returncode


def test_a_neighbour_installs_from_the_laptop(content: Path, beside: Neighbour, tmp_path: Path) -> None:
    got, root = tmp_path / "got", tmp_path / "root.pem"
    with serving(content) as laptop:
        assert urlsplit(laptop.site).hostname == beside.here
        assert fetch(beside, laptop.site, got) == 60
        laptop.line("does not trust this certificate")

        assert fetch(beside, laptop.welcome, got) == 0
        assert laptop.site in got.read_text()
        assert fetch(beside, laptop.welcome + "ota-site.mobileconfig", got) == 0
        assert laptop.authority in got.read_text()
        (payload,) = plistlib.loads(got.read_bytes())["PayloadContent"]
        certificate = x509.load_der_x509_certificate(payload["PayloadContent"])
        assert certificate.not_valid_before_utc < datetime.now(UTC) < certificate.not_valid_after_utc
        root.write_bytes(certificate.public_bytes(Encoding.PEM))

        trusting = ("--cacert", str(root), "--user-agent")
        assert fetch(beside, laptop.site + PAGE, got, *trusting, SAFARI) == 0
        laptop.line("opened Sample")
        found = re.search(r'href="(itms-services://[^"]+)"', got.read_text())
        assert found
        (manifest,) = parse_qs(urlsplit(found[1].replace("&amp;", "&")).query)["url"]
        assert manifest == f"{laptop.site}{PAGE}1.2.3-45/manifest.plist"
        assert fetch(beside, manifest, got, *trusting, SYSTEM) == 0
        laptop.line("fetched the manifest of Sample")
        (item,) = plistlib.loads(got.read_bytes())["items"]
        ipa = item["assets"][0]["url"]
        assert fetch(beside, ipa, tmp_path / "head", *trusting, SYSTEM, "--head") == 0
        assert fetch(beside, ipa, got, *trusting, SYSTEM, "--range", "0-999999") == 0
        first = got.read_bytes()
        assert fetch(beside, ipa, got, *trusting, SYSTEM, "--range", "1000000-") == 0
        assert first + got.read_bytes() == (content / "content" / "Sample.ipa").read_bytes()
        laptop.line("finished downloading Sample.ipa")
        laptop.line("one of the 3 devices")


def test_a_machine_on_several_networks_says_so(content: Path, beside: Neighbour) -> None:
    for command in (
        "link add other type veth peer name other-peer",
        "addr add 192.168.77.5/24 dev other",
        "link set other up",
    ):
        assert beside.run("ip", *command.split()).returncode == 0
    with serving(content, "ip", "netns", "exec", beside.namespace) as laptop:
        assert urlsplit(laptop.site).hostname == beside.address
        assert "192.168.77.5" in laptop.line("other networks")
    beside.run("ip", "link", "del", "other")


def test_the_same_authority_serves_again_until_it_is_forgotten(
    content: Path, beside: Neighbour, tmp_path: Path
) -> None:
    profiles = []
    for _ in range(2):
        with serving(content) as laptop:
            assert fetch(beside, laptop.welcome + "ota-site.mobileconfig", tmp_path / "got") == 0
            profiles.append((tmp_path / "got").read_bytes())
    assert profiles[0] == profiles[1]
    environment = {**os.environ, "XDG_DATA_HOME": str(content / "data")}
    command = [sys.executable, "-m", "ota_site", "serve", "--forget-ca"]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], env=environment, check=True, capture_output=True, text=True
    )
    assert "Certificate Trust Settings" in done.stdout or "VPN & Device Management" in done.stdout
    assert not list((content / "data").rglob("*.pem"))


def test_only_what_is_asked_for_by_its_name_is_answered(content: Path, beside: Neighbour, tmp_path: Path) -> None:
    with serving(content) as laptop:
        options = ("--insecure", "--silent", "--write-out", "%{http_code}", "--output", str(tmp_path / "got"))
        asked = beside.run("curl", *options, "--header", "Host: evil.example.com", laptop.site)
    assert asked.stdout in ("400", "421")
