"""Rules on the provisioning profile: whether it allows this app on a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.model.build import BundleKind, SigningKind
from ota_site.model.format import count, day, listing
from ota_site.rules.extensions import profile_end, with_own_profile
from ota_site.rules.finding import error, warning
from ota_site.rules.parts import Part, is_simulator, seal_of, signer_of
from ota_site.rules.pattern import matches
from ota_site.rules.term import ends_soon

if TYPE_CHECKING:
    from datetime import datetime

    from ota_site.model.build import Build, Problem


def no_profile(part: Part, _now: datetime) -> Problem | None:
    """Report a missing profile: 0xe8008015. An app from the App Store has none and is reported as `encrypted`."""
    bundle = part.bundle
    if bundle.signing.kind != SigningKind.NONE or is_simulator(part.build) or seal_of(bundle) is None:
        return None
    if bundle.executable and bundle.executable.encrypted:
        return None
    return error(
        "no-profile",
        "it has no provisioning profile",
        "export it for ad hoc, development or in-house (enterprise) distribution, not from the App Store",
    )


def app_store_profile(part: Part, _now: datetime) -> Problem | None:
    """Report an App Store profile: it lists no devices, so the app runs only from the store (TN3125)."""
    if part.bundle.signing.kind != SigningKind.APP_STORE:
        return None
    return error(
        "app-store-profile",
        "it is signed for the App Store, so it cannot be installed from a web page",
        "export the same archive again for ad hoc, development or in-house (enterprise) distribution",
    )


def free_team(part: Part, _now: datetime) -> Problem | None:
    """Report a free account's profile: MIInstaller 111.

    Only a caller with AllowInstallLocalProvisioned may install it; the caller for web installs has no such right.
    """
    if not part.bundle.signing.free:
        return None
    return error(
        "free-team",
        "it is signed by a free Apple account, whose builds iOS never installs from a web page",
        "sign it with a paid developer account; a build of a free account installs only from a Mac with Xcode",
    )


def profile_expired(part: Part, now: datetime) -> Problem | None:
    """Report an expired profile: 0xe8008011."""
    expires = part.bundle.signing.expires
    if expires is None or expires > now:
        return None
    return error(
        "profile-expired",
        f"its profile expired on {day(expires)}",
        "renew the profile at developer.apple.com, or let Xcode do it, and rebuild",
    )


def bundle_id_not_in_profile(part: Part, _now: datetime) -> Problem | None:
    """Report an application-identifier that is not the profile's and does not match its wildcard: 0xe8008016 or 15.

    Devices do not compare the profile with the bundle identifier (libmis, installd); it is used only if the claimed
    application-identifier cannot be read.
    """
    refused = _refused_id(part)
    if refused is None:
        return None
    return error(
        "bundle-id-not-in-profile",
        f"its profile is for {_without_prefix(part.bundle.signing.application_id)}, not for {refused}",
        "choose a profile for this bundle identifier and export again",
    )


def signed_as_other_app(part: Part, _now: datetime) -> Problem | None:
    """Warn of an application-identifier that is not for the bundle identifier.

    installd compares it only with that of the app on the device (MIInstaller 64).
    """
    claimed, seal, bundle_id = part.claimed_id, part.bundle.seal, part.bundle.bundle_id
    if claimed is None or bundle_id is None or is_simulator(part.build) or _refused_id(part):
        return None
    if _without_prefix(claimed).casefold() == bundle_id.casefold() or (seal and seal.info_plist is False):
        return None
    return warning(
        "signed-as-other-app",
        f"its application-identifier is {claimed}, but its bundle identifier is {bundle_id}: "
        "it installs, but push notifications, app groups, the keychain and updates may fail",
        "sign it with entitlements made for its bundle identifier: export it from Xcode, or use fastlane’s resign",
    )


def entitlement_not_in_profile(part: Part, _now: datetime) -> Problem | None:
    """Report claimed entitlements that the profile does not allow: 0xe8008016; TN3125."""
    seal, signing = seal_of(part.bundle), part.bundle.signing
    if seal is None or signing.kind == SigningKind.NONE or not signing.entitlements:
        return None
    # `bundle_id_not_in_profile` reports an identifier that the profile does not allow.
    claimed = {key: value for key, value in seal.entitlements.items() if not _of_the_sandbox(key)}
    if _refused_id(part):
        claimed.pop("application-identifier", None)
    allowed = signing.entitlements
    refused = sorted(key for key, value in claimed.items() if not _allows(allowed.get(key), value))
    if not refused:
        return None
    named = listing(tuple(_refused(key, claimed[key], allowed.get(key)) for key in refused[:4]))
    hint = next((_HINTS[key] for key in refused if key in _HINTS), _CAPABILITY)
    return error("entitlement-not-in-profile", f"it claims {named}, which its profile does not allow", hint)


def certificate_not_in_profile(part: Part, _now: datetime) -> Problem | None:
    """Report a signing certificate that the profile does not list: 0xe8008015."""
    certificate, listed = signer_of(part.bundle), part.certificates
    if certificate is None or not listed or certificate.sha256 in {each.sha256 for each in listed}:
        return None
    whose = "the app’s profile" if part.kind == BundleKind.FRAMEWORK else "its profile"
    return error(
        "certificate-not-in-profile",
        f"it is signed with a certificate that {whose} does not list",
        "add the certificate to the profile at developer.apple.com, or sign with one that it lists",
    )


def extension_profile(build: Build, now: datetime) -> Problem | None:
    """Report an extension whose separate profile fails: MIInstallerErrorDomain 13, with the number of the reason.

    A finding that the app has too is reported only for the app.
    """
    for bundle in with_own_profile(build):
        for rule in _OF_EXTENSIONS:
            problem = rule(Part(build, bundle), now)
            if problem and rule(Part(build, build), now) is None:
                return error("extension-profile", f"{bundle.path}: {problem.message}", problem.hint)
    return None


_OF_EXTENSIONS = (
    no_profile,
    app_store_profile,
    free_team,
    profile_expired,
    bundle_id_not_in_profile,
    entitlement_not_in_profile,
)


def extension_devices(build: Build, _now: datetime) -> Problem | None:
    """Warn of profiles with different devices: 0xe8008012 on a device that is in only one of them.

    Devices are only counted, so different lists of equal length are not found.
    """
    own = build.signing.devices
    for bundle in with_own_profile(build):
        devices = bundle.signing.devices
        if devices in (None, own):
            continue
        others = "for all" if own is None else f"lists {own:,}"
        return warning(
            "extension-devices",
            f"the profile of {bundle.path} lists {count(devices or 0, 'device')}, the app’s {others}",
            "renew the profile of every identifier after adding a device, and export again; only a device that is in "
            "all of them can install it",
        )
    return None


def profile_expires_soon(build: Build, now: datetime) -> Problem | None:
    """Warn of a profile that expires within 30 days."""
    expires = profile_end(build)
    if expires is None or not ends_soon(expires, now):
        return None
    return warning(
        "profile-expires-soon",
        f"its profile expires on {day(expires)}; from then on the app does not open",
        "renew the profile and publish a new build before that day",
    )


def _refused_id(part: Part) -> str | None:
    """Return the bundle identifier that it claims and its profile does not allow; None if allowed or unknown."""
    allowed = _without_prefix(part.bundle.signing.application_id)
    claimed = _without_prefix(part.claimed_id) or part.bundle.bundle_id
    return claimed if allowed and claimed and not matches(claimed, allowed) else None


def _without_prefix(application_id: str | None) -> str:
    """Return an application-identifier without its team prefix."""
    return (application_id or "").partition(".")[2]


_CAPABILITY = "enable the capability for the App ID at developer.apple.com, renew the profile, and export again"
_OTHER_TEAM = "sign it with entitlements made for this profile and team: export it from Xcode, or use fastlane’s resign"
# Entitlements that are not capabilities of an App ID.
_HINTS = {
    "get-task-allow": "archive and export it: get-task-allow is only for development profiles",
    "application-identifier": _OTHER_TEAM,
    "com.apple.developer.team-identifier": _OTHER_TEAM,
    "keychain-access-groups": _OTHER_TEAM,
}


def _refused(key: str, claimed: object, allowed: object) -> str:
    """Return an entitlement's key; if the profile has it, with the values that it does not allow."""
    values = claimed if isinstance(claimed, list) else [claimed]
    refused = [value for value in values if isinstance(value, str) and not _allows(allowed, value)]
    return f"{key} ({', '.join(refused[:3])})" if refused and allowed is not None else key


def _of_the_sandbox(key: str) -> bool:
    """Return whether an entitlement is for macOS; projects for both systems also write it into the iOS app."""
    return key.startswith("com.apple.security.") and key != "com.apple.security.application-groups"


def _allows(allowed: object, claimed: object) -> bool:
    """Return whether a profile's value of an entitlement covers the app's; True if unknown."""
    match claimed, allowed:
        case ((False | None | "" | []), _):
            return True
        case _, None:
            return False
        case True, bool():
            return allowed
        case str(), str():
            return matches(claimed, allowed)
        case str(), list():
            return any(isinstance(each, str) and matches(claimed, each) for each in allowed)
        case list(), str() | list():
            return all(_allows(allowed, each) for each in claimed)
    return True
