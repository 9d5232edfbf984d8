"""Rules on the Info.plist of an extension: its required keys and its extension point.

INSTALLD: MIAppExtensionBundle; MIPluginKitBundle for `PlugIns`, MIExtensionKitBundle for `Extensions`. Numbers in
comments are from MIInstallerErrorDomain.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ota_site.model.build import BundleKind
from ota_site.rules.finding import error, warning
from ota_site.rules.parts import first_of, is_simulator
from ota_site.rules.points import KNOWN_POINTS, WITH_CLASS, WITH_SCREEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from ota_site.model.build import Build, Bundle, Problem

    _Check = Callable[[Bundle, "Info"], str | None]

Info = dict[str, Any]
_REVERSE_DNS = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_SIRI = ("com.apple.intents-service", "com.apple.intents-ui-service")
_REBUILD = "compare the target’s Info.plist with that of a new extension of this kind in Xcode, and rebuild it"


def extension_info_plist(build: Build, _now: datetime) -> Problem | None:
    """Report extension metadata that stops the install, in the app and in its watch app."""
    return first_of((bundle.path, _metadata(bundle)) for bundle in _extensions(build))


def extension_point_unknown(build: Build, _now: datetime) -> Problem | None:
    """Warn of an extension point unknown to iOS (59). A newer iOS may know more."""
    return first_of((bundle.path, _unknown(bundle)) for bundle in _extensions(build))


def point_of(bundle: Bundle) -> str | None:
    """Return the extension point of an extension; None if its Info.plist names none."""
    point = _table(bundle.info, "EXAppExtensionAttributes").get("EXExtensionPointIdentifier")
    point = point or _table(bundle.info, "NSExtension").get("NSExtensionPointIdentifier")
    return point if isinstance(point, str) else None


def _extensions(build: Build) -> Iterator[Bundle]:
    """Yield the extensions whose metadata the phone checks; it skips those of an App Clip."""
    for bundle in build.nested if not is_simulator(build) else ():
        inside_clip = bundle.path.startswith("AppClips/")
        if bundle.kind == BundleKind.EXTENSION and not bundle.unreadable and not inside_clip:
            yield bundle


def _metadata(bundle: Bundle) -> Problem | None:
    checks = _KIT_CHECKS if bundle.path.rpartition("/")[0].endswith("Extensions") else _PLUGIN_CHECKS
    wrong = next((wrong for check in checks if (wrong := check(bundle, bundle.info))), None)
    return error("extension-info-plist", f"its Info.plist {wrong}", _REBUILD) if wrong else None


def _unknown(bundle: Bundle) -> Problem | None:
    point = point_of(bundle)
    if point is None or point in KNOWN_POINTS or not _REVERSE_DNS.fullmatch(point):
        return None
    if not point.startswith("com.apple.") and _table(bundle.info, "EXAppExtensionAttributes"):
        # Apps may define their own extension points for ExtensionKit.
        return None
    return warning(
        "extension-point-unknown",
        f"it is for the extension point {point}, which iOS is not known to support, so it may reject the app",
        "correct NSExtensionPointIdentifier in the extension’s Info.plist, or remove the extension",
    )


# --- checks: each returns what is wrong with an Info.plist, as text to follow "its Info.plist" --------------------


def _has_table(_bundle: Bundle, info: Info) -> str | None:
    return None if isinstance(info.get("NSExtension"), dict) else "has no NSExtension dictionary"  # 39


def _names_point(_bundle: Bundle, info: Info) -> str | None:
    return _wrong_point(_table(info, "NSExtension"), "NSExtensionPointIdentifier")


def _names_kit_point(_bundle: Bundle, info: Info) -> str | None:
    return _wrong_point(_table(info, "EXAppExtensionAttributes"), "EXExtensionPointIdentifier")


def _wrong_point(table: Mapping[str, Any], key: str) -> str | None:
    point = table.get(key)
    if not isinstance(point, str):
        return f"names no extension point ({key})"  # 45
    # 46
    return None if _REVERSE_DNS.fullmatch(point) else f"has the {key} {point!r}, not one like com.apple.name"


def _has_name(_bundle: Bundle, info: Info) -> str | None:
    return None if _text(info, "CFBundleName") else "has no CFBundleName"  # 52


def _has_text_version(_bundle: Bundle, info: Info) -> str | None:
    key = "CFBundleShortVersionString"
    return None if key not in info or _text(info, key) else f"has a {key} that is empty or not a string"  # 40


def _has_display_name(bundle: Bundle, info: Info) -> str | None:
    with_screen = _table(info, "XPCService").get("RunLoopType") == "_UIApplicationMain"
    if (point_of(bundle) in WITH_SCREEN or with_screen) and not _text(info, "CFBundleDisplayName"):
        return "has no CFBundleDisplayName"  # 53
    return None


def _is_service(_bundle: Bundle, info: Info) -> str | None:
    kind = info.get("CFBundlePackageType")
    return None if kind in (None, "XPC!") else f"has CFBundlePackageType {kind} instead of XPC!"  # 41


def _has_class(bundle: Bundle, info: Info) -> str | None:
    table = _table(info, "NSExtension")
    storyboard, principal = (table.get(key) for key in ("NSExtensionMainStoryboard", "NSExtensionPrincipalClass"))
    empty = "" in (storyboard, principal)
    missing = not isinstance(storyboard, str) and not isinstance(principal, str) and point_of(bundle) in WITH_CLASS
    return "names neither NSExtensionPrincipalClass nor NSExtensionMainStoryboard" if empty or missing else None  # 42


def _has_text_keys(_bundle: Bundle, info: Info) -> str | None:
    table, attributes = _table(info, "NSExtension"), _table(info, "NSExtension").get("NSExtensionAttributes", {})
    if not isinstance(attributes, dict):
        return "has NSExtensionAttributes that are not a dictionary"  # 47
    keys = ("NSExtensionContextClass", "NSExtensionContextHostClass", "NSExtensionViewControllerHostClass")  # 43 44 68
    more = ("NSExtensionPointName", "NSExtensionPointVersion")  # 48 49
    found = (*((table, key) for key in keys), *((attributes, key) for key in more))
    key = next((key for values, key in found if key in values and not _text(values, key)), None)
    return f"has a {key} that is empty or not a string" if key else None


def _lists_intents(bundle: Bundle, info: Info) -> str | None:
    if point_of(bundle) not in _SIRI:
        return None
    attributes = _table(_table(info, "NSExtension"), "NSExtensionAttributes")
    intents, locked = attributes.get("IntentsSupported"), attributes.get("IntentsRestrictedWhileLocked", [])
    # Without NSExtensionAttributes, installd does not check the intents.
    if attributes and (not _texts(intents) or not intents):
        return "has no strings in IntentsSupported"  # 114
    if not _texts(locked):
        return "has IntentsRestrictedWhileLocked that are not strings"  # 115
    other = next((intent for intent in locked if intent not in (intents or ())), None)
    return f"restricts {other}, which is not in IntentsSupported" if other else None  # 116


def _has_kit_table(_bundle: Bundle, info: Info) -> str | None:
    return None if isinstance(info.get("EXAppExtensionAttributes"), dict) else "has no EXAppExtensionAttributes"  # 182


def _has_kit_class(_bundle: Bundle, info: Info) -> str | None:
    table, key = _table(info, "EXAppExtensionAttributes"), "EXPrincipalClass"
    return f"has an {key} that is empty or not a string" if key in table and not _text(table, key) else None  # 183 185


_PLUGIN_CHECKS: tuple[_Check, ...] = (
    _has_table,
    _names_point,
    _has_text_version,
    _has_name,
    _has_display_name,
    _is_service,
    _has_class,
    _has_text_keys,
    _lists_intents,
)
_KIT_CHECKS: tuple[_Check, ...] = (_has_text_version, _has_name, _has_kit_table, _has_kit_class, _names_kit_point)


def _table(info: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = info.get(key)
    return value if isinstance(value, dict) else {}


def _text(info: Mapping[str, Any], key: str) -> bool:
    """Return whether a key has a non-empty string."""
    value = info.get(key)
    return isinstance(value, str) and bool(value)


def _texts(value: object) -> bool:
    """Return whether a value is a list of strings."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
