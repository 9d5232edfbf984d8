"""The tables beside IPAs. Manifests beside them are tested with whole builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ota_site.sources.front_matter import BuildMatter
from ota_site.sources.scan import find_files
from ota_site.sources.sidecars import Sidecars, read_sidecars

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read(folder: Path, files: Mapping[str, str | bytes]) -> Sidecars:
    """Write files and read the sidecars among them."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_sidecars(find_files(folder, leave_out=folder / "_site"), [])


def test_a_table_belongs_to_the_ipa_of_its_name(tmp_path: Path) -> None:
    files = {"a/Acme-1.2.ipa": "", "a/Acme-1.3.ipa": "", "b/Acme-1.2.ipa": "", "site.toml": 'title = "x"'}
    found = read(tmp_path, {**files, "a/Acme-1.2.toml": '\ufeffchannel = "beta"\r\nmandatory = true\r\n'})
    assert found == Sidecars(matters={tmp_path / "a/Acme-1.2.ipa": BuildMatter(channel="beta", mandatory=True)})


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("channel = beta", "is not valid TOML: Invalid value (at line 1, column 11) (see https://toml.io"),
        (b'channel = "\xff"', "is not UTF-8 (save it as UTF-8)"),
        (b"\xff\xfec\x00", "is not UTF-8"),
        ('channel = "a"\nchannel = "b"', "is not valid TOML: Cannot overwrite a value"),
        ("a = " + "[" * 5000, "is not valid TOML"),
        ("a = " + "1" * 5000, "is not valid TOML"),
        ('[channel]\nname = "beta"', "`channel` should be text, not a table"),
        ('comit = "0f3c"', "unknown key `comit` (did you mean `commit`?)"),
        (
            'run = "https://ci.example/ 7"',
            "`run` 'https://ci.example/ 7' is not an https address (write it as https://",
        ),
    ],
)
def test_a_mistake_in_a_table_is_told_with_its_file(tmp_path: Path, data: str | bytes, told: str) -> None:
    found = read(tmp_path, {"Acme.ipa": "", "Acme.toml": data})
    (mistake,) = found.mistakes
    assert str(mistake).startswith(f"{tmp_path / 'Acme.toml'}: ")
    assert told in str(mistake)
    assert (found.matters, found.amiss) == ({}, ())


@pytest.mark.parametrize(
    ("table", "hint"),
    [
        ("acme.toml", "rename it to Acme.toml"),
        ("Acme-1.toml", "give it the name of its IPA, or move it"),
        ("a/Acme.toml", "give it the name of its IPA, or move it"),
    ],
)
def test_a_table_beside_no_ipa_of_its_name_is_told_and_not_read(tmp_path: Path, table: str, hint: str) -> None:
    found = read(tmp_path, {"Acme.ipa": "", table: "no TOML"})
    (amiss,) = found.amiss
    assert amiss.where == str(tmp_path / table)
    assert "beside it, so it is ignored" in amiss.message
    assert amiss.hint == hint
    assert (found.matters, found.mistakes) == ({}, ())


def test_two_tables_of_one_build_are_a_mistake(tmp_path: Path) -> None:
    found = read(tmp_path, {"Acme.ipa": "", "Acme.toml": 'channel = "a"', "Acme.TOML": 'channel = "b"'})
    (mistake,) = found.mistakes
    assert mistake.where == str(tmp_path / "Acme.toml")
    assert mistake.message == "it describes the same build as Acme.TOML"
