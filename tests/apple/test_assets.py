"""Icons out of asset catalogs: drawn and compared pixel by pixel, in every packing; damage ends in one error."""

from __future__ import annotations

import struct
from io import BytesIO
from random import Random
from typing import TYPE_CHECKING
from zipfile import ZipFile

import lzfse
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from ota_site.apple.assets.assets import AssetsError, CarIcon, app_icon
from ota_site.images.pictures import open_picture
from ota_site.model.records import replace
from tests.catalogs import (
    APPEARANCE,
    DEEPMAPS,
    FORMATS,
    GAMUT,
    IDIOM,
    PACKINGS,
    PART,
    SCALE,
    Asset,
    file,
    jpeg,
    jpeg_with_alpha,
    link,
    make_bom,
    make_catalog,
    multiplied,
    packed,
    picture,
    size_set,
)
from tests.pictures import crush, encode_png

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DARK, TINTED = {APPEARANCE: 1}, {APPEARANCE: 10}
IMAGE = {PART: 181}


def mosaic(side: int = 13, levels: Sequence[int] = (0, 40, 90, 255), mode: str = "RGBA") -> Image.Image:
    """Return a square picture of pixels of any of some levels a channel, alpha too."""
    random = Random(side)  # noqa: S311 - no secret
    return Image.frombytes(mode, (side, side), bytes(random.choices(levels, k=side * side * len(mode))))


def plain(side: int, colour: str = "red") -> Image.Image:
    return Image.new("RGBA", (side, side), colour)


