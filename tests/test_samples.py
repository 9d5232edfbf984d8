"""The makers of test material, held against readers that know nothing of them."""

import hashlib
import io
import plistlib
import struct
import tomllib
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from ota_site.model.records import replace
from tests import pictures, samples
from tests.demo import write_demo
from tests.samples import App, Encoding, Kind, Profile, make_ipa, make_profile

CONTENT = Path(__file__).parent.parent / "content"
PLACE = "Payload/Sample.app/"


# --- a small reader of crushed PNGs -------------------------------------------------------------------------


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        size, kind = struct.unpack_from(">I4s", png, at)
        content = png[at + 8 : at + 8 + size]
        assert zlib.crc32(kind + content) == struct.unpack_from(">I", png, at + 8 + size)[0]
        yield kind, content
        at += size + 12


def uncrush(png: bytes) -> Image.Image:
    """Undo Apple's changes and leave the rest to Pillow; colours stay multiplied by alpha.

    Red and blue change places while still filtered, which is exact: each filter stays in its own channel.
    """
    parts = list(chunks(png))
    header = dict(parts)[b"IHDR"]
    stream = b"".join(content for kind, content in parts if kind == b"IDAT")
    scan = bytearray(zlib.decompress(stream, -15))
    size = {2: 3, 6: 4}[header[9]]
    at = 0
    for row in row_lengths(header, size):
        line = scan[at + 1 : at + row]
        line[0::size], line[2::size] = line[2::size], line[0::size]
        scan[at + 1 : at + row] = line
        at += row
    assert at == len(scan)
    plain = [(b"IHDR", header), (b"IDAT", zlib.compress(scan)), (b"IEND", b"")]
    packed = [struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in plain]
    return Image.open(io.BytesIO(png[:8] + b"".join(packed)))


def row_lengths(header: bytes, size: int) -> Iterator[int]:
    width, height = struct.unpack_from(">II", header)
    passes = ("0088", "4088", "0448", "2044", "0224", "1022", "0112") if header[12] else ("0011",)
    for left, top, across, down in (map(int, numbers) for numbers in passes):
        columns = len(range(left, width, across))
        if columns:
            yield from [1 + columns * size] * len(range(top, height, down))


def picture(mode: str, size: tuple[int, int] = (37, 21)) -> Image.Image:
    """Every channel differs from the others, and alpha takes all its values."""
    ramps = [Image.linear_gradient("L").rotate(90 * turn).resize(size) for turn in range(4)]
    return Image.merge(mode, ramps[: len(mode)])


FILTERS = [(0,), (1,), (2,), (3,), (4,), pictures.ALL_FILTERS]


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_plain_png_is_what_pillow_reads(mode: str, filters: tuple[int, ...], *, interlaced: bool) -> None:
    image = picture(mode)
    png = pictures.encode_png(image, interlaced=interlaced, filters=filters)
    opened = Image.open(io.BytesIO(png))
    assert opened.mode == mode
    assert opened.info.get("interlace", 0) == interlaced
    assert opened.tobytes() == image.tobytes()


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_an_opaque_crushed_png_holds_the_picture(mode: str, filters: tuple[int, ...], *, interlaced: bool) -> None:
    image = picture(mode)
    png = pictures.crush(image, interlaced=interlaced, filters=filters, premultiplied=False)
    assert uncrush(png).tobytes() == image.tobytes()
    assert dict(chunks(png))[b"CgBI"] == bytes.fromhex("50002006")


@pytest.mark.parametrize("interlaced", [False, True])
def test_a_crushed_png_holds_colours_multiplied_by_alpha(*, interlaced: bool) -> None:
    image = picture("RGBA")
    png = pictures.crush(image, interlaced=interlaced)
    # Pillow's own mode for such colours; it rounds to the nearest as Apple does.
    assert uncrush(png).tobytes() == image.convert("RGBa").tobytes()
    assert dict(chunks(png))[b"CgBI"] == bytes.fromhex("50002002")


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 1), (1, 9), (8, 8)])
def test_small_pictures_have_empty_passes(size: tuple[int, int]) -> None:
    image = picture("RGB", size)
    assert Image.open(io.BytesIO(pictures.encode_png(image, interlaced=True))).tobytes() == image.tobytes()
    assert uncrush(pictures.crush(image, interlaced=True)).tobytes() == image.tobytes()


