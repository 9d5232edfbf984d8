"""The verdict: whether a build installs, in one line."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from ota_site.model.build import Problem, Severity, SigningKind
from ota_site.model.format import count, day
from ota_site.model.records import Record
from ota_site.model.teams import public_team
from ota_site.rules.term import terms_of

if TYPE_CHECKING:
    from ota_site.model.build import Build


class State(StrEnum):
    """Whether a build installs: it does, it does but not for long, it does not."""

    READY = "ready"
    SOON = "soon"
    BLOCKED = "blocked"


class Verdict(Record):
    """The verdict: `state` for programs, `text` for developers, one sentence without a full stop.

    `blocker` is the finding that stops the install. The verdict is valid `until` a time (None: without end), when
    what `ends` names expires: the "profile" or the "certificate".
    """

    state: State
    text: str
    blocker: Problem | None = None
    until: datetime | None = None
    ends: str = ""


def give_verdict(build: Build, problems: tuple[Problem, ...]) -> Verdict:
    """Return the verdict on a build with these findings, which are sorted by severity."""
    for problem in problems:
        if problem.severity == Severity.ERROR:
            return Verdict(State.BLOCKED, f"Cannot be installed: {problem.message}", problem)
    until, ends = min(((moment, what) for what, moment in terms_of(build).items()), default=(None, ""))
    if until and any(problem.code.endswith("-expires-soon") for problem in problems):
        return Verdict(State.SOON, f"{_audience(build)}, until {day(until)}", until=until, ends=ends)
    return Verdict(State.READY, _audience(build), until=until, ends=ends)


def _audience(build: Build) -> str:
    """Return a sentence about the devices that it installs on."""
    signing = build.signing
    if signing.kind == SigningKind.ENTERPRISE:
        company = public_team(signing) or "the company that made it"
        return f"Installs on any device of {company}’s staff"
    if signing.devices == 1:
        return "Installs on the one device registered for it"
    return f"Installs on the {count(signing.devices or 0, 'device')} registered for it"
