"""IPAs read whole: the real ones of others against an independent reader, and invented ones of every make."""

from __future__ import annotations

import hashlib
import json
import os
import plistlib
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, get_args
from unicodedata import normalize
from zipfile import ZipFile

import pytest
from PIL import Image

from ota_site.apple.bundle.icons import read_icon
from ota_site.apple.ipa import inspect_ipa
from ota_site.apple.zip.archive import open_archive
from ota_site.images.pictures import open_picture
from ota_site.model.build import Build, Icon, SigningKind
from ota_site.model.errors import IpaError
from ota_site.model.records import from_json, replace, to_json
from tests.conftest import FIXTURES
from tests.samples import (
    PERSON,
    TEAM,
    App,
    Encoding,
    Kind,
    Profile,
    bundle,
    device_identifiers,
    info_plist,
    make_ipa,
    make_zip,
    not_ipas,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PIL.ImageFile import ImageFile

PLACE = "Payload/Sample.app/"


def inspect(folder: Path, ipa: bytes | App) -> Build:
    path = folder / "App.ipa"
    path.write_bytes(make_ipa(ipa) if isinstance(ipa, App) else ipa)
    return inspect_ipa(path)


def refusal(folder: Path, ipa: bytes | App) -> IpaError:
    with pytest.raises(IpaError) as caught:
        inspect(folder, ipa)
    assert caught.value.where == str(folder / "App.ipa")
    return caught.value


# --- real ones ----------------------------------------------------------------------------------------------

TRUTH: dict[str, dict[str, Any]] = json.loads((FIXTURES / "truth.json").read_text()) if FIXTURES.is_dir() else {}
REFUSED = {
    "wrapped-with-watch.ipa": ("no-app", "zip the Payload folder itself"),
    "no-info-plist.ipa": ("no-app", ""),
    "not-an-ipa.ipa": ("not-an-ipa", ""),
}
READ = sorted(TRUTH.keys() - REFUSED)
LOOSE = sorted(path.name.removesuffix(".loose.png") for path in (FIXTURES / "icons").glob("*.loose.png"))


def test_there_are_as_many_real_files_as_the_index_says() -> None:
    assert (len(READ), len(LOOSE)) in ((11, 6), (0, 0))


@pytest.mark.real
@pytest.mark.parametrize("name", READ)
def test_a_real_ipa_is_read_as_an_independent_reader_does(fixtures_dir: Path, name: str) -> None:
    path, truth = fixtures_dir / "ipa" / name, TRUTH[name]
    build = inspect_ipa(path)
    icon, signing = build.icon, build.signing
    app_id = signing.application_id
    assert {
        "name": build.name,
        "bundle_id": build.bundle_id,
        "version": build.version,
        "build": build.build,
        "min_os": build.minimum_os,
        "families": list(build.families),
        "platforms": build.platform,
        "profile": None
        if signing.kind == SigningKind.NONE
        else {
            "kind": signing.kind,
            "expires": signing.expires and f"{signing.expires:%Y-%m-%d %H:%M:%S}",
            "devices": signing.devices,
            "team": signing.team,
            "name": signing.profile,
            "app_id": app_id,
        },
    } == {
        **{key: truth[key] for key in ("name", "bundle_id", "version", "build", "min_os", "families", "platforms")},
        "profile": truth["profile"],
    }
    assert is_the_best_icon(icon, truth["best_icon"])
    assert build.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert build.flaws == ()
    assert from_json(to_json(build), Build) == build


def is_the_best_icon(icon: Icon | None, loose: dict[str, str] | None) -> bool:
    """Whether an icon is the best loose one, or a larger one out of the asset catalog."""
    if icon is None or not icon.source.endswith("/Assets.car"):
        expected = loose and (loose["file"], loose["desc"].partition("/")[0])
        return expected == (icon and (icon.source.rpartition("/")[2], f"{icon.width}x{icon.height}"))
    return loose is None or icon.width > int(loose["desc"].partition("x")[0])


@pytest.mark.real
@pytest.mark.parametrize("name", LOOSE)
def test_a_real_icon_is_drawn_as_an_independent_reader_does(fixtures_dir: Path, name: str) -> None:
    file = TRUTH[f"{name}.ipa"]["best_icon"]["file"]
    with open_archive(fixtures_dir / "ipa" / f"{name}.ipa") as archive:
        (source,) = (entry for entry in archive.entries if entry.endswith(f".app/{file}") and "MACOSX" not in entry)
        picture = read_icon(archive, Icon(width=1, height=1, source=source, sha256=""))
    image = open_picture(picture.data, premultiplied=picture.premultiplied)
    truth: ImageFile = Image.open(fixtures_dir / "icons" / f"{name}.loose.png")
    assert image.size == truth.size
    assert image.tobytes() == truth.convert("RGBA").tobytes()


@pytest.mark.real
@pytest.mark.parametrize(("name", "code", "hint"), [(name, *why) for name, why in REFUSED.items()])
def test_a_real_file_that_is_no_app_is_refused(fixtures_dir: Path, name: str, code: str, hint: str) -> None:
    with pytest.raises(IpaError) as caught:
        inspect_ipa(fixtures_dir / "ipa" / name)
    assert caught.value.code == code
    assert hint in caught.value.hint


@pytest.mark.real
def test_no_device_identifier_gets_out_of_a_real_ipa(fixtures_dir: Path) -> None:
    path = fixtures_dir / "ipa" / "ad-hoc.ipa"
    with open_archive(path) as archive:
        profile = archive.read("Payload/BitbarIOSSample.app/embedded.mobileprovision", 1 << 20)
    start, end = profile.index(b"<?xml"), profile.index(b"</plist>") + 8
    devices: list[str] = plistlib.loads(profile[start:end])["ProvisionedDevices"]
    assert len(devices) == 129
    record = to_json(inspect_ipa(path)).decode()
    assert not [device for device in devices if device in record]


# --- invented ones ------------------------------------------------------------------------------------------


def test_a_build_says_all_that_the_ipa_does(tmp_path: Path) -> None:
    app = App(localised={"ja": "見本", "de": "Muster"})
    build = inspect(tmp_path, app)
    content = make_ipa(app)
    digest = hashlib.sha256(content).hexdigest()
    assert (build.size, build.sha256, build.chunks) == (len(content), digest, (digest,))
    assert (build.name, build.bundle_id) == ("Sample", "com.example.sample")
    assert (build.version, build.build, build.minimum_os) == ("1.2.3", "45", "16.0")
    assert build.names == {"de": "Muster", "ja": "見本"}
    assert (build.families, build.platform) == ((1, 2), "iPhoneOS")
    assert build.built == datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
    assert (build.signing.kind, build.signing.signed, build.signing.team) == (SigningKind.AD_HOC, True, TEAM)
    assert build.icon is not None
    assert (build.icon.source, build.icon.width) == (f"{PLACE}AppIcon76x76@2x~ipad.png", 152)
    assert build.flaws == ()


@pytest.mark.parametrize(
    "other",
    [
        App(xml_info=True),
        App(utf8_flag=False),
        App(compression=0),
        App(litter=True),
        App(extra={"SwiftSupport/iphoneos/a.dylib": b"", "META-INF/com.apple.ZipMetadata.plist": b""}),
        App(extra=bundle(App(name="Watch", bundle_id="com.example.sample.watch", folder=f"{PLACE}Watch/Watch.app"))),
        App(extra=bundle(App(name="W", bundle_id="com.example.sample.w", folder=f"{PLACE}PlugIns/W.appex"))),
    ],
    ids=["xml", "unflagged", "stored", "litter", "beside Payload", "watch app", "extension"],
)
def test_what_surrounds_the_app_does_not_change_what_it_says(tmp_path: Path, other: App) -> None:
    def said(build: Build) -> Build:
        return replace(build, size=0, sha256="", chunks=(), nested=(), executable=None)

    assert said(inspect(tmp_path, other)) == said(inspect(tmp_path, App()))


@pytest.mark.parametrize(
    ("info", "field", "value"),
    [
        ({"CFBundleDisplayName": None, "CFBundleName": "Bundle"}, "name", "Bundle"),
        ({"CFBundleDisplayName": " ", "CFBundleName": 7}, "name", "Sample"),
        ({"CFBundleShortVersionString": None}, "version", None),
        ({"CFBundleVersion": 5}, "build", None),
        ({"MinimumOSVersion": None, "MinimumProductVersion": "14.0"}, "minimum_os", "14.0"),
        ({"UIDeviceFamily": 2}, "families", (2,)),
        ({"UIDeviceFamily": ["1", "2", 1]}, "families", (1, 2)),
        ({"UIDeviceFamily": [True, -1, 1 << 40, "x", 1.0, {}, 7]}, "families", (7,)),
        ({"UIDeviceFamily": None}, "families", ()),
        ({"CFBundleSupportedPlatforms": ["iPhoneSimulator"]}, "platform", "iPhoneSimulator"),
        ({"CFBundleSupportedPlatforms": None, "DTPlatformName": "xros"}, "platform", "XROS"),
        ({"CFBundleSupportedPlatforms": [7], "DTPlatformName": None}, "platform", "iPhoneOS"),
        ({"CFBundleSupportedPlatforms": ["A\x7fB" + "x" * 90]}, "platform", "A B" + "x" * 37),
    ],
)
def test_info_plist_may_say_it_in_other_ways(
    tmp_path: Path, info: dict[str, object], field: str, value: object
) -> None:
    assert getattr(inspect(tmp_path, App(info=info)), field) == value


@pytest.mark.parametrize(
    ("name", "expected"), [("建筑", "建筑"), ("My App", "My App"), ("A\x1b[31m", "A [31m"), (" ", "com.example.sample")]
)
def test_the_folder_gives_the_name_where_nothing_else_does(tmp_path: Path, name: str, expected: str) -> None:
    app = App(name=name, info={"CFBundleDisplayName": None, "CFBundleName": None})
    assert inspect(tmp_path, app).name == expected


@pytest.mark.parametrize("bundle_id", [None, "", 7, "x" * 256])
def test_an_app_without_a_bundle_identifier_is_refused(tmp_path: Path, bundle_id: object) -> None:
    assert refusal(tmp_path, App(info={"CFBundleIdentifier": bundle_id})).code == "missing-bundle-id"


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("no-app", "no-app", "it contains no app"),
        ("wrapped", "no-app", "its Payload folder is inside Sample 1.2.3/"),
        ("app-at-root", "no-app", "Sample.app is not in a Payload folder"),
        ("contents-at-root", "no-app", "it has the contents of an app"),
        ("payload-1", "no-app", "Sample.app is in Payload1/, not in Payload/"),
        ("two-apps", "several-apps", "its Payload has 2 apps: Other.app, Sample.app"),
        ("android", "no-app", "it is an Android package"),
    ],
)
def test_a_zip_that_is_no_ipa_is_named_for_what_it_is(tmp_path: Path, kind: str, code: str, words: str) -> None:
    error = refusal(tmp_path, not_ipas()[kind])
    assert error.code == code
    assert words in error.message
    assert error.hint


