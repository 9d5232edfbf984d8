"""The states of an app's page: on each device, inside other apps, and by what became of the build."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from ota_site.model.catalog import Site
from ota_site.model.records import Record
from tests import agents, samples
from tests.browsers import arrive, resize, screenshot
from tests.sites import Served, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

NOW = datetime.now(UTC)
ADHOC, DEVELOPMENT, ENTERPRISE, BLOCKED, SOON, MANY, TABLET = (
    f"apps/com.example.{kind}/" for kind in ("adhoc", "development", "enterprise", "blocked", "soon", "many", "tablet")
)
LATER = "apps/com.example.later/"
FOR_IPAD, SCAN_IPAD = "This app is for iPad", "Scan with your iPad"
IN_SAFARI, SCAN, ANYWAY = "Open this page in Safari", "Scan with your iPhone", "Install on this device anyway"

BUTTON, CODE, LINK = "a.install", ".card .qr img", ".inside button"
"""The ways forward, of which a phone shows one: the button, the QR code, the link to copy."""

OVERFLOW = "return document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
# The tap itself would leave the page.
HOLD = "addEventListener('click', event => event.target.closest('a[href^=itms]') && event.preventDefault())"
# No browser on Linux shares; this is what one on an iPhone would be handed.
SHARE = "navigator.share = what => { window.shared = what; return Promise.resolve(); }"
TWO_LANGUAGES = Site(title="Invented", languages=("en", "de"))
BUILDS = """
return [...document.querySelectorAll(".history li")]
  .filter(each => !each.closest("[hidden], details:not([open])")).map(each => each.innerText);
"""
MATTER = """\
+++
contact = "testers@example.com"
+++

