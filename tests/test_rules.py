"""Each rule beside files that break it, read as any other file is: none speaks where it should not, none is missing."""

from __future__ import annotations

import plistlib
import re
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ota_site.apple.ipa import inspect_ipa
from ota_site.model.build import Problem, Severity
from ota_site.model.errors import IpaError
from ota_site.model.records import Record, replace
from ota_site.rules.policy import CODES
from ota_site.rules.registry import RULES, judge
from tests.builds import NOW
from tests.faulty import (
    PLACE,
    changed,
    claiming,
    clip,
    clipped,
    entitled,
    extended,
    extension,
    fat_framework,
    fat_of,
    framed,
    framed_until,
    framework,
    holding,
    leaflet,
    linked_app,
    listing,
    nobody,
    older,
    piped,
    pointing,
    prefixed,
    resigned,
    signed_until,
    two_slices,
    watch,
    watch_extension,
    without_info,
)
from tests.profiles import TEAM_ID, Profile, signing_certificate
from tests.samples import BUNDLE_ID, App, bundle, info_plist, mach_o, make_ipa, make_zip, not_ipas, on_demand_resources
from tests.signing import Executable, signed_macho

PAGES = Path(__file__).parents[1] / "docs" / "rules"
HEADINGS = ["What the device says", "Why", "What to do", "What it does not see"]
# What keeps a file out of the catalog, so that there is no build to judge.
READING = {"not-an-ipa", "no-app", "several-apps", "info-plist-invalid", "missing-bundle-id"}
# What is judged beside the build before.
BESIDE = {"other-team", "update-refused"}
# What only `inspect --deep` raises.
DEEP = {"file-altered"}
# What no file is known to raise: see test_errors.
UNFORESEEN = {"unreadable"}
PAGED = CODES | READING | DEEP | UNFORESEEN


# --- the table ----------------------------------------------------------------------------------------------


class Case(Record):
    """A mutation of the clean sample, the codes that it raises besides notes, and why where there are two."""

    what: str
    codes: set[str]
    ipa: App | Callable[[], bytes]
    why: str = ""

    def make(self) -> bytes:
        """Return the bytes of the IPA."""
        return make_ipa(self.ipa) if isinstance(self.ipa, App) else self.ipa()


SIMULATOR = {"CFBundleSupportedPlatforms": ["iPhoneSimulator"], "DTPlatformName": "iphonesimulator"}
YESTERDAY, NEXT_WEEK = NOW - timedelta(days=1), NOW + timedelta(days=7)
OTHER = signing_certificate("development")
EMPTY_REQUIREMENTS = struct.pack(">3I", 0xFADE_0C01, 12, 0)
GROUPS = "com.apple.security.application-groups"
DOMAINS = "com.apple.developer.associated-domains"
CLOUD = "com.apple.developer.icloud-container-environment"
STORE = "com.apple.developer.ubiquity-kvstore-identifier"
PUSH = {"aps-environment": "production"}
EXPIRED = Profile(expires=YESTERDAY)
HOST = "com.apple.developer.web-browser-engine.host"
EMBEDDED = "com.apple.developer.embedded-web-browser-engine"
BROWSER = "com.apple.developer.web-browser"
KIT = f"{PLACE}Frameworks/Kit.framework/"
STATIC = b"!<arch>\n".ljust(68, b" ")
EXTENDED_WATCH: dict[str, object] = {"WKApplication": None, "WKWatchKitApp": True}
OWN = {
    "application-identifier": f"{TEAM_ID}.{BUNDLE_ID}.*",
    "com.apple.developer.team-identifier": TEAM_ID,
    "keychain-access-groups": [f"{TEAM_ID}.*"],
}

