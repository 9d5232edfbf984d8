"""Read the file CNAME, which sets the domain of a GitHub Pages site."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = "CNAME"
_LIMIT = 300
_DOMAIN = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[\w-]+)\.?/?", re.IGNORECASE)


def read_cname(folder: Path) -> str | None:
    """Return the domain in the CNAME file of a folder, in lower case, or None if there is none."""
    path = folder / NAME
    try:
        # A link may lead to any file, whose content would then appear in a message.
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        with path.open("rb") as file:
            text = file.read(_LIMIT + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    match = _DOMAIN.fullmatch(text.strip())
    return match[1].lower() if match and len(text) <= _LIMIT else None
