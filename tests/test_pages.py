"""The pages in real browsers, Chromium and WebKit, over TLS."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By

from tests import samples
from tests.browsers import arrive, resize, screenshot
from tests.sites import Served, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium.webdriver.remote.webdriver import WebDriver

CONTENT = Path(__file__).parents[1] / "content"
FELLPATH = "apps/com.example.fellpath/"

# The tap itself would leave the page, so its target is caught on the way.
TAP = """
const link = document.querySelector("a.install");
let target = null;
link.addEventListener("click", event => { event.preventDefault(); target = event.currentTarget.href; });
link.click();
return [target, new URL(target).searchParams.get("url")];
"""
OVERFLOW = "return document.scrollingElement.scrollWidth - document.documentElement.clientWidth;"
SMALL_TARGETS = """
const inText = link => link.closest("p, li, td, dd, figcaption, .prose, .skip") &&
  !link.closest(".bar, .apps, .rows, .links");
return [...document.querySelectorAll("a, summary, button")]
  .filter(each => each.offsetParent !== null && !inText(each))
  .map(each => [each.textContent.trim(), each.getBoundingClientRect().height])
  .filter(([text, height]) => height < 44);
"""
IN_SIGHT = """
const { left, top, right, bottom } = arguments[0].getBoundingClientRect();
return document.elementFromPoint((left + right) / 2, (top + bottom) / 2) === arguments[0];
"""
BROKEN_PICTURES = """
return [...document.images].filter(each => each.offsetParent !== null && each.loading !== "lazy")
  .filter(each => !each.complete || !each.naturalWidth).map(each => each.src);
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return the demo, and an app with a hostile name, served."""
    folder = tmp_path_factory.mktemp("pages")
    content = folder / "content"
    shutil.copytree(CONTENT, content)
    hostile = samples.App(
        name="<img src=x onerror=document.title='hurt'>" + "W" * 200,
        bundle_id="com.example.hostile",
        icon=None,
        folder="Payload/Hostile.app",
    )
    (content / "hostile.ipa").write_bytes(samples.make_ipa(hostile))
    (content / "hostile.md").write_text("<script>document.title = 'hurt'</script> fine")
    for name in ("guide", "privacy", "devices"):
        (content / f"{name}.md").write_text(f"# {name.title()}, for everybody who tests our apps\n")
    with served(content, folder / "_site", prefix="/demo/") as site:
        yield site


def test_the_button_holds_the_manifest_that_the_device_will_ask_for(browser: WebDriver, site: Served) -> None:
    browser.get(site.url + FELLPATH)
    assert browser.find_element(By.TAG_NAME, "h1").text == "Fellpath"
    link, manifest = browser.execute_script(TAP)
    assert link.startswith("itms-services://?action=download-manifest&url=https%3A%2F%2F")
    newest = json.loads(site.fetch(f"{site.url}{FELLPATH}latest.json").read())
    assert manifest == f"{newest['page']}manifest.plist"
    assert site.fetch(manifest).status == 200


@pytest.mark.parametrize(
    "path", ["", FELLPATH, f"{FELLPATH}2.3.0-104/", "apps/com.example.hostile/", "help/", "guide/"]
)
@pytest.mark.parametrize("width", [320, 390, 820, 1280])
def test_no_page_is_wider_than_the_screen(browser: WebDriver, site: Served, path: str, width: int) -> None:
    resize(browser, width, 844)
    browser.get(site.url + path)
    assert browser.execute_script(OVERFLOW) <= 0
    assert browser.execute_script(BROKEN_PICTURES) == []
    assert browser.execute_script(IN_SIGHT, browser.find_element(By.CSS_SELECTOR, ".bar li:last-child a"))


@pytest.mark.parametrize("path", ["", FELLPATH, f"{FELLPATH}2.3.0-104/", "help/"])
def test_what_is_tapped_is_large_enough(browser: WebDriver, site: Served, path: str) -> None:
    browser.get(site.url + path)
    assert browser.execute_script(SMALL_TARGETS) == []


def test_a_hostile_name_is_text_and_nothing_runs(browser: WebDriver, site: Served) -> None:
    browser.get(f"{site.url}apps/com.example.hostile/")
    assert browser.find_element(By.TAG_NAME, "h1").text.startswith("<img src=x onerror=")
    assert browser.title.startswith("<img src=x")
    scripts = browser.execute_script("return [...document.scripts].map(each => each.src)")
    assert [script for script in scripts if not script.startswith(site.url)] == []
    assert browser.title != "hurt"


def test_an_expired_build_says_why_and_offers_no_button(browser: WebDriver, site: Served) -> None:
    browser.get(f"{site.url}{FELLPATH}2.3.0-104/")
    assert browser.find_elements(By.CSS_SELECTOR, "a.install") == []
    page = browser.find_element(By.TAG_NAME, "main").text
    assert "Cannot be installed: its profile expired on 12 March 2026" in page
    assert "There is a newer build" not in page
    instead = browser.find_element(By.LINK_TEXT, "Install 2.4.1 (121) instead")
    assert instead.get_attribute("href") == f"{site.url}{FELLPATH}2.4.1-121/"


def test_expiry_is_judged_again_on_the_day_of_the_visit(browser: WebDriver, tmp_path: Path) -> None:
    with served(CONTENT, tmp_path / "_site", now=datetime(2026, 1, 1, tzinfo=UTC)) as site:
        assert "Installs on" in site.fetch(f"{site.url}{FELLPATH}2.3.0-104/").read().decode()
        browser.get(f"{site.url}{FELLPATH}2.3.0-104/")
        verdict = browser.find_element(By.CSS_SELECTOR, ".verdict")
        assert verdict.text == "Cannot be installed: its profile expired on 12 March 2026"
        assert not browser.find_element(By.CSS_SELECTOR, ".offer").is_displayed()
        assert browser.find_element(By.CSS_SELECTOR, ".notice.blocked").is_displayed()
        browser.get(f"{site.url}{FELLPATH}2.4.0-118/")
        assert browser.find_element(By.CSS_SELECTOR, ".verdict").text.startswith("Installs on")
        assert not browser.find_element(By.CSS_SELECTOR, ".notice.blocked").is_displayed()


def test_a_newcomer_finds_every_build_from_the_front_page(browser: WebDriver, site: Served) -> None:
    browser.get(site.url)
    browser.find_element(By.PARTIAL_LINK_TEXT, "Halfmoon").click()
    arrive(browser, f"{site.url}apps/com.example.halfmoon/")
    browser.find_element(By.CSS_SELECTOR, ".history").find_element(By.PARTIAL_LINK_TEXT, "0.9.0 (27)").click()
    arrive(browser, f"{site.url}apps/com.example.halfmoon/0.9.0-27/")
    browser.find_element(By.LINK_TEXT, "There is a newer build: 1.0.0 (31)").click()
    arrive(browser, f"{site.url}apps/com.example.halfmoon/")


def test_the_qr_code_on_the_screen_reads_as_the_pages_address(
    browser: WebDriver, site: Served, read_qr: Callable[[bytes], str], tmp_path: Path
) -> None:
    resize(browser, 1280, 900)
    browser.get(site.url + FELLPATH)
    screenshot(browser, tmp_path / "page.png")
    assert read_qr((tmp_path / "page.png").read_bytes()) == site.url + FELLPATH


@pytest.mark.parametrize("path", ["qr.png", f"{FELLPATH}qr.png", f"{FELLPATH}2.4.1-121/qr.png"])
def test_every_qr_picture_reads_as_its_pages_address(site: Served, path: str, read_qr: Callable[[bytes], str]) -> None:
    assert read_qr(site.fetch(site.url + path).read()) == site.url + path.removesuffix("qr.png")


def test_a_page_loads_only_from_the_site_and_breaks_no_policy(chromium: WebDriver, site: Served) -> None:
    chromium.get(site.url + FELLPATH)
    names = chromium.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert names
    assert [name for name in names if not name.startswith(site.url)] == []
    log = chromium.get_log("browser")  # type: ignore[attr-defined] # Chromium's alone
    severe = [entry for entry in log if entry["level"] == "SEVERE" and site.url in entry["message"]]
    assert severe == [], json.dumps(severe)


def test_without_an_address_the_page_says_what_to_set(browser: WebDriver, tmp_path: Path) -> None:
    from ota_site.build import build_site
    from ota_site.config.load import load_config
    from tests import tls
    from tests.builds import NOW

    config = load_config(CONTENT, tmp_path / "_site", base_url=None, environment={})
    build_site(config, NOW)
    with tls.serve(tmp_path / "_site") as server:
        browser.get(server.url + FELLPATH)
        assert browser.find_elements(By.CSS_SELECTOR, "a.install, .qr") == []
        assert "base_url" in browser.find_element(By.CSS_SELECTOR, ".notice").text