BROKEN = (
    Case(
        "for the Simulator",
        {"simulator-build"},
        App(code=Executable(platform=7), signed=False, profile=None, info=SIMULATOR),
    ),
    Case(
        "for the Simulator, signed as Xcode does for it",
        {"simulator-build"},
        App(code=Executable(platform=7), resign=nobody, profile=None, info=SIMULATOR),
    ),
    Case(
        "for the Simulator of an old Xcode, on an Intel Mac",
        {"simulator-build"},
        App(code=Executable(architecture="i386", old_platform=0x25), signed=False, profile=None),
    ),
    Case("for Apple TV", {"platform-not-installable"}, App(code=Executable(platform=3))),
    Case("for Apple Watch alone", {"platform-not-installable"}, App(code=Executable(platform=4, architecture="armv7"))),
    Case("for the Mac", {"platform-not-installable"}, App(code=Executable(platform=1, architecture="x86_64"))),
    Case("its executable is not there", {"missing-executable"}, App(info={"CFBundleExecutable": "Gone"})),
    Case("its executable is a script", {"missing-executable"}, App(executable=b"#!/bin/sh\n")),
    Case("it names no executable", {"missing-executable"}, App(info={"CFBundleExecutable": None})),
    Case("encrypted by FairPlay", {"encrypted"}, App(code=Executable(cryptid=1))),
    Case("straight from the store, without a profile", {"encrypted"}, App(code=Executable(cryptid=1), profile=None)),
    Case("never signed", {"unsigned"}, App(signed=False)),
    Case("never signed, without a profile", {"unsigned"}, App(signed=False, profile=None)),
    Case("signed by nobody", {"unsigned"}, App(resign=nobody)),
    Case("signed by nobody, without a profile", {"unsigned"}, App(resign=nobody, profile=None)),
    Case("its executable has no signature", {"unsigned"}, App(executable=mach_o())),
    Case("_CodeSignature taken away", {"unsigned"}, lambda: changed(App(), {"_CodeSignature/CodeResources": None})),
    Case(
        "_CodeSignature taken away, certificate expired",
        {"unsigned"},
        lambda: changed(signed_until(-1), {"_CodeSignature/CodeResources": None}),
    ),
    Case("without a profile", {"no-profile"}, App(profile=None)),
    Case("for the App Store", {"app-store-profile"}, App(profile=Profile(kind="app-store"))),
    Case("its profile expired", {"profile-expired"}, App(profile=Profile(expires=YESTERDAY))),
    Case("its profile expires this very moment", {"profile-expired"}, App(profile=Profile(expires=NOW))),
    Case("its certificate expired", {"certificate-expired"}, signed_until(-1)),
    Case(
        "its profile is for another app",
        {"bundle-id-not-in-profile"},
        App(profile=Profile(bundle_id="com.example.other")),
    ),
    Case(
        "its profile is for a longer name",
        {"bundle-id-not-in-profile"},
        App(profile=Profile(bundle_id=f"{BUNDLE_ID}.*")),
    ),
    Case("its profile lists another certificate", {"certificate-not-in-profile"}, App(profile=listing(OTHER))),
    Case("claims push messages", {"entitlement-not-in-profile"}, claiming({"aps-environment": "production"})),
    Case(
        "claims the wrong sort of push messages",
        {"entitlement-not-in-profile"},
        claiming({"aps-environment": "development"}, Profile(entitlements={"aps-environment": "production"})),
    ),
    Case(
        "claims to be debugged, in an ad hoc build", {"entitlement-not-in-profile"}, claiming({"get-task-allow": True})
    ),
    Case(
        "claims a group beyond its own",
        {"entitlement-not-in-profile"},
        claiming({GROUPS: ["group.one", "group.two"]}, Profile(entitlements={GROUPS: ["group.one"]})),
    ),
    Case(
        "claims domains of a sort that is not allowed",
        {"entitlement-not-in-profile"},
        claiming({DOMAINS: ["applinks:example.com"]}, Profile(entitlements={DOMAINS: "webcredentials:*"})),
    ),
    Case(
        "claims another team's key chain",
        {"entitlement-not-in-profile"},
        claiming({"keychain-access-groups": [f"OTHERTEAM1.{BUNDLE_ID}"]}),
    ),
    Case(
        "claims another team's identifier",
        {"entitlement-not-in-profile"},
        claiming({"application-identifier": f"OTHERTEAM1.{BUNDLE_ID}"}),
    ),
    Case("for 32 bits alone", {"no-arm64"}, App(code=Executable(architecture="armv7"))),
    Case("signed with an old codesign", {"signature-too-old"}, resigned(version=0x20200)),
    Case("signed without entitlements", {"no-application-identifier"}, resigned(entitlements=None, der="none")),
    Case(
        "signed with entitlements that do not say whose it is",
        {"no-application-identifier"},
        resigned(entitlements={"get-task-allow": False}),
    ),
    Case("entitlements in XML alone", {"signature-too-old"}, resigned(der="none")),
    Case(
        "Info.plist edited after signing",
        {"info-plist-altered"},
        lambda: changed(App(), {"Info.plist": bundle(App(xml_info=True))[f"{PLACE}Info.plist"]}),
    ),
    Case(
        "a list of sealed files from elsewhere",
        {"resources-altered"},
        lambda: changed(App(), {"_CodeSignature/CodeResources": plistlib.dumps({"files2": {}, "rules2": {}})}),
    ),
    Case("signed under another identifier", {"signing-identifier"}, resigned(identifier="com.example.other")),
    Case(
        "an extension signed under another identifier",
        {"signing-identifier"},
        holding(extension(resign=lambda seal: replace(seal, identifier="Share"))),
    ),
    Case(
        "given another identifier after it was signed",
        {"info-plist-altered"},
        lambda: changed(
            App(profile=Profile(bundle_id="*")),
            {"Info.plist": plistlib.dumps(info_plist(App(bundle_id=f"{BUNDLE_ID}2")))},
        ),
    ),
    Case("part of its signature replaced", {"resources-altered"}, resigned(altered={2: EMPTY_REQUIREMENTS})),
    Case("without a build number", {"missing-version"}, App(info={"CFBundleVersion": None})),
    Case("its version is empty", {"missing-version"}, App(version="")),
    Case("its version is a number", {"missing-version"}, App(info={"CFBundleShortVersionString": 1.5})),
    Case("its build number is a number", {"missing-version"}, App(info={"CFBundleVersion": 45})),
    Case(
        "an extension without a build number",
        {"missing-version"},
        holding(extension(info={"CFBundleVersion": None})),
    ),
    Case(
        "two extensions of one identifier",
        {"duplicate-bundle-id"},
        holding(extension(), extension("Other", bundle_id=f"{BUNDLE_ID}.Share")),
    ),
    Case("an extension with the app's identifier", {"duplicate-bundle-id"}, holding(extension(bundle_id=BUNDLE_ID))),
    Case(
        "an extension of another app",
        {"extension-bundle-id"},
        holding(extension(bundle_id="com.example.other.Share")),
    ),
    Case(
        "an extension's identifier ends with the dot",
        {"extension-bundle-id"},
        holding(extension(bundle_id=f"{BUNDLE_ID}.")),
    ),
    Case(
        "an extension's identifier lacks the dot",
        {"extension-bundle-id"},
        holding(extension(bundle_id=f"{BUNDLE_ID}Share")),
    ),
    Case(
        "a watch app's extension begins with the iPhone app's identifier",
        {"extension-bundle-id"},
        holding(watch(), extension(place="Watch/Wrist.app/PlugIns")),
    ),
    Case("an extension is not signed", {"extension-not-signed"}, holding(extension(signed=False))),
    Case("an extension is signed by nobody", {"extension-not-signed"}, holding(extension(resign=nobody))),
    Case("a framework is embedded without signing", {"extension-not-signed"}, App(extra=framework(signed=False))),
    Case("a framework is signed by nobody", {"extension-not-signed"}, App(extra=framework(resign=nobody))),
    Case(
        "a framework has a list of sealed files, and no signature in its code",
        {"extension-not-signed"},
        App(extra=framework(executable=mach_o())),
    ),
    Case("a framework without Info.plist", {"bundle-info-plist"}, App(extra=without_info(framework()))),
    Case("an extension without Info.plist", {"bundle-info-plist"}, App(extra=without_info(bundle(extension())))),
    Case(
        "a framework whose Info.plist is no property list",
        {"bundle-info-plist"},
        App(extra={**framework(), f"{KIT}Info.plist": b"{"}),
    ),
    Case(
        "a framework without an identifier",
        {"bundle-identifier"},
        App(extra=framework(info={"CFBundleIdentifier": None})),
    ),
    Case("a slash in a framework's identifier", {"bundle-identifier"}, App(extra=framework(bundle_id="com/example"))),
    Case("a slash in the app's identifier", {"bundle-identifier"}, App(bundle_id="com.example/sample")),
    Case(
        "a framework without its executable",
        {"missing-executable"},
        App(extra=framework(info={"CFBundleExecutable": "Gone"})),
    ),
    Case(
        "an extension that names no executable",
        {"missing-executable"},
        holding(extension(info={"CFBundleExecutable": None})),
    ),
    Case("a static library as a framework", {"static-framework"}, App(extra=framework(executable=STATIC))),
    Case(
        "a static library for two processors as a framework",
        {"static-framework"},
        App(extra=framework(executable=fat_of(STATIC))),
    ),
    Case("a framework from the store", {"encrypted"}, App(extra=framework(code=Executable(cryptid=1)))),
    Case("a framework with an old signature", {"signature-too-old"}, framed(version=0x20200)),
    Case("a framework of another certificate", {"certificate-not-in-profile"}, framed(certificate=OTHER)),
    Case("a framework whose certificate expired", {"certificate-expired"}, framed_until(-1)),
    Case("a framework under another identifier", {"signing-identifier"}, framed(identifier="Kit")),
    Case("a framework under other capitals", {"signing-identifier"}, framed(identifier="com.example.Kit")),
    Case("the app under other capitals", {"signing-identifier"}, resigned(identifier="com.Example.sample")),
    Case("a framework's Info.plist edited", {"info-plist-altered"}, framed(info_plist=b"other")),
    Case("a framework's list of files edited", {"resources-altered"}, framed(code_resources=b"other")),
    Case("a framework with the app's identifier", {"duplicate-bundle-id"}, App(extra=framework(bundle_id=BUNDLE_ID))),
    Case(
        "a framework for the Simulator", {"framework-not-loadable"}, App(extra=framework(code=Executable(platform=7)))
    ),
    Case(
        "a framework for 32 bits",
        {"framework-not-loadable"},
        App(extra=framework(code=Executable(architecture="armv7"))),
    ),
    Case("a framework of another team", {"framework-not-loadable"}, framed(team_id="OTHERTEAM1")),
    Case(
        "an extension for the Simulator",
        {"simulator-build"},
        holding(extension(code=Executable(platform=7))),
    ),
    Case("an extension for 32 bits", {"no-arm64"}, holding(extension(code=Executable(architecture="armv7")))),
    Case("no NSExtension", {"extension-info-plist"}, extended(NSExtension=None)),
    Case("NSExtension is a list", {"extension-info-plist"}, extended(NSExtension=["com.apple.share-services"])),
    Case("no extension point", {"extension-info-plist"}, extended(NSExtension={"NSExtensionPrincipalClass": "A"})),
    Case("an extension point that is a number", {"extension-info-plist"}, pointing(3)),
    Case("an extension point with a blank", {"extension-info-plist"}, pointing("com.apple.share services")),
    Case("no CFBundleName", {"extension-info-plist"}, extended(CFBundleName=None)),
    Case("an empty CFBundleName", {"extension-info-plist"}, extended(CFBundleName="")),
    Case("no display name, with a screen", {"extension-info-plist"}, extended(CFBundleDisplayName=None)),
    Case("a version that is a number", {"extension-info-plist"}, extended(CFBundleShortVersionString=1)),
    Case("the package type of an app", {"extension-info-plist"}, extended(CFBundlePackageType="APPL")),
    Case("neither class nor storyboard", {"extension-info-plist"}, pointing("com.apple.share-services")),
    Case(
        "attributes that are a list",
        {"extension-info-plist"},
        pointing("com.apple.share-services", NSExtensionPrincipalClass="A", NSExtensionAttributes=[]),
    ),
    Case(
        "an empty context class",
        {"extension-info-plist"},
        pointing("com.apple.share-services", NSExtensionPrincipalClass="A", NSExtensionContextClass=""),
    ),
    Case(
        "Siri without intents",
        {"extension-info-plist"},
        pointing("com.apple.intents-service", NSExtensionPrincipalClass="A", NSExtensionAttributes={"a": "b"}),
    ),
    Case(
        "Siri restricts an intent that it does not have",
        {"extension-info-plist"},
        pointing(
            "com.apple.intents-service",
            NSExtensionPrincipalClass="A",
            NSExtensionAttributes={"IntentsSupported": ["One"], "IntentsRestrictedWhileLocked": ["Two"]},
        ),
    ),
    Case(
        "ExtensionKit without its attributes",
        {"extension-info-plist"},
        holding(extension(place="Extensions", info={"EXAppExtensionAttributes": None})),
    ),
    Case(
        "an extension of the watch app without NSExtension",
        {"extension-info-plist"},
        holding(watch(), watch_extension(NSExtension=None)),
    ),
    Case(
        "an unknown extension point",
        {"extension-point-unknown"},
        pointing("com.apple.no-such-point", NSExtensionPrincipalClass="A"),
    ),
    Case("the shell of a watch app", {"info-plist-refused"}, App(info={"ITSWatchOnlyContainer": True})),
    Case("four names for Siri", {"info-plist-refused"}, App(info={"INAlternativeAppNames": [{}] * 4})),
    Case("domains that are a text", {"info-plist-refused"}, App(info={"NSPrivacyTrackingDomains": "a.example"})),
    Case("domains that are data", {"info-plist-refused"}, App(info={"NSPrivacyTrackingDomains": [b"a.example"]})),
    Case("an App Clip without an app", {"app-clip"}, clipped(None)),
    Case("an App Clip of two apps", {"app-clip"}, clipped([f"{TEAM_ID}.a", f"{TEAM_ID}.b"])),
    Case("an App Clip of another app", {"app-clip"}, clipped([f"{TEAM_ID}.com.other"])),
    Case("an App Clip two levels down", {"app-clip"}, clipped([f"{TEAM_ID}.com"])),
    Case("an App Clip with a share extension", {"app-clip"}, clipped([f"{TEAM_ID}.com.example"], extension())),
    Case("an App Clip with a watch app", {"app-clip"}, clipped([f"{TEAM_ID}.com.example"], watch())),
    Case("two kinds of browser engine", {"entitlement-conflict"}, entitled(HOST, BROWSER, EMBEDDED)),
    Case("a browser's engine without a browser", {"entitlement-conflict"}, entitled(HOST)),
    Case("a browser with another's engine", {"entitlement-conflict"}, entitled(EMBEDDED, BROWSER)),
    Case(
        "it claims to be another app of its team",
        {"signed-as-other-app"},
        claiming({"application-identifier": f"{TEAM_ID}.com.example.other"}, Profile(bundle_id="*")),
    ),
    Case(
        "it claims its profile's star",
        {"signed-as-other-app"},
        claiming({"application-identifier": f"{TEAM_ID}.*"}, Profile(bundle_id="*")),
    ),
    Case(
        "signed under another app's profile",
        {"signed-as-other-app"},
        claiming({"application-identifier": f"{TEAM_ID}.com.other"}, Profile(bundle_id="com.other")),
    ),
    Case("a build number left to fill in", {"unfilled-variable"}, App(build="$(CURRENT_PROJECT_VERSION)")),
    Case("a version left to fill in", {"unfilled-variable"}, App(version="${MARKETING_VERSION}")),
    Case("a name left to fill in", {"unfilled-variable"}, App(info={"CFBundleDisplayName": "$(PRODUCT_NAME)"})),
    Case(
        "an extension's build number left to fill in",
        {"unfilled-variable"},
        holding(extension(build="$(CURRENT_PROJECT_VERSION)")),
    ),
    Case("a watch app is not signed", {"watch-app-code"}, holding(watch(signed=False))),
    Case("a watch app is signed by nobody", {"watch-app-code"}, holding(watch(resign=nobody))),
    Case(
        "a framework of the watch app with an old signature",
        {"watch-app-code"},
        holding(watch(extra=framework("Watch/Wrist.app/", resign=older))),
    ),
    Case("an extension's profile expired", {"extension-profile"}, holding(extension(profile=EXPIRED))),
    Case(
        "an extension's profile is the app's",
        {"extension-profile"},
        holding(extension(profile=Profile(bundle_id=BUNDLE_ID))),
    ),
    Case(
        "an extension's profile is for the store",
        {"extension-profile"},
        holding(extension(profile=Profile(kind="app-store"))),
    ),
    Case("an extension has no profile", {"extension-profile"}, holding(extension(profile=None))),
    Case(
        "an extension claims what its profile does not allow",
        {"extension-profile"},
        holding(extension(resign=lambda seal: replace(seal, entitlements={**(seal.entitlements or {}), **PUSH}))),
    ),
    Case(
        "an extension is signed with another certificate",
        {"certificate-not-in-profile"},
        holding(extension(profile=listing(OTHER, Entitlements=OWN))),
    ),
    Case(
        "an extension's profile knows a device less",
        {"extension-devices"},
        holding(extension(profile=Profile(devices=2))),
    ),
    Case(
        "an extension's profile lists devices, the app's is for all",
        {"extension-devices"},
        replace(holding(extension()), profile=Profile(kind="enterprise")),
    ),
    Case(
        "an extension's profile expires in a week",
        {"profile-expires-soon"},
        holding(extension(profile=Profile(expires=NEXT_WEEK))),
    ),
    Case(
        "a watch app of another app",
        {"watch-companion"},
        holding(watch(info={"WKCompanionAppBundleIdentifier": "com.example.other"})),
    ),
    Case(
        "an app for the watch alone",
        {"watch-companion"},
        holding(watch(info={"WKCompanionAppBundleIdentifier": None, "WKWatchOnly": True})),
    ),
    Case(
        "a watch app's Info.plist cannot be read",
        {"bundle-info-plist"},
        replace(holding(watch()), extra={**holding(watch()).extra, f"{PLACE}Watch/Wrist.app/Info.plist": b"no"}),
    ),
    Case("a watch app has no identifier", {"bundle-identifier"}, holding(watch(info={"CFBundleIdentifier": None}))),
    Case(
        "the Info.plist of a watch app's extension cannot be read",
        {"bundle-info-plist"},
        replace(
            holding(watch(info={"WKApplication": None, "WKWatchKitApp": True}), watch_extension()),
            extra={
                **holding(watch(info={"WKApplication": None, "WKWatchKitApp": True}), watch_extension()).extra,
                f"{PLACE}Watch/Wrist.app/PlugIns/Hand.appex/Info.plist": b"no",
            },
        ),
    ),
    Case("a watch app has nothing to run", {"missing-executable"}, holding(watch(info={"CFBundleExecutable": None}))),
    Case(
        "a second watch app",
        {"watch-companion"},
        holding(watch(), replace(watch(bundle_id=f"{BUNDLE_ID}.other"), folder=f"{PLACE}Watch/Other.app")),
    ),
    Case("a watch app of no kind", {"watch-companion"}, holding(watch(info={"WKApplication": None}))),
    Case("a watch app's identifier", {"watch-companion"}, holding(watch(bundle_id="com.example.wrist"))),
    Case("a watch app for iPhone", {"watch-companion"}, holding(watch(info={"UIDeviceFamily": [1]}))),
    Case("a watch app for the watch alone", {"watch-companion"}, holding(watch(info={"WKWatchOnly": True}))),
    Case("a watch app of two kinds", {"watch-companion"}, holding(watch(info={"WKWatchKitApp": True}))),
    Case("a single watch app with an extension", {"watch-companion"}, holding(watch(), watch_extension())),
    Case(
        "a watch app without its extension",
        {"watch-companion"},
        holding(watch(info={"WKApplication": None, "WKWatchKitApp": True})),
    ),
    Case(
        "frameworks for watchOS 2",
        {"watch-companion"},
        holding(watch(info={"MinimumOSVersion": "2.2"}, extra=framework("Watch/Wrist.app/"))),
    ),
    Case("the store's file of another app", {"itunes-metadata-mismatch"}, leaflet("com.example.other")),
    Case("the store's file of another build", {"itunes-metadata-version"}, leaflet(bundleVersion="44")),
    Case("the store's file of another version", {"itunes-metadata-version"}, leaflet(bundleShortVersionString="2")),
    Case("packed into a pipe", {"stream-unsafe"}, piped),
    Case("its profile expires in a week", {"profile-expires-soon"}, App(profile=Profile(expires=NEXT_WEEK))),
    Case("its certificate expires in a week", {"certificate-expires-soon"}, signed_until(7)),
    Case("of a free account", {"free-team"}, App(profile=Profile(kind="development", free=True))),
    Case(
        "of a free account, as Apple makes them",
        {"free-team", "profile-expires-soon"},
        App(profile=Profile(kind="development", free=True, expires=NEXT_WEEK)),
        why="free profiles live seven days, and both are worth knowing: when, and that there is no longer one",
    ),
    Case(
        "packs left in Xcode's archive",
        {"asset-packs-missing"},
        App(extra=on_demand_resources("level-1", "level-2", embedded=False)),
    ),
    Case(
        "packs at an address that is not https",
        {"asset-packs-missing"},
        App(extra=on_demand_resources("level-1", base_url="http://packs.example/")),
    ),
    Case("thinned", {"thinned-variant"}, App(info={"UISupportedDevices": ["iPhone17,1"]})),
    Case("an extension of another version", {"extension-version"}, holding(extension(version="1.2.2"))),
    Case("without an icon", {"no-icon"}, App(icon=None)),
    Case(
        "icons that are listed and not in it",
        {"icon-missing"},
        App(icon=None, info={"CFBundleIconFiles": ["Gone60x60"]}),
    ),
    Case(
        "a damaged icon beside a good one",
        {"icon-damaged"},
        App(extra=dict.fromkeys([f"{PLACE}AppIcon60x60@2x.png"], b"\x89PNG")),
    ),
    Case(
        "expired twice",
        {"profile-expired", "certificate-expired"},
        signed_until(-1, ExpirationDate=YESTERDAY.replace(tzinfo=None)),
        why="each is renewed by itself",
    ),
)