def test_an_archive_of_xcode_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, make_ipa(App(folder="Sample.xcarchive/Products/Applications/Sample.app")))
    assert (error.code, error.message) == ("no-app", "it contains an Xcode archive, not an IPA")
    assert "-exportArchive" in error.hint


def test_an_app_for_the_mac_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, make_zip({f"{PLACE}Contents/Info.plist": b""}, App().built))
    assert (error.code, error.message) == ("no-app", f"{PLACE} is a Mac app")


def test_a_zip_with_the_slashes_of_windows_is_named(tmp_path: Path) -> None:
    ipa = make_zip({name.replace("/", "\\"): content for name, content in bundle(App()).items()}, App().built)
    error = refusal(tmp_path, ipa)
    assert error.code == "no-app"
    assert error.message.startswith("its paths use \\ instead of /")


def test_an_app_without_info_plist_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, make_zip({f"{PLACE}Sample": b""}, App().built))
    assert (error.code, error.message) == ("no-app", f"{PLACE} has no Info.plist")


def test_an_info_plist_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, App(extra={f"{PLACE}Info.plist": b"<<<<<<< HEAD"}))
    assert error.code == "info-plist-invalid"


@pytest.mark.parametrize("signed", [True, False])
def test_an_app_without_a_profile_is_read(tmp_path: Path, *, signed: bool) -> None:
    signing = inspect(tmp_path, App(profile=None, signed=signed)).signing
    assert (signing.kind, signing.signed) == (SigningKind.NONE, signed)


