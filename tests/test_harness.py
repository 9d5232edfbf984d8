"""The harness: the server, the browsers, Netlify's parsers and the reader of QR codes do what they claim."""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import qrcode
from PIL import Image

from tests.browsers import ENGINES, resize, screenshot
from tests.tls import Site, headers_for, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

LINK = "itms-services://?action=download-manifest&url=https%3A%2F%2Flocalhost%2Fa%2Fmanifest.plist"
PAGE = f"""<!doctype html><meta name=viewport content="width=device-width"><title>A page</title>
<h1>Überschrift</h1><a href="{LINK.replace("&", "&amp;")}">Install</a><p style="height: 2000px"></p>The end"""
HEADERS = """\
# for every file
/*
  X-Frame-Options: DENY
  Cache-Control: no-cache
/apps/:name/*.plist
  Content-Type: text/xml
/apps/*
  Cache-Control: public
  Cache-Control: max-age=60
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(tmp_path, "/repo/") as site:
        (tmp_path / "apps" / "one").mkdir(parents=True)
        (tmp_path / "apps" / "index.html").write_text(PAGE)
        (tmp_path / "apps" / "one" / "manifest.plist").write_text("<plist/>")
        (tmp_path / "apps" / "one" / "One.ipa").write_bytes(b"PK")
        (tmp_path / "404.html").write_text("nowhere")
        (tmp_path / "_headers").write_text(HEADERS)
        yield site


def ask(site: Site, path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
    """Ask for a path as a client that trusts the site's own root and no other."""
    trust = ssl.create_default_context(cafile=site.ca_file)
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    connection = http.client.HTTPSConnection("127.0.0.1", urlsplit(site.url).port, context=trust, timeout=5)
    connection.request(method, path, headers={"User-Agent": "itunesstored/1.0"})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_a_folder_is_served_with_its_own_headers(site: Site) -> None:
    response, body = ask(site, "/repo/apps/one/manifest.plist")
    assert (response.status, body) == (200, b"<plist/>")
    assert response.headers["Content-Type"] == "text/xml"
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert response.headers["X-Frame-Options"] == "DENY"


def test_what_no_host_knows_has_no_type_unless_declared(site: Site) -> None:
    assert ask(site, "/repo/apps/one/One.ipa")[0].headers["Content-Type"] == "application/octet-stream"
    assert ask(site, "/repo/apps/")[0].headers["Content-Type"] == "text/html; charset=utf-8"


def test_head_has_the_length_and_no_body(site: Site) -> None:
    response, body = ask(site, "/repo/apps/", "HEAD")
    assert (response.status, body) == (200, b"")
    assert response.headers["Content-Length"] == str(len(PAGE.encode()))


def test_a_folder_redirects_to_its_slash_and_keeps_the_query(site: Site) -> None:
    response, _ = ask(site, "/repo/apps?x=1")
    assert (response.status, response.headers["Location"]) == (301, "/repo/apps/?x=1")


@pytest.mark.parametrize("path", ["/", "/apps/", "/repo/apps/one/", "/repo/%2e%2e/x", "/repo/apps/index.html/"])
def test_what_is_not_there_is_the_404_page(site: Site, path: str) -> None:
    response, body = ask(site, path)
    assert (response.status, body) == (404, b"nowhere")


def test_requests_are_recorded(site: Site) -> None:
    ask(site, "/repo/apps/?q", "HEAD")
    (request,) = site.requests
    assert (request.method, request.path, request.user_agent) == ("HEAD", "/repo/apps/?q", "itunesstored/1.0")


def test_a_client_that_does_not_know_the_root_is_refused(site: Site) -> None:
    connection = http.client.HTTPSConnection("localhost", urlsplit(site.url).port, timeout=5)
    with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
        connection.request("GET", "/repo/apps/")
    assert site.requests == []


def test_a_client_that_stalls_holds_up_no_other(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(site.url).port or 0)):
        assert ask(site, "/repo/apps/")[0].status == 200


def test_a_page_opens_in_the_browser(browser: WebDriver, site: Site) -> None:
    browser.get(f"{site.url}apps/")
    assert browser.find_element("css selector", "h1").text == "Überschrift"
    assert browser.execute_script("return [innerWidth, innerHeight, isSecureContext]") == [390, 844, True]
    assert not browser.execute_script("return matchMedia('(prefers-color-scheme: dark)').matches")


def test_an_install_link_keeps_its_address(browser: WebDriver, site: Site) -> None:
    browser.get(f"{site.url}apps/")
    assert browser.find_element("css selector", "a").get_attribute("href") == LINK


def test_a_screenshot_shows_the_whole_page(browser: WebDriver, site: Site, tmp_path: Path) -> None:
    browser.get(f"{site.url}apps/")
    resize(browser, 820, 500)
    screenshot(browser, tmp_path / "page.png")
    with Image.open(tmp_path / "page.png") as picture:
        scale = browser.execute_script("return devicePixelRatio")
        assert picture.width == 820 * scale
        assert picture.height > 2000 * scale
        ends = [picture.crop((0, y, picture.width, y + 200)) for y in (0, picture.height - 200)]
        # Both ends hold dark letters on light ground, so that the whole of it has been painted.
        assert [end.convert("L").getextrema() for end in ends] == [(0, 255), (0, 255)]


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_dark_colours_and_a_name_of_ones_own(start_browser: Callable[..., WebDriver], engine: str) -> None:
    driver = start_browser(engine, dark=True, user_agent="Somebody/1.0")
    driver.get("data:text/html,<title>dark</title>")
    assert driver.execute_script("return matchMedia('(prefers-color-scheme: dark)').matches")
    assert driver.execute_script("return navigator.userAgent") == "Somebody/1.0"


def test_our_server_reads_headers_as_netlify_does(netlify: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "_headers").write_text(HEADERS)
    parsed = netlify("headers", tmp_path / "_headers")
    assert parsed["errors"] == []
    for path in ("/", "/apps", "/APPS/", "/apps/one/x.plist", "/apps/one/two/x.plist", "/x.plist", "/apps2"):
        expected: dict[str, str] = {}
        for rule in parsed["headers"]:
            if re.search(rule["pattern"], path, re.IGNORECASE):
                expected |= {name.lower(): value for name, value in rule["values"].items()}
        assert headers_for(HEADERS, path) == expected, path


def test_netlify_names_what_it_cannot_read(netlify: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "_headers").write_text("X-Early: 1\n/*\n  X-Empty:\n")
    assert len(netlify("headers", tmp_path / "_headers")["errors"]) == 2


def test_netlify_resolves_its_settings(netlify: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "netlify.toml").write_text(
        '[build]\ncommand = "make"\npublish = "_site"\n[context.deploy-preview]\ncommand = "make preview"\n'
    )
    assert netlify("config", tmp_path)["build"]["command"] == "make"
    preview = netlify("config", tmp_path, "--context", "deploy-preview")["build"]
    assert (preview["command"], preview["publish"]) == ("make preview", str(tmp_path / "_site"))
    with pytest.raises(subprocess.CalledProcessError):
        netlify("config", tmp_path / "absent")


def test_a_qr_code_is_read(read_qr: Callable[[bytes], str]) -> None:
    picture = io.BytesIO()
    qrcode.make(LINK).save(picture)
    assert read_qr(picture.getvalue()) == LINK