About it.
"""
NOTES = "\n\n".join(f"Point {number} of what is new." for number in range(1, 13)) + "\n\n[last](https://example.com/)\n"
INTEL = {"platform": "macOS", "platformVersion": "14.5", "architecture": "x86", "model": "", "mobile": False}


class State(Record, kw_only=True):
    """A visitor and a page: what it says to them, what it does not, and the one way forward."""

    agent: str = agents.IPHONE
    touches: int = 5
    path: str = ADHOC
    says: tuple[str, ...]
    not_: tuple[str, ...] = ()
    way: str | None = BUTTON


STATES = {
    "iPhone": State(
        says=("Install", "Is my iPhone registered?", "Copy link"),
        not_=(IN_SAFARI, SCAN, ANYWAY, "Requires iOS 17 or later:", "Requires iOS 17 or later,"),
    ),
    "iPad": State(
        agent=agents.MAC, says=("Install", "Is my iPhone registered?"), not_=(IN_SAFARI, SCAN, "Apple silicon")
    ),
    "Mac": State(agent=agents.MAC, touches=0, says=(SCAN, "On a Mac with Apple silicon", ANYWAY), way=CODE),
    "Android": State(agent=agents.ANDROID, says=(SCAN, "This app does not run on Android"), not_=(ANYWAY,), way=CODE),
    "desktop": State(agent=agents.DESKTOP, touches=0, says=(SCAN,), not_=("Apple silicon", ANYWAY), way=CODE),
    "for iPad, on an iPhone": State(
        path=TABLET, says=(FOR_IPAD, SCAN_IPAD, "Copy link"), not_=("Installs on", "After you tap", ANYWAY), way=CODE
    ),
    "for iPad, on an iPad": State(
        path=TABLET, agent=agents.MAC, says=("Installs on", "Install"), not_=(FOR_IPAD, SCAN_IPAD)
    ),
    "for iPad, on a desktop": State(
        path=TABLET, agent=agents.DESKTOP, touches=0, says=("Installs on", SCAN_IPAD), not_=(FOR_IPAD,), way=CODE
    ),
    "development": State(path=DEVELOPMENT, says=("Needs Developer Mode", "Is my iPhone registered?")),
    "enterprise": State(path=ENTERPRISE, says=("iOS asks you once to trust the developer",), not_=("one of them",)),
    "expires soon": State(path=SOON, says=("devices registered for it, until ", "Install")),
    "blocked": State(
        path=BLOCKED,
        says=(
            "Cannot be installed: its profile expired on",
            "Ask testers@example.com for a new build",
            "For the developer",
        ),
        not_=("After you tap Install", SCAN, ANYWAY),
        way=None,
    ),
    "iOS too old": State(
        agent=agents.iphone("Version/16.4 Mobile/15E148 Safari/604.1", "16_4"),
        says=("Requires iOS 17 or later: this iPhone seems to have 16.4", ANYWAY),
        not_=("Installs on",),
        way=None,
    ),
    "iPadOS too old": State(
        agent=agents.MAC.replace("Version/17.5", "Version/15.6.1"),
        says=("Requires iOS 17 or later: this iPad seems to have 15.6", ANYWAY),
        way=None,
    ),
    "iOS 26 calls itself 18.6": State(
        agent=agents.iphone("Version/26.0 Mobile/15E148 Safari/604.1", "18_6"),
        path=MANY,
        says=("Install",),
        not_=("Requires iOS 19 or later:",),
    ),
    "but Safari says which it is": State(
        agent=agents.iphone("Version/26.1 Mobile/15E148 Safari/604.1", "18_7"),
        path=LATER,
        says=("Requires iOS 26.2 or later: this iPhone seems to have 26.1", ANYWAY),
        not_=("Installs",),
        way=None,
    ),
    "and on an iPad": State(
        agent=agents.MAC.replace("Version/17.5", "Version/26.1"),
        path=LATER,
        says=("Requires iOS 26.2 or later: this iPad seems to have 26.1",),
        way=None,
    ),
    "so does Chrome on it": State(
        agent=agents.iphone("CriOS/149.0.7827.50 Mobile/15E148 Safari/604.1", "18_7"),
        path=MANY,
        says=("Install",),
        not_=("Requires iOS 19 or later:",),
    ),
    "but Safari 18.6 is 18.6": State(
        agent=agents.iphone("Version/18.6 Mobile/15E148 Safari/604.1", "18_6"),
        path=MANY,
        says=("Requires iOS 19 or later: this iPhone seems to have 18.6",),
        way=None,
    ),
    **{
        f"{name} on an iPhone": State(agent=agent, says=("Install",), not_=(IN_SAFARI, ANYWAY))
        for name, agent in agents.OTHER_BROWSERS.items()
    },
    **{
        f"inside {name}": State(agent=agent, says=(IN_SAFARI, "Copy link", ANYWAY), not_=(SCAN,), way=LINK)
        for name, agent in agents.INSIDE.items()
    },
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a site with an app of each kind, served, in two languages."""
    folder = tmp_path_factory.mktemp("states")
    write_content(folder / "content")
    with served(folder / "content", folder / "_site", site=TWO_LANGUAGES, now=NOW) as site:
        yield site


def write_content(content: Path) -> None:
    """Write an app of each signing kind, one that is over, one that soon will be, and one of many builds."""
    (content / "apps").mkdir(parents=True)
    for kind in ("adhoc", "development", "enterprise", "blocked", "soon"):
        signing: samples.Kind = "enterprise" if kind == "enterprise" else "ad-hoc"
        expires = {"blocked": NOW - timedelta(days=3), "soon": NOW + timedelta(days=10)}.get(kind)
        profile = samples.Profile(
            kind="development" if kind == "development" else signing, expires=expires or NOW + timedelta(days=900)
        )
        app = samples.App(
            name=kind.title(), bundle_id=f"com.example.{kind}", profile=profile, info={"MinimumOSVersion": "17.0"}
        )
        (content / f"{kind}.ipa").write_bytes(samples.make_ipa(app))
        (content / "apps" / f"com.example.{kind}.md").write_text(MATTER)
    tablet = samples.App(name="Tablet", bundle_id="com.example.tablet", info={"UIDeviceFamily": [2]})
    (content / "tablet.ipa").write_bytes(samples.make_ipa(tablet))
    later = samples.App(name="Later", bundle_id="com.example.later", info={"MinimumOSVersion": "26.2"})
    (content / "later.ipa").write_bytes(samples.make_ipa(later))
    (content / "adhoc.md").write_text(NOTES)
    for number in range(24):
        app = samples.App(
            name="Many",
            bundle_id="com.example.many",
            version=f"1.{number // 3}",
            build=str(100 + number),
            info={"MinimumOSVersion": "19.0"},
        )
        (content / f"many-{number}.ipa").write_bytes(samples.make_ipa(app))
        (content / f"many-{number}.toml").write_text(f'channel = "{"beta" if number % 2 else "release"}"\n')


