"""The pages, measured by the tools that others will measure them with: validator, axe, Lighthouse, acorn, bytes."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from ota_site.build import build_site
from ota_site.config.load import load_config
from ota_site.i18n.languages import BUNDLED
from tests import lighthouse, showcase, tls
from tests.axe import violations
from tests.browsers import ENGINES, resize
from tests.builds import NOW
from tests.showcase import KINDS
from tests.sites import Served, served
from tests.validator import complaints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from selenium.webdriver.remote.webdriver import WebDriver

    from tests.lighthouse import Report

    Program = Callable[[str, str], str]
    NpmPackage = Callable[[str], Path]

THEMES = Path(__file__).parents[1] / "themes"
PAGES: Mapping[str, str] = {**KINDS, "nothing here": "apps/none/at/all"}
# Bytes of page, style sheet and scripts as a host sends them. The smaller one is what a server sends before it waits
# for the first answer: ten packets, RFC 6928.
APP_BUDGET, FRONT_BUDGET = 14 * 1024, 20 * 1024
# Each costs three seconds; the other pages are made of the same parts.
MEASURED = ("front", "app", "text")

# What the page has asked for, and in Chromium what its policy refused on the way.
REQUESTED = """
const observer = new ReportingObserver(() => {}, { types: ["csp-violation"], buffered: true });
observer.observe();
const refused = observer.takeRecords().map(({ body }) => `${body.effectiveDirective} ${body.blockedURL}`);
return [performance.getEntriesByType("resource").map(entry => entry.name), refused];
"""
FOREIGN = "https://elsewhere.example/pixel.png"
REFUSED = """
const [address, done] = arguments;
document.addEventListener("securitypolicyviolation", event => done([event.effectiveDirective, event.blockedURI]));
document.body.append(Object.assign(new Image(), { src: address }));
"""


class Markup(HTMLParser):
    """What a page loads to be shown, and what its policy would refuse because it stands inside the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        said = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in said):
            self.inline.append(f"<{tag}>")
        if tag == "script" and (source := said.get("src")):
            self.loaded.append(source)
        if tag == "link" and said.get("rel") == "stylesheet" and (source := said.get("href")):
            self.loaded.append(source)
        for name, value in attrs:
            if name == "style" or name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.inline.append(f'<{tag} {name}="{value}">')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return the showcase, served."""
    folder = tmp_path_factory.mktemp("quality")
    showcase.write_showcase(folder / "content")
    with served(folder / "content", folder / "_site") as site:
        yield site


@pytest.fixture(scope="module")
def hundred(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site of a hundred apps."""
    folder = tmp_path_factory.mktemp("hundred")
    showcase.write_hundred(folder / "content")
    return built(folder, base_url="https://apps.example.com/")


