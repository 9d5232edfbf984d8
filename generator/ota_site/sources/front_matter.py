"""The owner's tables: front matter of texts, and sidecars of builds.

A field is None if the table does not set it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ota_site.config.toml import read_toml
from ota_site.config.validation import CHECKS
from ota_site.model.errors import SettingsError, SiteError
from ota_site.model.records import Record, fields, from_table
from ota_site.model.texts import Link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class FrontMatter(Record, kw_only=True):
    """Front matter of the front page, which has no keys so far."""


class PageMatter(Record, kw_only=True):
    """Front matter of a page."""

    title: str | None = None


class AppMatter(Record, kw_only=True):
    """Front matter of content/apps/<bundle id>.md."""

    name: str | None = None
    subtitle: str | None = None
    order: int | None = None
    hidden: bool | None = None
    tags: tuple[str, ...] | None = None
    links: tuple[Link, ...] | None = None
    screenshots: tuple[str, ...] | None = None
    contact: str | None = None
    minimum_build: str | None = None


class BuildMatter(Record, kw_only=True):
    """Front matter of a build's notes, and its sidecar."""

    channel: str | None = None
    mandatory: bool | None = None
    commit: str | None = None
    branch: str | None = None
    run: str | None = None
    repository: str | None = None


Matter = TypeVar("Matter", FrontMatter, PageMatter, AppMatter, BuildMatter)


def check_matter(table: Mapping[str, object], kind: type[Matter], *, where: str) -> Matter:
    """Return a table as a record. Raises SettingsError with every mistake in it."""
    matter, mistakes = from_table(table, kind, where=where)
    mistakes += tuple(_wrong_values(matter, where))
    if mistakes:
        raise SettingsError(mistakes)
    return matter


def said(matter: Record) -> dict[str, Any]:
    """Return the keys that a table sets, with their values."""
    return {key: value for key in fields(type(matter)) if (value := getattr(matter, key)) is not None}


def read_table(path: Path) -> BuildMatter:
    """Return the sidecar of a build, the TOML file beside its IPA. Raises SiteError, and FileNotFoundError if none."""
    return check_matter(read_toml(path), BuildMatter, where=str(path))


def _wrong_values(matter: Record, where: str) -> Iterator[SiteError]:
    for key, value in said(matter).items():
        if key in CHECKS and (wrong := CHECKS[key](value)):
            yield SiteError(f"`{key}` {wrong[0]}", where=where, hint=wrong[1])