CLEAN = (
    Case("the sample", set(), App()),
    Case("in-house", set(), App(profile=Profile(kind="enterprise"))),
    Case("development", set(), App(profile=Profile(kind="development"))),
    Case("a profile for all apps", set(), App(profile=Profile(bundle_id="*"))),
    Case("a profile for the company's apps", set(), App(profile=Profile(bundle_id="com.example.*"))),
    Case("a profile in other capitals", set(), App(profile=Profile(bundle_id="com.Example.Sample"))),
    Case("a profile in BER", set(), App(profile=Profile(encoding="ber"))),
    Case("a bare profile", set(), App(profile=Profile(encoding="bare"))),
    Case("a profile whose own signature is broken", set(), App(profile=Profile(encoding="broken-signature"))),
    Case(
        "a profile that Xcode manages",
        set(),
        App(profile=listing(IsXcodeManaged=True, Name="iOS Team Profile: *")),
    ),
    Case("a team with several certificates", set(), App(profile=listing(OTHER, signing_certificate()))),
    Case("a profile that lists no certificates", set(), App(profile=listing(DeveloperCertificates=[]))),
    Case("arm64 and armv7", set(), two_slices),
    Case("arm64e", set(), App(code=Executable(architecture="arm64e"))),
    Case("code that names no system", set(), App(code=Executable(platform=0))),
    Case("code of an old linker", set(), App(code=Executable(old_platform=0x25))),
    Case("for Apple Vision", set(), App(code=Executable(platform=11))),
    Case("directories in SHA-1 and SHA-256", set(), resigned(algorithms=("sha1", "sha256"))),
    Case("entitlements in the DER of Xcode 12", set(), resigned(der="xcode-12")),
    Case("a later code directory", set(), resigned(version=0x20500)),
    Case("names in UTF-8 without the flag", set(), App(name="Sample", localised={"ja": "見本"}, utf8_flag=False)),
    Case("a folder in Japanese, without the flag", set(), App(name="見本", utf8_flag=False)),
    Case("a name with spaces", set(), App(name="very capable app")),
    Case("litter of the Finder", set(), App(litter=True)),
    Case("stored, not deflated", set(), App(compression=zipfile.ZIP_STORED)),
    Case("an Info.plist in XML", set(), App(xml_info=True)),
    Case("packs inside it", set(), App(extra=on_demand_resources("level-1", "level-2"))),
    Case("packs on a server", set(), App(extra=on_demand_resources("level-1", base_url="https://packs.example/a?p="))),
    Case("no version for people", set(), App(info={"CFBundleShortVersionString": None})),
    Case("its own leaflet", set(), leaflet(BUNDLE_ID)),
    Case(
        "development, claiming not to be debugged",
        set(),
        claiming({"get-task-allow": False}, Profile(kind="development")),
    ),
    Case("claims things by saying no", set(), claiming({"com.apple.developer.siri": False, "aps-environment": ""})),
    Case("claims no groups", set(), claiming({GROUPS: []})),
    Case(
        "a group of its own",
        set(),
        claiming({GROUPS: ["group.two"]}, Profile(entitlements={GROUPS: ["group.one", "group.two"]})),
    ),
    Case(
        "domains, where all are allowed",
        set(),
        claiming({DOMAINS: ["applinks:example.com"]}, Profile(entitlements={DOMAINS: "*"})),
    ),
    Case(
        "one of two environments",
        set(),
        claiming({CLOUD: "Production"}, Profile(entitlements={CLOUD: ["Development", "Production"]})),
    ),
    Case(
        "a key-value store of its team",
        set(),
        claiming({STORE: f"{TEAM_ID}.{BUNDLE_ID}"}, Profile(entitlements={STORE: f"{TEAM_ID}.*"})),
    ),
    Case(
        "a value of a sort that is not known",
        set(),
        claiming({"com.apple.developer.new": {"a": 1}}, Profile(entitlements={"com.apple.developer.new": True})),
    ),
    Case(
        "a Mac's sandbox, in a project for both",
        set(),
        claiming({"com.apple.security.app-sandbox": True, "com.apple.security.network.client": True}),
    ),
    Case(
        "extension, watch app with its own, and App Clip",
        set(),
        holding(
            extension(),
            extension("Widget", place="Extensions"),
            watch(info=EXTENDED_WATCH),
            watch_extension(),
            clip(),
            extension("Peek", place="AppClips/Clip.app/PlugIns", bundle_id=f"{BUNDLE_ID}.Clip.Peek"),
        ),
    ),
    Case(
        "one name on iPhone and on the watch",
        set(),
        holding(
            extension("watchkitapp"),
            watch(info=EXTENDED_WATCH),
            watch_extension(),
        ),
    ),
    Case("an App Clip that is not signed", set(), holding(clip(signed=False))),
    Case("a watch app that names no family", set(), holding(watch(info={"UIDeviceFamily": None}))),
    Case(
        "an extension without a version for people",
        set(),
        holding(extension(info={"CFBundleShortVersionString": None})),
    ),
    Case("a framework", set(), App(extra=framework())),
    Case("a framework for devices and the Simulator", set(), lambda: make_ipa(App(extra=fat_framework()))),
    Case("a file named like a framework", set(), App(extra={f"{PLACE}Frameworks/Kit.framework": b"kit"})),
    Case("an empty folder named like a framework", set(), App(extra={KIT: b""})),
    Case("tests of the app", set(), App(extra={f"{PLACE}PlugIns/Tests.xctest/Info.plist": b"no list"})),
    Case("an XPC service without Info.plist", set(), App(extra={f"{PLACE}XPCServices/Job.xpc/Job": b""})),
    Case("an App Clip without anything", set(), App(extra={f"{PLACE}AppClips/Clip.app/a.txt": b""})),
    Case("a loose library", set(), App(extra={f"{PLACE}Frameworks/libkit.dylib": signed_macho()})),
    Case("a widget, whose point gives the class", set(), pointing("com.apple.widgetkit-extension")),
    Case("an extension without a package type", set(), extended(CFBundlePackageType=None)),
    Case(
        "an extension for a point that an app defines",
        set(),
        holding(
            extension(
                place="Extensions",
                info={"EXAppExtensionAttributes": {"EXExtensionPointIdentifier": "com.example.host.point"}},
            )
        ),
    ),
    Case("an App Clip of its app", set(), clipped([f"{TEAM_ID}.com.example"])),
    Case("a browser with its engine", set(), entitled(HOST, BROWSER)),
    Case("the store's file of this build", set(), leaflet(bundleVersion="45", bundleShortVersionString=" 1.2.3 ")),
    Case("an old prefix before its identifier", set(), prefixed("OLDPREFIX1")),
    Case("a watch app with a framework", set(), holding(watch(extra=framework("Watch/Wrist.app/")))),
    Case(
        "a framework of an extension", set(), holding(extension(extra=framework("PlugIns/Share.appex/", signed=False)))
    ),
    Case(
        "an extension whose own profile expired, and whom the app's covers",
        set(),
        replace(holding(extension(profile=EXPIRED)), profile=Profile(bundle_id="*")),
    ),
    Case("a watch app whose profile knows another device", set(), holding(watch(profile=Profile(devices=4)))),
    Case("an App Clip whose profile expired", set(), holding(clip(profile=EXPIRED))),
    Case(
        "a large team's certificates",
        set(),
        App(
            profile=listing(
                *(signing_certificate(team=f"Team {number}") for number in range(150)), signing_certificate()
            )
        ),
    ),
)

