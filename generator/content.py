"""The owner's texts: Markdown with TOML front matter, made into safe HTML (the only importer of markdown and nh3).

The only place where HTML that a template prints unescaped comes from.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

import nh3
from markdown import Markdown

from generator.errors import SettingsError, SiteError
from generator.images import measure
from generator.model.catalog import AppText, Link, RichText, Screenshot, TextPage, Texts
from generator.records import Record, from_table

if TYPE_CHECKING:
    from collections.abc import Iterable

_FENCE = re.compile(r"\A\ufeff?\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"\A\s*#\s+(.+?)\s*#*\s*(?:\n|\Z)")
# A place left open in the HTML: private-use characters, which the text itself loses before.
_HOLE = re.compile("\ue000(\\d+)\ue001")
_SCHEMES = {"https", "http", "mailto", "tel", "sms"}
_PICTURES = {".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp"}
_ASSETS = _PICTURES | {".csv", ".mobileconfig", ".mov", ".mp4", ".pdf", ".svg", ".txt"}


class _PageMatter(Record, kw_only=True):
    """Front matter of a page."""

    title: str | None = None


class _AppMatter(Record, kw_only=True):
    """Front matter of content/apps/<bundle id>.md."""

    name: str | None = None
    subtitle: str | None = None
    order: int = 0
    hidden: bool = False
    tags: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    screenshots: tuple[str, ...] = ()


class _NotesMatter(Record, kw_only=True):
    """Front matter of a build's release notes, and of the front page: none so far."""


_Matter = TypeVar("_Matter", _PageMatter, _AppMatter, _NotesMatter)


def read_content(content: Path, texts: Iterable[Path], ipas: Iterable[Path]) -> tuple[Texts, tuple[SiteError, ...]]:
    """Return all that the owner wrote, and what is amiss in it but does not stop a build.

    texts, ipas: the Markdown files and IPAs found under `content`. Raises SettingsError with every
    mistake in front matter.
    """
    builds = {ipa.with_suffix(""): ipa for ipa in ipas}
    notes, apps, fronts, pages = [], [], [], []
    for path in texts:
        if path.with_suffix("") in builds:
            notes.append(path)
        elif path.parent == content / "apps":
            apps.append(path)
        elif path == content / "index.md":
            fronts.append(path)
        else:
            pages.append(path)
    reader = _Reader(content, pages)
    found = Texts(
        front=next((reader.front(path) for path in fronts), RichText()),
        apps={path.stem: reader.app(path) for path in apps},
        notes={builds[path.with_suffix("")]: reader.notes(path) for path in notes},
        pages=tuple(reader.page(path) for path in pages),
    )
    if reader.mistakes:
        raise SettingsError(tuple(reader.mistakes))
    return found, tuple(reader.amiss)


