"""Minify stylesheets and scripts: without comments and indents, which are a fifth of their compressed size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rcssmin import cssmin
from rjsmin import jsmin

from ota_site.model.errors import SiteError

if TYPE_CHECKING:
    from ota_site.model.build import Source

_LIMIT = 48 << 10
"""Bytes: the two libraries take quadratic time for some files, such as many `/*` without an end."""
_SLIMMED = {".css": cssmin, ".js": jsmin}


def slim(source: Source) -> bytes | Source:
    """Return a stylesheet or script of a theme, minified. Other and large files are returned unchanged.

    Comments that begin with `!` are kept, as licences require. Raises SiteError if the file cannot be read.
    """
    slimmed = _SLIMMED.get(source.path.suffix)
    if slimmed is None or source.size > _LIMIT:
        return source
    try:
        return bytes(slimmed(source.path.read_bytes(), keep_bang_comments=True))
    except OSError as error:
        hint = "if it changed during the build, build again"
        raise SiteError(f"it cannot be read: {error.strerror}", where=str(source.path), hint=hint) from error
