"""The preview's server, asked by real clients over real sockets."""

from __future__ import annotations

import hashlib
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, IncompleteRead
from typing import TYPE_CHECKING

import pytest

from ota_site.build import build_site
from ota_site.cli.serve import settings_of
from ota_site.model.records import replace
from tests.builds import NOW
from tests.preview.shown import PATIENCE, Got, Preview, shown
from tests.samples import App, make_ipa
from tests.trees import put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCRIPT = re.compile(rb'<script src="/\.preview/reload\.js\?epoch=[\w-]+" defer></script>\n')
NOT_OURS = "nobody may read this"


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """Return a preview that is not watched, beside a file that is none of its own."""
    folder = put(tmp_path_factory.mktemp("server"))
    (folder / "secret.txt").write_text(NOT_OURS)
    (folder / "content" / "linked").symlink_to(folder)
    with shown(folder / "content", watched=False) as preview:
        yield preview


def an_ipa(preview: Preview) -> str:
    """Return the path of an IPA of the site."""
    site = preview.after(None).site
    assert site
    return next(f"/{path}" for path in sorted(site.recipes) if path.endswith(".ipa"))


def test_every_file_is_the_one_that_is_published(preview: Preview, tmp_path: Path) -> None:
    config = replace(settings_of(preview.content), output=tmp_path / "_site")
    report = build_site(config, NOW)
    assert len(report.plan) > 30
    for recipe in report.plan:
        got = preview.fetch(f"/{recipe.path}")
        scripts = len(SCRIPT.findall(got.body))
        assert (got.status, recipe.path, scripts) == (200, recipe.path, int(recipe.path.suffix == ".html"))
        assert SCRIPT.sub(b"", got.body) == (tmp_path / "_site" / recipe.path).read_bytes()


def test_the_script_stands_in_the_head(preview: Preview) -> None:
    head, _, _ = preview.fetch("/").body.partition(b"</head>")
    assert SCRIPT.search(head)


def test_headers_are_those_that_hosts_are_told(preview: Preview) -> None:
    page, manifest, ipa = (
        preview.fetch(path).headers for path in ("/", "/apps/com.example.two/manifest.plist", an_ipa(preview))
    )
    assert "script-src 'self'" in page["content-security-policy"]
    assert page["content-type"] == "text/html; charset=utf-8"
    assert (manifest["content-type"], ipa["content-type"]) == ("text/xml", "application/octet-stream")
    assert {page["cache-control"], manifest["cache-control"], ipa["cache-control"]} == {"no-cache"}


def test_a_folder_without_its_slash_is_sent_on(preview: Preview) -> None:
    got = preview.fetch("/apps/com.example.two?as=ipad")
    assert (got.status, got.headers["location"]) == (308, "./com.example.two/?as=ipad")
    assert preview.fetch("/apps/com.example.two/").status == 200