def test_a_crushed_png_may_come_in_many_chunks() -> None:
    image = picture("RGB")
    png = pictures.crush(image, chunks=5, idot=True)
    kinds = [kind for kind, _ in chunks(png)]
    assert kinds == [b"CgBI", b"IHDR", b"iDOT", *[b"IDAT"] * 5, b"IEND"]
    assert uncrush(png).tobytes() == image.tobytes()


def test_the_huge_picture_only_says_so() -> None:
    png = pictures.huge_png()
    assert struct.unpack_from(">II", dict(chunks(png))[b"IHDR"]) == (60_000, 60_000)
    assert len(png) < 1000


# --- profiles -----------------------------------------------------------------------------------------------


def signed_data(profile: bytes) -> cms.SignedData:
    return cms.ContentInfo.load(profile)["content"]


def plist_in(profile: bytes) -> dict[str, object]:
    return cast("dict[str, object]", plistlib.loads(signed_data(profile)["encap_content_info"]["content"].native))


def verify(profile: bytes) -> None:
    """Check the signature with the certificate that the profile itself names as the signer's."""
    signed = signed_data(profile)
    (signer,) = signed["signer_infos"]
    serial = signer["sid"].chosen["serial_number"].native
    (found,) = [c.chosen for c in signed["certificates"] if c.chosen.serial_number == serial]
    attributes = {a["type"].native: a["values"][0].native for a in signer["signed_attrs"]}
    content = signed["encap_content_info"]["content"].native
    assert attributes["message_digest"] == hashlib.sha256(content).digest()
    key = x509.load_der_x509_certificate(found.dump()).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    attrs = signer["signed_attrs"].untag().dump()
    key.verify(signer["signature"].native, attrs, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("encoding", ["der", "ber"])
def test_a_signed_profile_is_true_in_both_encodings(encoding: Encoding) -> None:
    profile = make_profile(Profile(encoding=encoding))
    assert profile.startswith(b"\x30\x80") is (encoding == "ber")
    assert plist_in(profile) == plist_in(make_profile(Profile()))
    verify(profile)


def test_a_broken_signature_still_parses_and_does_not_verify() -> None:
    profile = make_profile(Profile(encoding="broken-signature"))
    assert plist_in(profile) == plist_in(make_profile(Profile()))
    with pytest.raises(InvalidSignature):
        verify(profile)


def test_a_bare_profile_is_a_binary_plist() -> None:
    assert plistlib.loads(make_profile(Profile(encoding="bare"))) == plist_in(make_profile(Profile()))


@pytest.mark.parametrize(
    ("kind", "devices", "everywhere", "debuggable"),
    [
        ("ad-hoc", 3, False, False),
        ("development", 3, False, True),
        ("enterprise", None, True, False),
        ("app-store", None, False, False),
    ],
)
def test_each_kind_of_profile_reaches_its_devices(
    kind: Kind, devices: int | None, *, everywhere: bool, debuggable: bool
) -> None:
    content = plist_in(make_profile(Profile(kind=kind, bundle_id="com.example.*")))
    listed = content.get("ProvisionedDevices")
    assert (len(listed) if isinstance(listed, list) else None) == devices
    assert content.get("ProvisionsAllDevices", False) is everywhere
    rights = cast("dict[str, object]", content["Entitlements"])
    assert rights["get-task-allow"] is debuggable
    assert rights["application-identifier"] == "TEAMID1234.com.example.*"


def test_a_profile_names_the_certificate_of_its_team() -> None:
    content = plist_in(make_profile(Profile(kind="development", free=True, team="Förlag AB")))
    (der,) = cast("list[bytes]", content["DeveloperCertificates"])
    certificate = x509.load_der_x509_certificate(der)
    assert "Erika Mustermann" in certificate.subject.rfc4514_string()
    certificate.verify_directly_issued_by(samples.authority())
    assert content["LocalProvision"] is True
    assert content["TeamName"] == "Förlag AB"


# --- IPAs ---------------------------------------------------------------------------------------------------


def opened(ipa: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(ipa))


def info_in(ipa: bytes, place: str = PLACE) -> dict[str, object]:
    return cast("dict[str, object]", plistlib.loads(opened(ipa).read(f"{place}Info.plist")))


def test_the_default_app_is_whole() -> None:
    archive = opened(make_ipa())
    assert archive.testzip() is None
    assert {entry.date_time for entry in archive.infolist()} == {(2026, 6, 1, 12, 0, 0)}
    assert {f"{PLACE}{name}" for name in ("Sample", "Info.plist", "embedded.mobileprovision")} < set(archive.namelist())
    verify(archive.read(f"{PLACE}embedded.mobileprovision"))


def test_the_icons_that_info_names_are_there() -> None:
    ipa = make_ipa(App(artwork=pictures.tally_icon()))
    icons = cast("dict[str, dict[str, list[str]]]", info_in(ipa)["CFBundleIcons~ipad"])
    assert icons["CFBundlePrimaryIcon"]["CFBundleIconFiles"] == ["AppIcon60x60", "AppIcon76x76"]
    assert uncrush(opened(ipa).read(f"{PLACE}AppIcon60x60@2x.png")).size == (120, 120)
    assert uncrush(opened(ipa).read(f"{PLACE}AppIcon76x76@2x~ipad.png")).size == (152, 152)
    assert Image.open(io.BytesIO(opened(ipa).read("iTunesArtwork"))).size == (512, 512)


def test_the_seal_covers_every_file_but_itself_and_the_executable() -> None:
    more = samples.bundle(App(name="Widget", folder=f"{PLACE}PlugIns/Widget.appex"))
    archive = opened(make_ipa(App(extra=more, localised={"ja": "見本"})))
    seal = plistlib.loads(archive.read(f"{PLACE}_CodeSignature/CodeResources"))
    names = {name.removeprefix(PLACE) for name in archive.namelist() if not name.endswith("/")}
    assert set(seal["files"]) == names - {"Sample", "_CodeSignature/CodeResources"}
    assert set(seal["files2"]) == set(seal["files"]) - {"Info.plist", "PkgInfo"}
    for name, sealed in seal["files2"].items():
        assert sealed["hash2"] == hashlib.sha256(archive.read(PLACE + name)).digest()


def test_info_keys_are_replaced_and_taken_away() -> None:
    overrides = {"MinimumOSVersion": "18.0", "CFBundleDisplayName": None}
    ipa = make_ipa(App(info=overrides, xml_info=True, icon=None, version="2.0"))
    assert opened(ipa).read(f"{PLACE}Info.plist").startswith(b"<?xml")
    info = info_in(ipa)
    assert info["MinimumOSVersion"] == "18.0"
    assert info["CFBundleShortVersionString"] == "2.0"
    assert "CFBundleDisplayName" not in info
    assert "CFBundleIcons" not in info


def test_names_in_utf8_may_go_unflagged() -> None:
    app = App(name="建筑", localised={"en": "Building"})
    flagged, unflagged = opened(make_ipa(app)), opened(make_ipa(replace(app, utf8_flag=False)))
    assert "Payload/建筑.app/建筑" in flagged.namelist()
    read_wrongly = "Payload/建筑.app/建筑".encode().decode("cp437")
    assert read_wrongly in unflagged.namelist()
    assert unflagged.testzip() is None
    strings = flagged.read("Payload/建筑.app/en.lproj/InfoPlist.strings")
    assert plistlib.loads(strings) == {"CFBundleDisplayName": "Building"}


def test_what_is_left_out_is_absent() -> None:
    names = opened(make_ipa(App(profile=None, signed=False, icon=None, litter=True))).namelist()
    assert [name for name in names if name.startswith(PLACE) and not name.endswith("/")] == [
        f"{PLACE}{name}" for name in ("Info.plist", "PkgInfo", "Sample")
    ]
    assert f"__MACOSX/{PLACE}._Info.plist" in names
    assert "Payload/.DS_Store" in names


def test_compression_and_executable_are_free() -> None:
    archive = opened(make_ipa(App(compression=zipfile.ZIP_STORED, executable=b"\xca\xfe\xba\xbe")))
    assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    assert archive.read(f"{PLACE}Sample") == b"\xca\xfe\xba\xbe"


# --- hostile ------------------------------------------------------------------------------------------------


def test_the_bomb_is_small_and_inflates_without_end() -> None:
    ipa = samples.bomb()
    entry = opened(ipa).getinfo("Payload/Bomb.app/Info.plist")
    assert entry.file_size == samples.BOMB_SIZE > 200 * len(ipa)
    with opened(ipa).open(entry) as content:
        assert sum(len(content.read(1 << 24)) for _ in range(4)) == 4 << 24


def test_the_lying_bomb_says_it_is_small() -> None:
    ipa = samples.bomb(declared=2000)
    entry = opened(ipa).getinfo("Payload/Bomb.app/Info.plist")
    assert entry.file_size == 2000
    # Local header, its name and its zip64 field stand before the data.
    start = entry.header_offset + 30 + sum(struct.unpack_from("<2H", ipa, entry.header_offset + 26))
    unpacked = zlib.decompressobj(-15).decompress(ipa[start : start + entry.compress_size], 1 << 24)
    assert len(unpacked) == 1 << 24


def test_hostile_ipas_are_what_they_say() -> None:
    assert b"<!ENTITY l9" in opened(samples.entity_bomb()).read(f"{PLACE}Info.plist")
    assert opened(samples.huge_icon()).read(f"{PLACE}AppIcon60x60@2x.png") == pictures.huge_png()
    assert "Payload/Sample.app/../../evil" in opened(samples.escaping_path()).namelist()


def test_no_ipa_that_is_none_has_its_one_app_where_ios_looks() -> None:
    wrong = samples.not_ipas()
    assert len(wrong) == 12
    for mistake, content in wrong.items():
        if not zipfile.is_zipfile(io.BytesIO(content)):
            assert mistake in {"empty", "lfs-pointer", "html", "text", "truncated"}
            continue
        found = [n for n in opened(content).namelist() if n.startswith("Payload/") and n.endswith("Info.plist")]
        assert len(found) == (2 if mistake == "two-apps" else 0), mistake


# --- the same bytes every time ------------------------------------------------------------------------------


def test_the_same_arguments_give_the_same_bytes() -> None:
    app = App(icon=pictures.moon_icon(), built=datetime(2026, 1, 2, tzinfo=UTC), litter=True)
    samples.authority.cache_clear()
    first = make_ipa(app)
    samples.authority.cache_clear()
    samples.signing_certificate.cache_clear()
    assert make_ipa(app) == first
    assert make_ipa(replace(app, build="46")) != first


def unpacked_tree(folder: Path) -> dict[str, object]:
    """Every file's meaning: IPAs by their entries and pictures by their pixels, since deflaters differ."""
    return {
        path.relative_to(folder).as_posix(): entries_of(path) if path.suffix == ".ipa" else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def entries_of(ipa: Path) -> list[tuple[str, tuple[int, ...], bytes]]:
    with zipfile.ZipFile(ipa) as archive:
        return [
            (entry.filename, entry.date_time, meaning(archive.read(entry)))
            for entry in archive.infolist()
            # The seal holds hashes of deflated pictures.
            if not entry.filename.endswith("/CodeResources")
        ]


def meaning(content: bytes) -> bytes:
    if not content.startswith(b"\x89PNG"):
        return content
    return (uncrush(content) if content[12:16] == b"CgBI" else Image.open(io.BytesIO(content))).tobytes()


def test_the_repository_holds_the_demo_as_it_is_made(tmp_path: Path) -> None:
    write_demo(tmp_path)
    assert unpacked_tree(tmp_path) == unpacked_tree(CONTENT)


def test_the_demo_is_small_and_one_build_cannot_install() -> None:
    ipas = list(CONTENT.rglob("*.ipa"))
    assert sum(path.stat().st_size for path in CONTENT.rglob("*") if path.is_file()) < 900_000
    ends = []
    for path in ipas:
        assert path.with_suffix(".md").is_file()
        with zipfile.ZipFile(path) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith("/embedded.mobileprovision")]
            ends.append(cast("datetime", plist_in(archive.read(name))["ExpirationDate"]).year)
    assert sorted(ends) == [2026] + [2035] * (len(ipas) - 1)


def test_the_demo_has_a_page_for_each_app() -> None:
    pages = {page.name for page in (CONTENT / "apps").iterdir()}
    own = {name for name in pages if not name.endswith(".de.md")}
    assert pages - own == {name.replace(".md", ".de.md") for name in own}
    for page in (CONTENT / "apps" / name for name in sorted(own)):
        _, front_matter, body = page.read_text("utf-8").split("+++\n")
        assert set(tomllib.loads(front_matter)) == {"name", "subtitle", "order", "tags", "links"}
        assert body.strip()
