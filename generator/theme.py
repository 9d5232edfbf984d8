"""Themes: found by name, laid over their parents, and printed through Jinja (the only importer of jinja2).

A template sees `site`, `page` and Jinja's own filters, and nothing else.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.exceptions import TemplateSyntaxError

from generator.errors import SettingsError, SiteError
from generator.records import Record, from_table
from generator.views.contract import CONTRACT, TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from generator.views.contract import PageView, SiteView


class _Sheet(Record, kw_only=True):
    """theme.toml."""

    name: str
    contract: int
    extends: str | None = None


class Theme(Record, kw_only=True):
    """A theme with its parents: `layers` are (name, folder), the most particular first.

    `static` are the files that pages need, by name. `digest` changes with any byte of any file.
    """

    name: str
    layers: tuple[tuple[str, Path], ...]
    static: tuple[tuple[PurePosixPath, Path], ...]
    digest: str

    @property
    def assets_folder(self) -> PurePosixPath:
        """Where its static files lie in the site: under a hash, so that they may be cached for ever."""
        return PurePosixPath("assets", self.digest[:12])


def load_theme(name: str, project: Path) -> Theme:
    """Return the theme `name`: the project's own in themes/, else a bundled one. Raises SiteError."""
    layers: list[tuple[str, Path]] = []
    following: str | None = name
    while following is not None:
        if following in dict(layers):
            raise SiteError(f"theme {following} extends itself", where=f"themes/{name}/theme.toml")
        folder = _find(following, project)
        layers.append((following, folder))
        following = _sheet(folder).extends
    static = {path: file for _, folder in reversed(layers) for path, file in _files(folder / "static")}
    return Theme(name=name, layers=tuple(layers), static=tuple(sorted(static.items())), digest=_digest(layers))


def page_printer(theme: Theme) -> Callable[[SiteView, PageView], str]:
    """Return the function that prints a page by the theme's template. It raises SiteError for a template's mistake."""
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(lambda name: _source(theme, name)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.clear()

    def show(site: SiteView, page: PageView) -> str:
        name = TEMPLATES[type(page)]
        try:
            return environment.get_template(name).render(site=site, page=page)
        except TemplateError as error:
            raise SiteError(error.message or str(error), where=_line(theme, name, error), hint=_HINT) from error

    return show


_HINT = "themes/CONTRACT.md lists what a template can use"


def bundled_themes() -> Path:
    """Return the folder of the themes that come with this program: in the package, else beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "themes"
    return inside if inside.is_dir() else package.parent / "themes"


def _find(name: str, project: Path) -> Path:
    for themes in (project / "themes", bundled_themes()):
        if (themes / name / "theme.toml").is_file():
            return themes / name
    known = sorted(
        {sheet.parent.name for place in (project / "themes", bundled_themes()) for sheet in place.glob("*/theme.toml")}
    )
    raise SiteError(f"there is no theme {name!r}", where="theme", hint=f"there are: {', '.join(known)}")


def _sheet(folder: Path) -> _Sheet:
    path = folder / "theme.toml"
    try:
        sheet = from_table(tomllib.loads(path.read_text("utf-8")), _Sheet, where=str(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SiteError(f"cannot be read: {error}", where=str(path), hint="it needs `name` and `contract`") from error
    if sheet.contract != CONTRACT:
        message = f"is written for contract {sheet.contract}; this is contract {CONTRACT}"
        raise SettingsError((SiteError(message, where=str(path), hint=_HINT),))
    return sheet


def _files(folder: Path) -> Iterator[tuple[PurePosixPath, Path]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.name.startswith("."):
            yield PurePosixPath(file.relative_to(folder).as_posix()), file


def _digest(layers: list[tuple[str, Path]]) -> str:
    digest = hashlib.sha256()
    for name, folder in layers:
        for path, file in _files(folder):
            data = file.read_bytes()
            digest.update(f"{name}\0{path}\0{len(data)}\0".encode())
            digest.update(data)
    return digest.hexdigest()


def _source(theme: Theme, name: str) -> tuple[str, str, Callable[[], bool]] | None:
    """Find a template: `app.html` in the first layer that has it, `default:app.html` in that layer."""
    layer, colon, file = name.rpartition(":")
    for this, folder in theme.layers:
        path = folder / "templates" / file
        if (not colon or this == layer) and ".." not in file and path.is_file():
            return path.read_text("utf-8"), str(path), lambda: True
    return None


def _line(theme: Theme, name: str, error: TemplateError) -> str:
    """Return the template and line that an error is about."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.filename or error.name or name}:{error.lineno}"
    if isinstance(error, TemplateNotFound):
        return f"theme {theme.name}"
    trace, where = error.__traceback__, name
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".html"):
            where = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return where
