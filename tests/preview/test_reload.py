"""Pages that reload: what the preview adds to them, and real browsers in which somebody edits."""

from __future__ import annotations

import re
import socket
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.support.wait import WebDriverWait

from ota_site.model.errors import SiteError
from ota_site.model.records import replace
from ota_site.preview.reload import STATES, dressed, error_page
from tests.preview.shown import LIMITS, PATIENCE, Preview, shown
from tests.trees import put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

PAGE = b'<!doctype html>\n<html lang="en">\n<head>\n<title>T</title>\n</head>\n<body>\n<p>Text</p>\n</body>\n</html>\n'
APP = "apps/com.example.two/"
NASTY = SiteError('<script>alert("1")</script>', where="a&b.toml: <line> 3", hint="<b>mend</b> it")
THEME = 'name = "own"\ncontract = 1\nextends = "default"\n'
TEMPLATE = '{% extends "default:app.html" %}{% block main %}<h1>{{ page.app.name }} is WORD</h1>{% endblock %}'


@pytest.fixture
def preview(tmp_path: Path) -> Iterator[Preview]:
    """Return a preview of a folder that may be written into."""
    with shown(put(tmp_path) / "content") as preview:
        yield preview


def use_theme(preview: Preview) -> Path:
    """Give the site a theme of its own; return the template of an app's page."""
    template = preview.content.parent / "themes" / "own" / "templates" / "app.html"
    template.parent.mkdir(parents=True)
    template.write_text(TEMPLATE)
    template.parents[1].joinpath("theme.toml").write_text(THEME)
    preview.write("site.toml", 'theme = "own"\n')
    return template


def wait_for_text(driver: WebDriver, text: str, *, absent: str | None = None) -> None:
    """Wait until the page says it."""

    def says(driver: WebDriver) -> bool:
        words = driver.execute_script("return document.body ? document.body.innerText : ''")
        return text in words and (absent is None or absent not in words)

    # A page that is just being left answers with an error.
    WebDriverWait(driver, PATIENCE, ignored_exceptions=[WebDriverException]).until(says)


def test_a_page_gets_a_script_and_nothing_else() -> None:
    script = b'<script src="/.preview/reload.js?epoch=e-1" defer></script>\n'
    assert dressed(PAGE, "e-1", shown_as=None, faults=()) == PAGE.replace(b"</head>", script + b"</head>")


def test_a_page_is_shown_as() -> None:
    assert b'<html data-as="ipad" lang="en">' in dressed(PAGE, "e-1", shown_as="ipad", faults=())


@pytest.mark.parametrize("page", [error_page("e-1", (NASTY,)), dressed(PAGE, "e-1", shown_as=None, faults=(NASTY,))])
def test_a_banner_says_what_is_wrong_and_runs_nothing(page: bytes) -> None:
    text = page.decode()
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;" in text
    assert "a&amp;b.toml: &lt;line&gt; 3" in text
    assert "&lt;b&gt;mend&lt;/b&gt; it" in text
    assert len(re.findall(r"<script", text)) == 1
    assert text.index("banner.css") < text.index("</head>") < text.index("<aside") < text.index("</body>")


def test_a_page_without_a_head_is_reloaded_too() -> None:
    assert b"reload.js" in dressed(b"<p>Half a page", "e-1", shown_as=None, faults=())


def test_every_device_that_the_pages_know_is_a_state(preview: Preview) -> None:
    site = preview.after(None).site
    assert site
    scripts = b"".join(preview.fetch(f"/{path}").body for path in site.recipes if path.endswith(".js")).decode()
    devices = re.search(r"DEVICES=\[(.*?)\]", scripts)
    assert devices
    alone = re.findall(r'\bas==="([\w-]+)"', scripts)
    assert {*re.findall(r'"([\w-]+)"', devices[1]), *alone} <= set(STATES)
    assert {"expired", "intel-mac"} <= set(alone)


def test_a_state_in_the_address_is_kept_apart(preview: Preview) -> None:
    assert b'data-as="wechat"' in preview.fetch("/?as=wechat").body
    assert b"data-as" not in preview.fetch("/").body
    refused = preview.fetch("/?as=toaster")
    assert (refused.status, b"intel-mac" in refused.body) == (400, True)


def test_the_address_beats_the_flag(tmp_path: Path) -> None:
    with shown(put(tmp_path) / "content", watched=False, shown_as="ipad") as preview:
        assert b'data-as="ipad"' in preview.fetch("/").body
        assert b'data-as="slack"' in preview.fetch("/?as=slack").body


def test_the_stream_tells_each_epoch(preview: Preview) -> None:
    connection = HTTPConnection("127.0.0.1", preview.port, timeout=PATIENCE)
    connection.request("GET", "/.preview/events")
    stream = connection.getresponse()
    assert stream.headers["Content-Type"] == "text/event-stream"

    def epoch() -> str:
        while not (line := stream.readline()).startswith(b"data: "):
            assert line.startswith((b"retry: ", b"\n"))
        return line.removeprefix(b"data: ").strip().decode()

    assert epoch() == preview.after(None).epoch
    for number in range(3):
        expected = preview.write("index.md", f"Edit {number}\n").epoch
        assert epoch() == expected
    connection.close()


