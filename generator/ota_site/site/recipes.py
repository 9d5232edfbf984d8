"""Recipes: each describes a file of the site before it is rendered. Pure."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ota_site.apple.install.manifest import Manifest
from ota_site.model.build import Icon, Source
from ota_site.model.errors import SiteError
from ota_site.model.records import Record, to_json
from ota_site.site.views.contract import PageView, SiteView

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class PageOutput(Record, kw_only=True):
    """A page: a view that the theme renders."""

    path: PurePosixPath
    site: SiteView
    page: PageView


class ManifestOutput(Record, kw_only=True):
    """The manifest that iOS reads to install one build."""

    path: PurePosixPath
    manifest: Manifest


class QrOutput(Record, kw_only=True):
    """A QR code, as SVG or PNG by its path's suffix."""

    path: PurePosixPath
    text: str


class IconOutput(Record, kw_only=True):
    """The icon in an IPA, `side` pixels wide and high."""

    path: PurePosixPath
    ipa: Source
    icon: Icon
    side: int


class LetterOutput(Record, kw_only=True):
    """A letter on a colour (hue in degrees), for an app without an icon."""

    path: PurePosixPath
    letter: str
    hue: int
    side: int


class TextOutput(Record, kw_only=True):
    """A file whose whole text is known."""

    path: PurePosixPath
    text: str


class StaticOutput(Record, kw_only=True):
    """A theme's static file. Stylesheets and scripts are minified."""

    path: PurePosixPath
    source: Source


class CopyOutput(Record, kw_only=True):
    """A file copied unchanged. Without a `sha256`, its size and modification time show whether it has changed."""

    path: PurePosixPath
    source: Source
    sha256: str | None = None


Recipe = PageOutput | ManifestOutput | QrOutput | IconOutput | LetterOutput | TextOutput | StaticOutput | CopyOutput

# A folder that is only partly synced must not link to a file that is still missing.
_ORDER = {
    CopyOutput: 0,
    StaticOutput: 0,
    IconOutput: 1,
    LetterOutput: 1,
    QrOutput: 1,
    ManifestOutput: 2,
    TextOutput: 3,
    PageOutput: 4,
}


class Plan(Record):
    """All files of a site, in the order to write them. Created by `make_plan`."""

    recipes: tuple[Recipe, ...]

    def __iter__(self) -> Iterator[Recipe]:
        return iter(self.recipes)

    def __len__(self) -> int:
        return len(self.recipes)


def make_plan(recipes: Iterable[Recipe]) -> Plan:
    """Return the plan of these recipes. Equal recipes at one path become one file.

    Raises SiteError for a path outside the site, and for two different files at one path, ignoring letter case.
    """
    by_path: dict[str, Recipe] = {}
    for recipe in recipes:
        if recipe.path.is_absolute() or ".." in recipe.path.parts or not recipe.path.parts:
            raise SiteError("a file would be written outside the site", where=str(recipe.path))
        other = by_path.setdefault(recipe.path.as_posix().casefold(), recipe)
        if other is not recipe and fingerprint(other) != fingerprint(recipe):
            hint = "rename the file or page of yours that takes this place"
            raise SiteError("two files would be written to one place", where=str(recipe.path), hint=hint)
    for recipe in by_path.values():
        for folder in recipe.path.parents:
            if folder.as_posix().casefold() in by_path:
                hint = "rename the file or page of yours that takes this place"
                raise SiteError("a file would stand where a folder is needed", where=str(folder), hint=hint)
    return Plan(tuple(sorted(by_path.values(), key=_place)))


def fingerprint(recipe: Recipe) -> str:
    """Return a hash of everything that determines a file's bytes. Equal recipes have equal fingerprints."""
    match recipe:
        case CopyOutput(path=path, source=source, sha256=sha256):
            essence: object = (path, sha256) if sha256 else (path, source.size, source.mtime_ns)
        case StaticOutput(path=path, source=source):
            essence = (path, source.size, source.mtime_ns)
        case IconOutput(path=path, icon=icon, side=side):
            essence = (path, icon.sha256, side)
        case _:
            essence = recipe
    return hashlib.sha256(type(recipe).__name__.encode() + to_json(essence)).hexdigest()


def _place(recipe: Recipe) -> tuple[int, int, str]:
    """Return a key that sorts by kind, then deepest paths first, so that the front page comes last."""
    return _ORDER[type(recipe)], -len(recipe.path.parts), recipe.path.as_posix()
