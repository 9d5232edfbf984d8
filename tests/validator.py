"""The Nu HTML checker, asked about a whole site at once: its pages, style sheets and SVG pictures."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

KINDS = {".css", ".html", ".svg"}
JAR = "build/dist/vnu.jar"
# A short run is over before the better compiler pays; that one and the small stack do not go together.
JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss2m")


def complaints(java: str, package: Path, site: Path) -> list[str]:
    """Return the checker's errors and warnings on every file of a site, each with its place.

    package: the folder of npm's vnu-jar. Remarks that are neither (`info` without a subtype) are left out.
    """
    # Kind by kind, for the checker reads its schema anew wherever the kind changes.
    files = sorted((path for path in site.rglob("*") if path.suffix in KINDS), key=lambda path: (path.suffix, path))
    options = ["--also-check-css", "--also-check-svg", "--stdout", "--exit-zero-always", "--format", "json"]
    done = subprocess.run([java, *JVM, "-jar", package / JAR, *options, *files], check=True, stdout=subprocess.PIPE)
    messages = json.loads(done.stdout)["messages"]
    return [_line(each, site) for each in messages if each["type"] != "info" or each.get("subType") == "warning"]


def _line(message: dict[str, object], site: Path) -> str:
    path = Path(unquote(urlsplit(str(message["url"])).path)).relative_to(site)
    return f"{path}:{message.get('lastLine', 0)}: {message['message']} {message.get('extract', '')!r}"
