"""Read TOML from a file or a text, and report mistakes in plain words."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from ota_site.disk.regular import read_regular
from ota_site.model.errors import SiteError

if TYPE_CHECKING:
    from pathlib import Path


def read_toml(path: Path, root: Path | None = None) -> dict[str, object]:
    """Return the table in a file, which must be inside `root` if given.

    Raises SiteError, and FileNotFoundError or NotADirectoryError if there is no such file.
    """
    try:
        text = read_regular(path, root).decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise SiteError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise SiteError("is not UTF-8", where=str(path), hint="save it as UTF-8") from error
    return parse_toml(text, where=str(path))


def parse_toml(text: str, *, where: str, what: str = "") -> dict[str, object]:
    """Return the table in a text. `what` names the part of `where` that holds the text. Raises SiteError."""
    try:
        return tomllib.loads(text)
    # Numbers with thousands of digits raise ValueError, deeply nested brackets RecursionError.
    except (ValueError, RecursionError) as error:
        hint = "see https://toml.io for the syntax"
        raise SiteError(f"{what}is not valid TOML: {error}", where=where, hint=hint) from error
