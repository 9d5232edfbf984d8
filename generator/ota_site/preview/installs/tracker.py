"""Print the progress of installs as requests arrive."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ota_site.preview.installs.log import InstallLog, remind, tell, tell_distrust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from ota_site.preview.installs.log import InstallableBuild, Visit

_INTERVAL = 5.0
"""Seconds between checks for halted installs."""


class Tracker:
    """The log of the installs in progress. One thread reports requests; another checks for halted installs.

    clock: returns the current time. say: prints a line.
    """

    def __init__(self, clock: Callable[[], datetime], say: Callable[[str], None]) -> None:
        self._clock, self.say = clock, say
        self._lock = threading.Lock()
        self._story = InstallLog()

    def seen(self, visit: Visit, offers: tuple[InstallableBuild, ...]) -> None:
        """Print the progress that a request shows. offers: the builds that the site has now."""
        with self._lock:
            self._story, lines = tell(self._story, visit, self._clock(), offers)
        self._print(lines)

    def distrusted(self) -> None:
        """Print that a device refused the certificate."""
        with self._lock:
            self._story, lines = tell_distrust(self._story, self._clock())
        self._print(lines)

    def watch(self, ended: threading.Event) -> None:
        """Print a line for each halted install, until the event is set."""
        while not ended.wait(_INTERVAL):
            with self._lock:
                self._story, lines = remind(self._story, self._clock())
            self._print(lines)

    def _print(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.say(line)
