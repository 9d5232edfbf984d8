"""All rules, in the order of reporting. Codes are permanent.

A rule is a function of a build and a time. Its docstring names the corresponding iOS error, if there is one
(AMDevice's table). A rule that cannot be sure reports nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.model.build import BundleKind, Problem
from ota_site.rules import bundles, clip, code, entitlements, extension, history, notes, profile, watch
from ota_site.rules.parts import in_app, in_bundles, in_parts
from ota_site.rules.policy import Policy, apply_policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ota_site.model.build import Build

Problems = tuple[Problem, ...]

FRAMEWORK, EXTENSION, WATCH_APP = BundleKind.FRAMEWORK, BundleKind.EXTENSION, BundleKind.WATCH_APP

RULES: tuple[Callable[[Build, datetime], Problem | None], ...] = (
    in_parts(code.simulator_build, EXTENSION),
    code.platform_not_installable,
    in_parts(code.missing_executable, FRAMEWORK, EXTENSION, WATCH_APP),
    in_parts(code.encrypted, FRAMEWORK, EXTENSION),
    code.unsigned,
    in_app(profile.no_profile),
    in_app(profile.app_store_profile),
    in_app(profile.free_team),
    in_app(profile.profile_expired),
    in_parts(code.certificate_expired, FRAMEWORK, EXTENSION),
    in_app(profile.bundle_id_not_in_profile),
    in_parts(profile.certificate_not_in_profile, FRAMEWORK, EXTENSION),
    in_app(profile.entitlement_not_in_profile),
    in_parts(code.no_arm64, EXTENSION),
    in_bundles(code.static_framework, FRAMEWORK),
    in_bundles(code.extension_not_signed, FRAMEWORK, EXTENSION),
    in_parts(code.signature_too_old, FRAMEWORK, EXTENSION),
    code.no_application_identifier,
    in_parts(code.signing_identifier, FRAMEWORK, EXTENSION),
    in_parts(code.info_plist_altered, FRAMEWORK, EXTENSION),
    in_parts(code.resources_altered, FRAMEWORK, EXTENSION),
    in_bundles(bundles.bundle_info_plist, FRAMEWORK, EXTENSION, WATCH_APP, watch=True),
    in_parts(bundles.bundle_identifier, FRAMEWORK, EXTENSION, WATCH_APP, watch=True),
    in_parts(bundles.missing_version, EXTENSION),
    bundles.duplicate_bundle_id,
    bundles.extension_bundle_id,
    extension.extension_info_plist,
    profile.extension_profile,
    bundles.info_plist_refused,
    clip.app_clip,
    entitlements.entitlement_conflict,
    watch.watch_companion,
    bundles.itunes_metadata_version,
    bundles.itunes_metadata_mismatch,
    in_parts(profile.signed_as_other_app, EXTENSION),
    profile.extension_devices,
    profile.profile_expires_soon,
    code.certificate_expires_soon,
    extension.extension_point_unknown,
    in_bundles(code.framework_not_loadable, FRAMEWORK),
    watch.watch_app_code,
    in_parts(bundles.unfilled_variable, EXTENSION),
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
    """Return the findings for a build at the time `now` (UTC), errors first.

    before: the app's build before this one, if there is one. policy: the owner's policy on rules.
    """
    findings = [problem for rule in RULES if (problem := rule(build, now)) is not None]
    if before is not None:
        findings += filter(None, (history.other_team(build, before), history.update_refused(build, before)))
    return apply_policy(policy or Policy(), build.bundle_id, (*findings, *build.flaws))
