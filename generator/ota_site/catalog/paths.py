"""Paths of the site's files. They are permanent, because people bookmark and print them. Pure."""

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
"""Sizes in pixels of the two pictures in Apple's manifest."""

PAGE_SIDES = (180, 360)
"""Icon sizes in pixels for pages: 60 and 118 points on a phone with three pixels per point."""

# Cached: thousands of links use the same few names.
_quoted = lru_cache(8192)(quote)

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")

# Names that Windows reserves for devices, with or without a suffix, or shortens: it cannot create such files.
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[1-9¹²³]) *(?:\..*)?|.*[. ]", re.IGNORECASE | re.DOTALL
)
# Names that are paths to other folders on Windows; `state.is_clean` rejects them.
_WAY_OUT = re.compile(r"[A-Za-z]:(?:\\.*)?|\\.*|(?:.*\\)?\.\.?(?:\\.*)?", re.DOTALL)


def app_slugs(bundle_ids: Iterable[str]) -> dict[str, str]:
    """Return each app's slug in URLs, by bundle identifier."""
    taken: set[str] = set()
    ordered = sorted(set(bundle_ids), key=lambda bundle_id: (bundle_id.casefold(), bundle_id))
    return {bundle_id: distinct(bundle_id, bundle_id, taken) for bundle_id in ordered}


def distinct(text: str, identity: str, taken: set[str]) -> str:
    """Return `text` as a URL path segment that is not in `taken`, ignoring case, and add it to `taken`.

    identity: hashed to distinguish equal texts.
    """
    slug = _UNFIT.sub("-", text).strip(".-")[:100]
    if slug != text or slug.casefold() in taken:
        slug = f"{slug}-{_hash(identity)}".lstrip("-")
    if _RESERVED.fullmatch(slug):
        slug = _with_hash(slug, identity)
    taken.add(slug.casefold())
    return slug


def _fit(name: str) -> str:
    """Return the name of a file or folder unchanged, or with a hash if Windows does not accept it."""
    if _WAY_OUT.fullmatch(name):
        return _with_hash(re.sub(r"[:\\]", "-", name), name)
    return _with_hash(name, name) if _RESERVED.fullmatch(name) else name


def _with_hash(name: str, identity: str) -> str:
    """Return a name with a hash before its suffixes, because Windows ignores those in reserved names."""
    base, dot, suffixes = name.rstrip(". ").partition(".")
    return f"{base.rstrip()}-{_hash(identity)}{dot}{suffixes}".lstrip("-")


def _hash(identity: str) -> str:
    return hashlib.sha256(identity.encode()).hexdigest()[:8]


def app_page(app: App) -> PurePosixPath:
    """Return the page of an app, which shows its newest build."""
    return page_of_slug(app.slug)


def page_of_slug(slug: str) -> PurePosixPath:
    """Return the page of the app with this slug."""
    return PurePosixPath("apps", slug, "index.html")


def build_page(app: App, release: Release) -> PurePosixPath:
    """Return the page of one build."""
    return PurePosixPath("apps", app.slug, release.slug, "index.html")


def channel_page(app: App, channel: str) -> PurePosixPath:
    """Return the page of the newest build in a channel. Channel names must differ in more than letter case."""
    name = _UNFIT.sub("-", channel).strip(".-").casefold()
    if name != channel.casefold():
        name = f"{name}-{hashlib.sha256(channel.casefold().encode()).hexdigest()[:6]}".lstrip("-")
    return PurePosixPath("apps", app.slug, "channels", _fit(name), "index.html")


def own_page(text: PurePath) -> PurePosixPath:
    """Return a page written by the owner; `text` is its path below the content folder, without a suffix."""
    folders = text.parent if text.name == "index" else text
    return PurePosixPath(*map(_fit, folders.parts), "index.html")


def in_language(page: PurePosixPath, tag: str) -> PurePosixPath:
    """Return the path of a page in another language than the site's main language."""
    return PurePosixPath(_fit(tag), page)


def app_json(app: App) -> PurePosixPath:
    """Return an app's JSON file, its part of catalog.json."""
    return app_page(app).with_name("app.json")


def latest(app: App) -> PurePosixPath:
    """Return the JSON file that an installed app reads to check for a newer build."""
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
    """Return the published IPA, in a folder named after its hash, with a name that is safe on every server."""
    name = _UNFIT.sub("-", release.source.path.stem).strip(".-")[:80] or "app"
    return PurePosixPath("files", release.build.sha256[:16], _fit(f"{name}.ipa"))


def media(file: PurePath) -> PurePosixPath:
    """Return the path of a published owner's file; `file` is its path below the content folder."""
    return PurePosixPath("media", *map(_fit, file.parts))


def icon(build: Build, side: int) -> PurePosixPath:
    """Return the icon of a build with `side` pixels, shared by all builds with the same icon."""
    key = build.icon.sha256[:16] if build.icon else "letter-{}-{}".format(*letter(build.bundle_id)).lower()
    return PurePosixPath("icons", key, f"{side}.png")


def letter(bundle_id: str) -> tuple[str, int]:
    """Return the placeholder for a missing icon: a letter or digit and a hue in degrees, from the identifier."""
    name = bundle_id.rpartition(".")[2] or bundle_id
    first = next((char for char in name if char.isascii() and char.isalnum()), "a")
    return first.upper(), sum(bundle_id.encode()) * 47 % 360


def href(target: PurePosixPath, page: PurePosixPath) -> str:
    """Return the relative URL from a page to a file of the site; an index page becomes its folder."""
    here, there = page.parent.parts, target.parent.parts
    shared = 0
    while shared < min(len(here), len(there)) and here[shared] == there[shared]:
        shared += 1
    name = () if target.name == "index.html" else (target.name,)
    parts = [".."] * (len(here) - shared) + [_quoted(part) for part in (*there[shared:], *name)]
    link = "/".join(parts) + ("" if name else "/")
    return "./" if link == "/" else link


def url(target: PurePosixPath, base_url: str) -> str:
    """Return the absolute, encoded URL of a file of the site."""
    path = target.parent if target.name == "index.html" else target
    tail = "/" if target.name == "index.html" else ""
    relative = "" if not path.parts else _quoted(path.as_posix()) + tail
    return base_url + relative
