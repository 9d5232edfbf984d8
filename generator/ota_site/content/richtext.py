"""Convert an owner's Markdown to safe HTML (the only importer of nh3).

Templates print no other HTML unescaped.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import nh3

from ota_site.catalog import paths
from ota_site.content.markup import BoundedMarkdown, TooComplexError, plain_html
from ota_site.disk.lfs import find_pointer
from ota_site.images.pictures import measure
from ota_site.model.errors import SiteError
from ota_site.model.texts import Link, RichText, Screenshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path, PurePosixPath

_HEADING = re.compile(r"</?h([1-6])(?=[\s>])")
# A link without an address becomes its text.
_NOWHERE = re.compile(r"<a(?![^>]*\shref=)[^>]*>(.*?)</a>", re.DOTALL)
# Themes use other identifiers, such as `main`.
_ANCHOR = "text-"
_ATTRIBUTES = nh3.ALLOWED_ATTRIBUTES | {f"h{level}": {"id"} for level in range(1, 7)}
_SCHEMES = {"https", "http", "mailto", "tel", "sms"}
_PICTURES = {".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp"}
_ASSETS = _PICTURES | {".csv", ".mobileconfig", ".mov", ".mp4", ".pdf", ".svg", ".txt"}


class Printer:
    """Converts the texts of one folder to HTML. Collects warnings in `amiss`; they do not stop a build."""

    def __init__(self, content: Path, pages: Mapping[Path, PurePosixPath]) -> None:
        """Convert texts under `content`. pages: the paths of pages by the resolved path of their text."""
        self._content = content
        self._root = content.resolve()
        self._pages = pages
        self._markdown = BoundedMarkdown(_ANCHOR)
        self.amiss: list[SiteError] = []

    def html(self, text: str, path: Path, *, top: int, language: str, alone: bool = False) -> RichText:
        """Return the Markdown in the file at `path` as safe HTML.

        top: the level of its highest heading in the HTML. alone: no other text is on its page, so its headings can be
        linked to.
        """
        # A placeholder for paths in the HTML. A text cannot contain its own hash, so it cannot contain a placeholder.
        mark = sha256(text.encode("utf-8", "replace")).hexdigest()[:24]
        places: list[PurePosixPath] = []
        assets: dict[PurePosixPath, Path] = {}

        def address(tag: str, attribute: str, value: str) -> str | None:
            if attribute == "id" or (attribute == "href" and value.startswith("#")):
                return _anchor(value) if alone and len(value.split()) == 1 else None
            if attribute not in ("href", "src"):
                return value
            if _scheme(value) or value.startswith("/"):
                if tag != "a":
                    self._elsewhere(value, path)
                return value if tag == "a" else None
            place = self._place(value, path, assets)
            if place is None:
                return None
            places.append(place)
            part = "".join(value.partition("#")[1:])
            return f"{mark}-{len(places) - 1}-{_anchor(part) if place.suffix == '.html' else part}"

        raw = _levelled(self._converted(text, path), top)
        clean = nh3.clean(
            raw,
            attributes=_ATTRIBUTES,
            attribute_filter=address,
            url_schemes=_SCHEMES,
            link_rel="noopener noreferrer",
        )
        clean = _NOWHERE.sub(r"\1", clean.strip())
        picture = re.compile(rf"<img[^>]*{mark}-(\d+)-[^>]*>")
        sized = picture.sub(lambda tag: _sized(tag, assets.get(places[int(tag[1])])), clean)
        pieces = re.split(rf"{mark}-(\d+)-", sized)
        parts = (places[int(piece)] if index % 2 else piece for index, piece in enumerate(pieces))
        return RichText(tuple(part for part in parts if part), tuple(assets.items()), language)

    def _converted(self, text: str, path: Path) -> str:
        try:
            return self._markdown.convert(text)
        except TooComplexError as error:
            message = f"{error}, so it is shown as plain text"
            self.amiss.append(SiteError(message, where=str(path), hint=error.hint))
            return plain_html(text)

    def screenshot(self, name: str, path: Path) -> Screenshot | None:
        """Return the picture that the text at `path` names. If it is not a picture, add a warning and return None."""
        assets: dict[PurePosixPath, Path] = {}
        place = self._place(name, path, assets)
        if place is None:
            return None
        size = measure(assets[place]) if place in assets else None
        if size is None:
            self.amiss.append(SiteError(f"names {name} as a screenshot, which is not an image", where=str(path)))
            return None
        return Screenshot(path=place, source=assets[place], width=size[0], height=size[1])

    def is_safe(self, link: Link, path: Path) -> bool:
        """Return whether a link has an allowed scheme; if not, add a warning."""
        safe = _scheme(link.url) in _SCHEMES
        if not safe:
            hint = "write a full address, such as https://example.com/"
            self.amiss.append(SiteError(f"contains a link to {link.url}", where=str(path), hint=hint))
        return safe

    def _place(self, reference: str, path: Path, assets: dict[PurePosixPath, Path]) -> PurePosixPath | None:
        """Return the path in the site for a relative reference in the text at `path`. If none, add a warning."""
        target = _target(reference, path)
        if target in self._pages:
            return self._pages[target]
        there = target.is_relative_to(self._root) and _is_file(target)
        if there and (pointer := find_pointer(target)):
            self.amiss.append(SiteError(f"names {reference}, which is {pointer[0]}", where=str(path), hint=pointer[1]))
            return None
        if there and target.suffix.lower() in _ASSETS:
            place = paths.media(target.relative_to(self._root))
            assets[place] = target
            return place
        hint = f"use the path of an image, document or text in {self._content}, relative to this text"
        if there:
            hint = f"link to a page of this site, or to a file of these types: {' '.join(sorted(_ASSETS))}"
        wrong = "is not published" if there else "does not exist"
        self.amiss.append(SiteError(f"names {reference}, which {wrong}", where=str(path), hint=hint))
        return None

    def _elsewhere(self, url: str, path: Path) -> None:
        hint = "put the image beside the text, because pages load nothing from other sites"
        self.amiss.append(SiteError(f"shows an image from {url}", where=str(path), hint=hint))


def _anchor(text: str) -> str:
    """Return an identifier, or a link to one (`#…`), with the prefix of headings; empty for none."""
    mark = "#" if text.startswith("#") else ""
    name = text.removeprefix("#")
    return name and mark + (name if name.startswith(_ANCHOR) else _ANCHOR + name)


def _target(reference: str, path: Path) -> Path:
    """Return the file that a relative reference in the text at `path` names, or the text's folder if it is invalid."""
    try:
        return (path.parent / unquote(urlsplit(reference).path)).resolve()
    except ValueError:
        return path.parent.resolve()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # An invalid or too long name.
        return False


def _scheme(url: str) -> str | None:
    """Return the scheme of a URL: empty if it is relative, None if it is invalid."""
    try:
        return urlsplit(url).scheme
    except ValueError:
        return None


def _levelled(markup: str, top: int) -> str:
    """Return HTML with all headings shifted so that the highest has level `top`."""
    shift = top - min((int(level) for level in _HEADING.findall(markup)), default=top)
    return _HEADING.sub(lambda tag: f"{tag[0][:-1]}{min(6, int(tag[1]) + shift)}", markup)


def _sized(tag: re.Match[str], file: Path | None) -> str:
    """Return the tag of a picture with its size in pixels, so that the layout does not shift when it loads."""
    size = measure(file) if file else None
    if size is None or "width=" in tag[0] or "height=" in tag[0]:
        return tag[0]
    return tag[0].replace("<img", f'<img width="{size[0]}" height="{size[1]}"', 1)
