"""Rules that compare a build with the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.rules.finding import warning
from ota_site.rules.parts import Part

if TYPE_CHECKING:
    from ota_site.model.build import Build, Problem


def other_team(build: Build, before: Build) -> Problem | None:
    """Warn of a changed team: 0xe80000be if the older build is still on the device."""
    now, then = build.signing.team_id, before.signing.team_id
    if now is None or then is None or now == then:
        return None
    return warning(
        "other-team",
        f"it is signed by team {now}, but the previous build by {then}",
        "delete the older build from the device first: iOS does not update it with another team’s build",
    )


def update_refused(build: Build, before: Build) -> Problem | None:
    """Warn of a changed application-identifier: MIInstaller 64.

    A changed team is reported as `other-team`. An identifier in previous-application-identifiers is accepted.
    """
    now, then = Part(build, build).claimed_id, Part(before, before).claimed_id
    if now is None or then is None or now == then or other_team(build, before):
        return None
    formerly = build.seal.entitlements.get("previous-application-identifiers") if build.seal else None
    if isinstance(formerly, list) and then in formerly:
        return None
    return warning(
        "update-refused",
        f"its application-identifier is {now}, but the previous build’s is {then}",
        "sign it with the same application-identifier, or delete the older build from the device first",
    )
