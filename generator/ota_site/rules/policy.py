"""The owner's policy on rules: changed severities, and rules silenced for an app."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ota_site.model.build import Severity
from ota_site.model.records import Record, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ota_site.model.build import Problem

# Every code that a listed build can have; only these can be silenced. docs/rules has a page for each.
CODES = frozenset(
    (
        *("simulator-build", "platform-not-installable", "missing-executable", "encrypted", "unsigned", "no-profile"),
        *("app-store-profile", "profile-expired", "certificate-expired", "bundle-id-not-in-profile"),
        *("certificate-not-in-profile", "entitlement-not-in-profile", "no-arm64", "signature-too-old"),
        *("info-plist-altered", "resources-altered", "missing-version", "duplicate-bundle-id", "extension-bundle-id"),
        *("extension-not-signed", "watch-companion", "itunes-metadata-mismatch", "stream-unsafe"),
        *("no-application-identifier", "asset-packs-missing", "signing-identifier"),
        *("extension-profile", "extension-devices", "bundle-info-plist", "bundle-identifier", "static-framework"),
        *("extension-info-plist", "extension-point-unknown", "info-plist-refused", "app-clip", "entitlement-conflict"),
        *("itunes-metadata-version", "signed-as-other-app", "update-refused", "framework-not-loadable"),
        *("watch-app-code", "unfilled-variable"),
        *("profile-expires-soon", "certificate-expires-soon", "free-team", "thinned-variant", "other-team"),
        *("extension-version", "no-icon", "icon-damaged", "icon-missing"),
        *("development-build", "enterprise-build", "device-list", "minimum-os"),
    )
)


class Silence(Record, kw_only=True):
    """One rule silenced for one app, with the owner's reason."""

    rule: str
    app: str
    reason: str


class Policy(Record, kw_only=True):
    """The owner's policy: severities by rule, and silences."""

    severities: dict[str, Severity] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()


def apply_policy(policy: Policy, bundle_id: str, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return an app's findings with the owner's severities and without silenced ones, errors first."""
    silent = {silence.rule for silence in policy.silences if silence.app == bundle_id}
    wanted = (
        replace(problem, severity=policy.severities.get(problem.code, problem.severity))
        for problem in problems
        if problem.code not in silent
    )
    order = list(Severity)
    return tuple(sorted(wanted, key=lambda problem: order.index(problem.severity)))


def unknown_rules(policy: Policy) -> Iterator[tuple[str, str]]:
    """Yield each unknown code with the nearest known one; empty if none is close."""
    for code in (*policy.severities, *(silence.rule for silence in policy.silences)):
        if code not in CODES:
            yield code, next(iter(difflib.get_close_matches(code, sorted(CODES), n=1)), "")