@pytest.fixture
def phone(start_browser: Callable[..., WebDriver]) -> WebDriver:
    """Return a Chromium of these tests' own, as an iPhone."""
    driver = start_browser("chromium", user_agent=agents.IPHONE)
    become(driver, agents.IPHONE, 5)
    return driver


@pytest.fixture
def webkit_phone(start_browser: Callable[..., WebDriver]) -> WebDriver:
    """Return a WebKitGTK of these tests' own, as an iPhone."""
    driver = start_browser("webkit", user_agent=agents.IPHONE)
    resize(driver, 390, 844)
    return driver


@pytest.fixture(params=["phone", "webkit_phone"])
def either(request: pytest.FixtureRequest) -> WebDriver:
    """Return each engine in turn, as an iPhone."""
    driver: WebDriver = request.getfixturevalue(request.param)
    return driver


def become(driver: WebDriver, agent: str, touches: int, **more: object) -> None:
    """Make Chromium another device, of a phone's width."""
    resize(driver, 390, 844)
    driver.execute_cdp_cmd("Emulation.setUserAgentOverride", {"userAgent": agent, **more})
    touch = {"enabled": bool(touches), "maxTouchPoints": touches or 1}
    driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", touch)


def check(driver: WebDriver, state: State) -> None:
    """Hold the page that the browser shows against a state."""
    text = driver.find_element(By.TAG_NAME, "main").text
    assert [words for words in state.says if words not in text] == []
    assert [words for words in state.not_ if words in text] == []
    ways = [
        way
        for way in (BUTTON, CODE, LINK)
        for each in driver.find_elements(By.CSS_SELECTOR, way)
        if each.is_displayed()
    ]
    assert ways == ([state.way] if state.way else [])
    assert driver.execute_script(OVERFLOW) <= 0


@pytest.mark.parametrize("name", STATES)
def test_each_visitor_is_told_what_to_do(phone: WebDriver, site: Served, name: str, tmp_path: Path) -> None:
    state = STATES[name]
    become(phone, state.agent, state.touches)
    phone.get(site.url + state.path)
    check(phone, state)
    screenshot(phone, tmp_path / "state.png")


# WebDriver cannot give WebKitGTK touch points, so its iPad is a Mac.
@pytest.mark.parametrize("name", ["iPhone", "Mac", "inside WeChat", "for iPad, on an iPhone", "iOS too old"])
def test_in_webkit_too(start_browser: Callable[..., WebDriver], site: Served, name: str, tmp_path: Path) -> None:
    state = STATES[name]
    driver = start_browser("webkit", user_agent=state.agent)
    resize(driver, 390, 844)
    driver.get(site.url + state.path)
    check(driver, state)
    screenshot(driver, tmp_path / "state.png")


@pytest.mark.parametrize(("agent", "touches", "word"), [(agents.IPHONE, 5, "For iPad"), (agents.MAC, 5, "")])
def test_the_rows_of_the_catalog_say_for_which_device_an_app_is(
    phone: WebDriver, site: Served, agent: str, touches: int, word: str
) -> None:
    become(phone, agent, touches)
    phone.get(site.url)
    (row,) = phone.find_elements(By.CSS_SELECTOR, '.apps a[href="apps/com.example.tablet/"]')
    assert "".join(each.text for each in row.find_elements(By.CSS_SELECTOR, ".word") if each.is_displayed()) == word


def test_a_mac_with_an_intel_chip_is_not_offered_the_file(phone: WebDriver, site: Served) -> None:
    brands = [{"brand": "Chromium", "version": "149"}]
    become(phone, agents.CHROME_ON_MAC, 0, userAgentMetadata={**INTEL, "brands": brands})
    phone.get(site.url + ADHOC)
    WebDriverWait(phone, 5).until(lambda driver: driver.execute_script("return document.documentElement.dataset.chip"))
    assert "Apple silicon" not in phone.find_element(By.TAG_NAME, "main").text
    become(phone, agents.CHROME_ON_MAC, 0, userAgentMetadata={**INTEL, "architecture": "arm", "brands": brands})
    phone.get(site.url + ADHOC)
    assert "Apple silicon" in phone.find_element(By.TAG_NAME, "main").text


