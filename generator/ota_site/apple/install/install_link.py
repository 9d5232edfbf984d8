"""Write and read `itms-services` links, which make iOS install the app in a manifest.

Format: Apple, Distribute proprietary in-house apps. docs/install-link.md describes how iOS decodes it.
"""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

_PREFIX = "itms-services://?action=download-manifest&url="


def install_link(manifest_url: str) -> str:
    """Return the link for a manifest's absolute, already encoded https address.

    iOS decodes the value once and then needs a URL, so the whole address is encoded again: a space, already `%20` in
    the address, becomes `%2520`. In HTML, the caller must write `&` as `&amp;`.
    """
    return _PREFIX + quote(manifest_url, safe="")


def manifest_url(link: str) -> str:
    """Return the manifest's address in an install link. Raises ValueError for anything else."""
    # iOS keeps a plus; parse_qs follows the rules of HTML forms, where a plus is a space.
    query = parse_qs(urlsplit(link).query.replace("+", "%2B"))
    if not link.startswith("itms-services://?") or query.get("action") != ["download-manifest"]:
        raise ValueError(f"not an install link: {link[:200]}")
    match query.get("url"):
        case [url]:
            return url
    raise ValueError(f"an install link needs exactly one url: {link[:200]}")
