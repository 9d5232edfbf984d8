"""Find the best icon that an app contains.

The asset catalog reader takes a tenth of a command's time to import, so it is imported only for an app that has one.
"""

from __future__ import annotations

import hashlib
import re
from itertools import islice
from typing import TYPE_CHECKING

from ota_site.apple.assets.jpeg import JPEG
from ota_site.apple.assets.png import HEAD, Picture, PngError, measure, read_picture
from ota_site.apple.plist import text_at
from ota_site.apple.zip.budget import PIXEL
from ota_site.apple.zip.directory import printable
from ota_site.model.build import Icon, Problem, Severity
from ota_site.model.errors import IpaError
from ota_site.model.records import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ota_site.apple.zip.archive import Archive

_LIMIT = 9 << 20  # bytes: 1024 pixels square in RGBA, 16 bits each
_CATALOG = "Assets.car"
_CATALOG_LIMIT = 96 << 20
_CANDIDATES = 400
_NAME = 1000
_SUFFIX = 60
_ATTEMPTS = 8
_KEYS = ("CFBundleIconFiles", "CFBundleIconFile", "CFBundleIconName")
_VARIANT = re.compile(r"(?:@[23]x)?(?:~\w+)?(?:\.png)?\Z", re.IGNORECASE)
# Names that Xcode and Apple's guides give to icon files, for apps whose Info.plist does not list them.
_CUSTOMARY = re.compile(r"(?:AppIcon|Icon)(?:[-_.\d@x~]|small|ipad|iphone)*\.png", re.IGNORECASE)
_ARTWORK = re.compile(r"iTunesArtwork(?:@2x)?(?:\.png)?")


def find_icon(archive: Archive, folder: str, info: Mapping[str, object]) -> tuple[Icon | None, tuple[Problem, ...]]:
    """Return the best icon of the app in `folder`, and problems with the pictures that were skipped.

    Pictures listed in Info.plist or named iTunesArtwork at the top of the IPA come before files that are only named
    like icons; among them square before oblong, then more pixels. The asset catalog's icon wins if it is larger.
    """
    flaws: list[Problem] = []
    loose = next(_usable(archive, folder, info, flaws), None)
    packed = _packed(archive, folder + _CATALOG, _catalog_name(info), flaws)
    larger = packed is not None and (loose is None or packed.width > loose.width)
    icon = packed if larger else loose
    # With a good icon, a damaged picture is `icon-damaged`, not `no-icon`.
    found = [replace(flaw, code="icon-damaged") for flaw in flaws] if icon else flaws
    missing = _missing(archive, folder, info) if packed is None and not flaws else None
    return icon, (*found[:_ATTEMPTS], *filter(None, (missing,)))


def _missing(archive: Archive, folder: str, info: Mapping[str, object]) -> Problem | None:
    """Return a problem if no file has one of the names that Info.plist lists (`icon-missing`).

    Returns None if Info.plist names an icon in the asset catalog, even if it was not found there.
    """
    names = tuple(dict.fromkeys(islice(_listed(info, ("CFBundleIconFiles", "CFBundleIconFile")), _CANDIDATES)))
    if not names or (folder + _CATALOG in archive.entries and _catalog_name(info)):
        return None
    files = {_stem(name.rpartition("/")[2]) for name in archive.entries if name.startswith(folder)}
    if any(name.rpartition("/")[2] in files for name in names):
        return None
    some = ", ".join(printable(name) for name in names[:3]) + (" …" if len(names) > 3 else "")
    return Problem(
        code="icon-missing",
        severity=Severity.WARNING,
        message=f"its Info.plist lists icons that are missing: {some}",
        hint="choose the target’s App Icon in its asset catalog and rebuild; names are case-sensitive",
    )


def _usable(archive: Archive, folder: str, info: Mapping[str, object], flaws: list[Problem]) -> Iterator[Icon]:
    """Yield readable icons, the best first. Adds a problem to `flaws` for each unreadable one."""
    for names in _candidates(archive, folder, info):
        for name, area in _largest_first(archive, names, flaws)[:_ATTEMPTS]:
            try:
                data = archive.read(name, _LIMIT)
                archive.budget.spend(PIXEL * area)
                picture = read_picture(data)
            except (PngError, IpaError) as error:
                flaws.append(_flaw(name, error))
            else:
                digest = hashlib.sha256(data).hexdigest()
                yield Icon(width=picture.width, height=picture.height, source=name, sha256=digest)


def read_icon(archive: Archive, icon: Icon) -> Picture:
    """Return the picture of an icon found earlier. Raises IpaError or PngError if the IPA has changed."""
    if not icon.source.endswith(_CATALOG):
        return read_picture(archive.read(icon.source, _LIMIT))
    from ota_site.apple.assets.assets import app_icon

    found = app_icon(_catalog(archive, icon.source), icon.name)
    if found is None:
        raise PngError("its asset catalog no longer contains the icon")
    return Picture(found.data, found.width, found.height, found.premultiplied)


