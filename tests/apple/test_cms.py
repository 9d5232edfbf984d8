"""CMS as another maker writes it: OpenSSL, with certificates of its own."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from ota_site.apple.codesign.asn1 import Asn1Error
from ota_site.apple.codesign.cms import Signer, read_content, read_signer
from tests.apple.mutations import mutated
from tests.conftest import missing
from tests.profiles import Profile, make_profile

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = b"<plist/>" * 1000


def openssl(folder: Path, *arguments: str) -> None:
    """Run OpenSSL in a folder."""
    command = shutil.which("openssl") or missing("openssl is missing: run tests/prepare")
    subprocess.run([command, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what is to be signed, and a key with its certificate, once more in DER."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "content").write_bytes(CONTENT)
    make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out certificate -subj /CN=Signer"
    openssl(folder, *make.split())
    openssl(folder, "x509", "-in", "certificate", "-outform", "DER", "-out", "der")
    return folder


def signed(desk: Path, options: str) -> bytes:
    """Return the content signed."""
    command = "cms -sign -binary -in content -signer certificate -inkey key -outform DER -out cms"
    openssl(desk, *command.split(), *options.split())
    return (desk / "cms").read_bytes()


@pytest.mark.parametrize("options", ["-nodetach", "-nodetach -keyid", "-nodetach -stream", "-nodetach -md sha512"])
def test_content_and_signer_are_found_in_every_form(desk: Path, options: str) -> None:
    data = signed(desk, options)
    algorithm = "sha512" if "512" in options else "sha256"
    made_over = (algorithm, hashlib.new(algorithm, CONTENT).digest())
    assert read_content(data) == CONTENT
    assert read_signer(data) == Signer((desk / "der").read_bytes(), made_over)


def test_streamed_content_comes_without_lengths_and_in_pieces(desk: Path) -> None:
    assert b"\x24\x80" in signed(desk, "-nodetach -stream")


def test_what_was_signed_may_go_unnamed(desk: Path) -> None:
    assert read_signer(signed(desk, "-nodetach -noattr")).made_over is None


def test_an_empty_envelope_has_a_signer_and_no_content(desk: Path) -> None:
    data = signed(desk, "")
    assert read_signer(data).certificate == (desk / "der").read_bytes()
    with pytest.raises(Asn1Error):
        read_content(data)


def test_a_signer_whose_certificate_is_left_out_is_not_known(desk: Path) -> None:
    with pytest.raises(Asn1Error):
        read_signer(signed(desk, "-nodetach -nocerts"))


@given(mutated(make_profile(Profile(bundle_id="com.example.app"))))
def test_any_bytes_end_in_an_answer_or_in_its_own_error(data: bytes) -> None:
    for read in (read_content, read_signer):
        with suppress(Asn1Error):
            read(data)