@pytest.mark.parametrize(
    ("forced", "says", "way"),
    [
        ("iphone", "Is my iPhone registered?", BUTTON),
        ("ipad", "Is my iPhone registered?", BUTTON),
        ("mac", "Apple silicon", CODE),
        ("intel-mac", SCAN, CODE),
        ("android", "does not run on Android", CODE),
        ("desktop", SCAN, CODE),
        ("wechat", IN_SAFARI, LINK),
        ("expired", "Cannot be installed: its profile expired on", None),
    ],
)
def test_a_page_can_be_looked_at_as_any_device(
    either: WebDriver, site: Served, forced: str, says: str, way: str | None
) -> None:
    page = site.folder / ADHOC / "index.html"
    as_another = page.with_name(f"as-{forced}.html")
    as_another.write_text(page.read_text("utf-8").replace("<html", f'<html data-as="{forced}"', 1), "utf-8")
    either.get(f"{site.url}{ADHOC}{as_another.name}")
    check(either, State(says=(says,), way=way))
    assert either.find_element(By.CSS_SELECTOR, ".chip").is_displayed() is (forced == "mac")


def test_a_build_that_is_over_names_whom_to_write_to(either: WebDriver, site: Served) -> None:
    either.get(site.url + BLOCKED)
    notice = either.find_element(By.CSS_SELECTOR, ".notice.blocked")
    assert notice.find_element(By.TAG_NAME, "a").get_attribute("href") == "mailto:testers@example.com"
    code = notice.find_element(By.TAG_NAME, "code")
    assert not code.is_displayed()
    notice.find_element(By.TAG_NAME, "summary").click()
    assert code.text == "profile-expired"
    assert "error" in notice.text


def test_after_the_tap_the_page_says_what_comes(either: WebDriver, site: Served) -> None:
    either.get(site.url + ENTERPRISE)
    either.execute_script(HOLD)
    steps = either.find_element(By.CSS_SELECTOR, "#after .steps")
    assert not steps.is_displayed()
    button = either.find_element(By.CSS_SELECTOR, BUTTON)
    button.click()
    assert steps.is_displayed()
    assert "tap Trust" in steps.text
    assert button.text == "Look at your home screen"
    assert button.get_attribute("aria-live") == "polite"
    alerts = {
        each.text: each.get_attribute("href") for each in either.find_elements(By.CSS_SELECTOR, "#after .alerts a")
    }
    assert alerts["“Untrusted Enterprise Developer”"] == f"{site.url}help/#untrusted"
    for address in alerts.values():
        either.get(str(address))
        assert either.find_element(By.CSS_SELECTOR, ":target h2").is_displayed()


def test_whether_it_is_registered_is_answered_one_tap_away(either: WebDriver, site: Served) -> None:
    either.get(site.url + ADHOC)
    either.find_element(By.LINK_TEXT, "Is my iPhone registered?").click()
    fold = either.find_element(By.ID, "mine")
    assert "3 devices are registered for this build" in fold.text
    links = {each.text: each.get_attribute("href") for each in fold.find_elements(By.TAG_NAME, "a")}
    assert links == {
        "Find your device’s identifier": f"{site.url}help/#udid",
        "testers@example.com": "mailto:testers@example.com",
    }


def test_the_link_is_copied(phone: WebDriver, site: Served) -> None:
    granted = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    phone.execute_cdp_cmd("Browser.grantPermissions", granted)
    phone.get(site.url + ADHOC)
    button = phone.find_element(By.CSS_SELECTOR, ".actions [data-copy]")
    button.click()
    WebDriverWait(phone, 5).until(lambda _: button.text == "Copied")
    read = "const done = arguments[0]; navigator.clipboard.readText().then(done, done)"
    assert phone.execute_async_script(read) == site.url + ADHOC


