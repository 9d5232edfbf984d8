"""The `itms-services` link that asks iOS to install what a manifest describes.

The form is Apple's (Distribute proprietary in-house apps); how iOS decodes it stands in docs/install-link.md.
"""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

_PREFIX = "itms-services://?action=download-manifest&url="


def install_link(manifest_url: str) -> str:
    """Return the link for a manifest's absolute, already encoded https address.

    iOS decodes the value once and then needs a URL, so it is encoded once more as a whole: a space, already
    `%20` in the address, arrives as `%2520`. In HTML the `&` is still to be written as `&amp;`.
    """
    return _PREFIX + quote(manifest_url, safe="")


def manifest_url(link: str) -> str:
    """Return the manifest's address inside an install link. Raises ValueError for anything else."""
    # To iOS a plus is a plus; to HTML forms, whose rules parse_qs knows, it is a space.
    query = parse_qs(urlsplit(link).query.replace("+", "%2B"))
    if not link.startswith("itms-services://?") or query.get("action") != ["download-manifest"]:
        raise ValueError(f"not an install link: {link[:200]}")
    match query.get("url"):
        case [url]:
            return url
    raise ValueError(f"an install link without one url: {link[:200]}")
