"""Read the sidecars beside IPAs: the table of a build, and a manifest for its title and subtitle.

The addresses in manifests are not used.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from ota_site.model.errors import IpaError, SettingsError, SiteError, reading
from ota_site.model.records import Record, field
from ota_site.model.texts import Wording
from ota_site.rules.manifest_audit import find_beside
from ota_site.sources.front_matter import BuildMatter, read_table
from ota_site.sources.manifest_file import read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ota_site.model.build import Build, Source
    from ota_site.sources.scan import ContentFiles


class Sidecars(Record, kw_only=True):
    """The sidecars by IPA: `matters` from tables, `wordings` from manifests.

    `mistakes` stop a build of the site. `amiss` are warnings.
    """

    matters: dict[Path, BuildMatter] = field(default_factory=dict)
    wordings: dict[Path, Wording] = field(default_factory=dict)
    mistakes: tuple[SiteError, ...] = ()
    amiss: tuple[SiteError, ...] = ()


def read_sidecars(found: ContentFiles, builds: Iterable[tuple[Source, Build]]) -> Sidecars:
    """Return the contents of the TOML files and manifests beside IPAs. builds: the readable IPAs."""
    ipas = [source.path for source in found.ipas]
    matters, mistakes, strays = _read_tables(found.tables, ipas)
    wordings, amiss = _read_manifests(found.manifests, ipas, {source.path: build for source, build in builds})
    return Sidecars(matters=matters, wordings=wordings, mistakes=mistakes, amiss=(*strays, *amiss))


def _read_tables(
    tables: Iterable[Path], ipas: Iterable[Path]
) -> tuple[dict[Path, BuildMatter], tuple[SiteError, ...], tuple[SiteError, ...]]:
    """Return the tables of IPAs, the mistakes in them, and a warning for each table without an IPA."""
    named: dict[Path, list[Path]] = defaultdict(list)
    for ipa in ipas:
        named[ipa.with_suffix("")].append(ipa)
    matters: dict[Path, BuildMatter] = {}
    mistakes: list[SiteError] = []
    strays: list[SiteError] = []
    seen: dict[Path, Path] = {}
    for path in tables:
        stem = path.with_suffix("")
        if stem not in named:
            strays.append(_stray(path, named))
            continue
        if (first := seen.setdefault(stem, path)) != path:
            hint = "merge the two files into one"
            mistakes.append(SiteError(f"it describes the same build as {first.name}", where=str(path), hint=hint))
        try:
            matters |= dict.fromkeys(named[stem], read_table(path))
        except SettingsError as error:
            mistakes += error.mistakes
        except SiteError as error:
            mistakes.append(error)
    return matters, tuple(mistakes), tuple(strays)


def _stray(path: Path, named: Iterable[Path]) -> SiteError:
    """Return the warning that a table belongs to no IPA, with the IPA that may be meant."""
    wanted = path.with_suffix("").as_posix().casefold()
    meant = next((stem for stem in named if stem.as_posix().casefold() == wanted), None)
    hint = f"rename it to {meant.name}.toml" if meant else "give it the name of its IPA, or move it"
    return SiteError(f"there is no {path.stem}.ipa beside it, so it is ignored", where=str(path), hint=hint)


def _read_manifests(
    manifests: Iterable[Path], ipas: Iterable[Path], builds: Mapping[Path, Build]
) -> tuple[dict[Path, Wording], tuple[SiteError, ...]]:
    """Return the title and subtitle of each IPA that a manifest beside it names, and warnings about manifests."""
    names: dict[Path, list[str]] = defaultdict(list)
    for ipa in ipas:
        names[ipa.parent].append(ipa.name)
    wordings: dict[Path, Wording] = {}
    amiss: list[SiteError] = []
    for path in manifests:
        try:
            with reading(str(path), code="manifest-unreadable"):
                wordings.update(_read_manifest(path, names[path.parent], builds))
        except SiteError as error:
            amiss.append(error)
    return wordings, tuple(amiss)


def _read_manifest(path: Path, names: list[str], builds: Mapping[Path, Build]) -> dict[Path, Wording]:
    if not names:
        return {}
    items = read_manifest(path)
    found: dict[Path, Wording] = {}
    for number, item in enumerate(items):
        name = find_beside(items, number, names)
        build = builds.get(path.with_name(name)) if name else None
        if name is None or build is None:
            continue
        if item.bundle_id != build.bundle_id:
            hint = "put each IPA and its manifest into a separate folder; `ota-site inspect` compares the two"
            raise IpaError("manifest-bundle-id", f"it is for a different app than {name}", where=str(path), hint=hint)
        found[path.with_name(name)] = Wording(title=item.title, subtitle=item.subtitle)
    if not found and len(names) > 1:
        hint = "end the package URL in it with the name of the IPA"
        raise SiteError("it names none of the IPAs beside it", where=str(path), hint=hint)
    return found
