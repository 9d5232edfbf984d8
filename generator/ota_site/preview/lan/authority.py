"""Create a local certificate authority, and certificates for this machine's addresses on the local network.

The authority is created once, in the user's data folder. Critical name constraints limit it to private addresses,
`.local` and `localhost`, so that a stolen key cannot impersonate a public site. The leaf meets Apple's requirements for
trusted certificates (support.apple.com/103769). The only importer of cryptography.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from ota_site.model.errors import SiteError
from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PRIVATE: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(block)
    for block in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)
"""The addresses that the authority may sign certificates for."""
_DOMAINS = ("local", "localhost")
# This domain has no mailboxes (RFC 2606), so the authority cannot sign for mail addresses either.
_NO_MAIL = "invalid"

_FILE = "authority.pem"
_STAGED = ".authority-"
_ROOT_TERM = timedelta(days=825)
_LEAF_TERM = timedelta(days=90)
# For devices whose clock is behind.
_EARLY = timedelta(days=1)


class Authority(Record, kw_only=True):
    """The root certificate that devices have to trust, with its key."""

    name: str
    """The name shown in a device's settings."""
    root: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        """The root certificate as DER, as used in a profile."""
        return self.root.public_bytes(Encoding.DER)


def authority_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return the authority's folder in the user's data folder. Raises SiteError if the user has no home folder."""
    try:
        if platform == "win32":
            data = Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
        elif platform == "darwin":
            data = Path.home() / "Library/Application Support"
        else:
            # Relative paths must be ignored (XDG Base Directory Specification).
            said = Path(environ.get("XDG_DATA_HOME", ""))
            data = said if said.is_absolute() else Path.home() / ".local/share"
    except RuntimeError as error:
        raise SiteError("this user has no home folder to store the local authority in", hint="set HOME") from error
    return data / "ota-site/authority"


def load_authority(folder: Path, now: datetime) -> Authority:
    """Return the authority in `folder`; create it if there is none, or if it is about to expire.

    Raises SiteError if its file is accessible to other users, invalid, or cannot be read or written, and if its
    validity begins in the future.
    """
    path = folder / _FILE
    try:
        if not path.exists():
            _make(folder, now)
        authority = _read(path)
        if now >= authority.root.not_valid_after_utc - _EARLY:
            path.unlink()
            _make(folder, now)
            authority = _read(path)
    except OSError as error:
        raise SiteError(f"the local authority cannot be read or written: {error.strerror}", where=str(path)) from error
    if now < (begins := authority.root.not_valid_before_utc):
        hint = "check this machine’s clock; if it is right, run `ota-site serve --forget-ca` and start again"
        raise SiteError(f"the local authority is not valid before {begins:%Y-%m-%d}", where=str(path), hint=hint)
    return authority


def forget(folder: Path) -> tuple[str, ...]:
    """Remove the authority and its key; return lines to print, with what to do on the devices.

    Raises SiteError if it cannot be removed.
    """
    path = folder / _FILE
    name = "ota-site local authority"
    with suppress(OSError, SiteError):
        name = _read(path).name
    try:
        found = False
        for each in (path, *folder.glob(f"{_STAGED}*")):
            with suppress(FileNotFoundError):
                each.unlink()
                found = True
    except OSError as error:
        raise SiteError(f"the local authority cannot be removed: {error.strerror}", where=str(path)) from error
    with suppress(OSError):
        folder.rmdir()
    if not found:
        return ("There is no local authority on this machine.",)
    return (
        f"Removed “{name}” and its key from this machine.",
        "On each device that trusts it: Settings › General › VPN & Device Management › the profile › Remove Profile.",
    )


def certify(authority: Authority, names: Iterable[str], now: datetime) -> bytes:
    """Return a key and its certificate for these names and addresses, and for localhost, as PEM.

    Raises SiteError for a name or an address that the authority may not sign for.
    """
    titles = [_general_name(name) for name in dict.fromkeys((*names, "localhost", "127.0.0.1"))]
    key = ec.generate_private_key(ec.SECP256R1())
    ends = min(now + _LEAF_TERM, authority.root.not_valid_after_utc)
    builder = (
        _builder(key, "ota-site preview", authority.name, now, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(titles), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    return _pem(key, builder.sign(authority.key, hashes.SHA256()))


def _make(folder: Path, now: datetime) -> None:
    """Write a new authority atomically. If another process was faster, keep that one's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    staged = folder / f"{_STAGED}{secrets.token_hex(8)}"
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_new_authority(now))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            (folder / _FILE).hardlink_to(staged)
    finally:
        staged.unlink()


def _new_authority(now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    # Not the machine's name, which often has a person's name. iOS does not list roots without a common name to trust.
    name = f"ota-site local authority {secrets.token_hex(3)}"
    blocks = [x509.IPAddress(block) for block in PRIVATE]
    limits = x509.NameConstraints([*blocks, *map(x509.DNSName, _DOMAINS), x509.RFC822Name(_NO_MAIL)], None)
    builder = (
        _builder(key, name, name, now, now + _ROOT_TERM)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(limits, critical=True)
    )
    return _pem(key, builder.sign(key, hashes.SHA256()))


def _read(path: Path) -> Authority:
    with path.open("rb") as file:
        _refuse_shared(path.parent, path.parent.stat())
        _refuse_shared(path, os.fstat(file.fileno()))
        data = file.read()
    try:
        key, root = load_pem_private_key(data, None), x509.load_pem_x509_certificate(data)
        names = root.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    except (ValueError, TypeError):
        key, names = None, []
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not names or key.public_key() != root.public_key():
        hint = "remove it with `ota-site serve --forget-ca`"
        raise SiteError("this file is not an authority that ota-site created", where=str(path), hint=hint)
    return Authority(name=str(names[0].value), root=root, key=key)


def _refuse_shared(path: Path, status: os.stat_result) -> None:
    """Raise SiteError if other users can access a path: the key may be known. Windows has no such permissions."""
    mode = stat.S_IMODE(status.st_mode)
    if os.name == "posix" and (mode & 0o077 or status.st_uid != os.geteuid()):
        message = f"other users have access to it ({mode:04o}) and may know the authority’s key"
        raise SiteError(message, where=str(path), hint="remove it with `ota-site serve --forget-ca` and start again")


def _builder(
    key: ec.EllipticCurvePrivateKey, name: str, issuer: str, now: datetime, ends: datetime
) -> x509.CertificateBuilder:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder(_name(issuer), _name(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(ends)
        .add_extension(identifier, critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    """Return an address or a name in its X.509 form. Raises SiteError if it is outside the authority's constraints."""
    try:
        address = ip_address(name)
    except ValueError:
        if name.isascii() and name.rpartition(".")[2].lower() in _DOMAINS:
            return x509.DNSName(name)
    else:
        if any(address in block for block in PRIVATE):
            return x509.IPAddress(address)
    raise SiteError("this is neither a private address nor a name of the local network", where=name)


def _pem(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret + certificate.public_bytes(Encoding.PEM)
