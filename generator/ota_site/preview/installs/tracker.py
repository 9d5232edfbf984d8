"""Tells at the terminal how installs proceed, as visits come in."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ota_site.preview.installs.log import InstallLog, remind, tell, tell_distrust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from ota_site.preview.installs.log import InstallableBuild, Visit

_INTERVAL = 5.0
"""Seconds after which it is looked whether an install came to a halt."""


class Tracker:
    """Keeps the story of the installs under way. It is told of visits by one thread, and reminds in another.

    clock: gives the moment. say: is given each line.
    """

    def __init__(self, clock: Callable[[], datetime], say: Callable[[str], None]) -> None:
        self._clock, self.say = clock, say
        self._lock = threading.Lock()
        self._story = InstallLog()

    def seen(self, visit: Visit, offers: tuple[InstallableBuild, ...]) -> None:
        """Tell of a visit what there is to tell. offers: the builds that the site offers now."""
        with self._lock:
            self._story, lines = tell(self._story, visit, self._clock(), offers)
        self._print(lines)

    def distrusted(self) -> None:
        """Tell that a device refused the certificate."""
        with self._lock:
            self._story, lines = tell_distrust(self._story, self._clock())
        self._print(lines)

    def watch(self, ended: threading.Event) -> None:
        """Tell of installs that came to a halt, until the event is set."""
        while not ended.wait(_INTERVAL):
            with self._lock:
                self._story, lines = remind(self._story, self._clock())
            self._print(lines)

    def _print(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.say(line)
