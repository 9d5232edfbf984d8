"""Read On-Demand Resources: the asset packs that an app requests, and where a device finds each.

Format: the output of swift-build. `OnDemandResources.plist` names the packs of each tag. `AssetPackManifest.plist`
locates each pack: an address, else a path in the app. Current devices read these two files (appstored of iOS 26).
`AssetPackManifestTemplate.plist` is for Xcode only; devices ignore it.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ota_site.apple.plist import parse_plist
from ota_site.model.build import AssetPacks
from ota_site.model.errors import IpaError
from ota_site.model.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ota_site.apple.zip.archive import Archive

_LIST_LIMIT = 4 << 20
_PACKS_LIMIT = 1000  # the App Store accepts no more
_WALK_LIMIT = 20 * _PACKS_LIMIT
_ADDRESS_LIMIT = 5000
_PACK = ".assetpack"


def read_asset_packs(archive: Archive, folder: str, info: Mapping[str, object]) -> AssetPacks | None:
    """Return the locations of the asset packs that the app in `folder` (with a slash) requests.

    info: its Info.plist. Returns None if the app requests none, or if the locations are unknown.
    """
    asked = _asked(_table(archive, folder + "OnDemandResources.plist") or {})
    if not asked:
        return None
    name = folder + "AssetPackManifest.plist"
    manifest = _table(archive, name)
    embedded = _embedded(archive, folder)
    # No build tool writes packs without a manifest, or an unreadable one: such an app may load its packs another way.
    if manifest is None and (embedded or name in archive.entries):
        return None
    addresses = _addresses(manifest or {})
    # Apple requires what App Transport Security requires, and an app can declare exceptions from that.
    schemes = ("https://", "http://") if isinstance(info.get("NSAppTransportSecurity"), dict) else ("https://",)
    inside, hosted, missing = [], [], []
    for pack in asked:
        address = addresses.get(pack, "")[:_ADDRESS_LIMIT]
        if address.lower().startswith(schemes):
            hosted.append(one_line(pack))
        elif address and _lies_inside(archive, folder, embedded, address):
            inside.append(one_line(pack))
        else:
            missing.append(one_line(pack))
    return AssetPacks(inside=tuple(inside), hosted=tuple(hosted), missing=tuple(missing))


def _table(archive: Archive, name: str) -> dict[str, object] | None:
    """Return a property list of the app; None if it is missing or unreadable."""
    if name not in archive.entries:
        return None
    try:
        return parse_plist(archive.read(name, _LIST_LIMIT), where=archive.where, what=name)
    except IpaError:
        return None


def _asked(table: Mapping[str, object]) -> list[str]:
    tags = table.get("NSBundleResourceRequestTags")
    # One long list may be under every tag: the limit is on the items visited, not on those found.
    walked = islice(_packs_of(tags), _WALK_LIMIT) if isinstance(tags, dict) else ()
    return list(dict.fromkeys(name for name in walked if isinstance(name, str)))[:_PACKS_LIMIT]


def _packs_of(tags: Mapping[object, object]) -> Iterator[object]:
    for tag in tags.values():
        packs = tag.get("NSAssetPacks") if isinstance(tag, dict) else None
        yield from packs if isinstance(packs, list) else ()


def _addresses(manifest: Mapping[str, object]) -> dict[str, str]:
    """Return the address of each pack in the manifest."""
    addresses: dict[str, str] = {}
    resources = manifest.get("resources")
    for entry in islice(resources, _WALK_LIMIT) if isinstance(resources, list) else ():
        match entry:
            case {"bundleKey": str(pack), "URL": str(address)}:
                addresses[pack] = address
    return addresses


def _embedded(archive: Archive, folder: str) -> set[str]:
    """Return the paths of the packs in the app. A zip may have no entries for folders."""
    names = (name[len(folder) :] for name in archive.entries if name.startswith(folder))
    return {name[: end + len(_PACK)] for name in names if (end := name.find(f"{_PACK}/")) > 0}


def _lies_inside(archive: Archive, folder: str, embedded: set[str], address: str) -> bool:
    from urllib.parse import unquote

    path = unquote(address).rstrip("/")
    return path in embedded or folder + path in archive.entries
