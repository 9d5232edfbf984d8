"""The local authority, held against Apple's documented requirements, OpenSSL and Python's ssl."""

from __future__ import annotations

import multiprocessing
import os
import ssl
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ota_site.model.errors import SiteError
from ota_site.preview.lan.authority import Authority, authority_folder, certify, forget, load_authority
from ota_site.preview.lan.profile import trust_profile
from tests.preview.handshakes import client_of, handshake, server_of

if TYPE_CHECKING:
    from collections.abc import Callable

# Certificates are judged by this machine's clock.
NOW = datetime.now(UTC).replace(microsecond=0)
NAMES = ("192.168.1.7", "10.0.0.4", "laptop.local")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data/ota-site/authority"


@pytest.fixture
def authority(folder: Path) -> Authority:
    return load_authority(folder, NOW)


@pytest.fixture
def leaf(authority: Authority) -> bytes:
    return certify(authority, NAMES, NOW)


def certificate(leaf: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(leaf)


def extension(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> x509.Extension[x509.ExtensionType]:
    return certificate.extensions.get_extension_for_class(kind)


def forged(authority: Authority, name: x509.GeneralName) -> bytes:
    """Return a server's key and certificate for any name at all, signed by the authority's key, as a thief would."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a thief")])
    builder = x509.CertificateBuilder(
        authority.root.subject, subject, key.public_key(), 1, NOW - timedelta(days=1), NOW + timedelta(days=30)
    )
    for each in (
        x509.SubjectAlternativeName([name]),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
    ):
        builder = builder.add_extension(each, critical=False)
    return pem_of(key, builder.sign(authority.key, hashes.SHA256()))


def pem_of(key: ec.EllipticCurvePrivateKey, signed: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM)


# --- what Apple asks of certificates (support.apple.com/103769), and of roots that are to be trusted ---------------


def test_the_leaf_meets_apples_requirements(authority: Authority, leaf: bytes) -> None:
    made = certificate(leaf)
    for each in (made, authority.root):
        key = each.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert key.curve.key_size >= 256
        assert isinstance(each.signature_hash_algorithm, hashes.SHA256)
    assert made.not_valid_after_utc - made.not_valid_before_utc <= timedelta(days=825)
    assert made.not_valid_before_utc <= NOW - timedelta(hours=12)
    usage = extension(made, x509.ExtendedKeyUsage).value
    assert isinstance(usage, x509.ExtendedKeyUsage)
    assert ExtendedKeyUsageOID.SERVER_AUTH in usage
    names = extension(made, x509.SubjectAlternativeName).value
    assert isinstance(names, x509.SubjectAlternativeName)
    assert names.get_values_for_type(x509.DNSName) == ["laptop.local", "localhost"]
    addresses = ["192.168.1.7", "10.0.0.4", "127.0.0.1"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address(each) for each in addresses]


def test_the_root_can_be_switched_on(authority: Authority) -> None:
    (name,) = authority.root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == authority.name
    assert authority.root.issuer == authority.root.subject
    basics = extension(authority.root, x509.BasicConstraints)
    assert basics.critical
    assert basics.value == x509.BasicConstraints(ca=True, path_length=0)
    usage = extension(authority.root, x509.KeyUsage)
    assert usage.critical
    assert isinstance(usage.value, x509.KeyUsage)
    assert (usage.value.key_cert_sign, usage.value.digital_signature) == (True, False)


def test_the_root_is_bound_to_private_names(authority: Authority) -> None:
    limits = extension(authority.root, x509.NameConstraints)
    assert limits.critical
    assert isinstance(limits.value, x509.NameConstraints)
    permitted = limits.value.permitted_subtrees or []
    blocks = [each.value for each in permitted if isinstance(each, x509.IPAddress)]
    assert len(blocks) == 8
    for block in blocks:
        assert not isinstance(block, str)
        assert ip_network(block).is_private or ip_network(block).is_link_local
    assert [each.value for each in permitted if isinstance(each, x509.DNSName)] == ["local", "localhost"]


def test_the_root_names_neither_the_machine_nor_anybody(authority: Authority) -> None:
    prefix, mark = authority.name[:-6], authority.name[-6:]
    assert prefix == "ota-site local authority "
    assert int(mark, 16) >= 0
    assert len(authority.root.subject.rdns) == 1


# --- what verifiers say -------------------------------------------------------------------------------------


def openssl_says(program: Callable[[str, str], str], authority: Authority, pem: bytes, *options: str) -> str:
    openssl = program("openssl", "openssl")
    root = authority.root.public_bytes(Encoding.PEM).decode()
    with_files = f"""
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
printf '%s' "$ROOT" > "$folder/root.pem"
cat > "$folder/leaf.pem"
{openssl} verify -x509_strict -purpose sslserver -CAfile "$folder/root.pem" "$@" "$folder/leaf.pem" 2>&1 || true
"""
    command = ["sh", "-c", with_files, "sh", *options]
    done = subprocess.run(command, input=pem, env={**os.environ, "ROOT": root}, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()


@pytest.mark.parametrize("options", [["-verify_ip", "192.168.1.7"], ["-verify_hostname", "laptop.local"]])
def test_openssl_accepts_the_leaf(
    program: Callable[[str, str], str], authority: Authority, leaf: bytes, options: list[str]
) -> None:
    said = openssl_says(program, authority, leaf, *options)
    assert said.rstrip().endswith("leaf.pem: OK")


PUBLIC: list[x509.GeneralName] = [
    x509.DNSName("www.example.com"),
    x509.DNSName("notlocal"),
    x509.IPAddress(ip_address("203.0.113.9")),
    x509.IPAddress(ip_address("2001:db8::9")),
    x509.RFC822Name("somebody@example.com"),
]


@pytest.mark.parametrize("name", PUBLIC, ids=lambda name: str(name.value))
def test_openssl_refuses_a_stolen_keys_leaf_for_a_public_name(
    program: Callable[[str, str], str], authority: Authority, name: x509.GeneralName
) -> None:
    assert "permitted subtree violation" in openssl_says(program, authority, forged(authority, name))


@pytest.mark.parametrize("name", [*NAMES, "localhost", "127.0.0.1"])
def test_python_accepts_the_leaf_with_this_root_alone(authority: Authority, leaf: bytes, name: str) -> None:
    handshake(server_of(leaf), client_of(authority), name)


def test_python_refuses_another_name_another_root_and_none(authority: Authority, leaf: bytes, tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        handshake(server_of(leaf), client_of(authority), "192.168.1.8")
    stranger = load_authority(tmp_path / "another", NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server_of(leaf), client_of(stranger), "192.168.1.7")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server_of(leaf), client_of(None), "192.168.1.7")


@pytest.mark.parametrize("name", ["www.example.com", "203.0.113.9"])
def test_python_refuses_a_stolen_keys_leaf_for_a_public_name(authority: Authority, name: str) -> None:
    title = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(server_of(forged(authority, title)), client_of(authority), name)


# --- its names and its term ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["example.com", "8.8.8.8", "2001:db8::1", "local.example.com", "", "lap top.local.x"])
def test_the_authority_signs_for_no_public_name(authority: Authority, name: str) -> None:
    with pytest.raises(SiteError, match="neither a private address"):
        certify(authority, [name], NOW)


def test_no_leaf_outlives_its_root(authority: Authority) -> None:
    end = authority.root.not_valid_after_utc
    assert certificate(certify(authority, NAMES, end - timedelta(days=5))).not_valid_after_utc == end


def test_every_leaf_has_a_serial_and_a_key_of_its_own(authority: Authority) -> None:
    one, other = (certificate(certify(authority, NAMES, NOW)) for _ in range(2))
    assert one.serial_number != other.serial_number
    assert one.public_key() != other.public_key()


# --- on the disk --------------------------------------------------------------------------------------------


def test_it_is_made_once(folder: Path, authority: Authority) -> None:
    again = load_authority(folder, NOW + timedelta(days=400))
    assert again.root == authority.root
    assert again.key.private_numbers() == authority.key.private_numbers()


def test_one_whose_term_is_over_is_made_anew(folder: Path, authority: Authority) -> None:
    later = load_authority(folder, authority.root.not_valid_after_utc)
    assert later.root != authority.root
    assert later.root.not_valid_after_utc > authority.root.not_valid_after_utc


def test_nobody_else_can_read_it_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0)
    try:
        load_authority(folder, NOW)
    finally:
        os.umask(before)
    assert [path.name for path in folder.iterdir()] == ["authority.pem"]
    assert stat.S_IMODE((folder / "authority.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_key_that_others_have_rights_to_is_refused(folder: Path, authority: Authority, mode: int) -> None:
    assert authority.name
    (folder / "authority.pem").chmod(mode)
    with pytest.raises(SiteError, match=f"{mode:04o}") as refused:
        load_authority(folder, NOW)
    assert "--forget-ca" in refused.value.hint


def test_a_folder_that_others_have_rights_to_is_refused(folder: Path, authority: Authority) -> None:
    assert authority.name
    folder.chmod(0o755)
    with pytest.raises(SiteError, match="0755"):
        load_authority(folder, NOW)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("name", [".", "authority.pem"])
def test_one_that_another_user_owns_is_refused(folder: Path, authority: Authority, name: str) -> None:
    assert authority.name
    os.chown(folder / name, 65534, -1)
    with pytest.raises(SiteError, match="other users have access"):
        load_authority(folder, NOW)


@pytest.mark.parametrize("content", [b"", b"junk", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_authority_is_refused(folder: Path, authority: Authority, content: bytes) -> None:
    assert authority.name
    (folder / "authority.pem").write_bytes(content)
    with pytest.raises(SiteError, match="not an authority that ota-site created"):
        load_authority(folder, NOW)


def test_a_root_with_another_key_is_refused(folder: Path, authority: Authority) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    (folder / "authority.pem").write_bytes(pem_of(other, authority.root))
    with pytest.raises(SiteError, match="not an authority that ota-site created"):
        load_authority(folder, NOW)


def test_a_folder_that_cannot_be_is_a_plain_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SiteError, match="cannot be read or written"):
        load_authority(tmp_path / "file/authority", NOW)


def _name_of(folder: Path) -> str:
    return load_authority(folder, NOW).name


def test_many_at_once_agree_on_one(folder: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        names = pool.map(_name_of, [folder] * 8)
    assert len(set(names)) == 1
    assert [path.name for path in folder.iterdir()] == ["authority.pem"]


# --- forgotten ----------------------------------------------------------------------------------------------


def test_forgetting_removes_all_and_says_what_is_left_to_do(folder: Path, authority: Authority) -> None:
    (folder / ".authority-0123").write_bytes(b"left by a crash")
    done, left = forget(folder)
    assert authority.name in done
    assert "VPN & Device Management" in left
    assert not folder.exists()
    assert forget(folder) == ("There is no local authority on this machine.",)
    assert load_authority(folder, NOW).name != authority.name


def test_even_a_damaged_one_is_forgotten_and_nothing_else(folder: Path, authority: Authority) -> None:
    (folder / "authority.pem").write_bytes(b"junk")
    (folder / "mine.txt").write_text("mine")
    assert authority.name not in " ".join(forget(folder))
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_one_that_was_never_finished_is_forgotten(folder: Path, authority: Authority) -> None:
    (folder / "authority.pem").rename(folder / ".authority-0123456789abcdef")
    assert len(forget(folder)) == 2
    assert not folder.exists()
    assert authority.name


def test_one_of_a_wrong_clock_is_refused_and_kept(folder: Path, authority: Authority) -> None:
    before = (folder / "authority.pem").read_bytes()
    with pytest.raises(SiteError) as refused:
        load_authority(folder, authority.root.not_valid_before_utc - timedelta(seconds=1))
    assert "clock" in refused.value.hint
    assert (folder / "authority.pem").read_bytes() == before


def test_a_user_without_a_home_is_a_plain_failure() -> None:
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root can be a user whom nobody knows")
    code = (
        "import os; from ota_site.preview.lan.authority import authority_folder; os.environ.pop('HOME', None); "
        "os.setuid(54321); authority_folder({})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "SiteError: this user has no home folder" in done.stderr


def test_the_folder_is_where_each_system_keeps_a_users_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    end = Path("ota-site/authority")
    assert authority_folder({}, "linux") == Path("/home/someone/.local/share") / end
    assert authority_folder({"XDG_DATA_HOME": "/data"}, "linux") == Path("/data") / end
    assert authority_folder({"XDG_DATA_HOME": "data"}, "linux") == Path("/home/someone/.local/share") / end
    assert authority_folder({}, "darwin") == Path("/home/someone/Library/Application Support") / end
    assert authority_folder({"LOCALAPPDATA": "/local"}, "win32") == Path("/local") / end


def test_the_profile_holds_the_root_as_openssl_reads_it(
    program: Callable[[str, str], str], authority: Authority
) -> None:
    import plistlib

    (payload,) = plistlib.loads(trust_profile(authority.der, authority.name))["PayloadContent"]
    command = [program("openssl", "openssl"), "x509", "-inform", "DER", "-noout", "-subject", "-nameopt", "multiline"]
    said = subprocess.run(command, input=payload["PayloadContent"], check=True, stdout=subprocess.PIPE).stdout.decode()
    assert authority.name in said
