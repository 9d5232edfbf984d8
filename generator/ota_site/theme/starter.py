"""Create a theme that extends another, and copy a parent's template into it."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ota_site.model.errors import SiteError
from ota_site.model.records import Record
from ota_site.site.views.contract import CONTRACT
from ota_site.theme.layers import bundled_themes, load_theme, templates_in

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")

_SHEET = """\
name = "{name}"
contract = {contract}
extends = "{parent}"
"""

_BASE = """\
{{# The frame of every page. Everything else comes from the parent, "{parent}:base.html".

   To change a part of one page, add a file with the page's name beside this one that redefines a block:

     {{% extends "{parent}:404.html" %}}
     {{% block main %}}<h1>Nothing here</h1>{{% endblock %}}

   `ota-site theme eject app.html` copies a whole template, if a block is not enough. #}}
{{% extends "{parent}:base.html" %}}
{{% block styles %}}
{{{{ super() }}}}
  <link rel="stylesheet" href="{{{{ site.assets }}}}{name}.css">
{{% endblock %}}
"""

_STYLE = """\
/* Rules here come after the parent's. These are its colours; `accent` in site.toml overrides them. */
:root {
  /* --page: #fff; --inset: #f5f5f7; --line: #d9d9de; --text: #1d1d1f; --quiet: #66666b; */
}
@media (prefers-color-scheme: dark) {
  :root {
    /* --page: #000; --inset: #1c1c1e; --line: #38383a; --text: #f5f5f7; --quiet: #a1a1a6; */
  }
}
"""


class Ejected(Record, kw_only=True):
    """A template copied to `path` from the theme `parent`."""

    path: Path
    parent: str


def start_theme(project: Path, name: str, parent: str) -> tuple[Path, ...]:
    """Write the theme `name`, which extends `parent`, to the project's themes/. Return its files. Raises SiteError."""
    folder = project / "themes" / name
    if not _NAME.fullmatch(name):
        raise SiteError(f"{name!r} is not a theme name", hint="use letters, digits, `-` and `_`")
    if (bundled_themes() / name).exists():
        hint = f"choose another name and extend it: ota-site theme new my-{name} --extends {name}"
        raise SiteError(f"{name} is the name of a bundled theme", hint=hint)
    if folder.exists():
        raise SiteError("it already exists", where=str(folder), hint="choose another name")
    load_theme(parent, project, where="--extends")
    texts = {
        "theme.toml": _SHEET.format(name=name, contract=CONTRACT, parent=parent),
        "templates/base.html": _BASE.format(name=name, parent=parent),
        f"static/{name}.css": _STYLE,
    }
    return _write(folder, {file: text.encode() for file, text in texts.items()})


def eject_template(project: Path, name: str, template: str, *, overwrite: bool = False) -> Ejected:
    """Copy a template into the project's theme `name` from its nearest parent. Raises SiteError.

    overwrite: replace the template if the theme already has it.
    """
    (_, own), *parents = load_theme(name, project).layers
    owned = owned_themes(project)
    if name not in owned:
        hint = f"choose yours with --theme {owned[0]}" if owned else "create one with ota-site theme new NAME"
        raise SiteError(f"theme {name} is bundled with ota-site and cannot be changed", where="theme", hint=hint)
    offered = {each: (parent, file) for parent, folder in reversed(parents) for each, file in templates_in(folder)}
    if template not in offered:
        close = difflib.get_close_matches(template, offered, n=1)
        hint = f"did you mean {close[0]}?" if close else f"available: {', '.join(sorted(offered)) or 'none'}"
        raise SiteError(f"no theme that {name} extends has a template {template!r}", hint=hint)
    parent, source = offered[template]
    path = own / "templates" / template
    if path.exists() and not overwrite:
        raise SiteError("it already exists", where=str(path), hint="use --force to replace it")
    _write(own, {f"templates/{template}": source.read_bytes()})
    return Ejected(path=path, parent=parent)


def owned_themes(project: Path) -> tuple[str, ...]:
    """Return the names of the project's themes."""
    return tuple(sorted(sheet.parent.name for sheet in (project / "themes").glob("*/theme.toml")))


def _write(folder: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write files into a folder, and return their paths. Raises SiteError."""
    for name, content in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise SiteError(f"it cannot be written: {error.strerror}", where=str(path)) from error
    return tuple(folder / name for name in files)
