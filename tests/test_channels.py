"""Which channel a folder stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from ota_site.catalog.channels import folder_channel, in_one_spelling


@pytest.mark.parametrize(
    ("place", "channels", "channel"),
    [
        ("Acme.ipa", (), None),
        ("acme/Acme.ipa", (), None),
        ("beta/Acme.ipa", (), "beta"),
        ("acme/Beta/Acme.ipa", (), "Beta"),
        ("beta/acme/1.2/Acme.ipa", (), "beta"),
        ("release/beta/Acme.ipa", (), "beta"),
        ("beta/pilots/Acme.ipa", (), "beta"),
        ("beta/pilots/Acme.ipa", ("Pilots",), "pilots"),
        ("beta-2/Acme.ipa", (), None),
        # A file's own name is no folder, and what lies above the owner's folder is not the owner's word.
        ("beta.ipa", (), None),
        ("beta/nightly.ipa", (), "beta"),
    ],
)
def test_the_nearest_folder_with_a_known_name_is_the_channel(
    place: str, channels: tuple[str, ...], channel: str | None
) -> None:
    content = Path("/srv/release/content")
    assert folder_channel(content / place, content, channels) == channel


def test_letter_case_makes_no_other_channel() -> None:
    assert in_one_spelling(["Beta", None, "beta", "RELEASE", "STRASSE", "straße"], ["Release"]) == [
        *("Beta", None, "Beta", "Release", "STRASSE", "STRASSE"),
    ]
