"""What the tests share: browsers, programs and npm packages, a reader of QR codes, the real files of others."""

from __future__ import annotations

import functools
import io
import json
import os
import shutil
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import settings
from PIL import Image

from tests.browsers import ENGINES, BrowserMissingError, prefer, resize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium.webdriver.remote.webdriver import WebDriver

TESTS = Path(__file__).parent
FIXTURES = TESTS.parents[1] / "shared" / "fixtures"
CI = bool(os.environ.get("CI"))

# Time per example says more of the machine than of the code.
settings.register_profile("ota-site", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if CI else "ota-site")

# A shell ignores Ctrl-C for what it starts in the background, and so would every program that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the real files where they are absent; mark what drives a browser."""
    absent = pytest.mark.skip(reason=f"no real files at {FIXTURES}")
    for item in items:
        if item.get_closest_marker("real") and not FIXTURES.is_dir():
            item.add_marker(absent)
        if {"browser", "start_browser"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)


def missing(reason: str) -> NoReturn:
    """Skip for want of a tool; in CI that is a failure, for there tests/prepare has installed them all."""
    if CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def fixtures_dir() -> Path:
    """Return the folder of real IPAs made by others; tests that use it are marked `real`."""
    return FIXTURES


@pytest.fixture(scope="session")
def start_browser() -> Iterator[Callable[..., WebDriver]]:
    """Return what starts an engine of ENGINES, dark or by another name if so asked, once for the session."""
    with ExitStack() as running:

        @functools.cache
        def start(engine: str, *, dark: bool = False, user_agent: str | None = None) -> WebDriver:
            try:
                return running.enter_context(ENGINES[engine](dark=dark, user_agent=user_agent))
            except BrowserMissingError as error:
                missing(str(error))

        yield start


@pytest.fixture
def chromium(start_browser: Callable[..., WebDriver]) -> WebDriver:
    """Return Chromium as a phone of 390 by 844 points in light colours, on an empty page."""
    driver = _phone(start_browser("chromium"))
    prefer(driver, dark=False)
    return driver


@pytest.fixture
def webkit(start_browser: Callable[..., WebDriver]) -> WebDriver:
    """Return WebKitGTK as a phone of 390 by 844 points in light colours, on an empty page."""
    return _phone(start_browser("webkit"))


@pytest.fixture(params=sorted(ENGINES))
def browser(request: pytest.FixtureRequest) -> WebDriver:
    """Return each engine in turn."""
    driver: WebDriver = request.getfixturevalue(request.param)
    return driver


def _phone(driver: WebDriver) -> WebDriver:
    driver.get("about:blank")
    resize(driver, 390, 844)
    return driver


@pytest.fixture(scope="session")
def program() -> Callable[[str, str], str]:
    """Return what finds a program by its name and its package in Debian."""

    def find(name: str, package: str) -> str:
        return shutil.which(name) or missing(f"{name} is missing: run tests/prepare, or apt-get install {package}")

    return find


@pytest.fixture(scope="session")
def java(program: Callable[[str, str], str]) -> str:
    """Return Java's launcher."""
    path = program("java", "default-jre-headless")
    # macOS has the name without a runtime.
    if subprocess.run([path, "-version"], check=False, capture_output=True).returncode:
        missing("java has no runtime: on macOS brew install openjdk")
    return path


@pytest.fixture(scope="session")
def npm_package() -> Callable[[str], Path]:
    """Return what finds the folder of a package that tests/package.json names."""

    def find(name: str) -> Path:
        folder = TESTS / "node_modules" / name
        return folder if folder.is_dir() else missing(f"{name} is missing: run tests/prepare")

    return find


@pytest.fixture(scope="session")
def netlify(program: Callable[[str, str], str], npm_package: Callable[[str], Path]) -> Callable[..., dict[str, Any]]:
    """Return what asks Netlify's own parsers: the arguments of netlify.mjs in, its JSON out."""
    node = program("node", "nodejs")
    npm_package("@netlify/config")

    def ask(*arguments: str | Path) -> dict[str, Any]:
        command = [node, TESTS / "netlify.mjs", *arguments]
        answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        return answer

    return ask


@pytest.fixture(scope="session")
def read_qr() -> Callable[[bytes], str]:
    """Return what reads the one QR code in a picture's bytes, by zbar."""
    try:
        from pyzbar import pyzbar
    except ImportError:
        missing("zbar is missing: run tests/prepare, or on Debian apt-get install libzbar0")

    def read(picture: bytes) -> str:
        (code,) = pyzbar.decode(Image.open(io.BytesIO(picture)), symbols=[pyzbar.ZBarSymbol.QRCODE])
        return str(code.data, "utf-8")

    return read
