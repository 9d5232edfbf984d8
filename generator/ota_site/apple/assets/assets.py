"""Find the app's icon in its asset catalog (Assets.car).

A catalog is a BOM store. A *facet* is a name with an identifier. A *rendition* is one picture; its key has the values
of the attributes listed in KEYFORMAT, in that order: the identifier of its facet, scale, device, appearance and so on.
Format: facebookarchive/xcbuild, car_format.h; blacktop/ipsw, pkg/car; blog.timac.org, 2018-10-18.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from ota_site.apple.assets.bom import BomError, Store, open_store
from ota_site.apple.assets.jpeg import MAX_SCANS, count_scans, measure_jpeg
from ota_site.apple.assets.pixels import MAX_AREA, PixelsError, crop, draw
from ota_site.apple.assets.png import MAX_SIDE, PngError, read_picture
from ota_site.apple.assets.rendition import Rendition, RenditionLink, read_bitmap, read_original, read_rendition
from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_KEY_FORMAT = struct.Struct("<4s2I")
_ATTRIBUTES, _FACET_ATTRIBUTES = 64, 16
_NAME = 256

# Attributes of a key.
_PART, _APPEARANCE, _LOCALE, _IDIOM, _SUBTYPE, _IDENTIFIER, _GAMUT = 2, 7, 13, 15, 16, 17, 24
# Parts that only icons have: the list of an icon's sizes, and one of its pictures.
_ICON_PARTS = (218, 220)
# Rendition kinds below 1000 are pictures; among the others, a whole file and a link may be one.
_PICTURES, _FILE_AND_LINK = 1000, (1000, 1003)
_ICON_NAME = re.compile(r"app[\s._-]*icon", re.IGNORECASE)
# Idiom to rank: phone, any device, App Store, tablet; then TV, car and watch.
_IDIOMS = {1: 0, 0: 1, 6: 2, 2: 3}

_CANDIDATES = 2000
_ATTEMPTS = 8
# Pixels; after this many without a usable picture, reading stops.
_AREA = 4 << 20
_LINKS = 3


class AssetsError(ValueError):
    """The bytes are not an asset catalog, or its icon is damaged, too large or of an unsupported kind."""


class CarIcon(Record):
    """An app's icon from its asset catalog. Sizes are in pixels.

    `data` is an ordinary, uncompressed PNG, or the JPEG from the catalog. `premultiplied`: the colour is still
    multiplied by alpha. `source` is the rendition's name in the catalog, which is untrusted.
    """

    data: bytes
    width: int
    height: int
    premultiplied: bool
    source: str


class _Catalog(Record):
    """A catalog's parsed directories. `order` maps attributes to their index in a key, `renditions` keys to blocks."""

    store: Store
    order: Mapping[int, int]
    facets: Mapping[str, int]
    appearances: Mapping[int, str]
    renditions: Mapping[bytes, int]

    def value(self, key: bytes, attribute: int) -> int:
        """Return an attribute's value in a rendition's key; 0 if keys have no such attribute."""
        place = self.order.get(attribute)
        return 0 if place is None else int.from_bytes(key[2 * place : 2 * place + 2], "little")

    def find(self, attributes: Mapping[int, int]) -> Rendition:
        """Return the rendition with exactly these attributes, and 0 for the others. Raises PixelsError."""
        key = b"".join((attributes.get(attribute, 0) & 0xFFFF).to_bytes(2, "little") for attribute in self.order)
        if key not in self.renditions:
            raise PixelsError("it is in a packed image that is missing")
        return read_rendition(self.store.block(self.renditions[key]))


def app_icon(car: bytes | bytearray, name: str | None) -> CarIcon | None:
    """Return the app's icon from the bytes of its asset catalog; None if the catalog has none.

    name: CFBundleIconName. Returns the largest square picture of the facet with that name; else of the facet AppIcon;
    else of an icon named like an app icon, of any icon, of any picture named like an app icon. Among equal sizes the
    light one. Skips unreadable pictures; if all are unreadable, raises the first one's error. Raises AssetsError, and
    nothing else, whatever the bytes.
    """
    try:
        return _first(_open_catalog(car), name)
    except (BomError, PixelsError, PngError) as error:
        raise AssetsError(str(error)) from error


def _open_catalog(car: bytes | bytearray) -> _Catalog:
    store = open_store(car)
    order = {attribute: place for place, attribute in enumerate(_key_format(store))}
    length = 2 * len(order)
    return _Catalog(
        store,
        order,
        dict(_facets(store)),
        {
            int.from_bytes(store.block(value)[:2], "little"): _text(store, key)
            for key, value in store.tree("APPEARANCEKEYS")
        },
        {bytes(store.block(key)[:length]): value for key, value in store.tree("RENDITIONS")},
    )


def _key_format(store: Store) -> tuple[int, ...]:
    if "KEYFORMAT" not in store.names:
        raise BomError("it is not an asset catalog: it has no key format")
    data = store.block(store.names["KEYFORMAT"])
    try:
        _, _, count = _KEY_FORMAT.unpack_from(data)
        attributes = struct.unpack_from(f"<{min(count, _ATTRIBUTES)}I", data, _KEY_FORMAT.size)
    except struct.error as error:
        raise BomError("its key format is truncated") from error
    if count > _ATTRIBUTES or len(set(attributes)) < count:
        raise BomError("its key format is damaged")
    return attributes


