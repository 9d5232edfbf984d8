"""The front page in real browsers: search, filters, order, and the address that holds them."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from ota_site.i18n.languages import load_language
from ota_site.site.plan import plan_site
from ota_site.site.recipes import PageOutput, TextOutput
from ota_site.theme.layers import load_theme
from ota_site.theme.printer import page_printer
from tests import samples, tls
from tests.browsers import arrive, resize
from tests.builds import BUILD, SITE, other, site_input_of
from tests.sites import Served, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

SHOWN = """
return [...document.querySelectorAll(".apps li:not([hidden])")].map(each => each.querySelector("bdi").textContent);
"""
LATE = datetime(2099, 1, 1, tzinfo=UTC)
# Name, version, team, kind, channel, families, year of the build.
APPS = (
    ("Ångström", "1.0", "Lab AB", "ad-hoc", "beta", [1], 2026),
    ("Beacon", "2.0", "Lab AB", "ad-hoc", "release", [1, 2], 2025),
    ("Cobalt", "3.7", "Lab AB", "development", None, [1, 2], 2024),
    ("Delta", "1.0", "Straße GmbH", "enterprise", "beta", [2], 2023),
    ("Ember", "1.0", "Lab AB", "over", None, [1], 2022),
    ("Fjord", "1.0", "Lab AB", "ad-hoc", None, [1], 2021),
    ("Grove", "1.0", "Lab AB", "ad-hoc", None, [1], 2020),
    ("Heath", "1.0", "Lab AB", "ad-hoc", None, [1], 2019),
    ("Iris", "1.0", "Lab AB", "ad-hoc", None, [1], 2018),
)
NAMES = [app[0] for app in APPS]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a site of apps that differ in all that can be searched and chosen, served."""
    folder = tmp_path_factory.mktemp("catalog")
    write_content(folder / "content")
    with served(folder / "content", folder / "_site") as site:
        yield site


def write_content(content: Path) -> None:
    """Write the apps of APPS; the owner wants Grove first."""
    (content / "apps").mkdir(parents=True)
    for name, version, team, kind, channel, families, year in APPS:
        signing: samples.Kind = kind if kind in ("development", "enterprise") else "ad-hoc"  # type: ignore[assignment]
        expires = datetime(2020, 6, 1, tzinfo=UTC) if kind == "over" else LATE
        app = samples.App(
            name=name,
            bundle_id=f"com.example.x{NAMES.index(name)}",
            folder="Payload/App.app",
            version=version,
            profile=samples.Profile(kind=signing, team=team, expires=expires),
            info={"UIDeviceFamily": families},
            built=datetime(year, 1, 1, tzinfo=UTC),
        )
        (content / f"{app.bundle_id}.ipa").write_bytes(samples.make_ipa(app))
        if channel:
            (content / f"{app.bundle_id}.toml").write_text(f'channel = "{channel}"\n')
    (content / "com.example.x2.md").write_text("Walruses are counted by *themselves* now.")
    (content / "apps" / "com.example.x1.md").write_text('+++\ntags = ["lighthouses", "like Heath"]\n+++\n')
    (content / "apps" / "com.example.x6.md").write_text("+++\norder = -1\n+++\n")


@pytest.fixture
def front(browser: WebDriver, site: Served) -> WebDriver:
    """Return each engine in turn, on the front page."""
    browser.get(site.url)
    # The page before may just have put its search into its address, which Chromium's driver takes for the arrival.
    arrive(browser, site.url)
    return browser


def choose(driver: WebDriver, name: str, value: str) -> None:
    """Tick or untick one filter."""
    driver.find_element(By.CSS_SELECTOR, f"[name={name}][value={value!r}]").click()


def search(driver: WebDriver, words: str) -> list[str]:
    """Search for these words alone and return the names shown."""
    field = driver.find_element(By.NAME, "q")
    field.clear()
    field.send_keys(words)
    return shown(driver)


def shown(driver: WebDriver) -> list[str]:
    """Return the names shown, in order."""
    names: list[str] = driver.execute_script(SHOWN)
    return names


def until_address(driver: WebDriver, end: str) -> None:
    """Wait until the address ends so; it follows what is typed with a pause."""
    WebDriverWait(driver, 5).until(lambda each: each.current_url.endswith(end), driver.current_url)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("angstrom", ["Ångström"]),
        ("ÅNGSTRÖM", ["Ångström"]),
        ("com.example.x3", ["Delta"]),
        ("3.7", ["Cobalt"]),
        ("STRASSE", ["Delta"]),
        ("straße", ["Delta"]),
        ("lighthouses", ["Beacon"]),
        ("beta lab", ["Ångström"]),
        ("HEATH", ["Heath", "Beacon"]),
        ("like", ["Beacon"]),
        ("installs", []),
    ],
)
def test_it_is_searched_as_one_types(front: WebDriver, words: str, names: list[str]) -> None:
    assert search(front, words) == names


def test_notes_are_searched_once_they_are_fetched(front: WebDriver) -> None:
    fetched = "return performance.getEntriesByType('resource').filter(each => each.name.endsWith('search.json')).length"
    assert front.execute_script(fetched) == 0
    front.find_element(By.NAME, "q").send_keys("walruses themselves")
    WebDriverWait(front, 5).until(lambda driver: shown(driver) == ["Cobalt"])
    assert front.execute_script(fetched) == 1


def test_filters_narrow_each_other(front: WebDriver) -> None:
    choose(front, "device", "iPad")
    assert shown(front) == ["Beacon", "Cobalt", "Delta"]
    choose(front, "signing", "ad-hoc")
    choose(front, "signing", "enterprise")
    assert shown(front) == ["Beacon", "Delta"]
    choose(front, "channel", "beta")
    assert shown(front) == ["Delta"]
    assert front.find_element(By.TAG_NAME, "output").text == "1 of 9"