@pytest.fixture(scope="module", params=["showcase", "empty", pytest.param("real", marks=pytest.mark.real)])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return each built site in turn: all that there is, nothing without an address, what others made."""
    if request.param == "showcase":
        served_site: Served = request.getfixturevalue("site")
        return served_site.folder
    here = tmp_path_factory.mktemp(request.param)
    if request.param == "empty":
        (here / "content").mkdir()
        return built(here, base_url=None)
    shutil.copytree(request.getfixturevalue("fixtures_dir") / "ipa", here / "content")
    return built(here, base_url="https://apps.example.com/")


def built(folder: Path, *, base_url: str | None) -> Path:
    """Build folder/content into folder/_site and return that."""
    build_site(load_config(folder / "content", folder / "_site", base_url=base_url, environment={}), NOW)
    return folder / "_site"


@pytest.fixture(scope="session")
def ask_validator(java: str, npm_package: NpmPackage) -> Callable[[Path], list[str]]:
    """Return what asks the Nu HTML checker about a folder."""
    package = npm_package("vnu-jar")
    return lambda folder: complaints(java, package, folder)


def test_every_page_sheet_and_picture_is_valid(ask_validator: Callable[[Path], list[str]], folder: Path) -> None:
    assert ask_validator(folder) == []


def test_the_validator_names_what_is_wrong(ask_validator: Callable[[Path], list[str]], tmp_path: Path) -> None:
    (tmp_path / "a page.html").write_text("<!doctype html><html><title>x</title><p><div></div></p>")
    (tmp_path / "style.css").write_text("a { colour: red }")
    (tmp_path / "mark.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><dot/></svg>')
    found = "\n".join(ask_validator(tmp_path))
    assert "No “p” element in scope" in found
    assert "Consider adding a “lang” attribute" in found
    assert "a page.html" in found
    assert "Property “colour” doesn't exist" in found
    assert "Element “dot” not allowed" in found


@pytest.fixture(params=sorted(ENGINES))
def dark_browser(request: pytest.FixtureRequest, start_browser: Callable[..., WebDriver]) -> WebDriver:
    """Return each engine in turn, in dark colours."""
    return start_browser(request.param, dark=True)


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_axe_finds_nobody_shut_out(browser: WebDriver, npm_package: NpmPackage, site: Served, path: str) -> None:
    browser.get(site.url + path)
    assert faults(browser, npm_package("axe-core"), {390: "ltr", 1280: "rtl"}) == {}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_nor_in_the_dark(dark_browser: WebDriver, npm_package: NpmPackage, site: Served, path: str) -> None:
    dark_browser.get(site.url + path)
    assert faults(dark_browser, npm_package("axe-core"), {390: "rtl", 1280: "ltr"}) == {}


def faults(driver: WebDriver, package: Path, directions: Mapping[int, str]) -> dict[int, list[str]]:
    """Return what axe finds on the page at each width, by the direction of reading that goes with it."""
    found = {}
    for width, direction in directions.items():
        resize(driver, width, 844)
        driver.execute_script("document.documentElement.dir = arguments[0]", direction)
        found[width] = violations(driver, package)
    return {width: said for width, said in found.items() if said}


def test_axe_names_what_is_wrong(browser: WebDriver, npm_package: NpmPackage, tmp_path: Path) -> None:
    (tmp_path / "_headers").write_text("/*\n  Content-Security-Policy: default-src 'none'\n")
    (tmp_path / "index.html").write_text("<!doctype html><title>x</title><details><button></button></details>")
    with tls.serve(tmp_path) as server:
        browser.get(server.url)
        found = {line.partition(":")[0] for line in violations(browser, npm_package("axe-core"))}
    assert found >= {"button-name", "html-has-lang", "landmark-one-main"}


@pytest.fixture(scope="module")
def reports(site: Served, program: Program, npm_package: NpmPackage) -> Mapping[str, Report]:
    """Return what Lighthouse says of the pages of MEASURED, performance left aside."""
    npm_package("lighthouse")
    node, chromium = program("node", "nodejs"), program("chromium", "chromium")
    found = lighthouse.measure(node, chromium, [site.url + KINDS[kind] for kind in MEASURED], lighthouse.TIMELESS)
    return dict(zip(MEASURED, found, strict=True))


@pytest.mark.parametrize("kind", MEASURED)
def test_lighthouse_gives_full_marks(reports: Mapping[str, Report], kind: str) -> None:
    assert reports[kind].scores.keys() == set(lighthouse.TIMELESS)
    assert min(reports[kind].scores.values()) >= 0.99, reports[kind].failed


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_every_request_goes_to_the_site_itself(browser: WebDriver, site: Served, path: str) -> None:
    browser.get(site.url + path)
    requested, refused = browser.execute_script(REQUESTED)
    assert {PurePosixPath(name).suffix for name in requested} >= {".css", ".js"}
    assert [name for name in requested if not name.startswith(site.url)] == []
    assert refused == []


def test_the_policy_refuses_every_other_host(browser: WebDriver, site: Served) -> None:
    browser.get(site.url)
    assert browser.execute_async_script(REFUSED, FOREIGN) == ["img-src", FOREIGN]


def test_a_request_to_another_host_would_be_seen(chromium: WebDriver, site: Served, tmp_path: Path) -> None:
    shutil.copy(site.folder / "_headers", tmp_path)
    (tmp_path / "index.html").write_text(f'<!doctype html><img src="{FOREIGN}"><p style="color: red">x')
    with tls.serve(tmp_path) as server:
        chromium.get(server.url)
        requested, refused = chromium.execute_script(REQUESTED)
    assert FOREIGN in requested
    assert refused == ["style-src-attr inline", f"img-src {FOREIGN}"]


def test_the_server_compresses_as_hosts_do(chromium: WebDriver, site: Served) -> None:
    chromium.get(site.url)
    (page,) = chromium.execute_script("return performance.getEntriesByType('navigation').map(each => each.toJSON())")
    assert 0 < page["encodedBodySize"] < page["decodedBodySize"]


def test_no_page_holds_a_script_or_a_style(folder: Path) -> None:
    pages = {path: Markup(path.read_text("utf-8")).inline for path in folder.rglob("*.html")}
    assert {path: inline for path, inline in pages.items() if inline} == {}


def test_scripts_and_styles_inside_a_page_would_be_seen() -> None:
    scripts = '<style>a{}</style><script>x()</script><script src="a.js"></script>'
    markup = Markup(scripts + '<p style="a:b"><a onclick="x" href="javascript:x">')
    assert markup.loaded == ["a.js"]
    assert [each.split()[0].strip("<>") for each in markup.inline] == ["style", "script", "p", "a", "a"]


def parse(program: Program, npm_package: NpmPackage, script: Path) -> subprocess.CompletedProcess[str]:
    """Parse a script as ES2017, the JavaScript of iOS 11."""
    acorn = npm_package("acorn") / "bin" / "acorn"
    command: list[str | Path] = [program("node", "nodejs"), acorn, "--ecma2017", "--silent", script]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("script", sorted(THEMES.rglob("*.js")), ids=lambda path: str(path.relative_to(THEMES)))
def test_scripts_are_no_younger_than_es2017(program: Program, npm_package: NpmPackage, script: Path) -> None:
    done = parse(program, npm_package, script)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_younger_script_would_be_seen(program: Program, npm_package: NpmPackage, tmp_path: Path) -> None:
    (tmp_path / "young.js").write_text("const name = window?.name;")
    assert "Unexpected token" in parse(program, npm_package, tmp_path / "young.js").stderr


def weight(site: Path, page: Path) -> int:
    """Return the bytes of a page, its style sheets and its scripts, each compressed with gzip."""
    files = [page, *((page.parent / name).resolve() for name in Markup(page.read_text("utf-8")).loaded)]
    assert {path.suffix for path in files} == {".html", ".css", ".js"}
    assert all(path.is_relative_to(site) for path in files)
    return sum(len(gzip.compress(path.read_bytes())) for path in files)


def heavy(site: Path) -> dict[str, int]:
    """Return the pages of apps and builds that are over the budget."""
    pages = sorted(site.rglob("apps/**/index.html"))
    assert len(pages) > 15
    weights = {str(page.relative_to(site)): weight(site.resolve(), page) for page in pages}
    return {page: size for page, size in weights.items() if size > APP_BUDGET}


def test_an_app_page_is_light(site: Served) -> None:
    assert heavy(site.folder) == {}


def test_so_are_the_demos_in_every_language(tmp_path: Path) -> None:
    shutil.copytree(showcase.DEMO, tmp_path / "content")
    settings = tmp_path / "content" / "site.toml"
    text = settings.read_text("utf-8")
    assert 'languages = ["en", "de"]' in text
    settings.write_text(text.replace('["en", "de"]', json.dumps(BUNDLED)), "utf-8")
    assert heavy(built(tmp_path, base_url="https://apps.example.com/")) == {}


def test_a_front_page_of_a_hundred_apps_is_light(hundred: Path) -> None:
    page = hundred / "index.html"
    assert page.read_text("utf-8").count('href="apps/') >= 100
    assert weight(hundred.resolve(), page) <= FRONT_BUDGET
