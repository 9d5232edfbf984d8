"""Check the web address of a file for errors that keep iOS from fetching it. Pure."""

from __future__ import annotations

import ipaddress
import re
from enum import StrEnum
from typing import TYPE_CHECKING
from unicodedata import category
from urllib.parse import quote, urlsplit, urlunsplit

from ota_site.apple.install.sharing import page_of
from ota_site.apple.install.signed_address import without_secrets
from ota_site.apple.zip.directory import printable
from ota_site.model.records import Record

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNFIT = re.compile(r"[^!#$%&'()*+,/:;=?@~A-Za-z0-9._-]|%(?![0-9A-Fa-f]{2})")
# Left by a terminal with another encoding, or by a decoder that replaces invalid bytes.
_NO_TEXT = re.compile("[\ud800-\udfff\ufffd]")
_QUOTES = "\"'“”„‟‘’‚‛«»`"
# Typing errors and failed replacements of https://: hhttps://, htps://, https:/, https//.
_NEARLY = re.compile(r"[htps]{3,7}(?::/{0,3}|/{1,3})(?=[^/])", re.IGNORECASE)
_HOST_FIRST = re.compile(r"(?://)?[\w-]+(?:\.[\w-]+)+(?::\d+)?/")
_V6_HOST = re.compile(r"(?<=^https://)\[[0-9a-f:.]+\]", re.IGNORECASE)
_SAFE = "/%:@!$&'()*+,;=~"


class AddressProblem(StrEnum):
    """The kinds of error in an address. LARGE: only large files have a page before them."""

    URL = "url"
    HTTP = "http"
    NOT_ENCODED = "not-encoded"
    PAGE = "page"
    LARGE = "large"


class AddressFault(Record):
    """One error. `message` continues after “the address”; `hint` says what to do."""

    problem: AddressProblem
    message: str
    hint: str


def examine_address(text: str) -> tuple[tuple[AddressFault, ...], str | None]:
    """Return the errors in a file's address, and the intended address; None if that is unclear."""
    faults: list[AddressFault] = []
    if _NO_TEXT.search(text):
        return (AddressFault(AddressProblem.URL, "contains bytes that are not text", "rewrite it in ASCII"),), None
    meant = _with_scheme(_without_strays(text, faults), faults)
    parts = _split(meant) if meant else None
    if parts is None or (own := _is_own(parts.hostname or "")) or parts.username is not None:
        if parts is None:
            # The message does not repeat the address: it may contain a password.
            fault = AddressFault(
                AddressProblem.URL, "has an invalid host", "write the full address, starting with https://"
            )
        elif own:
            fault = AddressFault(
                AddressProblem.URL, "is local to the device, which iOS rejects", "use a server that it can reach"
            )
        else:
            fault = AddressFault(AddressProblem.URL, "contains a user name, which iOS does not send", "remove it")
        return (*faults, fault) if meant else tuple(faults), None
    if unfit := _UNFIT.search(_V6_HOST.sub("", meant or "")):
        hint = "percent-encode it: a space as %20, and every character outside ASCII"
        faults.append(
            AddressFault(AddressProblem.NOT_ENCODED, f"contains {_named(unfit[0])}, which no address may contain", hint)
        )
    encoded = _encoded(parts)
    if page := page_of(encoded):
        problem = AddressProblem.LARGE if page.large_only else AddressProblem.PAGE
        return (*faults, AddressFault(problem, page.what, page.hint)), urlunsplit(
            encoded
        ) if page.large_only else page.direct
    return tuple(faults), urlunsplit(encoded)


def _without_strays(text: str, faults: list[AddressFault]) -> str:
    """Return the address without blanks and quotes around it and invisible characters. Adds errors to `faults`."""
    bare = text.strip().strip(_QUOTES).strip()
    if bare != text:
        around = "quotation marks" if text.strip() != bare else "spaces or line breaks"
        faults.append(
            AddressFault(AddressProblem.URL, f"has {around} around it", "write only the address, on one line")
        )
    stray = next((char for char in bare if category(char) in ("Cc", "Cf")), None)
    if stray is None:
        return bare
    faults.append(
        AddressFault(AddressProblem.NOT_ENCODED, f"contains {_named(stray)}", "retype it as plain text, on one line")
    )
    return "".join(char for char in bare if category(char) not in ("Cc", "Cf"))


def _named(char: str) -> str:
    """Return the description of a character for a message."""
    if char in "\r\n":
        return "a line break"
    if char.isspace():
        return "a space" if char == " " else f"an unusual space (U+{ord(char):04X})"
    if category(char) in ("Cc", "Cf"):
        return f"an invisible character (U+{ord(char):04X})"
    return "a % without two hex digits" if char == "%" else f"“{char}”"


def _with_scheme(text: str, faults: list[AddressFault]) -> str | None:
    """Return the address with https://, or None if that cannot be intended. Adds errors to `faults`."""
    if text[:8].lower() == "https://":
        return text
    if text[:7].lower() == "http://":
        hint = "serve the file over https, which iOS 7.1 and later require"
        faults.append(AddressFault(AddressProblem.HTTP, "is http, but iOS fetches only over https", hint))
        return "https://" + text[7:]
    hint = "begin it with https:// and a host"
    shown = f": {printable(without_secrets(text))}" if text and "@" not in text else ""
    faults.append(AddressFault(AddressProblem.URL, f"is not an https address{shown}", hint))
    if nearly := _NEARLY.match(text):
        return "https://" + text[nearly.end() :]
    return "https://" + text.removeprefix("//") if _HOST_FIRST.match(text) else None


def _split(url: str) -> SplitResult | None:
    """Return the parts of an address; None if it has no host, or an impossible one."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return None
    if not re.fullmatch(r"[A-Za-z0-9._:-]+", host):
        return None
    return parts if parts.netloc.isascii() else parts._replace(netloc=host + port)


def _encoded(parts: SplitResult) -> SplitResult:
    """Return the address with invalid characters percent-encoded."""
    path, query, fragment = (
        quote(_STRAY_PERCENT.sub("%25", part), safe=safe) if _UNFIT.search(part) else part
        for part, safe in ((parts.path, _SAFE), (parts.query, _SAFE + "?"), (parts.fragment, _SAFE + "?"))
    )
    return parts._replace(path=path, query=query, fragment=fragment)


def _is_own(host: str) -> bool:
    """Return whether a host is the device itself (ADM: `url` must not be on the same device)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
