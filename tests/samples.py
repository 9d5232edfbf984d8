"""IPAs in memory, with their signatures and profiles, made from arguments: the same arguments give the same bytes.

Nothing here comes from the generator, so that what it reads was written by another hand.
"""

import hashlib
import io
import plistlib
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import PurePosixPath

from PIL import Image

from ota_site.model.records import Record, field, replace
from tests import pictures
from tests.profiles import (
    BUNDLE_ID,
    PERSON,
    TEAM,
    TEAM_ID,
    Encoding,
    Kind,
    Profile,
    authority,
    device_identifiers,
    key_of,
    make_profile,
    profile_plist,
    signing_certificate,
)
from tests.signing import Executable, Signature, signed_macho

__all__ = [
    "BUNDLE_ID",
    "PERSON",
    "TEAM",
    "TEAM_ID",
    "Encoding",
    "Kind",
    "Profile",
    "authority",
    "device_identifiers",
    "key_of",
    "make_profile",
    "profile_plist",
    "signing_certificate",
]

_XML, _BINARY = plistlib.FMT_XML, plistlib.FMT_BINARY


# --- apps ---------------------------------------------------------------------------------------------------


class App(Record, kw_only=True):
    """What goes into an IPA; all defaults together are a clean ad hoc build for three devices, until 2035."""

    name: str = "Sample"
    bundle_id: str = BUNDLE_ID
    version: str = "1.2.3"
    build: str = "45"
    icon: Image.Image | None = field(default_factory=pictures.plain_icon)
    artwork: Image.Image | None = None
    """Written as `iTunesArtwork`, a plain PNG at the top of the IPA, as it is."""
    profile: Profile | bytes | None = field(default_factory=Profile)
    info: Mapping[str, object] = field(default_factory=dict)
    """Info.plist keys to add or to replace; None takes a key away."""
    xml_info: bool = False
    localised: Mapping[str, str] = field(default_factory=dict)
    """Language to display name, as in `{"ja": "見本"}`."""
    extra: Mapping[str, bytes] = field(default_factory=dict)
    """More entries by full name; one that is there already is replaced."""
    folder: str | None = None
    """Where the bundle stands in the archive: None is `Payload/<name>.app`, "" the top."""
    executable: bytes | None = None
    """None is `code`, signed."""
    code: Executable = field(default_factory=Executable)
    """What the executable runs on."""
    resign: Callable[[Signature], Signature] = lambda signature: signature
    """Alters the signature, which is else right in every part."""
    built: datetime = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
    signed: bool = True
    """Whether `_CodeSignature/CodeResources` is there. It seals every file of the bundle rightly."""
    utf8_flag: bool = True
    """False leaves names in UTF-8 without saying so (bit 11), as some Chinese tools do."""
    litter: bool = False
    """Add what the Finder leaves: `__MACOSX/` and `.DS_Store`."""
    compression: int = zipfile.ZIP_DEFLATED


def make_ipa(app: App = App()) -> bytes:
    """Make an IPA with this app in it."""
    entries = bundle(app)
    if app.artwork:
        entries["iTunesArtwork"] = _png(app.artwork)
    if app.litter:
        entries |= _litter(_place(app))
    entries |= app.extra
    return make_zip(entries, app.built, compression=app.compression, utf8_flag=app.utf8_flag)


def bundle(app: App) -> dict[str, bytes]:
    """Make the files of the app's bundle, by full name; `extra` ones inside it are included and sealed.

    For an extension, give `folder` a place inside another app and hand the result to that app's `extra`.
    """
    place = _place(app)
    placed = {place + path: content for path, content in _files(app).items()}
    placed |= {path: content for path, content in app.extra.items() if path.startswith(place)}
    resources = _code_resources(app, placed) if app.signed else None
    if resources is not None:
        placed[f"{place}_CodeSignature/CodeResources"] = resources
    if app.executable is None:
        placed.setdefault(place + app.name, _signed(app, placed[f"{place}Info.plist"], resources))
    return placed


