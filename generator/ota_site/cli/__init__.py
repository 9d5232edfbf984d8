"""The `ota-site` command.

Exit codes: 0 done, 1 a known failure, 2 wrong usage. Results go to standard output, everything else to standard error.
Each command imports the heavy modules that it needs.
"""

from __future__ import annotations

import difflib
import os
import sys
from datetime import UTC, datetime
from importlib import import_module
from io import TextIOWrapper

import click

from ota_site import __version__
from ota_site.cli.say import say_error
from ota_site.model.errors import SiteError

TASKS = {
    "Build and preview": ("build", "serve", "theme"),
    "Check": ("inspect", "link"),
    "Continuous integration": ("stamp",),
}
"""The commands by task. Each is a module here of the same name."""
COMMANDS = tuple(name for names in TASKS.values() for name in names)


class _Commands(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(f"ota_site.cli.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named, or suggest the nearest one."""
        name = args[0]
        if self.get_command(ctx, name) is None and (near := difflib.get_close_matches(name, COMMANDS, n=1)):
            ctx.fail(f"No such command {name!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by task."""
        for task, names in TASKS.items():
            commands = ((name, self.get_command(ctx, name)) for name in names)
            with formatter.section(task):
                formatter.write_dl([(name, command.get_short_help_str(80)) for name, command in commands if command])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__, prog_name="ota-site")
@click.pass_context
def ota_site(context: click.Context) -> None:
    """Build a website from which iPhones install your .ipa files."""
    context.obj = _now()


def main() -> None:
    """Run the command line and exit with its code."""
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
        # Disk errors that no module expects: the working folder is gone, or standard output is on a full disk.
        say_error(SiteError(error.strerror or str(error), where=str(error.filename or "")))
        # Flushing what is left to print would fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)


def _print_anything() -> None:
    """Print characters that the terminal's encoding lacks, such as ● in Latin-1, as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _now() -> datetime:
    """Return the time to judge by: SOURCE_DATE_EPOCH if it is set and not empty, otherwise now."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        hint = "set it to seconds since 1970, as `date +%s` prints them"
        raise SiteError(f"{epoch!r} is not a time", where="SOURCE_DATE_EPOCH", hint=hint) from error
