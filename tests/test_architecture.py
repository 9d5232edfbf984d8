"""The rooms of the house: who may import whom, and which touch nothing outside."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "generator/ota_site"

# The highest first: a room imports from the rooms below it.
ROOMS = (
    *("cli", "preview", "build", "output", "theme", "site", "content", "sources", "config", "catalog"),
    *("rules", "hosts", "images", "i18n", "apple", "disk", "model"),
)
PURE = {"site", "catalog", "rules", "hosts", "model"}
LIBRARIES = {
    "babel": "i18n",
    "click": "cli",
    "cryptography": "preview",
    "jinja2": "theme",
    "lzfse": "apple",
    "markdown": "content",
    "markupsafe": "theme",
    "msgspec": "model",
    "nh3": "content",
    "PIL": "images",
    "qrcode": "images",
    "rcssmin": "theme",
    "rjsmin": "theme",
    "starlette": "preview",
    "uvicorn": "preview",
    "watchdog": "preview",
}
# What a pure room does not name: modules that reach out, and the methods of paths and clocks that do.
OUTSIDE = {"os", "io", "socket", "subprocess", "time", "random", "shutil", "tempfile", "glob", "urllib.request"}
REACHING = {
    *("open", "read_text", "read_bytes", "write_text", "write_bytes", "stat", "lstat", "exists", "is_file", "is_dir"),
    *("iterdir", "glob", "rglob", "resolve", "mkdir", "unlink", "cwd", "home", "now", "today", "utcnow", "getenv"),
}
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.parent != PACKAGE or path.name == "build.py"]


def room(path: Path) -> str:
    """Return the room that a source file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> set[str]:
    """Return the modules that a file imports, dotted, those for its types too."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def faults(path: Path, text: str) -> list[str]:
    """Return what is wrong with a source file: a room or library that is not for it, or a reach out of a pure room."""
    here, tree, found = room(path), ast.parse(text), []
    for module in sorted(imports(tree)):
        top, _, rest = module.partition(".")
        other = rest.partition(".")[0]
        if top == "ota_site" and other in ROOMS and ROOMS.index(other) < ROOMS.index(here):
            found.append(f"{here} must not know {other}")
        elif top != "ota_site" and top not in sys.stdlib_module_names and LIBRARIES.get(top) != here:
            found.append(f"{top} belongs to {LIBRARIES.get(top)}")
        elif here in PURE and (top in OUTSIDE or module in OUTSIDE):
            found.append(f"{here} is pure, and imports {module}")
    if here in PURE:
        functions = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
        names = (getattr(function, "attr", getattr(function, "id", "")) for function in functions)
        found += [f"{here} is pure, and calls {name}" for name in names if name in REACHING]
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_module_keeps_to_its_room(path: Path) -> None:
    assert faults(path, path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("room_and_line", "fault"),
    [
        ("rules: x = Path('a').read_text()", "calls read_text"),
        ("site: x = open('a')", "calls open"),
        ("catalog: x = datetime.now(UTC)", "calls now"),
        ("hosts: x = tuple(Path('a').glob('*'))", "calls glob"),
        ("model: import os", "imports os"),
        ("model: from time import time", "imports time.time"),
        ("rules: from ota_site.site import plan", "must not know site"),
        ("site: import jinja2", "jinja2 belongs to theme"),
    ],
)
def test_a_module_that_does_not_is_noticed(room_and_line: str, fault: str) -> None:
    here, line = room_and_line.split(": ", 1)
    assert fault in " ".join(faults(PACKAGE / here / "x.py", line))


def test_no_two_classes_share_a_name() -> None:
    trees = (ast.parse(path.read_text("utf-8")) for path in SOURCES)
    names = Counter(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_room_is_named() -> None:
    assert set(ROOMS) == {room(path) for path in SOURCES}


def test_the_command_starts_without_anything_heavy() -> None:
    heavy = ("PIL", "jinja2", "markdown", "rich", "uvicorn", "watchdog")
    code = f"import sys, ota_site.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