def expected(image: Image.Image, form: str = "ARGB") -> bytes:
    """Return what an image kept in a format must look like: what was multiplied is divided again."""
    stored = multiplied(image)
    out = bytearray()
    for start in range(0, len(stored), 4):
        *colours, alpha = stored[start : start + 4]
        colours = colours if form in ("ARGB", "RGBW", "RGBW half") else colours[:1] * 3
        alpha = 255 if form == "GRAY" else alpha
        out += bytes(min(255, (colour * 255 + alpha // 2) // alpha) if alpha else 0 for colour in colours)
        out.append(alpha)
    return bytes(out)


def icon_of(car: bytes, name: str | None = "AppIcon") -> CarIcon:
    icon = app_icon(car, name)
    assert icon is not None
    return icon


def drawn(icon: CarIcon) -> Image.Image:
    if icon.data.startswith(b"\xff\xd8"):
        image = Image.open(BytesIO(icon.data), formats=("JPEG",)).convert("RGBA")
    else:
        image = open_picture(icon.data, premultiplied=icon.premultiplied)
    assert image.size == (icon.width, icon.height)
    return image


def draw_only(asset: Asset) -> bytes:
    return drawn(icon_of(make_catalog([size_set([60]), asset]))).tobytes()


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("padding", [0, 16])
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_of_every_format(packing: str, form: str, padding: int, pieces: int) -> None:
    if packing == "rle":
        padding = 0
    image = mosaic()
    assert draw_only(picture(image, form=form, packing=packing, padding=padding, pieces=pieces)) == expected(
        image, form
    )


@pytest.mark.parametrize("pieces", [1, 4])
@pytest.mark.parametrize("levels", [(255,), (0, 255), (0, 90, 255), range(0, 256, 16), range(256)])
def test_a_palette_of_any_size(levels: Sequence[int], pieces: int) -> None:
    image = mosaic(29, levels)
    assert draw_only(picture(image, packing="palette", pieces=pieces)) == expected(image)


@pytest.mark.parametrize("pieces", [1, 2])
@pytest.mark.parametrize(
    ("way", "form"),
    [(way, form) for way in DEEPMAPS for form in ("ARGB", "GA8 ") if form == "ARGB" or not way.startswith("indexed")],
)
def test_every_way_of_a_deepmap(way: str, form: str, pieces: int) -> None:
    image = mosaic(17, (0, 128, 255)) if way.startswith("indexed") else mosaic(17, range(256))
    assert draw_only(picture(image, form=form, packing=f"deepmap {way}", pieces=pieces)) == expected(image, form)


@pytest.mark.parametrize("kind", ["noise", "flat", "half"])
def test_a_large_picture_in_many_blocks(kind: str) -> None:
    noise, flat = mosaic(600, range(256), "RGB").convert("RGBA"), plain(600, "#123456")
    half = flat.copy()
    half.paste(noise.crop((0, 0, 600, 300)))
    image = {"noise": noise, "flat": flat, "half": half}[kind]
    assert draw_only(picture(image, packing="lzfse")) == image.tobytes()


def test_opaque_pictures_have_no_alpha() -> None:
    image = mosaic(9, (0, 100, 200), "RGB").convert("RGBA")
    assert not icon_of(make_catalog([picture(image)])).premultiplied
    marked = image.copy()
    marked.putalpha(77)
    shown = Image.frombytes("RGBA", (9, 9), multiplied(marked))
    shown.putalpha(255)
    assert draw_only(picture(marked, opaque=True)) == shown.tobytes()


def test_pictures_are_cut_out_of_an_atlas() -> None:
    images = [mosaic(11), mosaic(24), mosaic(7)]
    icon = icon_of(make_catalog(packed(images)))
    assert icon.source == "packed1.png"
    assert drawn(icon).tobytes() == expected(images[1])


def test_each_part_of_an_atlas_is_its_own() -> None:
    images = [mosaic(11), mosaic(12), mosaic(13)]
    atlas, *links = packed(images, packing="zlib", padding=32)
    for each, image in zip(links, images, strict=True):
        assert drawn(icon_of(make_catalog([atlas, each]))).tobytes() == expected(image)


def test_a_link_may_lead_to_a_link() -> None:
    atlas, first, second = packed([mosaic(20), mosaic(9)])
    place = {SCALE: 3, PART: 181, 1: 85}
    cut = link((3, 5, 6, 6), place, name="cut.png")
    car = make_catalog([atlas, second, replace(first, facet="", attributes=place), cut])
    assert drawn(icon_of(make_catalog([atlas, replace(first, facet="", attributes=place), cut]))).tobytes() == expected(
        mosaic(20).crop((3, 9, 9, 15))
    )
    assert icon_of(car).source == "packed1.png"


@pytest.mark.parametrize("frame", [(0, 0, 99, 99), (30, 0, 8, 8), (0, 30, 8, 8), (0, 0, 0, 0), (2**32 - 1, 0, 8, 8)])
def test_a_link_to_outside_is_refused(frame: tuple[int, int, int, int]) -> None:
    atlas, *_ = packed([mosaic(20)])
    with pytest.raises(AssetsError, match="outside"):
        app_icon(make_catalog([atlas, link(frame, atlas.attributes)]), None)


def test_links_that_lead_nowhere_or_round_are_refused() -> None:
    with pytest.raises(AssetsError, match="is missing"):
        app_icon(make_catalog([link((0, 0, 8, 8), {1: 9})]), None)
    place = {1: 9, PART: 181, SCALE: 2}
    loop = link((0, 0, 8, 8), place, facet="", attributes=place)
    with pytest.raises(AssetsError, match="itself packed"):
        app_icon(make_catalog([link((0, 0, 8, 8), place), loop]), None)


def test_files_that_stand_in_a_catalog_whole() -> None:
    image = mosaic(21, (0, 80, 255), "RGB")
    icon = icon_of(make_catalog([file(jpeg(image), (21, 21), name="photo.jpg")]))
    assert icon == CarIcon(jpeg(image), 21, 21, premultiplied=False, source="photo.jpg")
    assert draw_only(file(encode_png(mosaic()), (13, 13), b"DATA")) == mosaic().tobytes()
    assert draw_only(file(crush(mosaic()), (0, 0), b"DATA", kind=1000)) == expected(mosaic())
    squeezed = file(lzfse.compress(encode_png(mosaic())), (13, 13), b"DATA")
    assert draw_only(squeezed) == mosaic().tobytes()


def test_a_jpeg_in_more_scans_than_encoders_write_is_refused() -> None:
    image = plain(21)
    scans = jpeg(image) + b"\xff\xda\0\2" * 200
    with pytest.raises(AssetsError, match="scans"):
        app_icon(make_catalog([file(scans, (21, 21))]), None)
    assert icon_of(make_catalog([file(jpeg(image) + b"\xff\xda\0\2" * 50, (21, 21))])).width == 21


def test_a_jpeg_with_alpha_beside_it_comes_alone() -> None:
    image = mosaic(16)
    icon = icon_of(make_catalog([jpeg_with_alpha(image)]))
    assert icon.data == jpeg(image)
    assert (icon.width, icon.height) == (16, 16)


def test_the_facet_that_the_app_names_comes_first() -> None:
    assets = [
        picture(plain(20, "red"), facet="Other"),
        picture(plain(30, "lime"), facet="AppIcon"),
        picture(plain(40, "blue"), facet="Large", attributes=IMAGE),
    ]
    car = make_catalog(assets)
    assert icon_of(car, "Other").width == 20
    assert icon_of(car, "Large").width == 40
    assert icon_of(car, "Missing").width == icon_of(car, None).width == icon_of(car).width == 30


def test_without_a_name_icons_come_before_pictures_called_so() -> None:
    alternate = picture(plain(20), facet="Christmas")
    beta = picture(plain(18), facet="My-App_Icon beta")
    drawing = picture(plain(90), facet="appicon-drawing", attributes=IMAGE)
    other = picture(plain(99), facet="Splash", attributes=IMAGE)
    assert icon_of(make_catalog([other, drawing, alternate, beta])).width == 18
    assert icon_of(make_catalog([other, drawing, alternate])).width == 20
    assert icon_of(make_catalog([other, drawing])).width == 90
    assert app_icon(make_catalog([other]), "AppIcon") is None
    assert app_icon(make_catalog([]), None) is None


def test_the_largest_square_picture_is_taken() -> None:
    assets = [
        picture(plain(40), name="small", attributes={SCALE: 1}),
        picture(plain(120), name="large", attributes={SCALE: 2}),
        picture(plain(60), name="middle", attributes={SCALE: 3}),
        picture(Image.new("RGBA", (400, 300)), name="oblong", attributes={IDIOM: 3}),
        size_set([1024]),
    ]
    assert icon_of(make_catalog(assets)).source == "large"
    assert app_icon(make_catalog(assets[3:]), None) is None


def test_the_light_one_of_one_size_is_taken() -> None:
    dark = picture(plain(60, "black"), name="dark", attributes=DARK)
    tinted = picture(plain(60, "gray"), name="tinted", attributes=TINTED)
    light = picture(plain(60, "white"), name="light")
    wide = picture(plain(60, "pink"), name="wide", attributes={GAMUT: 1})
    phone = picture(plain(60, "green"), name="phone", attributes={IDIOM: 1})
    assert icon_of(make_catalog([dark, tinted, light])).source == "light"
    assert icon_of(make_catalog([tinted, dark])).source == "dark"
    assert icon_of(make_catalog([wide, dark])).source == "wide"
    assert icon_of(make_catalog([wide, light])).source == "light"
    assert icon_of(make_catalog([light, phone])).source == "phone"
    assert icon_of(make_catalog([light, replace(dark, width=99, height=99)])).source == "light"


def test_a_row_predicted_in_no_way_that_exists_is_refused() -> None:
    planes = lzfse.compress(bytes(64) + bytes((0, 5, 0, 0, 0, 0, 0, 0)) + bytes(64 * 6 + 8))
    body = struct.pack("<I", len(planes)) + planes
    head = struct.pack("<2IQ4s4B2H", 1, 4, 12 + len(body), b"dmp2", 2, 0, 10, 4, 8, 8)
    wrong = struct.pack("<4s3I", b"MLEC", 0, 11, len(head + body)) + head + body
    with pytest.raises(AssetsError, match="unknown predictor"):
        app_icon(make_catalog([Asset(payload=wrong, width=8, height=8)]), None)


@pytest.mark.parametrize("fanout", [1, 2, 5])
@pytest.mark.parametrize("chained", [True, False])
def test_trees_of_any_shape(fanout: int, *, chained: bool) -> None:
    assets = [picture(plain(side), facet=f"F{side}", name=str(side)) for side in range(1, 30)]
    car = make_catalog(assets, fanout=fanout, chained=chained)
    assert [icon_of(car, f"F{side}").source for side in range(1, 30)] == [str(side) for side in range(1, 30)]


@pytest.mark.parametrize("method", [6, 7, 9, 10, 12, 99])
def test_a_picture_that_cannot_be_read_gives_way_to_the_next(method: int) -> None:
    strange = replace(
        picture(plain(60), name="strange", attributes={SCALE: 3}),
        payload=struct.pack("<4s3I", b"MLEC", 0, method, 4) + bytes(4),
    )
    assert icon_of(make_catalog([strange, picture(plain(40), name="known")])).source == "known"
    with pytest.raises(AssetsError, match=f"method {method}"):
        app_icon(make_catalog([strange]), "AppIcon")


def test_a_picture_without_bounds_gives_way_too() -> None:
    endless = replace(picture(plain(8)), width=2**32 - 1, height=2**32 - 1, attributes={SCALE: 3})
    assert icon_of(make_catalog([endless, picture(plain(8))])).width == 8


@pytest.mark.parametrize("kind", [1002, 1004, 1009, 1010, 1019])
def test_what_is_no_picture_is_no_icon(kind: int) -> None:
    assert app_icon(make_catalog([replace(picture(plain(8)), kind=kind)]), "AppIcon") is None


@pytest.mark.parametrize("form", [b"HEIF", b"PDF ", b"SVG ", b"RGB5"])
def test_pixels_of_other_formats_are_refused(form: bytes) -> None:
    with pytest.raises(AssetsError):
        app_icon(make_catalog([replace(picture(plain(20)), form=form)]), None)


@pytest.mark.parametrize(("width", "height"), [(2049, 2049), (2**32 - 1, 2**32 - 1), (60_000, 60_000)])
def test_pictures_too_large_are_refused(width: int, height: int) -> None:
    with pytest.raises(AssetsError, match=r"limit"):
        app_icon(make_catalog([replace(picture(plain(20)), width=width, height=height)]), None)


@pytest.mark.parametrize("packing", ["gzip", "zlib", "deflate", "lzfse", "none"])
def test_what_unpacks_to_more_than_it_says_is_refused(packing: str) -> None:
    for side in (19, 21):
        wrong = replace(picture(mosaic(20), packing=packing), width=side, height=side, tags={})
        with pytest.raises(AssetsError, match=r"more than|truncated"):
            app_icon(make_catalog([wrong]), None)


def bomb() -> bytes:
    """Make a block of LZFSE that says it unpacks to 64 bytes, and unpacks to twenty million."""
    body = bytearray(lzfse.compress(bytes(20_000_000)))
    assert body.startswith(b"bvx2")
    body[4:8] = struct.pack("<I", 64)
    return bytes(body)


def test_a_block_that_lies_of_its_length_is_refused() -> None:
    liar = picture(plain(4), packing="none")
    body = bomb()
    lie = replace(liar, payload=struct.pack("<4s3I", b"MLEC", 0, 4, len(body)) + body)
    with pytest.raises(AssetsError, match="declared length"):
        app_icon(make_catalog([lie]), None)


def test_lzvn_cut_short_is_refused() -> None:
    whole = picture(plain(64), packing="lzvn")
    for cut in (1, 8, 9, 20):
        body = whole.payload[16:-cut]
        short = replace(whole, payload=struct.pack("<4s3I", b"MLEC", 0, 3, len(body)) + body)
        with pytest.raises(AssetsError, match="damaged"):
            app_icon(make_catalog([short]), None)


def test_more_blocks_than_an_encoder_makes_are_refused() -> None:
    block = lzfse.compress(bytes(64))[:-4]
    body = block * 64 + b"bvx$"
    crumbs = replace(picture(plain(32)), payload=struct.pack("<4s3I", b"MLEC", 0, 4, len(body)) + body)
    with pytest.raises(AssetsError, match="more than"):
        app_icon(make_catalog([crumbs]), None)


def test_more_runs_than_a_picture_has_are_refused() -> None:
    side = 1100
    row = (struct.pack("<I", 1) + b"bgra") * side
    body = struct.pack(f"<3I{side}I", 4, side, side, *[12 + 4 * side] * side) + row
    crumbs = Asset(payload=struct.pack("<4s3I", b"MLEC", 0, 1, len(body)) + body, width=side, height=side)
    with pytest.raises(AssetsError, match="too many pieces"):
        app_icon(make_catalog([crumbs]), None)


def test_a_predicted_deepmap_may_be_as_large_as_an_icon_on_the_home_screen() -> None:
    head = struct.pack("<4s4B2H", b"dmp2", 2, 0, 10, 4, 512, 512)
    body = struct.pack("<2IQ", 1, 4, len(head)) + head
    large = Asset(payload=struct.pack("<4s3I", b"MLEC", 0, 11, len(body)) + body, width=512, height=512)
    with pytest.raises(AssetsError, match="too long"):
        app_icon(make_catalog([large]), None)
    image = mosaic(180, range(256))
    assert draw_only(picture(image, packing="deepmap predicted")) == expected(image)


def test_what_is_no_catalog_is_refused() -> None:
    with pytest.raises(AssetsError, match="truncated"):
        app_icon(b"", None)
    with pytest.raises(AssetsError, match="header of a BOM store"):
        app_icon(encode_png(mosaic(40)), None)
    with pytest.raises(AssetsError, match="not an asset catalog"):
        app_icon(make_bom({"Paths": {b"a": b"b"}}), None)
    for attributes in ([17] * 2, [1] * 70):
        words = struct.pack(f"<4s2I{len(attributes)}I", b"tmfk", 0, len(attributes), *attributes)
        with pytest.raises(AssetsError, match="key format"):
            app_icon(make_bom({"KEYFORMAT": words}), None)


def small_catalog() -> bytes:
    """Return a catalog with some of everything, small, so that a change is likely to site_input."""
    image = mosaic(6)
    assets = [
        picture(image, packing=packing, name=packing, attributes={SCALE: number % 4, IDIOM: number // 4})
        for number, packing in enumerate(("rle", "zlib", "lzvn", "lzfse", "palette"))
    ]
    assets += [
        picture(
            mosaic(7 + number), packing=f"deepmap {way}", attributes={SCALE: number, IDIOM: 2}, pieces=1 + number % 2
        )
        for number, way in enumerate(DEEPMAPS)
    ]
    assets += [file(jpeg(image), (6, 6), attributes={SCALE: 1, IDIOM: 3}), size_set([6, 7])]
    assets += [replace(each, attributes={**each.attributes, GAMUT: 1}) for each in packed([mosaic(14), mosaic(3)])[:2]]
    return make_catalog(assets, fanout=3)


SMALL = small_catalog()
CHANGES = st.lists(
    st.tuples(
        st.integers(0, len(SMALL) - 1),
        st.one_of(
            st.binary(min_size=1, max_size=4), st.sampled_from([b"\xff" * 4, bytes(4), b"\x01\0\0\0", b"\0\0\0\x01"])
        ),
    ),
    min_size=1,
    max_size=8,
)


def answer(car: bytes) -> CarIcon | None:
    try:
        return app_icon(car, "AppIcon")
    except AssetsError:
        return None


@settings(max_examples=300)
@given(changes=CHANGES, end=st.one_of(st.none(), st.integers(0, len(SMALL))))
@example(changes=[(0, b"B")], end=None)
def test_a_changed_catalog_gives_an_icon_or_an_error(changes: list[tuple[int, bytes]], end: int | None) -> None:
    car = bytearray(SMALL)
    for place, content in changes:
        car[place : place + len(content)] = content
    icon = answer(bytes(car[:end]))
    if icon:
        assert icon.width == icon.height
        if not icon.data.startswith(b"\xff\xd8"):
            drawn(icon)


@settings(max_examples=100)
@given(data=st.binary(max_size=300))
def test_any_bytes_give_an_icon_or_an_error(data: bytes) -> None:
    answer(data)
    answer(b"BOMStore" + data)


@settings(max_examples=300)
@given(
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6),
    packing=st.sampled_from([*PACKINGS, "palette", *(f"deepmap {way}" for way in DEEPMAPS)]),
    cut=st.integers(0, 40),
)
@example(changes=[], packing="lzvn", cut=1)
def test_changed_pixels_give_an_icon_or_an_error(changes: list[tuple[int, int]], packing: str, cut: int) -> None:
    asset = picture(mosaic(9), packing=packing)
    payload = bytearray(asset.payload)
    for place, value in changes:
        payload[place % len(payload)] = value
    answer(make_catalog([replace(asset, payload=bytes(payload[: len(payload) - cut]))]))


@pytest.mark.real
@pytest.mark.parametrize("name", ["assets-car-only", "chinese-unflagged"])
def test_icons_of_real_apps(name: str, fixtures_dir: Path) -> None:
    icon = icon_of(real_catalog(fixtures_dir / "ipa" / f"{name}.ipa"))
    truth = Image.open(fixtures_dir / "icons" / f"{name}.car.png").convert("RGBA")
    assert drawn(icon).tobytes() == truth.tobytes()


@pytest.mark.real
def test_the_light_icon_of_a_real_app_with_three_appearances(fixtures_dir: Path) -> None:
    icon = icon_of(real_catalog(fixtures_dir / "ipa" / "unsigned.ipa"))
    assert icon.premultiplied
    assert icon.source == "icon-1024.png"
    # This picture of the truth was written without being divided by its alpha; the app's loose icon, which was,
    # agrees with the divided one.
    truth = (fixtures_dir / "icons" / "unsigned.car.png").read_bytes()
    assert drawn(icon).tobytes() == open_picture(truth, premultiplied=True).tobytes()


@pytest.mark.real
def test_a_real_catalog_without_an_icon(fixtures_dir: Path) -> None:
    assert app_icon(real_catalog(fixtures_dir / "ipa" / "many-icons.ipa"), None) is None


def real_catalog(ipa: Path) -> bytes:
    with ZipFile(ipa) as archive:
        (place,) = (each for each in archive.namelist() if each.endswith(".app/Assets.car"))
        return archive.read(place)