class _Reader:
    """Reads the texts of one folder. Gathers `mistakes`, which stop a build, and what is `amiss`, which does not."""

    def __init__(self, content: Path, pages: Iterable[Path]) -> None:
        self.content = content
        self.root = content.resolve()
        self.pages = {path.resolve(): _page_path(path.relative_to(content)) for path in pages}
        self.markdown = {top: _markdown(top) for top in (2, 3)}
        self.mistakes: list[SiteError] = []
        self.amiss: list[SiteError] = []

    def front(self, path: Path) -> RichText:
        _, text = self._front_matter(path, _NotesMatter)
        return self._html(text, path, top=2)

    def notes(self, path: Path) -> RichText:
        _, text = self._front_matter(path, _NotesMatter)
        return self._html(text, path, top=3)

    def app(self, path: Path) -> AppText:
        matter, text = self._front_matter(path, _AppMatter)
        shots = (self._screenshot(name, path) for name in matter.screenshots)
        return AppText(
            name=matter.name,
            subtitle=matter.subtitle,
            order=matter.order,
            hidden=matter.hidden,
            tags=matter.tags,
            links=tuple(link for link in matter.links if self._is_safe(link, path)),
            screenshots=tuple(shot for shot in shots if shot is not None),
            body=self._html(text, path, top=3),
        )

    def page(self, path: Path) -> TextPage:
        matter, text = self._front_matter(path, _PageMatter)
        heading = _HEADING.match(text)
        if heading is not None and matter.title in (None, heading[1]):
            text = text[heading.end() :]
        title = matter.title or (heading[1] if heading else path.stem.replace("-", " ").capitalize())
        return TextPage(path=self.pages[path.resolve()], title=title, body=self._html(text, path, top=2))

    def _front_matter(self, path: Path, kind: type[_Matter]) -> tuple[_Matter, str]:
        """Return a text's front matter and what follows it; a mistake is noted and leaves both empty."""
        try:
            text = path.read_text("utf-8")
            match = _FENCE.match(text)
            if match is None:
                return kind(), text
            return from_table(tomllib.loads(match[1]), kind, where=str(path)), text[match.end() :]
        except SettingsError as error:
            self.mistakes.extend(error.mistakes)
        except tomllib.TOMLDecodeError as error:
            hint = "the part between the +++ lines is TOML, see https://toml.io"
            self.mistakes.append(SiteError(f"its front matter cannot be read: {error}", where=str(path), hint=hint))
        except (OSError, UnicodeDecodeError) as error:
            self.mistakes.append(SiteError(f"cannot be read: {error}", where=str(path), hint="save it as UTF-8"))
        return kind(), ""

    def _html(self, text: str, path: Path, *, top: int) -> RichText:
        """Return Markdown as safe HTML. top: the level that a first-level heading becomes."""
        places: list[PurePosixPath] = []
        assets: dict[PurePosixPath, Path] = {}

        def address(tag: str, attribute: str, value: str) -> str | None:
            if attribute not in ("href", "src") or value.startswith("#"):
                return value
            if urlsplit(value).scheme or value.startswith("/"):
                if tag != "a":
                    self._elsewhere(value, path)
                return value if tag == "a" else None
            place = self._place(value, path, assets)
            if place is None:
                return None
            places.append(place)
            return f"\ue000{len(places) - 1}\ue001"

        raw = self.markdown[top].reset().convert(text.replace("\ue000", "").replace("\ue001", ""))
        clean = nh3.clean(raw, attribute_filter=address, url_schemes=_SCHEMES, link_rel="noopener noreferrer")
        pieces = _HOLE.split(clean.strip())
        parts = (places[int(piece)] if index % 2 else piece for index, piece in enumerate(pieces))
        return RichText(tuple(part for part in parts if part), tuple(assets.items()))

    def _place(self, reference: str, path: Path, assets: dict[PurePosixPath, Path]) -> PurePosixPath | None:
        """Return the file of the site that a relative reference in the text at `path` means."""
        target = (path.parent / unquote(urlsplit(reference).path)).resolve()
        if target in self.pages:
            return self.pages[target]
        if target.suffix.lower() in _ASSETS and target.is_relative_to(self.root) and target.is_file():
            place = "media" / PurePosixPath(target.relative_to(self.root).as_posix())
            assets[place] = target
            return place
        hint = f"name a picture, a document or another text under {self.content}, by its path from this text"
        self.amiss.append(SiteError(f"links to {reference}, which is not there", where=str(path), hint=hint))
        return None

    def _screenshot(self, name: str, path: Path) -> Screenshot | None:
        assets: dict[PurePosixPath, Path] = {}
        place = self._place(name, path, assets)
        size = measure(assets[place]) if place in assets else None
        if place is None or size is None:
            self.amiss.append(SiteError(f"names {name} as a screenshot, which is no picture", where=str(path)))
            return None
        return Screenshot(path=place, source=assets[place], width=size[0], height=size[1])

    def _elsewhere(self, url: str, path: Path) -> None:
        hint = "put the picture beside the text: pages load nothing from other sites"
        self.amiss.append(SiteError(f"shows a picture from {url}", where=str(path), hint=hint))

    def _is_safe(self, link: Link, path: Path) -> bool:
        safe = urlsplit(link.url).scheme in _SCHEMES
        if not safe:
            hint = "write a whole address, such as https://example.com/"
            self.amiss.append(SiteError(f"has a link to {link.url}", where=str(path), hint=hint))
        return safe


def _markdown(top: int) -> Markdown:
    """Return a converter, which is dear to make, whose first-level headings become level `top`."""
    extensions = ["tables", "fenced_code", "sane_lists", "toc"]
    return Markdown(extensions=extensions, extension_configs={"toc": {"baselevel": top}})


def _page_path(relative: Path) -> PurePosixPath:
    path = PurePosixPath(relative.with_suffix("").as_posix())
    return path.with_suffix(".html") if path.name == "index" else path / "index.html"
