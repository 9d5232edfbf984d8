"""Rules on the Info.plist of the app and of the bundles inside it that the installer checks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ota_site.model.build import BundleKind, SigningKind
from ota_site.model.format import count
from ota_site.model.versions import has_variable
from ota_site.rules.finding import error, warning
from ota_site.rules.parts import bundles_of, is_simulator

if TYPE_CHECKING:
    from datetime import datetime

    from ota_site.model.build import Build, Problem
    from ota_site.rules.parts import Part

_NAMES_LIMIT = 3


def bundle_info_plist(part: Part, _now: datetime) -> Problem | None:
    """Report a checked bundle whose Info.plist cannot be read: MIInstaller 35, and 92 for a watch app."""
    if not part.unreadable:
        return None
    if part.kind == BundleKind.FRAMEWORK:
        hint = "set GENERATE_INFOPLIST_FILE = YES, or add an Info.plist to the framework, then rebuild it"
    else:
        hint = "rebuild it with Xcode; do not copy its files by hand"
    return error("bundle-info-plist", part.unreadable, hint)


def bundle_identifier(part: Part, _now: datetime) -> Problem | None:
    """Report a checked bundle without a valid identifier: MIInstaller 35, and 92 for a watch app."""
    bundle_id = part.bundle.bundle_id
    if part.unreadable or (bundle_id and "/" not in bundle_id):
        return None
    return error(
        "bundle-identifier",
        "its bundle identifier has a slash" if bundle_id else "its Info.plist has no CFBundleIdentifier",
        "set PRODUCT_BUNDLE_IDENTIFIER to letters, digits, dots and hyphens, and rebuild",
    )


def info_plist_refused(build: Build, _now: datetime) -> Problem | None:
    """Report Info.plist keys and values that iOS rejects: MIInstaller 132, 137 and 193."""
    names, domains = build.info.get("INAlternativeAppNames"), build.info.get("NSPrivacyTrackingDomains", [])
    if "ITSWatchOnlyContainer" in build.info:
        what = "ITSWatchOnlyContainer: it wraps a watch-only app, which only the App Store installs"
        return error("info-plist-refused", f"its Info.plist has {what}", "build the iOS target of the project")
    if isinstance(names, list) and len(names) > _NAMES_LIMIT:
        what = f"has {len(names)} INAlternativeAppNames; iOS allows {_NAMES_LIMIT}"
        return error("info-plist-refused", f"its Info.plist {what}", "remove the least important names")
    if not isinstance(domains, list) or not all(isinstance(domain, str) for domain in domains):
        what = "has NSPrivacyTrackingDomains that are not a list of strings"
        return error("info-plist-refused", f"its Info.plist {what}", "write the domains as an array of strings")
    return None


def missing_version(part: Part, _now: datetime) -> Problem | None:
    """Report a missing build number, for extensions too: 0xe800009c, MIInstaller 33.

    An unfilled build variable counts as a build number.
    """
    if part.unreadable or part.bundle.build or isinstance(part.bundle.info.get("CFBundleVersion"), str):
        return None
    return error(
        "missing-version",
        "it has no build number (CFBundleVersion)",
        "set CURRENT_PROJECT_VERSION in the target’s build settings and rebuild",
    )


def unfilled_variable(part: Part, _now: datetime) -> Problem | None:
    """Warn of an unfilled build variable: devices use the text unchanged; sorting and pages ignore it."""
    keys = ("CFBundleVersion", "CFBundleShortVersionString", "CFBundleDisplayName", "CFBundleName")
    found = {key: value for key in keys if isinstance(value := part.bundle.info.get(key), str)}
    key = next((key for key, value in found.items() if has_variable(value)), None)
    if key is None:
        return None
    return warning(
        "unfilled-variable",
        f"{key} is the unresolved build variable {found[key]}",
        "let Xcode process the Info.plist (INFOPLIST_FILE), or write the value directly",
    )


def duplicate_bundle_id(build: Build, _now: datetime) -> Problem | None:
    """Report an identifier used twice by the app, its frameworks and extensions: 0xe80000b0, MIInstaller 57."""
    inside = bundles_of(build, BundleKind.FRAMEWORK, BundleKind.EXTENSION)
    counts = Counter((build.bundle_id, *(bundle.bundle_id for bundle in inside)))
    twice = next((bundle_id for bundle_id, number in counts.items() if bundle_id and number > 1), None)
    if twice is None:
        return None
    places = [bundle.path for bundle in build.nested if bundle.bundle_id == twice and not bundle.parent]
    if twice == build.bundle_id:
        places.insert(0, "the app")
    return error(
        "duplicate-bundle-id",
        f"{' and '.join(places[:2])} have the same identifier, {twice}",
        "give each extension and framework a unique bundle identifier; an extension’s must begin with the app’s",
    )


def extension_bundle_id(build: Build, _now: datetime) -> Problem | None:
    """Report an extension whose identifier does not begin with its app's and a dot: 0xe800009e, MIInstaller 37.

    An identifier equal to the app's is reported as `duplicate-bundle-id`.
    """
    identifiers = {bundle.path: bundle.bundle_id for bundle in build.nested} | {"": build.bundle_id}
    for bundle in build.nested:
        parent = identifiers.get(bundle.parent)
        if bundle.kind != BundleKind.EXTENSION or bundle.bundle_id is None or parent in (None, bundle.bundle_id):
            continue
        if not bundle.bundle_id.startswith(f"{parent}.") or bundle.bundle_id == f"{parent}.":
            return error(
                "extension-bundle-id",
                f"{bundle.path} has the identifier {bundle.bundle_id}, which does not begin with {parent}.",
                "set the extension’s bundle identifier to the app’s, a dot and a name",
            )
    return None


def itunes_metadata_mismatch(build: Build, _now: datetime) -> Problem | None:
    """Warn of iTunesMetadata.plist for another app.

    Related to 0xe80000c3 and c4, which are about versions; whether devices compare identifiers too is not known.
    """
    if build.store is None or build.store.bundle_id in (None, build.bundle_id):
        return None
    return warning(
        "itunes-metadata-mismatch",
        f"its iTunesMetadata.plist is for {build.store.bundle_id}",
        "remove iTunesMetadata.plist: only apps from the App Store need it",
    )


def itunes_metadata_version(build: Build, _now: datetime) -> Problem | None:
    """Report versions in iTunesMetadata.plist that differ from the app's: 0xe80000c3 and c4, MIInstaller 79."""
    if build.store is None:
        return None
    pairs = (
        (build.store.version, build.info.get("CFBundleVersion", build.build)),
        (build.store.short_version, build.info.get("CFBundleShortVersionString", build.version)),
    )
    other = next((f"{theirs}, but the app has {own}" for theirs, own in pairs if theirs and theirs != own), None)
    if other is None:
        return None
    return error(
        "itunes-metadata-version",
        f"its iTunesMetadata.plist has version {other}",
        "remove iTunesMetadata.plist: only apps from the App Store need it",
    )