def on_demand_resources(*tags: str, embedded: bool = True, base_url: str | None = None) -> dict[str, bytes]:
    """Make what an app with on-demand resources has, a pack for each tag, by full name: for the sample's `extra`.

    With `base_url`, as Xcode exports it for packs on a server there; not embedded, as it lies in Xcode's archive.
    """
    place = "Payload/Sample.app/"
    files: dict[str, bytes] = {}
    packs: dict[str, str] = {}
    resources: list[dict[str, object]] = []
    for tag in tags:
        digest = hashlib.md5(tag.encode(), usedforsecurity=False).hexdigest()
        pack, folder = f"{BUNDLE_ID}.asset-pack-{digest}", f"{BUNDLE_ID}.{tag}-{digest}.assetpack"
        address = f"OnDemandResources/{folder}" if embedded else f"http://127.0.0.1/build/OnDemandResources/{folder}"
        address = f"{base_url}{folder}" if base_url else address
        packs[tag] = pack
        modified = {"strategy": "modtime", "hash": "2026-06-01T12:00:00.000"}
        entry = {"bundleKey": pack, "URL": address, "isStreamable": "://" in address, "primaryContentHash": modified}
        resources.append({**entry, "uncompressedSize": 1000})
        if embedded and not base_url:
            files[f"{place}{address}/Info.plist"] = _plist({"CFBundleIdentifier": pack, "Tags": [tag]})
            files[f"{place}{address}/{tag}.dat"] = tag.encode()
    asked: dict[str, object] = {
        "NSBundleResourceRequestTags": {tag: {"NSAssetPacks": [pack]} for tag, pack in packs.items()},
        "NSBundleResourceRequestAssetPacks": {pack: [f"{tag}.dat"] for tag, pack in packs.items()},
    }
    template = "" if embedded or base_url else "Template"
    files[f"{place}AssetPackManifest{template}.plist"] = _plist({"resources": resources})
    return {**files, f"{place}OnDemandResources.plist": _plist(asked)}


def _plist(table: Mapping[str, object]) -> bytes:
    return plistlib.dumps(dict(table), fmt=_BINARY)


def info_plist(app: App = App()) -> dict[str, object]:
    """Fill the app's Info.plist as Xcode 26 does, and apply the app's own overrides."""
    info: dict[str, object] = {
        "BuildMachineOSBuild": "25A354",
        "CFBundleDevelopmentRegion": "en",
        "CFBundleDisplayName": app.name,
        "CFBundleExecutable": app.name,
        "CFBundleIdentifier": app.bundle_id,
        "CFBundleInfoDictionaryVersion": "6.0",
        "CFBundleName": app.name,
        "CFBundlePackageType": "APPL",
        "CFBundleShortVersionString": app.version,
        "CFBundleSupportedPlatforms": ["iPhoneOS"],
        "CFBundleVersion": app.build,
        "DTCompiler": "com.apple.compilers.llvm.clang.1_0",
        "DTPlatformBuild": "23A337",
        "DTPlatformName": "iphoneos",
        "DTPlatformVersion": "26.0",
        "DTSDKBuild": "23A337",
        "DTSDKName": "iphoneos26.0",
        "DTXcode": "2600",
        "DTXcodeBuild": "17A324",
        "LSRequiresIPhoneOS": True,
        "MinimumOSVersion": "16.0",
        "UIDeviceFamily": [1, 2],
        "UILaunchScreen": {},
        "UIRequiredDeviceCapabilities": ["arm64"],
        "UISupportedInterfaceOrientations": ["UIInterfaceOrientationPortrait"],
        **(_icon_keys() if app.icon else {}),
        **app.info,
    }
    return {key: value for key, value in info.items() if value is not None}


def mach_o(*, platform: int = 2, cpu: int = 0x0100_000C) -> bytes:
    """Make a Mach-O header with an LC_BUILD_VERSION and nothing to run.

    `platform` 2 is iOS, 7 its simulator; `cpu` 0x0100000C is arm64, 0x01000007 x86-64 (mach/machine.h).
    """
    command = struct.pack("<6I", 0x32, 24, platform, 16 << 16, 26 << 16, 0)
    header = struct.pack("<8I", 0xFEED_FACF, cpu, 0, 2, 1, len(command), 0x0020_0085, 0)
    return (header + command).ljust(4096, b"\x00")


def _files(app: App) -> dict[str, bytes]:
    """Make the files of the bundle by their path inside it, without the seal."""
    files = {
        "Info.plist": plistlib.dumps(info_plist(app), fmt=_XML if app.xml_info else _BINARY),
        "PkgInfo": b"APPL????",
        **({} if app.executable is None else {app.name: app.executable}),
        **_icons(app.icon),
    }
    for language, name in app.localised.items():
        strings = plistlib.dumps({"CFBundleDisplayName": name}, fmt=_BINARY)
        files[f"{language}.lproj/InfoPlist.strings"] = strings
    profile = _profile_bytes(app)
    return files if profile is None else {**files, "embedded.mobileprovision": profile}


