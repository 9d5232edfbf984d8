"""The files for machines of the real IPAs beside the repository, read by each format's own reader."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from ota_site.apple.ipa import inspect_ipa
from ota_site.model.errors import SiteError
from tests.feeds import test_altstore, test_atom, test_calendar, test_schema
from tests.feeds.made import made

if TYPE_CHECKING:
    from pathlib import Path

    from ota_site.model.build import Build

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def builds(fixtures_dir: Path) -> tuple[Build, ...]:
    """Return all that can be read."""
    found = []
    for path in sorted((fixtures_dir / "ipa").glob("*.ipa")):
        with suppress(SiteError):
            found.append(inspect_ipa(path))
    return tuple(found)


def test_every_reader_takes_them(builds: tuple[Build, ...]) -> None:
    files = made(*builds)
    assert test_schema.check(files) == 1 + 2 * len({build.bundle_id for build in builds})
    for path in files:
        if path.endswith("feed.xml"):
            test_atom.read(files[path])
    assert test_calendar.read(files["expiry.ics"]).events
    assert test_altstore.source(*builds)["apps"]


def test_no_device_identifier_is_in_them(builds: tuple[Build, ...]) -> None:
    everything = "".join(made(*builds).values())
    # Commits and certificates would be of 40 digits too; there is none here.
    assert not re.search(r"\b(?:[0-9a-f]{40}|[0-9A-F]{8}-[0-9A-F]{16})\b", everything)
    assert not re.search(r"iPhone (?:Developer|Distribution): ", everything)
