"""The files for machines of some builds, and builds that try to break them."""

from __future__ import annotations

from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ota_site.catalog.grouping import make_catalog
from ota_site.i18n.languages import load_language
from ota_site.model.records import replace
from ota_site.model.texts import AppText, BuildText, Origin, RichText, Texts
from ota_site.rules.registry import judge
from ota_site.site.feeds import feed_files
from tests.builds import BARE, BUILD, NOW, SITE, other, source

if TYPE_CHECKING:
    from ota_site.model.build import Build
    from ota_site.model.catalog import Catalog, Site

APP = "apps/com.example.sample/"
HOSTILE = "]]>&amp;<b>\"'\u202eevil\u0000\u000b\r\nATTENDEE:mailto:x@example.com\r\n;,\\n\U0001f600" + "W" * 300
"""A name that an owner's text could carry: nothing in it was made one line, as names from an IPA are."""


def catalog(*builds: Build, texts: Texts | None = None, site: Site = SITE) -> Catalog:
    """Return the catalog of these builds, in files named build-0.ipa and so on."""
    pairs = [(source(f"build-{number}.ipa"), build) for number, build in enumerate(builds)]
    judged = partial(judge, now=NOW)
    return make_catalog(pairs, texts or Texts(), judged, language=site.language, channels=site.channels)


def made(
    *builds: Build, texts: Texts | None = None, site: Site = SITE, logo: PurePosixPath | None = None
) -> dict[str, str]:
    """Return the files for machines of these builds by path."""
    files = feed_files(site, catalog(*builds, texts=texts, site=site), load_language(site.language), logo=logo)
    return {path.as_posix(): text for path, text in files}


def said(*texts: BuildText, **apps: AppText) -> Texts:
    """Return texts for build-0.ipa and so on; and for `sample`, the app that they are of."""
    builds = {Path("content") / f"build-{number}.ipa": text for number, text in enumerate(texts)}
    return Texts(builds=builds, apps={f"com.example.{name}": text for name, text in apps.items()})


def hostile(site: Site = SITE) -> tuple[tuple[Build, ...], Texts, Site]:
    """Return builds, texts and a site whose every word is hostile, among them an app with nothing but an identifier."""
    notes = RichText((f"<p>{HOSTILE}</p><a href=", PurePosixPath("media/a b.pdf"), ">x</a>"))
    origin = Origin(commit=HOSTILE, branch=HOSTILE)
    texts = said(
        BuildText(notes=notes, channel=HOSTILE, mandatory=True, origin=origin),
        sample=AppText(name=HOSTILE, subtitle=HOSTILE, tags=(HOSTILE,), minimum_build=HOSTILE, body=notes),
    )
    bare = other(BARE, bundle_id="com.example.nothing", name="com.example.nothing")
    return (BUILD, bare), texts, replace(site, title=HOSTILE)


def many(count: int) -> tuple[Build, ...]:
    """Return builds of one app, the newest last."""
    return tuple(other(BUILD, build=str(number)) for number in range(count))
