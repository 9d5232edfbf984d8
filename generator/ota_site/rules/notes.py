"""Notes on valid builds, for information before an install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.model.build import SigningKind
from ota_site.model.format import count, system_version
from ota_site.rules.finding import note

if TYPE_CHECKING:
    from datetime import datetime

    from ota_site.model.build import Build, Problem


def development_build(build: Build, _now: datetime) -> Problem | None:
    """Note that a development build needs Developer Mode: Apple, "Enabling Developer Mode on a device"."""
    if build.signing.kind != SigningKind.DEVELOPMENT:
        return None
    return note("development-build", "it is a development build: iOS 16 and later require Developer Mode")


def enterprise_build(build: Build, _now: datetime) -> Problem | None:
    """Note that an in-house build needs trust in its developer: 0xe8008025 until then."""
    if build.signing.kind != SigningKind.ENTERPRISE:
        return None
    message = "it is an in-house build: its developer must be trusted once in Settings; iOS 18 and later then restart"
    return note("enterprise-build", message)


def device_list(build: Build, _now: datetime) -> Problem | None:
    """Note the number of devices in the profile: 0xe8008012 on any other device."""
    if build.signing.devices is None:
        return None
    return note("device-list", f"it installs only on the {count(build.signing.devices, 'device')} in its profile")


def minimum_os(build: Build, _now: datetime) -> Problem | None:
    """Note the minimum system version: 0xe800007e on older systems."""
    if build.minimum_os is None:
        return None
    return note("minimum-os", f"it requires version {system_version(build.minimum_os)} of the system or later")
