"""The rooms of the house: who may import whom. To change a dependency is to change a line here."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "generator"

# Layers, the lowest first. A room imports from lower layers; neighbours only where a line below says so.
LAYERS: tuple[tuple[str, ...], ...] = (
    (
        *("channels", "checks", "errors", "lfs", "lookalikes", "model", "placeholders", "plain_text", "records"),
        *("versions", "words"),
    ),
    ("files", "git", "languages", "teams"),
    ("toml",),
    ("address", "apple", "comparison", "edition", "hosts", "images", "look", "paths", "preflight", "state"),
    ("clone", "ledger", "settings", "views", "workshop"),
    ("feeds", "recipes"),
    ("cache", "catalog", "config", "content", "plan", "render", "scan", "stamp", "theme", "write"),
    ("build",),
    ("preview",),
    ("cli",),
)
NEIGHBOURS = {
    "records": {"errors", "plain_text"},
    "model": {"errors", "records"},
    # A page is printed by the theme.
    "render": {"theme"},
    # A stamp has the keys of a build's own table.
    "stamp": {"content"},
}
PURE = {
    *("errors", "model", "words", "versions", "teams", "records", "address", "paths", "preflight", "views", "recipes"),
    *(
        "channels",
        "checks",
        "lookalikes",
        "placeholders",
        "plain_text",
        "feeds",
        "catalog",
        "look",
        "plan",
        "comparison",
    ),
}
IMPURE_MODULES = {"os", "io", "socket", "subprocess", "time", "random", "shutil", "tempfile"}
# Each library has one room.
LIBRARIES = {
    "babel": "languages",
    "click": "cli",
    "cryptography": "preview",
    "jinja2": "theme",
    "lzfse": "apple",
    "markdown": "content",
    "markupsafe": "theme",
    "msgspec": "records",
    "nh3": "content",
    "PIL": "images",
    "qrcode": "images",
    "rcssmin": "theme",
    "rjsmin": "theme",
    "starlette": "preview",
    "uvicorn": "preview",
    "watchdog": "preview",
}


def room(path: Path) -> str:
    """Return the room that a source file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Return the modules that a file imports at run time, dotted."""
    found: set[str] = set()
    pending: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        pending += ast.iter_child_nodes(node)
    return found


SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if path.name not in ("__init__.py", "__main__.py"))
SOURCES += [path for path in PACKAGE.glob("*/__init__.py") if path.parent.name != "themes"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_imports_only_from_lower_layers(path: Path) -> None:
    height = {name: index for index, names in enumerate(LAYERS) for name in names}
    here = room(path)
    for module in imports(path):
        parts = module.split(".")
        if parts[0] != "generator" or parts[1] in (here, "__version__"):
            continue
        lower = height[parts[1]] < height[here]
        assert lower or parts[1] in NEIGHBOURS.get(here, set()), f"{here} must not import {parts[1]}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_library_has_one_room(path: Path) -> None:
    for module in imports(path):
        top = module.split(".")[0]
        if top != "generator" and top not in sys.stdlib_module_names:
            assert LIBRARIES.get(top) == room(path), f"{top} belongs to {LIBRARIES.get(top)}"


@pytest.mark.parametrize("path", [path for path in SOURCES if room(path) in PURE], ids=lambda path: path.name)
def test_pure_modules_touch_nothing(path: Path) -> None:
    assert IMPURE_MODULES.isdisjoint(module.split(".")[0] for module in imports(path))


def test_the_tables_name_every_room_once() -> None:
    named = [name for names in LAYERS for name in names]
    assert len(named) == len(set(named))
    assert set(named) == {room(path) for path in SOURCES}


def test_the_command_starts_without_anything_heavy() -> None:
    import subprocess

    heavy = ("PIL", "jinja2", "markdown", "rich", "uvicorn", "watchdog")
    code = f"import sys, generator.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
