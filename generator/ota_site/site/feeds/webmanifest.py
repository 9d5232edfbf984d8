"""site.webmanifest: the site's name and icon for a home screen (W3C Web App Manifest). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.catalog import paths
from ota_site.model.records import to_json

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from ota_site.i18n.languages import Language
    from ota_site.model.catalog import Catalog, Site

_SIDES = (180, 512)
_PAGE = "#ffffff"


def webmanifest(site: Site, catalog: Catalog, language: Language, logo: PurePosixPath | None) -> str:
    """Return the manifest. Its icon is the owner's logo at the path `logo`, else that of the first listed app."""
    table = {
        "name": site.title,
        "short_name": site.title,
        "lang": language.tag,
        "dir": language.direction,
        "start_url": "./",
        "scope": "./",
        # Install links work in Safari itself, so the site does not open as a standalone app.
        "display": "browser",
        "background_color": _PAGE,
        "theme_color": _PAGE,
        "icons": [_logo(logo)] if logo else _icons(catalog),
    }
    return to_json(table, indent=1).decode() + "\n"


def _logo(logo: PurePosixPath) -> dict[str, str]:
    src = paths.href(logo, paths.WEBMANIFEST)
    # The size in pixels is unknown here. "any" is for scalable images only.
    if logo.suffix.lower() == ".svg":
        return {"src": src, "sizes": "any", "type": "image/svg+xml"}
    return {"src": src, "type": "image/png"}


def _icons(catalog: Catalog) -> list[dict[str, str]]:
    """Return the icons of the first listed app."""
    return [
        {
            "src": paths.href(paths.icon(app.newest.build, side), paths.WEBMANIFEST),
            "sizes": f"{side}x{side}",
            "type": "image/png",
        }
        for app in catalog.listed[:1]
        for side in _SIDES
    ]
