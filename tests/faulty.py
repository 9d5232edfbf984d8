"""Apps with something special about them, on top of `tests.samples`: for the table of rules."""

from __future__ import annotations

import io
import plistlib
import struct
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING

from ota_site.model.records import replace
from tests.builds import NOW
from tests.profiles import Profile, profile_plist, signing_certificate
from tests.samples import BUNDLE_ID, App, bundle, make_zip
from tests.signing import Executable, Signature, dated, fat, in_der, signed_macho

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.x509 import Certificate

PLACE = "Payload/Sample.app/"


# --- signatures and profiles --------------------------------------------------------------------------------


def resigned(**changes: object) -> App:
    """Make an app with another signature."""
    return App(resign=lambda signature: replace(signature, **changes))


def nobody(signature: Signature) -> Signature:
    """Sign "ad hoc" in codesign's sense."""
    return replace(signature, certificate=None)


def claiming(more: Mapping[str, object], profile: Profile | None = None) -> App:
    """Make an app that claims more entitlements than the sample, or other values of the same."""
    return App(
        profile=profile or Profile(),
        resign=lambda signature: replace(signature, entitlements={**(signature.entitlements or {}), **more}),
    )


def listing(*certificates: Certificate, **keys: object) -> bytes:
    """Make an ad hoc profile for the sample that lists these certificates, or has other keys."""
    listed = {"DeveloperCertificates": [in_der(each) for each in certificates]} if certificates else {}
    return plistlib.dumps({**profile_plist(Profile(bundle_id=BUNDLE_ID)), **listed, **keys})


def signed_until(days: int, **keys: object) -> App:
    """Make an app whose certificate ends so many days from now; its profile lists that, and has other `keys`."""
    certificate = dated(signing_certificate(), NOW - timedelta(days=365), NOW + timedelta(days=days))
    return replace(resigned(certificate=certificate), profile=listing(certificate, **keys))


def two_slices() -> bytes:
    """Make an app for armv7 and arm64, each slice with a signature of its own."""
    files = bundle(App())
    seal = Signature(
        info_plist=files[f"{PLACE}Info.plist"], code_resources=files[f"{PLACE}_CodeSignature/CodeResources"]
    )
    older = signed_macho(Executable(architecture="armv7", signature=seal))
    return changed(App(), {"Sample": fat(older, signed_macho(Executable(signature=seal)))})


# --- bundles inside -----------------------------------------------------------------------------------------


def holding(*inside: App) -> App:
    """Put apps and extensions into the sample, each into its own `folder`."""
    return App(extra={name: content for each in inside for name, content in bundle(each).items()})


def extension(name: str = "Share", place: str = "PlugIns", **changes: object) -> App:
    """Make an extension for the sample; `info` among the changes comes on top of its own."""
    place_in_system = {
        "NSExtensionPointIdentifier": "com.apple.share-services",
        "NSExtensionPrincipalClass": "ShareController",
    }
    key = "EXAppExtensionAttributes" if place.endswith("Extensions") else "NSExtension"
    if key != "NSExtension":
        place_in_system = {"EXExtensionPointIdentifier": "com.apple.appintents-extension"}
    point = {key: place_in_system, "CFBundlePackageType": "XPC!"}
    app = App(name=name, folder=f"{PLACE}{place}/{name}.appex", bundle_id=f"{BUNDLE_ID}.{name}", icon=None)
    return _changed(app, point, changes)


def watch(**changes: object) -> App:
    """Make a watch app for the sample; `info` among the changes comes on top of its own."""
    keys = {"WKApplication": True, "WKCompanionAppBundleIdentifier": BUNDLE_ID, "UIDeviceFamily": [4]}
    app = App(name="Wrist", folder=f"{PLACE}Watch/Wrist.app", bundle_id=f"{BUNDLE_ID}.watchkitapp", icon=None)
    return _changed(replace(app, code=Executable(platform=4)), keys, changes)


def watch_extension(**keys: object) -> App:
    """Make the WatchKit extension of the watch app, with other keys in its Info.plist."""
    attributes = {"WKAppBundleIdentifier": f"{BUNDLE_ID}.watchkitapp"}
    point = {"NSExtensionPointIdentifier": "com.apple.watchkit", "NSExtensionAttributes": attributes}
    info = {"NSExtension": {**point, "NSExtensionPrincipalClass": "Delegate"}, **keys}
    return extension("Hand", "Watch/Wrist.app/PlugIns", bundle_id=f"{BUNDLE_ID}.watchkitapp.Hand", info=info)


def extended(**keys: object) -> App:
    """Make the sample with an extension that has other keys in its Info.plist; None takes one away."""
    return holding(extension(info=keys))


def pointing(point: object, **more: object) -> App:
    """Make the sample with an extension for another extension point, and with more keys in NSExtension."""
    return extended(NSExtension={"NSExtensionPointIdentifier": point, **more})


