"""The `theme` command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ota_site.theme.layers import Sheet

_CONTENT = click.option(
    "--content",
    type=click.Path(path_type=Path, readable=False),
    default="content",
    help="Content folder; themes/ is beside it.",
)


@click.group()
def theme() -> None:
    """Create a theme, copy a template into it, or list themes."""


@theme.command()
@click.argument("name")
@click.option("--extends", "parent", default="default", help="Theme to extend.")
@_CONTENT
def new(name: str, parent: str, content: Path) -> None:
    """Create the theme NAME, which looks like the theme that it extends."""
    from ota_site.theme.layers import project_of
    from ota_site.theme.starter import start_theme

    for path in start_theme(project_of(content), name, parent):
        click.echo(path)
    click.echo(f'Next: set theme = "{name}" in {content / "site.toml"}, and build.', err=True)


@theme.command()
@click.argument("template")
@click.option("--theme", "name", help="Theme to copy it into; by default the one in site.toml.")
@click.option("--force", is_flag=True, help="Replace an existing template.")
@_CONTENT
def eject(template: str, name: str | None, content: Path, *, force: bool) -> None:
    """Copy TEMPLATE, such as app.html, from the theme that yours extends."""
    from ota_site.theme.layers import project_of
    from ota_site.theme.starter import eject_template

    done = eject_template(project_of(content), name or _in_use(content), template, overwrite=force)
    click.echo(done.path)
    hint = (
        f"Next: edit it. Later improvements to {done.parent} will not reach this copy.\n"
        f'  To change only a block or two, keep those and extend the rest: {{% extends "{done.parent}:{template}" %}}'
    )
    click.echo(hint, err=True)


@theme.command("list")
@_CONTENT
def list_(content: Path) -> None:
    """List the themes, with what each extends and the folders of your own."""
    from ota_site.theme.layers import known_themes, project_of, read_sheet
    from ota_site.theme.starter import owned_themes

    project = project_of(content)
    owned = owned_themes(project)
    for name, folder in sorted(known_themes(project).items()):
        click.echo(f"{name:<14}{_about(read_sheet(folder), folder if name in owned else None)}")


def _about(sheet: Sheet, folder: Path | None) -> str:
    about = f"extends {sheet.extends}" if sheet.extends else "extends nothing"
    return f"{about}, {folder}" if folder else f"{about}, bundled with ota-site"


def _in_use(content: Path) -> str:
    """Return the theme that site.toml names."""
    from ota_site.config.load import load_config

    return load_config(content, content / "_site", base_url=None, environment={}).site.theme
