"""The address where a site will stand: made whole, and refused where no install could ever work from it."""

from __future__ import annotations

import ipaddress
from urllib.parse import quote, urlsplit, urlunsplit

from generator.errors import SiteError

_VIEWERS = {
    "github.com": "use the address of its GitHub Pages, https://<owner>.github.io/<repository>/",
    "raw.githubusercontent.com": "use the address of its GitHub Pages, https://<owner>.github.io/<repository>/",
    "gitlab.com": "use the address of its GitLab Pages, https://<group>.gitlab.io/<project>/",
    "bitbucket.org": "use a static host such as Netlify or Cloudflare Pages",
    "www.dropbox.com": "use a static host such as Netlify or Cloudflare Pages",
    "drive.google.com": "use a static host such as Netlify or Cloudflare Pages",
}


def site_address(text: str, *, where: str) -> str:
    """Return the address as an https URL that ends with a slash.

    where: the setting it comes from, for the error. Raises SiteError with the reason where iOS would refuse it.
    """
    try:
        parts = urlsplit(text.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise SiteError(f"{text!r} is not an address: {error}", where=where, hint=_FORM) from error
    if parts.scheme == "http":
        hint = f"serve the site over https and write {urlunsplit(parts._replace(scheme='https'))}"
        raise SiteError(f"{text!r} is http: iOS fetches manifests over https only", where=where, hint=hint)
    if parts.scheme != "https" or not host:
        raise SiteError(f"{text!r} is not an https address", where=where, hint=_FORM)
    if parts.username is not None or parts.query or parts.fragment:
        raise SiteError(f"{text!r} has more than a host and a path", where=where, hint=_FORM)
    _refuse_host(host, text, where)
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~").rstrip("/") + "/"
    port = f":{parts.port}" if parts.port not in (None, 443) else ""
    return urlunsplit(("https", _ascii(host, text, where) + port, path, "", ""))


_FORM = "write it as https://apps.example.com/ or https://example.com/apps/"


def _refuse_host(host: str, text: str, where: str) -> None:
    if host == "localhost" or host.endswith(".localhost") or _is_loopback(host):
        hint = "use the address that testers open; for a look at this machine no address is needed"
        raise SiteError(f"{text!r} is each device's own address, which iOS refuses", where=where, hint=hint)
    if host in _VIEWERS:
        message = f"{text!r} shows files in a page of its own instead of serving them as a site"
        raise SiteError(message, where=where, hint=_VIEWERS[host])


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _ascii(host: str, text: str, where: str) -> str:
    if ":" in host:
        return f"[{host}]"
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise SiteError(f"{text!r} has a host that cannot exist", where=where, hint=_FORM) from error
