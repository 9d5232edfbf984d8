"""Rules on the code: what it runs on, and the seal over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.preflight.extensions import extensions_of
from generator.preflight.finding import error, warning
from generator.preflight.term import ends_soon
from generator.words import day

if TYPE_CHECKING:
    from datetime import datetime

    from generator.model.build import Build, Bundle, Certificate, Problem, Seal

_SIMULATOR = ("iOS Simulator", "tvOS Simulator", "watchOS Simulator", "visionOS Simulator")
_NOT_INSTALLABLE = {"macOS": "a Mac", "Mac Catalyst": "a Mac", "watchOS": "an Apple Watch", "tvOS": "an Apple TV"}
# Before this version of the code directory, and without entitlements in DER, iOS 15 and later refuse a signature.
_OLDEST_VERSION = 0x20400
_ARM64 = ("arm64", "arm64e")
# With these Apple signs what the store delivers.
_OF_THE_STORE = ("Apple iPhone OS Application Signing", "TestFlight Beta Distribution")


def simulator_build(build: Build, _now: datetime) -> Problem | None:
    """0xe8000087: the code is for a Mac's processor and system."""
    if not is_simulator(build):
        return None
    return error(
        "simulator-build",
        "it was built for the Simulator, which no iPhone can run",
        "archive it for a device: destination “Any iOS Device” in Xcode, then Product › Archive",
    )


def platform_not_installable(build: Build, _now: datetime) -> Problem | None:
    """MIInstaller 198. Whether a link installs on Apple Vision is not known, so that is let pass."""
    device = _other_device(build)
    if device is None:
        return None
    return error(
        "platform-not-installable",
        f"it was built for {device}, which cannot install from a web page",
        "build the iOS target of the project",
    )


def missing_executable(build: Build, _now: datetime) -> Problem | None:
    """0xe800004b, MIInstaller 11 and 71: there is nothing to run."""
    if build.executable is not None:
        return None
    name = build.executable_name
    what = f"its executable {name} is missing or is no program" if name else "its Info.plist names no executable"
    return error("missing-executable", what, "archive and export the app again; do not repack it by hand")


def no_arm64(build: Build, _now: datetime) -> Problem | None:
    """0xe8000087: iOS 11 and later run 64-bit code only."""
    code = build.executable
    if code is None or is_simulator(build) or _other_device(build):
        return None
    if any(name in _ARM64 for name in code.architectures):
        return None
    return error(
        "no-arm64",
        f"it has code for {', '.join(code.architectures) or 'nothing'} only; iOS 11 and later need arm64",
        "build it with a current Xcode, with $(ARCHS_STANDARD) as its architectures",
    )


def encrypted(build: Build, _now: datetime) -> Problem | None:
    """0xe80000e3: FairPlay's keys belong to the account that bought the app."""
    if build.executable is None or not build.executable.encrypted:
        return None
    return error(
        "encrypted",
        "it comes from the App Store and is encrypted for one account",
        "export it from the archive in Xcode instead of copying it from the store",
    )


def unsigned(build: Build, _now: datetime) -> Problem | None:
    """0xe800801c; a signature without a certificate is as good as none."""
    code = build.executable
    if is_simulator(build) or seal_of(build) or (code is None and build.signing.signed):
        return None
    if code is not None and code.unread and build.signing.signed:
        return None
    lost = code is not None and code.seal is not None and code.seal.certificate is not None
    return error(
        "unsigned",
        "its signature was removed: _CodeSignature is not there" if lost else "it is not signed",
        "export it with a signing certificate and a profile: Xcode’s Distribute App, or fastlane’s build_app",
    )


def signature_too_old(build: Build, _now: datetime) -> Problem | None:
    """0xe8008029; Apple, "Using the latest code signature format"."""
    seal = seal_of(build)
    if seal is None:
        return None
    old = seal.version < _OLDEST_VERSION
    if not old and (seal.der_entitlements or not seal.entitlements):
        return None
    what = f"version {seal.version:x}" if old else "entitlements not in DER"
    return error(
        "signature-too-old",
        f"its signature is of an old form ({what}), which iOS 15 and later refuse",
        "sign it again on macOS 11 or later: codesign writes the new form by itself",
    )


