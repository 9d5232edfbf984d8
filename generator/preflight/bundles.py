"""Rules on the app as a bundle and on the bundles inside it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from generator.model.build import SigningKind
from generator.preflight.code import is_simulator, seal_of
from generator.preflight.finding import error, warning
from generator.words import count

if TYPE_CHECKING:
    from datetime import datetime

    from generator.model.build import Build, Bundle, Problem

_WATCH = 4


def missing_version(build: Build, _now: datetime) -> Problem | None:
    """0xe800009c, MIInstaller 33: for extensions too."""
    places = (("it", build.build), *((bundle.path, bundle.build) for bundle in build.nested if _is_extension(bundle)))
    without = next((place for place, number in places if number is None), None)
    if without is None:
        return None
    return error(
        "missing-version",
        f"{without} has no build number (CFBundleVersion)",
        "set CURRENT_PROJECT_VERSION in the target’s build settings and build again",
    )


def duplicate_bundle_id(build: Build, _now: datetime) -> Problem | None:
    """0xe80000b0, MIInstaller 57: among an app and the extensions in it."""
    extensions = [bundle for bundle in build.nested if _is_extension(bundle)]
    counts = Counter((_place(bundle), bundle.bundle_id) for bundle in extensions)
    for bundle in extensions:
        if bundle.bundle_id and (
            counts[_place(bundle), bundle.bundle_id] > 1 or bundle.bundle_id == _parent(build, bundle)
        ):
            return error(
                "duplicate-bundle-id",
                f"two bundles in it have the identifier {bundle.bundle_id}",
                "give each extension a bundle identifier of its own, which begins with the app’s",
            )
    return None


def extension_bundle_id(build: Build, _now: datetime) -> Problem | None:
    """0xe800009e, MIInstaller 37: an extension's identifier begins with that of the app it lies in, and a dot.

    One that is the same as the app's is told of as `duplicate-bundle-id`.
    """
    for bundle in filter(_is_extension, build.nested):
        parent = _parent(build, bundle)
        if bundle.bundle_id is None or parent in (None, bundle.bundle_id):
            continue
        if not bundle.bundle_id.startswith(f"{parent}.") or bundle.bundle_id == f"{parent}.":
            return error(
                "extension-bundle-id",
                f"{bundle.path} has the identifier {bundle.bundle_id}, which does not begin with {parent}.",
                "set the extension’s bundle identifier to the app’s, a dot and a name",
            )
    return None


def extension_not_signed(build: Build, _now: datetime) -> Problem | None:
    """0xe800801c for a bundle inside; only asked of an app that is signed itself.

    Whether devices look at the signature of an App Clip inside an app is not known, so that is let pass.
    """
    if is_simulator(build) or seal_of(build) is None:
        return None
    for bundle in build.nested:
        seal = bundle.seal
        unread = bundle.executable is None or bundle.executable.unread
        whole = bundle.signing.signed and (unread or (seal and seal.certificate))
        if not whole and not bundle.path.startswith("AppClips/"):
            return error(
                "extension-not-signed",
                f"{bundle.path} inside it is not signed",
                "sign every bundle from the inside out; Xcode’s export does, and so does fastlane’s resign",
            )
    return None


def watch_companion(build: Build, _now: datetime) -> Problem | None:
    """0xe80000d5, d9, da: a watch app names its iPhone app, and its identifier begins with that one's.

    MIInstallerErrorDomain 97 where it names none, 135 where it says by WKWatchOnly that there is none.
    """
    for bundle in build.nested:
        if not _is_watch_app(bundle) or bundle.bundle_id is None:
            continue
        if bundle.companion is None:
            return error(
                "watch-companion",
                f"{bundle.path} names no iPhone app: it is for the watch alone, or not finished",
                "set WKCompanionAppBundleIdentifier to the app’s; an app for the watch alone installs from no page",
            )
        if bundle.companion != build.bundle_id or not bundle.bundle_id.startswith(build.bundle_id + "."):
            return error(
                "watch-companion",
                f"{bundle.path} does not belong to {build.bundle_id} by its identifiers",
                "set WKCompanionAppBundleIdentifier to the app’s identifier, and begin the watch app’s with it",
            )
        if bundle.families and _WATCH not in bundle.families:
            return error(
                "watch-companion",
                f"{bundle.path} is not made for Apple Watch: its UIDeviceFamily does not hold {_WATCH}",
                "set TARGETED_DEVICE_FAMILY of the watch target to 4 and build again",
            )
    return None


def itunes_metadata_mismatch(build: Build, _now: datetime) -> Problem | None:
    """Near 0xe80000c3 and c4, which are about versions; that devices compare identifiers too is not sure."""
    if build.store_bundle_id in (None, build.bundle_id):
        return None
    return warning(
        "itunes-metadata-mismatch",
        f"its iTunesMetadata.plist is about {build.store_bundle_id}",
        "remove iTunesMetadata.plist: an app that is not from the store needs none",
    )


def asset_packs_missing(build: Build, _now: datetime) -> Problem | None:
    """_OnDemandResourcesErrorDomain 100 and 120: the app installs, and its requests for such content fail.

    A build that only the store can install, or that no device can run, is told of as such.
    """
    packs = build.asset_packs
    if packs is None or not packs.missing or is_simulator(build) or build.signing.kind == SigningKind.APP_STORE:
        return None
    if build.executable and build.executable.encrypted:
        return None
    return warning(
        "asset-packs-missing",
        f"its on-demand resources lack {count(len(packs.missing), 'pack')}: neither in it nor at an https address",
        "export with embedOnDemandResourcesAssetPacksInBundle = YES in ExportOptions.plist",
    )


def thinned_variant(build: Build, _now: datetime) -> Problem | None:
    """0xe80000c8, c9 on any other device."""
    if not build.variants:
        return None
    some = ", ".join(build.variants[:3]) + (" …" if len(build.variants) > 3 else "")  # noqa: PLR2004 - as shown
    return warning(
        "thinned-variant",
        f"it was thinned and installs only on {some}",
        "export with app thinning “None”: thinning = <none> in ExportOptions.plist",
    )


def extension_version(build: Build, _now: datetime) -> Problem | None:
    """Only App Store Connect minds, as far as is known; so it is a warning."""
    for bundle in build.nested:
        if bundle.version != build.version and bundle.version and build.version:
            return warning(
                "extension-version",
                f"{bundle.path} has version {bundle.version}, the app {build.version}",
                "give app and extensions the same MARKETING_VERSION",
            )
    return None


def no_icon(build: Build, _now: datetime) -> Problem | None:
    """Only the look of the page suffers."""
    if build.icon is not None or any(flaw.code == "no-icon" for flaw in build.flaws):
        return None
    return warning("no-icon", "no icon was found in it", "add an AppIcon to the asset catalog")


def _parent(build: Build, bundle: Bundle) -> str | None:
    """Return the identifier of the bundle that a nested one lies in; None where that is not known."""
    place = _place(bundle)
    return next((each.bundle_id for each in build.nested if each.path == place), None) if place else build.bundle_id


def _place(bundle: Bundle) -> str:
    """Return the path of the bundle that a nested one lies in; empty for the app itself."""
    return "/".join(bundle.path.split("/")[:-2])


def _is_extension(bundle: Bundle) -> bool:
    return bundle.path.endswith(".appex")


def _is_watch_app(bundle: Bundle) -> bool:
    return bundle.path.startswith("Watch/") and bundle.path.endswith(".app") and bundle.path.count("/") == 1
