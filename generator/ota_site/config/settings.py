"""Read the keys of site.toml and validate their values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ota_site.config.toml import read_toml
from ota_site.config.validation import channel_mistake, contact_mistake
from ota_site.disk.lfs import find_pointer
from ota_site.i18n.languages import is_language
from ota_site.model.build import Severity
from ota_site.model.catalog import Branding
from ota_site.model.errors import SiteError
from ota_site.model.records import Record, field, from_table
from ota_site.rules.policy import Policy, Silence, unknown_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SETTINGS = "site.toml"
"""The settings file, at the top of the content folder."""
# BCP 47 allows more, which no page needs. The tag is also the name of a folder.
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_LETTER = r"[^\W\d_]"
_FAMILY = rf"""(?:"[\w .-]+"|'[\w .-]+'|-?{_LETTER}(?:{_LETTER}|[0-9-])*(?: +-?{_LETTER}(?:{_LETTER}|[0-9-])*)*)"""
_FONT = re.compile(rf"{_FAMILY}(?: *, *{_FAMILY})*")
_FONT_LENGTH = 300
_LOGOS = {".svg": b"<svg", ".png": b"\x89PNG\r\n\x1a\n"}
_LOGO_LIMIT = 1 << 20
"""Bytes: every page loads it."""


class Settings(Record, kw_only=True):
    """The keys of site.toml."""

    title: str = "Apps"
    base_url: str | None = None
    language: str = "en"
    languages: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    contact: str | None = None
    indexed: bool = False
    theme: str = "default"
    look: dict[str, object] = field(default_factory=dict)
    rules: dict[str, object] = field(default_factory=dict)
    silence: tuple[Silence, ...] = ()


class BrandingSettings(Record, kw_only=True):
    """The keys of site.toml's table `look`."""

    accent: str | None = None
    accent_dark: str | None = None
    logo: str | None = None
    font: str | None = None


def read_settings(path: Path) -> tuple[Settings, Branding, list[SiteError]]:
    """Return the settings in a file, with defaults for invalid values, and the mistakes."""
    where = str(path)
    try:
        table = read_toml(path, path.parent)
    except (FileNotFoundError, NotADirectoryError):
        return Settings(), Branding(), []
    except SiteError as error:
        return Settings(), Branding(), [error]
    settings, mistakes = from_table(table, Settings, where=where)
    branding, wrong_branding = from_table(settings.look, BrandingSettings, where=f"{where}: look")
    wrong = [
        SiteError(message, where=where, hint=hint)
        for message, hint in (
            *_wrong_values(settings),
            *_wrong_lists(settings),
            *_wrong_branding(branding, path.parent),
        )
    ]
    return settings, _branding(branding, path.parent), [*mistakes, *wrong_branding, *wrong]


def make_policy(settings: Settings) -> Policy:
    """Return the owner's severities and silences of rules. Unknown severities are skipped."""
    known = {severity.value: severity for severity in Severity}
    severities = {code: known[word] for code, word in settings.rules.items() if isinstance(word, str) and word in known}
    return Policy(severities=severities, silences=settings.silence)


def all_languages(settings: Settings) -> tuple[str, ...]:
    """Return the languages of the site, its default language first."""
    own = settings.language.casefold()
    return (settings.language, *(tag for tag in settings.languages if tag.casefold() != own))


def _branding(look: BrandingSettings, content: Path) -> Branding:
    logo = content / look.logo if look.logo else None
    return Branding(accent=look.accent, accent_dark=look.accent_dark, logo=logo, font=look.font)


def _wrong_values(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the message and hint of each invalid value."""
    if not settings.title.strip():
        yield "`title` is empty", "set a title, or remove the key"
    if not _is_tag(settings.language):
        yield f"`language` {settings.language!r} is not a language tag", "write a tag such as `en`, `de` or `zh-Hans`"
    if settings.contact is not None and (wrong := contact_mistake(settings.contact)):
        yield f"`contact` {wrong[0]}", wrong[1]
    policy = make_policy(settings)
    for code in sorted(settings.rules.keys() - policy.severities.keys()):
        yield f"`rules.{code}` {settings.rules[code]!r} is not a severity", f"use one of {', '.join(Severity)}"
    for code, near in unknown_rules(policy):
        yield f"there is no rule `{code}`", f"did you mean `{near}`?" if near else "see docs/rules for all rules"


def _wrong_lists(settings: Settings) -> Iterator[tuple[str, str]]:
    for tag in settings.languages:
        if not _is_tag(tag):
            yield f"`languages`: {tag!r} is not a language tag", "write tags such as `en`, `de` or `zh-Hans`"
    for name in settings.channels:
        if wrong := channel_mistake(name):
            yield f"`channels`: {wrong[0]}", wrong[1]
    for key in ("languages", "channels"):
        for name in _doubled(getattr(settings, key)):
            yield f"`{key}` contains {name!r} twice", "remove one; letter case is ignored"


def _is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None and is_language(text)


def _doubled(names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            yield name
        seen.add(name.casefold())


def _wrong_branding(look: BrandingSettings, content: Path) -> Iterator[tuple[str, str]]:
    for key in ("accent", "accent_dark"):
        colour = getattr(look, key)
        if colour is not None and not _COLOUR.fullmatch(colour):
            yield f"`look.{key}` {colour!r} is not a colour", "write it as #0a7d4f"
    if look.font is not None and (len(look.font) > _FONT_LENGTH or not _FONT.fullmatch(look.font)):
        hint = "separate family names with commas, such as Avenir Next, Helvetica, sans-serif"
        yield f"`look.font` {look.font!r} is not a list of fonts", hint
    if look.logo is not None and (wrong := _wrong_logo(look.logo, content)):
        yield f"`look.logo` {look.logo!r} {wrong}", f"set it to the path of an .svg or .png file in {content}"


def _wrong_logo(logo: str, content: Path) -> str | None:
    """Return what is wrong with the logo, or None."""
    try:
        path = (content / logo).resolve()
        if not path.is_relative_to(content.resolve()):
            return "is not in the content folder"
        if path.suffix.lower() not in _LOGOS:
            return "is neither .svg nor .png"
        if not path.is_file():
            return "does not exist"
        if pointer := find_pointer(path):
            return f"is {pointer[0]}, not the image: {pointer[1]}"
        if path.stat().st_size > _LOGO_LIMIT:
            return f"is larger than {_LOGO_LIMIT:,} bytes, and every page loads it"
        return None if _LOGOS[path.suffix.lower()] in path.read_bytes() else "is not an image of that type"
    except (OSError, ValueError) as error:
        return f"cannot be read: {error}"
