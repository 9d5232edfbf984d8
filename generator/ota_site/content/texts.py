"""Read the owner's texts and combine them for each language of the site."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from ota_site.catalog import paths
from ota_site.catalog.channels import folder_channel, in_one_spelling
from ota_site.content.reader import AppTextFile, NotesFile, PageFile, Reader
from ota_site.content.translations import Versions, sort_texts, versions_for
from ota_site.model.errors import SettingsError, SiteError
from ota_site.model.plain_text import one_line
from ota_site.model.records import Record, replace
from ota_site.model.texts import AppText, BuildText, Origin, RichText, TextPage, Texts, Wording
from ota_site.sources.front_matter import BuildMatter, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import PurePosixPath

    from ota_site.model.build import Build, Source
    from ota_site.model.catalog import Site
    from ota_site.sources.scan import ContentFiles
    from ota_site.sources.sidecars import Sidecars

_NAMES = ("name", "subtitle")
"""Fields that are not taken from a third language: the app's name in the IPA is better."""


class _Read(Record, kw_only=True):
    """Every text by path, without language and suffix, and by language."""

    fronts: dict[Path, dict[str, RichText]]
    apps: dict[Path, dict[str, AppTextFile]]
    notes: dict[Path, dict[str, NotesFile]]
    pages: dict[Path, dict[str, PageFile]]


def read_content(
    content: Path, found: ContentFiles, builds: Iterable[tuple[Source, Build]], sidecars: Sidecars, site: Site
) -> tuple[dict[str, Texts], tuple[SiteError, ...]]:
    """Return the owner's texts for each language of the site, and warnings.

    found: the files under `content`. builds: the readable IPAs. sidecars: the sidecars of IPAs. Raises SettingsError
    with every mistake in front matter and sidecars.
    """
    ipas = tuple(source.path for source in found.ipas)
    stems = {ipa.with_suffix("") for ipa in ipas}
    apps = _app_pages(content, builds)
    texts = sort_texts(found.texts, stems | apps.keys(), site.languages)
    kinds: dict[str, dict[Path, Versions]] = defaultdict(dict)
    for text, versions in texts.texts.items():
        kinds[_kind(text, content, stems)][text] = versions
    pages = {text: paths.own_page(text.relative_to(content)) for text in (*kinds["page"], *kinds["front"])} | apps
    files = {file.resolve(): page for text, page in pages.items() for file in texts.texts.get(text, {}).values()}
    reader = Reader(content, files)
    read = _Read(
        fronts=reader.all(kinds["front"], reader.front),
        apps=reader.all(kinds["app"], reader.app),
        notes=reader.all(kinds["notes"], reader.notes),
        pages=reader.all(kinds["page"], reader.page),
    )
    if mistakes := (*texts.mistakes, *reader.mistakes, *sidecars.mistakes):
        raise SettingsError(mistakes)
    plain = _plain_builds(content, ipas, read, sidecars, site)
    whole = {tag: _texts_in(tag, content, read, plain, site.languages) for tag in site.languages}
    strays = (_stray(file, apps) for text in kinds["app"].keys() - apps for file in texts.texts[text].values())
    return whole, (*texts.amiss, *sorted(strays, key=str), *reader.amiss, *sidecars.amiss)


def _app_pages(content: Path, builds: Iterable[tuple[Source, Build]]) -> dict[Path, PurePosixPath]:
    """Return the page of each app, by the path of its text without suffix."""
    slugs = paths.app_slugs(build.bundle_id for _, build in builds)
    return {content / "apps" / bundle_id: paths.page_of_slug(slug) for bundle_id, slug in slugs.items()}


def _stray(file: Path, apps: Iterable[Path]) -> SiteError:
    """Return the warning that a text belongs to no app, with the nearest bundle identifier."""
    import difflib

    near = difflib.get_close_matches(file.stem, [app.name for app in apps], n=1)
    hint = f"did you mean {near[0]}.md?" if near else "rename it to the bundle identifier of an app in your folder"
    return SiteError("there is no such app, so it is ignored", where=str(file), hint=hint)


