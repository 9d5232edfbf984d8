"""Read the commit and branch of the git work tree that contains a folder."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from ota_site.model.texts import Origin

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE = 10.0
"""Seconds."""


def work_tree_origin(folder: Path) -> Origin | None:
    """Return the checked-out commit and its branch, or None outside a work tree or without git."""
    commit = _ask(folder, "rev-parse", "--verify", "HEAD")
    return Origin(commit=commit, branch=_ask(folder, "symbolic-ref", "--short", "HEAD")) if commit else None


def _ask(folder: Path, *arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    try:
        # The program is the user's git, and the arguments are fixed.
        done = subprocess.run(  # noqa: S603
            [git, *arguments], cwd=folder, check=True, capture_output=True, text=True, timeout=_PATIENCE
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
