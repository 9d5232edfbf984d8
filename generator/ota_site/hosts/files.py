"""The files that tell a static host how to serve the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Nothing is fetched from elsewhere and no script stands in a page. Install links are navigations, which
# none of these directives governs.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; base-uri 'none'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; "
    "img-src 'self'; manifest-src 'self'; media-src 'self'; script-src 'self'; style-src 'self'"
)

_FRESH = "no-cache"
_FOREVER = "public, max-age=31536000, immutable"
_ATOM = "application/atom+xml; charset=utf-8"

# Cloudflare joins a header that two rules set and takes 100 rules, so no path below meets one header twice.
# Nothing lets pages of other sites read the JSON: apps and AltStore fetch it without asking, and nobody else need.
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
    """Return `_headers` as Netlify and Cloudflare Pages read it.

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
    """Return `robots.txt`: everything or nothing."""
    return f"User-agent: *\nDisallow:{'' if indexed else ' /'}\n"
