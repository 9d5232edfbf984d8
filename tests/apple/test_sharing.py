"""Addresses of pages where a file is wanted, and the forms that hand out the file."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from ota_site.apple.install.sharing import page_of

# The page of a file, and the file's own address.
DIRECT: list[tuple[str, str]] = [
    ("https://github.com/o/r/blob/main/a/A.ipa", "https://raw.githubusercontent.com/o/r/main/a/A.ipa"),
    ("https://www.dropbox.com/s/1/A.ipa?dl=0", "https://www.dropbox.com/s/1/A.ipa?dl=1"),
    ("https://www.dropbox.com/scl/fi/1/A.ipa?rlkey=z&dl=0", "https://www.dropbox.com/scl/fi/1/A.ipa?rlkey=z&dl=1"),
    ("https://gitlab.com/o/r/-/blob/main/A.ipa", "https://gitlab.com/o/r/-/raw/main/A.ipa"),
    ("https://gitlab.com/o/r/-/jobs/7/artifacts/file/A.ipa", "https://gitlab.com/o/r/-/jobs/7/artifacts/raw/A.ipa"),
    ("https://git.example/o/r/-/blob/main/A.ipa", "https://git.example/o/r/-/raw/main/A.ipa"),
    ("https://codeberg.org/o/r/src/branch/main/A.ipa", "https://codeberg.org/o/r/raw/branch/main/A.ipa"),
    ("https://gitee.com/o/r/blob/master/A.ipa", "https://gitee.com/o/r/raw/master/A.ipa"),
    ("https://bitbucket.org/o/r/src/main/A.ipa", "https://bitbucket.org/o/r/raw/main/A.ipa"),
    (
        "https://git.example/projects/P/repos/r/browse/A.ipa",
        "https://git.example/projects/P/repos/r/raw/A.ipa",
    ),
    ("https://huggingface.co/o/r/blob/main/A.ipa", "https://huggingface.co/o/r/resolve/main/A.ipa"),
    (
        "https://acme-my.sharepoint.com/:u:/g/personal/a/Eabc?e=x",
        "https://acme-my.sharepoint.com/:u:/g/personal/a/Eabc?e=x&download=1",
    ),
    ("https://acme.sharepoint.com/:u:/s/t/Eabc", "https://acme.sharepoint.com/:u:/s/t/Eabc?download=1"),
    (
        "https://sourceforge.net/projects/p/files/v1/A.ipa/download",
        "https://downloads.sourceforge.net/project/p/v1/A.ipa",
    ),
    ("https://pixeldrain.com/u/abc", "https://pixeldrain.com/api/file/abc?download"),
    ("https://tmpfiles.org/1/A.ipa", "https://tmpfiles.org/dl/1/A.ipa"),
    ("https://storage.cloud.google.com/b/A.ipa?authuser=0", "https://storage.googleapis.com/b/A.ipa"),
    (
        "https://firebasestorage.googleapis.com/v0/b/p/o/A.ipa?token=1",
        "https://firebasestorage.googleapis.com/v0/b/p/o/A.ipa?token=1&alt=media",
    ),
]

PAGES = [
    "https://mega.nz/file/AbC#key",
    "https://www.mediafire.com/file/abc/A.ipa/file",
    "https://acme.sharepoint.com/:f:/s/t/Eabc?download=0",
    "https://acme.sharepoint.com/sites/t/Shared%20Documents/A.ipa",
    "https://onedrive.live.com/?id=1&cid=2",
    "https://1drv.ms/u/s!AbC",
    "https://testflight.apple.com/join/AbC",
    "https://apps.apple.com/app/id1",
    "https://app.box.com/s/abc",
    "https://acme.box.com/s/abc",
    "https://we.tl/t-abc",
    "https://wetransfer.com/downloads/1/2",
    "https://u.pcloud.link/publink/show?code=a",
    "https://disk.yandex.ru/d/abc",
    "https://yadi.sk/d/abc",
    "https://pan.baidu.com/s/1abc",
    "https://www.icloud.com/iclouddrive/0abc#A",
    "https://drive.google.com/file/d/1/view?usp=sharing",
    "https://drive.google.com/open?id=1",
    "https://www.dropbox.com/scl/fo/1/2?rlkey=z&dl=1",
    "https://i.diawi.com/abc",
    "https://www.installonair.com/app-link/abc",
    "https://install.appcenter.ms/users/a/apps/b",
    "https://gofile.io/d/abc",
    "https://t.me/channel/7",
    "https://discord.com/channels/1/2/3",
    "https://acme.slack.com/files/U1/F1/a.ipa",
    "https://files.slack.com/files-pri/T1-F1/a.ipa",
    "https://archive.org/details/a",
    "https://github.com/o/r",
    "https://github.com/o/r/releases/tag/v1",
    "https://github.com/o/r/actions/runs/1/artifacts/2",
    "https://x.example",
    "https://x.example/a/",
    "https://x.example/install.html",
]

FILES = [
    "https://x.example/A.ipa",
    "https://x.example/download.php?id=1",
    "https://github.com/o/r/blob/main/A.ipa?raw=true",
    "https://github.com/o/r/raw/main/A.ipa",
    "https://github.com/o/r/raw/refs/heads/main/A.ipa",
    "https://github.com/o/r/releases/download/v1/A.ipa",
    "https://github.com/o/r/releases/latest/download/A.ipa",
    "https://github.com/user-attachments/files/1/A.zip",
    "https://gist.github.com/u/0123abcd/raw/A.plist",
    "https://raw.githubusercontent.com/o/r/main/A.ipa",
    "https://o.github.io/r/A.ipa",
    "https://gitlab.com/o/r/-/raw/main/A.ipa",
    "https://gitlab.com/o/r/-/jobs/7/artifacts/raw/A.ipa",
    "https://codeberg.org/o/r/raw/branch/main/A.ipa",
    "https://bitbucket.org/o/r/downloads/A.ipa",
    "https://bitbucket.org/o/r/raw/main/A.ipa",
    "https://www.dropbox.com/s/1/A.ipa?dl=1",
    "https://www.dropbox.com/scl/fi/1/A.ipa?rlkey=z&raw=1",
    "https://dl.dropboxusercontent.com/s/1/A.ipa",
    "https://drive.usercontent.google.com/download?id=1&export=download&confirm=t",
    "https://acme.sharepoint.com/:u:/g/personal/a/Eabc?download=1",
    "https://acme.sharepoint.com/_layouts/15/download.aspx?share=abc",
    "https://app.box.com/shared/static/abc.ipa",
    "https://download1500.mediafire.com/k/abc/A.ipa",
    "https://downloads.sourceforge.net/project/p/A.ipa",
    "https://netix.dl.sourceforge.net/project/p/A.ipa",
    "https://cdn.discordapp.com/attachments/1/2/A.ipa?ex=66666666&is=1&hm=a",
    "https://archive.org/download/a/A.ipa",
    "https://storage.googleapis.com/b/A.ipa",
    "https://firebasestorage.googleapis.com/v0/b/p/o/A.ipa?alt=media&token=1",
    "https://filedn.com/abc/A.ipa",
    "https://expo.dev/artifacts/eas/abc.ipa",
    "https://pixeldrain.com/api/file/abc",
]


@pytest.mark.parametrize(("page", "direct"), DIRECT)
def test_a_page_leads_to_the_file_behind_it(page: str, direct: str) -> None:
    found = page_of(urlsplit(page))
    assert found is not None
    assert (found.direct, found.large_only) == (direct, False)
    assert page_of(urlsplit(direct)) is None


@pytest.mark.parametrize("address", PAGES)
def test_a_page_without_such_a_form_has_a_hint(address: str) -> None:
    found = page_of(urlsplit(address))
    assert found is not None
    assert (found.direct, found.large_only) == (None, False)
    assert found.hint


@pytest.mark.parametrize("address", FILES)
def test_a_file_is_no_page(address: str) -> None:
    assert page_of(urlsplit(address)) is None


@pytest.mark.parametrize("host", ["drive.google.com", "docs.google.com"])
def test_google_drive_hands_out_small_files(host: str) -> None:
    found = page_of(urlsplit(f"https://{host}/uc?export=download&id=1"))
    assert found is not None
    assert found.large_only
