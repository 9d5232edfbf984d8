"""The address of a file on the web, and what keeps iOS from fetching the file there. Pure."""

from __future__ import annotations

import ipaddress
import re
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

from generator.apple.directory import printable
from generator.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNFIT = re.compile(r"[^!#$%&'()*+,/:;=?@~A-Za-z0-9._-]|%(?![0-9A-Fa-f]{2})")
# What a terminal of another encoding, or a reader that replaces what it cannot read, leaves behind.
_NO_TEXT = re.compile("[\ud800-\udfff\ufffd]")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f]+")
# What hands and search-and-replace make of https://: hhttps://, htps://, https:/, https//.
_NEARLY = re.compile(r"[htps]{3,7}(?::/{0,3}|/{1,3})(?=[^/])", re.IGNORECASE)
_HOST_FIRST = re.compile(r"(?://)?[\w-]+(?:\.[\w-]+)+(?::\d+)?/")
_V6_HOST = re.compile(r"(?<=^https://)\[[0-9a-f:.]+\]", re.IGNORECASE)
_SAFE = "/%:@!$&'()*+,;=~"


class Trouble(StrEnum):
    """What can be wrong with an address."""

    URL = "url"
    HTTP = "http"
    NOT_ENCODED = "not-encoded"
    PAGE = "page"


class Fault(Record):
    """One thing that is wrong: `message` is what follows after “the address”, `hint` what to do."""

    trouble: Trouble
    message: str
    hint: str


def examine_address(text: str) -> tuple[tuple[Fault, ...], str | None]:
    """Return what is wrong with a file's address, and the address that was meant: None where nobody can tell."""
    faults: list[Fault] = []
    if _NO_TEXT.search(text):
        return (Fault(Trouble.URL, "holds bytes that are no text", "write it anew, in ASCII"),), None
    meant = _with_scheme(_INVISIBLE.sub("", text).strip(), faults)
    parts = _split(meant) if meant else None
    if parts is None or (own := _is_own(parts.hostname or "")) or parts.username is not None:
        if parts is None:
            # It is not repeated: it may hold a password.
            fault = Fault(Trouble.URL, "has a host that cannot exist", "write it whole, from https:// on")
        elif own:
            fault = Fault(Trouble.URL, "is each device’s own, which iOS refuses", "name a server that it can reach")
        else:
            fault = Fault(Trouble.URL, "has a user name in it, which iOS does not send", "leave it out")
        return (*faults, fault) if meant else tuple(faults), None
    if _INVISIBLE.search(text.strip()) or _UNFIT.search(_V6_HOST.sub("", meant or "")):
        hint = "write a space as %20, and every letter outside ASCII as percent signs too"
        faults.append(Fault(Trouble.NOT_ENCODED, "holds a character that none may hold", hint))
    encoded = _encoded(parts)
    for fault, direct in _pages(encoded):
        return (*faults, fault), direct
    return tuple(faults), urlunsplit(encoded)


def _with_scheme(text: str, faults: list[Fault]) -> str | None:
    """Return the address with https:// before it, where that can be what was meant."""
    if text[:8].lower() == "https://":
        return text
    if text[:7].lower() == "http://":
        hint = "serve the file over https, which iOS has asked for since 7.1"
        faults.append(Fault(Trouble.HTTP, "is http: iOS fetches over https only", hint))
        return "https://" + text[7:]
    hint = "it must begin with https:// and a host"
    shown = f": {printable(text)}" if text and "@" not in text else ""
    faults.append(Fault(Trouble.URL, f"is no https address{shown}", hint))
    if nearly := _NEARLY.match(text):
        return "https://" + text[nearly.end() :]
    return "https://" + text.removeprefix("//") if _HOST_FIRST.match(text) else None


def _split(url: str) -> SplitResult | None:
    """Return the parts of an address; None where it has no host, or one that cannot exist."""
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
    """Return the address with what no address may hold written as percent signs."""
    path, query, fragment = (
        quote(_STRAY_PERCENT.sub("%25", part), safe=safe) if _UNFIT.search(part) else part
        for part, safe in ((parts.path, _SAFE), (parts.query, _SAFE + "?"), (parts.fragment, _SAFE + "?"))
    )
    return parts._replace(path=path, query=query, fragment=fragment)


def _is_own(host: str) -> bool:
    """Whether a host is the device itself (ADM: `url` must not be on the same device)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


_AS_FILE = "name the file itself, not the page that shows it"
_HOSTED = "put the file on a static host: this one shows a page before it hands a file out"


def _pages(parts: SplitResult) -> Iterator[tuple[Fault, str | None]]:
    """Yield one fault for the address of a web page, with that of the file behind it where the host's form is known."""
    host, path = (parts.hostname or "").removeprefix("www."), parts.path
    match host:
        case "github.com" | "gist.github.com":
            if match := re.fullmatch(r"(/[^/]+/[^/]+)/blob/(.+)", path):
                direct = urlunsplit(("https", "raw.githubusercontent.com", f"{match[1]}/{match[2]}", "", ""))
                yield _page("is a page of GitHub’s that shows the file", _AS_FILE), direct
            elif not re.search(r"/raw/|/releases/(?:latest/)?download/", path):
                yield _page("is a page of GitHub’s", "use its GitHub Pages, or a file of a release"), None
        case "dropbox.com":
            # Its ordinary link shows a page; dl=1 or raw=1 makes it the file.
            query = parse_qs(parts.query)
            if query.get("dl") != ["1"] and query.get("raw") != ["1"]:
                rest = [pair for pair in parts.query.split("&") if pair and not pair.startswith("dl=")]
                direct = urlunsplit(parts._replace(query="&".join([*rest, "dl=1"])))
                yield _page("is a page of Dropbox’s that shows the file", "let it end with dl=1"), direct
        case "bitbucket.org" if "/src/" in path:
            direct = urlunsplit(parts._replace(path=path.replace("/src/", "/raw/", 1)))
            yield _page("is a page of Bitbucket’s that shows the file", _AS_FILE), direct
        case "drive.google.com" | "docs.google.com" | "1drv.ms" | "onedrive.live.com" | "icloud.com":
            yield _page("is a page, not a file", _HOSTED), None
        case _ if "/-/blob/" in path:
            direct = urlunsplit(parts._replace(path=path.replace("/-/blob/", "/-/raw/", 1)))
            yield _page("is a page of GitLab’s that shows the file", _AS_FILE), direct
        case _ if path in ("", "/") or path.endswith("/") or re.search(r"\.x?html?$", path, re.IGNORECASE):
            yield _page("is a page’s, not a file’s", _AS_FILE), None


def _page(message: str, hint: str) -> Fault:
    return Fault(Trouble.PAGE, message, hint)
