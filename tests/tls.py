"""A folder served over TLS on this machine, as a static host would; knows not how the site was made."""

from __future__ import annotations

import functools
import gzip
import mimetypes
import re
import ssl
import tempfile
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from ota_site.model.records import Record
from ota_site.preview.lan.authority import certify, load_authority

if TYPE_CHECKING:
    from collections.abc import Iterator

# What every static host compresses for whoever accepts it.
COMPRESSED = ("text/", "application/json", "image/svg+xml")


class Request(Record):
    """One request as it came in: the path still encoded, with its query."""

    method: str
    path: str
    user_agent: str


class Site(Record):
    """A folder being served: its address with the closing slash, the root to trust, the requests so far."""

    url: str
    ca_file: Path
    requests: list[Request]


@contextmanager
def serve(folder: Path, prefix: str = "/") -> Iterator[Site]:
    """Serve `folder` below `prefix` ("/" or "/repo/"); it may be empty as yet, and may change meanwhile."""
    requests: list[Request] = []
    handler = functools.partial(_Handler, folder.resolve(), prefix, requests)
    with tempfile.TemporaryDirectory() as scratch, ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        ca_file, chain_file = _write_certificates(Path(scratch))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain_file)
        # The handshake is left to each connection's thread, so that a client that stalls holds up no other.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        # shutdown() waits for the next poll, hence the short interval.
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield Site(f"https://localhost:{server.server_port}{quote(prefix)}", ca_file, requests)
        finally:
            server.shutdown()


def headers_for(rules: str, path: str) -> dict[str, str]:
    """Return what the text of a `_headers` file says of a path; names in lower case, a later rule wins."""
    found: dict[str, str] = {}
    rule: dict[str, str] = {}
    applies = False
    for line in map(str.strip, rules.splitlines()):
        if line.startswith("/"):
            applies, found, rule = bool(_pattern(line).fullmatch(path)), found | rule, {}
        elif applies and not line.startswith("#") and ":" in line:
            name, value = (part.strip() for part in line.split(":", 1))
            # Netlify joins what one rule says twice.
            rule[name.lower()] = ", ".join(filter(None, [rule.get(name.lower()), value]))
    return found | rule


def _pattern(rule: str) -> re.Pattern[str]:
    """Translate as for_regexp.js of @netlify/headers-parser does."""
    parts = [_part_pattern(part) for part in rule.split("/") if part]
    return re.compile(f"/{'/'.join(parts)}/?", re.IGNORECASE)


def _part_pattern(part: str) -> str:
    if part.startswith(":"):
        return "[^/]+"
    if part == "*":
        return "?.*"
    return part.replace("*", ".*") if "*" in part else re.escape(part)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10  # Seconds. Without it the thread of a silent connection would never end.

    def __init__(self, folder: Path, prefix: str, requests: list[Request], *connection: Any) -> None:  # noqa: ANN401 - socketserver's own arguments
        self.folder, self.prefix, self.requests = folder, prefix, requests
        super().__init__(*connection)

    def handle(self) -> None:
        # A client that distrusts the certificate or leaves early is no event of the server's.
        with suppress(OSError):
            super().handle()

    def do_GET(self) -> None:
        self.requests.append(Request(self.command, self.path, self.headers.get("User-Agent", "")))
        path = unquote(urlsplit(self.path).path)
        found = self._find(path)
        if found is None:
            self._answer(HTTPStatus.NOT_FOUND, path, self.folder / "404.html")
        elif found.is_dir() and not path.endswith("/"):
            self._redirect()
        else:
            self._answer(HTTPStatus.OK, path, found / "index.html" if found.is_dir() else found)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _find(self, path: str) -> Path | None:
        """Return the file, or the folder with an index, that stands at a path."""
        if not f"{path}/".startswith(self.prefix):
            return None
        found = (self.folder / path[len(self.prefix) :]).resolve()
        if not found.is_relative_to(self.folder):
            return None
        served = found.is_file() and not path.endswith("/")
        return found if served or (found / "index.html").is_file() else None

    def _redirect(self) -> None:
        parts = urlsplit(self.path)
        self.send_response(HTTPStatus.MOVED_PERMANENTLY)
        self.send_header("Location", parts._replace(path=f"{parts.path}/").geturl())
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, status: HTTPStatus, path: str, file: Path) -> None:
        body = file.read_bytes() if file.is_file() else b""
        rules = self.folder / "_headers"
        said = headers_for(rules.read_text(), f"/{path[len(self.prefix) :]}") if rules.is_file() else {}
        headers = {"content-type": _known_type(file), **said}
        if headers["content-type"].startswith(COMPRESSED) and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, mtime=0)
            headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding"}
        headers["content-length"] = str(len(body))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.title(), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: `Site.requests` is the log."""


def _known_type(file: Path) -> str:
    """Guess as any host does. None of them knows .ipa or .plist: these the site itself must declare."""
    kind = mimetypes.MimeTypes().guess_type(file.name, strict=False)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _write_certificates(folder: Path) -> tuple[Path, Path]:
    """Write a root of its own and a chain with key for this machine; return both files."""
    now = datetime.now(UTC)
    authority = load_authority(folder / "authority", now)
    root, leaf = folder / "ca.pem", folder / "localhost.pem"
    root.write_text(ssl.DER_cert_to_PEM_cert(authority.der))
    leaf.write_bytes(certify(authority, (), now))
    return root, leaf
