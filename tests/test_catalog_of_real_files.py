"""The real files beside the repository, built into one catalog."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import pytest

from ota_site.build import Report, build_site
from ota_site.config.load import load_config
from tests.builds import NOW

pytestmark = pytest.mark.real

LEFT_OUT = {
    "wrapped-with-watch.ipa": ("no-app", "zip the Payload folder itself"),
    "no-info-plist.ipa": ("no-app", ""),
    "not-an-ipa.ipa": ("not-an-ipa", ""),
}


@pytest.fixture(scope="module")
def report(fixtures_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("real")
    shutil.copytree(fixtures_dir / "ipa", folder / "content")
    config = load_config(folder / "content", folder / "_site", base_url="https://apps.example.com/", environment={})
    return build_site(config, NOW)


def test_eleven_are_published_and_three_left_out_by_name(report: Report) -> None:
    assert sum(len(app.releases) for app in report.catalog.apps) == 11
    left_out = {Path(error.where).name: (error.code, error.hint) for error in report.left_out}
    assert left_out.keys() == LEFT_OUT.keys()
    for name, (code, hint) in LEFT_OUT.items():
        assert left_out[name][0] == code
        assert hint in left_out[name][1]


def test_spaces_and_chinese_names_survive(report: Report) -> None:
    names = {app.bundle_id: app.name for app in report.catalog.apps}
    assert names["org.fastlane.very-capable-app"] == "very capable app"
    assert names["com.junbolaowu.arch"] == "建筑项目平台"


def device_identifiers(folder: Path) -> set[bytes]:
    """Return the identifiers in all profiles: strings of 40 hex digits, or of 8 and 16."""
    pattern = re.compile(rb"<string>([0-9a-f]{40}|[0-9A-F]{8}-[0-9A-F]{16})</string>")
    found: set[bytes] = set()
    for path in filter(zipfile.is_zipfile, folder.glob("*.ipa")):
        with zipfile.ZipFile(path) as archive:
            profiles = [name for name in archive.namelist() if name.endswith("embedded.mobileprovision")]
            found.update(*(pattern.findall(archive.read(name)) for name in profiles))
    return found


def test_no_device_identifier_reaches_a_page(report: Report, fixtures_dir: Path) -> None:
    identifiers = device_identifiers(fixtures_dir / "ipa")
    assert len(identifiers) > 100
    published = b"".join(path.read_bytes() for path in published_files(report) if path.suffix != ".ipa")
    assert not [identifier for identifier in identifiers if identifier in published]


def test_the_verdicts_that_need_no_code_are_those_of_the_index(report: Report) -> None:
    worst = {
        Path(release.source.path).name: release.problems[0].code
        for app in report.catalog.apps
        for release in app.releases
    }
    assert worst == {
        "ad-hoc.ipa": "profile-expired",
        "assets-car-only.ipa": "profile-expired",
        "chinese-unflagged.ipa": "profile-expired",
        "embedded.ipa": "profile-expired",
        "enterprise-2012.ipa": "profile-expired",
        "ipad.ipa": "app-store-profile",
        "iphone.ipa": "profile-expired",
        "many-icons.ipa": "profile-expired",
        "simulator.ipa": "simulator-build",
        "unsigned.ipa": "unsigned",
        "very capable app.ipa": "profile-expired",
    }


def test_no_path_of_the_machine_reaches_a_page(report: Report) -> None:
    for path in published_files(report):
        if path.suffix in (".html", ".json", ".plist"):
            assert str(site_folder(report).parent) not in path.read_text("utf-8")


def site_folder(report: Report) -> Path:
    """Return the folder that was built."""
    return report.catalog.apps[0].newest.source.path.parents[1] / "_site"


def published_files(report: Report) -> list[Path]:
    """Return every file of the site."""
    return [path for path in site_folder(report).rglob("*") if path.is_file()]