# What is said of good builds: here every finding counts.
NOTES = (
    Case("the sample", {"device-list", "minimum-os"}, App()),
    Case("development", {"development-build", "device-list", "minimum-os"}, App(profile=Profile(kind="development"))),
    Case("in-house", {"enterprise-build", "minimum-os"}, App(profile=Profile(kind="enterprise"))),
    Case("for any system", {"device-list"}, App(info={"MinimumOSVersion": None})),
)

UNREADABLE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "text": ("not-an-ipa", lambda: not_ipas()["text"]),
    "cut short": ("not-an-ipa", lambda: not_ipas()["truncated"]),
    "no app": ("no-app", lambda: not_ipas()["no-app"]),
    "wrapped": ("no-app", lambda: not_ipas()["wrapped"]),
    "for the Mac": ("no-app", lambda: make_zip({f"{PLACE}Contents/Info.plist": b""}, NOW)),
    "two apps": ("several-apps", lambda: not_ipas()["two-apps"]),
    "a link to the app": ("no-app", linked_app),
    "no profile in its place": (
        "info-plist-invalid",
        lambda: make_ipa(App(profile=plistlib.dumps({"Name": "a"}))),
    ),
    "no property list": ("info-plist-invalid", lambda: changed(App(), {"Info.plist": b"name = Sample"})),
    "no identifier": ("missing-bundle-id", lambda: make_ipa(App(info={"CFBundleIdentifier": None}))),
}