@pytest.mark.parametrize("encoding", get_args(Encoding))
@pytest.mark.parametrize("kind", get_args(Kind))
def test_no_device_and_no_person_gets_into_the_record(tmp_path: Path, kind: Kind, encoding: Encoding) -> None:
    build = inspect(tmp_path, App(profile=Profile(kind=kind, encoding=encoding)))
    record = to_json(build).decode()
    assert build.signing.kind == SigningKind(kind)
    assert not [secret for secret in (PERSON, *device_identifiers(3)) if secret in record]


def test_a_file_that_is_not_there_is_no_ipa_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        inspect_ipa(tmp_path / "App.ipa")


@pytest.mark.parametrize(("make", "what"), [(os.mkfifo, "pipe"), (os.mkdir, "folder")])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, make: Callable[[Path], None], what: str) -> None:
    make(tmp_path / "App.ipa")
    with pytest.raises(IpaError) as caught:
        inspect_ipa(tmp_path / "App.ipa")
    assert (caught.value.code, caught.value.message) == ("not-an-ipa", f"it is a {what}, not a file")
    assert caught.value.hint


def test_the_lists_of_extensions_are_read_up_to_a_length_of_them_all(tmp_path: Path) -> None:
    # Not of a rule of Apple's: each takes a fifth of a second, and there may be many.
    long = plistlib.dumps({"CFBundleIdentifier": "a.b", "Junk": "x" * 1_000_000})
    for number, read in ((5, 5), (20, 6)):
        extra = {f"{PLACE}PlugIns/E{n}.appex/Info.plist": long for n in range(number)}
        assert len(inspect(tmp_path, App(extra=extra)).nested) == read


