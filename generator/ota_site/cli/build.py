"""The `build` command."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ota_site.cli.say import github_lines, say_fault
from ota_site.model.errors import IpaError, SettingsError, SiteError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ota_site.build import Report
    from ota_site.config.load import Config
    from ota_site.model.catalog import App, Release

# The build reports a folder that it cannot read.
_FOLDER = click.Path(path_type=Path, readable=False)
_COLOURS = {"ready": "green", "soon": "yellow", "blocked": "red"}


@click.command()
@click.argument("content", type=_FOLDER, default="content")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, readable=False),
    default="_site",
    help="Folder to write the site to.",
)
@click.option("--base-url", metavar="URL", help="The https address that the site will have.")
@click.option("--strict", is_flag=True, help="Fail if any file is skipped or has warnings.")
@click.option("--dry-run", is_flag=True, help="List what would be written without writing it.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "github")),
    default="text",
    help="Output format; github prints annotations.",
)
@click.pass_obj
def build(  # noqa: PLR0913 - one for each flag
    now: datetime,
    content: Path,
    output: Path,
    base_url: str | None,
    *,
    strict: bool,
    dry_run: bool,
    as_json: bool,
    form: str,
) -> None:
    """Build the site from the folder CONTENT."""
    from ota_site.build import build_site
    from ota_site.config.load import load_config

    if as_json and form == "github":
        raise click.UsageError("--json and --format github cannot be combined")
    started = time.perf_counter()
    try:
        config = load_config(content, output, base_url=base_url, environment=os.environ)
        report = build_site(config, now, strict=strict, dry_run=dry_run)
    except SiteError as error:
        if form == "github":
            _annotate(_faults(error))
        raise
    for fault in (*report.left_out, *report.amiss):
        say_fault("Skipped" if fault in report.left_out else "Warning", "yellow", fault)
    for fault in _over_the_limit(config, report):
        say_fault("Warning", "yellow", fault)
    if form == "github":
        _annotate(report.left_out)
        _annotate(report.amiss, "warning")
        _annotate_findings(report)
    if as_json:
        click.echo(_as_json(config, report))
    else:
        _print(config, report, time.perf_counter() - started, dry_run=dry_run)


def _faults(error: SiteError) -> tuple[SiteError, ...]:
    """Return the errors that an error holds."""
    from ota_site.build import StrictError

    match error:
        case StrictError():
            return error.faults
        case SettingsError():
            return error.mistakes
    return (error,)


def _annotate(faults: Iterable[SiteError], severity: str = "error") -> None:
    """Print errors as GitHub annotations."""
    from ota_site.model.build import Problem, Severity

    for fault in faults:
        code = fault.code if isinstance(fault, IpaError) else "ota-site"
        problem = Problem(code=code, severity=Severity(severity), message=fault.message, hint=fault.hint)
        click.echo("\n".join(github_lines(fault.where, (problem,))))


def _annotate_findings(report: Report) -> None:
    """Print the findings that stop or may stop an install as GitHub annotations."""
    from ota_site.model.build import Severity

    for app in report.catalog.apps:
        for release in app.releases:
            grave = [problem for problem in release.problems if problem.severity != Severity.NOTE]
            for line in github_lines(release.source.path, grave):
                click.echo(line)


def _print(config: Config, report: Report, seconds: float, *, dry_run: bool) -> None:
    for app in report.catalog.apps:
        _print_app(app)
    if not report.catalog.apps:
        click.echo(f"No .ipa file in {config.content} can be published yet. Add one and build again.")
    if dry_run:
        for path in report.changes.written:
            click.echo(f"would write   {path}")
        for path in report.changes.removed:
            click.echo(f"would remove  {path}")
    changes = report.changes
    counts = f"{len(changes.written)} files written, {changes.kept} unchanged, {len(changes.removed)} removed"
    click.echo(f"{'Dry run. ' if dry_run else ''}{config.output}: {counts}, in {seconds:.1f} s")
    if report.left_out:
        click.echo(f"{_count(len(report.left_out), 'file')} skipped, see above.")
    if not dry_run:
        click.echo(_next_step(config))


def _print_app(app: App) -> None:
    from ota_site.rules.verdict import give_verdict

    click.echo(click.style(app.name, bold=True) + click.style(f"  {app.bundle_id}", dim=True))
    for release in app.releases:
        verdict = give_verdict(release.build, release.problems)
        mark = click.style("●", fg=_COLOURS[verdict.state])
        click.echo(f"  {mark} {_number(release):<18} {verdict.text}")


def _number(release: Release) -> str:
    return f"{release.build.version or '–'} ({release.build.build or '–'})"


def _count(number: int, noun: str) -> str:
    from ota_site.model.format import count

    return count(number, noun)


def _next_step(config: Config) -> str:
    if config.site.base_url:
        return f"Next: publish {config.output} at {config.site.base_url}"
    settings = config.content / "site.toml"
    return (
        "Next: set the address of the site. iPhones install only from an https address:\n"
        f"  set base_url in {settings}, or build with --base-url https://apps.example.com/"
    )


def _over_the_limit(config: Config, report: Report) -> list[SiteError]:
    """Return an error for each file that is too large for the host."""
    host = config.host
    if host is None or host.file_limit is None:
        return []
    from ota_site.model.format import size

    hint = f"make it smaller, or choose another host: {host.name} accepts at most {size(host.file_limit)} per file"
    releases = [release for app in report.catalog.apps for release in app.releases]
    large = [release for release in releases if release.build.size > host.file_limit]
    return [
        SiteError(f"its size is {size(release.build.size)}", where=str(release.source.path), hint=hint)
        for release in large
    ]


def _as_json(config: Config, report: Report) -> bytes:
    from ota_site.model.records import to_json

    table = {
        "output": config.output,
        "base_url": config.site.base_url,
        "apps": [
            {
                "bundle_id": app.bundle_id,
                "name": app.name,
                "builds": [
                    {
                        "path": release.source.path,
                        "version": release.build.version,
                        "build": release.build.build,
                        "slug": release.slug,
                        "sha256": release.build.sha256,
                        "problems": release.problems,
                    }
                    for release in app.releases
                ],
            }
            for app in report.catalog.apps
        ],
        "left_out": [
            {"path": error.where, "code": error.code, "message": error.message, "hint": error.hint}
            for error in report.left_out
        ],
        "amiss": [{"where": error.where, "message": error.message, "hint": error.hint} for error in report.amiss],
        "plan": [{"kind": type(recipe).__name__.lower(), "path": recipe.path} for recipe in report.plan],
        "written": report.changes.written,
        "removed": report.changes.removed,
        "kept": report.changes.kept,
    }
    return to_json(table, indent=1)
