"""Say whether a build installs, worded for testers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.i18n.languages import N_
from ota_site.model.build import SigningKind
from ota_site.model.teams import public_team
from ota_site.rules.term import terms_of
from ota_site.rules.verdict import State, give_verdict
from ota_site.site.views.contract import ElsewhereView, VerdictView

if TYPE_CHECKING:
    from ota_site.i18n.languages import Language
    from ota_site.model.build import Build
    from ota_site.model.catalog import Release
    from ota_site.site.views.place import Place

_WORDS = {State.READY: N_("Installs"), State.SOON: N_("Expires soon"), State.BLOCKED: N_("Cannot install")}

_BLOCKED = N_("Cannot be installed: something in it is not as iOS wants it")
# By rule code. %(day)s is the expiry date that the rule checks.
_REASONS = {
    "simulator-build": N_("Cannot be installed: it was built for the Simulator, not for a real iPhone"),
    "platform-not-installable": N_("Cannot be installed: it was made for another kind of device"),
    "missing-executable": N_("Cannot be installed: the app in it is incomplete"),
    "encrypted": N_("Cannot be installed: it comes from the App Store and works only from there"),
    "free-team": N_("Cannot be installed: it was signed with a free Apple account"),
    "unsigned": N_("Cannot be installed: it is not signed"),
    "no-profile": N_("Cannot be installed: it has no provisioning profile"),
    "app-store-profile": N_("Cannot be installed here: it is signed for the App Store"),
    "profile-expired": N_("Cannot be installed: its profile expired on %(day)s"),
    "certificate-expired": N_("Cannot be installed: its certificate expired on %(day)s"),
    "bundle-id-not-in-profile": N_("Cannot be installed: its profile is for another app"),
    "certificate-not-in-profile": N_("Cannot be installed: its signature does not fit its profile"),
    "extension-profile": N_("Cannot be installed: the profile of an extension in it does not allow it"),
    "watch-companion": N_("Cannot be installed: the watch app in it does not fit it"),
    "entitlement-not-in-profile": N_("Cannot be installed: it asks for more than its profile allows"),
    "no-application-identifier": N_("Cannot be installed: its signature is incomplete"),
    "extension-not-signed": N_("Cannot be installed: its signature is incomplete"),
    "signing-identifier": N_("Cannot be installed: it is signed as another app"),
    "no-arm64": N_("Cannot be installed: it was made for devices older than the iPhone 5s"),
    "signature-too-old": N_("Cannot be installed: its signature is of a form that iOS 15 and later refuse"),
    "info-plist-altered": N_("Cannot be installed: it was changed after it was signed"),
    "resources-altered": N_("Cannot be installed: it was changed after it was signed"),
    "file-altered": N_("Cannot be installed: it was changed after it was signed"),
    "stream-unsafe": N_("Cannot be installed: its file is packed so that iOS cannot unpack it"),
}
# UIDeviceFamily of apps that an iPhone does not run: the name of their device, and the devices that do not run them.
_IPHONE = 1
_OTHERS = {2: ("iPad", "iphone"), 7: ("Apple Vision", "iphone ipad")}
_THEN = {"profile": _REASONS["profile-expired"], "certificate": _REASONS["certificate-expired"]}


def show_verdict(place: Place, release: Release) -> VerdictView:
    """Return whether a build installs."""
    build, language = release.build, place.language
    verdict = give_verdict(build, release.problems)
    if verdict.blocker:
        text = _reason(language, build, verdict.blocker.code)
    elif verdict.until and verdict.state == State.SOON:
        day = language.day(verdict.until)
        text = language.gettext("%(verdict)s, until %(day)s", verdict=_audience(language, build), day=day)
    else:
        text = _audience(language, build)
    then = language.gettext(_THEN[verdict.ends], day=language.day(verdict.until)) if verdict.until else ""
    return VerdictView(
        state=verdict.state.value,
        word=language.gettext(_WORDS[verdict.state]),
        text=text,
        until=place.day(verdict.until),
        then=then,
        then_word=language.gettext(_WORDS[State.BLOCKED]) if verdict.until else "",
        elsewhere=None if verdict.blocker else _elsewhere(language, build),
    )


def is_blocked(release: Release) -> bool:
    """Return whether a build cannot be installed."""
    return give_verdict(release.build, release.problems).state == State.BLOCKED


def _elsewhere(language: Language, build: Build) -> ElsewhereView | None:
    """Return the device that an app is for, or None if an iPhone runs it. An iPad runs iPhone apps."""
    if not build.families or _IPHONE in build.families:
        return None
    family = next((family for family in _OTHERS if family in build.families), None)
    if family is None:
        return None
    device, on = _OTHERS[family]
    return ElsewhereView(
        device=device,
        on=on,
        word=language.gettext("For %(device)s", device=device),
        text=language.gettext("This app is for %(device)s", device=device),
    )


def _reason(language: Language, build: Build, code: str) -> str:
    days = {"profile-expired": build.signing.expires, "certificate-expired": terms_of(build).get("certificate")}
    if code in days:
        day = days[code]
        return language.gettext(_REASONS[code], day=language.day(day)) if day else language.gettext(_BLOCKED)
    return language.gettext(_REASONS.get(code, _BLOCKED))


def _audience(language: Language, build: Build) -> str:
    """Return a text that says on which devices a build installs."""
    signing = build.signing
    if signing.kind == SigningKind.ENTERPRISE:
        company = public_team(signing)
        if company is None:
            return language.gettext("Installs on any device of the company that made it")
        return language.gettext("Installs on any device of %(company)s’s staff", company=company)
    return language.ngettext(
        "Installs on the one device registered for it",
        "Installs on the %(num)s devices registered for it",
        signing.devices or 0,
    )
