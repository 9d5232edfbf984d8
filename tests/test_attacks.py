"""Files made to cost time or memory: each ends in a build or a refusal, and never in what it does not say.

How long they take is measured by `python -m tests.attacks`, and told by `make bench`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ota_site.apple.ipa import inspect_ipa
from tests.attacks import ATTACKS, MEGABYTES, inspect

if TYPE_CHECKING:
    from pathlib import Path

# Each kind of fault once, of those that are quick to make; the rest are left to the bench.
SKIPPED = {"long-names": "not-an-ipa", "nested-names": "not-an-ipa", "colliding-keys": "info-plist-invalid"}
READ = ("many-commands", "empty-extra-fields", "nested-short-names", "shared-certificates", "shared-icon-names")


@pytest.fixture(scope="module")
def ipa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attacks") / "App.ipa"


@pytest.mark.parametrize("name", [*SKIPPED, *READ])
def test_what_costs_much_is_skipped_by_name_or_left_unread(ipa: Path, name: str) -> None:
    ipa.write_bytes(ATTACKS[name]())
    cost = inspect(ipa)
    assert 10 < cost.megabytes < MEGABYTES
    assert not cost.told.startswith("ended")
    assert cost.told.startswith(f"skipped, {SKIPPED[name]}: ") if name in SKIPPED else "skipped" not in cost.told


def test_executables_that_are_too_much_to_read_are_not_called_missing(ipa: Path) -> None:
    ipa.write_bytes(ATTACKS["overlapping-executables"]())
    build = inspect_ipa(ipa)
    assert build.executable
    assert build.executable.seal
    codes = [bundle.executable for bundle in build.nested]
    assert len(codes) == 17
    assert all(code and code.unread and not code.architectures for code in codes)