def _facets(store: Store) -> Iterator[tuple[str, int]]:
    """Yield each facet's name and identifier. A facet is a point, a count, and that many attributes with values."""
    for key, value in store.tree("FACETKEYS"):
        data = store.block(value)[6 : 6 + 4 * _FACET_ATTRIBUTES]
        for attribute, number in struct.iter_unpack("<2H", data[: len(data) // 4 * 4]):
            if attribute == _IDENTIFIER:
                yield _text(store, key), number
                break


def _text(store: Store, block: int) -> str:
    return bytes(store.block(block)[:_NAME]).rstrip(b"\0").decode("utf-8", "replace")


def _first(catalog: _Catalog, name: str | None) -> CarIcon | None:
    """Return the first readable square picture. If none is, raises the first PixelsError or PngError."""
    failure: PixelsError | PngError | None = None
    area = 0
    pictures = (each for identifiers in _groups(catalog, name) for each in _best_first(catalog, identifiers))
    for rendition in islice(pictures, _ATTEMPTS):
        if area >= _AREA:
            break
        try:
            target, links = _resolve(catalog, rendition)
            # Larger pictures are refused without any work.
            area += target.width * target.height if target.width * target.height <= MAX_AREA else 0
            icon = _read(rendition.name, target, links)
        except (PixelsError, PngError) as error:
            failure = failure or error
        else:
            if icon.width == icon.height:
                return icon
    if failure:
        raise failure
    return None


def _groups(catalog: _Catalog, name: str | None) -> Iterator[set[int]]:
    """Yield the identifiers of facets that may be the app's icon, the most likely first."""
    for wanted in dict.fromkeys((name or "AppIcon", "AppIcon")):
        if wanted in catalog.facets:
            yield {catalog.facets[wanted]}
    icons = {catalog.value(key, _IDENTIFIER) for key in catalog.renditions if catalog.value(key, _PART) in _ICON_PARTS}
    named = {identifier for name, identifier in catalog.facets.items() if _ICON_NAME.search(name)}
    yield icons & named
    yield icons
    yield named


def _best_first(catalog: _Catalog, identifiers: Collection[int]) -> list[Rendition]:
    """Return the facets' pictures that are square or have no stated size, the largest first."""
    found: list[tuple[tuple[int, ...], Rendition]] = []
    for key, block in catalog.renditions.items():
        if catalog.value(key, _IDENTIFIER) in identifiers and len(found) < _CANDIDATES:
            with suppress(PixelsError):
                rendition = read_rendition(catalog.store.block(block))
                frame = rendition.link or rendition
                if frame.width == frame.height and (rendition.kind < _PICTURES or rendition.kind in _FILE_AND_LINK):
                    found.append(((-frame.width, *_taste(catalog, key)), rendition))
    return [rendition for _, rendition in sorted(found, key=lambda each: each[0])]


def _taste(catalog: _Catalog, key: bytes) -> tuple[int, ...]:
    """Return the sort key for pictures of one size: light, sRGB, no language and phone come first."""
    number = catalog.value(key, _APPEARANCE)
    appearance = catalog.appearances.get(number, "").lower() if number else "any"
    return (
        0 if appearance.endswith(("any", "light")) else 1 if "dark" in appearance else 2,
        catalog.value(key, _GAMUT),
        catalog.value(key, _LOCALE),
        _IDIOMS.get(catalog.value(key, _IDIOM), len(_IDIOMS)),
        catalog.value(key, _SUBTYPE),
    )


def _resolve(catalog: _Catalog, rendition: Rendition) -> tuple[Rendition, list[RenditionLink]]:
    """Return the rendition with the pixels, and the rectangles to crop from it, the innermost last."""
    links: list[RenditionLink] = []
    while rendition.link:
        if len(links) == _LINKS:
            raise PixelsError("it is in a packed image that is itself packed")
        links.insert(0, rendition.link)
        rendition = catalog.find(rendition.link.key)
    return rendition, links


def _read(name: str, target: Rendition, links: list[RenditionLink]) -> CarIcon:
    original = read_original(target)
    if original is not None:
        icon = _whole(name, original)
        if any((link.width, link.height) != (icon.width, icon.height) for link in links):
            raise PixelsError("it is part of an image that is not a bitmap")
        return icon
    bitmap = read_bitmap(target)
    for link in links:
        bitmap = crop(bitmap, link.left, link.bottom, link.width, link.height)
    layout = bitmap.layout
    if max(layout.width, layout.height) > MAX_SIDE:
        raise PixelsError(f"its declared size is {layout.width}×{layout.height} pixels; the limit is {MAX_SIDE}")
    png, premultiplied = draw(bitmap)
    return CarIcon(png, layout.width, layout.height, premultiplied, name)


def _whole(name: str, data: bytes) -> CarIcon:
    """Return the icon from a file stored whole in the catalog. Raises PixelsError or PngError."""
    if size := measure_jpeg(data):
        if max(size) > MAX_SIDE:
            raise PixelsError(f"its declared size is {size[0]}×{size[1]} pixels; the limit is {MAX_SIDE}")
        if count_scans(data) > MAX_SCANS:
            raise PixelsError("it is a JPEG with far more scans than any encoder writes")
        return CarIcon(data, *size, premultiplied=False, source=name)
    picture = read_picture(data)
    return CarIcon(picture.data, picture.width, picture.height, picture.premultiplied, name)
