"""The `inspect` command."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ota_site.cli.say import github_lines, problem_lines
from ota_site.model.errors import IpaError, reading
from ota_site.model.plain_text import one_line, shown

if TYPE_CHECKING:
    from datetime import datetime

    from ota_site.model.build import AssetPacks, Build, Problem
    from ota_site.sources.manifest_file import Audit

_FAMILIES = {1: "iPhone", 2: "iPad", 3: "Apple TV", 4: "Apple Watch", 6: "Mac", 7: "Apple Vision"}


@click.command()
@click.argument("files", type=click.Path(path_type=Path, readable=False), nargs=-1, required=True, metavar="FILE…")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "github")),
    default="text",
    help="Output format; github prints annotations.",
)
@click.option("--deep", is_flag=True, help="Compare every file and code page with the signature.")
@click.pass_obj
def inspect(now: datetime, files: tuple[Path, ...], *, as_json: bool, form: str, deep: bool) -> None:
    """Show what an IPA contains and whether it will install.

    A .plist file is taken for a manifest, and compared with the IPA beside it. Exits with 1 where a file cannot
    be read or will not install.
    """
    from ota_site.model.build import Severity

    if as_json and form == "github":
        raise click.UsageError("--json and --format github cannot be combined")
    failed = False
    for path in files:
        if path.suffix.lower() == ".plist":
            audit = _audited(path)
            problems, say = audit.problems, partial(_manifest_as_json if as_json else _manifest_as_text, path, audit)
        else:
            build, problems = _judged(path, now, deep=deep)
            say = partial(_as_json if as_json else _as_text, path, build, problems)
        failed |= any(problem.severity == Severity.ERROR for problem in problems)
        for line in github_lines(path, problems) if form == "github" else (say(),):
            click.echo(line)
    sys.exit(1 if failed else 0)


def _judged(path: Path, now: datetime, *, deep: bool) -> tuple[Build | None, tuple[Problem, ...]]:
    """Return what an IPA says of itself, None where it cannot be read, and what is to be said of it."""
    from ota_site.apple.ipa import inspect_ipa
    from ota_site.rules.registry import judge

    try:
        with reading(str(path)):
            build = _drawable(path, inspect_ipa(path))
            problems = judge(build, now=now)
    except IpaError as error:
        return None, (_as_problem(error),)
    return build, (*_altered(path), *problems) if deep else problems


def _drawable(path: Path, build: Build) -> Build:
    """Return the build as it is published: only an icon that is a JPEG has to be drawn to know."""
    if build.icon is None or not build.icon.jpeg:
        return build
    from ota_site.output.render import with_drawable_icon

    return with_drawable_icon(path, build)


def _altered(path: Path) -> tuple[Problem, ...]:
    """Return what was changed in an IPA after it was signed; where it is damaged so that none can tell, that."""
    from ota_site.apple.codesign.deep import altered_files

    try:
        with reading(str(path)):
            return altered_files(path)
    except IpaError as error:
        return (_as_problem(error),)


def _audited(path: Path) -> Audit:
    """Return what is to be said of a manifest."""
    from ota_site.sources.manifest_file import Audit, audit_manifest_file

    try:
        with reading(str(path), code="manifest-unreadable"):
            return audit_manifest_file(path)
    except IpaError as error:
        return Audit(items=(), ipas=(), problems=(_as_problem(error),))


def _manifest_as_json(path: Path, audit: Audit) -> bytes:
    from ota_site.apple.install.signed_address import without_secrets
    from ota_site.model.records import replace, to_json

    # What is printed ends in logs, which are no place for a token.
    items = [
        replace(
            item, assets=tuple(replace(asset, url=asset.url and without_secrets(asset.url)) for asset in item.assets)
        )
        for item in audit.items
    ]
    return to_json({"path": path, "kind": "manifest", "items": items, "ipas": audit.ipas, "problems": audit.problems})


def _manifest_as_text(path: Path, audit: Audit) -> str:
    from ota_site.apple.install.signed_address import without_secrets

    error = next((problem.message for problem in audit.problems if problem.severity == "error"), None)
    verdict = f"Blocks the install: {error}" if error else "Nothing in it blocks the install"
    colour = "red" if error else "green"
    lines = [click.style(shown(path), bold=True), click.style(f"  {verdict}", fg=colour, bold=True)]
    for item, ipa in zip(audit.items, audit.ipas, strict=True):
        facts = [
            ("Title", " – ".join(filter(None, (item.title, item.subtitle)))),
            ("Bundle identifier", item.bundle_id),
            ("Version", item.version),
            ("Platform", item.platform),
            *(("IPA address", without_secrets(package.url or "")) for package in item.packages),
            ("IPA beside it", ipa and ipa.name),
        ]
        lines += [f"  {term:<20}{one_line(value)}" for term, value in facts if value]
    return "\n".join((*lines, *problem_lines(audit.problems)))


def _as_problem(error: IpaError) -> Problem:
    from ota_site.model.build import Problem, Severity

    return Problem(code=error.code, severity=Severity.ERROR, message=error.message, hint=error.hint)


def _as_json(path: Path, build: Build | None, problems: tuple[Problem, ...]) -> bytes:
    from ota_site.model.records import to_json, to_table

    record = to_table(build) if build else {}
    record.pop("flaws", None)
    return to_json({"path": path, **record, "problems": problems})


def _as_text(path: Path, build: Build | None, problems: tuple[Problem, ...]) -> str:
    from ota_site.model.format import day
    from ota_site.rules.verdict import give_verdict

    lines = [click.style(shown(path), bold=True)]
    if build is None:
        lines.append(click.style(f"  Not published: {problems[0].message}", fg="red"))
    else:
        verdict = give_verdict(build, problems)
        colour = {"ready": "green", "soon": "yellow"}.get(verdict.state, "red")
        until = f", until {day(verdict.until)}" if verdict.until and verdict.state == "ready" else ""
        lines.append(click.style(f"  {verdict.text}{until}", fg=colour, bold=True))
        lines += [f"  {term:<20}{value}" for term, value in _facts(build) if value]
    return "\n".join((*lines, *problem_lines(problems)))


def _facts(build: Build) -> list[tuple[str, str | None]]:
    from ota_site.model.format import day, size

    signing = build.signing
    icon = build.icon
    return [
        ("Name", build.name),
        ("Other names", ", ".join(f"{name} ({language})" for language, name in build.names.items())),
        ("Bundle identifier", build.bundle_id),
        ("Version (build)", f"{build.version or '–'} ({build.build or '–'})"),
        ("Requires", build.minimum_os),
        ("Platform", build.platform),
        ("Made for", ", ".join(_FAMILIES.get(number, str(number)) for number in build.families)),
        ("Processors", ", ".join(build.executable.architectures) if build.executable else None),
        ("Built", day(build.built) if build.built else None),
        ("Size", f"{size(build.size)} ({build.size:,} bytes)"),
        ("SHA-256", build.sha256),
        ("Signing", signing.kind.value),
        ("Team", " ".join(filter(None, (signing.team, signing.team_id and f"({signing.team_id})")))),
        ("Profile", " ".join(filter(None, (signing.profile, signing.uuid)))),
        ("Expires", day(signing.expires) if signing.expires else None),
        ("Devices", None if signing.devices is None else str(signing.devices)),
        ("Icon", f"{icon.width}×{icon.height} px, {icon.source}" if icon else None),
        ("Permissions", one_line(", ".join(_subject(key) for key in build.permissions))),
        ("Inside", ", ".join(each.path for each in build.nested if not each.path.endswith(".framework"))),
        ("Frameworks", f"{len(build.frameworks):,}" if build.frameworks else None),
        ("On-demand packs", _packs(build.asset_packs) if build.asset_packs else None),
    ]


def _subject(key: str) -> str:
    """Return what a permission is for, such as Camera."""
    return key.removeprefix("NS").removesuffix("UsageDescription")


def _packs(packs: AssetPacks) -> str:
    """Return how many packs the app asks for, and where those are that do not lie in it."""
    counts = {"inside": len(packs.inside), "hosted": len(packs.hosted), "missing": len(packs.missing)}
    total = sum(counts.values())
    alone = next((where for where, number in counts.items() if number == total), None)
    parts = (f"{number:,} {where}" for where, number in counts.items() if number and where != "inside")
    return f"{total:,}, {f'all {alone}' if alone else ', '.join(parts)}"
