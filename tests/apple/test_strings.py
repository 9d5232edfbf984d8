"""Localised names in every form that a bundle may hold them."""

from __future__ import annotations

import plistlib
import zipfile
from typing import TYPE_CHECKING

import pytest

from ota_site.apple.bundle.strings import localised_names
from ota_site.apple.zip.archive import open_archive

if TYPE_CHECKING:
    from pathlib import Path

APP = "Payload/Sample.app/"
XML, BINARY = plistlib.FMT_XML, plistlib.FMT_BINARY


def names(folder: Path, files: dict[str, bytes]) -> dict[str, str]:
    path = folder / "App.ipa"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(APP + name, content)
    with open_archive(path) as opened:
        return localised_names(opened, APP)


TABLE = {"CFBundleDisplayName": "毛豆", "CFBundleName": "Mao", "NSCameraUsageDescription": "photos"}
WRITTEN = '/* Name */\n"CFBundleDisplayName" = "毛豆";\nCFBundleName="Mao";'
FORMS = {
    "xml": plistlib.dumps(TABLE, fmt=XML),
    "binary": plistlib.dumps(TABLE, fmt=BINARY),
    "utf-8": WRITTEN.encode(),
    "utf-8 with a mark": WRITTEN.encode("utf-8-sig"),
    "utf-16 little": b"\xff\xfe" + WRITTEN.encode("utf-16-le"),
    "utf-16 big": b"\xfe\xff" + WRITTEN.encode("utf-16-be"),
    "escaped": rb'"CFBundleDisplayName" = "\U6bdb\U8C46";',
    "one line": '"CFBundleName" = "Mao"; "CFBundleDisplayName" = "毛豆";'.encode(),
    "over several lines": '\n  "CFBundleDisplayName"\n=\t"毛豆"\n;\n'.encode(),
    "name only": '"CFBundleName" = "毛豆";'.encode(),
    "an old name in comments": (
        '/*\n"CFBundleDisplayName" = "Old";\n*/\n// "CFBundleDisplayName" = "Older";\n'
        '"Page" = "https://x.example"; "CFBundleDisplayName" = "毛豆"; /* never closed\n"CFBundleDisplayName" = "Open";'
    ).encode(),
}


@pytest.mark.parametrize("table", FORMS.values(), ids=FORMS)
def test_a_name_is_read_from_every_form_of_table(tmp_path: Path, table: bytes) -> None:
    assert names(tmp_path, {"zh-Hans.lproj/InfoPlist.strings": table}) == {"zh-Hans": "毛豆"}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (rb"Say \"Hi\"", 'Say "Hi"'),
        (rb"Back\\slash", "Back\\slash"),
        (rb"Two\nLines\tand a tab", "Two Lines and a tab"),
        (rb"\UD83E\UDED8 bean", "\U0001fad8 bean"),
        (rb"half \UD83E", "half \ufffd"),
        (rb"Mum\'s", "Mum's"),
    ],
)
def test_escapes_mean_what_they_stand_for(tmp_path: Path, written: bytes, name: str) -> None:
    table = b'"CFBundleDisplayName" = "' + written + b'";'
    assert names(tmp_path, {"en.lproj/InfoPlist.strings": table}) == {"en": name}


def test_a_loctable_holds_all_languages(tmp_path: Path) -> None:
    loctable = {
        "LocProvenance": {"CFBundleDisplayName": 7},
        "en": {"CFBundleDisplayName": "Beans"},
        "ja": {"CFBundleName": "枝豆"},
        "de": {"NSCameraUsageDescription": "Fotos"},
        "fr": "Haricots",
        "../evil\n": {"CFBundleDisplayName": "Evil"},
    }
    files = {
        "InfoPlist.loctable": plistlib.dumps(loctable, fmt=BINARY),
        "en.lproj/InfoPlist.strings": b'"CFBundleDisplayName" = "Old beans";',
        "pt-BR.lproj/InfoPlist.strings": b'"CFBundleDisplayName" = "Feijoada";',
    }
    assert names(tmp_path, files) == {"en": "Beans", "ja": "枝豆", "pt-BR": "Feijoada"}


@pytest.mark.parametrize(
    "broken",
    [b"", b"garbage", b"bplist00", b"<?xml version='1.0'?><plist>", plistlib.dumps(["a"]), b'"CFBundleName" = "open'],
)
def test_a_broken_table_is_passed_over(tmp_path: Path, broken: bytes) -> None:
    files = {
        "en.lproj/InfoPlist.strings": broken,
        "InfoPlist.loctable": broken,
        "de.lproj/InfoPlist.strings": plistlib.dumps({"CFBundleName": "Bohnen"}),
    }
    assert names(tmp_path, files) == {"de": "Bohnen"}


def test_other_tables_and_those_of_extensions_are_not_the_apps(tmp_path: Path) -> None:
    table = plistlib.dumps(TABLE)
    files = dict.fromkeys(
        ("en.lproj/Localizable.strings", "PlugIns/W.appex/en.lproj/InfoPlist.strings", "InfoPlist.strings"), table
    )
    assert names(tmp_path, files) == {}


def test_tables_are_read_up_to_two_megabytes_in_all(tmp_path: Path) -> None:
    table = b'"CFBundleName" = "A";' + b" " * (900 << 10)
    files = {f"{language}.lproj/InfoPlist.strings": table for language in ("de", "en", "fr", "it")}
    assert names(tmp_path, files) == {"de": "A", "en": "A"}
