"""`ota-site theme`: what the pages look like, in the owner's hands."""

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
    help="The content folder, beside which themes/ stands; content.",
)


@click.group()
def theme() -> None:
    """Start a theme of your own, copy a template into it, list what there is."""


@theme.command()
@click.argument("name")
@click.option("--extends", "parent", default="default", help="The theme that it lies over; default.")
@_CONTENT
def new(name: str, parent: str, content: Path) -> None:
    """Start the theme NAME: it looks like the one that it extends until you change something."""
    from ota_site.theme.layers import project_of
    from ota_site.theme.starter import start_theme

    for path in start_theme(project_of(content), name, parent):
        click.echo(path)
    click.echo(f'Next: set theme = "{name}" in {content / "site.toml"}, and build.', err=True)


@theme.command()
@click.argument("template")
@click.option("--theme", "name", help="Your theme to copy it into; the one that site.toml names.")
@click.option("--force", is_flag=True, help="Replace the template that is there.")
@_CONTENT
def eject(template: str, name: str | None, content: Path, *, force: bool) -> None:
    """Copy TEMPLATE, such as app.html, from the theme that yours extends."""
    from ota_site.theme.layers import project_of
    from ota_site.theme.starter import eject_template

    done = eject_template(project_of(content), name or _in_use(content), template, overwrite=force)
    click.echo(done.path)
    hint = (
        f"Next: change it. What {done.parent} improves in its own will not reach this copy: keep what you change,\n"
        f'  and where that is a block or two, extend the rest: {{% extends "{done.parent}:{template}" %}}'
    )
    click.echo(hint, err=True)


@theme.command("list")
@_CONTENT
def list_(content: Path) -> None:
    """Print each theme: its name, what it extends, and its folder where it is your own."""
    from ota_site.theme.layers import known_themes, project_of, read_sheet
    from ota_site.theme.starter import owned_themes

    project = project_of(content)
    owned = owned_themes(project)
    for name, folder in sorted(known_themes(project).items()):
        click.echo(f"{name:<14}{_about(read_sheet(folder), folder if name in owned else None)}")


def _about(sheet: Sheet, folder: Path | None) -> str:
    about = f"extends {sheet.extends}" if sheet.extends else "stands alone"
    return f"{about}, {folder}" if folder else f"{about}, comes with ota-site"


def _in_use(content: Path) -> str:
    """Return the theme that site.toml names."""
    from ota_site.config.load import load_config

    return load_config(content, content / "_site", base_url=None, environment={}).site.theme
