"""The manifests that pipelines leave beside IPAs: what they call each build. Their addresses are not used."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from generator.apple.manifest_audit import find_beside
from generator.apple.manifest_file import read_manifest
from generator.errors import IpaError, SiteError
from generator.model.catalog import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from generator.model.build import Build, Source


def read_sidecars(
    manifests: Iterable[Path], ipas: Iterable[Source], builds: Iterable[tuple[Source, Build]]
) -> tuple[dict[Path, Wording], tuple[SiteError, ...]]:
    """Return title and subtitle for each IPA that a manifest beside it names, and the manifests that are amiss."""
    names: dict[Path, list[str]] = defaultdict(list)
    for source in ipas:
        names[source.path.parent].append(source.path.name)
    records = {source.path: build for source, build in builds}
    wordings: dict[Path, Wording] = {}
    amiss: list[SiteError] = []
    for path in manifests:
        try:
            wordings.update(_read(path, names[path.parent], records))
        except SiteError as error:
            amiss.append(error)
        except OSError as error:
            amiss.append(SiteError(f"it cannot be read: {error.strerror}", where=str(path)))
    return wordings, tuple(amiss)


def _read(path: Path, names: list[str], records: Mapping[Path, Build]) -> dict[Path, Wording]:
    if not names:
        return {}
    items = read_manifest(path)
    found: dict[Path, Wording] = {}
    for number, item in enumerate(items):
        name = find_beside(items, number, names)
        build = records.get(path.with_name(name)) if name else None
        if name is None or build is None:
            continue
        if item.bundle_id != build.bundle_id:
            hint = "put each IPA and its manifest into a folder of their own; `ota-site inspect` compares the two"
            raise IpaError("manifest-bundle-id", f"it is for another app than {name}", where=str(path), hint=hint)
        found[path.with_name(name)] = Wording(title=item.title, subtitle=item.subtitle)
    if not found and len(names) > 1:
        hint = "let the package’s address in it end with the name of its IPA"
        raise SiteError("it names none of the IPAs beside it", where=str(path), hint=hint)
    return found
