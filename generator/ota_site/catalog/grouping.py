"""Group builds into apps: their order and their slugs in URLs. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ota_site.catalog import paths
from ota_site.catalog.channels import in_order, place_of_channel
from ota_site.i18n.languages import nearest
from ota_site.model.catalog import App, Catalog, Release
from ota_site.model.texts import AppText, BuildText
from ota_site.model.versions import version_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ota_site.model.build import Build, Problem, Source
    from ota_site.model.texts import Texts


def make_catalog(
    builds: Iterable[tuple[Source, Build]],
    texts: Texts,
    judge: Callable[[Build, Build | None], tuple[Problem, ...]],
    *,
    language: str,
    channels: tuple[str, ...] = (),
) -> Catalog:
    """Return the catalog of `builds` in one language, which is a BCP 47 tag.

    judge: returns a build's findings, given the build before it. channels: the owner's order.
    Files with the same bytes are one release, from the file whose channel comes first.
    """
    by_channel = sorted(builds, key=lambda pair: place_of_channel(_text(texts, pair[0]).channel, channels))
    unique: dict[str, tuple[Source, Build]] = {}
    for source, build in by_channel:
        unique.setdefault(build.sha256, (source, build))
    ordered = sorted(unique.values(), key=lambda pair: (pair[1].bundle_id.casefold(), pair[1].bundle_id))
    slugs = paths.app_slugs(build.bundle_id for _, build in ordered)
    apps = []
    for bundle_id, group in groupby(ordered, key=lambda pair: pair[1].bundle_id):
        releases = _releases(tuple(group), texts, judge)
        text = texts.apps.get(bundle_id, AppText())
        app = App(
            bundle_id=bundle_id,
            name=text.name or _own_name(releases[0].build, language),
            slug=slugs[bundle_id],
            text=text,
            releases=releases,
            channels=in_order((each.text.channel for each in releases if each.text.channel), channels),
        )
        apps.append(app)
    return Catalog(apps=tuple(sorted(apps, key=lambda app: (app.text.order, app.name.casefold(), app.bundle_id))))


def _text(texts: Texts, source: Source) -> BuildText:
    return texts.builds.get(source.path, BuildText())


def _own_name(build: Build, language: str) -> str:
    """Return the name in a build's metadata for a language."""
    tag = nearest(language, build.names)
    return build.names[tag] if tag else build.name


def _releases(
    builds: Sequence[tuple[Source, Build]],
    texts: Texts,
    judge: Callable[[Build, Build | None], tuple[Problem, ...]],
) -> tuple[Release, ...]:
    """Return one app's releases, newest first.

    Of two builds with the same version and build number, the oldest has the plain URL, so that a bookmarked or
    printed URL stays the same when another build is added.
    """
    taken: set[str] = set()
    ordered = sorted(builds, key=lambda pair: _age(pair[1]))
    before = (None, *(build for _, build in ordered))
    releases = [
        Release(
            build=build,
            source=source,
            slug=paths.distinct(f"{build.version or '0'}-{build.build or '0'}", build.sha256, taken),
            text=_text(texts, source),
            problems=judge(build, older),
        )
        for (source, build), older in zip(ordered, before, strict=False)
    ]
    return tuple(reversed(releases))


def _age(build: Build) -> tuple[object, ...]:
    """Return a key that sorts oldest first."""
    made = build.built.timestamp() if build.built else 0.0
    return version_key(build.version), version_key(build.build), made, build.sha256
