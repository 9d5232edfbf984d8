"""Filter the content folder while IPAs in it are still being written. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.model.records import replace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ota_site.model.build import Source
    from ota_site.sources.scan import ContentFiles


def without_held(found: ContentFiles, held: frozenset[Path], before: Mapping[Path, Source]) -> ContentFiles:
    """Return the found files, with held IPAs as they were before, and without the sidecars of new held IPAs."""
    ipas = (before.get(ipa.path) if ipa.path in held else ipa for ipa in found.ipas)
    new = {path.with_suffix("") for path in held - before.keys()}
    return replace(
        found,
        ipas=tuple(filter(None, ipas)),
        texts=tuple(path for path in found.texts if not _is_beside(path, new)),
        tables=tuple(path for path in found.tables if not _is_beside(path, new)),
    )


def _is_beside(path: Path, stems: set[Path]) -> bool:
    """Return whether a text, in any language, belongs to one of these IPAs."""
    bare = path.with_suffix("")
    return bare in stems or bare.with_suffix("") in stems
