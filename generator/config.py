"""The owner's settings: `site.toml`, flags and the host's environment. Every default stands here or in `Site`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from generator.address import site_address
from generator.errors import SettingsError, SiteError
from generator.hosts.environment import Host, detect_host
from generator.model import Site
from generator.records import from_table

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_CONTENT = Path("content")
DEFAULT_OUTPUT = Path("_site")
_SETTINGS = "site.toml"
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What one build is to do: read `content`, write `output`, for `site`, on `host` (None on one's own machine)."""

    content: Path
    output: Path
    site: Site
    host: Host | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    """The keys of site.toml."""

    title: str = "Apps"
    base_url: str | None = None
    language: str = "en"
    indexed: bool = False
    theme: str = "default"


def load_config(content: Path, output: Path, *, base_url: str | None, environment: Mapping[str, str]) -> Config:
    """Return the settings of one build.

    base_url: the flag's address; it beats site.toml's, which beats the host's own. Raises SettingsError with
    every mistake found.
    """
    path = content / _SETTINGS
    settings = from_table(_read_toml(path), _Settings, where=str(path))
    host = detect_host(environment)
    mistakes = []
    if not _LANGUAGE.fullmatch(settings.language):
        hint = "write a tag such as `en`, `de` or `zh-Hans`"
        mistakes.append(
            SiteError(f"`language` {settings.language!r} is not a language tag", where=str(path), hint=hint)
        )
    if not settings.title.strip():
        mistakes.append(SiteError("`title` is empty", where=str(path), hint="leave it out or give the site a name"))
    if output == content or content.is_relative_to(output):
        hint = "name another folder with -o"
        mistakes.append(SiteError("the site would be written over your content", where=str(output), hint=hint))
    address = None
    try:
        address = _address(base_url, settings, path, host)
    except SiteError as mistake:
        mistakes.append(mistake)
    if mistakes:
        raise SettingsError(tuple(mistakes))
    site = Site(
        title=settings.title.strip(),
        base_url=address,
        language=settings.language,
        indexed=settings.indexed,
        theme=settings.theme,
    )
    return Config(content=content, output=output, site=site, host=host)


def _address(flag: str | None, settings: _Settings, path: Path, host: Host | None) -> str | None:
    if flag:
        return site_address(flag, where="--base-url")
    if settings.base_url:
        return site_address(settings.base_url, where=f"{path}: base_url")
    if host and host.address:
        return site_address(host.address, where=f"{host.setting} of {host.name}")
    return None


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        hint = "see https://toml.io for how TOML is written"
        raise SettingsError((SiteError(f"cannot be read: {error}", where=str(path), hint=hint),)) from error
