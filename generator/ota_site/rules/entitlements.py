"""Rule on entitlements that require or exclude each other (INSTALLD). Numbers are from MIInstallerErrorDomain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.model.build import BundleKind
from ota_site.rules.extension import point_of
from ota_site.rules.finding import error
from ota_site.rules.parts import bundles_of, seal_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ota_site.model.build import Build, Bundle, Problem

_ENGINE = "com.apple.developer.web-browser-engine"
_HOST, _EMBEDDED = f"{_ENGINE}.host", "com.apple.developer.embedded-web-browser-engine"
_BROWSER = "com.apple.developer.web-browser"
_MARKETPLACE = "com.apple.developer.marketplace.app-installation"
_ENGINE_POINTS = {
    "com.apple.web-browser-engine.content": f"{_ENGINE}.webcontent",
    "com.apple.web-browser-engine.networking": f"{_ENGINE}.networking",
    "com.apple.web-browser-engine.rendering": f"{_ENGINE}.rendering",
}


def entitlement_conflict(build: Build, _now: datetime) -> Problem | None:
    """Report conflicting entitlements, which iOS rejects even if the profile allows them."""
    hint = "correct the target’s entitlements and sign again"
    inside = bundles_of(build, BundleKind.EXTENSION)
    conflicts = (*_of_app(_claimed(build)), *(wrong for bundle in inside for wrong in _of_extension(build, bundle)))
    return error("entitlement-conflict", conflicts[0], hint) if conflicts else None


def _of_app(claimed: frozenset[str]) -> Iterator[str]:
    if {_HOST, _EMBEDDED} <= claimed:
        yield f"it claims both {_HOST} and {_EMBEDDED}"  # 212
    if {_EMBEDDED, _BROWSER} <= claimed:
        yield f"it claims both {_EMBEDDED} and {_BROWSER}"  # 214
    if _HOST in claimed and _BROWSER not in claimed:
        yield f"it claims {_HOST} without {_BROWSER}"  # 201


def _of_extension(build: Build, bundle: Bundle) -> Iterator[str]:
    claimed, point = _claimed(bundle), point_of(bundle)
    if _MARKETPLACE in claimed:
        yield f"{bundle.path} claims {_MARKETPLACE}, which is not allowed in an extension"  # 210
    if point in _ENGINE_POINTS and _HOST not in _claimed(build):
        yield f"{bundle.path} is part of a browser engine, but the app does not claim {_HOST}"  # 203
    for place, right in _ENGINE_POINTS.items():
        if point == place and right not in claimed:
            yield f"{bundle.path} is for {point} but does not claim {right}"  # 206
        if point != place and right in claimed:
            yield f"{bundle.path} claims {right} but is not for {place}"  # 205


def _claimed(bundle: Build | Bundle) -> frozenset[str]:
    """Return the entitlements that are true in a bundle's signature."""
    seal = seal_of(bundle)
    return frozenset(key for key, value in seal.entitlements.items() if value is True) if seal else frozenset()