def no_application_identifier(build: Build, _now: datetime) -> Problem | None:
    """MIInstaller 63; it is asked of what was signed for a profile, where the entitlements can be read."""
    seal = seal_of(build)
    if seal is None or build.signing.application_id is None or is_simulator(build):
        return None
    # In a form of DER that is not known here: whether they name it cannot be told.
    unread = seal.der_entitlements and not seal.entitlements
    if unread or seal.entitlements.get("application-identifier"):
        return None
    return error(
        "no-application-identifier",
        "it is signed without the entitlement application-identifier",
        "sign it with the profile’s entitlements: codesign --entitlements, or export it from Xcode",
    )


def signing_identifier(build: Build, _now: datetime) -> Problem | None:
    """0xe80000c5, for an extension too. Where Info.plist was edited after it was signed, that is told of instead."""
    if is_simulator(build) or seal_of(build) is None:
        return None
    extensions = ((bundle.path, bundle) for bundle in extensions_of(build))
    signed: tuple[tuple[str, Build | Bundle], ...] = (("it", build), *extensions)
    for name, bundle in signed:
        seal = bundle.seal
        if seal is None or seal.certificate is None or seal.info_plist is False or bundle.bundle_id is None:
            continue
        if seal.identifier.casefold() != bundle.bundle_id.casefold():
            return error(
                "signing-identifier",
                f"{name} is signed as {seal.identifier or 'nothing'}, and its Info.plist says {bundle.bundle_id}",
                "sign it again under its own identifier, as Xcode’s export and fastlane’s resign do by themselves",
            )
    return None


def info_plist_altered(build: Build, _now: datetime) -> Problem | None:
    """0xe8008017."""
    seal = seal_of(build)
    if seal is None or seal.info_plist is not False:
        return None
    return error("info-plist-altered", "its Info.plist was changed after it was signed", _SIGN_LAST)


def resources_altered(build: Build, _now: datetime) -> Problem | None:
    """0xe8008017."""
    seal = seal_of(build)
    if seal is None or (seal.resources is not False and not seal.broken):
        return None
    what = "its list of sealed files" if seal.resources is False else "its code signature"
    return error("resources-altered", f"{what} was changed after it was signed", _SIGN_LAST)


def certificate_expired(build: Build, now: datetime) -> Problem | None:
    """0xe8008018."""
    certificate = signer_of(build)
    if certificate is None or certificate.expires > now:
        return None
    return error(
        "certificate-expired",
        f"the certificate it is signed with expired on {day(certificate.expires)}",
        "renew the certificate at developer.apple.com, renew the profile with it, and build again",
    )


def certificate_expires_soon(build: Build, now: datetime) -> Problem | None:
    """Within thirty days."""
    certificate = signer_of(build)
    if certificate is None or not ends_soon(certificate.expires, now):
        return None
    return warning(
        "certificate-expires-soon",
        f"the certificate it is signed with expires on {day(certificate.expires)}",
        "renew the certificate and publish a new build before that day",
    )


def is_simulator(build: Build) -> bool:
    """Whether the code, or Info.plist where there is no code, is for the Simulator."""
    if build.executable and build.executable.platforms:
        return all(name in _SIMULATOR for name in build.executable.platforms)
    return build.platform.endswith("Simulator")


def seal_of(build: Build) -> Seal | None:
    """Return the code signature of the app itself, where a person or a team signed and nothing of it was removed."""
    return build.seal if build.signing.signed and build.seal and build.seal.certificate else None


def signer_of(build: Build) -> Certificate | None:
    """Return the certificate of the developer; None for what Apple signed, which devices judge by other rules."""
    seal = seal_of(build)
    certificate = seal.certificate if seal else None
    return None if certificate is None or certificate.kind in _OF_THE_STORE else certificate


def _other_device(build: Build) -> str | None:
    """Return what the code was built for, where that is no iPhone and cannot install from a page."""
    platforms = build.executable.platforms if build.executable else ()
    if "iOS" in platforms:
        return None
    return next((_NOT_INSTALLABLE[name] for name in platforms if name in _NOT_INSTALLABLE), None)


_SIGN_LAST = "make every change before signing, and sign last: export the archive again, or use fastlane’s resign"
