"""Keep the last good site in memory, with the errors of the last build."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import cache, partial
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ota_site.build import draft_site, take_in
from ota_site.catalog import paths
from ota_site.i18n.languages import Language, load_language
from ota_site.model.build import Source
from ota_site.model.errors import SettingsError, SiteError
from ota_site.model.format import size
from ota_site.model.records import Record
from ota_site.output.render import make_renderer
from ota_site.output.staging import StagingDir
from ota_site.preview.headers import Rules, read_rules
from ota_site.preview.installs.builds import list_offers
from ota_site.preview.installs.log import InstallableBuild
from ota_site.preview.unfinished_copies import without_held
from ota_site.site.plan import SiteInput, feed_recipes, site_recipes
from ota_site.site.recipes import CopyOutput, PageOutput, Recipe, TextOutput, fingerprint, make_plan
from ota_site.sources.program import program_version
from ota_site.sources.scan import find_files
from ota_site.sources.store import Memory, load_memory, remember

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from ota_site.build import Draft
    from ota_site.config.load import Config
    from ota_site.preview.watch import FileChange, Watch

_LISTED = 3
_LARGE = 256 << 20
"""Bytes from which reading an IPA is slow enough to be announced."""


class DecidedSite(Record, kw_only=True):
    """A planned site. `root` is its path on the server; `recipes` are by path relative to `root`.

    `feeds` returns the machine-readable files, and `offers` the installable builds; both are computed on first use.
    `make` renders a recipe to bytes, or returns the file with them; `look` identifies the theme and languages used.
    """

    site_input: SiteInput
    root: str
    recipes: dict[str, Recipe]
    feeds: Callable[[], dict[str, Recipe]]
    offers: Callable[[], tuple[InstallableBuild, ...]]
    rules: Rules
    make: Callable[[Recipe], bytes | Source]
    look: str

    def find(self, path: str) -> Recipe | None:
        """Return the recipe with exactly this path, relative to the root; None if there is none."""
        return self.recipes.get(path) or self.feeds().get(path)


class Shown(Record, kw_only=True):
    """What the preview shows. `epoch` changes whenever a page may; `site` is None until a build succeeds."""

    epoch: str
    site: DecidedSite | None
    failure: tuple[SiteError, ...] = ()


class LiveSite:
    """The site of the configuration that `load` returns, rebuilt on changes.

    clock: returns the time at which builds are judged. say: is called with each line or error to print. One thread
    builds the site; others read it.
    """

    def __init__(
        self, load: Callable[[], Config], clock: Callable[[], datetime], say: Callable[[str | SiteError], None]
    ) -> None:
        self._load, self._clock, self._say = load, clock, say
        self._lock, self._pictures = threading.Lock(), threading.Lock()
        self._run, self._count = secrets.token_hex(4), 0
        self._showing: Shown | None = None
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._memory: Memory | None = None
        self._sources: dict[Path, Source] = {}
        self._speaking: dict[tuple[object, ...], Language] = {}
        self._made: dict[tuple[str, ...], tuple[object, tuple[Recipe, ...]]] = {}
        self._kept: dict[str, tuple[str, bytes]] = {}
        self._told: frozenset[str] = frozenset()
        self._bugs: set[str] = set()
        self.look_again: Callable[[Path], None] = lambda _: None

    @property
    def showing(self) -> Shown | None:
        """What the preview shows now; None before the first build."""
        return self._showing

    def offers(self) -> tuple[InstallableBuild, ...]:
        """Return the installable builds of the site shown now."""
        site = self._showing.site if self._showing else None
        return site.offers() if site else ()

    async def after(self, epoch: str | None) -> Shown:
        """Wait for an epoch other than `epoch`, and return what is shown then."""
        loop = asyncio.get_running_loop()
        while True:
            with self._lock:
                if self._showing and self._showing.epoch != epoch:
                    return self._showing
                change = loop.create_future()
                self._waiting.append((loop, change))
            try:
                await change
            finally:
                with self._lock, suppress(ValueError):
                    self._waiting.remove((loop, change))

    def follow(self, watch: Watch) -> None:
        """Build the site, and rebuild it on each change, until the watch is closed."""
        self.look_again = watch.tell
        self.rebuild(None)
        while change := watch.wait():
            self.rebuild(change)

    def rebuild(self, change: FileChange | None) -> None:
        """Build the site. If that fails, keep the last good site and show it with the errors."""
        started = time.perf_counter()
        failure: tuple[SiteError, ...] = ()
        faults: tuple[SiteError, ...] = ()
        site = self._showing.site if self._showing else None
        try:
            site, faults = self._make(change.held if change else frozenset())
        except SettingsError as error:
            failure = error.mistakes
        except SiteError as error:
            failure = (error,)
        except OSError as error:
            # An unexpected disk error, such as a file that is deleted while it is read.
            failure = (SiteError(error.strerror or str(error), where=str(error.filename or "")),)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - neither a bug nor a panic in a library may end the preview
            failure = (self.report(error),)
        self._publish(site, failure)
        took = f"in {(time.perf_counter() - started) * 1e3:.0f} ms{_because(change)}"
        stays = "; still serving the last good site" if site else ""
        self._say(f"Build failed {took}{stays}" if failure else f"Built {took}")
        self._tell((*failure, *faults))

    def report(self, error: BaseException) -> SiteError:
        """Print the traceback of an unexpected exception, once for each line of code; return it as an error."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        # The message is not part of the key, because it may differ each time.
        where = f"{type(error).__name__} in {PurePath(place.filename).name}, line {place.lineno}"
        if where not in self._bugs:
            self._bugs.add(where)
            # The reader of stderr may have closed it.
            with suppress(OSError):
                traceback.print_exception(error)
        return SiteError(f"this is a bug in ota-site: {where}", hint="report it with the traceback in the terminal")

    def render(self, site: DecidedSite, recipe: Recipe) -> bytes | Source:
        """Return a recipe's bytes, or the file that holds them. Raises SiteError."""
        if isinstance(recipe, CopyOutput):
            return recipe.source
        path, key = recipe.path.as_posix(), fingerprint(recipe)
        if isinstance(recipe, PageOutput):
            key += site.look
        kept = self._kept.get(path)
        if kept and kept[0] == key:
            return kept[1]
        # Pillow's images are not thread-safe.
        with nullcontext() if isinstance(recipe, PageOutput) else self._pictures:
            data = site.make(recipe)
        if isinstance(data, bytes):
            self._kept[path] = key, data
        return data

    def last(self, recipe: Recipe, fault: SiteError) -> bytes | None:
        """Return the last bytes of a file that can no longer be rendered, if any, and report the error."""
        if str(fault) not in self._told:
            self._tell((fault,), also=self._told)
        kept = self._kept.get(recipe.path.as_posix())
        return kept[1] if kept else None

    def _make(self, held: frozenset[Path]) -> tuple[DecidedSite, tuple[SiteError, ...]]:
        config = self._load()
        if self._memory is None:
            self._memory = load_memory(StagingDir(config.output.resolve()).memory, reader=program_version())
        found = without_held(find_files(config.content, leave_out=config.output), held, self._sources)
        for ipa in found.ipas:
            if ipa.size >= _LARGE and not self._memory.of_file(ipa):
                self._say(f"Reading {ipa.path}, {size(ipa.size)}")
        intake = take_in(found, self._memory)
        self._memory = remember(self._memory, intake.builds)
        self._sources = {source.path: source for source, _ in intake.builds}
        draft = draft_site(config, intake, self._clock(), self._speak)
        return self._stand(config, draft), (*intake.left_out, *draft.amiss)

    def _stand(self, config: Config, draft: Draft) -> DecidedSite:
        before = self._showing.site if self._showing else None
        recipes = _table(site_recipes(draft.site_input, self._recall))
        look = "-".join((draft.theme.digest, *(str(id(each)) for each in draft.languages.values())))
        headers = recipes[paths.HEADERS.as_posix()]
        return DecidedSite(
            site_input=draft.site_input,
            root=urlsplit(config.site.base_url or "https://host/").path,
            recipes=recipes,
            feeds=cache(partial(_feeds, draft.site_input)),
            offers=cache(partial(list_offers, draft.site_input)),
            rules=read_rules(headers.text if isinstance(headers, TextOutput) else ""),
            make=before.make if before and before.look == look else make_renderer(draft.theme, draft.languages),
            look=look,
        )

    def _speak(self, tag: str, catalogs: tuple[Path, ...]) -> Language:
        """Return a language, the same object as before while the theme's message catalogs are unchanged."""
        key = tag, *((path, path.stat().st_mtime_ns) for path in catalogs)
        if key not in self._speaking:
            self._speaking[key] = load_language(tag, catalogs)
        return self._speaking[key]

    def _recall(self, name: tuple[str, ...], inputs: object, make: Callable[[], Iterable[Recipe]]) -> Iterable[Recipe]:
        known = self._made.get(name)
        if known is None or known[0] != inputs:
            known = self._made[name] = inputs, tuple(make())
        return known[1]

    def _publish(self, site: DecidedSite | None, failure: tuple[SiteError, ...]) -> None:
        if site:
            # Other threads may be adding entries.
            self._kept = {path: kept for path, kept in self._kept.copy().items() if path in site.recipes}
        with self._lock:
            if not (same := _is_same(self._showing, site, failure)):
                self._count += 1
            self._showing = Shown(epoch=f"{self._run}-{self._count}", site=site, failure=failure)
            waiting, self._waiting = ([], self._waiting) if same else (self._waiting, [])
        for loop, change in waiting:
            # The loop may be closed.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_wake, change)

    def _tell(self, faults: Iterable[SiteError], *, also: frozenset[str] = frozenset()) -> None:
        """Report the errors that are new since the last call."""
        faults = tuple(faults)
        for fault in faults:
            if str(fault) not in self._told:
                self._say(fault)
        self._told = frozenset(map(str, faults)) | also


