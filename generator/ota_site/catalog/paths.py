"""Where each file of the site lies. These paths are bookmarked and printed: they do not change. Pure."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ota_site.model.build import Build
    from ota_site.model.catalog import App, Release

HOME = PurePosixPath("index.html")
HELP = PurePosixPath("help/index.html")
NOT_FOUND = PurePosixPath("404.html")
CATALOG = PurePosixPath("catalog.json")
SEARCH = PurePosixPath("search.json")
FEED = PurePosixPath("feed.xml")
ALTSTORE = PurePosixPath("altstore.json")
EXPIRY = PurePosixPath("expiry.ics")
WEBMANIFEST = PurePosixPath("site.webmanifest")
HEADERS = PurePosixPath("_headers")
ROBOTS = PurePosixPath("robots.txt")
NO_JEKYLL = PurePosixPath(".nojekyll")

MANIFEST_SIDES = (57, 512)
"""Pixels of the two pictures that Apple's manifest knows."""

PAGE_SIDES = (180, 360)
"""Pixels for pages: 60 and 118 points on a phone with three pixels a point."""

# The same few names stand in thousands of links.
_quoted = lru_cache(8192)(quote)

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")

# What Windows takes for a device, with and without a suffix, or shortens: no file of that name can be made there.
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[1-9¹²³]) *(?:\..*)?|.*[. ]", re.IGNORECASE | re.DOTALL
)
# What Windows takes for a path that leads elsewhere; `state.is_clean` refuses it.
_WAY_OUT = re.compile(r"[A-Za-z]:(?:\\.*)?|\\.*|(?:.*\\)?\.\.?(?:\\.*)?", re.DOTALL)


def app_slugs(bundle_ids: Iterable[str]) -> dict[str, str]:
    """Return what each app is called in addresses, by its bundle identifier."""
    taken: set[str] = set()
    ordered = sorted(set(bundle_ids), key=lambda bundle_id: (bundle_id.casefold(), bundle_id))
    return {bundle_id: distinct(bundle_id, bundle_id, taken) for bundle_id in ordered}


def distinct(text: str, identity: str, taken: set[str]) -> str:
    """Return `text` as one part of an address that no other in `taken` has, letter case apart.

    identity: tells apart what has the same text.
    """
    slug = _UNFIT.sub("-", text).strip(".-")[:100]
    if slug != text or slug.casefold() in taken:
        slug = f"{slug}-{_hash(identity)}".lstrip("-")
    if _RESERVED.fullmatch(slug):
        slug = _with_hash(slug, identity)
    taken.add(slug.casefold())
    return slug


def _fit(name: str) -> str:
    """Return the name of a file or folder as it is, or with a hash where Windows would not take it."""
    if _WAY_OUT.fullmatch(name):
        return _with_hash(re.sub(r"[:\\]", "-", name), name)
    return _with_hash(name, name) if _RESERVED.fullmatch(name) else name


def _with_hash(name: str, identity: str) -> str:
    """Return a name with a hash before its suffixes, since Windows does not look at those."""
    base, dot, suffixes = name.rstrip(". ").partition(".")
    return f"{base.rstrip()}-{_hash(identity)}{dot}{suffixes}".lstrip("-")


def _hash(identity: str) -> str:
    return hashlib.sha256(identity.encode()).hexdigest()[:8]


def app_page(app: App) -> PurePosixPath:
    """Return the page of an app, which shows its newest build."""
    return page_of_slug(app.slug)


def page_of_slug(slug: str) -> PurePosixPath:
    """Return the page of the app that is called so in addresses."""
    return PurePosixPath("apps", slug, "index.html")


def build_page(app: App, release: Release) -> PurePosixPath:
    """Return the page of one build."""
    return PurePosixPath("apps", app.slug, release.slug, "index.html")


def channel_page(app: App, channel: str) -> PurePosixPath:
    """Return the page that always shows the newest build of a channel; channels differ in more than letter case."""
    name = _UNFIT.sub("-", channel).strip(".-").casefold()
    if name != channel.casefold():
        name = f"{name}-{hashlib.sha256(channel.casefold().encode()).hexdigest()[:6]}".lstrip("-")
    return PurePosixPath("apps", app.slug, "channels", _fit(name), "index.html")


def own_page(text: PurePath) -> PurePosixPath:
    """Return a page of the owner's own; `text` is its path below the content folder, without a suffix."""
    folders = text.parent if text.name == "index" else text
    return PurePosixPath(*map(_fit, folders.parts), "index.html")


def in_language(page: PurePosixPath, tag: str) -> PurePosixPath:
    """Return where a page lies in another language than the site's own."""
    return PurePosixPath(_fit(tag), page)


def app_json(app: App) -> PurePosixPath:
    """Return an app's part of the catalog for machines."""
    return app_page(app).with_name("app.json")


def latest(app: App) -> PurePosixPath:
    """Return what an installed app reads to see whether there is a newer build of it."""
    return app_page(app).with_name("latest.json")


def app_feed(app: App) -> PurePosixPath:
    """Return the Atom feed of an app's builds."""
    return app_page(app).with_name("feed.xml")


def manifest(page: PurePosixPath) -> PurePosixPath:
    """Return the manifest that the page's button installs."""
    return page.with_name("manifest.plist")


def qr(page: PurePosixPath, kind: str) -> PurePosixPath:
    """Return the QR code of a page; kind is `svg` or `png`."""
    return page.with_name(f"qr.{kind}")


def ipa(release: Release) -> PurePosixPath:
    """Return the published IPA, under the hash of its bytes, with a name that no server trips over."""
    name = _UNFIT.sub("-", release.source.path.stem).strip(".-")[:80] or "app"
    return PurePosixPath("files", release.build.sha256[:16], _fit(f"{name}.ipa"))


def media(file: PurePath) -> PurePosixPath:
    """Return where a file of the owner's is published; `file` is its path below the content folder."""
    return PurePosixPath("media", *map(_fit, file.parts))


def icon(build: Build, side: int) -> PurePosixPath:
    """Return the icon of a build in one size, shared by all builds that look the same."""
    key = build.icon.sha256[:16] if build.icon else "letter-{}-{}".format(*letter(build.bundle_id)).lower()
    return PurePosixPath("icons", key, f"{side}.png")


def letter(bundle_id: str) -> tuple[str, int]:
    """Return what stands for an app without an icon: a letter or digit, and a hue in degrees, from its identifier."""
    name = bundle_id.rpartition(".")[2] or bundle_id
    first = next((char for char in name if char.isascii() and char.isalnum()), "a")
    return first.upper(), sum(bundle_id.encode()) * 47 % 360


def href(target: PurePosixPath, page: PurePosixPath) -> str:
    """Return the relative link from a page to a file of the site; an index page by its folder."""
    here, there = page.parent.parts, target.parent.parts
    shared = 0
    while shared < min(len(here), len(there)) and here[shared] == there[shared]:
        shared += 1
    name = () if target.name == "index.html" else (target.name,)
    parts = [".."] * (len(here) - shared) + [_quoted(part) for part in (*there[shared:], *name)]
    link = "/".join(parts) + ("" if name else "/")
    return "./" if link == "/" else link


def url(target: PurePosixPath, base_url: str) -> str:
    """Return the absolute, encoded address of a file of the site."""
    path = target.parent if target.name == "index.html" else target
    tail = "/" if target.name == "index.html" else ""
    relative = "" if not path.parts else _quoted(path.as_posix()) + tail
    return base_url + relative
