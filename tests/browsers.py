"""Real browsers, driven by WebDriver: Chromium, and WebKitGTK, which is as near to Safari as Linux gets.

`python -m tests.browsers URL FOLDER [--dark]` photographs a page in both, at three widths, light and dark.
"""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chromium.webdriver import ChromiumDriver
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver.remote.webdriver import WebDriver

CHROMIUM_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)
WIDTHS = {390: 844, 820: 1180, 1280: 800}
# A window is never narrower than its toolbar, and that would be 447 points.
SMALL_TOOLBAR = "* { min-width: 0; padding: 0; margin: 0; border: 0 } entry { font-size: 1px }"
# WebKitGTK answers before it has laid out and painted; two frames later it has.
PAINTED = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))"


class BrowserMissingError(Exception):
    """A browser or its driver is not on this machine; the message says what to install."""


@contextmanager
def chromium(
    width: int = 390, height: int = 844, scale: int = 3, *, dark: bool = False, user_agent: str | None = None
) -> Iterator[WebDriver]:
    """Start headless Chromium with an empty profile; width and height in points of `scale` pixels."""
    options = webdriver.ChromeOptions()
    options.binary_location = _program("chromium", "chromium")
    options.accept_insecure_certs = True
    for flag in (*CHROMIUM_FLAGS, f"--force-device-scale-factor={scale}"):
        options.add_argument(flag)
    if user_agent:
        options.add_argument(f"--user-agent={user_agent}")
    path = _program("chromedriver", "chromium-driver")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        # Chromium leaves a folder behind wherever TMPDIR points.
        service = webdriver.ChromeService(path, env={**os.environ, "TMPDIR": scratch})
        with webdriver.Chrome(options, service) as driver:
            resize(driver, width, height)
            prefer(driver, dark=dark)
            yield driver


@contextmanager
def webkit(
    width: int = 390, height: int = 844, scale: int = 2, *, dark: bool = False, user_agent: str | None = None
) -> Iterator[WebDriver]:
    """Start WebKitGTK's MiniBrowser on a display of its own; width and height in points of `scale` pixels."""
    options = webdriver.WebKitGTKOptions()
    options.binary_location = str(_minibrowser())
    options.set_capability("acceptInsecureCerts", True)
    options.add_argument("--automation")
    if dark:
        options.add_argument("--dark-mode")
    if user_agent:
        options.add_argument(f"--user-agent={user_agent}")
    path = _program("WebKitWebDriver", "webkit2gtk-driver")
    with _display() as display, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        service = webdriver.WebKitGTKService(path, env=_webkit_environment(display, Path(home), scale))
        service.start()
        try:
            # Selenium's own class for WebKitGTK still connects in a way that Selenium warns of.
            connection = RemoteConnection(client_config=ClientConfig(service.service_url))
            with webdriver.Remote(connection, options=options) as driver:
                resize(driver, width, height)
                yield driver
        finally:
            service.stop()


ENGINES = {"chromium": chromium, "webkit": webkit}


def resize(driver: WebDriver, width: int, height: int) -> None:
    """Give the page that many points; below 1000 in width Chromium acts as a device with a touch screen."""
    if isinstance(driver, ChromiumDriver):
        touch = width < 1000
        # A factor of 0 stands for the one that the browser was started with.
        metrics = {"width": width, "height": height, "deviceScaleFactor": 0, "mobile": touch}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": touch})
        return
    _resize_window(driver, width, height)


def _resize_window(driver: WebDriver, width: int, height: int) -> None:
    toolbar = driver.execute_script("return outerHeight - innerHeight")
    for _ in range(10):
        driver.set_window_size(width, height + toolbar)
        driver.execute_async_script(PAINTED)
        inner = driver.execute_script("return [innerWidth, innerHeight]")
        if inner == [width, height]:
            return
        toolbar += height - inner[1]
    raise AssertionError(f"the window stays at {inner}, not {width} by {height}")


def arrive(driver: WebDriver, url: str) -> None:
    """Wait until a tap has led to a page: WebKitGTK's driver goes on before."""
    there = "return document.readyState == 'complete' && location.href"
    # A page that is just being left answers with an error.
    waiting = WebDriverWait(driver, 10, ignored_exceptions=[WebDriverException])
    waiting.until(lambda each: each.execute_script(there) == url, f"it did not come to {url}")


def prefer(driver: WebDriver, *, dark: bool) -> None:
    """Make Chromium prefer dark or light colours; WebKitGTK takes them at its start only."""
    if not isinstance(driver, ChromiumDriver):
        raise TypeError("start webkit(dark=…) anew")
    feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def screenshot(driver: WebDriver, path: Path) -> None:
    """Write the whole page as PNG, below the fold too."""
    if isinstance(driver, ChromiumDriver):
        size = driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        options = {"captureBeyondViewport": True, "clip": {**size, "scale": 1}}
        path.write_bytes(base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"]))
        return
    width, height = driver.execute_script("return [innerWidth, innerHeight]")
    resize(driver, width, driver.execute_script("return document.documentElement.scrollHeight"))
    driver.execute_async_script(PAINTED)
    path.write_bytes(driver.get_screenshot_as_png())
    resize(driver, width, height)


def _program(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise BrowserMissingError(f"{name} is missing: run tests/prepare, or on Debian apt-get install {package}")
    return path


def _minibrowser() -> Path:
    # Debian keeps it off PATH; the folder is named after WebKitGTK's API, of which the newest sorts last.
    found = sorted(Path("/usr/lib").glob("*/webkit*gtk-*/MiniBrowser"))
    if not found:
        raise BrowserMissingError("MiniBrowser is missing: run tests/prepare, or install WebKitGTK's test browser")
    return found[-1]


def _webkit_environment(display: str, home: Path, scale: int) -> dict[str, str]:
    style = home / "gtk-3.0" / "gtk.css"
    style.parent.mkdir()
    style.write_text(SMALL_TOOLBAR)
    return {
        **os.environ,
        "DISPLAY": display,
        "XDG_CONFIG_HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        "XDG_DATA_HOME": str(home),
        "GDK_BACKEND": "x11",
        "GDK_SCALE": str(scale),
        "LIBGL_ALWAYS_SOFTWARE": "1",
        # Its sandbox does not start as root, nor in most containers.
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
    }


@contextmanager
def _display() -> Iterator[str]:
    """Start an X server on a free display, large enough for a long page at two pixels to the point."""
    program = _program("Xvfb", "xvfb")
    reading, writing = os.pipe()
    arguments = ["-displayfd", str(writing), "-screen", "0", "4000x16000x24", "-nolisten", "tcp"]
    server = subprocess.Popen([program, *arguments], pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            yield f":{pipe.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


def photograph(url: str, folder: Path, *, schemes: tuple[str, ...]) -> None:
    """Write `engine-width-scheme.png` for both engines, every width and these schemes."""
    folder.mkdir(parents=True, exist_ok=True)
    for engine, start in ENGINES.items():
        for scheme in schemes:
            with start(scale=2, dark=scheme == "dark") as driver:
                for width, height in WIDTHS.items():
                    resize(driver, width, height)
                    driver.get(url)
                    screenshot(driver, folder / f"{engine}-{width}-{scheme}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.browsers", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dark", action="store_true", help="dark only")
    arguments = parser.parse_args()
    photograph(arguments.url, arguments.folder, schemes=("dark",) if arguments.dark else ("light", "dark"))