def test_an_executable_is_found_however_its_accents_are_written(tmp_path: Path) -> None:
    apart, together = normalize("NFD", "Café"), normalize("NFC", "Café")
    app = App(name=apart, info={"CFBundleExecutable": together})
    assert apart != together
    assert inspect(tmp_path, app).executable is not None


def test_a_signature_of_an_unknown_form_is_not_taken_for_none(tmp_path: Path) -> None:
    executable = bytearray(bundle(App())["Payload/Sample.app/Sample"])
    start = executable.index(b"\xfa\xde\x0c\xc0")
    executable[start : start + 4] = b"\xfa\xde\x0c\xff"
    build = inspect(tmp_path, App(executable=bytes(executable)))
    assert build.executable is not None
    assert (build.executable.seal, build.executable.unread) == (None, True)


# --- what it asks for and what it is made of ----------------------------------------------------------------


@pytest.mark.real
@pytest.mark.parametrize("name", READ)
def test_a_real_app_asks_for_what_its_info_plist_says_and_has_the_frameworks_in_its_folder(
    fixtures_dir: Path, name: str
) -> None:
    path = fixtures_dir / "ipa" / name
    build = inspect_ipa(path)
    with ZipFile(path) as archive:
        paths = [PurePosixPath(entry) for entry in archive.namelist()]
        (info,) = (path for path in paths if path.match("Payload/*.app/Info.plist"))
        table = plistlib.loads(archive.read(str(info)))
    assert build.permissions == {key: text for key, text in table.items() if key.endswith("UsageDescription")}
    inside = {path.parts[3] for path in paths if path.parts[2:3] == ("Frameworks",) and len(path.parts) > 3}
    assert build.frameworks == tuple(sorted(inside))


