"""One line that answers a tester's first question: whether it installs here."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from generator.model.build import Severity, SigningKind
from generator.records import Record
from generator.teams import public_team
from generator.words import count, day

if TYPE_CHECKING:
    from generator.model.build import Build, Problem


class State(StrEnum):
    """Whether a build installs: it does, it does but not for long, it does not."""

    READY = "ready"
    SOON = "soon"
    BLOCKED = "blocked"


class Verdict(Record):
    """The answer: `state` for a machine, `text` for a person, one sentence without a full stop.

    It holds `until` a moment (None: for good, or for bad), from which on `then` is the answer.
    """

    state: State
    text: str
    until: datetime | None = None
    then: str = ""


def give_verdict(build: Build, problems: tuple[Problem, ...]) -> Verdict:
    """Return the verdict on a build with these findings, the worst of which comes first."""
    for problem in problems:
        if problem.severity == Severity.ERROR:
            return Verdict(State.BLOCKED, f"Cannot be installed: {problem.message}")
    ends = [(build.signing.expires, "its profile")]
    if build.executable and build.executable.seal and build.executable.seal.certificate:
        ends.append((build.executable.seal.certificate.expires, "the certificate it is signed with"))
    until, what = min(((moment, what) for moment, what in ends if moment), default=(None, ""))
    then = f"Cannot be installed: {what} expired on {day(until)}" if until else ""
    if until and any(problem.code.endswith("-expires-soon") for problem in problems):
        return Verdict(State.SOON, f"{_audience(build)}, until {day(until)}", until, then)
    return Verdict(State.READY, _audience(build), until, then)


def _audience(build: Build) -> str:
    """Say on which devices it installs."""
    signing = build.signing
    if signing.kind == SigningKind.ENTERPRISE:
        company = public_team(signing) or "the company that made it"
        return f"Installs on any device of {company}’s staff"
    if signing.devices == 1:
        return "Installs on the one device registered for it"
    return f"Installs on the {count(signing.devices or 0, 'device')} registered for it"
