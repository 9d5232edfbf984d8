"""The files that hosts read, as they read them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from ota_site.hosts.files import CONTENT_SECURITY_POLICY, headers_file, robots_file
from tests.tls import headers_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PATHS = [
    "/",
    "/index.html",
    "/404.html",
    "/altstore.json",
    "/catalog.json",
    "/expiry.ics",
    "/feed.xml",
    "/site.webmanifest",
    "/apps/x/",
    "/apps/x/index.html",
    "/apps/x/app.json",
    "/apps/x/latest.json",
    "/apps/x/feed.xml",
    "/apps/x/manifest.plist",
    "/apps/x/channels/beta/manifest.plist",
    "/apps/x/1-1/index.html",
    "/apps/x/1-1/manifest.plist",
    "/apps/x/1-1/qr.svg",
    "/files/abc/x.ipa",
    "/icons/abc/57.png",
    "/assets/abc/style.css",
    "/media/apps/shot.png",
]
_FRESH = {"cache-control": "no-cache", "content-type": "text/xml"}
_ATOM = {"content-type": "application/atom+xml; charset=utf-8"}
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
_EVERYWHERE = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/index.html", {}),
        ("/", {}),
        ("/apps/x/", {}),
        ("/apps/x/manifest.plist", _FRESH),
        ("/apps/x/1-1/manifest.plist", _FRESH),
        ("/apps/x/channels/beta/manifest.plist", _FRESH),
        ("/apps/x/latest.json", {}),
        ("/altstore.json", {}),
        ("/feed.xml", _ATOM),
        ("/apps/x/feed.xml", _ATOM),
        ("/expiry.ics", {"content-type": "text/calendar; charset=utf-8"}),
        ("/site.webmanifest", {"content-type": "application/manifest+json"}),
        ("/files/abc/x.ipa", {**_FOREVER, "content-type": "application/octet-stream"}),
        ("/icons/abc/57.png", _FOREVER),
        ("/assets/abc/style.css", _FOREVER),
        ("/media/apps/shot.png", {}),
    ],
)
def test_each_path_has_its_headers(path: str, own: dict[str, str], *, indexed: bool) -> None:
    robots = {} if indexed else {"x-robots-tag": "noindex"}
    assert headers_for(headers_file(indexed=indexed), path) == {**_EVERYWHERE, **robots, **own}


@pytest.mark.parametrize("indexed", [True, False])
def test_no_path_gets_one_header_from_two_rules(
    netlify: Callable[..., dict[str, Any]], tmp_path: Path, *, indexed: bool
) -> None:
    (tmp_path / "_headers").write_text(headers_file(indexed=indexed))
    parsed = netlify("headers", tmp_path / "_headers")
    assert parsed["errors"] == []
    for path in _PATHS:
        rules = [rule["values"] for rule in parsed["headers"] if re.search(rule["pattern"], path, re.IGNORECASE)]
        names = Counter(name.lower() for values in rules for name in values)
        assert names
        assert max(names.values()) == 1, path
        # Netlify's own reading, and that of the tests' server.
        merged = {name.lower(): value for values in rules for name, value in values.items()}
        assert merged == headers_for(headers_file(indexed=indexed), path), path


def test_the_rules_stay_within_cloudflares_limits() -> None:
    lines = headers_file(indexed=False).splitlines()
    assert sum(line.startswith("/") for line in lines) < 100
    assert max(map(len, lines)) < 2000


@pytest.mark.parametrize(("indexed", "rule"), [(True, "Disallow:"), (False, "Disallow: /")])
def test_robots_are_let_in_or_kept_out(rule: str, *, indexed: bool) -> None:
    assert robots_file(indexed=indexed).splitlines() == ["User-agent: *", rule]
