"""What changes in the owner's folders, told in bursts. Knows nothing of what is made of it."""

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
"""Seconds without an event that end a burst: an editor writes a file in several steps."""
PATIENCE = 0.5
"""Seconds that a burst may last before it is told all the same."""
_MOST = 10_000
"""Paths that are remembered of a burst."""
_LOOK = 0.1
_STEADY = 0.2
# A download pauses; a file that never becomes a zip is told in the end, so that somebody hears what it is.
_GIVE_UP = 3.0

# vim (4913 is its trial of the folder), emacs, JetBrains, sed, and whatever writes beside a file and renames it.
_TEMPORARY = re.compile(
    r".*~|.*\.(?:sw[a-z]|tmp|bak|part|partial|crdownload|download)|.*\.tmp[.-].*|#.*#|\d{4,5}|.*___jb_(?:tmp|old)___"
    r"|sed\w{6}",
    re.IGNORECASE,
)


class FileChange(Record, kw_only=True):
    """Files that are other than before, and IPAs that are still being written."""

    paths: frozenset[Path]
    held: frozenset[Path]


def is_hidden(path: Path) -> bool:
    """Tell whether a path, from the watched folder on, is hidden."""
    return any(part.startswith(".") for part in path.parts)


def is_temporary(path: Path) -> bool:
    """Tell whether a file, by its path from the watched folder on, is hidden or an editor's or a download's own."""
    return is_hidden(path) or _TEMPORARY.fullmatch(path.name) is not None


class Watch:
    """Watches the content folder and `themes` beside it, while its block runs."""

    def __init__(self, content: Path, *, leave_out: Path) -> None:
        self._news = _News()
        self._copies = _Copies()
        self._folders = content, project_of(content) / "themes"
        self._leave_out = leave_out.resolve()
        self._observer = Observer()
        self._watched: dict[Path, ObservedWatch] = {}

    def __enter__(self) -> Self:
        # Folders that come one in the other are registered twice, which watchdog warns of and mends.
        warnings.filterwarnings("ignore", "Callback with id .* already exists", RuntimeWarning)
        try:
            self._start()
            # Of folders below a first one that the system will not watch nothing is said; of a first one, it is.
            with TemporaryDirectory() as one_more:
                self._observer.unschedule(self._observer.schedule(FileSystemEventHandler(), one_more))
        except OSError:
            # The system watches no more folders, or none on such a disk.
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
        """End the waiting."""
        self._news.close()

    def wait(self) -> FileChange | None:
        """Wait for the next burst, and return it; None once closed. An IPA is told when it is whole."""
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
        """Return how long to wait for one more event, in seconds; None for ever."""
        if due is not None:
            return max(0.0, due - time.monotonic())
        return _LOOK if self._copies.unfinished else None

    def _start(self) -> None:
        for folder in self._folders:
            # It may come later, and go and come back.
            self._observer.schedule(_Arrival(self, folder), str(folder.absolute().parent), recursive=False)
        self._observer.start()
        for folder in self._folders:
            self.follow(folder)

    def follow(self, folder: Path) -> None:
        """Watch a folder as it is now. Raises OSError."""
        if before := self._watched.pop(folder, None):
            self._observer.unschedule(before)
        if folder.is_dir():
            real = folder.resolve()
            self._watched[folder] = self._observer.schedule(_Handler(self, real, folder), str(real), recursive=True)

    def tell(self, path: Path) -> None:
        """Take note of a file that has changed."""
        # Path.resolve fails where links lead round in a circle.
        if not Path(os.path.realpath(path)).is_relative_to(self._leave_out):
            self._news.add(path)


class _Handler(FileSystemEventHandler):
    """Tells files below a folder by the name that the owner has for it."""

    def __init__(self, watch: Watch, folder: Path, name: Path) -> None:
        self._watch, self._folder, self._name = watch, folder, name

    def on_any_event(self, event: FileSystemEvent) -> None:
        # Reading changes nothing, and a folder's own event says no more than that of the file in it.
        if isinstance(event, (FileOpenedEvent, FileClosedNoWriteEvent, DirModifiedEvent)):
            return
        passed_over = is_hidden if event.is_directory else is_temporary
        for text in filter(None, (event.src_path, event.dest_path)):
            path = Path(str(text))
            if path.is_relative_to(self._folder) and not passed_over(below := path.relative_to(self._folder)):
                self._watch.tell(self._name / below)


class _Arrival(FileSystemEventHandler):
    """Waits for a watched folder to be made, replaced or removed."""

    def __init__(self, watch: Watch, folder: Path) -> None:
        self._watch, self._folder = watch, folder

    def on_any_event(self, event: FileSystemEvent) -> None:
        paths = [Path(str(text)) for text in filter(None, (event.src_path, event.dest_path))]
        if event.event_type not in {"created", "deleted", "moved"} or self._folder.absolute() not in paths:
            return
        # It may be gone again.
        with suppress(OSError):
            self._watch.follow(self._folder)
            # What came with it may be still on its way.
            for path in self._folder.rglob("*.[iI][pP][aA]"):
                self._watch.tell(path)
        self._watch.tell(self._folder)


class _News:
    """Paths that have changed, each kept once until it is taken."""

    def __init__(self) -> None:
        self._paths: set[Path] = set()
        self._closed = False
        self._changed = threading.Condition()

    def add(self, path: Path) -> None:
        with self._changed:
            # A site is made of all files, whichever of them are named.
            if len(self._paths) < _MOST:
                self._paths.add(path)
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()

    def take(self, timeout: float | None) -> set[Path] | None:
        """Return what has come, after a while at the latest; None once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._paths or self._closed, timeout)
            taken, self._paths = self._paths, set()
            return None if self._closed else taken


class _Look(NamedTuple):
    """A file's size and time, and since when they have been so."""

    size: int
    mtime_ns: int
    since: float


class _Copies:
    """IPAs that are being written."""

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
        """Return those that are whole now, or gone, and wait for them no longer. Looks at most every so often."""
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
    """Tell whether a zip has its end, and the end its directory."""
    try:
        with path.open("rb") as file:
            locate(file, str(path))
    except Exception:  # noqa: BLE001 - whatever is wrong with it, the reader of IPAs says it; the watch goes on
        return False
    return True