def _kind(text: Path, content: Path, stems: set[Path]) -> str:
    if text in stems:
        return "notes"
    if text.parent == content / "apps":
        return "app"
    return "front" if text == content / "index" else "page"


def _texts_in(
    tag: str, content: Path, read: _Read, builds: Mapping[Path, BuildText], languages: tuple[str, ...]
) -> Texts:
    """Return every text in one language. A text without translation is in another language."""
    fronts = versions_for(tag, read.fronts.get(content / "index", {}), languages)
    notes = {stem: versions_for(tag, files, languages) for stem, files in read.notes.items()}
    bodies = {stem: _first(file.body for file in files.values()) for stem, files in notes.items()}
    return Texts(
        front=_first(fronts.values()),
        apps={text.name: _app(tag, files, languages) for text, files in read.apps.items()},
        builds={
            ipa: replace(build, notes=bodies.get(ipa.with_suffix(""), RichText())) for ipa, build in builds.items()
        },
        pages=tuple(
            _page(text.relative_to(content), versions_for(tag, files, languages)) for text, files in read.pages.items()
        ),
    )


def _first(bodies: Iterable[RichText]) -> RichText:
    """Return the first text that is not empty."""
    return next(filter(None, bodies), RichText())


def _app(tag: str, files: Mapping[str, AppTextFile], languages: tuple[str, ...]) -> AppText:
    """Return an app's text in one language. A translation overrides the fields that it sets."""
    serving = versions_for(tag, files, languages)
    given: dict[str, object] = {}
    for language, file in reversed(serving.items()):
        foreign = language not in (tag, languages[0])
        given |= {key: value for key, value in file.given.items() if not (foreign and key in _NAMES)}
    return replace(AppText(body=_first(file.body for file in serving.values())), **given)


def _page(text: Path, files: Mapping[str, PageFile]) -> TextPage:
    titles = filter(None, (file.title for file in files.values()))
    title = next(titles, text.name.replace("-", " ").capitalize())
    body = _first(file.body for file in files.values())
    return TextPage(path=paths.own_page(text), title=one_line(title) or "Page", body=body)


def _plain_builds(
    content: Path, ipas: tuple[Path, ...], read: _Read, sidecars: Sidecars, site: Site
) -> dict[Path, BuildText]:
    """Return the text of each build without its notes, which is the same in every language."""
    matters = {ipa: _merge(_told(ipa, read, sidecars, site.languages)) for ipa in ipas}
    channels = (matters[ipa].channel or folder_channel(ipa, content, site.channels) for ipa in ipas)
    return {
        ipa: _build(matters[ipa], channel, sidecars.wordings.get(ipa, Wording()))
        for ipa, channel in zip(ipas, in_one_spelling(channels, site.channels), strict=True)
    }


def _told(ipa: Path, read: _Read, sidecars: Sidecars, languages: tuple[str, ...]) -> Iterator[BuildMatter]:
    """Yield the tables of a build, highest priority first: its notes in the order of `languages`, then its sidecar."""
    notes = read.notes.get(ipa.with_suffix(""), {})
    yield from (notes[tag].matter for tag in languages if tag in notes)
    if ipa in sidecars.matters:
        yield sidecars.matters[ipa]


def _merge(matters: Iterable[BuildMatter]) -> BuildMatter:
    """Return a table with the first value of each key."""
    merged: dict[str, object] = {}
    for matter in matters:
        merged = said(matter) | merged
    return replace(BuildMatter(), **merged)


def _build(matter: BuildMatter, channel: str | None, wording: Wording) -> BuildText:
    origin = Origin(commit=matter.commit, branch=matter.branch, run=matter.run, repository=matter.repository)
    return BuildText(channel=channel, mandatory=bool(matter.mandatory), origin=origin, wording=wording)
