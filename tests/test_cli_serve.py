"""`ota-site serve`, run as people run it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.trees import put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse

PATIENCE = 30
COMMAND = [sys.executable, "-u", "-m", "ota_site", "serve"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "generator")}


class Running(NamedTuple):
    """A preview in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    folder: Path

    def connect(self) -> HTTPConnection:
        """Return a connection that is yet to ask."""
        return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def fetch(self, path: str) -> bytes:
        """Return a file."""
        connection = self.connect()
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def line(self, part: str) -> str:
        """Return the next line on standard output with something in it."""
        assert self.process.stdout
        while part not in (line := self.process.stdout.readline()):
            assert line, f"it ended without saying {part!r}"
        return line

    def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit code and what was said on standard error."""
        self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def wait_for_epoch(events: HTTPResponse) -> None:
    """Read a stream until it tells an epoch."""
    while not (line := events.readline()).startswith(b"data: "):
        assert not line.startswith(b":"), "nothing came for long"


@contextmanager
def serving(folder: Path, *flags: str, port: int | None = None) -> Iterator[Running]:
    """Serve folder/content."""
    command = [*COMMAND, "--port", str(port or free_port()), *flags]
    with subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout
            first = process.stdout.readline()
            found = re.match(r"http://127\.0\.0\.1:(\d+)/ ", first)
            assert found, first
            yield Running(process, int(found[1]), folder)
        finally:
            process.kill()


def refused(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run it where it is to end at once."""
    return subprocess.run(
        [*COMMAND, *flags], cwd=folder, env=ENVIRONMENT, text=True, capture_output=True, check=False, timeout=PATIENCE
    )


def test_it_says_where_and_what_it_does(tmp_path: Path) -> None:
    with serving(put(tmp_path)) as running:
        assert running.line("Built in")
        assert b"Ours" in running.fetch("/")
        (tmp_path / "content" / "index.md").write_text("Edited.\n")
        assert "content/index.md changed" in running.line("Built in")
        assert b"Edited." in running.fetch("/")
        (tmp_path / "content" / "site.toml").write_text("tilte = 1\n")
        assert "site.toml changed; still serving the last good site" in running.line("Build failed in")
        code, errors = running.interrupt()
    assert code == 0
    assert "site.toml: unknown key `tilte`" in errors
    assert "did you mean `title`?" in errors
    assert "Traceback" not in errors
    assert not (tmp_path / "_site").exists()


def test_ctrl_c_ends_it_whatever_is_open(tmp_path: Path) -> None:
    put(tmp_path)
    with (tmp_path / "content" / "large.png").open("wb") as file:
        file.truncate(64 << 20)
    (tmp_path / "content" / "index.md").write_text("![large](large.png)\n")
    with serving(tmp_path) as running:
        streams = [running.connect() for _ in range(3)]
        for stream in streams:
            stream.request("GET", "/.preview/events")
            assert stream.getresponse().readline()
        download = running.connect()
        download.request("GET", "/media/large.png")
        assert download.getresponse().read(100) == bytes(100)
        assert running.interrupt() == (0, "")
        for connection in (*streams, download):
            connection.close()


def test_ctrl_c_ends_it_while_a_large_file_is_read(tmp_path: Path) -> None:
    with (put(tmp_path) / "content" / "large.ipa").open("wb") as file:
        file.truncate(64 << 30)
    with serving(tmp_path) as running:
        connection = running.connect()
        connection.request("POST", "/")
        assert connection.getresponse().status == 405
        connection.close()
        assert running.interrupt() == (0, "")


def test_it_goes_on_when_nobody_reads_what_it_says(tmp_path: Path) -> None:
    with serving(put(tmp_path)) as running:
        running.line("Built in")
        assert running.process.stdout
        running.process.stdout.close()
        connection = running.connect()
        connection.request("GET", "/.preview/events")
        events = connection.getresponse()
        wait_for_epoch(events)
        for text in ("Once.\n", "Twice.\n"):
            (tmp_path / "content" / "index.md").write_text(text)
            wait_for_epoch(events)
        assert b"Twice." in running.fetch("/")
        connection.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")
def test_more_connections_than_it_may_have_fill_no_terminal(tmp_path: Path) -> None:
    import resource

    with serving(put(tmp_path)) as running, ExitStack() as idle:
        running.fetch("/")
        resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, (40, 40))
        for _ in range(100):
            idle.enter_context(socket.create_connection(("127.0.0.1", running.port)))
        idle.close()
        assert b"Ours" in running.fetch("/")
        assert running.interrupt() == (0, "")


def test_a_port_in_use_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving(tmp_path, port=port) as running:
            assert running.port > port
            assert b"Ours" in running.fetch("/")
            code, errors = running.interrupt()
    assert (code, errors) == (0, f"Port {port} is in use; {running.port} is free.\n")


def test_nobody_else_on_the_network_is_answered(tmp_path: Path) -> None:
    with serving(put(tmp_path)) as running:
        running.fetch("/")
        heard = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=True).stdout
        addresses = {line.split()[3].rpartition(":")[0] for line in heard.splitlines() if f":{running.port} " in line}
    assert "127.0.0.1" in addresses
    assert addresses <= {"127.0.0.1", "[::1]"}


def test_a_state_that_no_page_knows_is_refused(tmp_path: Path) -> None:
    done = refused(put(tmp_path), "--as", "toaster")
    assert done.returncode == 2
    assert "intel-mac" in done.stderr


def test_a_state_is_shown(tmp_path: Path) -> None:
    with serving(put(tmp_path), "--as", "expired") as running:
        assert b'data-as="expired"' in running.fetch("/")


def test_a_folder_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    done = refused(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "content: there is no such folder" in done.stderr


def test_buttons_and_codes_are_there_without_an_address(tmp_path: Path) -> None:
    with serving(put(tmp_path)) as running:
        page = running.fetch("/apps/com.example.two/").decode()
    assert "itms-services://?action=download-manifest&amp;url=https%3A%2F%2Fpreview.invalid%2F" in page
    assert "qr.svg" in page


def test_four_gigabytes_take_no_memory(tmp_path: Path) -> None:
    size = 4 << 30
    put(tmp_path)
    with (tmp_path / "content" / "large.png").open("wb") as file:
        file.truncate(size)
    (tmp_path / "content" / "index.md").write_text("![large](large.png)\n")
    status = "/proc/{}/status"

    def memory(process: int) -> int:
        text = Path(status.format(process)).read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", text)
        assert found
        return int(found[1]) << 10

    if not Path(status.format("self")).exists():
        pytest.skip("only Linux tells how much memory another process had")
    with serving(tmp_path) as running:
        running.fetch("/")
        before = memory(running.process.pid)
        connection = running.connect()
        connection.request("GET", "/media/large.png")
        response = connection.getresponse()
        buffer, got = bytearray(1 << 20), 0
        while got < 1 << 30:
            got += response.readinto(buffer)
        connection.close()
        connection = running.connect()
        connection.request("GET", "/media/large.png", headers={"Range": "bytes=-1000"})
        response = connection.getresponse()
        assert response.headers["Content-Range"] == f"bytes {size - 1000}-{size - 1}/{size}"
        assert response.read() == bytes(1000)
        connection.close()
        after = memory(running.process.pid)
    assert after - before < 30 << 20