def judged(case: Case, folder: Path) -> tuple[Problem, ...]:
    """Return the findings on a case, read from a file."""
    path = folder / "Sample.ipa"
    path.write_bytes(case.make())
    return judge(inspect_ipa(path), now=NOW)


def named(case: Case) -> str:
    """Return the name that a test of a case has."""
    return case.what


@pytest.mark.parametrize("case", BROKEN, ids=named)
def test_each_fault_raises_its_own_rule_alone(case: Case, tmp_path: Path) -> None:
    found = [problem.code for problem in judged(case, tmp_path) if problem.severity != Severity.NOTE]
    assert sorted(found) == sorted(case.codes)
    assert (len(found) > 1) == bool(case.why)


@pytest.mark.parametrize("case", CLEAN, ids=named)
def test_a_good_build_raises_no_error_and_no_warning(case: Case, tmp_path: Path) -> None:
    assert [problem for problem in judged(case, tmp_path) if problem.severity != Severity.NOTE] == []


@pytest.mark.parametrize("case", NOTES, ids=named)
def test_what_is_worth_knowing_of_a_good_build(case: Case, tmp_path: Path) -> None:
    found = judged(case, tmp_path)
    assert {problem.code for problem in found} == case.codes
    assert {problem.severity for problem in found} == {Severity.NOTE}


