"""The best icon, in every way that apps have named theirs."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from ota_site.apple.bundle.icons import find_icon, read_icon
from ota_site.apple.zip.archive import open_archive
from ota_site.images.pictures import open_picture
from ota_site.model.build import Severity
from tests.pictures import crush, encode_png, plain_icon

if TYPE_CHECKING:
    from pathlib import Path

    from ota_site.model.build import Icon, Problem

APP = "Payload/Sample.app/"
COLOURS = {58: "red", 60: "green", 120: "blue", 152: "teal", 180: "navy", 512: "gold", 1024: "pink"}


def icon(width: int, height: int | None = None) -> bytes:
    image = Image.new("RGB", (width, height or width), COLOURS.get(width, "grey"))
    return crush(image, premultiplied=False, filters=(2,)) if width < 200 else encode_png(image, filters=(2,))


def find(folder: Path, files: dict[str, bytes], info: dict[str, object]) -> tuple[Icon | None, tuple[Problem, ...]]:
    path = folder / "App.ipa"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name if name.startswith("iTunes") else APP + name, content)
    with open_archive(path) as opened:
        return find_icon(opened, APP, info)


def best(folder: Path, files: dict[str, bytes], info: dict[str, object]) -> str | None:
    found, flaws = find(folder, files, info)
    assert {flaw.code for flaw in flaws} <= {"icon-missing"}
    return found.source.removeprefix(APP) if found else None


def primary(*names: str) -> dict[str, object]:
    return {"CFBundlePrimaryIcon": {"CFBundleIconFiles": list(names)}}


SHAPES: dict[str, tuple[dict[str, object], str | None]] = {
    "CFBundleIcons": ({"CFBundleIcons": primary("Main60x60")}, "Main60x60@3x.png"),
    "CFBundleIcons~ipad": ({"CFBundleIcons~ipad": primary("Main76x76")}, "Main76x76@2x~ipad.png"),
    "both": ({"CFBundleIcons": primary("Main60x60"), "CFBundleIcons~ipad": primary("Main76x76")}, "Main60x60@3x.png"),
    "a list at the top": ({"CFBundleIconFiles": ["Main76x76.png", "small"]}, "Main76x76@2x~ipad.png"),
    "plain text for the list": ({"CFBundleIconFiles": "Main60x60"}, "Main60x60@3x.png"),
    "one file": ({"CFBundleIconFile": "small.png"}, "small.png"),
    "one file without suffix": ({"CFBundleIconFile": " small "}, "small.png"),
    "text for the primary icon": ({"CFBundleIcons": {"CFBundlePrimaryIcon": "Main60x60"}}, "Main60x60@3x.png"),
    "with scale and suffix": ({"CFBundleIconFiles": ["Main60x60@2x.png"]}, "Main60x60@3x.png"),
    "with the device": ({"CFBundleIconFiles": ["Main76x76@2x~ipad.png"]}, "Main76x76@2x~ipad.png"),
    "listed but absent": ({"CFBundleIcons": primary("Absent60x60")}, None),
    "another app's prefix": ({"CFBundleIconFiles": ["Main"]}, None),
    "nonsense": (
        {"CFBundleIcons": 7, "CFBundleIcons~ipad": {"CFBundlePrimaryIcon": 8}, "CFBundleIconFiles": [9, ""]},
        None,
    ),
}


@pytest.mark.parametrize(("info", "expected"), SHAPES.values(), ids=SHAPES)
def test_icons_are_found_however_info_plist_names_them(
    tmp_path: Path, info: dict[str, object], expected: str | None
) -> None:
    files = {
        "Main60x60@2x.png": icon(120),
        "Main60x60@3x.png": icon(180),
        "Main76x76@2x~ipad.png": icon(152),
        "small.png": icon(58),
        "Assets/Main60x60@3x.png": icon(512),
    }
    assert best(tmp_path, files, info) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"AppIcon60x60@2x.png": icon(120), "AppIcon60x60@3x.png": icon(180)}, "AppIcon60x60@3x.png"),
        ({"Icon.png": icon(58), "icon@2x.png": icon(120)}, "icon@2x.png"),
        ({"Icon-Small@2x.png": icon(58), "Icon-72~ipad.png": icon(60)}, "Icon-72~ipad.png"),
        ({"Iconography.png": icon(120), "background.png": icon(180)}, None),
        ({"iTunesArtwork": icon(512)}, "iTunesArtwork"),
    ],
)
def test_icons_that_are_not_listed_are_found_by_their_customary_names(
    tmp_path: Path, files: dict[str, bytes], expected: str | None
) -> None:
    assert best(tmp_path, files, {}) == expected


@pytest.mark.parametrize(
    ("artwork", "expected"),
    [
        (icon(1024), "iTunesArtwork@2x"),
        (icon(58), "Icon@2x.png"),
        (icon(513, 512), "Icon@2x.png"),
    ],
    ids=["larger", "smaller", "larger but oblong"],
)
def test_artwork_at_the_top_wins_where_it_is_square_and_larger(tmp_path: Path, artwork: bytes, expected: str) -> None:
    files = {"Icon@2x.png": icon(120), "iTunesArtwork@2x": artwork}
    assert best(tmp_path, files, {"CFBundleIconFiles": ["Icon"]}) == expected


def test_pixels_count_not_names(tmp_path: Path) -> None:
    files = {"Icon@3x.png": icon(58), "Icon.png": icon(180), "Icon@2x.png": icon(120)}
    assert best(tmp_path, files, {"CFBundleIconFiles": ["Icon"]}) == "Icon.png"


def test_an_oblong_icon_is_better_than_none(tmp_path: Path) -> None:
    assert best(tmp_path, {"Icon.png": icon(60, 58)}, {}) == "Icon.png"


@pytest.mark.parametrize("damaged", [icon(180)[:-40], b"not a picture", b"", icon(180)[:30]])
def test_where_the_largest_is_damaged_the_next_is_taken_and_the_flaw_named(tmp_path: Path, damaged: bytes) -> None:
    files = {"Icon@3x.png": damaged, "Icon@2x.png": icon(120)}
    found, (flaw,) = find(tmp_path, files, {"CFBundleIconFiles": ["Icon"]})
    assert found is not None
    assert (found.source, found.width, found.height) == (APP + "Icon@2x.png", 120, 120)
    assert found.sha256 == hashlib.sha256(icon(120)).hexdigest()
    assert (flaw.code, flaw.severity) == ("icon-damaged", Severity.WARNING)
    assert "Icon@3x.png" in flaw.message


def test_only_some_of_many_damaged_icons_are_tried_and_named(tmp_path: Path) -> None:
    files = {f"Icon-{number}.png": icon(120)[:-30] for number in range(50)}
    found, flaws = find(tmp_path, files, {})
    assert (found, len(flaws)) == (None, 8)
    assert {flaw.code for flaw in flaws} == {"no-icon"}


MISSING: dict[str, tuple[dict[str, object], str]] = {
    "another prefix": ({"CFBundleIcons": primary("Absent60x60", "Absent76x76")}, "Absent60x60, Absent76x76"),
    "another case": ({"CFBundleIconFiles": ["appicon60x60"]}, "appicon60x60"),
    "one file": ({"CFBundleIconFile": "icon.png"}, "icon"),
    "many": ({"CFBundleIconFiles": ["a", "b", "c", "d"]}, "a, b, c …"),
}
THERE: dict[str, tuple[dict[str, object], set[str]]] = {
    "one of two": ({"CFBundleIcons": primary("Absent60x60", "AppIcon60x60")}, set()),
    "none listed": ({}, set()),
    "in a folder": ({"CFBundleIconFiles": ["Icons/Small"]}, {"Icons/Small@2x.png"}),
    "in a catalog": (
        {"CFBundleIcons": {"CFBundlePrimaryIcon": {"CFBundleIconFiles": ["A"], "CFBundleIconName": "A"}}},
        {"Assets.car"},
    ),
    "in a catalog for a TV": ({"CFBundleIcons": {"CFBundlePrimaryIcon": "App Icon"}}, {"Assets.car"}),
}


@pytest.mark.parametrize(("info", "names"), MISSING.values(), ids=MISSING)
def test_names_that_no_file_has_are_told(tmp_path: Path, info: dict[str, object], names: str) -> None:
    found, (flaw,) = find(tmp_path, {"AppIcon60x60@2x.png": icon(120), "Info.plist": b""}, info)
    assert found is not None
    assert (flaw.code, flaw.severity) == ("icon-missing", Severity.WARNING)
    assert flaw.message.endswith(f": {names}")


@pytest.mark.parametrize(("info", "more"), THERE.values(), ids=THERE)
def test_a_name_that_one_file_has_is_enough(tmp_path: Path, info: dict[str, object], more: set[str]) -> None:
    files = {"AppIcon60x60@2x.png": icon(120), **dict.fromkeys(more, icon(58))}
    _, flaws = find(tmp_path, files, info)
    assert "icon-missing" not in {flaw.code for flaw in flaws}


def test_an_executable_of_the_icon_s_name_is_no_damaged_icon(tmp_path: Path) -> None:
    info: dict[str, object] = {
        "CFBundleIcons": {"CFBundlePrimaryIcon": {"CFBundleIconFiles": ["AppIcon60x60"], "CFBundleIconName": "Sample"}}
    }
    assert (
        best(tmp_path, {"Sample": b"\xcf\xfa\xed\xfe", "AppIcon60x60@2x.png": icon(120)}, info) == "AppIcon60x60@2x.png"
    )
    assert best(tmp_path, {"Small": icon(58)}, {"CFBundleIconFiles": ["Small"]}) == "Small"


def test_the_icon_found_is_the_picture_read(tmp_path: Path) -> None:
    content = crush(plain_icon(), premultiplied=False)
    found, _ = find(tmp_path, {"Icon.png": content}, {})
    assert found is not None
    with open_archive(tmp_path / "App.ipa") as archive:
        picture = read_icon(archive, found)
    image = open_picture(picture.data, premultiplied=picture.premultiplied)
    assert image.tobytes() == plain_icon().convert("RGBA").tobytes()
    assert Image.open(io.BytesIO(picture.data)).format == "PNG"
