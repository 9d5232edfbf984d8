"""Rules on a build beside the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.preflight.finding import warning

if TYPE_CHECKING:
    from generator.model.build import Build, Problem


def other_team(build: Build, before: Build) -> Problem | None:
    """0xe80000be where the app of the other team is still on the device."""
    now, then = build.signing.team_id, before.signing.team_id
    if now is None or then is None or now == then:
        return None
    return warning(
        "other-team",
        f"team {now} signed it, the build before it was signed by {then}",
        "where the older build is on the device, delete it first: iOS does not replace it by another team’s",
    )
