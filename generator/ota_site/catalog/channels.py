"""Channels, such as beta and release: which one a folder stands for, and their order. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

WELL_KNOWN = (
    *("alpha", "beta", "nightly", "dev", "development", "staging"),
    *("qa", "preview", "internal", "production", "release", "stable"),
)
"""Names of folders that stand for a channel without being asked to, in any letter case."""


def folder_channel(ipa: Path, content: Path, channels: Iterable[str]) -> str | None:
    """Return the channel that an IPA is in by its place: the nearest folder, below `content`, that is one's name."""
    known = {name.casefold() for name in (*channels, *WELL_KNOWN)}
    folders = reversed(ipa.relative_to(content).parts[:-1])
    return next((folder for folder in folders if folder.casefold() in known), None)


def in_one_spelling(names: Iterable[str | None], channels: Iterable[str]) -> list[str | None]:
    """Return the names, those that differ in letter case alone as one: as `channels` has it, else as the first."""
    spelling = {name.casefold(): name for name in channels}
    return [None if name is None else spelling.setdefault(name.casefold(), name) for name in names]


def place_of_channel(name: str | None, channels: tuple[str, ...]) -> int:
    """Return where a channel stands in the owner's order; those that it does not name come after it, none last."""
    order = [channel.casefold() for channel in channels]
    if name is None:
        return len(order) + 1
    return order.index(name.casefold()) if name.casefold() in order else len(order)


def in_order(names: Iterable[str], channels: tuple[str, ...]) -> tuple[str, ...]:
    """Return channels in the owner's order, the others after those by name."""
    return tuple(sorted(set(names), key=lambda name: (place_of_channel(name, channels), name.casefold())))
