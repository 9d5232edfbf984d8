"""Configuration files for static hosts: `_headers` and `robots.txt`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Pages load nothing from other sites and contain no inline scripts. Install links are navigations, which
# these directives do not restrict.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; base-uri 'none'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; "
    "img-src 'self'; manifest-src 'self'; media-src 'self'; script-src 'self'; style-src 'self'"
)

_FRESH = "no-cache"
_FOREVER = "public, max-age=31536000, immutable"
_ATOM = "application/atom+xml; charset=utf-8"

# Cloudflare joins the values of a header set by two rules, and accepts 100 rules: no path may get a header twice.
# No CORS headers: apps and AltStore do not need them to fetch the JSON, and pages of other sites need not read it.
_RULES: Mapping[str, Mapping[str, str]] = {
    "/*": {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    },
    "/apps/:app/manifest.plist": {"Cache-Control": _FRESH, "Content-Type": "text/xml"},
    "/apps/:app/:build/manifest.plist": {"Cache-Control": _FRESH, "Content-Type": "text/xml"},
    "/apps/:app/channels/:channel/manifest.plist": {"Cache-Control": _FRESH, "Content-Type": "text/xml"},
    "/apps/:app/feed.xml": {"Content-Type": _ATOM},
    "/assets/*": {"Cache-Control": _FOREVER},
    "/expiry.ics": {"Content-Type": "text/calendar; charset=utf-8"},
    "/feed.xml": {"Content-Type": _ATOM},
    "/files/*": {"Cache-Control": _FOREVER, "Content-Type": "application/octet-stream"},
    "/icons/*": {"Cache-Control": _FOREVER},
    "/site.webmanifest": {"Content-Type": "application/manifest+json"},
}


def headers_file(*, indexed: bool) -> str:
    """Return `_headers` in the format of Netlify and Cloudflare Pages.

    indexed: whether search engines may list the site.
    """
    rules = {path: dict(headers) for path, headers in _RULES.items()}
    if not indexed:
        rules["/*"]["X-Robots-Tag"] = "noindex"
    blocks = (
        "\n".join((path, *(f"  {name}: {value}" for name, value in headers.items()))) for path, headers in rules.items()
    )
    return "\n\n".join(blocks) + "\n"


def robots_file(*, indexed: bool) -> str:
    """Return `robots.txt`, which allows or disallows the whole site."""
    return f"User-agent: *\nDisallow:{'' if indexed else ' /'}\n"