def test_the_sites_own_page_says_that_there_is_none(preview: Preview) -> None:
    got = preview.fetch("/apps/nobody/")
    assert got.status == 404
    assert SCRIPT.sub(b"", got.body) == SCRIPT.sub(b"", preview.fetch("/404.html").body)


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret.txt", "/%2e%2e/secret.txt", "/%252e%252e/secret.txt", "/..%2fsecret.txt", "/..%5csecret.txt"),
        *("/..\\secret.txt", "/apps/../../secret.txt", "/apps/%2E%2E/%2E%2E/secret.txt", "//secret.txt"),
        *("/linked/secret.txt", "/content/site.toml", "/site.toml", "//etc/passwd", "/etc/passwd", "/index.html%00"),
        *("/index.html%00.txt", "/INDEX.HTML", "/Help/", "/index.html.", "/help./", "//help/", "/help//", "/./help/"),
        *(
            "/help/.",
            "/apps%2fcom.example.two%2f",
            "/%68elp%2f",
            "/index.html/",
            "/index.html::$DATA",
            "/%c0%ae%c0%ae/",
        ),
        *("/.preview/", "/.preview/../secret.txt", "/.preview/nothing", "secret.txt", "file:///etc/passwd"),
        *("http://127.0.0.1/index.html", "*", "/~root", "/index.html%20", "/_site/index.html", "/%"),
    ],
)
def test_there_is_no_other_way_in(preview: Preview, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{preview.port}\r\nConnection: close\r\n\r\n"
    answer = preview.raw(request.encode("latin-1"))
    assert answer.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 "))
    assert NOT_OURS.encode() not in answer
    assert b"root:" not in answer


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
def test_the_loopbacks_names_are_answered(preview: Preview, host: str) -> None:
    assert preview.fetch("/", {"Host": f"{host}:{preview.port}"}).status == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1:1", "localhost.evil.example:{port}", ""])
@pytest.mark.parametrize("path", ["/", "/.preview/events", "/.preview/reload.js"])
def test_a_strangers_name_is_not(preview: Preview, host: str, path: str) -> None:
    assert preview.fetch(path, {"Host": host.format(port=preview.port)}).status == 421


def test_a_request_without_a_host_is_not_answered(preview: Preview) -> None:
    assert preview.raw(b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 421 ")
    assert preview.raw(b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
def test_only_reading_is_allowed(preview: Preview, method: str) -> None:
    got = preview.fetch("/", method=method)
    assert (got.status, got.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("head", [b"X: " + b"x" * 40_000, b"\r\n".join(b"X%d: y" % n for n in range(5000))])
def test_a_request_has_an_end(preview: Preview, head: bytes) -> None:
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % preview.port + head
    with socket.create_connection(("127.0.0.1", preview.port), timeout=PATIENCE) as client:
        client.sendall(request)
        assert client.recv(12) == b"HTTP/1.1 400"


def test_a_slow_client_keeps_nobody_waiting(preview: Preview) -> None:
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % preview.port
    with socket.create_connection(("127.0.0.1", preview.port), timeout=PATIENCE) as slow:
        for byte in request[:20]:
            slow.sendall(bytes([byte]))
            assert preview.fetch("/").status == 200
        slow.sendall(request[20:])
        assert slow.recv(15) == b"HTTP/1.1 200 OK"


def test_one_who_does_not_read_keeps_nobody_waiting(tmp_path: Path) -> None:
    put(tmp_path)
    write_large(tmp_path / "content" / "large.png", 64 << 20)
    (tmp_path / "content" / "index.md").write_text("![large](large.png)\n")
    with shown(tmp_path / "content", watched=False) as preview:
        path = large(preview)
        request = b"GET /%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (path.encode(), preview.port)
        with socket.create_connection(("127.0.0.1", preview.port), timeout=PATIENCE) as lazy:
            lazy.sendall(request)
            assert lazy.recv(15) == b"HTTP/1.1 200 OK"
            assert [preview.fetch("/").status for _ in range(20)] == [200] * 20
        assert preview.visit(f"/{path}")[-1].sent < 64 << 20


def write_large(path: Path, size: int) -> None:
    """Write a file that takes no room."""
    with path.open("wb") as file:
        file.truncate(size)


def large(preview: Preview) -> str:
    """Return the path of large.png in the site."""
    site = preview.after(None).site
    assert site
    return next(path for path in site.recipes if path.endswith("large.png"))


RANGES = {
    "bytes=0-9": (206, slice(0, 10)),
    "bytes=5-": (206, slice(5, None)),
    "bytes=-7": (206, slice(-7, None)),
    "bytes=0-99999999999": (206, slice(None)),
    "bytes=-99999999999": (206, slice(None)),
    "bytes=99999999-": (416, slice(0)),
    "bytes=-0": (416, slice(0)),
    "bytes=9-2": (200, slice(None)),
    "bytes=0-1,4-5": (200, slice(None)),
    "bytes=-": (200, slice(None)),
    "bytes=" + "9" * 5000 + "-": (200, slice(None)),
    "lines=0-1": (200, slice(None)),
}


@pytest.mark.parametrize("asked", RANGES, ids=lambda text: text[:24])
@pytest.mark.parametrize("kind", ["ipa", "page", "made"])
def test_ranges(preview: Preview, asked: str, kind: str) -> None:
    path = {"ipa": an_ipa(preview), "page": "/", "made": "/search.json"}[kind]
    whole = preview.fetch(path).body
    status, part = RANGES[asked]
    got = preview.fetch(path, {"Range": asked})
    assert (got.status, got.body) == (status, whole[part])
    assert got.headers["content-length"] == str(len(got.body))
    if status == 206:
        start, stop, _ = part.indices(len(whole))
        assert got.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(whole)}"
    if status == 416:
        assert got.headers["content-range"] == f"bytes */{len(whole)}"


@pytest.mark.parametrize("kind", ["ipa", "page"])
def test_a_file_that_a_client_has_is_not_sent_again(preview: Preview, kind: str) -> None:
    path = an_ipa(preview) if kind == "ipa" else "/"
    whole = preview.fetch(path)
    tag = whole.headers["etag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = preview.fetch(path, {"If-None-Match": known})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert preview.fetch(path, {"If-None-Match": '"other"'}).body == whole.body


def test_a_download_goes_on_only_with_the_same_file(preview: Preview) -> None:
    path = an_ipa(preview)
    whole = preview.fetch(path)
    same = preview.fetch(path, {"Range": "bytes=4-", "If-Range": whole.headers["etag"]})
    other = preview.fetch(path, {"Range": "bytes=4-", "If-Range": '"other"'})
    assert (same.status, same.body) == (206, whole.body[4:])
    assert (other.status, other.body) == (200, whole.body)


def test_head_says_all_but_the_file(preview: Preview) -> None:
    for path in ("/", an_ipa(preview), "/nothing/", "/.preview/events"):
        head = preview.fetch(path, method="HEAD")
        assert head.body == b""
        if path != "/.preview/events":
            whole = preview.fetch(path)
            assert {**head.headers, "date": ""} == {**whole.headers, "date": ""}
            assert head.headers["content-length"] == str(len(whole.body))


def test_a_file_that_is_not_the_one_known_is_not_sent(tmp_path: Path) -> None:
    put(tmp_path)
    with shown(tmp_path / "content", watched=False) as preview:
        noticed: list[Path] = []
        preview.stage.look_again = noticed.append
        path, file = an_ipa(preview), tmp_path / "content" / "one" / "a.ipa"
        site = preview.after(None).site
        assert site
        file = site.recipes[path[1:]].source.path  # type: ignore[union-attr]
        file.write_bytes(make_ipa(App(version="9.9")))
        got = preview.fetch(path)
        assert (got.status, got.headers["retry-after"], noticed) == (503, "1", [file])
        file.unlink()
        assert preview.fetch(path).status == 503


def test_a_file_that_changes_while_it_is_sent_is_cut(tmp_path: Path) -> None:
    put(tmp_path)
    file = tmp_path / "content" / "large.png"
    write_large(file, 64 << 20)
    (tmp_path / "content" / "index.md").write_text("![large](large.png)\n")
    with shown(tmp_path / "content", watched=False) as preview:
        connection = HTTPConnection("127.0.0.1", preview.port, timeout=PATIENCE)
        connection.request("GET", "/" + large(preview))
        response = connection.getresponse()
        first = response.read(1000)
        with file.open("r+b") as changed:
            changed.write(b"x" * 1000)
        with pytest.raises((IncompleteRead, ConnectionError)) as caught:
            response.read()
        connection.close()
        assert first == bytes(1000)
        if isinstance(caught.value, IncompleteRead):
            assert not caught.value.partial.strip(b"\0")
        assert preview.visit("/" + large(preview))[-1].sent < 64 << 20


def test_everybody_gets_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    put(tmp_path)
    blob = hashlib.shake_128(b"blob").digest(3 << 20)

    def ipa(version: int) -> bytes:
        app = App(name="Two", bundle_id="com.example.two", version=f"{version}.0", extra={"Payload/Two.app/x": blob})
        return make_ipa(app)

    versions = [ipa(version) for version in range(1, 5)]
    wanted = {hashlib.sha256(data).hexdigest() for data in versions}
    file = tmp_path / "content" / "two.ipa"
    file.write_bytes(versions[0])
    with shown(tmp_path / "content") as preview, ThreadPoolExecutor(50) as clients:

        def download(_: int) -> Got:
            while True:
                epoch = preview.after(None).epoch
                manifest = preview.fetch("/apps/com.example.two/manifest.plist").body.decode()
                found = re.search(r"https://preview\.invalid(/[^<]+\.ipa)", manifest)
                assert found
                got = preview.fetch(found[1])
                if got.status == 200:
                    return got
                # Another has just taken its place; a device comes again in a second.
                assert (got.status, got.headers.get("retry-after")) in {(503, "1"), (404, None)}
                preview.after(epoch)

        pending = list(clients.map(download, range(10)))
        downloads = [clients.submit(download, number) for number in range(50)]
        for number, data in enumerate(versions[1:]):
            (tmp_path / "next").write_bytes(data)
            (tmp_path / "next").replace(file)
            preview.write("index.md", f"Note {number}\n")
        downloads += [clients.submit(download, number) for number in range(50)]
        pending += [download.result() for download in downloads]
        final = preview.after(None)
        while "4.0" not in preview.fetch("/apps/com.example.two/").body.decode():
            final = preview.after(final.epoch)
        last = download(0)
    assert len(pending) == 110
    assert {hashlib.sha256(got.body).hexdigest() for got in pending} <= wanted
    assert last.body == versions[-1]


def test_visits_are_told(preview: Preview) -> None:
    path = an_ipa(preview)
    while not preview.visits.empty():
        preview.visits.get()
    size = len(preview.fetch(path, {"User-Agent": "appstored"}).body)
    visit = preview.visit(path)[-1]
    assert (visit.client, visit.method, visit.agent, visit.status) == ("127.0.0.1", "GET", "appstored", 200)
    assert (visit.first, visit.total, visit.sent) == (0, size, size)
    preview.fetch(path, {"Range": "bytes=10-19"})
    visit = preview.visit(path)[-1]
    assert (visit.status, visit.first, visit.total, visit.sent) == (206, 10, size, 10)
    preview.fetch("/nothing")
    assert preview.visit("/nothing")[-1].status == 404


def test_a_long_download_is_told_on_its_way(tmp_path: Path) -> None:
    put(tmp_path)
    write_large(tmp_path / "content" / "large.png", 32 << 20)
    (tmp_path / "content" / "index.md").write_text("![large](large.png)\n")
    with shown(tmp_path / "content", watched=False) as preview:
        path = "/" + large(preview)
        preview.fetch(path)
        sent = [visit.sent for visit in preview.visit(path)]
    assert sent == sorted(sent)
    assert 15 <= len(sent) <= 21


def test_a_site_below_a_path_is_shown_there(tmp_path: Path) -> None:
    put(tmp_path)
    (tmp_path / "content" / "site.toml").write_text('base_url = "https://example.com/our/apps/"\n')
    with shown(tmp_path / "content", watched=False) as preview:
        assert preview.fetch("/").headers["location"] == "/our/apps/"
        assert preview.fetch("/our/apps").headers["location"] == "./apps/"
        assert preview.fetch("/our/apps/").status == 200
        assert preview.fetch("/help/").status == 404
        lost = preview.fetch("/our/apps/nothing/").body.decode()
        style = re.search(r'href="(/our/apps/assets/[^"]+style\.css)"', lost)
        assert style
        assert preview.fetch(style[1]).status == 200


def test_nothing_is_written(tmp_path: Path) -> None:
    put(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with shown(tmp_path / "content", watched=False) as preview:
        assert preview.fetch("/").status == 200
        assert preview.fetch(an_ipa(preview)).status == 200
    assert sorted(tmp_path.rglob("*")) == before
