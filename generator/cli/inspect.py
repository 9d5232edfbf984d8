"""`ota-site inspect`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.errors import IpaError

if TYPE_CHECKING:
    from datetime import datetime

    from generator.model import Build, Problem

_MARKS = {"error": ("✗", "red"), "warning": ("!", "yellow"), "note": ("·", "cyan")}


@click.command()
@click.argument("files", type=click.Path(path_type=Path, readable=False), nargs=-1, required=True, metavar="FILE…")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def inspect(now: datetime, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Say what each IPA says of itself, and whether it will install.

    Exits with 1 where a file cannot be read as an IPA or will not install.
    """
    from generator.apple.ipa import inspect_ipa
    from generator.model import Severity
    from generator.preflight.rules import judge

    failed = False
    for path in files:
        try:
            build = inspect_ipa(path)
            problems = judge(build, now)
        except IpaError as error:
            build, problems = None, (_as_problem(error),)
        except OSError as error:
            message = f"it cannot be read: {error.strerror}"
            build, problems = None, (_as_problem(IpaError("not-an-ipa", message)),)
        failed |= any(problem.severity == Severity.ERROR for problem in problems)
        click.echo(_as_json(path, build, problems) if as_json else _as_text(path, build, problems))
    sys.exit(1 if failed else 0)


def _as_problem(error: IpaError) -> Problem:
    from generator.model import Problem, Severity

    return Problem(code=error.code, severity=Severity.ERROR, message=error.message, hint=error.hint)


def _as_json(path: Path, build: Build | None, problems: tuple[Problem, ...]) -> str:
    from generator.records import to_json, to_table

    record = to_table(build) if build else {}
    record.pop("flaws", None)
    return to_json({"path": path, **record, "problems": problems}).decode()


def _as_text(path: Path, build: Build | None, problems: tuple[Problem, ...]) -> str:
    from generator.preflight.verdict import give_verdict

    lines = [click.style(str(path), bold=True)]
    if build is None:
        lines.append(click.style(f"  Not published: {problems[0].message}", fg="red"))
    else:
        verdict = give_verdict(build, problems)
        colour = {"ready": "green", "soon": "yellow"}.get(verdict.state, "red")
        lines.append(click.style(f"  {verdict.text}", fg=colour))
        lines += [f"  {term:<20}{value}" for term, value in _facts(build) if value]
    for problem in problems:
        mark, colour = _MARKS[problem.severity]
        lines.append(f"  {click.style(mark, fg=colour)} {problem.code}: {problem.message}")
        if problem.hint:
            lines.append(f"    → {problem.hint}")
    return "\n".join(lines)


def _facts(build: Build) -> list[tuple[str, str | None]]:
    from generator.words import day, size

    signing = build.signing
    icon = build.icon
    return [
        ("Name", build.name),
        ("Other names", ", ".join(f"{name} ({language})" for language, name in build.names.items())),
        ("Bundle identifier", build.bundle_id),
        ("Version (build)", f"{build.version or '–'} ({build.build or '–'})"),
        ("Needs", build.minimum_os),
        ("Platform", build.platform),
        ("Built", day(build.built) if build.built else None),
        ("Size", f"{size(build.size)} ({build.size:,} bytes)"),
        ("SHA-256", build.sha256),
        ("Signing", signing.kind.value),
        ("Team", " ".join(filter(None, (signing.team, signing.team_id and f"({signing.team_id})")))),
        ("Profile", " ".join(filter(None, (signing.profile, signing.uuid)))),
        ("Expires", day(signing.expires) if signing.expires else None),
        ("Devices", None if signing.devices is None else str(signing.devices)),
        ("Icon", f"{icon.width}×{icon.height} px, {icon.source}" if icon else None),
    ]