def test_copying_says_so_or_leaves_the_address_selected(webkit_phone: WebDriver, site: Served) -> None:
    webkit_phone.get(site.url + ADHOC)
    button = webkit_phone.find_element(By.CSS_SELECTOR, ".actions [data-copy]")
    button.click()
    answer = "return [arguments[0].textContent, String(getSelection())]"
    WebDriverWait(webkit_phone, 5).until(
        lambda driver: driver.execute_script(answer, button) in (["Copied", ""], ["Copy link", site.url + ADHOC])
    )


def test_a_page_is_passed_on_by_mail_message_and_code(either: WebDriver, site: Served) -> None:
    either.get(site.url + ADHOC)
    mail, message, code = either.find_elements(By.CSS_SELECTOR, ".actions a")
    assert [each.text for each in (mail, message, code)] == ["Mail", "Message", "QR code"]
    assert str(mail.get_attribute("href")).startswith("mailto:?subject=Adhoc%201.2.3%20%2845%29&body=")
    assert str(message.get_attribute("href")).startswith("sms:?&body=Adhoc")
    code.click()
    assert either.find_element(By.CSS_SELECTOR, CODE).is_displayed()


def test_where_the_system_shares_it_does(phone: WebDriver, site: Served) -> None:
    script = phone.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SHARE})
    try:
        phone.get(site.url + ADHOC)
        phone.find_element(By.CSS_SELECTOR, "[data-share]").click()
        assert phone.execute_script("return window.shared.text").endswith(site.url + ADHOC)
        assert [each for each in phone.find_elements(By.CSS_SELECTOR, ".by-hand") if each.is_displayed()] == []
    finally:
        phone.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_long_notes_end_after_eight_lines_and_go_on_by_a_tap(either: WebDriver, site: Served) -> None:
    either.get(site.url + ADHOC)
    notes = either.find_element(By.CSS_SELECTOR, ".prose")
    short = notes.size["height"]
    either.find_element(By.CSS_SELECTOR, ".more").click()
    assert notes.size["height"] > short + 100
    assert not either.find_element(By.CSS_SELECTOR, ".more").is_displayed()


def test_a_long_history_is_searched(either: WebDriver, site: Served) -> None:
    either.get(site.url + MANY)
    field = either.find_element(By.CSS_SELECTOR, ".find input")
    assert len(either.execute_script(BUILDS)) == 3
    field.send_keys("1.4 BETA")
    assert len(either.execute_script(BUILDS)) in (1, 2)
    assert all("beta" in row for row in either.execute_script(BUILDS))
    assert "of 24" in either.find_element(By.CSS_SELECTOR, ".find [role=status]").text
    field.send_keys(" none such")
    assert either.execute_script(BUILDS) == []
    assert either.find_element(By.CSS_SELECTOR, ".find [role=status]").text == "No build matches."
    field.clear()
    field.send_keys(" ")
    assert len(either.execute_script(BUILDS)) == 3


def test_a_channel_has_a_page_of_its_own(either: WebDriver, site: Served) -> None:
    either.get(site.url + MANY)
    either.find_element(By.PARTIAL_LINK_TEXT, "release").click()
    arrive(either, f"{site.url}{MANY}channels/release/")
    assert either.find_element(By.CSS_SELECTOR, "[aria-current=page]").text.startswith("release")
    assert "1.7 (122)" in either.find_element(By.CSS_SELECTOR, ".facts").text
    either.find_element(By.LINK_TEXT, "Latest build").click()
    arrive(either, site.url + MANY)


def test_by_keyboard_alone(either: WebDriver, site: Served) -> None:
    either.get(site.url + ADHOC)
    either.execute_script(HOLD)
    passed = []
    for _ in range(12):
        ActionChains(either).send_keys(Keys.TAB).perform()
        focus = either.switch_to.active_element
        passed.append(focus.text)
        if focus.text == "Install":
            break
    assert passed[0] == "Skip to content"
    assert passed[-1] == "Install"
    ActionChains(either).send_keys(Keys.ENTER).perform()
    assert either.find_element(By.CSS_SELECTOR, "#after .steps").is_displayed()
    summary = either.find_element(By.CSS_SELECTOR, "#mine summary")
    summary.send_keys(Keys.ENTER)
    assert either.find_element(By.CSS_SELECTOR, "#mine .steps").is_displayed()


