"""The rules, one function each. A code, once given, is kept for ever.

Where iOS names its own error for a rule, it stands beside it (AMDevice's table).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from generator.model import Build, Problem, Severity, SigningKind
from generator.words import count, day

if TYPE_CHECKING:
    from collections.abc import Callable

_SOON = timedelta(days=30)


def judge(build: Build, now: datetime) -> tuple[Problem, ...]:
    """Return what is to be said of a build at the moment `now` (UTC), what stops an install first."""
    findings = [problem for rule in RULES if (problem := rule(build, now)) is not None]
    order = list(Severity)
    return tuple(sorted((*findings, *build.flaws), key=lambda problem: order.index(problem.severity)))


def simulator_build(build: Build, _now: datetime) -> Problem | None:
    """0xe8000087: the code is for a Mac's processor and system."""
    if not build.platform.endswith("Simulator"):
        return None
    return _error(
        "simulator-build",
        "it was built for the Simulator, which no iPhone can run",
        "archive it for a device: destination “Any iOS Device” in Xcode, then Product › Archive",
    )


def unsigned(build: Build, _now: datetime) -> Problem | None:
    """0xe800801c."""
    if build.signing.signed or build.platform.endswith("Simulator"):
        return None
    return _error(
        "unsigned",
        "it is not signed",
        "export it with a signing certificate and a profile: Xcode’s Distribute App, or fastlane’s build_app",
    )


def no_profile(build: Build, _now: datetime) -> Problem | None:
    """0xe8008015."""
    if build.signing.kind != SigningKind.NONE or not build.signing.signed:
        return None
    return _error(
        "no-profile",
        "it carries no provisioning profile",
        "export it for ad hoc, development or in-house (enterprise) distribution, not from the App Store",
    )


def profile_expired(build: Build, now: datetime) -> Problem | None:
    """0xe8008011."""
    expires = build.signing.expires
    if expires is None or expires > now:
        return None
    return _error(
        "profile-expired",
        f"its profile expired on {day(expires)}",
        "renew the profile at developer.apple.com, or let Xcode do it, and build again",
    )


def app_store_profile(build: Build, _now: datetime) -> Problem | None:
    """TN3125: such a profile names no devices, so the app runs only from the store."""
    if build.signing.kind != SigningKind.APP_STORE:
        return None
    return _error(
        "app-store-profile",
        "it is signed for the App Store, which alone can install it",
        "export the same archive again for ad hoc, development or in-house (enterprise) distribution",
    )


def bundle_id_not_in_profile(build: Build, _now: datetime) -> Problem | None:
    """0xe8008016: application-identifier is the team's prefix, a dot, and the bundle identifier or a wildcard."""
    allowed = (build.signing.application_id or "").partition(".")[2]
    prefix, star, _ = allowed.partition("*")
    fits = build.bundle_id.startswith(prefix) if star else build.bundle_id == allowed
    if not allowed or fits:
        return None
    return _error(
        "bundle-id-not-in-profile",
        f"its profile is for {allowed}, not for {build.bundle_id}",
        "choose a profile made for this bundle identifier and export again",
    )


def missing_version(build: Build, _now: datetime) -> Problem | None:
    """0xe800009c."""
    if build.build is not None:
        return None
    return _error(
        "missing-version",
        "it has no build number (CFBundleVersion)",
        "set CURRENT_PROJECT_VERSION in the target’s build settings and build again",
    )


def profile_expires_soon(build: Build, now: datetime) -> Problem | None:
    """Within thirty days."""
    expires = build.signing.expires
    if expires is None or not now < expires <= now + _SOON:
        return None
    return Problem(
        code="profile-expires-soon",
        severity=Severity.WARNING,
        message=f"its profile expires on {day(expires)}; then the app stops opening",
        hint="renew the profile and publish a new build before that day",
    )


def free_team(build: Build, _now: datetime) -> Problem | None:
    """0xe8008021 when a device has three such apps."""
    if not build.signing.free:
        return None
    return Problem(
        code="free-team",
        severity=Severity.WARNING,
        message="it is signed by a free account: it runs for seven days, and a device takes three such apps",
        hint="sign it with a paid developer account",
    )


def no_icon(build: Build, _now: datetime) -> Problem | None:
    """Only the look of the page suffers."""
    if build.icon is not None or build.flaws:
        return None
    return Problem(
        code="no-icon",
        severity=Severity.WARNING,
        message="no icon was found in it",
        hint="add an AppIcon to the asset catalog",
    )


def development_build(build: Build, _now: datetime) -> Problem | None:
    """Apple, "Enabling Developer Mode on a device"."""
    if build.signing.kind != SigningKind.DEVELOPMENT:
        return None
    return Problem(
        code="development-build",
        severity=Severity.NOTE,
        message="it is a development build: from iOS 16 on, Developer Mode must be on",
    )


def enterprise_build(build: Build, _now: datetime) -> Problem | None:
    """0xe8008025 until the developer is trusted."""
    if build.signing.kind != SigningKind.ENTERPRISE:
        return None
    return Problem(
        code="enterprise-build",
        severity=Severity.NOTE,
        message="it is an in-house build: its developer is trusted once in Settings, from iOS 18 on with a restart",
    )


def device_list(build: Build, _now: datetime) -> Problem | None:
    """0xe8008012 on any other device."""
    if build.signing.devices is None:
        return None
    return Problem(
        code="device-list",
        severity=Severity.NOTE,
        message=f"it installs only on the {count(build.signing.devices, 'device')} in its profile",
    )


def minimum_os(build: Build, _now: datetime) -> Problem | None:
    """0xe800007e on older systems."""
    if build.minimum_os is None:
        return None
    return Problem(
        code="minimum-os",
        severity=Severity.NOTE,
        message=f"it needs version {build.minimum_os} of the system or later",
    )


RULES: tuple[Callable[[Build, datetime], Problem | None], ...] = (
    simulator_build,
    unsigned,
    no_profile,
    app_store_profile,
    profile_expired,
    bundle_id_not_in_profile,
    missing_version,
    profile_expires_soon,
    free_team,
    no_icon,
    development_build,
    enterprise_build,
    device_list,
    minimum_os,
)


def _error(code: str, message: str, hint: str) -> Problem:
    return Problem(code=code, severity=Severity.ERROR, message=message, hint=hint)
