"""Build a site: read, decide, write. Start reading the code here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from ota_site.apple.digest import digest_file
from ota_site.apple.ipa import read_build
from ota_site.catalog import paths
from ota_site.catalog.grouping import make_catalog
from ota_site.config.settings import SETTINGS
from ota_site.content.texts import read_content
from ota_site.disk.lfs import find_pointer
from ota_site.i18n.languages import Language, load_language
from ota_site.model.build import Build, Severity, Source
from ota_site.model.catalog import Catalog
from ota_site.model.errors import IpaError, SiteError, reading
from ota_site.model.records import Record, replace
from ota_site.model.teams import without_persons
from ota_site.output.folder import check_folder
from ota_site.output.render import make_renderer, with_drawable_icon
from ota_site.output.staging import StagingDir
from ota_site.output.writer import Changes, Output, at_work, compare, write_site
from ota_site.rules.registry import judge
from ota_site.site.plan import LocalizedSite, SiteInput, plan_site
from ota_site.site.recipes import CopyOutput, PageOutput, Plan, fingerprint
from ota_site.site.stylesheet import branding_warnings
from ota_site.sources.program import program_version
from ota_site.sources.scan import ContentFiles, find_files, look_at
from ota_site.sources.sidecars import read_sidecars
from ota_site.sources.store import load_memory, save_memory
from ota_site.theme.layers import Theme, load_theme, project_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from ota_site.config.load import Config
    from ota_site.model.build import Problem
    from ota_site.model.texts import Texts
    from ota_site.sources.store import Memory


class Report(Record, kw_only=True):
    """The result of a build: catalog, plan, skipped files (`left_out`), warnings (`amiss`) and changes on disk."""

    catalog: Catalog
    plan: Plan
    left_out: tuple[IpaError, ...]
    amiss: tuple[SiteError, ...]
    changes: Changes


class Intake(Record, kw_only=True):
    """The contents of the content folder: the files, each IPA with its build, and the skipped files (`left_out`)."""

    found: ContentFiles
    builds: tuple[tuple[Source, Build], ...]
    left_out: tuple[IpaError, ...]


class Draft(Record, kw_only=True):
    """The input of a site's plan, with its theme, its languages by tag, and the warnings (`amiss`)."""

    site_input: SiteInput
    theme: Theme
    languages: dict[str, Language]
    amiss: tuple[SiteError, ...]

    @property
    def catalog(self) -> Catalog:
        """The catalog in the site's default language."""
        return self.site_input.localized[0].catalog


class StrictError(SiteError):
    """Raised with --strict where a build has warnings or errors; `faults` lists them all."""

    def __init__(self, faults: tuple[SiteError, ...]) -> None:
        super().__init__("nothing was written because of --strict", hint="fix the errors above and rebuild")
        self.faults = faults


def build_site(config: Config, now: datetime, *, strict: bool = False, dry_run: bool = False) -> Report:
    """Build the site that `config` describes, judged at the moment `now` (UTC).

    strict: raise StrictError, and write nothing, on any skipped file, warning or blocked build.
    dry_run: write nothing at all. Raises SiteError.
    """
    check_folder(config.output)
    staging = StagingDir(config.output.resolve())
    version = program_version()
    found = find_files(config.content, leave_out=config.output)
    with at_work(staging) if not dry_run else nullcontext():
        memory = load_memory(staging.memory, reader=version)
        intake = take_in(found, memory)
        if not dry_run:
            save_memory(staging.memory, memory, intake.builds)
        draft = draft_site(config, intake, now)
        plan = plan_site(draft.site_input)
        outputs = _outputs(plan, draft.theme, draft.languages, version)
        if strict and (faults := (*intake.left_out, *draft.amiss, *_blocked(draft.catalog))):
            raise StrictError(faults)
        changes = compare(staging, outputs) if dry_run else write_site(staging, outputs)
    # Damaged state never stops a build, not even with --strict: it says nothing about the content.
    amiss = (*draft.amiss, *changes.warnings)
    return Report(catalog=draft.catalog, plan=plan, left_out=intake.left_out, amiss=amiss, changes=changes)


def take_in(found: ContentFiles, memory: Memory) -> Intake:
    """Return the content of a site. IPAs that `memory` does not know are read."""
    builds, unreadable = _read_builds(found.ipas, memory)
    return Intake(found=found, builds=builds, left_out=(*found.unusable, *unreadable))


