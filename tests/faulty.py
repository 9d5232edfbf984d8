"""Apps with something special about them, on top of `tests.samples`: for the table of rules."""

from __future__ import annotations

import io
import plistlib
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING

from generator.records import replace
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
    point = {"NSExtension": {"NSExtensionPointIdentifier": "com.apple.share-services"}, "CFBundlePackageType": "XPC!"}
    app = App(name=name, folder=f"{PLACE}{place}/{name}.appex", bundle_id=f"{BUNDLE_ID}.{name}", icon=None)
    return _changed(app, point, changes)


def watch(**changes: object) -> App:
    """Make a watch app for the sample; `info` among the changes comes on top of its own."""
    keys = {"WKApplication": True, "WKCompanionAppBundleIdentifier": BUNDLE_ID, "UIDeviceFamily": [4]}
    app = App(name="Wrist", folder=f"{PLACE}Watch/Wrist.app", bundle_id=f"{BUNDLE_ID}.watchkitapp", icon=None)
    return _changed(replace(app, code=Executable(platform=4)), keys, changes)


def watch_extension() -> App:
    """Make an extension for the watch app."""
    return extension("Hand", "Watch/Wrist.app/PlugIns", bundle_id=f"{BUNDLE_ID}.watchkitapp.Hand")


def clip(**changes: object) -> App:
    """Make an App Clip for the sample."""
    app = App(name="Clip", folder=f"{PLACE}AppClips/Clip.app", bundle_id=f"{BUNDLE_ID}.Clip", icon=None)
    return _changed(app, {}, changes)


def framework(place: str = "", *, signed: bool = True) -> dict[str, bytes]:
    """Make a framework for the sample, by full name."""
    app = App(name="Kit", folder=f"{PLACE}{place}Frameworks/Kit.framework", icon=None, profile=None, signed=signed)
    return bundle(app)


def _changed(app: App, info: Mapping[str, object], changes: Mapping[str, object]) -> App:
    more = changes.get("info", {})
    assert isinstance(more, dict)
    return replace(app, **{**changes, "info": {**info, **more}})


# --- archives -----------------------------------------------------------------------------------------------


def changed(app: App, files: Mapping[str, bytes | None]) -> bytes:
    """Make the IPA with files of the app changed after it was signed, or taken away."""
    entries = {**bundle(app), **{PLACE + name: content for name, content in files.items()}}
    return make_zip({name: content for name, content in entries.items() if content is not None}, app.built)


def leaflet(bundle_id: str) -> App:
    """Make an app with the leaflet that the store puts in."""
    return App(extra={"iTunesMetadata.plist": plistlib.dumps({"softwareVersionBundleId": bundle_id})})


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
