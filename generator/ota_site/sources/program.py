"""The version of this program as a hash: it changes with anything that could change the output."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("babel", "lzfse", "jinja2", "markdown", "nh3", "pillow", "qrcode")


def program_version() -> str:
    """Return a hash of this program's source and of the versions of the libraries that affect its output."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted([*package.rglob("*.py"), *package.rglob("*.po")]):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update(repr([version(library) for library in _LIBRARIES]).encode())
    return digest.hexdigest()
