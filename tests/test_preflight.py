"""Each rule speaks when it should, and only then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from generator.model import Build, Problem, Severity, Signing, SigningKind
from generator.preflight.rules import judge
from generator.preflight.verdict import State, give_verdict
from tests.builds import AD_HOC, BUILD, NOW


def signed(**changes: object) -> Build:
    """Return a build with another signing."""
    return replace(BUILD, signing=replace(AD_HOC, **changes))  # type: ignore[arg-type] # the names are the fields'


CASES: dict[str, Build] = {
    "simulator-build": replace(BUILD, platform="iPhoneSimulator", signing=Signing(kind=SigningKind.NONE, signed=False)),
    "unsigned": replace(BUILD, signing=Signing(kind=SigningKind.NONE, signed=False)),
    "no-profile": replace(BUILD, signing=Signing(kind=SigningKind.NONE, signed=True)),
    "profile-expired": signed(expires=NOW),
    "app-store-profile": signed(kind=SigningKind.APP_STORE, devices=None),
    "bundle-id-not-in-profile": signed(application_id="TEAMID1234.com.example.other"),
    "missing-version": replace(BUILD, build=None),
    "profile-expires-soon": signed(expires=NOW + timedelta(days=29)),
    "free-team": signed(free=True),
    "no-icon": replace(BUILD, icon=None),
    "development-build": signed(kind=SigningKind.DEVELOPMENT),
    "enterprise-build": signed(kind=SigningKind.ENTERPRISE, devices=None),
}
ALWAYS = {"device-list", "minimum-os"}


def codes(build: Build) -> set[str]:
    """Return the codes of all findings."""
    return {problem.code for problem in judge(build, NOW)}


def test_a_healthy_build_raises_notes_alone() -> None:
    assert codes(BUILD) == ALWAYS
    assert {problem.severity for problem in judge(BUILD, NOW)} == {Severity.NOTE}


@pytest.mark.parametrize("code", CASES)
def test_each_fault_raises_its_own_rule_alone(code: str) -> None:
    assert codes(CASES[code]) - ALWAYS == {code}


@pytest.mark.parametrize("allowed", ["TEAMID1234.*", "TEAMID1234.com.example.*", "TEAMID1234.com.example.sample"])
def test_a_profile_with_a_wildcard_covers_the_app(allowed: str) -> None:
    assert codes(signed(application_id=allowed)) == ALWAYS


def test_what_stops_an_install_is_said_first() -> None:
    build = signed(kind=SigningKind.DEVELOPMENT, expires=NOW - timedelta(days=1), free=True)
    assert [problem.severity for problem in judge(build, NOW)] == sorted(
        (problem.severity for problem in judge(build, NOW)), key=list(Severity).index
    )
    assert judge(build, NOW)[0].code == "profile-expired"


def test_flaws_met_while_reading_are_findings_too() -> None:
    flaw = Problem(code="no-icon", severity=Severity.WARNING, message="a picture is damaged")
    assert flaw in judge(replace(BUILD, icon=None, flaws=(flaw,)), NOW)
    assert codes(replace(BUILD, icon=None, flaws=(flaw,))) - ALWAYS == {"no-icon"}


@pytest.mark.parametrize(
    ("build", "state", "text"),
    [
        (BUILD, State.READY, "Installs on the 3 devices registered for it"),
        (signed(devices=1), State.READY, "Installs on the one device registered for it"),
        (CASES["enterprise-build"], State.READY, "Installs on any device of Invented GmbH’s staff"),
        (CASES["profile-expired"], State.BLOCKED, "Cannot be installed: its profile expired on 1 July 2026"),
        (
            CASES["profile-expires-soon"],
            State.SOON,
            "Installs on the 3 devices registered for it, until 30 July 2026",
        ),
    ],
)
def test_the_verdict_says_it_in_one_sentence(build: Build, state: State, text: str) -> None:
    verdict = give_verdict(build, judge(build, NOW))
    assert (verdict.state, verdict.text) == (state, text)


def test_a_build_is_judged_at_a_moment_and_never_changes() -> None:
    assert "profile-expired" not in codes(BUILD)
    later = {problem.code for problem in judge(BUILD, NOW + timedelta(days=300))}
    assert "profile-expired" in later
