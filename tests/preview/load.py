"""`python -m tests.preview.load`: what `ota-site serve` does under load with 256 open files, on this machine alone.

Each line says how long a fetch by a new client took, how long a saved text took to be on the page, which share of a
core the server used with nothing to do, and how many open files it had.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.trees import FILES, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES_SHOWN = {**FILES, "index.md": "Welcome. ![large](large.png)\n"}
LARGE = 16 << 20
OPEN_FILES = 256
"""How many the preview may have open."""
# The local network is this machine's own: with `--lan`, nobody else is asked or answered.
COMMAND = """
import ota_site.preview.lan.network
from ota_site.cli import main
ota_site.preview.lan.network.lan_addresses = lambda: ("127.0.0.2",)
main()
"""
REQUEST = b"GET /%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n"
SECONDS = 3.0
"""How long what is asked for is waited for."""


class Served(NamedTuple):
    """A preview in a process of its own."""

    process: subprocess.Popen[bytes]
    port: int
    content: Path
    said: Path
    tls: ssl.SSLContext | None

    def connect(self, *, bare: bool = False) -> socket.socket:
        """Return a connection, with its handshake done unless it is to be bare."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
        try:
            return client if bare or not self.tls else self.tls.wrap_socket(client)
        except OSError:
            client.close()
            raise

    def page(self) -> tuple[float, bytes]:
        """Return how long the front page takes a new client, and what comes."""
        started, request = time.monotonic(), b"GET / HTTP/1.0\r\nHost: 127.0.0.1:%d\r\n\r\n" % self.port
        with suppress(OSError), self.connect() as client:
            client.sendall(request)
            answer = b"".join(iter(lambda: client.recv(65536), b""))
            return time.monotonic() - started, answer
        return time.monotonic() - started, b""

    def cpu(self) -> float:
        """Return the seconds of a processor that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def files(self) -> int:
        """Return how many files it has open."""
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/fd").iterdir())


@contextmanager
def served(folder: Path, *flags: str, files: int = OPEN_FILES) -> Iterator[Served]:
    """Serve a small catalog with few open files, the error output with the rest."""
    put(folder, FILES_SHOWN)
    with (folder / "content" / "large.png").open("wb") as large:
        large.truncate(LARGE)
    said = folder / "said"
    limited = ("sh", "-c", f'ulimit -n {files} && exec "$@"', "sh", sys.executable, "-u", "-c", COMMAND, "serve")
    environment = {
        **os.environ,
        "XDG_DATA_HOME": str(folder / "data"),
        "PYTHONPATH": str(Path(__file__).parents[2] / "generator"),
    }
    with said.open("wb") as terminal:
        process = subprocess.Popen(
            [*limited, "--port", "8765", *flags], cwd=folder, env=environment, stdout=terminal, stderr=terminal
        )
    try:
        while not (found := re.search(r"(https?)://[\d.]+:(\d+)/[^~]*Built in", said.read_text())):
            assert process.poll() is None, said.read_text()
            time.sleep(0.05)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if found[1] == "https" else None
        if tls:
            tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        yield Served(process, int(found[2]), folder / "content", said, tls)
    finally:
        process.kill()
        process.wait()


def streams(served: Served, open_now: ExitStack) -> None:
    """Open 400 streams."""
    ask(served, open_now, REQUEST % (b".preview/events", served.port))


def downloads(served: Served, open_now: ExitStack) -> None:
    """Begin 400 downloads and read none."""
    ask(served, open_now, REQUEST % (b"media/large.png", served.port))


def ask(served: Served, open_now: ExitStack, request: bytes) -> None:
    """Send a request on 400 connections."""
    failed = 0
    for _ in range(400):
        try:
            open_now.enter_context(served.connect()).sendall(request)
        except OSError:
            # Each takes long to fail.
            failed += 1
            if failed == 10:
                return


def silent(served: Served, open_now: ExitStack) -> None:
    """Open 1,000 connections and send nothing."""
    for _ in range(1000):
        with suppress(OSError):
            open_now.enter_context(served.connect(bare=True))


def partial(served: Served, open_now: ExitStack) -> None:
    """Open 1,000 connections, each with the beginning of a request or of a handshake."""
    start = b"\x16\x03\x01\x02\x00\x01" if served.tls else b"GET / HTTP/1.1\r\nHost: "
    for _ in range(1000):
        with suppress(OSError):
            open_now.enter_context(served.connect(bare=True)).sendall(start)


def measure(load: Callable[[Served, ExitStack], None], *flags: str) -> None:
    """Print what becomes of a preview under a load."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), *flags) as found, ExitStack() as open_now:
        before = found.files()
        started = time.monotonic()
        load(found, open_now)
        loaded = time.monotonic() - started
        fetches = [found.page() for _ in range(10)]
        good = [took for took, answer in fetches if b" 200 " in answer[:20]]
        files = found.files()
        saved = time.monotonic()
        (found.content / "index.md").write_text("Quite new.\n")
        while b"Quite new." not in found.page()[1] and time.monotonic() - saved < SECONDS:
            time.sleep(0.02)
        shown = time.monotonic() - saved
        before_idle = found.cpu()
        time.sleep(5)
        idle = (found.cpu() - before_idle) / 5
        print(  # noqa: T201 - this is its result
            f"{load.__name__:9} {' '.join(flags) or 'plain':6} opened in {loaded:5.2f} s; {len(good):2} of 10 fetches, "
            f"slowest {max(good, default=0):5.3f} s; saved text "
            f"{f'shown after {shown:.2f} s' if shown < SECONDS else 'not shown'}; idle {idle:4.0%} of a core; "
            f"{files} open files, {before} without load, {found.files()} after; "
            f"{len(found.said.read_text().splitlines())} lines said",
            flush=True,
        )


def storm() -> None:
    """Print how many rebuilds ten thousand events in a second lead to."""
    # In memory, where there is such a disk: others do not take so many writes in a second.
    memory_disk = next(filter(os.path.isdir, ("/dev/shm",)), None)  # noqa: S108 - a folder of its own is made there
    with tempfile.TemporaryDirectory(dir=memory_disk) as folder, served(Path(folder)) as found:
        started = time.monotonic()
        for number in range(10_000):
            (found.content / f"{number % 200}.md").write_text(f"# {number}\n")
        took = time.monotonic() - started
        time.sleep(5)
        made = found.said.read_text().count("Built in") - 1
        memory = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{found.process.pid}/status").read_text())
        peak = int(memory[1]) >> 10 if memory else 0
        print(f"storm: 10,000 writes in {took:.1f} s, {made} rebuilds, at most {peak} MB")  # noqa: T201


if __name__ == "__main__":
    for flags in ((), ("--lan",)):
        for each in (streams, downloads, silent, partial):
            measure(each, *flags)
    storm()
