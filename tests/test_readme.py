"""The README's commands, run as a newcomer runs them, in a fresh copy of the repository."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.test_packaging import ROOT, tracked

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "RATIONALE.md"]


def commands() -> list[str]:
    """Return every command of the README's shell blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a fresh copy of all that is or would be committed."""
    folder = tmp_path_factory.mktemp("copy")
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


def ends_when_interrupted(arguments: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Run a command that goes on, until it has said its address."""
    with subprocess.Popen(
        arguments, cwd=folder, env={**environment, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout
            assert running.stdout.readline().startswith("http://127.0.0.1:")
            running.send_signal(signal.SIGINT)
            assert running.wait(30) == 0
        finally:
            running.kill()


def test_the_readmes_commands_work_in_their_order(copy: Path, tmp_path: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "MAKE", "PYTHON"))},
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_BIN_DIR": str(tmp_path / "bin"),
        "PIPX_DEFAULT_PYTHON": sys.executable,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    found = commands()
    assert found[:3] == ["make site", "make test", "pipx install ."]
    # `make test` is this very run, and what CI calls.
    assert "make test" in (ROOT / ".ci/run").read_text()
    found.remove("make test")
    for command in found:
        arguments = shlex.split(command)
        if arguments[0] == "pipx":
            arguments = [sys.executable, "-m", *arguments]
        if "serve" in arguments:
            ends_when_interrupted(arguments, copy, environment)
            continue
        done = subprocess.run(arguments, cwd=copy, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert (copy / "_site/index.html").is_file()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_the_documents_leads_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text("utf-8")):
        if "://" not in link:
            assert (document.parent / link).exists(), link


def test_the_settings_in_the_documents_are_those_there_are() -> None:
    from ota_site.config.settings import Settings
    from ota_site.model.records import fields

    text = (ROOT / "docs/content.md").read_text("utf-8")
    documented = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert documented == [*fields(Settings)]
