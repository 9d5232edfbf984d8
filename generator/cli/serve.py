"""`ota-site serve`."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.say import say_fault
from generator.errors import SiteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from generator.config import Config
    from generator.preview.network import Network
    from generator.preview.stage import Stage
    from generator.preview.watch import Watch

_LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
_TRIES = 100
_LOOK_AGAIN = 10.0
"""Seconds after which it is looked whether this machine is still where it was."""
# The name can never be anybody's (RFC 2606), so a code with it leads nowhere.
STAND_IN = "https://preview.invalid/"
"""The address in pages and codes while the settings have none."""


@click.command()
@click.argument("content", type=click.Path(path_type=Path, readable=False), default="content")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, help="Port, or the next free one; 8000.")
@click.option("--open", "opened", is_flag=True, help="Open the site in the browser.")
@click.option("--as", "shown_as", metavar="STATE", help="Show pages as on a device or inside an app, or expired.")
@click.option("--lan", is_flag=True, help="Serve over https to the local network, so that an iPhone can install.")
@click.option("--forget-ca", is_flag=True, help="Remove the authority that --lan made, and end.")
@click.pass_obj
def serve(  # noqa: PLR0913 - one for each flag
    now: datetime, content: Path, port: int, shown_as: str | None, *, opened: bool, lan: bool, forget_ca: bool
) -> None:
    """Show the site of the folder CONTENT (content) on this machine, and again as files change."""
    if forget_ca:
        _forget()
        return
    from generator.preview.watch import Watch

    _refuse_state(shown_as)
    if not content.is_dir():
        hint = "make it and put your .ipa files into it, or name another folder"
        raise SiteError("there is no such folder", where=str(content), hint=hint)
    clock = partial(_later, now, time.monotonic())
    with Watch(content, leave_out=Path("_site")) as watch, suppress(KeyboardInterrupt):
        if lan:
            _serve_network(content, port, shown_as, clock, watch, opened=opened)
        else:
            _serve_here(content, port, shown_as, clock, watch, opened=opened)


def _serve_here(  # noqa: PLR0913 - what a preview is made of
    content: Path, port: int, shown_as: str | None, clock: Callable[[], datetime], watch: Watch, *, opened: bool
) -> None:
    """Serve on loopback."""
    from generator.preview.server import make_app, run
    from generator.preview.stage import Stage

    sockets, found = listen(port)
    if found != port:
        click.echo(f"Port {port} is in use; {found} is free.", err=True)
    stage = Stage(partial(settings_of, content), clock, _say)
    with _made(stage, watch):
        _announce(f"http://127.0.0.1:{found}/", opened=opened)
        run(make_app(stage, hosts=hosts(found), seen=lambda _: None, shown_as=shown_as), sockets)


def _serve_network(  # noqa: PLR0913 - what a preview is made of
    content: Path, port: int, shown_as: str | None, clock: Callable[[], datetime], watch: Watch, *, opened: bool
) -> None:
    """Serve to the local network, and tell how installs proceed."""
    from generator.preview.authority import authority_folder
    from generator.preview.network import open_network
    from generator.preview.server import make_app, make_server, run
    from generator.preview.stage import Stage
    from generator.preview.teller import Teller

    teller = Teller(clock, click.echo)
    network = open_network(authority_folder(os.environ), port, clock(), teller.distrusted)
    stage = Stage(partial(settings_of, content, network.address), clock, _say)
    welcome, ended = make_server(network.welcome_app), threading.Event()
    for task in (
        partial(welcome.run, network.welcome_sockets),
        partial(teller.watch, ended),
        partial(_say_when_moved, network, ended),
    ):
        threading.Thread(target=task, daemon=True).start()
    with _made(stage, watch):
        _announce(network.address, opened=opened)
        _welcome(network)
        try:
            app = make_app(
                stage, hosts=network.hosts, seen=lambda visit: teller.seen(visit, stage.offers()), shown_as=shown_as
            )
            run(app, network.sockets, network.context)
        finally:
            ended.set()
            welcome.should_exit = True


@contextmanager
def _made(stage: Stage, watch: Watch) -> Iterator[None]:
    """Make the site again and again in the background."""
    maker = threading.Thread(target=stage.follow, args=(watch,), daemon=True)
    maker.start()
    try:
        yield
    finally:
        watch.close()
        _end(maker)


def _announce(address: str, *, opened: bool) -> None:
    click.echo(f"{address}  Ctrl-C ends it.")
    if opened:
        click.launch(address)


def _welcome(network: Network) -> None:
    """Print what an iPhone needs at first, with the code of its address."""
    from generator.images import qr_modules, qr_text

    click.echo(f"{network.welcome}  Once on each iPhone: this page says how to trust “{network.authority}”.")
    for line in qr_text(qr_modules(network.welcome)):
        click.secho(line, fg="bright_white", bg="black")


def _say_when_moved(network: Network, ended: threading.Event) -> None:
    """Say once that this machine is on another network now."""
    from generator.preview.network import has_moved

    while not ended.wait(_LOOK_AGAIN):
        if has_moved(network):
            click.echo("This machine’s address has changed: end with Ctrl-C and serve again.", err=True)
            return


def _forget() -> None:
    from generator.preview.authority import authority_folder, forget

    for line in forget(authority_folder(os.environ)):
        click.echo(line)


def listen(port: int) -> tuple[list[socket.socket], int]:
    """Return sockets on loopback, IPv6 too where there is any, and their port: this one or the next that is free."""
    for found in range(port, min(port + _TRIES, 65536)):
        try:
            sockets = [_listen(socket.AF_INET, found)]
        except OSError:
            continue
        try:
            sockets.append(_listen(socket.AF_INET6, found))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                # `localhost` would lead to somebody else's server.
                sockets[0].close()
                continue
        return sockets, found
    raise SiteError("no port is free there", where=f"--port {port}", hint="name another")


def hosts(port: int) -> frozenset[str]:
    """Return the names that the loopback goes by."""
    names = ("127.0.0.1", "localhost", "[::1]")
    bare = names if port == 80 else ()  # noqa: PLR2004 - the port that browsers leave out
    return frozenset((*bare, *(f"{name}:{port}" for name in names)))


def _listen(family: socket.AddressFamily, port: int) -> socket.socket:
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_LOOPBACK[family], port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _refuse_state(state: str | None) -> None:
    from generator.preview.reload import STATES

    if state is not None and state not in STATES:
        raise click.BadParameter(f"{state!r} is none of {', '.join(STATES)}.", param_hint="--as")


def settings_of(content: Path, address: str | None = None) -> Config:
    """Return the settings, with `address` for the site's own, or one that stands in while there is none."""
    from generator.config import load_config
    from generator.records import replace

    config = load_config(content, Path("_site"), base_url=None, environment=os.environ)
    return replace(config, site=replace(config.site, base_url=address or config.site.base_url or STAND_IN))


def _later(now: datetime, started: float) -> datetime:
    """Return the moment, counted from the one by which this command began."""
    return now + timedelta(seconds=time.monotonic() - started)


def _say(what: str | SiteError) -> None:
    if isinstance(what, SiteError):
        say_fault("Fault", "yellow", what)
    else:
        click.echo(what)


def _end(maker: threading.Thread) -> None:
    """End the process at once, even while a large file is being read: nothing is being written."""
    maker.join(0.2)
    if maker.is_alive():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
