"""The `link` command."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ota_site.cli.say import problem_lines
from ota_site.model.errors import SiteError
from ota_site.model.plain_text import shown

if TYPE_CHECKING:
    from ota_site.rules.link_check import Checked, Forms

_LABELS = {"raw": "Link", "html": "HTML", "markdown": "Markdown", "message": "Message", "amp": "AMP page"}


@click.command()
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--qr", type=click.Path(path_type=Path, dir_okay=False), help="Write the QR code to FILE.svg or .png.")
@click.option("--page", metavar="URL", help="Page to use in the QR code and messages instead of the link.")
def link(url: str, qr: Path | None, page: str | None, *, as_json: bool) -> None:
    """Print the install link of a manifest, or check a link.

    URL is the https address of a manifest, or an itms-services link, which is best quoted. It may also be the HTML,
    Markdown or script around any number of links. Exits with 1 where something is wrong with one.
    """
    from ota_site.apple.install.signed_address import without_secrets
    from ota_site.model.build import Severity
    from ota_site.rules.link_check import check_links

    _refuse(qr, page)
    url = os.fsencode(url).decode("utf-8", "replace")
    links = check_links(url)
    if qr:
        _write_code(qr, links, page)
    if as_json:
        click.echo(_as_json(url, links, page))
    else:
        for number, checked in enumerate(links, 1):
            if len(links) > 1:
                click.echo(
                    click.style(
                        f"Link {number} of {len(links)}  {shown(without_secrets(checked.given))[:200]}", bold=True
                    )
                )
            _print(checked, page, alone=len(links) == 1)
    sys.exit(1 if any(problem.severity == Severity.ERROR for each in links for problem in each.problems) else 0)


def _refuse(qr: Path | None, page: str | None) -> None:
    if qr and qr.suffix.lower() not in (".svg", ".png"):
        raise click.BadParameter("the file name must end with .svg or .png", param_hint="--qr")
    if page is not None and not page.startswith("https://"):
        raise click.BadParameter("it must begin with https://", param_hint="--page")


def _print(checked: Checked, page: str | None, *, alone: bool) -> None:
    """Print what is wrong with a link, and the right one in each form; its QR code where it is the only one."""
    click.echo("\n".join(problem_lines(checked.problems, indent="")), nl=bool(checked.problems))
    forms = _forms(checked)
    if forms is None:
        return
    for field, label in _LABELS.items():
        text = getattr(forms, field)
        click.echo(f"{label:<10}{page if page and field == 'message' else text}")
    if alone:
        _print_code(page or forms.raw)
        if page is None:
            hint = "The Camera app may not open such a link. With --page, the code contains the URL of a page."
            click.echo(hint, err=True)


def _print_code(in_code: str) -> None:
    from ota_site.images.pictures import qr_modules, qr_text

    click.echo(f"{'QR code':<10}{in_code}")
    if len(in_code.encode()) <= _most():
        for line in qr_text(qr_modules(in_code)):
            click.echo(click.style(line, fg="bright_white", bg="black"))


def _forms(checked: Checked) -> Forms | None:
    from ota_site.rules.link_check import link_forms

    return link_forms(checked.manifest) if checked.manifest else None


def _most() -> int:
    from ota_site.images.pictures import QR_LIMIT

    return QR_LIMIT


def _write_code(path: Path, links: tuple[Checked, ...], page: str | None) -> None:
    """Write the QR code of the one link, or of the page, where there is anything to write."""
    if len(links) > 1 and page is None:
        hint = "pass only the link for the code, or the URL of a page with --page"
        raise SiteError(f"there are {len(links)} install links", where=str(path), hint=hint)
    forms = _forms(links[0])
    if in_code := page or (forms.raw if forms else None):
        _write_qr(path, in_code)


def _write_qr(path: Path, text: str) -> None:
    from ota_site.images.pictures import qr_modules, qr_png, qr_svg

    if len(text.encode()) > _most():
        raise SiteError("the address is too long for a QR code", where=str(path), hint="choose a shorter one")
    make = qr_svg if path.suffix.lower() == ".svg" else qr_png
    try:
        path.write_bytes(make(qr_modules(text)))
    except OSError as error:
        raise SiteError(f"it cannot be written: {error.strerror}", where=str(path)) from error


def _as_json(url: str, links: tuple[Checked, ...], page: str | None) -> bytes:
    """Return all links as JSON, and the first one's values beside them."""
    from ota_site.model.records import to_json, to_table

    def told(checked: Checked) -> dict[str, object]:
        forms = _forms(checked)
        return {
            "given": checked.given,
            "manifest": checked.manifest,
            "forms": to_table(forms) if forms else None,
            "qr": page or (forms.raw if forms else None),
            "problems": checked.problems,
        }

    return to_json({**told(links[0]), "given": url, "links": [told(checked) for checked in links]})
