"""What is said to the person at the terminal, on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ota_site.model.plain_text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ota_site.model.build import Problem
    from ota_site.model.errors import SiteError

_MARKS = {"error": ("✗", "red"), "warning": ("!", "yellow"), "note": ("·", "cyan")}


def say_error(error: SiteError) -> None:
    """Print a failure: the place, what is wrong, what to do; and all that it gathers."""
    for fault in getattr(error, "mistakes", None) or (*getattr(error, "faults", ()), error):
        say_fault("Error", "red", fault)


def problem_lines(problems: Iterable[Problem], *, indent: str = "  ") -> list[str]:
    """Return findings as lines of a result: each with its mark, its code and what to do."""
    lines = []
    for problem in problems:
        mark, colour = _MARKS[problem.severity]
        lines.append(f"{indent}{click.style(mark, fg=colour)} {problem.code}: {shown(problem.message)}")
        if problem.hint:
            lines.append(f"{indent}  → {shown(problem.hint)}")
    return lines


def github_lines(path: object, problems: Iterable[Problem]) -> list[str]:
    """Return findings as GitHub's workflow commands, which mark the file in a pull request."""
    levels = {"error": "error", "warning": "warning", "note": "notice"}
    file = _escaped(str(path)).replace(":", "%3A").replace(",", "%2C")
    return [
        f"::{levels[problem.severity]} file={file},title={problem.code}::"
        + _escaped(problem.message + (f" → {problem.hint}" if problem.hint else ""))
        for problem in problems
    ]


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def say_fault(word: str, colour: str, fault: SiteError) -> None:
    """Print one thing that is amiss."""
    place = f"{shown(fault.where)}: " if fault.where else ""
    click.echo(f"{click.style(word, fg=colour, bold=True)}  {place}{shown(fault.message)}", err=True)
    if fault.hint:
        click.echo(f"{'':{len(word)}}  → {shown(fault.hint)}", err=True)