def clip(**changes: object) -> App:
    """Make an App Clip for the sample."""
    app = App(name="Clip", folder=f"{PLACE}AppClips/Clip.app", bundle_id=f"{BUNDLE_ID}.Clip", icon=None)
    return _changed(app, {}, changes)


def framework(place: str = "", **changes: object) -> dict[str, bytes]:
    """Make a framework for the sample, by full name; `info` among the changes comes on top of its own."""
    app = App(
        name="Kit",
        folder=f"{PLACE}{place}Frameworks/Kit.framework",
        bundle_id="com.example.kit",
        icon=None,
        profile=None,
        resign=library,
    )
    return bundle(_changed(app, {"CFBundlePackageType": "FMWK"}, changes))


def library(signature: Signature) -> Signature:
    """Sign without entitlements, as code is signed that does not run by itself."""
    return replace(signature, entitlements=None)


def framed(**changes: object) -> App:
    """Make the sample with a framework that has another signature."""
    return App(extra=framework(resign=lambda signature: replace(library(signature), **changes)))


def framed_until(days: int) -> App:
    """Make the sample with a framework whose certificate ends so many days from now, and is in the profile."""
    certificate = dated(signing_certificate(), NOW - timedelta(days=365), NOW + timedelta(days=days))
    return replace(framed(certificate=certificate), profile=listing(signing_certificate(), certificate))


def older(signature: Signature) -> Signature:
    """Sign as codesign did before macOS 11."""
    return replace(library(signature), version=0x20200)


def without_info(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Take the Info.plist out of a bundle's files."""
    return {name: content for name, content in files.items() if not name.endswith("Info.plist")}


def fat_of(archive: bytes) -> bytes:
    """Put a static library into a fat file, as `lipo` does."""
    head = struct.pack(">2I5I", 0xCAFE_BABE, 1, 0x0100_000C, 0, 4096, len(archive), 12)
    return head.ljust(4096, b"\0") + archive


def fat_framework() -> dict[str, bytes]:
    """Make a framework for devices and for the Simulator of an Intel Mac, each slice signed."""
    files = framework()
    kit = f"{PLACE}Frameworks/Kit.framework/"
    seal = library(
        Signature(
            identifier="com.example.kit",
            info_plist=files[f"{kit}Info.plist"],
            code_resources=files[f"{kit}_CodeSignature/CodeResources"],
        )
    )
    device = signed_macho(Executable(signature=seal))
    simulator = signed_macho(Executable(architecture="x86_64", platform=7, signature=seal))
    return {**files, f"{kit}Kit": fat(device, simulator)}


def clipped(parents: list[str] | None, *inside: App) -> App:
    """Make an App Clip that is the app itself, of these parents, with bundles inside."""
    key = "com.apple.developer.parent-application-identifiers"
    rights = {"com.apple.developer.on-demand-install-capable": True, **({key: parents} if parents else {})}
    return replace(claiming(rights, Profile(entitlements=rights)), extra=holding(*inside).extra)


def entitled(*rights: str) -> App:
    """Make an app that claims these entitlements, which its profile allows."""
    table = dict.fromkeys(rights, True)
    return claiming(table, Profile(entitlements=table))


def prefixed(prefix: str) -> App:
    """Make an app whose application-identifier begins with another prefix than its team's, as some of 2010 do."""
    own = {"application-identifier": f"{prefix}.{BUNDLE_ID}", "keychain-access-groups": [f"{prefix}.{BUNDLE_ID}"]}
    return claiming(own, Profile(entitlements=own))


def _changed(app: App, info: Mapping[str, object], changes: Mapping[str, object]) -> App:
    more = changes.get("info", {})
    assert isinstance(more, dict)
    return replace(app, **{**changes, "info": {**info, **more}})


# --- archives -----------------------------------------------------------------------------------------------


def changed(app: App, files: Mapping[str, bytes | None]) -> bytes:
    """Make the IPA with files of the app changed after it was signed, or taken away."""
    entries = {**bundle(app), **{PLACE + name: content for name, content in files.items()}}
    return make_zip({name: content for name, content in entries.items() if content is not None}, app.built)


def linked_app() -> bytes:
    """Pack a symbolic link to the app in its place, as `zip -y` does."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("Payload/Runner.app")
        link.create_system, link.external_attr = 3, 0o120755 << 16
        archive.writestr(link, "../../build/ios/iphoneos/Runner.app")
    return buffer.getvalue()


def leaflet(bundle_id: str = BUNDLE_ID, **keys: str) -> App:
    """Make an app with the iTunesMetadata.plist that the store puts in."""
    return App(extra={"iTunesMetadata.plist": plistlib.dumps({"softwareVersionBundleId": bundle_id, **keys})})


def piped() -> bytes:
    """Pack the sample into a pipe, nothing deflated: the lengths of its files stand behind them only."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, content in bundle(App()).items():
            archive.writestr(name, content)
    return bytes(pipe.written)


class _Pipe(io.RawIOBase):
    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type] # any buffer
        self.written += piece
        return len(piece)
