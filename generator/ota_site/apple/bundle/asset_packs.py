"""On-Demand Resources: the packs that an app asks for, and where a device would find each.

Format: what swift-build writes into an app. `OnDemandResources.plist` names the packs of each tag,
`AssetPackManifest.plist` says where each is: an address, else a path in the app. Devices of today go by these two
(appstored of iOS 26). `AssetPackManifestTemplate.plist` is for Xcode alone, and says nothing to a device.
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
_PACKS_LIMIT = 1000  # the App Store takes no more
_WALK_LIMIT = 20 * _PACKS_LIMIT
_ADDRESS_LIMIT = 5000
_PACK = ".assetpack"


def read_asset_packs(archive: Archive, folder: str, info: Mapping[str, object]) -> AssetPacks | None:
    """Return where the packs are that the app in `folder` (with its slash) asks for.

    info: its Info.plist. None where it asks for none, and where it cannot be told.
    """
    asked = _asked(_table(archive, folder + "OnDemandResources.plist") or {})
    if not asked:
        return None
    name = folder + "AssetPackManifest.plist"
    manifest = _table(archive, name)
    embedded = _embedded(archive, folder)
    # No build tool leaves packs without a list, or one that cannot be read: whoever did may know of another way.
    if manifest is None and (embedded or name in archive.entries):
        return None
    addresses = _addresses(manifest or {})
    # Apple wants what App Transport Security wants, from which an app may except itself.
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
    """Return a property list of the app; None where there is none that can be read."""
    if name not in archive.entries:
        return None
    try:
        return parse_plist(archive.read(name, _LIST_LIMIT), where=archive.where, what=name)
    except IpaError:
        return None


def _asked(table: Mapping[str, object]) -> list[str]:
    tags = table.get("NSBundleResourceRequestTags")
    # One list may stand under every tag, and be long: what is walked is counted, not what is found.
    walked = islice(_packs_of(tags), _WALK_LIMIT) if isinstance(tags, dict) else ()
    return list(dict.fromkeys(name for name in walked if isinstance(name, str)))[:_PACKS_LIMIT]


def _packs_of(tags: Mapping[object, object]) -> Iterator[object]:
    for tag in tags.values():
        packs = tag.get("NSAssetPacks") if isinstance(tag, dict) else None
        yield from packs if isinstance(packs, list) else ()


def _addresses(manifest: Mapping[str, object]) -> dict[str, str]:
    """Return where the manifest says that each pack is."""
    addresses: dict[str, str] = {}
    resources = manifest.get("resources")
    for entry in islice(resources, _WALK_LIMIT) if isinstance(resources, list) else ():
        match entry:
            case {"bundleKey": str(pack), "URL": str(address)}:
                addresses[pack] = address
    return addresses


def _embedded(archive: Archive, folder: str) -> set[str]:
    """Return the packs that lie in the app, by their path in it; a zip need not list folders themselves."""
    names = (name[len(folder) :] for name in archive.entries if name.startswith(folder))
    return {name[: end + len(_PACK)] for name in names if (end := name.find(f"{_PACK}/")) > 0}


def _lies_inside(archive: Archive, folder: str, embedded: set[str], address: str) -> bool:
    from urllib.parse import unquote

    path = unquote(address).rstrip("/")
    return path in embedded or folder + path in archive.entries
