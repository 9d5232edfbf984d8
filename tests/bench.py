"""What things cost, each as a ratio to a yardstick measured in the same run: `make bench`.

Ratios hold when the machine's speed drifts; seconds do not. Each figure is the median of several runs, and
yardstick and measured thing take turns. Last come Lighthouse's scores of the pages, in the same run.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from ota_site.apple.digest import digest_file
from ota_site.apple.ipa import read_build
from ota_site.build import build_site
from ota_site.config.load import Config
from ota_site.model.catalog import Site
from ota_site.model.records import replace
from ota_site.rules.registry import judge
from ota_site.site.plan import plan_site
from tests import attacks, lighthouse, samples
from tests.builds import BUILD, NOW, other, site_input_of
from tests.preview.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 5
APPS, BUILDS = 100, 10
LARGE = 256 << 20


def seconds(act: Callable[[], object]) -> float:
    """Return how long `act` takes."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def compare(what: str, act: Callable[[], object], yardstick: str, measure: Callable[[], object]) -> None:
    """Print how long `act` takes beside the yardstick."""
    pairs = [(seconds(act), seconds(measure)) for _ in range(RUNS)]
    ours, theirs = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    ratio = median(first / second for first, second in pairs)
    print(f"{what:<44}{ours * 1e3:10.1f} ms   {ratio:7.2f} × {yardstick} ({theirs * 1e3:.1f} ms)")  # noqa: T201 - its result


def python(code: str) -> None:
    """Run a line of Python in a process of its own."""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def hash_whole(path: Path) -> None:
    """Hash a file with SHA-256 as plainly as Python can."""
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")


def write_catalog(content: Path) -> None:
    """Write APPS apps of BUILDS small builds each."""
    content.mkdir()
    for app in range(APPS):
        for build in range(BUILDS):
            sample = samples.App(name=f"App {app}", bundle_id=f"com.example.app{app}", build=str(build + 1))
            (content / f"app{app}-{build}.ipa").write_bytes(samples.make_ipa(sample))


def bench_inspect(folder: Path) -> None:
    """Measure the reading of one IPA."""
    small, large = folder / "small.ipa", folder / "large.ipa"
    small.write_bytes(samples.make_ipa())
    blob = hashlib.shake_128(b"large").digest(LARGE)
    large.write_bytes(samples.make_ipa(samples.App(extra={"Payload/Sample.app/blob": blob}, compression=0)))
    command = [sys.executable, "-m", "ota_site", "inspect", str(small)]
    start = partial(python, "import PIL.Image")
    for what, more in (("inspect one IPA", ()), ("inspect one IPA, as JSON", ("--json",))):
        compare(
            what, partial(subprocess.run, [*command, *more], check=True, capture_output=True), "Python + Pillow", start
        )
    compare("hash 256 MiB, whole and in pieces", partial(digest_file, large), "SHA-256", partial(hash_whole, large))
    build = read_build(small, digest_file(small))
    thousand = lambda: [judge(build, now=NOW) for _ in range(1000)]  # noqa: E731 - one line is clearer
    compare("judge 1,000 builds", thousand, "Python + Pillow", start)


def bench_build(folder: Path) -> None:
    """Measure the building of a catalog of a thousand builds: all of it, nothing changed, one note changed."""
    content, output = folder / "content", folder / "site"
    write_catalog(content)
    config = Config(content=content, output=output, site=Site(base_url="https://apps.example.com/"), host=None)
    read_all = lambda: [path.read_bytes() for path in sorted(content.rglob("*.ipa"))]  # noqa: E731 - one line is clearer
    first = seconds(partial(build_site, config, NOW))
    bytes_read = seconds(read_all)
    print(f"{'build 1,000 builds, the first time':<44}{first * 1e3:10.1f} ms")  # noqa: T201 - its result
    walk = lambda: [path.stat() for path in output.rglob("*")]  # noqa: E731 - one line is clearer
    compare("build again, nothing changed", partial(build_site, config, NOW), "one walk of the site", walk)
    notes = iter(range(RUNS))

    def one_note() -> None:
        (content / "app0-0.md").write_text(f"Note {next(notes)}")
        build_site(config, NOW)

    compare("build again, one note changed", one_note, "one walk of the site", walk)
    other = replace(config, site=replace(config.site, base_url=None))
    compare("plan alone (dry run)", partial(build_site, other, NOW, dry_run=True), "one walk of the site", walk)
    assert bytes_read > 0


def bench_plan() -> None:
    """Measure the planning of one app whose builds are all blocked, each of which looks for one to install instead."""
    few, many = (
        site_input_of(*(other(BUILD, build=str(number), platform="iPhoneSimulator") for number in range(count)))
        for count in (300, 3000)
    )
    plan = partial(partial, plan_site)
    compare("plan one app of 3,000 blocked builds", plan(many), "one of 300", plan(few))


def bench_attacks(folder: Path) -> None:
    """Measure the costliest of the IPAs that are made to cost time or memory."""
    path = folder / "sample.ipa"
    path.write_bytes(samples.make_ipa())
    yardstick = attacks.inspect(path)
    costs = {name: cost for name, _, cost in attacks.measure(attacks.ATTACKS, folder)}
    for what, worst in (
        ("time", max(costs, key=lambda name: costs[name].seconds)),
        ("memory", max(costs, key=lambda name: costs[name].megabytes)),
    ):
        cost = costs[worst]
        print(  # noqa: T201 - its result
            f"{f'the costliest of {len(costs)} attacks, by {what}':<44}{cost.seconds * 1e3:10.1f} ms   "
            f"{cost.seconds / yardstick.seconds:7.2f} × one small IPA, {cost.megabytes:.0f} MB: {worst}"
        )


def bench_preview(folder: Path) -> None:
    """Measure the preview of that catalog: from the save of a text to the page that a browser then gets."""
    with shown(folder / "content") as preview:
        connection = HTTPConnection("127.0.0.1", preview.port, timeout=60)
        connection.request("GET", "/.preview/events")
        epochs = filter(lambda line: line.startswith(b"data: "), iter(connection.getresponse().readline, b""))
        notes = iter(range(RUNS + 2))

        def save() -> None:
            note = f"Preview {next(notes)}"
            (folder / "content" / "app1-9.md").write_text(note)
            next(epochs)
            assert note.encode() in preview.fetch("/apps/com.example.app1/").body

        next(epochs)
        save()
        compare("preview 1,000 builds, from save to page", save, "Python + Pillow", partial(python, "import PIL.Image"))
        connection.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as here:
        bench_inspect(Path(here))
        bench_attacks(Path(here))
        bench_plan()
        bench_build(Path(here))
        bench_preview(Path(here))
        lighthouse.bench(Path(here))