def test_reasons_for_asking_are_read_as_one_line_each_in_the_order_of_their_keys(tmp_path: Path) -> None:
    asked = {
        "NSSiriUsageDescription": "To\nlisten\x07.",
        "NFCReaderUsageDescription": "Tags.",
        "UsageDescription": "no",
    }
    other: dict[str, object] = {
        "NSLocationTemporaryUsageDescriptionDictionary": {"Tour": "To guide."},
        "NSCameraUsageDescription": " ",
    }
    unsorted = plistlib.dumps(info_plist(App(info=asked | other)), fmt=plistlib.FMT_BINARY, sort_keys=False)
    build = inspect(tmp_path, App(extra={f"{PLACE}Info.plist": unsorted}))
    assert list(build.permissions.items()) == [
        ("NFCReaderUsageDescription", "Tags."),
        ("NSCameraUsageDescription", ""),
        ("NSSiriUsageDescription", "To listen ."),
    ]
    assert from_json(to_json(build), Build) == build


def test_frameworks_are_named_once_each_in_order(tmp_path: Path) -> None:
    names = (
        *("Zip.framework/Zip", "Zip.framework/Info.plist", "Ä.framework/Ä", "libswiftCore.dylib", ".DS_Store"),
        *("._Zip.framework", "notes.txt", "A.framework/Frameworks/Inner.framework/Inner"),
    )
    extra = {f"{PLACE}Frameworks/{name}": b"" for name in names}
    extra |= {f"{PLACE}PlugIns/W.appex/Frameworks/Other.framework/Other": b"", "Frameworks/No.framework/No": b""}
    assert inspect(tmp_path, App(extra=extra)).frameworks == (
        *("A.framework", "Zip.framework", "libswiftCore.dylib", "Ä.framework"),
    )
    assert inspect(tmp_path, App()).frameworks == ()


def test_hostile_reasons_and_frameworks_stay_in_bounds(tmp_path: Path) -> None:
    reasons: dict[str, object] = {f"NS{number:05}UsageDescription": "x" for number in range(10_000)}
    assert len(inspect(tmp_path, App(info=reasons)).permissions) == 100

    long = {"NSCameraUsageDescription": "x" * 1_000_000, f"NS{'A' * 90}UsageDescription": "x"}
    assert inspect(tmp_path, App(info=long)).permissions == {"NSCameraUsageDescription": "x" * 500}

    wrong: dict[str, object] = {
        "NSCameraUsageDescription": 7,
        "NSSiriUsageDescription": ["x"],
        "NS\x1bUsageDescription": "",
    }
    assert inspect(tmp_path, App(info=wrong)).permissions == {}

    extra = {f"{PLACE}Frameworks/{number:04}.framework/x": b"" for number in range(2000)}
    extra |= {f"{PLACE}Frameworks/\x1b[31m{'x' * 300}.framework/x": b""}
    frameworks = inspect(tmp_path, App(extra=extra, signed=False)).frameworks
    assert len(frameworks) == 500
    assert all(name.isprintable() and len(name) <= 120 for name in frameworks)


def test_a_record_from_before_reads_on(tmp_path: Path) -> None:
    build = inspect(tmp_path, App())
    old = json.loads(to_json(build))
    del old["permissions"], old["frameworks"]
    assert from_json(json.dumps(old).encode(), Build) == build
