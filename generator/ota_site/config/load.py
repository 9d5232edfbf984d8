"""Load the owner's settings from site.toml, flags and the host's environment. All defaults are here or in `Site`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ota_site.config.address import site_address
from ota_site.config.cname import NAME, read_cname
from ota_site.config.settings import SETTINGS, Settings, all_languages, make_policy, read_settings
from ota_site.hosts.environment import GITHUB_PAGES, Host, detect_host
from ota_site.model.catalog import Site
from ota_site.model.errors import SettingsError, SiteError
from ota_site.model.records import Record, field
from ota_site.rules.placeholders import find_placeholder
from ota_site.rules.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Config(Record, kw_only=True):
    """Settings of one build: read `content`, write `output`, for `site`, on `host` (None on a local machine).

    `warnings` are about settings that do not stop the build.
    """

    content: Path
    output: Path
    site: Site
    host: Host | None
    policy: Policy = field(default_factory=Policy)
    warnings: tuple[SiteError, ...] = ()


def load_config(content: Path, output: Path, *, base_url: str | None, environment: Mapping[str, str]) -> Config:
    """Return the settings of one build.

    base_url: the address from the flag. It overrides that of site.toml, which overrides that of the host. Raises
    SettingsError with every mistake found.
    """
    path = content / SETTINGS
    host = detect_host(environment)
    settings, branding, mistakes = read_settings(path)
    mistakes += _wrong_output(content, output)
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
        languages=all_languages(settings),
        channels=settings.channels,
        contact=settings.contact,
        indexed=settings.indexed,
        theme=settings.theme,
        branding=branding,
    )
    warnings = (
        *_placeholder(base_url, settings, path),
        *_other_domains(content, address, None if base_url or settings.base_url else host),
    )
    return Config(content=content, output=output, site=site, host=host, policy=make_policy(settings), warnings=warnings)


def _wrong_output(content: Path, output: Path) -> Iterator[SiteError]:
    hint = "choose an empty folder or the folder of an earlier site with -o"
    if content.resolve().is_relative_to(output.resolve()):
        yield SiteError("the site would overwrite your content", where=str(output), hint=hint)
    elif output.exists() and not output.is_dir():
        hint = "move it, or choose another folder with -o"
        yield SiteError("it is a file, not a folder", where=str(output), hint=hint)


def _placeholder(flag: str | None, settings: Settings, path: Path) -> Iterator[SiteError]:
    """Yield a warning if the address in site.toml still has a placeholder from a guide."""
    if not flag and settings.base_url and (left := find_placeholder(settings.base_url)):
        hint = "set it to the address that your testers open, or remove the key"
        yield SiteError(f"`base_url` contains a placeholder: {left}", where=str(path), hint=hint)


def _other_domains(content: Path, address: str | None, host: Host | None) -> Iterator[SiteError]:
    """Yield a warning for a CNAME file with another domain than that of the site's address.

    host: the host that the address comes from. Only GitHub Pages reads the file.
    """
    if address is None or (host and host.name != GITHUB_PAGES):
        return
    for folder in dict.fromkeys((content, content.parent)):
        domain = read_cname(folder)
        if domain and domain != urlsplit(address).hostname:
            hint = f'set base_url = "https://{domain}/" in {content / SETTINGS}, or remove the file'
            message = f"it names {domain}, but the address of the site is {address}"
            yield SiteError(message, where=str(folder / NAME), hint=hint)


def _address(flag: str | None, settings: Settings, path: Path, host: Host | None) -> str | None:
    if flag:
        return site_address(flag, where="--base-url")
    if settings.base_url:
        return site_address(settings.base_url, where=f"{path}: base_url")
    if host and host.address:
        return site_address(host.address, where=f"{host.setting} of {host.name}")
    return None
