"""Find the text and language of a Markdown file by its name: `Acme-1.2.de.md` is `Acme-1.2` in German."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ota_site.i18n.languages import is_language
from ota_site.model.errors import SiteError
from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

T = TypeVar("T")

Versions = dict[str, Path]
"""The files of one text, by language."""


class Sorted(Record, kw_only=True):
    """The texts of a folder, by path without language and suffix.

    `mistakes` are duplicates of a text in one language. `amiss` are files in a language that the site does not have.
    """

    texts: dict[Path, Versions]
    mistakes: tuple[SiteError, ...]
    amiss: tuple[SiteError, ...]


def sort_texts(files: Iterable[Path], subjects: Iterable[Path], languages: tuple[str, ...]) -> Sorted:
    """Return `files` sorted by text and language.

    subjects: the paths of IPAs and apps, without suffix; the end of such a name is not a language. A file without a
    language is in the site's default language, the first of `languages`.
    """
    paths = tuple(files)
    plain = set(subjects)
    known = plain | {path.with_suffix("") for path in paths}
    tags = {tag.casefold(): tag for tag in languages}
    texts: dict[Path, Versions] = {}
    mistakes, amiss = [], []
    for path in paths:
        text, end = path.with_suffix(""), path.with_suffix("").suffix[1:]
        tag = languages[0]
        if text not in plain and end.casefold() in tags:
            text, tag = text.with_suffix(""), tags[end.casefold()]
        elif text not in plain and is_language(end) and text.with_suffix("") in known:
            amiss.append(_foreign(path, end))
            continue
        versions = texts.setdefault(text, {})
        if tag in versions:
            mistakes.append(_double(path, versions[tag]))
        versions.setdefault(tag, path)
    return Sorted(texts=texts, mistakes=tuple(mistakes), amiss=tuple(amiss))


def _foreign(path: Path, tag: str) -> SiteError:
    hint = f"add {tag!r} to `languages` in site.toml, or move the file"
    return SiteError("the site does not use its language, so it is ignored", where=str(path), hint=hint)


def _double(path: Path, first: Path) -> SiteError:
    hint = "merge the two files into one"
    return SiteError(f"it is for the same text and language as {first.name}", where=str(path), hint=hint)


def versions_for(tag: str, versions: Mapping[str, T], languages: tuple[str, ...]) -> dict[str, T]:
    """Return the versions of a text to show in the language `tag`, by language, best first.

    The version in `tag` comes first, then the one in the site's default language. Without the latter, the others
    follow in the owner's order: a text in another language is better than none.
    """
    own = languages[0]
    order = (tag, own) if own in versions else (tag, *languages)
    return {each: versions[each] for each in order if each in versions}
