"""Build the view of one build, for testers and developers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from ota_site.apple.install.install_link import install_link
from ota_site.catalog import paths
from ota_site.i18n.languages import N_
from ota_site.model.build import SigningKind
from ota_site.model.format import system_version
from ota_site.model.teams import public_team
from ota_site.site.views.contract import DetailView, FactView, ProblemView, ReleaseView, ShareView
from ota_site.site.views.verdict import show_verdict

if TYPE_CHECKING:
    from ota_site.i18n.languages import Language
    from ota_site.model.build import Build
    from ota_site.model.catalog import App, Release
    from ota_site.model.texts import Origin
    from ota_site.site.views.contract import VerdictView
    from ota_site.site.views.place import Place

SIGNING = {
    SigningKind.AD_HOC: N_("Ad hoc"),
    SigningKind.DEVELOPMENT: N_("Development"),
    SigningKind.ENTERPRISE: N_("In-house (enterprise)"),
    SigningKind.APP_STORE: N_("App Store"),
    SigningKind.NONE: N_("No profile"),
}

# UIDeviceFamily; 1 to 4 are Apple's documented numbers, 6 and 7 are seen in what Xcode writes.
_FAMILIES = {1: "iPhone", 2: "iPad", 3: "Apple TV", 4: "Apple Watch", 6: "Mac", 7: "Apple Vision"}
_SYSTEMS = {"AppleTVOS": "tvOS", "WatchOS": "watchOS", "XROS": "visionOS", "MacOSX": "macOS"}

_TAP = N_("iOS asks whether to install the app: tap Install. If nothing happens, open this page in Safari.")
_LOOK = N_("Go to the home screen: the app’s icon fills while it loads. This page can be closed.")
_TRUST = N_(
    "Open Settings › General › VPN & Device Management, choose the developer and tap Trust. "
    "From iOS 18 on, the device then restarts."
)
_DEVELOPER_MODE = N_(
    "If iOS asks for Developer Mode: Settings › Privacy & Security › Developer Mode, switch it on and restart. "
    "This may be needed from iOS 16 on."
)
_AFTER = {SigningKind.ENTERPRISE: _TRUST, SigningKind.DEVELOPMENT: _DEVELOPER_MODE, SigningKind.AD_HOC: _DEVELOPER_MODE}

MISSING = "–"
"""Shown in place of a missing version."""


def show_release(place: Place, app: App, release: Release) -> ReleaseView:
    """Return a build as the page at `place` shows it. Its button installs this build even after newer ones appear."""
    build, language = release.build, place.language
    verdict = show_verdict(place, release)
    manifest = place.url(paths.manifest(paths.build_page(app, release)))
    return ReleaseView(
        version=build.version or MISSING,
        build=build.build or "",
        href=place.to(paths.build_page(app, release)),
        icon=place.icon(build),
        size=language.size(build.size),
        built=place.day(build.built),
        verdict=verdict,
        signing=build.signing.kind.value,
        signing_words=language.gettext(SIGNING[build.signing.kind]),
        channel=release.text.channel,
        devices=build.signing.devices,
        system=_system(build),
        minimum_os=system_version(build.minimum_os) if build.minimum_os else None,
        families=families(build),
        install=install_link(manifest) if manifest else None,
        ipa=place.href(paths.ipa(release)),
        qr=place.qr(),
        share=_share(place, app, release),
        facts=tuple(_facts(place, release, verdict)),
        notes=place.html(release.text.notes),
        steps=tuple(language.gettext(step) for step in (_TAP, _LOOK, _AFTER.get(build.signing.kind)) if step),
        problems=tuple(
            ProblemView(code=problem.code, severity=problem.severity, message=problem.message, hint=problem.hint)
            for problem in release.problems
        ),
        details=tuple(_details(language, build)),
        origin=tuple(_origin(language, release.text.origin)),
    )


def families(build: Build) -> tuple[str, ...]:
    """Return Apple's names of the devices that a build supports."""
    return tuple(_FAMILIES[number] for number in build.families if number in _FAMILIES)


def number(release: Release) -> str:
    """Return the version and build number, such as `1.4 (45)`."""
    build = release.build
    return f"{build.version or MISSING} ({build.build})" if build.build else build.version or MISSING


def _share(place: Place, app: App, release: Release) -> ShareView | None:
    address = place.url(place.file)
    if address is None:
        return None
    subject = f"{app.name} {number(release)}"
    text = f"{subject}\n{address}"
    return ShareView(
        address=address,
        text=text,
        mail=f"mailto:?subject={quote(subject, safe='')}&body={quote(text, safe='')}",
        message=f"sms:?&body={quote(text, safe='')}",
    )


def _facts(place: Place, release: Release, verdict: VerdictView) -> list[FactView]:
    language, build = place.language, release.build
    facts = [
        FactView(term=language.gettext("Version"), value=number(release), iso=None),
        FactView(term=language.gettext("Size"), value=language.size(build.size), iso=None),
    ]
    if build.minimum_os:
        needs = f"{_system(build)} {system_version(build.minimum_os)}"
        facts.append(FactView(term=language.gettext("Requires"), value=needs, iso=None))
    days = ((language.gettext("Built"), place.day(build.built)), (language.gettext("Expires"), verdict.until))
    facts += [FactView(term=term, value=day.short, iso=day.iso) for term, day in days if day]
    return facts


def _details(language: Language, build: Build) -> list[DetailView]:
    signing, gettext = build.signing, language.gettext
    rows = (
        (gettext("Bundle identifier"), build.bundle_id, True),
        (gettext("Version"), build.version, False),
        (gettext("Build"), build.build, False),
        (gettext("Runs on"), language.listing(families(build)), False),
        (
            gettext("Requires"),
            f"{_system(build)} {system_version(build.minimum_os)}" if build.minimum_os else None,
            False,
        ),
        (gettext("Signing"), gettext(SIGNING[signing.kind]), False),
        (gettext("Team"), public_team(signing), False),
        (gettext("Team identifier"), signing.team_id, True),
        (gettext("Profile UUID"), signing.uuid, True),
        (gettext("Registered devices"), None if signing.devices is None else language.number(signing.devices), False),
        (gettext("Profile expires"), language.day(signing.expires) if signing.expires else None, False),
        (
            gettext("Other names"),
            # Isolate each name: right-to-left names must not reorder the list.
            language.listing(
                f"\u2068{name}\u2069" for name in dict.fromkeys(build.names.values()) if name != build.name
            ),
            False,
        ),
        (gettext("Size"), language.size(build.size), False),
        ("SHA-256", build.sha256, True),
    )
    return [DetailView(term=term, value=value, code=code, href=None) for term, value, code in rows if value]


def _origin(language: Language, origin: Origin) -> list[DetailView]:
    gettext, repository = language.gettext, origin.repository
    commit = f"{repository}/commit/{origin.commit}" if repository and origin.commit else None
    rows = (
        (gettext("Commit"), origin.commit and origin.commit[:12], True, commit),
        (gettext("Branch"), origin.branch, True, None),
        (gettext("Pipeline"), origin.run and gettext("This run"), False, origin.run),
    )
    return [DetailView(term=term, value=value, code=code, href=href) for term, value, code, href in rows if value]


def _system(build: Build) -> str:
    return _SYSTEMS.get(build.platform, "iOS")
