"""Rules on the watch app inside an app.

The phone checks its metadata when it installs the app. The watch checks its code later (INSTALLD): errors there do
not stop the install on the phone. Numbers in comments are from MIInstallerErrorDomain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.model.build import BundleKind
from ota_site.rules import code
from ota_site.rules.extension import point_of
from ota_site.rules.finding import error, warning
from ota_site.rules.parts import Part, bundles_of, first_of, is_simulator, seal_of
from ota_site.rules.profile import certificate_not_in_profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ota_site.model.build import Build, Bundle, Problem

_WATCH = 4
_OLD_WATCHOS = "2."
# The watch's checks on each bundle; the first failure is reported.
_CODE_RULES = (
    code.missing_executable,
    code.static_framework,
    code.encrypted,
    code.extension_not_signed,
    code.signature_too_old,
    code.certificate_expired,
    certificate_not_in_profile,
    code.signing_identifier,
    code.info_plist_altered,
    code.resources_altered,
)


def watch_companion(build: Build, _now: datetime) -> Problem | None:
    """Report a watch app that does not belong to its iPhone app, or lacks required parts: 0xe80000d5, d9, da."""
    watches = tuple(bundles_of(build, BundleKind.WATCH_APP))
    for watch in watches:
        inside = [bundle for bundle in build.nested if bundle.parent == watch.path]
        found = () if watch.unreadable else (*_ties(build, watch), *_makeup(watch, inside))
        for wrong, hint in (*_second(watches), *found):
            return error("watch-companion", f"{watch.path}: {wrong}", hint)
    return None


def _second(watches: tuple[Bundle, ...]) -> Iterator[tuple[str, str]]:
    """Yield a message and hint if there is more than one watch app."""
    if len(watches) > 1:
        yield f"{watches[1].path} is a second watch app, but an app may have only one", "remove one of them"  # 91


def _ties(build: Build, watch: Bundle) -> Iterator[tuple[str, str]]:
    """Yield a message and hint for each mismatch between a watch app and its iPhone app."""
    if watch.families and _WATCH not in watch.families:
        hint = "set TARGETED_DEVICE_FAMILY of the watch target to 4 and rebuild"
        yield f"it is not made for Apple Watch: its UIDeviceFamily does not contain {_WATCH}", hint  # 102
    companion = watch.info.get("WKCompanionAppBundleIdentifier")
    if watch.info.get("WKWatchOnly") is True:
        hint = "remove WKWatchOnly from its Info.plist; a watch-only app cannot be installed from a web page"
        yield "it is watch-only (WKWatchOnly), but inside an iPhone app", hint  # 135 138
    hint = "set WKCompanionAppBundleIdentifier to the app’s identifier"
    if not isinstance(companion, str):
        yield "it names no iPhone app (WKCompanionAppBundleIdentifier)", hint  # 97
    elif companion != build.bundle_id:
        yield f"it is for the iPhone app {companion}, but this one is {build.bundle_id}", hint  # 97
    if watch.bundle_id and not watch.bundle_id.startswith(f"{build.bundle_id}."):
        hint = "set the watch app’s bundle identifier to the app’s, a dot and a name"
        yield f"its identifier {watch.bundle_id} does not begin with {build.bundle_id}.", hint  # 101


def _makeup(watch: Bundle, inside: list[Bundle]) -> Iterator[tuple[str, str]]:
    """Yield a message and hint for each error in the parts of a watch app."""
    single, extended = (bool(watch.info.get(key)) for key in ("WKApplication", "WKWatchKitApp"))
    # An unreadable bundle has its own finding, and may be the WatchKit extension.
    has_extension = any(point_of(bundle) == "com.apple.watchkit" for bundle in inside)
    unknown = any(bundle.unreadable for bundle in inside)
    hint = "build it from Xcode’s template for watch apps: with WKApplication, without a WatchKit extension"
    if not single and not extended:
        yield "its Info.plist has neither WKApplication nor WKWatchKitApp", hint  # 92
    if single and extended:
        yield "its Info.plist has both WKApplication and WKWatchKitApp", hint  # 144
    if single and has_extension:
        yield "it has both WKApplication and a WatchKit extension", hint  # 143
    if extended and not has_extension and not unknown:
        yield "it has WKWatchKitApp but no WatchKit extension", hint  # 96
    frameworks = any(bundle.kind == BundleKind.FRAMEWORK for bundle in inside)
    if frameworks and str(watch.info.get("MinimumOSVersion")).startswith(_OLD_WATCHOS):
        yield "it has frameworks, which watchOS 2 cannot use", "set WATCHOS_DEPLOYMENT_TARGET to 3.0 or later"  # 119


def watch_app_code(build: Build, now: datetime) -> Problem | None:
    """Warn of code that the watch rejects when the phone transfers the app."""
    if seal_of(build) is None or is_simulator(build):
        return None
    # A watch app without an executable is already reported by the phone's rules.
    parts = [
        Part(build, bundle)
        for bundle in build.nested
        if bundle.path.startswith("Watch/") and (bundle.kind != BundleKind.WATCH_APP or bundle.executable)
    ]
    found = ((part.path, next((wrong for rule in _CODE_RULES if (wrong := rule(part, now))), None)) for part in parts)
    problem = first_of(found)
    if problem is None:
        return None
    message = f"the app installs, but its watch app does not: {problem.message}"
    return warning("watch-app-code", message, problem.hint)
