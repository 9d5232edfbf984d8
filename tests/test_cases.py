"""Small inputs after public reports, each with its right answer: the kinds are in the tables of the modules."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ota_site.apple.ipa import inspect_ipa
from ota_site.model.build import Severity
from ota_site.model.errors import IpaError
from ota_site.rules.registry import judge
from ota_site.sources.manifest_file import read_manifest

CASES = Path(__file__).parents[2] / "shared" / "cases"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
NOTHING: dict[str, Severity] = {}
ERROR, WARNING = Severity.ERROR, Severity.WARNING

# By the file's number: the errors and warnings that it raises.
APPS: dict[str, dict[str, Severity]] = {
    "00": NOTHING,
    "01": {"bundle-info-plist": ERROR},
    "02": {"static-framework": ERROR},
    # Its certificate is the app's; its sealed files are others, and dyld asks for the team.
    "09": {"info-plist-altered": ERROR, "resources-altered": ERROR, "framework-not-loadable": WARNING},
    "13": {"signature-too-old": ERROR, "info-plist-altered": ERROR, "resources-altered": ERROR},
    "14": NOTHING,
    "19": {"unfilled-variable": WARNING},
    "31": {"bundle-info-plist": ERROR},
    "32": {"extension-point-unknown": WARNING},
    "33": {"extension-info-plist": ERROR},
    "49": NOTHING,
    "50": NOTHING,
    "52": NOTHING,
    "54": {"signed-as-other-app": WARNING},
    "66": {"signed-as-other-app": WARNING},
    "79": {"extension-not-signed": ERROR, "duplicate-bundle-id": ERROR},
    "80": {"extension-not-signed": ERROR, "duplicate-bundle-id": ERROR},
    "81": {"certificate-not-in-profile": ERROR, "duplicate-bundle-id": ERROR},
    # Two architectures are no fault; but it has the app's identifier (57), and its seal is of other files.
    "83": {"duplicate-bundle-id": ERROR, "info-plist-altered": ERROR, "resources-altered": ERROR},
    "90": {"extension-info-plist": ERROR},
    "91": {"extension-info-plist": ERROR},
    "92": {"extension-info-plist": ERROR},
    "110": {"free-team": ERROR},
    "111": {"signed-as-other-app": WARNING},
    "112": {"bundle-id-not-in-profile": ERROR},
    "113": {"signing-identifier": ERROR},
    "114": {"signing-identifier": ERROR},
    "115": NOTHING,
    "116": {"watch-companion": ERROR},
    "117": {"watch-companion": ERROR},
    "118": {"watch-companion": ERROR},
    "122": NOTHING,
    "123": NOTHING,
    "119": {"app-clip": ERROR},
    "120": NOTHING,
    "121": NOTHING,
    "126": {"unsigned": ERROR},
}


# By the file's number: what keeps it out of the catalog.
SKIPPED = {"40": "no-app", "124": "info-plist-invalid", "profile": "info-plist-invalid"}


@pytest.mark.real
@pytest.mark.parametrize("number", SKIPPED)
def test_case_is_skipped_with_its_reason(number: str) -> None:
    (path,) = (CASES / "ipa").glob(f"{number}-*.ipa")
    with pytest.raises(IpaError) as caught:
        inspect_ipa(path)
    assert caught.value.code == SKIPPED[number]
    assert caught.value.hint


@pytest.mark.real
@pytest.mark.parametrize("path", sorted((CASES / "manifests" / "plist").glob("*/*")), ids=lambda path: path.stem)
def test_manifest_is_read_as_ios_reads_it(path: Path) -> None:
    if path.parent.name == "reads":
        assert [item.bundle_id for item in read_manifest(path)]
        return
    with pytest.raises(IpaError, match=r"line [0-9]+: ") as caught:
        read_manifest(path)
    assert caught.value.code == "manifest-not-plist"


@pytest.mark.real
@pytest.mark.parametrize("number", APPS)
def test_case_raises_its_right_answer(number: str) -> None:
    (path,) = (CASES / "ipa").glob(f"{number}-*.ipa")
    found = judge(inspect_ipa(path), now=NOW)
    assert {each.code: each.severity for each in found if each.severity != Severity.NOTE} == APPS[number]
