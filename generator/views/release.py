"""One build as a tester and a developer see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import paths
from generator.apple.install_link import install_link
from generator.model.build import SigningKind
from generator.preflight.verdict import State, give_verdict
from generator.teams import public_team
from generator.views.contract import DetailView, FactView, ProblemView, ReleaseView, RowView, VerdictView, VersionView
from generator.views.place import Place, show_day
from generator.words import day, listing, short_day, size

if TYPE_CHECKING:
    from generator.model.build import Build
    from generator.model.catalog import App, Release

_WORDS = {State.READY: "Installs", State.SOON: "Expires soon", State.BLOCKED: "Cannot install"}

_SIGNING = {
    SigningKind.AD_HOC: "Ad hoc",
    SigningKind.DEVELOPMENT: "Development",
    SigningKind.ENTERPRISE: "In-house (enterprise)",
    SigningKind.APP_STORE: "App Store",
    SigningKind.NONE: "No profile",
}

# UIDeviceFamily; 1 to 4 are Apple's documented numbers, 6 and 7 seen in what Xcode writes.
_FAMILIES = {1: "iPhone", 2: "iPad", 3: "Apple TV", 4: "Apple Watch", 6: "Mac", 7: "Apple Vision"}
_SYSTEMS = {"AppleTVOS": "tvOS", "WatchOS": "watchOS", "XROS": "visionOS", "MacOSX": "macOS"}

_TRUST = (
    "Open Settings › General › VPN & Device Management, choose the developer and tap Trust. "
    "From iOS 18 on, the device then restarts."
)
_DEVELOPER_MODE = (
    "If iOS asks for Developer Mode: Settings › Privacy & Security › Developer Mode, switch it on and restart. "
    "This may be needed from iOS 16 on."
)
_AFTER = {SigningKind.ENTERPRISE: _TRUST, SigningKind.DEVELOPMENT: _DEVELOPER_MODE, SigningKind.AD_HOC: _DEVELOPER_MODE}

MISSING = "–"
"""Stands where a version is missing."""


def show_release(place: Place, app: App, release: Release) -> ReleaseView:
    """Return a build as the page at `place` shows it; the button installs by the manifest beside that page."""
    build = release.build
    base_url = place.site.base_url
    verdict = show_verdict(release)
    manifest = paths.url(paths.manifest(place.path), base_url) if base_url else None
    return ReleaseView(
        version=build.version or MISSING,
        build=build.build or "",
        href=place.href(paths.build_page(app, release)),
        icon=place.icon(build),
        size=size(build.size),
        built=show_day(build.built),
        verdict=verdict,
        signing=build.signing.kind.value,
        install=install_link(manifest) if manifest else None,
        ipa=place.href(paths.ipa(release)),
        qr=place.qr(),
        facts=tuple(_facts(build, verdict)),
        notes=place.html(release.notes),
        steps=_steps(build),
        problems=tuple(
            ProblemView(code=problem.code, severity=problem.severity, message=problem.message, hint=problem.hint)
            for problem in release.problems
        ),
        details=tuple(_details(build)),
    )


def show_verdict(release: Release) -> VerdictView:
    """Return whether a build installs."""
    verdict = give_verdict(release.build, release.problems)
    return VerdictView(
        state=verdict.state.value,
        word=_WORDS[verdict.state],
        text=verdict.text,
        until=show_day(verdict.until),
        then=verdict.then,
        then_word=_WORDS[State.BLOCKED] if verdict.until else "",
    )


def show_history(place: Place, app: App, current: Release | None) -> tuple[VersionView, ...]:
    """Return all builds of an app by version, newest first."""
    versions: dict[str, list[RowView]] = {}
    for release in app.releases:
        row = RowView(
            build=release.build.build or "",
            href=place.href(paths.build_page(app, release)),
            built=show_day(release.build.built),
            verdict=show_verdict(release),
            current=release is current,
        )
        versions.setdefault(release.build.version or MISSING, []).append(row)
    return tuple(VersionView(version=version, rows=tuple(rows)) for version, rows in versions.items())


def _facts(build: Build, verdict: VerdictView) -> list[FactView]:
    number = f" ({build.build})" if build.build else ""
    facts = [
        FactView(term="Version", value=f"{build.version or MISSING}{number}", iso=None),
        FactView(term="Size", value=size(build.size), iso=None),
    ]
    if build.minimum_os:
        facts.append(FactView(term="Needs", value=f"{_system(build)} {build.minimum_os}", iso=None))
    days = [("Built", build.built)]
    if verdict.state != State.BLOCKED:
        days.append(("Good until", build.signing.expires))
    for term, moment in days:
        if moment and (shown := show_day(moment)):
            facts.append(FactView(term=term, value=short_day(moment), iso=shown.iso))
    return facts


def _steps(build: Build) -> tuple[str, ...]:
    after = _AFTER.get(build.signing.kind)
    return (
        "iOS asks whether to install the app: tap Install. If nothing happens, open this page in Safari.",
        "Go to the home screen: the app’s icon fills while it loads. This page can be closed.",
        *((after,) if after else ()),
    )


def _details(build: Build) -> list[DetailView]:
    signing = build.signing
    rows = (
        ("Bundle identifier", build.bundle_id, True),
        ("Version", build.version, False),
        ("Build", build.build, False),
        ("Runs on", listing(tuple(_FAMILIES[number] for number in build.families if number in _FAMILIES)), False),
        ("Needs", f"{_system(build)} {build.minimum_os}" if build.minimum_os else None, False),
        ("Signing", _SIGNING[signing.kind], False),
        ("Team", public_team(signing), False),
        ("Team identifier", signing.team_id, True),
        ("Profile UUID", signing.uuid, True),
        ("Registered devices", None if signing.devices is None else str(signing.devices), False),
        ("Profile expires", day(signing.expires) if signing.expires else None, False),
        ("Other names", listing(tuple(dict.fromkeys(build.names.values()))), False),
        ("Size", f"{build.size:,} bytes", False),
        ("SHA-256", build.sha256, True),
    )
    return [DetailView(term=term, value=value, code=code) for term, value, code in rows if value]


def _system(build: Build) -> str:
    return _SYSTEMS.get(build.platform, "iOS")
