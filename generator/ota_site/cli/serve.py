"""The `serve` command."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ota_site.cli.say import say_fault
from ota_site.model.errors import SiteError

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Iterator

    from ota_site.config.load import Config
    from ota_site.preview.installs.log import Visit
    from ota_site.preview.lan.network import Network
    from ota_site.preview.live_site import LiveSite
    from ota_site.preview.watch import Watch

_LOOK_AGAIN = 10.0
"""Seconds after which it is looked whether this machine is still where it was."""
# The name can never be anybody's (RFC 2606), so a code with it leads nowhere.
STAND_IN = "https://preview.invalid/"
"""The address in pages and codes while the settings have none."""


class _Place(NamedTuple):
    """Where the site is served, and who is told of visits. `installs` is the address in its pages, if not their own."""

    address: str
    hosts: frozenset[str]
    sockets: list[socket.socket]
    context: ssl.SSLContext | None = None
    installs: str | None = None
    seen: Callable[[Visit, LiveSite], None] = lambda _visit, _stage: None


@click.command()
@click.argument("content", type=click.Path(path_type=Path, readable=False), default="content")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    help="Port to serve on; if it is in use, the next free one is named.",
)
@click.option("--open", "opened", is_flag=True, help="Open the site in the browser.")
@click.option("--as", "shown_as", metavar="STATE", help="Show pages as on a device, inside an app, or as expired.")
@click.option("--lan", is_flag=True, help="Serve over https on the local network, so that iPhones can install.")
@click.option("--forget-ca", is_flag=True, help="Remove the certificate authority that --lan created, and exit.")
@click.pass_obj
def serve(  # noqa: PLR0913 - one for each flag
    now: datetime, content: Path, port: int, shown_as: str | None, *, opened: bool, lan: bool, forget_ca: bool
) -> None:
    """Preview the site and rebuild it as files change."""
    if forget_ca:
        _forget()
        return
    from ota_site.preview.app import make_app
    from ota_site.preview.limits import limits_for, raise_open_files
    from ota_site.preview.live_site import LiveSite
    from ota_site.preview.server import Server
    from ota_site.preview.watch import Watch

    _refuse_state(shown_as)
    if not content.is_dir():
        hint = "create it and put your .ipa files into it, or pass another folder"
        raise SiteError("there is no such folder", where=str(content), hint=hint)
    limits = limits_for(raise_open_files())
    clock = partial(_later, now, time.monotonic())
    with (
        Watch(content, leave_out=Path("_site")) as watch,
        suppress(KeyboardInterrupt),
        _on_network(port, clock) if lan else _on_loopback(port) as place,
    ):
        stage = LiveSite(partial(settings_of, content, place.installs), clock, _say)
        app = make_app(stage, hosts=place.hosts, seen=lambda visit: place.seen(visit, stage), shown_as=shown_as)
        with _made(stage, watch):
            if opened:
                click.launch(place.address)
            Server(app, limits, place.context).run(place.sockets)


@contextmanager
def _on_loopback(port: int) -> Iterator[_Place]:
    """Listen to this machine alone."""
    from ota_site.preview.ports import LOOPBACK, hosts, listen, loopback

    sockets, found = listen(loopback(), port)
    if found != port:
        click.echo(f"Port {port} is in use; {found} is free.", err=True)
    address = f"http://127.0.0.1:{found}/"
    _say(f"{address}  Press Ctrl-C to stop.")
    yield _Place(address=address, hosts=hosts(LOOPBACK, found, usual=80), sockets=sockets)


@contextmanager
def _on_network(port: int, clock: Callable[[], datetime]) -> Iterator[_Place]:
    """Listen to the local network, show the welcome page, and tell how installs proceed."""
    from ota_site.preview.installs.tracker import Tracker
    from ota_site.preview.lan.authority import authority_folder
    from ota_site.preview.lan.network import open_network
    from ota_site.preview.limits import WELCOME
    from ota_site.preview.server import Server

    teller = Tracker(clock, _say)
    # Devices go by the true time, whatever SOURCE_DATE_EPOCH says.
    network = open_network(authority_folder(os.environ), port, datetime.now(UTC), teller)
    welcome, ended = Server(network.welcome_app, WELCOME), threading.Event()
    for task in (
        partial(welcome.run, network.welcome_sockets),
        partial(teller.watch, ended),
        partial(_say_when_moved, network, ended),
    ):
        threading.Thread(target=task, daemon=True).start()
    _say(f"{network.address}  Press Ctrl-C to stop.")
    _welcome(network)
    try:
        yield _Place(
            address=network.address,
            hosts=network.hosts,
            sockets=network.sockets,
            context=network.context,
            installs=network.address,
            seen=lambda visit, stage: teller.seen(visit, stage.offers()),
        )
    finally:
        ended.set()
        welcome.stop()


@contextmanager
def _made(stage: LiveSite, watch: Watch) -> Iterator[None]:
    """Make the site again and again in the background."""
    maker = threading.Thread(target=stage.follow, args=(watch,), daemon=True)
    maker.start()
    try:
        yield
    finally:
        watch.close()
        _end(maker)


def _welcome(network: Network) -> None:
    """Print what an iPhone needs at first, with the code of its address."""
    from ota_site.images.pictures import qr_modules, qr_text

    _say(f"{network.welcome}  Open this page once on each iPhone to trust “{network.authority}”.")
    for line in qr_text(qr_modules(network.welcome)):
        _say(click.style(line, fg="bright_white", bg="black"))
    if network.others:
        others = " and ".join(network.others)
        _say(f"If the iPhone cannot reach it: this machine is also on other networks, as {others}.")
        _say("  Leave the networks that the iPhone is not on, and run serve again.")


def _say_when_moved(network: Network, ended: threading.Event) -> None:
    """Say once that this machine is on another network now."""
    from ota_site.preview.lan.network import has_moved

    while not ended.wait(_LOOK_AGAIN):
        if has_moved(network.address):
            click.echo("This machine’s address has changed. Press Ctrl-C and run serve again.", err=True)
            return


def _forget() -> None:
    from ota_site.preview.lan.authority import authority_folder, forget

    for line in forget(authority_folder(os.environ)):
        click.echo(line)


def _refuse_state(state: str | None) -> None:
    from ota_site.preview.reload import STATES

    if state is not None and state not in STATES:
        raise click.BadParameter(f"{state!r} is not one of {', '.join(STATES)}.", param_hint="--as")


def settings_of(content: Path, address: str | None = None) -> Config:
    """Return the settings, with `address` for the site's own, or one that stands in while there is none."""
    from ota_site.config.load import load_config
    from ota_site.model.records import replace

    config = load_config(content, Path("_site"), base_url=None, environment=os.environ)
    return replace(config, site=replace(config.site, base_url=address or config.site.base_url or STAND_IN))


def _later(now: datetime, started: float) -> datetime:
    """Return the moment, counted from the one by which this command began."""
    return now + timedelta(seconds=time.monotonic() - started)


def _say(what: str | SiteError) -> None:
    # Whoever read the terminal's lines may have gone.
    with suppress(OSError):
        if isinstance(what, SiteError):
            say_fault("Error", "yellow", what)
        else:
            click.echo(what)


def _end(maker: threading.Thread) -> None:
    """End the process at once, even while a large file is being read: nothing is being written."""
    maker.join(0.2)
    if maker.is_alive():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
