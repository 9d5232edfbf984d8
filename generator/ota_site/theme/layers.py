"""Find themes on disk by name, and layer them over their parents, without parsing templates."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ota_site.config.toml import read_toml
from ota_site.disk.regular import refusal
from ota_site.model.errors import SettingsError, SiteError
from ota_site.model.records import Record, from_table
from ota_site.site.views.contract import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRACT_HINT = "see themes/CONTRACT.md for what a template can use"


class Sheet(Record, kw_only=True):
    """The keys of theme.toml."""

    name: str = ""
    contract: int | None = None
    extends: str | None = None


class Theme(Record, kw_only=True):
    """A theme with its parents: `layers` are (name, folder), the theme itself first.

    `static` are the files that pages load, by path. `catalogs` are the translations of the theme's texts,
    `<tag>.po`, parents first. `digest` changes with any byte of any file.
    """

    name: str
    layers: tuple[tuple[str, Path], ...]
    static: tuple[tuple[PurePosixPath, Path], ...]
    catalogs: tuple[Path, ...]
    digest: str

    @property
    def assets_folder(self) -> PurePosixPath:
        """Return the folder of its static files in the site, named by a hash so that browsers may cache it forever."""
        return PurePosixPath("assets", self.digest[:12])

    def templates(self) -> dict[str, Path]:
        """Return its templates by name, including those of its parents."""
        return {name: file for _, folder in reversed(self.layers) for name, file in templates_in(folder)}


def load_theme(name: str, project: Path, *, where: str = "theme") -> Theme:
    """Return the theme `name`: the project's theme in themes/, else a bundled one. Raises SiteError.

    where: the setting that names it, for the error.
    """
    try:
        layers = _layers(name, project, where)
        parents_first = [folder for _, folder in reversed(layers)]
        static = {path: file for folder in parents_first for path, file in _files(folder / "static")}
        return Theme(
            name=name,
            layers=tuple(layers),
            static=tuple(sorted(static.items())),
            catalogs=tuple(file for folder in parents_first for file in sorted(folder.glob("locales/*.po"))),
            digest=_digest(layers),
        )
    except OSError as error:
        raise SiteError(f"cannot be read: {error.strerror}", where=str(error.filename or f"theme {name}")) from error
    except UnicodeEncodeError as error:
        raise SiteError("a file name in it is not UTF-8", where=f"theme {name}", hint="rename it") from error


def project_of(content: Path) -> Path:
    """Return the folder that contains `content` and `themes`. It resolves a `content` such as `.` first."""
    return content.resolve().parent if content.name in ("", "..") else content.parent


def known_themes(project: Path) -> dict[str, Path]:
    """Return the folders of all themes by name. A theme of the project replaces a bundled one of the same name."""
    places = (bundled_themes(), project / "themes")
    return {sheet.parent.name: sheet.parent for place in places for sheet in sorted(place.glob("*/theme.toml"))}


def bundled_themes() -> Path:
    """Return the folder of the bundled themes: in the package, else in the checkout."""
    package = Path(__file__).parents[1]
    inside = package / "themes"
    return inside if inside.is_dir() else package.parents[1] / "themes"


def templates_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the name and file of each template of the theme in `folder`, without its parents."""
    return ((str(path), file) for path, file in _files(folder / "templates"))


def read_sheet(folder: Path) -> Sheet:
    """Return the theme.toml of a theme. Raises SiteError, and FileNotFoundError if there is none."""
    path = folder / "theme.toml"
    table = read_toml(path)
    sheet, mistakes = from_table(table, Sheet, where=str(path))
    missing = (key for key in ("name", "contract") if key not in table)
    mistakes += tuple(SiteError(f"`{key}` is missing", where=str(path)) for key in missing)
    if mistakes:
        raise SettingsError(mistakes)
    if sheet.contract != CONTRACT:
        message = f"is written for contract {sheet.contract}, but ota-site supports contract {CONTRACT}"
        raise SettingsError((SiteError(message, where=str(path), hint=CONTRACT_HINT),))
    return sheet


def _layers(name: str, project: Path, where: str) -> list[tuple[str, Path]]:
    """Return a theme and the themes that it extends, each with its folder."""
    known = known_themes(project)
    layers: dict[str, Path] = {}
    following: str | None = name
    while following is not None:
        if following not in known:
            hint = f"use one of {', '.join(sorted(known))}"
            raise SiteError(f"there is no theme {following!r}", where=where, hint=hint)
        if following in layers:
            raise SiteError(f"theme {following} extends itself", where=where)
        layers[following] = folder = known[following]
        _refuse_outsiders(folder)
        following, where = read_sheet(folder).extends, str(folder / "theme.toml")
    return list(layers.items())


def _files(folder: Path) -> Iterator[tuple[PurePosixPath, Path]]:
    for file in sorted(folder.rglob("*")):
        path = PurePosixPath(file.relative_to(folder).as_posix())
        if not file.is_dir() and not any(part.startswith(".") for part in path.parts):
            yield path, file


def _refuse_outsiders(folder: Path) -> None:
    """Raise SiteError for a file of a theme that is not a regular file, or not in the folder of all themes.

    A theme may come from a stranger, like content.
    """
    themes = folder.parent.parent.resolve() / folder.parent.name
    for place in (folder, *(folder / part for part in ("templates", "static", "locales"))):
        for _, file in _files(place):
            if wrong := refusal(file, themes):
                raise SiteError(wrong[0], where=str(file), hint=wrong[1])


def _digest(layers: list[tuple[str, Path]]) -> str:
    digest = hashlib.sha256()
    for name, folder in layers:
        for path, file in _files(folder):
            with file.open("rb") as opened:
                content = hashlib.file_digest(opened, "sha256").digest()
            digest.update(f"{name}\0{path}\0".encode() + content)
    return digest.hexdigest()
