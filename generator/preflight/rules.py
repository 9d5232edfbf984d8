"""All rules, in the order in which they are told. A code, once given, is kept for ever.

A rule is a function of a build and a moment; where iOS names its own error for what the rule finds (AMDevice's
table), it stands in the function's docstring. Where a rule cannot be sure it stays silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.model.build import Problem
from generator.preflight import bundles, code, history, notes, profile
from generator.preflight.policy import Policy, apply_policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from generator.model.build import Build

Problems = tuple[Problem, ...]

RULES: tuple[Callable[[Build, datetime], Problem | None], ...] = (
    code.simulator_build,
    code.platform_not_installable,
    code.missing_executable,
    code.encrypted,
    code.unsigned,
    profile.no_profile,
    profile.app_store_profile,
    profile.profile_expired,
    code.certificate_expired,
    profile.bundle_id_not_in_profile,
    profile.certificate_not_in_profile,
    profile.entitlement_not_in_profile,
    code.no_arm64,
    code.signature_too_old,
    code.no_application_identifier,
    code.signing_identifier,
    code.info_plist_altered,
    code.resources_altered,
    bundles.missing_version,
    bundles.duplicate_bundle_id,
    bundles.extension_bundle_id,
    bundles.extension_not_signed,
    profile.extension_profile,
    bundles.watch_companion,
    bundles.itunes_metadata_mismatch,
    profile.extension_devices,
    profile.profile_expires_soon,
    code.certificate_expires_soon,
    profile.free_team,
    bundles.asset_packs_missing,
    bundles.thinned_variant,
    bundles.extension_version,
    bundles.no_icon,
    notes.development_build,
    notes.enterprise_build,
    notes.device_list,
    notes.minimum_os,
)


def judge(build: Build, before: Build | None = None, *, now: datetime, policy: Policy | None = None) -> Problems:
    """Return what is to be said of a build at the moment `now` (UTC), what stops an install first.

    before: the app's build before this one, where there is one. policy: what the owner wants of the rules.
    """
    findings = [problem for rule in RULES if (problem := rule(build, now)) is not None]
    if before is not None and (problem := history.other_team(build, before)):
        findings.append(problem)
    return apply_policy(policy or Policy(), build.bundle_id, (*findings, *build.flaws))
