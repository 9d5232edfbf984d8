"""What is said to the person at the terminal, on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from generator.errors import SiteError


def say_error(error: SiteError) -> None:
    """Print a failure: the place, what is wrong, what to do; and all that it gathers."""
    for fault in getattr(error, "mistakes", None) or (*getattr(error, "faults", ()), error):
        say_fault("Error", "red", fault)


def say_fault(word: str, colour: str, fault: SiteError) -> None:
    """Print one thing that is amiss."""
    place = f"{fault.where}: " if fault.where else ""
    click.echo(f"{click.style(word, fg=colour, bold=True)}  {place}{fault.message}", err=True)
    if fault.hint:
        click.echo(f"{'':{len(word)}}  → {fault.hint}", err=True)
