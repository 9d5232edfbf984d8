"""Normalize the address of a site, and reject an address from which no install can work."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, urlsplit, urlunsplit

from ota_site.model.errors import SiteError

_PAGES = "use the GitHub Pages address, https://<owner>.github.io/<repository>/"
_STATIC_HOST = "use a static host such as Netlify or Cloudflare Pages"
_VIEWERS = {
    "github.com": _PAGES,
    "raw.githubusercontent.com": _PAGES,
    "gitlab.com": "use the GitLab Pages address, https://<group>.gitlab.io/<project>/",
    "bitbucket.org": _STATIC_HOST,
    "dropbox.com": _STATIC_HOST,
    "drive.google.com": _STATIC_HOST,
}
# Python's IDNA 2003 converts these differently than browsers do: ß, ς and the two joiners.
_DEVIANT = re.compile("[\u00df\u03c2\u200c\u200d]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def site_address(text: str, *, where: str) -> str:
    """Return the address as an https URL that ends with a slash.

    where: the setting that it comes from, for the error. Raises SiteError with the reason if iOS would reject it.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise SiteError(f"{text!r} is not an address: {error}", where=where, hint=_FORM) from error
    if parts.username is not None:
        # Do not repeat the address: a password must not appear in logs.
        raise SiteError("the address contains a user name, which iOS does not send", where=where, hint=_FORM)
    if parts.scheme not in ("http", "https") or not host:
        raise SiteError(f"{text!r} is not an https address", where=where, hint=_FORM)
    host = _plain_host(host, text, where)
    _refuse_host(host, text, where)
    if parts.scheme == "http":
        hint = f"serve the site over https and write {urlunsplit(parts._replace(scheme='https'))}"
        raise SiteError(f"{text!r} is http: iOS fetches manifests over https only", where=where, hint=hint)
    if parts.query or parts.fragment:
        raise SiteError(f"{text!r} has a query or a fragment", where=where, hint=_FORM)
    path = quote(_STRAY_PERCENT.sub("%25", parts.path), safe="/%:@!$&'()*+,;=~")
    path = path.removesuffix("/index.html").rstrip("/") + "/"
    return urlunsplit(("https", host + (f":{port}" if port not in (None, 443) else ""), path, "", ""))


_FORM = "write it as https://apps.example.com/ or https://example.com/apps/"


def _plain_host(host: str, text: str, where: str) -> str:
    """Return the host in ASCII, as used in a URL. Raises SiteError for an invalid or ambiguous host."""
    try:
        if ":" in host:
            return f"[{ipaddress.IPv6Address(host)}]"
        if _DEVIANT.search(host):
            hint = "write the host in ASCII, as xn--…, because programs convert it differently"
            raise SiteError(f"{text!r} has an ambiguous host", where=where, hint=hint)
        labels = host.encode("idna").decode("ascii").removesuffix(".").split(".")
        if labels[-1].isdecimal():
            return str(ipaddress.IPv4Address(".".join(labels)))
    except ValueError as error:
        raise SiteError(f"{text!r} has an invalid host", where=where, hint=_FORM) from error
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise SiteError(f"{text!r} has an invalid host", where=where, hint=_FORM)
    return ".".join(labels)


def _refuse_host(host: str, text: str, where: str) -> None:
    if host == "localhost" or host.endswith(".localhost") or _is_loopback(host):
        hint = "use the address that testers open; a local preview needs no address"
        raise SiteError(f"{text!r} is the address of the device itself, which iOS rejects", where=where, hint=hint)
    if instead := _VIEWERS.get(host.removeprefix("www.")):
        message = f"{text!r} shows files in a viewer instead of serving them as a site"
        raise SiteError(message, where=where, hint=instead)


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)
