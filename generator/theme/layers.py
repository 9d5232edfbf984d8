"""Themes on disk: found by name and laid over their parents. Does not know what is in a template."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from generator.errors import SettingsError, SiteError
from generator.records import Record, from_table
from generator.views.contract import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRACT_HINT = "themes/CONTRACT.md lists what a template can use"


class Sheet(Record, kw_only=True):
    """theme.toml."""

    name: str
    contract: int
    extends: str | None = None


class Theme(Record, kw_only=True):
    """A theme with its parents: `layers` are (name, folder), the most particular first.

    `static` are the files that pages need, by name. `catalogs` are the translations of its own texts, `<tag>.po`,
    parents first. `digest` changes with any byte of any file.
    """

    name: str
    layers: tuple[tuple[str, Path], ...]
    static: tuple[tuple[PurePosixPath, Path], ...]
    catalogs: tuple[Path, ...]
    digest: str

    @property
    def assets_folder(self) -> PurePosixPath:
        """Where its static files lie in the site: under a hash, so that they may be cached for ever."""
        return PurePosixPath("assets", self.digest[:12])

    def templates(self) -> dict[str, Path]:
        """Return its templates by name, its parents' among them."""
        return {name: file for _, folder in reversed(self.layers) for name, file in templates_in(folder)}


def load_theme(name: str, project: Path) -> Theme:
    """Return the theme `name`: the project's own in themes/, else a bundled one. Raises SiteError."""
    layers: list[tuple[str, Path]] = []
    following: str | None = name
    while following is not None:
        if following in dict(layers):
            raise SiteError(f"theme {following} extends itself", where=f"themes/{name}/theme.toml")
        folder = _find(following, project)
        layers.append((following, folder))
        following = read_sheet(folder).extends
    parents_first = [folder for _, folder in reversed(layers)]
    static = {path: file for folder in parents_first for path, file in _files(folder / "static")}
    return Theme(
        name=name,
        layers=tuple(layers),
        static=tuple(sorted(static.items())),
        catalogs=tuple(file for folder in parents_first for file in sorted(folder.glob("locales/*.po"))),
        digest=_digest(layers),
    )


def known_themes(project: Path) -> dict[str, Path]:
    """Return the folders of all themes by name: the bundled ones and, before those of the same name, the project's."""
    places = (bundled_themes(), project / "themes")
    return {sheet.parent.name: sheet.parent for place in places for sheet in sorted(place.glob("*/theme.toml"))}


def bundled_themes() -> Path:
    """Return the folder of the themes that come with this program: in the package, else beside it in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "themes"
    return inside if inside.is_dir() else package.parent / "themes"


def templates_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the name and file of each template that the theme in `folder` has itself."""
    return ((str(path), file) for path, file in _files(folder / "templates"))


def read_sheet(folder: Path) -> Sheet:
    """Return what a theme says of itself. Raises SiteError."""
    path = folder / "theme.toml"
    try:
        sheet = from_table(tomllib.loads(path.read_text("utf-8-sig")), Sheet, where=str(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SiteError(f"cannot be read: {error}", where=str(path), hint="it needs `name` and `contract`") from error
    if sheet.contract != CONTRACT:
        message = f"is written for contract {sheet.contract}; this is contract {CONTRACT}"
        raise SettingsError((SiteError(message, where=str(path), hint=CONTRACT_HINT),))
    return sheet


def _find(name: str, project: Path) -> Path:
    known = known_themes(project)
    if name not in known:
        raise SiteError(f"there is no theme {name!r}", where="theme", hint=f"there are: {', '.join(sorted(known))}")
    return known[name]


def _files(folder: Path) -> Iterator[tuple[PurePosixPath, Path]]:
    for file in sorted(folder.rglob("*")):
        path = PurePosixPath(file.relative_to(folder).as_posix())
        if file.is_file() and not any(part.startswith(".") for part in path.parts):
            yield path, file


def _digest(layers: list[tuple[str, Path]]) -> str:
    digest = hashlib.sha256()
    for name, folder in layers:
        for path, file in _files(folder):
            data = file.read_bytes()
            digest.update(f"{name}\0{path}\0{len(data)}\0".encode())
            digest.update(data)
    return digest.hexdigest()