def _signed(app: App, info: bytes, resources: bytes | None) -> bytes:
    """Make the executable, signed for the app's own profile unless the app is not signed."""
    if resources is None:
        return signed_macho(replace(app.code, signature=None))
    profile = app.profile if isinstance(app.profile, Profile) else Profile()
    signature = Signature(
        identifier=app.bundle_id,
        team_id=profile.team_id,
        entitlements=claimed(app.bundle_id, profile),
        info_plist=info,
        code_resources=resources,
        certificate=signing_certificate(profile.kind, profile.team, profile.team_id),
    )
    return signed_macho(replace(app.code, signature=app.resign(signature)))


def claimed(bundle_id: str, profile: Profile) -> dict[str, object]:
    """Return the entitlements that an app with this profile claims: all that it allows, made its own."""
    own = f"{profile.team_id}.{bundle_id}"
    allowed = profile_plist(profile)["Entitlements"]
    assert isinstance(allowed, dict)
    return {**allowed, "application-identifier": own, "keychain-access-groups": [own]}


def _place(app: App) -> str:
    folder = f"Payload/{app.name}.app" if app.folder is None else app.folder
    return f"{folder}/" if folder else ""


def _profile_bytes(app: App) -> bytes | None:
    if not isinstance(app.profile, Profile):
        return app.profile
    return make_profile(replace(app.profile, bundle_id=app.profile.bundle_id or app.bundle_id))


def _icons(icon: Image.Image | None) -> dict[str, bytes]:
    # The two that Xcode still leaves loose beside Assets.car.
    sizes = {"AppIcon60x60@2x.png": 120, "AppIcon76x76@2x~ipad.png": 152}
    return {name: _crushed(icon, side) for name, side in sizes.items()} if icon else {}


def _crushed(icon: Image.Image, side: int) -> bytes:
    image = icon.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS)
    opaque = image.getchannel("A").getextrema()[0] == 0xFF
    return pictures.crush(image, premultiplied=not opaque, filters=(2,), idot=opaque)


def _icon_keys() -> dict[str, object]:
    def primary(*files: str) -> dict[str, object]:
        return {"CFBundlePrimaryIcon": {"CFBundleIconFiles": list(files), "CFBundleIconName": "AppIcon"}}

    return {
        "CFBundleIcons": primary("AppIcon60x60"),
        "CFBundleIcons~ipad": primary("AppIcon60x60", "AppIcon76x76"),
    }


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _code_resources(app: App, placed: Mapping[str, bytes]) -> bytes:
    """Seal the bundle's files, in Apple's old form (SHA-1) and its present one (SHA-256)."""
    old: dict[str, object] = {}
    new: dict[str, object] = {}
    for full_name, content in placed.items():
        path = full_name.removeprefix(_place(app))
        if path == app.name:
            continue  # sealed by its own signature
        optional = {"optional": True} if ".lproj/" in path else {}
        first = hashlib.sha1(content, usedforsecurity=False).digest()
        old[path] = {"hash": first, **optional} if optional else first
        if path not in {"Info.plist", "PkgInfo"}:
            new[path] = {"hash2": hashlib.sha256(content).digest(), **optional}
    rules = {"^.*": True, "^.*\\.lproj/": {"optional": True, "weight": 1000.0}, "^version.plist$": True}
    left_out = {"omit": True, "weight": 20.0}
    rules2 = {**rules, "^Info\\.plist$": left_out, "^PkgInfo$": left_out}
    return plistlib.dumps({"files": old, "files2": new, "rules": rules, "rules2": rules2})


def _litter(place: str) -> dict[str, bytes]:
    double = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        ".ljust(120, b"\x00")
    bundle_path = PurePosixPath(place)
    return {
        str(bundle_path.parent / ".DS_Store"): b"\x00\x00\x00\x01Bud1".ljust(6148, b"\x00"),
        f"__MACOSX/{bundle_path.parent}/._{bundle_path.name}": double,
        f"__MACOSX/{bundle_path}/._Info.plist": double,
        f"__MACOSX/{bundle_path}/._embedded.mobileprovision": double,
    }


# --- archives -----------------------------------------------------------------------------------------------


