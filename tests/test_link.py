"""`ota-site link` and `ota-site inspect manifest.plist`, as they are typed."""

from __future__ import annotations

import io
import json
import plistlib
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from PIL import Image
from pyzbar import pyzbar

from ota_site.apple.install.install_link import install_link
from ota_site.images.pictures import QR_LIMIT, qr_modules
from tests.faulty import extension, holding, watch
from tests.samples import App, make_ipa
from tests.test_cli import run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MANIFEST = "https://x.example/a%20b/manifest.plist"
LINK = install_link(MANIFEST)


def read_code(picture: Image.Image) -> str:
    (found,) = pyzbar.decode(picture)
    text: str = found.data.decode()
    return text


def drawn(lines: Iterable[str]) -> Image.Image:
    """Draw half blocks as a terminal does, light on dark."""
    rows: list[list[int]] = []
    for line in lines:
        rows.append([255 if block in "█▀" else 0 for block in line])
        rows.append([255 if block in "█▄" else 0 for block in line])
    picture = Image.new("L", (len(rows[0]), len(rows)))
    picture.putdata([pixel for row in rows for pixel in row])
    return picture.resize((picture.width * 8, picture.height * 8), Image.Resampling.NEAREST)


def test_each_form_stands_on_a_line_of_its_own(tmp_path: Path) -> None:
    done = run(tmp_path, "link", MANIFEST)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    escaped = LINK.replace("&", "&amp;")
    assert lines[:6] == [
        f"Link      {LINK}",
        f'HTML      <a href="{escaped}">Install</a>',
        f"Markdown  [Install]({LINK})",
        f"Message   {LINK}",
        f'AMP page  <a href="{escaped}" target="_top">Install</a>',
        f"QR code   {LINK}",
    ]
    assert read_code(drawn(lines[6:])) == LINK
    assert "--page" in done.stderr


def test_with_a_page_the_code_and_the_message_hold_its_address(tmp_path: Path) -> None:
    done = run(tmp_path, "link", MANIFEST, "--page", "https://x.example/a/")
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[3] == "Message   https://x.example/a/"
    assert read_code(drawn(lines[6:])) == "https://x.example/a/"


@pytest.mark.parametrize("name", ["code.svg", "code.PNG"])
def test_the_code_is_written_as_a_picture(tmp_path: Path, name: str) -> None:
    assert run(tmp_path, "link", MANIFEST, "--qr", name).returncode == 0
    data = (tmp_path / name).read_bytes()
    if name.endswith("svg"):
        assert data.startswith(b"<svg ")
    else:
        assert read_code(Image.open(io.BytesIO(data))) == LINK


def test_a_wrong_link_ends_with_1_and_the_right_one(tmp_path: Path) -> None:
    done = run(tmp_path, "link", LINK.replace("&", "&amp;"))
    assert done.returncode == 1
    assert "link-amp: it has &amp; for &" in done.stdout
    assert f"→ write & in plain text: {LINK}\n" in done.stdout
    assert f"Link      {LINK}\n" in done.stdout


def test_for_a_page_its_manifest_is_suggested(tmp_path: Path) -> None:
    done = run(tmp_path, "link", "https://x.example/a%20b/")
    assert done.returncode == 1
    assert "link-page: the manifest’s address is needed" in done.stdout
    assert MANIFEST in done.stdout


def test_where_nothing_can_be_told_no_link_is_printed(tmp_path: Path) -> None:
    done = run(tmp_path, "link", "https://x.example/App.ipa", "--qr", "code.svg")
    assert done.returncode == 1
    assert "link-ipa" in done.stdout
    assert "itms-services" not in done.stdout
    assert not (tmp_path / "code.svg").exists()


