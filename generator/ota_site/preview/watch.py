"""Watch the owner's folders and report changes in bursts. Does not know how a site is built."""

from __future__ import annotations

import os
import re
import threading
import time
import warnings
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple, Self

from watchdog.events import DirModifiedEvent, FileClosedNoWriteEvent, FileOpenedEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

from ota_site.apple.zip.directory import locate
from ota_site.model.records import Record
from ota_site.theme.layers import project_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import ObservedWatch

QUIET = 0.06
"""Seconds without an event that end a burst: editors write a file in several steps."""
PATIENCE = 0.5
"""Maximum seconds of a burst; then it is reported anyway."""
_MOST = 10_000
"""Maximum number of paths kept for a burst."""
_LOOK = 0.1
_STEADY = 0.2
# A download may pause. A file that never becomes a zip is reported in the end, so that its error is shown.
_GIVE_UP = 3.0

# vim (it creates 4913 to test the folder), emacs, JetBrains, sed, and programs that write a new file and rename it.
_TEMPORARY = re.compile(
    r".*~|.*\.(?:sw[a-z]|tmp|bak|part|partial|crdownload|download)|.*\.tmp[.-].*|#.*#|\d{4,5}|.*___jb_(?:tmp|old)___"
    r"|sed\w{6}",
    re.IGNORECASE,
)


class FileChange(Record, kw_only=True):
    """The changed files, and the IPAs that are still being written (`held`)."""

    paths: frozenset[Path]
    held: frozenset[Path]


def is_hidden(path: Path) -> bool:
    """Return whether a path, relative to the watched folder, is hidden."""
    return any(part.startswith(".") for part in path.parts)


def is_temporary(path: Path) -> bool:
    """Return whether a file, by its path relative to the watched folder, is hidden or temporary (editor, download)."""
    return is_hidden(path) or _TEMPORARY.fullmatch(path.name) is not None


class Watch:
    """A watch of the content folder and the `themes` folder next to it, active inside its `with` block."""

    def __init__(self, content: Path, *, leave_out: Path) -> None:
        self._news = _News()
        self._copies = _Copies()
        self._folders = content, project_of(content) / "themes"
        self._leave_out = leave_out.resolve()
        self._observer = Observer()
        self._watched: dict[Path, ObservedWatch] = {}

    def __enter__(self) -> Self:
        # Nested new folders are registered twice; watchdog warns of that and handles it.
        warnings.filterwarnings("ignore", "Callback with id .* already exists", RuntimeWarning)
        try:
            self._start()
            # watchdog reports an unwatchable top folder, but not an unwatchable subfolder: so try one more top folder.
            with TemporaryDirectory() as one_more:
                self._observer.unschedule(self._observer.schedule(FileSystemEventHandler(), one_more))
        except OSError:
            # The system's limit of watches is reached, or this disk does not support them.
            self._observer.stop()
            self._watched.clear()
            self._observer = PollingObserver(timeout=_STEADY)
            self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        self._observer.stop()

    def close(self) -> None:
        """Make `wait` return None."""
        self._news.close()

    def wait(self) -> FileChange | None:
        """Wait for the next burst, and return it; None once closed. An IPA is reported when it is complete."""
        changed: set[Path] = set()
        latest = due = 0.0
        while True:
            heard = self._news.take(self._pause(due if changed else None))
            if heard is None:
                return None
            ipas = {path for path in heard if path.suffix.lower() == ".ipa"}
            self._copies.begin(ipas)
            news = self._copies.finished() | (heard - ipas)
            now = time.monotonic()
            if news:
                latest = latest if changed else now + PATIENCE
                due = min(now + QUIET, latest)
                if len(changed) < _MOST:
                    changed |= news
            if changed and now >= due:
                return FileChange(paths=frozenset(changed), held=self._copies.unfinished)

    def _pause(self, due: float | None) -> float | None:
        """Return how long to wait for the next event, in seconds; None for no limit."""
        if due is not None:
            return max(0.0, due - time.monotonic())
        return _LOOK if self._copies.unfinished else None

    def _start(self) -> None:
        for folder in self._folders:
            # The folder may be created later, or removed and created again.
            self._observer.schedule(_Arrival(self, folder), str(folder.absolute().parent), recursive=False)
        self._observer.start()
        for folder in self._folders:
            self.follow(folder)

    def follow(self, folder: Path) -> None:
        """Watch a folder if it exists, in place of an earlier watch of the same path. Raises OSError."""
        if before := self._watched.pop(folder, None):
            self._observer.unschedule(before)
        if folder.is_dir():
            real = folder.resolve()
            self._watched[folder] = self._observer.schedule(_Handler(self, real, folder), str(real), recursive=True)

    def tell(self, path: Path) -> None:
        """Record a changed file, unless it is in the folder to leave out."""
        # Path.resolve raises an error for a loop of links.
        if not Path(os.path.realpath(path)).is_relative_to(self._leave_out):
            self._news.add(path)