def draft_site(
    config: Config,
    intake: Intake,
    now: datetime,
    speak: Callable[[str, tuple[Path, ...]], Language] = load_language,
) -> Draft:
    """Return the input of the site's plan, judged at the moment `now` (UTC). Raises SiteError.

    speak: returns a language, given its tag and the theme's message catalogs.
    """
    sidecars = read_sidecars(intake.found, intake.builds)
    texts, amiss = read_content(config.content, intake.found, intake.builds, sidecars, config.site)
    amiss = (*config.warnings, *amiss, *branding_warnings(config.site.branding, where=str(config.content / SETTINGS)))
    theme = load_theme(config.site.theme, project_of(config.content), where=f"{config.content / SETTINGS}: theme")
    theme, unfetched = _without_pointers(theme)
    amiss = (*amiss, *unfetched)
    languages = {tag: speak(tag, theme.catalogs) for tag in config.site.languages}
    localized = _localized(config, intake.builds, texts, languages, now)
    return Draft(site_input=_site_input(config, localized, theme), theme=theme, languages=languages, amiss=amiss)


def _without_pointers(theme: Theme) -> tuple[Theme, tuple[SiteError, ...]]:
    """Return a theme without the static files that are unfetched pointers, and an error for each."""
    pointers = {file: pointer for _, file in theme.static if (pointer := find_pointer(file))}
    errors = (
        SiteError(f"it is {what}, so it is not published", where=str(file), hint=hint)
        for file, (what, hint) in pointers.items()
    )
    static = tuple((path, file) for path, file in theme.static if file not in pointers)
    return replace(theme, static=static) if pointers else theme, tuple(errors)


def _blocked(catalog: Catalog) -> Iterator[IpaError]:
    """Yield an error for each problem that prevents a build from being installed."""
    for app in catalog.apps:
        for release in app.releases:
            for problem in release.problems:
                if problem.severity == Severity.ERROR:
                    where = str(release.source.path)
                    message = f"cannot be installed: {problem.message}"
                    yield IpaError(problem.code, message, where=where, hint=problem.hint)


def _read_builds(
    sources: Iterable[Source], memory: Memory
) -> tuple[tuple[tuple[Source, Build], ...], tuple[IpaError, ...]]:
    """Return each IPA with its build, and an error for each unreadable one. Hashing releases the GIL, hence threads."""
    builds, left_out = [], []
    sources = tuple(sources)
    with ThreadPoolExecutor() as pool:
        for source, result in zip(sources, pool.map(partial(_read_one, memory), sources), strict=True):
            if isinstance(result, IpaError):
                left_out.append(result)
            else:
                builds.append((source, result))
    return tuple(builds), tuple(left_out)


def _read_one(memory: Memory, source: Source) -> Build | IpaError:
    if known := memory.of_file(source):
        return known
    try:
        with reading(str(source.path)):
            digest = digest_file(source.path)
            if known := memory.of_content(digest.sha256):
                return known
            return without_persons(with_drawable_icon(source.path, read_build(source.path, digest)))
    except IpaError as error:
        return error


def _localized(
    config: Config,
    builds: Iterable[tuple[Source, Build]],
    texts: Mapping[str, Texts],
    languages: Mapping[str, Language],
    now: datetime,
) -> tuple[LocalizedSite, ...]:
    """Return the catalog in each language, the default language first. Each build is judged once."""
    known: dict[tuple[str, str | None], tuple[Problem, ...]] = {}

    def findings(build: Build, before: Build | None) -> tuple[Problem, ...]:
        pair = build.sha256, before.sha256 if before else None
        if pair not in known:
            known[pair] = judge(build, before, now=now, policy=config.policy)
        return known[pair]

    return tuple(
        LocalizedSite(
            language=language,
            catalog=make_catalog(builds, texts[tag], findings, language=tag, channels=config.site.channels),
            texts=texts[tag],
        )
        for tag, language in languages.items()
    )


def _site_input(config: Config, localized: tuple[LocalizedSite, ...], theme: Theme) -> SiteInput:
    folder, logo = theme.assets_folder, config.site.branding.logo
    media = {path: file for each in localized for path, file in each.texts.files()}
    return SiteInput(
        site=config.site,
        localized=localized,
        assets_folder=folder,
        assets=tuple((folder / path, look_at(file)) for path, file in theme.static),
        media=tuple((path, look_at(file)) for path, file in media.items()),
        logo=(paths.media(logo.relative_to(config.content)), look_at(logo)) if logo else None,
    )


def _outputs(plan: Plan, theme: Theme, languages: Mapping[str, Language], version: str) -> Iterator[Output]:
    """Yield an output for each recipe. Its fingerprint covers the recipe, this version and, for pages, the theme."""
    render = make_renderer(theme, languages)
    for recipe in plan:
        decisive = [fingerprint(recipe)]
        if not isinstance(recipe, CopyOutput):
            decisive.append(version)
        if isinstance(recipe, PageOutput):
            decisive.append(theme.digest)
        yield Output(recipe.path, "-".join(decisive), partial(render, recipe))
