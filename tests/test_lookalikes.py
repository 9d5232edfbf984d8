"""What holds an app in another form than a file .ipa, by name."""

from __future__ import annotations

import pytest

from ota_site.sources.lookalikes import wrong_file, wrong_folder

FILES = {
    "Acme.zip": "a .zip file",
    "Acme.ipa.ZIP": "a .zip file",
    "Acme.app.zip": "without a Payload folder",
    "Acme.xcarchive.zip": "Xcode’s archive",
    "Acme.app.dSYM.zip": "debug symbols",
    "Acme.apk": "Android",
    "Acme.aab": "Android",
    "Acme.7z": "an archive",
    "Acme.tar.gz": "an archive",
    "Acme.tipa": "TrollStore",
    "Acme.deb": "jailbroken",
    "Acme.dmg": "macOS",
    "Acme.mobileprovision": "a provisioning profile",
    "Acme.ipa.crdownload": "incomplete download",
    "Acme.ipa.part": "incomplete download",
    "Acme.ipa.txt": "does not end with .ipa",
    "Acme.ipa (1)": "does not end with .ipa",
    ".Acme.ipa.icloud": "in iCloud",
}


@pytest.mark.parametrize(("name", "what"), FILES.items())
def test_a_file_is_named_for_what_it_is(name: str, what: str) -> None:
    wrong = wrong_file(name, ipa_beside=False)
    assert wrong is not None
    assert what in wrong[0]
    assert wrong[1]


@pytest.mark.parametrize("name", ["Acme.app.dSYM.zip", "Acme.mobileprovision"])
def test_what_tools_leave_beside_an_ipa_is_left_alone(name: str) -> None:
    assert wrong_file(name, ipa_beside=True) is None


@pytest.mark.parametrize(
    "name", ["Acme.ipa", "Acme.md", "Acme.ipa.sha256", "zip", "Acme.zip.png", ".old.zip", "Acme.plist"]
)
def test_other_files_are_passed_over(name: str) -> None:
    assert wrong_file(name, ipa_beside=False) is None


@pytest.mark.parametrize(
    ("name", "inside", "what"),
    [
        ("Acme.app", {"Info.plist", "Acme"}, "an app’s folder"),
        ("Acme.APP", {"Acme"}, "an app’s folder"),
        ("Acme.app", set(), "an app’s folder"),
        ("Acme.app", {"Contents"}, "an app’s folder"),
        ("Acme.ipa", {"Payload", "Symbols"}, "a folder"),
        ("Acme.ipa", set(), "a folder"),
        ("Acme.xcarchive", {"Info.plist", "Products"}, "Xcode’s archive"),
    ],
)
def test_a_folder_is_named_for_what_it_is(name: str, inside: set[str], what: str) -> None:
    wrong = wrong_folder(name, inside)
    assert wrong is not None
    assert what in wrong[0]


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("com.example.app", {"Acme-1.ipa"}),
        ("com.example.app", {"beta", "shot.png"}),
        ("folder.ipa", {"inside.ipa"}),
        ("acme", {"Info.plist"}),
    ],
)
def test_other_folders_are_looked_into(name: str, inside: set[str]) -> None:
    assert wrong_folder(name, inside) is None
