"""Expiry of profiles and certificates."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ota_site.rules.extensions import profile_end

if TYPE_CHECKING:
    from datetime import datetime

    from ota_site.model.build import Build

_SOON = timedelta(days=30)


def ends_soon(expires: datetime, now: datetime) -> bool:
    """Return whether `expires` is in the future and within 30 days."""
    return now < expires <= now + _SOON


def terms_of(build: Build) -> dict[str, datetime]:
    """Return when a build's "profile" and "certificate" expire, without those that are missing or do not expire."""
    certificate = build.seal.certificate if build.seal else None
    ends = {"profile": profile_end(build), "certificate": certificate and certificate.expires}
    return {what: moment for what, moment in ends.items() if moment}
