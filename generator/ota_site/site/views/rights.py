"""Describe the permissions, entitlements and changes of a build in plain words. Pure.

Keys and texts come from an IPA. Unknown ones are shown unchanged, on one line and with a limited length. The
entitlements of a signed app are Apple's terms and identifiers, which name no person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.catalog.differences import ChangeKind, compare_builds, rights_of
from ota_site.i18n.languages import N_
from ota_site.model.plain_text import one_line
from ota_site.model.records import to_json
from ota_site.site.views.contract import ChangeView, PermissionView, RightView
from ota_site.site.views.release import SIGNING, families
from ota_site.site.views.terms import PERMISSIONS, RIGHTS, VALUES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ota_site.catalog.differences import Change
    from ota_site.i18n.languages import Language
    from ota_site.model.build import Build
    from ota_site.model.catalog import Release

_ROWS = 100
_ITEMS = 20
_LENGTH = 255

_TERMS = {
    ChangeKind.VERSION: N_("Version"),
    ChangeKind.BUILD: N_("Build"),
    ChangeKind.SIZE: N_("Size"),
    ChangeKind.MINIMUM_OS: N_("Oldest system"),
    ChangeKind.PLATFORM: N_("Platform"),
    ChangeKind.FAMILIES: N_("Runs on"),
    ChangeKind.SIGNING: N_("Signing"),
    ChangeKind.TEAM: N_("Team"),
    ChangeKind.DEVICES: N_("Registered devices"),
    ChangeKind.EXPIRY: N_("Profile expires"),
    ChangeKind.FRAMEWORKS: N_("Frameworks"),
}


def show_permissions(language: Language, build: Build) -> tuple[PermissionView, ...]:
    """Return the permissions that a build asks for, sorted by name. Old and new keys of one permission are merged."""
    views = {
        PermissionView(name=_name(language, PERMISSIONS, key), text=text) for key, text in build.permissions.items()
    }
    return tuple(sorted(views, key=lambda view: (view.name.casefold(), view.text)))


def show_rights(language: Language, build: Build) -> tuple[RightView, ...]:
    """Return the entitlements of a build, sorted by name, unnamed ones last; empty without a readable signature."""
    rights = rights_of(build) or {}
    views = (
        RightView(name=_name(language, RIGHTS, key), value=_said(language, value), key=_short(key))
        for key, value in rights.items()
    )
    return tuple(sorted(views, key=lambda view: (view.name == view.key, view.name.casefold(), view.key)))[:_ROWS]


def show_changes(language: Language, older: Release | None, newer: Release) -> tuple[ChangeView, ...]:
    """Return the changes since the previous build. Changes that look the same in words are skipped."""
    if older is None:
        return ()
    views = (
        ChangeView(
            term=_term(language, change),
            before=_side(language, change, change.before, older.build),
            after=_side(language, change, change.after, newer.build),
        )
        for change in compare_builds(older.build, newer.build)
    )
    return tuple(dict.fromkeys(view for view in views if view.before != view.after))[:_ROWS]


def _term(language: Language, change: Change) -> str:
    match change.kind:
        case ChangeKind.PERMISSION:
            return language.gettext("Permission: %(name)s", name=_name(language, PERMISSIONS, change.key))
        case ChangeKind.RIGHT:
            return language.gettext("Entitlement: %(name)s", name=_name(language, RIGHTS, change.key))
    return language.gettext(_TERMS[change.kind])


def _side(language: Language, change: Change, value: object, build: Build) -> str | None:
    """Return one side of a change as `build` has it, or None if it has no such value."""
    if value is None:
        return None
    match change.kind:
        case ChangeKind.SIZE:
            return language.size(build.size)
        case ChangeKind.FAMILIES:
            return language.listing(families(build))
        case ChangeKind.SIGNING:
            return language.gettext(SIGNING[build.signing.kind])
        case ChangeKind.EXPIRY:
            return language.day(build.signing.expires) if build.signing.expires else None
        case ChangeKind.PERMISSION:
            return str(value) or language.gettext("no reason given")
        case ChangeKind.FRAMEWORKS | ChangeKind.RIGHT:
            return _said(language, value)
    return language.number(value) if isinstance(value, int) else _short(str(value))


def _name(language: Language, names: Mapping[str, str], key: str) -> str:
    return language.gettext(names[key]) if key in names else _short(key)


def _said(language: Language, value: object) -> str:
    """Return the value of an entitlement, or an empty text if its name says it already."""
    match value:
        case bool():
            return ""
        case int():
            return language.number(value)
        case str():
            return _item(language, value)
        case list() | tuple() if all(isinstance(item, str) for item in value):
            return _listed(language, value)
    return _short(to_json(value).decode())


def _listed(language: Language, items: Sequence[str]) -> str:
    said = [text for item in items[:_ITEMS] if (text := _item(language, item))]
    if len(items) <= _ITEMS:
        return language.listing(said)
    rest = len(items) - _ITEMS
    return language.ngettext("%(items)s and %(num)s more", "%(items)s and %(num)s more", rest, items=", ".join(said))


def _item(language: Language, text: str) -> str:
    if text not in VALUES:
        return _short(text)
    # gettext returns the header of the catalog for an empty text.
    return language.gettext(VALUES[text]) if VALUES[text] else ""


def _short(text: str) -> str:
    return one_line(text, _LENGTH)
