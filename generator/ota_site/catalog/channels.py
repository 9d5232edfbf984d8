"""Channels, such as beta and release: their folders and their order. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

WELL_KNOWN = (
    *("alpha", "beta", "nightly", "dev", "development", "staging"),
    *("qa", "preview", "internal", "production", "release", "stable"),
)
"""Folder names that are channels without configuration, in any letter case."""


def folder_channel(ipa: Path, content: Path, channels: Iterable[str]) -> str | None:
    """Return an IPA's channel: the nearest parent folder below `content` named after a channel; None without one."""
    known = {name.casefold() for name in (*channels, *WELL_KNOWN)}
    folders = reversed(ipa.relative_to(content).parts[:-1])
    return next((folder for folder in folders if folder.casefold() in known), None)


def in_one_spelling(names: Iterable[str | None], channels: Iterable[str]) -> list[str | None]:
    """Return the names with one spelling where only letter case differs: that of `channels`, else the first."""
    spelling = {name.casefold(): name for name in channels}
    return [None if name is None else spelling.setdefault(name.casefold(), name) for name in names]


def place_of_channel(name: str | None, channels: tuple[str, ...]) -> int:
    """Return a channel's position in the owner's order; channels not in it come after, None last."""
    order = [channel.casefold() for channel in channels]
    if name is None:
        return len(order) + 1
    return order.index(name.casefold()) if name.casefold() in order else len(order)


def in_order(names: Iterable[str], channels: tuple[str, ...]) -> tuple[str, ...]:
    """Return channels in the owner's order, followed by the others by name."""
    return tuple(sorted(set(names), key=lambda name: (place_of_channel(name, channels), name.casefold())))
