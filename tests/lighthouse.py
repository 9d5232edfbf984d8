"""Lighthouse, asked about pages in Chromium as on a phone of the middle class.

`python -m tests.lighthouse` prints all four scores, performance too, which varies with the machine's load.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ota_site.model.records import Record, from_json
from tests import showcase
from tests.sites import served

if TYPE_CHECKING:
    from collections.abc import Sequence

TESTS = Path(__file__).parent
TIMELESS = ("accessibility", "best-practices", "seo")
LEFT_OUT = {
    "is-crawlable": "a site asks search engines to stay away unless its owner wants them",
}
# A page without a script that loads anything is at rest once it has loaded; nobody looks at a picture of it.
HASTE = {
    "pauseAfterFcpMs": 0,
    "pauseAfterLoadMs": 0,
    "networkQuietThresholdMs": 0,
    "cpuQuietThresholdMs": 0,
    "disableFullPageScreenshot": True,
}


class Report(Record, kw_only=True):
    """What Lighthouse says of one page: scores of 0 to 1 by category, and the audits that cost it something."""

    scores: Mapping[str, float]
    failed: tuple[str, ...]


def measure(
    node: str, chromium: str, urls: Sequence[str], categories: Sequence[str] = ("performance", *TIMELESS)
) -> list[Report]:
    """Return a report of each page, in their order; the waiting is left out where performance is not asked for."""
    waiting = {} if "performance" in categories else HASTE
    settings = {"onlyCategories": categories, "skipAudits": list(LEFT_OUT), **waiting}
    order = json.dumps({"chromium": chromium, "urls": urls, "settings": settings})
    # Chromium leaves a folder behind wherever TMPDIR points.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        command: list[str | Path] = [node, TESTS / "lighthouse.mjs", order]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": scratch})
    return from_json(done.stdout, list[Report])


def bench(folder: Path) -> None:
    """Print the scores of each kind of page, of a hundred apps and of the demo with everything on it."""
    node, chromium = shutil.which("node"), shutil.which("chromium")
    if not node or not chromium or not (TESTS / "node_modules" / "lighthouse").is_dir():
        print("Lighthouse is missing: run tests/prepare")  # noqa: T201 - its result
        return
    showcase.write_hundred(folder / "hundred")
    showcase.write_showcase(folder / "showcase")
    with served(folder / "hundred", folder / "many") as many, served(folder / "showcase", folder / "few") as few:
        pages = {"a hundred apps": many.url, **{kind: few.url + path for kind, path in showcase.KINDS.items()}}
        for page, report in zip(pages, measure(node, chromium, list(pages.values())), strict=True):
            scores = "  ".join(f"{name} {score * 100:.0f}" for name, score in report.scores.items())
            print("\n    ".join((f"Lighthouse: {page:<32}{scores}", *report.failed)))  # noqa: T201 - its result


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as here:
        bench(Path(here))