def _packed(archive: Archive, catalog: str, name: str | None, flaws: list[Problem]) -> Icon | None:
    """Return the icon in the app's asset catalog; None if there is none or it is unreadable."""
    if catalog not in archive.entries:
        return None
    from ota_site.apple.assets.assets import AssetsError, app_icon

    try:
        found = app_icon(_catalog(archive, catalog), name)
    except (AssetsError, IpaError) as error:
        flaws.append(_flaw(catalog, error))
        return None
    if found is None:
        return None
    digest = hashlib.sha256(found.data).hexdigest()
    jpeg = found.data.startswith(JPEG)
    return Icon(width=found.width, height=found.height, source=catalog, sha256=digest, name=name, jpeg=jpeg)


def _catalog(archive: Archive, name: str) -> bytearray:
    """Return the bytes of an asset catalog, charged to the budget, without a second copy in memory. Raises IpaError."""
    size = archive.entries[name].size
    if size > _CATALOG_LIMIT:
        message = f"{printable(name)} unpacks to {size:,} bytes; the limit is {_CATALOG_LIMIT:,}"
        raise IpaError("not-an-ipa", message, where=archive.where)
    car = bytearray()
    for piece in archive.blocks(name):
        car += piece
    return car


def _catalog_name(info: Mapping[str, object]) -> str | None:
    """Return the name of the icon in the asset catalog, from Info.plist."""
    for key in ("CFBundleIcons", "CFBundleIcons~ipad"):
        match info.get(key):
            case {"CFBundlePrimaryIcon": {"CFBundleIconName": str(name)} | str(name)}:
                return name[:200]
    return text_at(info, "CFBundleIconName")


def _candidates(archive: Archive, folder: str, info: Mapping[str, object]) -> Iterator[list[str]]:
    """Yield lists of entries, the most trusted list first."""
    loose = [name for name in archive.entries if name.startswith(folder) and "/" not in name[len(folder) :]]
    stems = set(islice(_listed(info), _CANDIDATES))
    listed = [name for name in loose if _stem(name[len(folder) :]) in stems]
    top = [name for name in archive.entries if "/" not in name and _ARTWORK.fullmatch(name)]
    yield listed + top
    yield [name for name in loose if _CUSTOMARY.fullmatch(name, len(folder))]
    yield [name for name in loose if _ARTWORK.fullmatch(name, len(folder))]


def _listed(info: Mapping[str, object], keys: tuple[str, ...] = _KEYS) -> Iterator[str]:
    """Yield the icon names in Info.plist, in any of the forms that Apple's tools have written since 2008."""
    groups: list[Mapping[str, object]] = [info]
    for key, group in info.items():
        if key.startswith("CFBundleIcons") and isinstance(group, dict):
            primary = group.get("CFBundlePrimaryIcon")
            groups.append(primary if isinstance(primary, dict) else {"CFBundleIconFile": primary})
    for group in groups:
        for key in keys:
            value = group.get(key)
            names = value if isinstance(value, list) else [value]
            yield from (_stem(name[:_NAME]) for name in names[:_CANDIDATES] if isinstance(name, str) and name.strip())


def _stem(name: str) -> str:
    """Return the name without scale, device and extension, which Info.plist may omit."""
    name = name.strip()
    # The pattern is tried at each letter, so only the end is searched: its matches are short.
    return name[:-_SUFFIX] + _VARIANT.sub("", name[-_SUFFIX:], count=1)


def _largest_first(archive: Archive, names: list[str], flaws: list[Problem]) -> list[tuple[str, int]]:
    """Return the pictures whose size is readable, each with its pixel count: square ones first, then the largest."""
    sizes: dict[str, tuple[bool, int]] = {}
    for name in names[:_CANDIDATES]:
        try:
            width, height = measure(archive.head(name, HEAD))
        except (PngError, IpaError) as error:
            file = name.rpartition("/")[2]
            # The icon in the asset catalog may have the name of the executable, which is not a damaged picture.
            if "." in file or _ARTWORK.fullmatch(file):
                flaws.append(_flaw(name, error))
        else:
            sizes[name] = (width == height, width * height)
    best_first = sorted(sizes.items(), key=lambda each: each[1], reverse=True)
    return [(name, area) for name, (_, area) in best_first]


def _flaw(name: str, error: ValueError | IpaError) -> Problem:
    reason = error.message if isinstance(error, IpaError) else f"{printable(name)}: {error}"
    return Problem(
        code="no-icon",
        severity=Severity.WARNING,
        message=f"an icon image cannot be used: {reason}",
        hint="replace it in the app’s asset catalog and rebuild",
    )
