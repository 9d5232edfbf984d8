"""What changes in the owner's folders, told in bursts. Knows nothing of what is made of it."""

from __future__ import annotations

import queue
import re
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from watchdog.events import DirModifiedEvent, FileClosedNoWriteEvent, FileOpenedEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

from generator.apple.directory import locate
from generator.errors import IpaError
from generator.records import Record

if TYPE_CHECKING:
    from types import TracebackType

    from watchdog.events import FileSystemEvent

QUIET = 0.06
"""Seconds without an event that end a burst: an editor writes a file in several steps."""
PATIENCE = 0.5
"""Seconds that a burst may last before it is told all the same."""
_LOOK = 0.1
_STEADY = 0.2
# A download pauses; a file that never becomes a zip is told in the end, so that somebody hears what it is.
_GIVE_UP = 3.0

# vim (4913 is its trial of the folder), emacs, JetBrains, and whatever writes beside a file and renames it.
_TEMPORARY = re.compile(
    r".*~|.*\.(?:sw[a-z]|tmp|bak|part|partial|crdownload|download)|.*\.tmp[.-].*|#.*#|\d{4,5}|.*___jb_(?:tmp|old)___",
    re.IGNORECASE,
)


class Change(Record, kw_only=True):
    """Files that are other than before, and IPAs that are still being written."""

    paths: frozenset[Path]
    held: frozenset[Path]


def is_temporary(path: Path) -> bool:
    """Tell whether a path, from the watched folder on, is hidden or an editor's or a download's own."""
    return any(part.startswith(".") for part in path.parts) or _TEMPORARY.fullmatch(path.name) is not None


class Watch:
    """Watches the content folder and `themes` beside it, while its block runs."""

    def __init__(self, content: Path, *, leave_out: Path) -> None:
        self._events: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._copies = _Copies()
        self._content = content
        self._themes = content.parent / "themes"
        self._leave_out = leave_out.resolve()
        self._observer = Observer()

    def __enter__(self) -> Self:
        # Folders that come one in the other are registered twice, which watchdog warns of and mends.
        warnings.filterwarnings("ignore", "Callback with id .* already exists", RuntimeWarning)
        try:
            self._start()
        except OSError:
            # The system watches no more folders, or none on such a disk.
            self._observer.stop()
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
        self._events.put(None)

    def wait(self) -> Change | None:
        """Wait for the next burst, and return it; None once closed. An IPA is told when it is whole."""
        changed: set[Path] = set()
        latest = 0.0
        while True:
            try:
                path = self._events.get(timeout=self._pause(latest if changed else None))
            except queue.Empty:
                path = Path()
            if path is None:
                return None
            if path.suffix.lower() == ".ipa":
                self._copies.begin(path)
            elif path.name:
                latest = latest if changed else time.monotonic() + PATIENCE
                changed.add(path)
            whole = self._copies.finished()
            if whole or (changed and (not path.name or time.monotonic() >= latest)):
                return Change(paths=frozenset(changed | whole), held=self._copies.unfinished)

    def _pause(self, latest: float | None) -> float | None:
        """Return how long to wait for one more event, in seconds; None for ever."""
        if latest is not None:
            return max(0.0, min(QUIET, latest - time.monotonic()))
        return _LOOK if self._copies.unfinished else None

    def _start(self) -> None:
        content, themes = self._content.resolve(), self._themes.absolute()
        self._observer.schedule(_Handler(self, content, self._content), str(content), recursive=True)
        # The folder of themes may come later.
        self._observer.schedule(_Arrival(self, themes), str(themes.parent), recursive=False)
        self._observer.start()
        if themes.is_dir():
            self.add_themes(themes)

    def add_themes(self, themes: Path) -> None:
        """Watch the project's themes, too."""
        folder = themes.resolve()
        self._observer.schedule(_Handler(self, folder, self._themes), str(folder), recursive=True)

    def tell(self, path: Path) -> None:
        """Take note of a file that has changed."""
        if not path.resolve().is_relative_to(self._leave_out):
            self._events.put(path)


class _Handler(FileSystemEventHandler):
    """Tells files below a folder by the name that the owner has for it."""

    def __init__(self, watch: Watch, folder: Path, name: Path) -> None:
        self._watch, self._folder, self._name = watch, folder, name

    def on_any_event(self, event: FileSystemEvent) -> None:
        # Reading changes nothing, and a folder's own event says no more than that of the file in it.
        if isinstance(event, (FileOpenedEvent, FileClosedNoWriteEvent, DirModifiedEvent)):
            return
        for text in filter(None, (event.src_path, event.dest_path)):
            path = Path(str(text))
            if path.is_relative_to(self._folder) and not is_temporary(below := path.relative_to(self._folder)):
                self._watch.tell(self._name / below)


class _Arrival(FileSystemEventHandler):
    """Waits for a folder of themes to be made."""

    def __init__(self, watch: Watch, themes: Path) -> None:
        self._watch, self._themes = watch, themes

    def on_any_event(self, event: FileSystemEvent) -> None:
        arrived = event.src_path if event.event_type == "created" else event.dest_path
        if event.is_directory and arrived and Path(str(arrived)) == self._themes:
            self._watch.add_themes(self._themes)
            self._watch.tell(self._themes)


class _Look(NamedTuple):
    """A file's size and time, and since when they have been so."""

    size: int
    mtime_ns: int
    since: float


class _Copies:
    """IPAs that are being written."""

    def __init__(self) -> None:
        self._looks: dict[Path, _Look] = {}

    @property
    def unfinished(self) -> frozenset[Path]:
        return frozenset(self._looks)

    def begin(self, path: Path) -> None:
        self._looks.setdefault(path, _Look(-1, -1, time.monotonic()))

    def finished(self) -> set[Path]:
        """Return those that are whole now, or gone, and wait for them no longer."""
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
    except (IpaError, OSError):
        return False
    return True