def test_the_page_is_offered_in_the_visitors_language_until_declined(phone: WebDriver, site: Served) -> None:
    become(phone, agents.IPHONE, 5, acceptLanguage="de-AT,en")
    phone.get(site.url + ADHOC)
    phone.execute_script("localStorage.clear()")
    phone.get(site.url + ADHOC)
    offer = phone.find_element(By.CSS_SELECTOR, ".speak")
    link = offer.find_element(By.TAG_NAME, "a")
    assert (link.text, link.get_attribute("lang")) == ("Deutsch", "de")
    assert link.get_attribute("href") == f"{site.url}de/{ADHOC}"
    offer.find_element(By.TAG_NAME, "button").click()
    assert not offer.is_displayed()
    phone.get(site.url + ADHOC)
    assert not phone.find_element(By.CSS_SELECTOR, ".speak").is_displayed()


def test_nothing_is_offered_to_those_who_read_the_page(phone: WebDriver, site: Served) -> None:
    become(phone, agents.IPHONE, 5, acceptLanguage="en-GB,de")
    phone.get(site.url + ADHOC)
    phone.execute_script("localStorage.clear()")
    phone.get(site.url + ADHOC)
    assert not phone.find_element(By.CSS_SELECTOR, ".speak").is_displayed()
    assert [each.text for each in phone.find_elements(By.CSS_SELECTOR, ".languages a")] == ["English", "Deutsch"]


def test_without_scripts_everything_is_within_reach(phone: WebDriver, site: Served) -> None:
    phone.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        reachable = ("Mail", "QR code", "All builds")
        for path, way in ((ADHOC, BUTTON), (BLOCKED, None)):
            phone.get(site.url + path)
            assert phone.execute_script("return document.documentElement.dataset.device") is None
            check(phone, State(says=reachable, not_=(IN_SAFARI, ANYWAY), way=way))
        phone.get(f"{site.url}{ADHOC}#qr")
        assert phone.find_element(By.CSS_SELECTOR, CODE).is_displayed()
        phone.get(site.url + ADHOC)
        assert "Point 12 of what is new." in phone.find_element(By.TAG_NAME, "main").text
        assert "On the iPhone or iPad itself, in Safari." in phone.find_element(By.TAG_NAME, "main").text
        resize(phone, 1280, 900)
        assert {way for way in (BUTTON, CODE) if phone.find_element(By.CSS_SELECTOR, way).is_displayed()} == {
            BUTTON,
            CODE,
        }
    finally:
        phone.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("path", [ADHOC, DEVELOPMENT, ENTERPRISE, BLOCKED, SOON, MANY, f"{ADHOC}1.2.3-45/"])
def test_nothing_is_cut_off_at_twice_the_size(either: WebDriver, site: Served, path: str) -> None:
    # A phone of 640 points at 200 % has 320 of them.
    resize(either, 320, 568)
    either.get(site.url + path)
    either.execute_script("for (const fold of document.querySelectorAll('details')) fold.open = true")
    assert either.execute_script(OVERFLOW) <= 0


def test_on_paper_there_is_only_what_a_sheet_needs(
    phone: WebDriver, site: Served, read_qr: Callable[[bytes], str], tmp_path: Path
) -> None:
    phone.get(site.url + ADHOC)
    phone.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        text = phone.find_element(By.TAG_NAME, "body").text
        assert all(words in text for words in ("Adhoc", "1.2.3 (45)", site.url + ADHOC))
        assert not any(words in text for words in ("Help", "Copy link", "After you tap", "All builds"))
        screenshot(phone, tmp_path / "sheet.png")
        assert read_qr((tmp_path / "sheet.png").read_bytes()) == site.url + ADHOC
    finally:
        phone.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_a_link_to_the_page_shows_its_icon_and_words(site: Served) -> None:
    html = (site.folder / ADHOC / "index.html").read_text("utf-8")
    assert f'<meta property="og:url" content="{site.url}{ADHOC}">' in html
    assert '<meta property="og:title" content="Adhoc – Invented">' in html
    assert f'<meta property="og:image" content="{site.url}icons/' in html
    assert '<link rel="alternate" hreflang="de" href="' in html
    assert '<link rel="alternate" type="application/atom+xml" href="feed.xml" title="Adhoc">' in html
