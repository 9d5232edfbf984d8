"""One file of the owner's texts: its front matter and its Markdown, as values."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from generator.content.matter import AppMatter, BuildMatter, FrontMatter, Matter, PageMatter, check_matter
from generator.content.richtext import Printer
from generator.errors import SettingsError, SiteError
from generator.model.texts import RichText
from generator.records import Record, fields
from generator.toml import parse_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FENCE = re.compile(r"\A\ufeff?\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"\A\s*#\s+(.+?)\s*#*\s*(?:\n|\Z)")

T = TypeVar("T")


class AppFile(Record, kw_only=True):
    """What a file says of an app: those fields of an AppText that it gives, and its body."""

    given: dict[str, Any]
    body: RichText


class NotesFile(Record, kw_only=True):
    """What a file says of a build."""

    matter: BuildMatter
    body: RichText


class PageFile(Record, kw_only=True):
    """What a file makes a page; `title` is None where it gives none."""

    title: str | None
    body: RichText


class Reader:
    """Reads the texts of one folder. Gathers `mistakes`, which stop a build, and what is `amiss`, which does not."""

    def __init__(self, content: Path, pages: Mapping[Path, Mapping[str, Path]]) -> None:
        """Read texts under `content`. pages: the files of each page, by its path without language and suffix."""
        places = {
            file.resolve(): page_path(text.relative_to(content))
            for text, versions in pages.items()
            for file in versions.values()
        }
        self._printer = Printer(content, places)
        self.amiss = self._printer.amiss
        self.mistakes: list[SiteError] = []

    def all(self, texts: Mapping[Path, Mapping[str, Path]], read: Callable[[Path, str], T]) -> dict[Path, dict[str, T]]:
        """Return each version of each text, read by one of this reader's other methods."""
        return {text: {tag: read(file, tag) for tag, file in versions.items()} for text, versions in texts.items()}

    def front(self, path: Path, language: str) -> RichText:
        """Return the front page's text."""
        _, text = self._front_matter(path, FrontMatter)
        return self._printer.html(text, path, top=2, language=language)

    def notes(self, path: Path, language: str) -> NotesFile:
        """Return the release notes of a build."""
        matter, text = self._front_matter(path, BuildMatter)
        return NotesFile(matter=matter, body=self._printer.html(text, path, top=3, language=language))

    def app(self, path: Path, language: str) -> AppFile:
        """Return what is said of an app."""
        matter, text = self._front_matter(path, AppMatter)
        given = {key: value for key in fields(AppMatter) if (value := getattr(matter, key)) is not None}
        if matter.links is not None:
            given["links"] = tuple(link for link in matter.links if self._printer.is_safe(link, path))
        if matter.screenshots is not None:
            shots = (self._printer.screenshot(name, path) for name in matter.screenshots)
            given["screenshots"] = tuple(shot for shot in shots if shot is not None)
        return AppFile(given=given, body=self._printer.html(text, path, top=3, language=language))

    def page(self, path: Path, language: str) -> PageFile:
        """Return a page of the owner's own."""
        matter, text = self._front_matter(path, PageMatter)
        heading = _HEADING.match(text)
        if heading is not None and matter.title in (None, heading[1]):
            text = text[heading.end() :]
        title = matter.title or (heading[1] if heading else None)
        return PageFile(title=title, body=self._printer.html(text, path, top=2, language=language))

    def _front_matter(self, path: Path, kind: type[Matter]) -> tuple[Matter, str]:
        """Return a text's front matter and what follows it; a mistake is noted and leaves both empty."""
        where = str(path)
        try:
            text = path.read_text("utf-8")
            match = _FENCE.match(text)
            if match is None:
                return kind(), text
            table = parse_toml(match[1], where=where, what="its front matter ")
            return check_matter(table, kind, where=where), text[match.end() :]
        except SettingsError as error:
            self.mistakes += error.mistakes
        except SiteError as error:
            self.mistakes.append(error)
        except (OSError, UnicodeDecodeError) as error:
            self.mistakes.append(SiteError(f"cannot be read: {error}", where=where, hint="save it as UTF-8"))
        return kind(), ""


def page_path(text: Path) -> PurePosixPath:
    """Return the place in the site of a page; `text` is relative to the owner's folder, without a suffix."""
    path = PurePosixPath(text.as_posix())
    return path.with_name("index.html") if path.name == "index" else path / "index.html"