def _table(recipes: Iterable[Recipe]) -> dict[str, Recipe]:
    """Return recipes by path. Raises the same SiteErrors as `make_plan`, but is faster if there are none."""
    recipes = tuple(recipes)
    table: dict[str, Recipe] = {}
    clash = False
    for recipe in recipes:
        other = table.setdefault(str(recipe.path), recipe)
        clash = clash or not (other is recipe or other == recipe or fingerprint(other) == fingerprint(recipe))
    names = {path.casefold() for path in table}
    folders: set[str] = set()
    for name in names:
        folder = name.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    if clash or len(names) < len(table) or not folders.isdisjoint(names):
        make_plan(recipes)
    return table


def _feeds(site_input: SiteInput) -> dict[str, Recipe]:
    return _table(feed_recipes(site_input))


def _is_same(before: Shown | None, site: DecidedSite | None, failure: tuple[SiteError, ...]) -> bool:
    """Return whether all pages look the same as before."""
    if before is None or list(map(str, before.failure)) != list(map(str, failure)):
        return False
    if before.site is None or site is None:
        return before.site is site
    return (before.site.look, before.site.root) == (site.look, site.root) and before.site.recipes == site.recipes


def _wake(change: asyncio.Future[None]) -> None:
    if not change.done():
        change.set_result(None)


def _because(change: FileChange | None) -> str:
    """Return a short list of the changed files, as the end of a line of output."""
    if change is None:
        return ""
    names = sorted(path.as_posix() for path in change.paths)
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f": {', '.join(names[:_LISTED])}{more} changed"
