"""`ota-site link`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.say import problem_lines
from generator.errors import SiteError

if TYPE_CHECKING:
    from generator.apple.link_check import Forms
    from generator.model.build import Problem

_LABELS = {"raw": "Link", "html": "HTML", "markdown": "Markdown", "message": "Message", "amp": "AMP page"}


@click.command()
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--qr", type=click.Path(path_type=Path, dir_okay=False), help="Write the QR code to FILE.svg or .png.")
@click.option("--page", metavar="URL", help="The page for the QR code and for messages, instead of the link itself.")
def link(url: str, qr: Path | None, page: str | None, *, as_json: bool) -> None:
    """Print the install link for a manifest's URL in every form, or say what is wrong with a link.

    URL is the https address of a manifest, or an itms-services link, which is best quoted. Exits with 1 where
    something is wrong with it.
    """
    from generator.apple.link_check import explain_link, link_forms, meant_manifest
    from generator.model.build import Severity

    _refuse(qr, page)
    url = os.fsencode(url).decode("utf-8", "replace")
    problems, manifest = explain_link(url), meant_manifest(url)
    forms = link_forms(manifest) if manifest else None
    in_code = page or (forms.raw if forms else None)
    if qr and in_code:
        _write_qr(qr, in_code)
    if as_json:
        click.echo(_as_json(url, problems, manifest, forms, in_code))
    else:
        click.echo("\n".join(problem_lines(problems, indent="")), nl=bool(problems))
        if forms:
            _print(forms, in_code or forms.raw, page)
    sys.exit(1 if any(problem.severity == Severity.ERROR for problem in problems) else 0)


def _refuse(qr: Path | None, page: str | None) -> None:
    if qr and qr.suffix.lower() not in (".svg", ".png"):
        raise click.BadParameter("name a file that ends with .svg or .png", param_hint="--qr")
    if page is not None and not page.startswith("https://"):
        raise click.BadParameter("it must begin with https://", param_hint="--page")


def _print(forms: Forms, in_code: str, page: str | None) -> None:
    from generator.images import qr_modules, qr_text

    for field, label in _LABELS.items():
        text = getattr(forms, field)
        click.echo(f"{label:<10}{page if page and field == 'message' else text}")
    click.echo(f"{'QR code':<10}{in_code}")
    if len(in_code.encode()) <= _most():
        for line in qr_text(qr_modules(in_code)):
            click.echo(click.style(line, fg="bright_white", bg="black"))
    if page is None:
        hint = "Whether the Camera app opens such a link is not known: with --page the code holds a page’s address."
        click.echo(hint, err=True)


def _most() -> int:
    from generator.images import QR_LIMIT

    return QR_LIMIT


def _write_qr(path: Path, text: str) -> None:
    from generator.images import qr_modules, qr_png, qr_svg

    if len(text.encode()) > _most():
        raise SiteError("the address is too long for a QR code", where=str(path), hint="choose a shorter one")
    make = qr_svg if path.suffix.lower() == ".svg" else qr_png
    try:
        path.write_bytes(make(qr_modules(text)))
    except OSError as error:
        raise SiteError(f"it cannot be written: {error.strerror}", where=str(path)) from error


def _as_json(
    url: str, problems: tuple[Problem, ...], manifest: str | None, forms: Forms | None, in_code: str | None
) -> bytes:
    from generator.records import to_json, to_table

    table = {"given": url, "manifest": manifest, "forms": to_table(forms) if forms else None, "qr": in_code}
    return to_json({**table, "problems": problems})
