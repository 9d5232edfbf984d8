"""Finding IPAs and texts in the owner's folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ota_site.model.errors import SiteError
from ota_site.sources.scan import ContentFiles, find_files, look_at


def _make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


def _names(found: ContentFiles, folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in (*(ipa.path for ipa in found.ipas), *found.texts)]


def test_ipas_and_texts_are_found_anywhere_in_the_order_of_their_paths(tmp_path: Path) -> None:
    _make(
        tmp_path,
        "b.ipa",
        "a/z.IPA",
        "a/c.Ipa",
        "index.md",
        "apps/x.MD",
        "site.toml",
        "a/icon.png",
        "ipa",
        "x.ipa.txt.gpg",
    )
    found = find_files(tmp_path, leave_out=tmp_path / "_site")
    assert _names(found, tmp_path) == ["a/c.Ipa", "a/z.IPA", "b.ipa", "apps/x.MD", "index.md"]
    assert found.ipas[2] == look_at(tmp_path / "b.ipa")
    assert found.ipas[2].size == len("b.ipa")
    assert found.unusable == ()


def test_tables_are_all_toml_but_the_settings(tmp_path: Path) -> None:
    _make(tmp_path, "site.toml", "a.ipa", "a.toml", "b/site.toml", "b/c.TOML", ".d.toml")
    found = find_files(tmp_path, leave_out=tmp_path / "_site")
    assert [path.relative_to(tmp_path).as_posix() for path in found.tables] == ["a.toml", "b/c.TOML", "b/site.toml"]


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    _make(tmp_path, ".hidden.ipa", "._a.ipa", ".git/a.ipa", "sub/.cache/deep/a.ipa", ".notes.md", "seen.ipa")
    assert _names(find_files(tmp_path, leave_out=tmp_path / "_site"), tmp_path) == ["seen.ipa"]


@pytest.mark.parametrize(
    ("content", "site"),
    [("content", "content/_site"), ("content", "{here}/content/_site"), ("{here}/content", "content/../content/_site")],
)
def test_a_site_inside_the_folder_is_not_searched_however_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, site: str
) -> None:
    _make(tmp_path / "content", "a.ipa", "_site/files/1/a.ipa", "sub/_site/b.ipa")
    monkeypatch.chdir(tmp_path)
    folder = Path(content.format(here=tmp_path))
    found = find_files(folder, leave_out=Path(site.format(here=tmp_path)))
    assert _names(found, folder) == ["a.ipa", "sub/_site/b.ipa"]


def test_links_to_files_are_followed_and_links_to_folders_are_not(tmp_path: Path) -> None:
    _make(tmp_path / "elsewhere", "real.ipa", "notes.md")
    _make(tmp_path / "content", "own.ipa")
    (tmp_path / "content/link.ipa").symlink_to("own.ipa")
    (tmp_path / "content/folder").symlink_to("../elsewhere")
    (tmp_path / "content/loop").symlink_to(".")
    found = find_files(tmp_path / "content", leave_out=tmp_path / "_site")
    assert _names(found, tmp_path / "content") == ["link.ipa", "own.ipa"]
    assert found.ipas[0].size == len("own.ipa")


@pytest.mark.parametrize("name", ["a.ipa", "a.md", "a.toml", "manifest.plist", "apps/a.md"])
@pytest.mark.parametrize("target", ["../outside", "/proc/self/environ", "/dev/zero", "link/outside", "pipe"])
def test_nothing_outside_the_folder_is_read(tmp_path: Path, name: str, target: str) -> None:
    content = tmp_path / "content"
    _make(content, "good.ipa")
    (tmp_path / "outside").write_text("secret")
    (content / "link").symlink_to("..")
    os.mkfifo(content / "pipe")
    (content / name).parent.mkdir(exist_ok=True)
    (content / name).symlink_to(target if target[0] == "/" else content / target)
    found = find_files(content, leave_out=tmp_path / "_site")
    (error,) = found.unusable
    assert error.where == str(content / name)
    assert "not a regular file" in error.message if target == "pipe" else "outside content" in error.message
    assert (_names(found, content), found.texts, found.tables, found.manifests) == (["good.ipa"], (), (), ())


def test_what_cannot_be_used_is_told_apart(tmp_path: Path) -> None:
    _make(tmp_path, "good.ipa", "folder.ipa/inside.ipa")
    # As git-annex leaves a file whose content is elsewhere.
    (tmp_path / "annexed.ipa").symlink_to(".git/annex/objects/gone")
    os.mkfifo(tmp_path / "pipe.ipa")
    for ending in (b".ipa", b".md", b".toml", b".txt", b"/manifest.plist"):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/latin-\xe9" + ending))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    found = find_files(tmp_path, leave_out=tmp_path / "_site")
    assert _names(found, tmp_path) == ["folder.ipa/inside.ipa", "good.ipa"]
    assert [(Path(error.where).name, error.message) for error in found.unusable] == [
        ("annexed.ipa", "it cannot be read: No such file or directory"),
        ("manifest.plist", "its path is not UTF-8"),
        ("latin-\ufffd.ipa", "its path is not UTF-8"),
        ("latin-\ufffd.md", "its path is not UTF-8"),
        ("latin-\ufffd.toml", "its path is not UTF-8"),
        ("pipe.ipa", "it is not a regular file"),
    ]


def test_apps_in_another_form_are_told_and_not_looked_into(tmp_path: Path) -> None:
    _make(
        tmp_path,
        *("Acme.zip", "b/Acme.ipa.zip", "Acme.apk", "Acme.mobileprovision", ".Acme.ipa.icloud", ".hidden.zip"),
        *(
            "Acme.app/Info.plist",
            "Acme.app/Licences.md",
            "Acme.ipa/Payload/Acme.app/Info.plist",
            "c/A.xcarchive/Info.plist",
        ),
        *("com.example.app/Acme.ipa", "com.example.app/Acme.app.dSYM.zip", "com.example.app/x.mobileprovision"),
        *("com.example.app/beta/notes.md", "shots.app/1.png"),
    )
    found = find_files(tmp_path, leave_out=tmp_path / "_site")
    assert _names(found, tmp_path) == ["com.example.app/Acme.ipa", "com.example.app/beta/notes.md"]
    assert [Path(error.where).relative_to(tmp_path).as_posix() for error in found.unusable] == [
        *(".Acme.ipa.icloud", "Acme.apk", "Acme.app", "Acme.ipa", "Acme.mobileprovision", "Acme.zip"),
        *("b/Acme.ipa.zip", "c/A.xcarchive"),
    ]
    assert all(error.hint and error.code == "not-an-ipa" for error in found.unusable)


def test_texts_that_were_not_fetched_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    (tmp_path / "a.toml").write_text("/annex/objects/SHA256E-s9--0.toml\n")
    (tmp_path / "b.md").write_text("The version https://git-lfs.github.com/spec/v1 is the first.\n")
    found = find_files(tmp_path, leave_out=tmp_path / "_site")
    assert ([path.name for path in found.texts], found.tables) == (["b.md"], ())
    assert [(Path(error.where).name, error.message) for error in found.unusable] == [
        ("a.toml", "it is a git-annex pointer"),
        ("index.md", "it is a Git LFS pointer"),
    ]


@pytest.mark.parametrize(("name", "wrong"), [("missing", "there is no such folder"), ("file", "it is a file")])
def test_a_folder_that_is_not_there_is_an_error_with_a_way_out(tmp_path: Path, name: str, wrong: str) -> None:
    _make(tmp_path, "file")
    with pytest.raises(SiteError, match=wrong) as refused:
        find_files(tmp_path / name, leave_out=tmp_path / "_site")
    assert refused.value.where == str(tmp_path / name)
    assert "folder" in refused.value.hint