def asset_packs_missing(build: Build, _now: datetime) -> Problem | None:
    """Warn of missing on-demand resources: the app installs, and its requests for them fail.

    _OnDemandResourcesErrorDomain 100 and 120. Builds for the App Store or the Simulator have their own findings.
    """
    packs = build.asset_packs
    if packs is None or not packs.missing or is_simulator(build) or build.signing.kind == SigningKind.APP_STORE:
        return None
    if build.executable and build.executable.encrypted:
        return None
    return warning(
        "asset-packs-missing",
        f"its on-demand resources lack {count(len(packs.missing), 'pack')}: not in the app or at an https address",
        "export with embedOnDemandResourcesAssetPacksInBundle = YES in ExportOptions.plist",
    )


def thinned_variant(build: Build, _now: datetime) -> Problem | None:
    """Warn of a thinned app: 0xe80000c8, c9 on any other device."""
    if not build.variants:
        return None
    some = ", ".join(build.variants[:3]) + (" …" if len(build.variants) > 3 else "")  # noqa: PLR2004 - length of the slice
    return warning(
        "thinned-variant",
        f"it is thinned and installs only on {some}",
        "export with app thinning “None”: thinning = <none> in ExportOptions.plist",
    )


def extension_version(build: Build, _now: datetime) -> Problem | None:
    """Warn of an extension whose version differs from the app's: only App Store Connect is known to reject it."""
    for bundle in build.nested:
        if bundle.kind != BundleKind.FRAMEWORK and bundle.version != build.version and bundle.version and build.version:
            return warning(
                "extension-version",
                f"{bundle.path} has version {bundle.version}, but the app has {build.version}",
                "give the app and its extensions the same MARKETING_VERSION",
            )
    return None


def no_icon(build: Build, _now: datetime) -> Problem | None:
    """Warn of a missing icon, which affects only the page's appearance."""
    if build.icon is not None or any(flaw.code in ("no-icon", "icon-missing") for flaw in build.flaws):
        return None
    return warning("no-icon", "it has no readable icon", "add an AppIcon to the asset catalog")