class _Handler(FileSystemEventHandler):
    """A handler that reports files in a folder under the owner's name for that folder."""

    def __init__(self, watch: Watch, folder: Path, name: Path) -> None:
        self._watch, self._folder, self._name = watch, folder, name

    def on_any_event(self, event: FileSystemEvent) -> None:
        # Reading changes nothing, and a folder's event adds nothing to that of the file in it.
        if isinstance(event, (FileOpenedEvent, FileClosedNoWriteEvent, DirModifiedEvent)):
            return
        passed_over = is_hidden if event.is_directory else is_temporary
        for text in filter(None, (event.src_path, event.dest_path)):
            path = Path(str(text))
            if path.is_relative_to(self._folder) and not passed_over(below := path.relative_to(self._folder)):
                self._watch.tell(self._name / below)


class _Arrival(FileSystemEventHandler):
    """A handler for a watched folder being created, replaced or removed."""

    def __init__(self, watch: Watch, folder: Path) -> None:
        self._watch, self._folder = watch, folder

    def on_any_event(self, event: FileSystemEvent) -> None:
        paths = [Path(str(text)) for text in filter(None, (event.src_path, event.dest_path))]
        if event.event_type not in {"created", "deleted", "moved"} or self._folder.absolute() not in paths:
            return
        # The folder may have been removed again.
        with suppress(OSError):
            self._watch.follow(self._folder)
            # IPAs in the new folder may still be incomplete.
            for path in self._folder.rglob("*.[iI][pP][aA]"):
                self._watch.tell(path)
        self._watch.tell(self._folder)


class _News:
    """The changed paths, without duplicates, until they are taken."""

    def __init__(self) -> None:
        self._paths: set[Path] = set()
        self._closed = False
        self._changed = threading.Condition()

    def add(self, path: Path) -> None:
        with self._changed:
            # A rebuild reads all files, so dropping paths here is harmless.
            if len(self._paths) < _MOST:
                self._paths.add(path)
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()

    def take(self, timeout: float | None) -> set[Path] | None:
        """Return the changed paths; after `timeout` seconds, possibly none. None once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._paths or self._closed, timeout)
            taken, self._paths = self._paths, set()
            return None if self._closed else taken


class _Look(NamedTuple):
    """A file's size and modification time, and since when they are unchanged."""

    size: int
    mtime_ns: int
    since: float


class _Copies:
    """The IPAs that are being written."""

    def __init__(self) -> None:
        self._looks: dict[Path, _Look] = {}
        self._next = 0.0

    @property
    def unfinished(self) -> frozenset[Path]:
        return frozenset(self._looks)

    def begin(self, paths: Iterable[Path]) -> None:
        for path in paths:
            self._looks.setdefault(path, _Look(-1, -1, time.monotonic()))

    def finished(self) -> set[Path]:
        """Remove and return the IPAs that are complete now, or deleted. Checks at most every `_LOOK / 2` seconds."""
        if time.monotonic() < self._next:
            return set()
        self._next = time.monotonic() + _LOOK / 2
        done = {path for path, before in tuple(self._looks.items()) if self._is_done(path, before)}
        for path in done:
            del self._looks[path]
        return done

    def _is_done(self, path: Path, before: _Look) -> bool:
        try:
            status = path.stat()
        except OSError:
            return True
        now = time.monotonic()
        if (status.st_size, status.st_mtime_ns) != before[:2]:
            self._looks[path] = _Look(status.st_size, status.st_mtime_ns, now)
            return False
        age = now - before.since
        return age >= _GIVE_UP or (age >= _STEADY and _has_end(path))


def _has_end(path: Path) -> bool:
    """Return whether a zip has its end record and central directory."""
    try:
        with path.open("rb") as file:
            locate(file, str(path))
    except Exception:  # noqa: BLE001 - the IPA reader reports any error in the file; the watch continues
        return False
    return True
