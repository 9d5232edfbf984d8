"""Rules on code: its platform and architecture, and its signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.model.build import BundleKind, NoCode
from ota_site.model.format import day
from ota_site.rules.finding import error, warning
from ota_site.rules.parts import is_simulator, seal_of, signer_of
from ota_site.rules.term import ends_soon

if TYPE_CHECKING:
    from datetime import datetime

    from ota_site.model.build import Build, Bundle, Executable, Problem
    from ota_site.rules.parts import Part

_NOT_INSTALLABLE = {"macOS": "a Mac", "Mac Catalyst": "a Mac", "watchOS": "an Apple Watch", "tvOS": "an Apple TV"}
# iOS 15 and later reject a signature with an older code directory version, or without entitlements in DER.
_OLDEST_VERSION = 0x20400
_ARM64 = ("arm64", "arm64e")
_SIGN_LAST = "make every change before signing, and sign last: export the archive again, or use fastlane’s resign"


def simulator_build(part: Part, _now: datetime) -> Problem | None:
    """Report code built for the Simulator: 0xe8000087."""
    if not is_simulator(part.bundle):
        return None
    return error(
        "simulator-build",
        "it was built for the Simulator and cannot run on an iPhone",
        "archive it for a device: destination “Any iOS Device” in Xcode, then Product › Archive",
    )


def platform_not_installable(build: Build, _now: datetime) -> Problem | None:
    """Report code for a device without web installs: MIInstaller 198.

    Whether Apple Vision installs from a link is not known, so it is not reported.
    """
    device = _other_device(build.executable)
    if device is None:
        return None
    return error(
        "platform-not-installable",
        f"it was built for {device}, which cannot install from a web page",
        "build the iOS target of the project",
    )


def missing_executable(part: Part, _now: datetime) -> Problem | None:
    """Report a missing or invalid executable: 0xe800004b, MIInstaller 11 and 71."""
    bundle = part.bundle
    if bundle.executable is not None or bundle.no_code == NoCode.STATIC_LIBRARY or part.unreadable:
        return None
    name = bundle.executable_name
    what = f"its executable {name} is missing or not a Mach-O file" if name else "its Info.plist names no executable"
    return error("missing-executable", what, "archive and export the app again; do not repack it by hand")


def static_framework(part: Part, _now: datetime) -> Problem | None:
    """Report an embedded static library, which has no signature and cannot be loaded: 0xe800801c."""
    if part.bundle.no_code != NoCode.STATIC_LIBRARY:
        return None
    return error(
        "static-framework",
        "it is a static library, which is linked into the app’s executable and must not be embedded",
        "set the framework to “Do Not Embed” in Xcode’s General › Frameworks, and export again",
    )


def framework_not_loadable(part: Part, _now: datetime) -> Problem | None:
    """Warn of a framework that dyld rejects at launch, for its platform, architecture or team.

    The installer does not check these.
    """
    app, code = part.build.executable, part.bundle.executable
    if code is None or code.unread or app is None or not _has_arm64(app):
        return None
    end = "the app installs but crashes at launch"
    if not _loads(code, app):
        return warning(
            "framework-not-loadable",
            f"it has no code for iPhones, only for {', '.join((*code.platforms, *code.architectures))}: {end}",
            "embed the framework’s build for devices: an XCFramework has one for each system",
        )
    theirs, own = seal_of(part.bundle), seal_of(part.build)
    if theirs and own and theirs.team_id and own.team_id and theirs.team_id != own.team_id and _may_sign(part):
        what = f"it is signed by team {theirs.team_id}, but the app by {own.team_id}: {end}"
        return warning("framework-not-loadable", what, "set the framework to “Embed & Sign”, and export again")
    return None


def _may_sign(part: Part) -> bool:
    """Return whether a profile lists the signing certificate; `certificate_not_in_profile` reports the rest."""
    signer = signer_of(part.bundle)
    return signer is not None and signer.sha256 in {each.sha256 for each in part.certificates}


def _loads(framework: Executable, app: Executable) -> bool:
    """Return whether an app can load a framework, from their architectures and platforms."""
    systems = framework.platforms
    return _has_arm64(framework) and (not systems or "iOS" in systems or not set(systems).isdisjoint(app.platforms))


def no_arm64(part: Part, _now: datetime) -> Problem | None:
    """Report code without arm64: 0xe8000087. iOS 11 and later run only 64-bit code."""
    code = part.bundle.executable
    if code is None or code.unread or is_simulator(part.bundle) or _other_device(code) or _has_arm64(code):
        return None
    return error(
        "no-arm64",
        f"it has code for {', '.join(code.architectures)} only; iOS 11 and later need arm64",
        "build it with a current Xcode, with $(ARCHS_STANDARD) as its architectures",
    )


def encrypted(part: Part, _now: datetime) -> Problem | None:
    """Report code encrypted by FairPlay, whose keys belong to the account that bought the app: 0xe80000e3."""
    if part.bundle.executable is None or not part.bundle.executable.encrypted:
        return None
    return error(
        "encrypted",
        "it comes from the App Store and is encrypted for one account",
        "export it from the archive in Xcode instead of copying it from the store",
    )


def unsigned(build: Build, _now: datetime) -> Problem | None:
    """Report an unsigned app, or one signed without a certificate: 0xe800801c."""
    code = build.executable
    if is_simulator(build) or seal_of(build) or (code is None and build.signing.signed):
        return None
    if code is not None and code.unread and build.signing.signed:
        return None
    return error(
        "unsigned",
        _unsigned(build),
        "export it with a signing certificate and a profile: Xcode’s Distribute App, or fastlane’s build_app",
    )


def extension_not_signed(part: Part, _now: datetime) -> Problem | None:
    """Report an unsigned bundle inside the app: 0xe800801c, 0xe8008019."""
    bundle = part.bundle
    code = bundle.executable
    if code is None:
        # `missing_executable` reports missing code.
        return None
    if seal_of(bundle) or (code.unread and bundle.signing.signed):
        return None
    hint = "sign every bundle from the inside out, as Xcode’s export and fastlane’s resign do"
    if part.kind == BundleKind.FRAMEWORK:
        hint = "set the framework to “Embed & Sign” in Xcode’s General › Frameworks, and export again"
    return error("extension-not-signed", _unsigned(bundle), hint)


def _unsigned(bundle: Build | Bundle) -> str:
    """Return a message about how a bundle is not signed."""
    seal = bundle.seal
    if seal and seal.certificate:
        return "its signature was removed: _CodeSignature is missing"
    if seal:
        return "it is signed without a certificate (`codesign --sign -`), which iOS does not accept"
    return "it is not signed"


def signature_too_old(part: Part, _now: datetime) -> Problem | None:
    """Report an outdated signature format: 0xe8008029; Apple, "Using the latest code signature format"."""
    seal = seal_of(part.bundle)
    if seal is None:
        return None
    old = seal.version < _OLDEST_VERSION
    if not old and (seal.der_entitlements or not seal.entitlements):
        return None
    what = f"version {seal.version:x}" if old else "entitlements not in DER"
    return error(
        "signature-too-old",
        f"its signature has an old format ({what}), which iOS 15 and later reject",
        "sign it again on macOS 11 or later: its codesign writes the new format",
    )


def no_application_identifier(build: Build, _now: datetime) -> Problem | None:
    """Report a signature without application-identifier: MIInstaller 63.

    Checked only for an app with a profile, and with readable entitlements.
    """
    seal = seal_of(build)
    if seal is None or build.signing.application_id is None or is_simulator(build):
        return None
    # The DER format of the entitlements is unknown, so they may include it.
    unread = seal.der_entitlements and not seal.entitlements
    if unread or seal.entitlements.get("application-identifier"):
        return None
    return error(
        "no-application-identifier",
        "it is signed without the entitlement application-identifier",
        "sign it with the profile’s entitlements: codesign --entitlements, or export it from Xcode",
    )


def signing_identifier(part: Part, _now: datetime) -> Problem | None:
    """Report a signing identifier that is not the bundle identifier, case included: 0xe80000c5, MIInstaller 77.

    An Info.plist edited after signing is reported by `info_plist_altered` instead.
    """
    seal, bundle_id = seal_of(part.bundle), part.bundle.bundle_id
    if seal is None or is_simulator(part.build) or seal.info_plist is False or bundle_id is None:
        return None
    if seal.identifier == bundle_id:
        return None
    return error(
        "signing-identifier",
        f"it is signed as {seal.identifier or 'nothing'}, but its bundle identifier is {bundle_id}",
        "sign it again under its bundle identifier with codesign --identifier; "
        "Xcode’s export and fastlane’s resign do so automatically",
    )


def info_plist_altered(part: Part, _now: datetime) -> Problem | None:
    """Report an Info.plist changed after signing: 0xe8008017."""
    seal = seal_of(part.bundle)
    if seal is None or seal.info_plist is not False:
        return None
    return error("info-plist-altered", "its Info.plist was changed after it was signed", _SIGN_LAST)


def resources_altered(part: Part, _now: datetime) -> Problem | None:
    """Report CodeResources or another signature slot changed after signing: 0xe8008017."""
    seal = seal_of(part.bundle)
    if seal is None or (seal.resources is not False and not seal.broken):
        return None
    what = "its list of sealed files" if seal.resources is False else "its code signature"
    return error("resources-altered", f"{what} was changed after it was signed", _SIGN_LAST)


def certificate_expired(part: Part, now: datetime) -> Problem | None:
    """Report an expired signing certificate: 0xe8008018."""
    certificate = signer_of(part.bundle)
    if certificate is None or certificate.expires > now:
        return None
    return error(
        "certificate-expired",
        f"the certificate it is signed with expired on {day(certificate.expires)}",
        "renew the certificate at developer.apple.com, add it to the profile, and rebuild",
    )


def certificate_expires_soon(build: Build, now: datetime) -> Problem | None:
    """Warn of a signing certificate that expires within 30 days."""
    certificate = signer_of(build)
    if certificate is None or not ends_soon(certificate.expires, now):
        return None
    return warning(
        "certificate-expires-soon",
        f"the certificate it is signed with expires on {day(certificate.expires)}",
        "renew the certificate and publish a new build before that day",
    )


def _has_arm64(code: Executable) -> bool:
    return any(name in _ARM64 for name in code.architectures)


def _other_device(code: Executable | None) -> str | None:
    """Return the device that the code was built for, if it cannot install from a web page; else None."""
    platforms = code.platforms if code else ()
    if "iOS" in platforms:
        return None
    return next((_NOT_INSTALLABLE[name] for name in platforms if name in _NOT_INSTALLABLE), None)