def test_as_json(tmp_path: Path) -> None:
    given = LINK.replace("&url", "amp-url")
    done = run(tmp_path, "link", given, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert (told["given"], told["manifest"], told["qr"]) == (given, MANIFEST, LINK)
    assert told["forms"].keys() == {"raw", "html", "markdown", "message", "amp"}
    assert [(problem["code"], problem["severity"]) for problem in told["problems"]] == [("link-amp-url", "error")]
    nothing = json.loads(run(tmp_path, "link", "hello", "--json").stdout)
    assert (nothing["manifest"], nothing["forms"], nothing["qr"]) == (None, None, None)


def test_each_link_of_a_page_is_printed(tmp_path: Path) -> None:
    other = install_link("https://x.example/b.plist")
    page = f'<a href="/a">a</a><a href="{LINK}">1</a><a href="{other.replace("//?", "?")}">2</a>'
    done = run(tmp_path, "link", page)
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert [line for line in lines if line.startswith("Link ")] == [
        f"Link 1 of 2  {LINK}",
        f"Link      {LINK}",
        f"Link 2 of 2  {other.replace('//?', '?')}",
        f"Link      {other}",
    ]
    told = json.loads(run(tmp_path, "link", page, "--json").stdout)
    assert [each["manifest"] for each in told["links"]] == [MANIFEST, "https://x.example/b.plist"]
    assert (told["given"], told["manifest"]) == (page, MANIFEST)
    refused = run(tmp_path, "link", page, "--qr", "code.svg")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "2 install links" in refused.stderr


def test_a_wrapped_link_is_a_warning(tmp_path: Path) -> None:
    wrapped = f"https://eur03.safelinks.protection.outlook.com/?url={quote(LINK, safe='')}&data=05"
    done = run(tmp_path, "link", wrapped)
    assert done.returncode == 0
    assert "! link-wrapped: it is wrapped by Outlook Safe Links" in done.stdout
    assert f"Link      {LINK}\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "Missing argument"),
        ([MANIFEST, "--qr", "code.gif"], 2, ".svg or .png"),
        ([MANIFEST, "--page", "http://x.example/"], 2, "https://"),
        ([MANIFEST, "--qr", "gone/code.svg"], 1, "it cannot be written"),
        ([MANIFEST + "?" + "a" * 3000, "--qr", "code.svg"], 1, "too long for a QR code"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, arguments: list[str], code: int, told: str) -> None:
    done = run(tmp_path, "link", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr


def test_a_link_too_long_for_a_code_is_printed_without_one(tmp_path: Path) -> None:
    done = run(tmp_path, "link", MANIFEST + "?" + "a" * 3000)
    assert done.returncode == 0
    assert "█" not in done.stdout


def test_the_longest_text_that_fits_a_code_fits() -> None:
    assert qr_modules("a" * QR_LIMIT)


def test_an_argument_from_a_terminal_of_another_encoding_is_no_traceback(tmp_path: Path) -> None:
    assert run(tmp_path, "link", "https://x.example/\udcff.plist").returncode == 1
    assert run(tmp_path, "link", "https://x.example/\udcff.plist", "--json").returncode == 1


# --- inspect ------------------------------------------------------------------------------------------------


def put_pair(folder: Path, **metadata: str) -> None:
    (folder / "Sample.ipa").write_bytes(make_ipa(App(version="1.2.3")))
    pictures = [{"kind": kind, "url": f"https://x.example/{kind}.png"} for kind in ("display-image", "full-size-image")]
    table = {
        "assets": [{"kind": "software-package", "url": "https://x.example/Sample.ipa"}, *pictures],
        "metadata": {
            "bundle-identifier": "com.example.sample",
            "bundle-version": "1.2.3",
            "kind": "software",
            "title": "Our \x7fSample",
            **metadata,
        },
    }
    (folder / "manifest.plist").write_bytes(plistlib.dumps({"items": [table]}))


def test_a_manifest_is_compared_with_the_ipa_beside_it(tmp_path: Path) -> None:
    put_pair(tmp_path)
    done = run(tmp_path, "inspect", "manifest.plist")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "manifest.plist",
        "  Nothing in it blocks the install",
        "  Title               Our Sample",
        "  Bundle identifier   com.example.sample",
        "  Version             1.2.3",
        "  IPA address         https://x.example/Sample.ipa",
        "  IPA beside it       Sample.ipa",
    ]
    put_pair(tmp_path, **{"bundle-identifier": "com.example.other"})
    done = run(tmp_path, "inspect", "manifest.plist")
    assert done.returncode == 1
    assert done.stdout.splitlines()[1].startswith("  Blocks the install: it is for com.example.other, but ")
    assert "✗ manifest-bundle-id: it is for com.example.other, but Sample.ipa is com.example.sample" in done.stdout


def test_the_token_in_a_manifest_is_not_printed(tmp_path: Path) -> None:
    put_pair(tmp_path)
    text = (tmp_path / "manifest.plist").read_text("utf-8")
    (tmp_path / "manifest.plist").write_text(text.replace("Sample.ipa", "Sample.ipa?token=5ec2e7"), "utf-8")
    for form in ((), ("--json",), ("--format", "github")):
        done = run(tmp_path, "inspect", *form, "manifest.plist")
        assert done.returncode == 0
        assert "manifest-token" in done.stdout
        assert "5ec2e7" not in done.stdout + done.stderr


def test_what_is_wrong_with_a_manifest_is_an_annotation_for_github(tmp_path: Path) -> None:
    put_pair(tmp_path, **{"bundle-identifier": "com.example.other"})
    done = run(tmp_path, "inspect", "--format", "github", "manifest.plist", "gone.plist")
    assert done.returncode == 1
    first, second = done.stdout.splitlines()
    assert first.startswith("::error file=manifest.plist,title=manifest-bundle-id::it is for com.example.other")
    assert second.startswith("::error file=gone.plist,title=manifest-unreadable::")
    put_pair(tmp_path)
    assert run(tmp_path, "inspect", "--format", "github", "manifest.plist").stdout == ""


def test_manifests_and_ipas_are_one_object_a_line(tmp_path: Path) -> None:
    put_pair(tmp_path)
    (tmp_path / "bad.plist").write_bytes(b"no")
    done = run(tmp_path, "inspect", "--json", "manifest.plist", "Sample.ipa", "bad.plist", "gone.plist")
    manifest, ipa, bad, gone = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1
    assert (manifest["path"], manifest["kind"], manifest["ipas"]) == ("manifest.plist", "manifest", ["Sample.ipa"])
    assert manifest["items"][0]["bundle_id"] == ipa["bundle_id"] == "com.example.sample"
    assert manifest["problems"] == []
    assert [found["problems"][0]["code"] for found in (bad, gone)] == ["manifest-not-plist", "manifest-unreadable"]


def test_inspect_says_what_an_app_is_made_for_and_what_lies_in_it(tmp_path: Path) -> None:
    (tmp_path / "a.ipa").write_bytes(make_ipa(holding(extension(), watch())))
    lines = [line.strip() for line in run(tmp_path, "inspect", "a.ipa").stdout.splitlines()]
    assert "Made for            iPhone, iPad" in lines
    assert "Processors          arm64" in lines
    assert "Inside              PlugIns/Share.appex, Watch/Wrist.app" in lines


def test_inspect_prints_one_form_at_a_time(tmp_path: Path) -> None:
    done = run(tmp_path, "inspect", "--json", "--format", "github", "a.ipa")
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be combined" in done.stderr
