"""The app's icon: which pictures an app names, and the best of those that are really there."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from generator.apple.archive import printable
from generator.apple.png import HEAD, Picture, PngError, measure, read_picture
from generator.errors import IpaError
from generator.model import Icon, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator.apple.archive import Archive

_LIMIT = 9 << 20  # bytes: 1024 pixels square in RGBA, 16 bits each
_CANDIDATES = 400
_ATTEMPTS = 8
_VARIANT = re.compile(r"(?:@[23]x)?(?:~\w+)?(?:\.png)?\Z", re.IGNORECASE)
# What Xcode and Apple's guides call icon files; for apps whose Info.plist forgets to list them.
_CUSTOMARY = re.compile(r"(?:AppIcon|Icon)(?:[-_.\d@x~]|small|ipad|iphone)*\.png", re.IGNORECASE)
_ARTWORK = re.compile(r"iTunesArtwork(?:@2x)?(?:\.png)?")


def find_icon(archive: Archive, folder: str, info: Mapping[str, object]) -> tuple[Icon | None, tuple[Problem, ...]]:
    """Return the best icon of the app in `folder`, and what is wrong with pictures passed over on the way.

    Square before oblong, then by measured pixels; listed in Info.plist before iTunesArtwork at the top of the IPA's
    like, before files that only look like icons by name.
    """
    flaws: list[Problem] = []
    icon = next(_usable(archive, folder, info, flaws), None)
    return icon, tuple(flaws[:_ATTEMPTS])


def _usable(archive: Archive, folder: str, info: Mapping[str, object], flaws: list[Problem]) -> Iterator[Icon]:
    """Yield icons that can be drawn, the best first, and note in `flaws` what cannot."""
    for names in _candidates(archive, folder, info):
        for name in _largest_first(archive, names, flaws)[:_ATTEMPTS]:
            try:
                data = archive.read(name, _LIMIT)
                picture = read_picture(data)
            except (PngError, IpaError) as error:
                flaws.append(_flaw(name, error))
            else:
                digest = hashlib.sha256(data).hexdigest()
                yield Icon(width=picture.width, height=picture.height, source=name, sha256=digest)


def read_icon(archive: Archive, icon: Icon) -> Picture:
    """Return the picture behind an icon found earlier. Raises IpaError or PngError where the IPA has changed."""
    return read_picture(archive.read(icon.source, _LIMIT))


def _candidates(archive: Archive, folder: str, info: Mapping[str, object]) -> Iterator[list[str]]:
    """Yield lists of entries, the most trusted list first."""
    loose = [name for name in archive.entries if name.startswith(folder) and "/" not in name[len(folder) :]]
    stems = set(_listed(info))
    listed = [name for name in loose if _stem(name[len(folder) :]) in stems]
    top = [name for name in archive.entries if "/" not in name and _ARTWORK.fullmatch(name)]
    yield listed + top
    yield [name for name in loose if _CUSTOMARY.fullmatch(name, len(folder))]
    yield [name for name in loose if _ARTWORK.fullmatch(name, len(folder))]


def _listed(info: Mapping[str, object]) -> Iterator[str]:
    """Yield the names Info.plist gives, in any of the shapes that Apple's tools have written since 2008."""
    groups: list[Mapping[str, object]] = [info]
    for key, group in info.items():
        if key.startswith("CFBundleIcons") and isinstance(group, dict):
            primary = group.get("CFBundlePrimaryIcon")
            groups.append(primary if isinstance(primary, dict) else {"CFBundleIconFile": primary})
    for group in groups:
        for key in ("CFBundleIconFiles", "CFBundleIconFile", "CFBundleIconName"):
            value = group.get(key)
            names = value if isinstance(value, list) else [value]
            yield from (_stem(name) for name in names[:_CANDIDATES] if isinstance(name, str) and name.strip())


def _stem(name: str) -> str:
    """Return the name without scale, device and suffix, which Info.plist may give or leave out."""
    return _VARIANT.sub("", name.strip(), count=1)


def _largest_first(archive: Archive, names: list[str], flaws: list[Problem]) -> list[str]:
    sizes: dict[str, tuple[bool, int]] = {}
    for name in names[:_CANDIDATES]:
        try:
            width, height = measure(archive.head(name, HEAD))
        except (PngError, IpaError) as error:
            flaws.append(_flaw(name, error))
        else:
            sizes[name] = (width == height, width * height)
    return sorted(sizes, key=lambda name: sizes[name], reverse=True)


def _flaw(name: str, error: PngError | IpaError) -> Problem:
    reason = error.message if isinstance(error, IpaError) else f"{printable(name)}: {error}"
    return Problem(
        code="no-icon",
        severity=Severity.WARNING,
        message=f"a picture of the icon cannot be used: {reason}",
        hint="replace it in the app's asset catalog and build again",
    )