def test_settings_that_fail_show_in_every_page(preview: Preview) -> None:
    before = preview.fetch(f"/{APP}").body
    preview.write("site.toml", 'title = "Ours"\nlanguage = "x y"\n')
    for path in ("/", f"/{APP}", "/nothing/"):
        page = preview.fetch(path).body.decode()
        assert "site.toml" in page
        assert "is not a language tag" in page
        assert "write a tag such as" in page
    preview.write("site.toml", 'title = "Ours"\n')
    after = preview.fetch(f"/{APP}").body
    assert b"ota-site-preview" not in after
    assert len(after) == len(before)


def test_the_first_attempt_may_fail(tmp_path: Path) -> None:
    put(tmp_path)
    (tmp_path / "content" / "site.toml").write_text("title = [\n")
    with shown(tmp_path / "content") as preview:
        failed = preview.fetch("/")
        assert (failed.status, b"site.toml" in failed.body, b"reload.js" in failed.body) == (500, True, True)
        preview.write("site.toml", 'title = "Mended"\n')
        assert preview.fetch("/").status == 200


def test_a_template_that_fails_shows_the_page_that_was(preview: Preview) -> None:
    template = use_theme(preview)
    assert b"Two is WORD" in preview.fetch(f"/{APP}").body
    epoch = preview.after(None).epoch
    template.write_text(TEMPLATE.replace("app.name", "app.nmae"))
    preview.after(epoch)
    seen, unseen, other = (preview.fetch(path) for path in (f"/{APP}", "/apps/com.example.sample/", "/"))
    assert (seen.status, b"Two is WORD" in seen.body, b"did you mean `name`?" in seen.body) == (200, True, True)
    assert b"app.html:1" in seen.body
    assert (unseen.status, b"app.html:1" in unseen.body) == (500, True)
    assert (other.status, b"ota-site-preview" in other.body) == (200, False)
    assert any("app.html:1" in line for line in preview.said)


def test_a_text_that_is_edited_shows_at_once(preview: Preview, browser: WebDriver) -> None:
    browser.get(preview.url + APP)
    for number in range(3):
        (preview.content / "two.md").write_text(f"It is edit {number}.\n")
        wait_for_text(browser, f"It is edit {number}.")


def test_so_does_a_theme(preview: Preview, browser: WebDriver) -> None:
    template = use_theme(preview)
    browser.get(preview.url + APP)
    wait_for_text(browser, "Two is WORD")
    template.write_text(TEMPLATE.replace("WORD", "NEW"))
    wait_for_text(browser, "Two is NEW")
    template.write_text(TEMPLATE.replace("WORD", "{{ nothing }}"))
    wait_for_text(browser, "app.html:1")
    wait_for_text(browser, "Two is NEW")
    template.write_text(TEMPLATE.replace("WORD", "MENDED"))
    wait_for_text(browser, "Two is MENDED", absent="app.html:1")


def test_a_banner_comes_and_goes(preview: Preview, browser: WebDriver) -> None:
    browser.get(preview.url + APP)
    (preview.content / "site.toml").write_text("tilte = 5\n")
    wait_for_text(browser, "did you mean `title`?")
    colour = "return getComputedStyle(document.querySelector('.ota-site-preview')).backgroundColor"
    assert browser.execute_script(colour) == "rgb(140, 29, 24)"
    (preview.content / "site.toml").write_text('title = "Ours"\n')
    wait_for_text(browser, "Two", absent="did you mean")


def test_a_page_outlives_the_server(tmp_path: Path, browser: WebDriver) -> None:
    content = put(tmp_path) / "content"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with shown(content, port=port) as preview:
        browser.get(preview.url + APP + "?as=ipad")
        wait_for_text(browser, "Two")
    (content / "two.md").write_text("Written while nobody served.\n")
    with shown(content, port=port):
        wait_for_text(browser, "Written while nobody served.")
        assert browser.current_url.endswith("?as=ipad")
        assert browser.execute_script("return document.documentElement.dataset.as") == "ipad"


def test_a_page_whose_place_was_needed_comes_again(tmp_path: Path, browser: WebDriver) -> None:
    limits = replace(LIMITS, streams=1)
    with shown(put(tmp_path) / "content", limits=limits) as preview:
        browser.get(preview.url + APP)
        wait_for_text(browser, "Two")
        with socket.create_connection(("127.0.0.1", preview.port), timeout=PATIENCE) as other:
            other.sendall(b"GET /.preview/events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % preview.port)
            # The page has lost its place to this one, and takes it back after a while.
            while b"event: full" not in other.recv(65536):
                pass
        (preview.content / "two.md").write_text("Seen all the same.\n")
        wait_for_text(browser, "Seen all the same.")


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("iphone", "Install"),
        ("wechat", "Open this page in Safari"),
        ("android", "This app does not run on Android"),
        ("desktop", "Scan with your iPhone"),
    ],
)
def test_a_page_is_seen_as_on_another_device(preview: Preview, chromium: WebDriver, state: str, says: str) -> None:
    chromium.get(f"{preview.url}{APP}?as={state}")
    wait_for_text(chromium, says)
