"""The owner's settings: `site.toml`, flags and the host's environment. Every default stands here or in `Site`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from generator.address import site_address
from generator.errors import SettingsError, SiteError
from generator.hosts.environment import Host, detect_host
from generator.model.build import Severity
from generator.model.catalog import Site
from generator.preflight.policy import Policy, Silence, unknown_rules
from generator.records import Record, field, from_table_with_mistakes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT_CONTENT = Path("content")
DEFAULT_OUTPUT = Path("_site")
_SETTINGS = "site.toml"
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


class Config(Record, kw_only=True):
    """What one build is to do: read `content`, write `output`, for `site`, on `host` (None on one's own machine)."""

    content: Path
    output: Path
    site: Site
    host: Host | None
    policy: Policy = field(default_factory=Policy)


class Settings(Record, kw_only=True):
    """The keys of site.toml."""

    title: str = "Apps"
    base_url: str | None = None
    language: str = "en"
    indexed: bool = False
    theme: str = "default"
    rules: dict[str, Severity] = field(default_factory=dict)
    silence: tuple[Silence, ...] = ()


def load_config(content: Path, output: Path, *, base_url: str | None, environment: Mapping[str, str]) -> Config:
    """Return the settings of one build.

    base_url: the flag's address; it beats site.toml's, which beats the host's own. Raises SettingsError with
    every mistake found.
    """
    path = content / _SETTINGS
    host = detect_host(environment)
    settings, mistakes = _read_settings(path)
    mistakes += _wrong_values(settings, path)
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
        language=settings.language,
        indexed=settings.indexed,
        theme=settings.theme,
    )
    policy = Policy(severities=settings.rules, silences=settings.silence)
    return Config(content=content, output=output, site=site, host=host, policy=policy)


def _read_settings(path: Path) -> tuple[Settings, list[SiteError]]:
    """Return the settings in a file, with the defaults for all that is mistaken, and the mistakes."""
    try:
        table = tomllib.loads(path.read_text("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return Settings(), []
    except OSError as error:
        return Settings(), [SiteError(f"cannot be read: {error.strerror}", where=str(path))]
    except UnicodeDecodeError:
        return Settings(), [SiteError("is not UTF-8", where=str(path), hint="save it as UTF-8")]
    except tomllib.TOMLDecodeError as error:
        hint = "see https://toml.io for how TOML is written"
        return Settings(), [SiteError(f"is not TOML: {error}", where=str(path), hint=hint)]
    settings, mistakes = from_table_with_mistakes(table, Settings, where=str(path))
    return settings, list(mistakes)


def _wrong_values(settings: Settings, path: Path) -> Iterator[SiteError]:
    if not _LANGUAGE.fullmatch(settings.language):
        hint = "write a tag such as `en`, `de` or `zh-Hans`"
        yield SiteError(f"`language` {settings.language!r} is not a language tag", where=str(path), hint=hint)
    for code, near in unknown_rules(Policy(severities=settings.rules, silences=settings.silence)):
        hint = f"did you mean `{near}`?" if near else "docs/rules lists them all"
        yield SiteError(f"there is no rule `{code}`", where=str(path), hint=hint)
    if not settings.title.strip():
        yield SiteError("`title` is empty", where=str(path), hint="leave it out or give the site a name")


def _wrong_output(content: Path, output: Path) -> Iterator[SiteError]:
    if content.resolve().is_relative_to(output.resolve()):
        hint = "name another folder with -o"
        yield SiteError("the site would be written over your content", where=str(output), hint=hint)
    elif output.exists() and not output.is_dir():
        hint = "move it away, or name another folder with -o"
        yield SiteError("it is a file, and the site needs a folder", where=str(output), hint=hint)


def _address(flag: str | None, settings: Settings, path: Path, host: Host | None) -> str | None:
    if flag:
        return site_address(flag, where="--base-url")
    if settings.base_url:
        return site_address(settings.base_url, where=f"{path}: base_url")
    if host and host.address:
        return site_address(host.address, where=f"{host.setting} of {host.name}")
    return None
