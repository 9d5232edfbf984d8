"""The extensions that need a profile of their own, and when the first of an app's profiles ends.

iOS installs the profile in each of an app's extensions, and checks their code as it does the app's (INSTALLD). A watch
app is another matter: it is installed later, and on the watch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.model.build import BundleKind, SigningKind
from ota_site.rules.parts import Part, bundles_of
from ota_site.rules.pattern import matches

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ota_site.model.build import Build, Bundle


def with_own_profile(build: Build) -> Iterator[Bundle]:
    """Yield the app's extensions whose identifier its own profile does not cover.

    None where that profile, or what an extension claims to be, is not known.
    """
    allowed = build.signing.application_id
    if allowed is None or build.signing.kind in (SigningKind.NONE, SigningKind.APP_STORE):
        return
    for bundle in bundles_of(build, BundleKind.EXTENSION):
        claimed = Part(build, bundle).claimed_id
        if bundle.bundle_id and claimed and not matches(claimed, allowed):
            yield bundle


def profile_end(build: Build) -> datetime | None:
    """Return when the first of an app's profiles expires: its own, or an extension's."""
    ends = (build.signing.expires, *(bundle.signing.expires for bundle in with_own_profile(build)))
    return min(filter(None, ends), default=None)