def test_what_expired_since_the_site_was_built_does_not_install(browser: WebDriver, tmp_path: Path) -> None:
    write_content(tmp_path / "content")
    with served(tmp_path / "content", tmp_path / "_site", now=datetime(2020, 1, 1, tzinfo=UTC)) as site:
        assert 'class="word blocked" data-until' not in (site.folder / "index.html").read_text("utf-8")
        browser.get(site.url)
        choose(browser, "installs", "yes")
        assert "Ember" not in shown(browser)
        assert len(shown(browser)) == 8


def test_it_is_sorted(front: WebDriver) -> None:
    assert shown(front)[0] == "Grove"
    order = Select(front.find_element(By.NAME, "sort"))
    order.select_by_value("name")
    assert shown(front) == NAMES
    order.select_by_value("newest")
    assert shown(front)[:2] == ["Ångström", "Beacon"]
    order.select_by_value("installs")
    assert (shown(front)[0], shown(front)[-1]) == ("Grove", "Ember")
    order.select_by_value("")
    assert shown(front)[0] == "Grove"


def test_the_address_holds_what_was_chosen(front: WebDriver, site: Served) -> None:
    choose(front, "channel", "beta")
    Select(front.find_element(By.NAME, "sort")).select_by_value("newest")
    front.find_element(By.NAME, "q").send_keys("1.0")
    until_address(front, "?q=1.0&channel=beta&sort=newest")
    assert shown(front) == ["Ångström", "Delta"]
    front.refresh()
    assert shown(front) == ["Ångström", "Delta"]
    assert front.find_element(By.NAME, "q").get_attribute("value") == "1.0"
    front.find_element(By.CSS_SELECTOR, ".apps [href$='x3/']").click()
    arrive(front, f"{site.url}apps/com.example.x3/")
    front.back()
    WebDriverWait(front, 5).until(lambda driver: shown(driver) == ["Ångström", "Delta"])


def test_an_address_of_somebody_elses_is_not_believed(browser: WebDriver, site: Served) -> None:
    browser.get(f"{site.url}?sort=toString&device=%3Cb%3E&channel=none&q=grove")
    assert shown(browser) == ["Grove"]


def test_where_nothing_is_found_there_is_a_way_back(front: WebDriver) -> None:
    assert search(front, "no such thing") == []
    none = front.find_element(By.CSS_SELECTOR, ".none")
    assert none.text.startswith("No apps found.")
    none.find_element(By.TAG_NAME, "button").click()
    WebDriverWait(front, 5).until(lambda driver: len(shown(driver)) == len(NAMES))
    assert not none.is_displayed()
    until_address(front, "/")


def test_a_filter_is_ticked_by_keyboard(front: WebDriver) -> None:
    front.find_element(By.NAME, "q").send_keys(Keys.TAB)
    focus = front.switch_to.active_element
    assert focus.get_attribute("name") == "device"
    focus.send_keys(Keys.SPACE)
    assert len(shown(front)) < len(NAMES)


def test_without_scripts_every_app_is_there_and_no_dead_control(chromium: WebDriver, site: Served) -> None:
    switch = "Emulation.setScriptExecutionDisabled"
    chromium.execute_cdp_cmd(switch, {"value": True})
    try:
        chromium.get(site.url)
        rows = chromium.find_elements(By.CSS_SELECTOR, ".apps a")
        assert all(row.is_displayed() for row in rows)
        assert len(rows) == len(NAMES)
        assert not chromium.find_element(By.CSS_SELECTOR, ".tools").is_displayed()
    finally:
        chromium.execute_cdp_cmd(switch, {"value": False})


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the front page of a thousand apps, of which there is only that page."""
    folder = tmp_path_factory.mktemp("thousand")
    theme = load_theme("default", folder)
    builds = [other(BUILD, name=f"App {number}", bundle_id=f"com.example.a{number}") for number in range(1000)]
    show = page_printer(theme, {"en": load_language("en")})
    for recipe in plan_site(site_input_of(*builds, site=SITE)):
        if isinstance(recipe, PageOutput) and recipe.path.name == recipe.path.as_posix() == "index.html":
            (folder / "index.html").write_text(show(recipe.site, recipe.page), "utf-8")
        if isinstance(recipe, TextOutput) and recipe.path.as_posix() == "search.json":
            (folder / "search.json").write_text(recipe.text, "utf-8")
    assets = folder / "assets" / "0123"
    assets.mkdir(parents=True)
    for path, file in theme.static:
        shutil.copy(file, assets / path)
    with tls.serve(folder) as server:
        yield server.url


def test_a_thousand_apps_are_searched_and_sorted(browser: WebDriver, thousand: str) -> None:
    browser.get(thousand)
    assert len(shown(browser)) == 1000
    assert search(browser, "app 777") == ["App 777"]
    assert len(search(browser, "a99")) == 11
    browser.find_element(By.NAME, "q").clear()
    Select(browser.find_element(By.NAME, "sort")).select_by_value("name")
    assert shown(browser)[:3] == ["App 0", "App 1", "App 2"]


@pytest.mark.parametrize("width", [320, 390, 820, 1280])
def test_it_fits_every_screen(browser: WebDriver, site: Served, width: int) -> None:
    resize(browser, width, 844)
    browser.get(site.url)
    overflow = "return document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.execute_script(overflow) <= 0
    columns = (
        "return new Set([...document.querySelectorAll('.apps li')].map(each => each.getBoundingClientRect().left)).size"
    )
    assert browser.execute_script(columns) == {320: 1, 390: 1, 820: 2, 1280: 2}[width]