def make_zip(
    entries: Mapping[str, bytes],
    built: datetime,
    *,
    compression: int = zipfile.ZIP_DEFLATED,
    utf8_flag: bool = True,
) -> bytes:
    """Pack these entries into an archive, with an entry for every folder, all dated `built` (as UTC)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for folder in _folders(entries):
            archive.writestr(_entry(folder, built, 0o40755), b"")
        for name, content in entries.items():
            runs = content.startswith(b"\xcf\xfa\xed\xfe")
            archive.writestr(_entry(name, built, 0o100755 if runs else 0o100644), content, compression)
        listed = archive.infolist()
        directory = archive.start_dir
    return buffer.getvalue() if utf8_flag else _without_flag(buffer.getvalue(), directory, listed)


def _folders(entries: Mapping[str, bytes]) -> list[str]:
    return sorted({f"{parent}/" for name in entries for parent in PurePosixPath(name).parents} - {"./", "//"})


def _entry(name: str, built: datetime, mode: int) -> zipfile.ZipInfo:
    moment = built.astimezone(UTC)
    date = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    entry = zipfile.ZipInfo(name, date)
    entry.create_system = 3  # Unix, whichever system runs the tests
    entry.external_attr = mode << 16
    return entry


def _without_flag(archive: bytes, directory: int, listed: list[zipfile.ZipInfo]) -> bytes:
    changed = bytearray(archive)
    at = directory
    for entry in listed:
        for flags in (entry.header_offset + 6, at + 8):
            changed[flags + 1] &= ~0x08
        at += 46 + sum(struct.unpack_from("<3H", changed, at + 28))
    return bytes(changed)


# --- hostile ------------------------------------------------------------------------------------------------

BOMB_SIZE = 5 << 30
"""Bytes that the bomb's Info.plist inflates to."""
_BOMB_CRC = 0x1938_38C3  # of that many zero bytes


def bomb(declared: int = BOMB_SIZE) -> bytes:
    """Make 5 MB whose Info.plist inflates to 5 GB; with a smaller `declared` size, the archive lies."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = _entry("Payload/Bomb.app/Info.plist", datetime(2026, 6, 1, tzinfo=UTC), 0o100644)
        with archive.open(entry, "w", force_zip64=True) as stored:
            stored.write(_zeros_deflated())
        # Written as if stored; from here on the headers say what it is.
        entry.compress_type, entry.file_size, entry.CRC = zipfile.ZIP_DEFLATED, declared, _BOMB_CRC
        buffer.seek(entry.header_offset)
        buffer.write(entry.FileHeader(zip64=True))
    return buffer.getvalue()


@cache
def _zeros_deflated() -> bytes:
    # A full flush forgets all that came before, so that one block may stand any number of times.
    block_size = 16 << 20
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = deflate.compress(bytes(block_size)) + deflate.flush(zlib.Z_FULL_FLUSH)
    return block * (BOMB_SIZE // block_size) + deflate.flush()


def entity_bomb() -> bytes:
    """Make an IPA whose Info.plist is XML with a "billion laughs": nine lines that expand to 3 GB."""
    lines = [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)]
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist [<!ENTITY l0 "lol">\n'
        + "\n".join(lines)
        + ']>\n<plist version="1.0"><dict><key>CFBundleIdentifier</key><string>&l9;</string></dict></plist>\n'
    )
    return make_ipa(App(extra={"Payload/Sample.app/Info.plist": xml.encode()}))


def huge_icon() -> bytes:
    """Make an IPA whose icon says that it is 60,000 pixels wide and high."""
    return make_ipa(App(extra={"Payload/Sample.app/AppIcon60x60@2x.png": pictures.huge_png()}))


def escaping_path() -> bytes:
    """Make an IPA with entries that climb out of their folder, or begin at the root of the disk."""
    names = ("Payload/Sample.app/../../evil", "/evil", "..\\evil")
    return make_ipa(App(extra=dict.fromkeys(names, b"evil")))


def not_ipas() -> dict[str, bytes]:
    """Make files that hold no app where iOS looks for one: the mistake's name to the content."""
    whole = make_ipa()
    built = App().built
    return {
        "empty": b"",
        "lfs-pointer": b"version https://git-lfs.github.com/spec/v1\n"
        b"oid sha256:" + hashlib.sha256(whole).hexdigest().encode() + b"\nsize 48213\n",
        "html": b"<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not found</body></html>\n",
        "text": b"This is not an IPA.\n",
        "truncated": whole[: len(whole) * 2 // 3],
        "no-app": make_zip({"Payload/readme.txt": b"nothing here\n"}, built),
        "wrapped": make_ipa(App(folder="Sample 1.2.3/Payload/Sample.app")),
        "app-at-root": make_ipa(App(folder="Sample.app")),
        "contents-at-root": make_ipa(App(folder="")),
        "payload-1": make_ipa(App(folder="Payload1/Sample.app")),
        "two-apps": make_ipa(App(extra=bundle(App(name="Other", bundle_id="com.example.other")))),
        "android": make_zip({"AndroidManifest.xml": b"\x03\x00\x08\x00", "classes.dex": b"dex\n035\x00"}, built),
    }
