"""Reads IPAs each in a process of its own, and says what came of it, how long it took and how much memory.

`python -m tests.apple.apart FILE…` writes one line of JSON for each.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

from ota_site.apple.ipa import inspect_ipa
from ota_site.model.errors import IpaError
from ota_site.model.records import to_json


def outcome(path: Path) -> dict[str, object]:
    """Read one IPA: the code of its refusal, or of its flaws; seconds; megabytes at the peak."""
    start = time.process_time()
    try:
        build = inspect_ipa(path)
        to_json(build)
        codes = [f"build {flaw.code}" for flaw in build.flaws] or ["build"]
    except IpaError as error:
        codes = [error.code]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 << (20 if sys.platform == "darwin" else 10)  # macOS counts bytes, Linux kilobytes
    return {"name": path.stem, "codes": codes, "seconds": time.process_time() - start, "megabytes": peak // unit}


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        # A fork begins with the memory of this small process; a fresh one would be charged with the tests' own.
        if child := os.fork():
            os.waitpid(child, 0)
        else:
            sys.stdout.write(json.dumps(outcome(Path(argument))) + "\n")
            sys.stdout.flush()
            os._exit(0)
