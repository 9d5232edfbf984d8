"""Find extensions that need a separate profile, and the earliest expiry of an app's profiles.

iOS installs the profile of each extension and checks the extension's code as it does the app's (INSTALLD). A watch app
does not count: it is installed later, on the watch.
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
    """Yield the extensions whose application-identifier the app's profile does not cover.

    Yield nothing without such a profile, and skip extensions that claim no application-identifier.
    """
    allowed = build.signing.application_id
    if allowed is None or build.signing.kind in (SigningKind.NONE, SigningKind.APP_STORE):
        return
    for bundle in bundles_of(build, BundleKind.EXTENSION):
        claimed = Part(build, bundle).claimed_id
        if bundle.bundle_id and claimed and not matches(claimed, allowed):
            yield bundle


def profile_end(build: Build) -> datetime | None:
    """Return the earliest expiry of the app's profile and its extensions' separate profiles; None without any."""
    ends = (build.signing.expires, *(bundle.signing.expires for bundle in with_own_profile(build)))
    return min(filter(None, ends), default=None)
