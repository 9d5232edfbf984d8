"""The parts of an app that the installer checks: the app itself, and the bundles inside it.

According to INSTALLD (iOS 26.1), these are the frameworks and extensions of the app, and its watch app, whose code
the watch checks later. App Clips inside an app, frameworks inside extensions and loose libraries are not checked.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from ota_site.model.build import Build, Bundle, BundleKind
from ota_site.model.records import Record, replace
from ota_site.rules.pattern import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from ota_site.model.build import Certificate, Problem, Seal

    Rule = Callable[[Build, datetime], Problem | None]
    PartRule = Callable[["Part", datetime], Problem | None]

SIMULATORS = ("iOS Simulator", "tvOS Simulator", "watchOS Simulator", "visionOS Simulator")
# Apple signs apps from the App Store and TestFlight with these.
_OF_THE_STORE = ("Apple iPhone OS Application Signing", "TestFlight Beta Distribution")


class Part(Record):
    """A bundle to judge, and the app that contains it: the same value twice for the app itself."""

    build: Build
    bundle: Build | Bundle

    @property
    def path(self) -> str:
        """Its path in the app's folder; empty for the app."""
        return self.bundle.path if isinstance(self.bundle, Bundle) else ""

    @property
    def kind(self) -> BundleKind | None:
        """The kind of the bundle; None for the app."""
        return self.bundle.kind if isinstance(self.bundle, Bundle) else None

    @property
    def unreadable(self) -> str:
        """Why its Info.plist cannot be read; empty for a readable one."""
        return self.bundle.unreadable if isinstance(self.bundle, Bundle) else ""

    @property
    def claimed_id(self) -> str | None:
        """The application-identifier that its signature claims; None if it is unsigned or none can be read."""
        seal = seal_of(self.bundle)
        claimed = seal.entitlements.get("application-identifier") if seal else None
        return claimed if isinstance(claimed, str) else None

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates that may sign it: those in the profiles that cover its application-identifier."""
        app, own = self.build.signing, self.bundle.signing
        covered = self.claimed_id is None or matches(self.claimed_id, app.application_id or "*")
        return own.certificates if self.bundle is self.build or not covered else (*app.certificates, *own.certificates)


def bundles_of(build: Build, *kinds: BundleKind) -> Iterator[Bundle]:
    """Yield the bundles of these kinds directly inside the app."""
    return (bundle for bundle in build.nested if not bundle.parent and bundle.kind in kinds)


def in_app(rule: PartRule) -> Rule:
    """Return a rule that judges only the app."""

    @wraps(rule)
    def judge_app(build: Build, now: datetime) -> Problem | None:
        return rule(Part(build, build), now)

    return judge_app


def in_bundles(rule: PartRule, *kinds: BundleKind, watch: bool = False) -> Rule:
    """Return a rule that judges the bundles of these kinds directly inside a signed app.

    watch: also those inside its watch app. The finding names the first affected bundle and counts the others.
    """

    @wraps(rule)
    def judge_bundles(build: Build, now: datetime) -> Problem | None:
        if seal_of(build) is None or is_simulator(build):
            return None
        inside = (
            bundle
            for bundle in build.nested
            if bundle.kind in kinds and (not bundle.parent or (watch and bundle.path.startswith("Watch/")))
        )
        return first_of((bundle.path, rule(Part(build, bundle), now)) for bundle in inside)

    return judge_bundles


def in_parts(rule: PartRule, *kinds: BundleKind, watch: bool = False) -> Rule:
    """Return a rule that judges the app and, if it has no finding, its bundles as in `in_bundles`."""
    app, bundles = in_app(rule), in_bundles(rule, *kinds, watch=watch)

    @wraps(rule)
    def judge_parts(build: Build, now: datetime) -> Problem | None:
        return app(build, now) or bundles(build, now)

    return judge_parts


def first_of(found: Iterable[tuple[str, Problem | None]]) -> Problem | None:
    """Return the first finding, with its bundle's path and the number of other findings; None without any."""
    named = [(path, problem) for path, problem in found if problem is not None]
    if not named:
        return None
    path, problem = named[0]
    others = f" (and {len(named) - 1} more)" if len(named) > 1 else ""
    return replace(problem, message=f"{path}{others}: {problem.message}")


def is_simulator(bundle: Build | Bundle) -> bool:
    """Return whether the code, or Info.plist if there is no code, is for the Simulator."""
    if bundle.executable and bundle.executable.platforms:
        return all(name in SIMULATORS for name in bundle.executable.platforms)
    return isinstance(bundle, Build) and bundle.platform.endswith("Simulator")


def seal_of(bundle: Build | Bundle) -> Seal | None:
    """Return the code signature of a bundle; None if it has no certificate or was partly removed."""
    seal = bundle.seal
    return seal if bundle.signing.signed and seal and seal.certificate else None


def signer_of(bundle: Build | Bundle) -> Certificate | None:
    """Return the developer's signing certificate; None for Apple's, which devices judge by other rules."""
    seal = seal_of(bundle)
    certificate = seal.certificate if seal else None
    return None if certificate is None or certificate.kind in _OF_THE_STORE else certificate
