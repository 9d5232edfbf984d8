"""The command `ota-site`: what it takes, what it prints, how it ends.

Exit codes: 0 done, 1 a known failure, 2 wrong usage. Results go to standard output, everything else to
standard error. Heavy modules are imported by the command that needs them.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from importlib import import_module
from io import TextIOWrapper

import click

from ota_site import __version__
from ota_site.cli.say import say_error
from ota_site.model.errors import SiteError

COMMANDS = ("build", "inspect", "link", "serve", "stamp", "theme")
"""Each is a module here of the same name."""


class _Commands(click.Group):
    """Commands whose modules are loaded when they are asked for, as Click's own guide does it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(f"ota_site.cli.{cmd_name}"), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ota-site")
@click.pass_context
def ota_site(context: click.Context) -> None:
    """Make a website that installs your .ipa files over the air."""
    context.obj = _now()


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    _print_anything()
    try:
        ota_site(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. Nothing was left half-written.", err=True)
        sys.exit(1)
    except SiteError as error:
        say_error(error)
        sys.exit(1)
    except OSError as error:
        # What the modules do not expect of a disk: a working folder that is gone, standard output on a full one.
        say_error(SiteError(error.strerror or str(error), where=str(error.filename or "")))
        # What is left to print would fail once more when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)


def _print_anything() -> None:
    """Let what a terminal's encoding lacks, such as ● in Latin-1, be printed as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _now() -> datetime:
    """Return the moment by which everything is judged: SOURCE_DATE_EPOCH where it is set and not empty, else now."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        hint = "set it to seconds since 1970, as `date +%s` prints them"
        raise SiteError(f"{epoch!r} is not a moment", where="SOURCE_DATE_EPOCH", hint=hint) from error
