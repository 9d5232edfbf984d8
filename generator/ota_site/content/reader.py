"""Read the front matter and Markdown of one file of the owner's texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from ota_site.config.toml import parse_toml
from ota_site.content.richtext import Printer
from ota_site.disk.regular import read_regular
from ota_site.model.errors import SettingsError, SiteError
from ota_site.model.records import Record
from ota_site.model.texts import RichText
from ota_site.sources.front_matter import AppMatter, BuildMatter, FrontMatter, Matter, PageMatter, check_matter, said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path, PurePosixPath

_FENCE = re.compile(r"\A\ufeff?\s*\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
# Front matter in YAML, or without an end. It is an error, since `hidden = true` in it must not be ignored.
_YAML = re.compile(r"\A\ufeff?\s*---[ \t]*\n[\w-]+[ \t]*:")
_ENDLESS = re.compile(r"\A\ufeff?\s*\+\+\+[ \t]*\n")
_HEADING = re.compile(r"\A\s*#\s+(.+?)\s*#*\s*(?:\n|\Z)")

T = TypeVar("T")


class AppTextFile(Record, kw_only=True):
    """A file about an app: the fields of AppText that it sets, and its body."""

    given: dict[str, Any]
    body: RichText


class NotesFile(Record, kw_only=True):
    """A file with the release notes of a build."""

    matter: BuildMatter
    body: RichText


class PageFile(Record, kw_only=True):
    """A file of a page; `title` is None if it has none."""

    title: str | None
    body: RichText


class Reader:
    """Reads the texts of one folder. Collects `mistakes`, which stop a build, and `amiss`, which are warnings."""

    def __init__(self, content: Path, pages: Mapping[Path, PurePosixPath]) -> None:
        """Read texts under `content`. pages: the paths of pages by the resolved path of their text."""
        self._printer = Printer(content, pages)
        self.amiss = self._printer.amiss
        self.mistakes: list[SiteError] = []

    def all(self, texts: Mapping[Path, Mapping[str, Path]], read: Callable[[Path, str], T]) -> dict[Path, dict[str, T]]:
        """Return each version of each text by language. read: another method of this reader."""
        return {text: {tag: read(file, tag) for tag, file in versions.items()} for text, versions in texts.items()}

    def front(self, path: Path, language: str) -> RichText:
        """Return the front page's text."""
        _, text = self._front_matter(path, FrontMatter)
        return self._printer.html(text, path, top=2, language=language, alone=True)

    def notes(self, path: Path, language: str) -> NotesFile:
        """Return the release notes of a build."""
        matter, text = self._front_matter(path, BuildMatter)
        return NotesFile(matter=matter, body=self._printer.html(text, path, top=3, language=language))

    def app(self, path: Path, language: str) -> AppTextFile:
        """Return the text and fields of an app."""
        matter, text = self._front_matter(path, AppMatter)
        given = said(matter)
        if matter.links is not None:
            given["links"] = tuple(link for link in matter.links if self._printer.is_safe(link, path))
        if matter.screenshots is not None:
            shots = (self._printer.screenshot(name, path) for name in matter.screenshots)
            given["screenshots"] = tuple(shot for shot in shots if shot is not None)
        return AppTextFile(given=given, body=self._printer.html(text, path, top=3, language=language))

    def page(self, path: Path, language: str) -> PageFile:
        """Return a page written by the owner."""
        matter, text = self._front_matter(path, PageMatter)
        heading = _HEADING.match(text)
        if heading is not None and matter.title in (None, heading[1]):
            text = text[heading.end() :]
        title = matter.title or (heading[1] if heading else None)
        return PageFile(title=title, body=self._printer.html(text, path, top=2, language=language, alone=True))

    def _front_matter(self, path: Path, kind: type[Matter]) -> tuple[Matter, str]:
        """Return a text's front matter and the rest. On a mistake, add it to `mistakes` and return both empty."""
        where = str(path)
        try:
            # Convert line endings as text mode does.
            text = read_regular(path).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
            match = _FENCE.match(text)
            if match is None:
                _refuse_other_forms(text, where)
                return kind(), text
            table = parse_toml(match[1], where=where, what="its front matter ")
            return check_matter(table, kind, where=where), text[match.end() :]
        except SettingsError as error:
            self.mistakes += error.mistakes
        except SiteError as error:
            self.mistakes.append(error)
        except OSError as error:
            self.mistakes.append(SiteError(f"cannot be read: {error.strerror}", where=where))
        except UnicodeDecodeError:
            self.mistakes.append(SiteError("is not UTF-8", where=where, hint="save it as UTF-8"))
        return kind(), ""


def _refuse_other_forms(text: str, where: str) -> None:
    """Raise SiteError if a text begins with front matter that is YAML or has no end."""
    if _YAML.match(text):
        hint = 'write it as TOML between two lines of +++, such as title = "Privacy"'
        raise SiteError("its front matter is YAML", where=where, hint=hint)
    if _ENDLESS.match(text):
        raise SiteError("its front matter is not closed", where=where, hint="add a line with only +++ below it")