PUSHES = Profile(entitlements={"aps-environment": "production"})
REFUSED: dict[str, tuple[App, str, str]] = {
    "none at all": (claiming({"aps-environment": "production"}), "aps-environment", "enable the capability"),
    "another value": (claiming({"aps-environment": "development"}, PUSHES), "aps-environment (development)", "enable"),
    "one of two": (
        claiming({GROUPS: ["group.one", "group.two"]}, Profile(entitlements={GROUPS: ["group.one"]})),
        f"{GROUPS} (group.two)",
        "enable the capability",
    ),
    "no capability": (claiming({"get-task-allow": True}), "get-task-allow", "archive and export it"),
    "another team's": (
        claiming({"keychain-access-groups": [f"OTHERTEAM1.{BUNDLE_ID}"]}),
        f"keychain-access-groups (OTHERTEAM1.{BUNDLE_ID})",
        "sign it with entitlements made for this profile",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_profile_refuses_is_named_with_its_value_and_its_own_way_out(what: str, tmp_path: Path) -> None:
    app, named_as, way_out = REFUSED[what]
    (problem,) = (each for each in judged(Case("", set(), app), tmp_path) if each.severity == Severity.ERROR)
    assert problem.message == f"it claims {named_as}, which its profile does not allow"
    assert problem.hint.startswith(way_out)


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read_says_why(what: str, tmp_path: Path) -> None:
    code, make = UNREADABLE[what]
    path = tmp_path / "Sample.ipa"
    path.write_bytes(make())
    with pytest.raises(IpaError) as caught:
        inspect_ipa(path)
    assert caught.value.code == code
    assert caught.value.hint


def test_a_build_of_another_team_is_told_beside_the_one_before(tmp_path: Path) -> None:
    before, after = tmp_path / "1.ipa", tmp_path / "2.ipa"
    before.write_bytes(make_ipa())
    after.write_bytes(make_ipa(App(profile=Profile(team="Another GmbH", team_id="OTHERTEAM1"))))
    builds = inspect_ipa(before), inspect_ipa(after)
    alone = {problem.code for problem in judge(builds[1], now=NOW)}
    assert {problem.code for problem in judge(builds[1], builds[0], now=NOW)} - alone == {"other-team"}
    assert {problem.code for problem in judge(builds[1], builds[1], now=NOW)} == alone


def test_an_update_that_claims_another_identifier_is_reported(tmp_path: Path) -> None:
    before, after, former = tmp_path / "1.ipa", tmp_path / "2.ipa", tmp_path / "3.ipa"
    every = Profile(bundle_id="*", entitlements={"previous-application-identifiers": [f"{TEAM_ID}.*"]})
    other = {"application-identifier": f"{TEAM_ID}.com.example.other"}
    before.write_bytes(make_ipa(App(profile=every)))
    after.write_bytes(make_ipa(claiming(other, every)))
    known = {**other, "previous-application-identifiers": [f"{TEAM_ID}.{BUNDLE_ID}"]}
    former.write_bytes(make_ipa(claiming(known, every)))
    older, *newer = (inspect_ipa(path) for path in (before, after, former))
    told = [{problem.code for problem in judge(build, older, now=NOW)} & BESIDE for build in newer]
    assert told == [{"update-refused"}, set()]


# --- tables and pages agree ---------------------------------------------------------------------------------


def test_every_rule_has_a_mutation_and_every_mutation_a_rule() -> None:
    mutated = {code for case in (*BROKEN, *NOTES) for code in case.codes}
    assert mutated == CODES - BESIDE
    assert {code for code, _ in UNREADABLE.values()} == READING


def test_every_rule_is_named_by_its_code() -> None:
    rules = {rule.__name__.replace("_", "-") for rule in RULES}
    # Two look at two builds, the others at the zip while it is read.
    assert rules == CODES - BESIDE - {"stream-unsafe", "icon-damaged", "icon-missing"}


def test_every_code_has_its_page_and_every_page_its_code() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} - {"README"} == PAGED


@pytest.mark.parametrize("code", sorted(PAGED))
def test_pages_are_all_of_one_form(code: str) -> None:
    text = (PAGES / f"{code}.md").read_text("utf-8")
    assert text.startswith(f"# {code}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert 12 <= text.count("\n") <= 45
    links = re.findall(r"\]\(([a-z-]+)\.md\)", text)
    assert set(links) <= PAGED | {"README"}


def test_the_list_of_rules_has_each_with_its_severity(tmp_path: Path) -> None:
    severities = {problem.code: {problem.severity} for case in NOTES for problem in judged(case, tmp_path)}
    for case in BROKEN:
        for problem in judged(case, tmp_path):
            severities.setdefault(problem.code, set()).add(problem.severity)
    rows = re.findall(r"^\| \[([a-z0-9-]+)\]\(([a-z0-9-]+)\.md\) \| (\w+) \| .+ \|$", _list(), re.MULTILINE)
    assert all(code == page for code, page, _ in rows)
    listed = {code: severity for code, _, severity in rows}
    assert len(listed) == len(rows)
    assert listed.keys() == PAGED
    assert {code: {listed[code]} for code in severities} == severities


def test_the_list_of_rules_has_the_worst_first() -> None:
    order = re.findall(r"^\| \[.+?\) \| (\w+) \|", _list(), re.MULTILINE)
    assert order == sorted(order, key=list(Severity).index)


def _list() -> str:
    return (PAGES / "README.md").read_text("utf-8")


# --- the real files -----------------------------------------------------------------------------------------

# What INDEX.md asks for, and what else our reader finds in the files: dates, versions and architectures.
REAL: dict[str, tuple[set[str], set[str]]] = {
    "ad-hoc.ipa": ({"profile-expired"}, {"certificate-expired", "signature-too-old"}),
    "assets-car-only.ipa": ({"profile-expired"}, {"certificate-expired"}),
    "chinese-unflagged.ipa": ({"profile-expired"}, {"certificate-expired", "signature-too-old"}),
    "embedded.ipa": ({"profile-expired"}, {"certificate-expired"}),
    "enterprise-2012.ipa": ({"profile-expired", "no-arm64"}, {"certificate-expired", "signature-too-old"}),
    "ipad.ipa": ({"app-store-profile"}, {"profile-expired", "certificate-expired", "signature-too-old"}),
    "iphone.ipa": ({"profile-expired"}, {"certificate-expired", "signature-too-old"}),
    "many-icons.ipa": (set(), {"profile-expired", "certificate-expired", "signature-too-old"}),
    "simulator.ipa": ({"simulator-build"}, set()),
    "unsigned.ipa": ({"unsigned"}, set()),
    # Its certificate was made for the test that it comes from, and ends in 2028.
    "very capable app.ipa": (set(), {"profile-expired", "signature-too-old"}),
}
REAL_UNREADABLE = {"wrapped-with-watch.ipa": "no-app", "no-info-plist.ipa": "no-app", "not-an-ipa.ipa": "not-an-ipa"}


@pytest.mark.real
@pytest.mark.parametrize("name", REAL)
def test_real_files_raise_what_is_wrong_with_them_and_nothing_else(name: str, fixtures_dir: Path) -> None:
    found = judge(inspect_ipa(fixtures_dir / "ipa" / name), now=NOW)
    asked, known = REAL[name]
    assert {problem.code for problem in found if problem.severity == Severity.ERROR} == asked | known


# A day on which they were good, and whether their signature has the form of before iOS 15.
GOOD_THEN = {
    "ad-hoc.ipa": (datetime(2016, 4, 1, tzinfo=UTC), True),
    "assets-car-only.ipa": (datetime(2021, 6, 1, tzinfo=UTC), False),
    "chinese-unflagged.ipa": (datetime(2018, 3, 1, tzinfo=UTC), True),
    "embedded.ipa": (datetime(2021, 2, 1, tzinfo=UTC), False),
    "iphone.ipa": (datetime(2016, 10, 1, tzinfo=UTC), True),
    "many-icons.ipa": (datetime(2017, 7, 1, tzinfo=UTC), True),
    "very capable app.ipa": (datetime(2018, 11, 1, tzinfo=UTC), True),
}


@pytest.mark.real
@pytest.mark.parametrize("name", GOOD_THEN)
def test_real_files_raise_no_error_on_a_day_on_which_they_were_good(name: str, fixtures_dir: Path) -> None:
    day, old = GOOD_THEN[name]
    found = judge(inspect_ipa(fixtures_dir / "ipa" / name), now=day)
    told = {problem.code for problem in found if problem.severity == Severity.ERROR}
    assert told == ({"signature-too-old"} if old else set())


@pytest.mark.real
@pytest.mark.parametrize("name", REAL_UNREADABLE)
def test_real_files_that_are_no_apps_say_why(name: str, fixtures_dir: Path) -> None:
    with pytest.raises(IpaError) as caught:
        inspect_ipa(fixtures_dir / "ipa" / name)
    assert caught.value.code == REAL_UNREADABLE[name]


@pytest.mark.real
def test_the_real_files_are_all_in_the_table(fixtures_dir: Path) -> None:
    assert {path.name for path in (fixtures_dir / "ipa").glob("*.ipa")} == REAL.keys() | REAL_UNREADABLE.keys()
