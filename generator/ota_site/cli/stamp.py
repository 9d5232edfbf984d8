"""The `stamp` command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ota_site.sources.front_matter import BuildMatter
    from ota_site.sources.stamp import Stamp


def _channel(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    from ota_site.config.validation import channel_mistake

    if name is not None and (wrong := channel_mistake(name)):
        raise click.BadParameter(f"{wrong[0]}: {wrong[1]}")
    return name


@click.command()
@click.argument("files", type=click.Path(path_type=Path, readable=False), nargs=-1, required=True, metavar="FILE…")
@click.option("--channel", metavar="NAME", callback=_channel, help="Channel of the builds, such as beta.")
@click.option("--mandatory", is_flag=True, help="Mark these builds as required updates.")
@click.option("--force", is_flag=True, help="Replace values that you wrote yourself.")
def stamp(files: tuple[Path, ...], channel: str | None, *, mandatory: bool, force: bool) -> None:
    """Record commit, branch and CI run in a .toml file beside each IPA.

    In CI the values come from the service's environment, elsewhere from the git work tree of the IPA.
    """
    from ota_site.sources.stamp import stamp_ipa

    for path in files:
        service, matter = _known(path, channel, mandatory=mandatory)
        done = stamp_ipa(path, matter, force=force)
        _say(done, matter, service)


def _known(path: Path, channel: str | None, *, mandatory: bool) -> tuple[str, BuildMatter]:
    """Return what is known about a build, and its source."""
    from ota_site.hosts.ci import detect_run
    from ota_site.model.texts import Origin
    from ota_site.sources.git import work_tree_origin
    from ota_site.sources.stamp import make_matter

    run = detect_run(os.environ)
    origin = run.origin if run else work_tree_origin(path.parent)
    service = run.service if run else "git"
    return service, make_matter(origin or Origin(), channel=channel, mandatory=mandatory)


def _say(done: Stamp, matter: BuildMatter, service: str) -> None:
    if done.written:
        click.echo(f"{done.path}:")
    for key in done.written:
        value = getattr(matter, key)
        by = f"  ({service})" if key in ("commit", "branch", "run", "repository") else ""
        click.echo(f"  {key:<11}{'true' if value is True else value}{by}")
    if done.kept:
        click.echo(f"{done.path}: your values are kept: {', '.join(done.kept)} (use --force to replace them)", err=True)
    if not done.written and not done.kept:
        hint = "run it in CI or in a git work tree, or pass --channel or --mandatory"
        click.echo(f"{done.path}: nothing to write; {hint}", err=True)
