"""The welcome page over plain http: what it serves, what it refuses, and how it looks to a browser."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPResponse
from typing import TYPE_CHECKING

import pytest

from ota_site.preview.lan.profile import trust_profile
from ota_site.preview.lan.welcome import make_welcome, welcome_page
from tests.agents import IPHONE
from tests.axe import violations
from tests.browsers import resize
from tests.preview.serving import serving
from tests.validator import complaints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

ROOT, NAME, SITE = b"\x30 a root", "ota-site local authority 3fa2c1", "https://192.168.1.7:8443/"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def port(said: list[str]) -> Iterator[int]:
    hosts = {"127.0.0.1", "laptop.local"}
    with serving(make_welcome(ROOT, NAME, site=SITE, hosts=hosts, say=said.append)) as port:
        yield port


def ask(port: int, path: str, method: str = "GET", host: str | None = None) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={"Host": host or f"127.0.0.1:{port}"})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_the_page_leads_to_the_profile_the_switch_and_the_site(port: int) -> None:
    response, body = ask(port, "/")
    page = " ".join(body.decode().split())
    assert (response.status, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert 'href="/ota-site.mobileconfig"' in page
    assert f'href="{SITE}"' in page
    assert "Settings › General › VPN &amp; Device Management" in page
    assert "Settings › General › About › Certificate Trust Settings" in page
    assert page.count(NAME) == 3


def test_the_profile_has_the_type_that_ios_takes_for_one(port: int) -> None:
    response, body = ask(port, "/ota-site.mobileconfig")
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/x-apple-aspen-config"
    assert body == trust_profile(ROOT, NAME)


def test_a_visit_is_told(port: int, said: list[str]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    for path in ("/", "/ota-site.mobileconfig"):
        connection.request("GET", path, headers={"User-Agent": IPHONE})
        connection.getresponse().read()
    connection.close()
    opened, took = said
    assert opened == "iPhone at 127.0.0.1 opened the welcome page"
    assert took.startswith("iPhone at 127.0.0.1 downloaded the profile")


def test_its_policy_lets_nothing_in(port: int) -> None:
    policy = ask(port, "/")[0].headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script" not in policy


@pytest.mark.parametrize("path", ["/index.html", "/apps/", "/authority.pem", "/..%2f..%2fetc/passwd", "//", "/%00"])
def test_nothing_else_is_there(port: int, path: str) -> None:
    assert ask(port, path)[0].status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_reading_is_allowed(port: int, method: str) -> None:
    assert ask(port, "/", method)[0].status == 405


def test_head_answers_without_a_body(port: int) -> None:
    response, body = ask(port, "/ota-site.mobileconfig", "HEAD")
    assert (response.status, body) == (200, b"")
    assert int(response.headers["Content-Length"]) == len(trust_profile(ROOT, NAME))


@pytest.mark.parametrize("host", ["evil.example", "laptop.local.evil.example", "192.168.1.8", "127.0.0.1.evil"])
def test_another_host_is_refused(port: int, host: str) -> None:
    response, body = ask(port, "/ota-site.mobileconfig", host=host)
    assert response.status == 400
    assert b"PayloadContent" not in body


def test_its_own_names_are_not(port: int) -> None:
    assert ask(port, "/", host=f"LAPTOP.local:{port}")[0].status == 200


def test_what_it_is_given_is_text(port: int) -> None:
    assert port
    assert "<b>" not in welcome_page("<b>", 'https://x/"><b>')


def test_browsers_show_it_as_it_is_meant(browser: WebDriver, port: int, npm_package: Callable[[str], Path]) -> None:
    resize(browser, 320, 568)
    browser.get(f"http://127.0.0.1:{port}/")
    # The policy names the style by its hash: were it wrong, the page would be bare.
    height = "return document.querySelector('.button').getBoundingClientRect().height"
    assert browser.execute_script(height) >= 50
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 320
    assert violations(browser, npm_package("axe-core")) == []


def test_it_is_valid_html(java: str, npm_package: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(welcome_page(NAME, SITE), "utf-8")
    assert complaints(java, npm_package("vnu-jar"), tmp_path) == []
