"""The way of an install, walked by a plain client over TLS: page, link, manifest, IPA, hashes."""

from __future__ import annotations

import hashlib
import plistlib
import re
import shutil
import zipfile
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from PIL import Image

from tests import samples
from tests.sites import Served, served

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENT = Path(__file__).parents[1] / "content"
DOWNLOADER = "com.apple.appstored/1.0 iOS/18.6 model/iPhone14,5 hwp/t8110 build/22G86 (6; dt:257) AMS/1"
NAMES = ['R & D <β> "x"', "毛豆", "Émoji 🧭 café", "very capable app"]


class Links(HTMLParser):
    """The addresses that a page names."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser calls it so
        """Keep what a tag refers to."""
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.found.append(value)
            if name == "srcset" and value:
                self.found += [candidate.split()[0] for candidate in value.split(",")]


@pytest.fixture(scope="module", params=["/", "/a repo/"], ids=["root", "sub-path"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return the demo, and apps with difficult names, served."""
    folder = tmp_path_factory.mktemp("walk")
    content = folder / "content"
    shutil.copytree(CONTENT, content)
    for number, name in enumerate(NAMES):
        app = samples.App(name=name, bundle_id=f"com.example.hard{number}")
        (content / f"{name.replace('/', '-')}.ipa").write_bytes(samples.make_ipa(app))
    large = samples.App(name="Large", bundle_id="com.example.large", extra={"Payload/Large.app/blob": noise(21 << 20)})
    (content / "large.ipa").write_bytes(samples.make_ipa(large))
    with served(content, folder / "_site", prefix=request.param) as site:
        yield site


def noise(size: int) -> bytes:
    """Return bytes that do not compress."""
    return hashlib.shake_128(b"noise").digest(size)


def text(site: Served, url: str) -> str:
    """Return a page."""
    return str(site.fetch(url, agent="Mozilla/5.0 (iPhone)").read(), "utf-8")


def pages(site: Served) -> list[str]:
    """Return the address of every page that can be reached from the front page."""
    seen, pending = {site.url}, [site.url]
    while pending:
        here = pending.pop()
        for link in Links(text(site, here)).found:
            url = urljoin(here, link).partition("#")[0]
            if url.startswith(site.url) and url.endswith("/") and url not in seen:
                seen.add(url)
                pending.append(url)
    return sorted(seen)


def install_links(site: Served) -> dict[str, str]:
    """Return the manifest behind the button of each page that has one."""
    found = {}
    for page in pages(site):
        for link in Links(text(site, page)).found:
            if link.startswith("itms-services:"):
                found[page] = parse_qs(urlsplit(link).query)["url"][0]
    return found


def test_every_link_of_every_page_leads_somewhere(site: Served) -> None:
    checked = set()
    for page in pages(site):
        for link in Links(text(site, page)).found:
            url = urljoin(page, link)
            if url.startswith("https://localhost"):
                assert url.startswith(site.url)
                checked.add(url.partition("#")[0])
    for url in checked:
        assert site.fetch(url, method="HEAD").status == 200
    assert len(checked) > 60


def test_each_button_installs_the_app_its_page_is_about(site: Served) -> None:
    links = install_links(site)
    assert len(links) > 15
    for page, manifest_url in links.items():
        response = site.fetch(manifest_url, agent=DOWNLOADER)
        assert response.headers["Content-Type"] == "text/xml"
        assert response.headers["Cache-Control"] == "no-cache"
        (item,) = plistlib.loads(response.read())["items"]
        assets = {asset["kind"]: asset for asset in item["assets"]}
        package = assets["software-package"]
        ipa = site.fetch(package["url"], agent=DOWNLOADER)
        assert ipa.headers["Content-Type"] == "application/octet-stream"
        data = ipa.read()
        size = package["sha256-size"]
        chunks = [data[start : start + size] for start in range(0, len(data), size)]
        assert [hashlib.sha256(chunk).hexdigest() for chunk in chunks] == package["sha256s"]
        info = info_plist(data)
        metadata = item["metadata"]
        assert metadata["bundle-identifier"] == info["CFBundleIdentifier"]
        assert metadata["bundle-version"] == info["CFBundleShortVersionString"]
        assert metadata["kind"] == "software"
        assert str(info["CFBundleIdentifier"]) in page
        for kind, side in (("display-image", 57), ("full-size-image", 512)):
            picture = Image.open(BytesIO(site.fetch(assets[kind]["url"], agent=DOWNLOADER).read()))
            assert picture.format == "PNG"
            assert picture.size == (side, side)


def test_a_large_app_has_a_hash_for_each_ten_mebibytes(site: Served) -> None:
    url = next(url for page, url in install_links(site).items() if "com.example.large/" in page)
    (item,) = plistlib.loads(site.fetch(url).read())["items"]
    assert len(item["assets"][0]["sha256s"]) == 3


def test_difficult_names_arrive_as_they_are(site: Served) -> None:
    titles = set()
    for url in install_links(site).values():
        (item,) = plistlib.loads(site.fetch(url).read())["items"]
        titles.add(item["metadata"]["title"])
    assert titles >= set(NAMES)


def test_a_build_that_cannot_install_has_no_button(site: Served) -> None:
    expired = next(page for page in pages(site) if "2.3.0-104" in page)
    html = text(site, expired)
    assert "itms-services" not in html
    assert "profile-expired" in html


def test_a_lost_visitor_finds_the_way_home(site: Served) -> None:
    with pytest.raises(HTTPError) as caught:
        site.fetch(site.url + "apps/none/at/all")
    assert caught.value.code == 404
    html = caught.value.read().decode()
    home = re.search(r'<p><a href="([^"]+)">See all apps', html)
    assert home is not None
    assert urljoin(site.url + "apps/none/at/all", home[1]) == site.url


def test_pages_may_load_nothing_from_elsewhere(site: Served) -> None:
    policy = site.fetch(site.url).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def info_plist(ipa: bytes) -> dict[str, object]:
    """Return the app's Info.plist by Python's own reader."""
    with zipfile.ZipFile(BytesIO(ipa)) as archive:
        name = next(name for name in archive.namelist() if re.fullmatch(r"Payload/[^/]+\.app/Info\.plist", name))
        table: dict[str, object] = plistlib.loads(archive.read(name))
        return table
