"""Builds gathered into apps: grouping, order and the names that stand in addresses. Pure."""

from __future__ import annotations

import hashlib
import re
from itertools import groupby
from typing import TYPE_CHECKING

from generator.model.catalog import App, AppText, Catalog, Release, RichText, Wording
from generator.versions import version_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from generator.model.build import Build, Problem, Source
    from generator.model.catalog import Texts

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


def make_catalog(
    builds: Iterable[tuple[Source, Build]],
    texts: Texts,
    judge: Callable[[Build, Build | None], tuple[Problem, ...]],
) -> Catalog:
    """Return the catalog of `builds`.

    judge: gives a build's findings, beside the build before it. The same bytes found in several files are one
    release, the first file's.
    """
    unique: dict[str, tuple[Source, Build]] = {}
    for source, build in builds:
        unique.setdefault(build.sha256, (source, build))
    ordered = sorted(unique.values(), key=lambda pair: (pair[1].bundle_id.casefold(), pair[1].bundle_id))
    taken: set[str] = set()
    apps = []
    for bundle_id, group in groupby(ordered, key=lambda pair: pair[1].bundle_id):
        slug = _distinct(bundle_id, bundle_id, taken)
        releases = _releases(tuple(group), texts, judge)
        apps.append(App(bundle_id=bundle_id, slug=slug, text=texts.apps.get(bundle_id, AppText()), releases=releases))
    return Catalog(apps=tuple(sorted(apps, key=lambda app: (app.text.order, app.name.casefold(), app.bundle_id))))


def _releases(
    builds: Sequence[tuple[Source, Build]],
    texts: Texts,
    judge: Callable[[Build, Build | None], tuple[Problem, ...]],
) -> tuple[Release, ...]:
    """Return one app's releases, newest first.

    Of two with the same version and number, the one made first has the plain address: it was printed first,
    and stays the same when another comes.
    """
    taken: set[str] = set()
    ordered = sorted(builds, key=lambda pair: _age(pair[1]))
    before = (None, *(build for _, build in ordered))
    releases = [
        Release(
            build=build,
            source=source,
            slug=_distinct(f"{build.version or '0'}-{build.build or '0'}", build.sha256, taken),
            notes=texts.notes.get(source.path, RichText()),
            problems=judge(build, older),
            wording=texts.wordings.get(source.path, Wording()),
        )
        for (source, build), older in zip(ordered, before, strict=False)
    ]
    return tuple(reversed(releases))


def _age(build: Build) -> tuple[object, ...]:
    """Return a key that sorts oldest first."""
    made = build.built.timestamp() if build.built else 0.0
    return version_key(build.version), version_key(build.build), made, build.sha256


def _distinct(text: str, identity: str, taken: set[str]) -> str:
    """Return `text` as one part of an address that no other in `taken` has, letter case apart.

    identity: tells apart what has the same text.
    """
    slug = _UNFIT.sub("-", text).strip(".-")[:100]
    if slug != text or slug.casefold() in taken:
        slug = f"{slug}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}".lstrip("-")
    taken.add(slug.casefold())
    return slug
