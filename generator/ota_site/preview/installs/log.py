"""Report the progress of installs from requests, so that the last step shows why an install failed. Pure.

The system's downloader has the user agent `com.apple.appstored/1.0 iOS/17.5 model/iPhone14,2 …`, on older systems
`itunesstored/1.0 …` (seen in server logs). It fetches the manifest, requests the IPA's size with HEAD, and then fetches
the IPA, whole or in ranges. Nothing is stored: clients are identified by address, and only while they install.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import PurePosixPath

from ota_site.model.format import size
from ota_site.model.records import Record, field, replace

UNTRUSTED = (
    "A device does not trust this certificate: on the iPhone, install the profile from the welcome page and turn on "
    "trust for it in Settings › General › About › Certificate Trust Settings"
)
"""The message for a refused TLS handshake."""

Spans = tuple[tuple[int, int], ...]
"""Received bytes: ranges [first, end), in order, neither overlapping nor adjacent."""

_PATIENCE = timedelta(seconds=60)  # to read a page, or a prompt
_SILENCE = timedelta(seconds=10)  # within which a cut download resumes, if at all
_FORGOTTEN = timedelta(hours=1)
_STEP = 20  # per cent
_SUCCESS = {200, 206, 304}


class Visit(Record, kw_only=True):
    """A request, with the progress of its response."""

    client: str
    """The client's IP address."""
    method: str
    path: str
    """The decoded path, from the server's root, without the query: `/apps/fellpath/`."""
    agent: str
    """The User-Agent header; empty if there is none."""
    status: int
    first: int = 0
    """The offset of the response's first byte in the file."""
    total: int = 0
    """The size of the whole file in bytes."""
    sent: int = 0
    """The number of response bytes sent so far."""
    ended: bool
    """Whether the response has ended, complete or cut."""


class InstallableBuild(Record, kw_only=True):
    """A build of the site; paths have the same form as in Visit."""

    title: str
    pages: frozenset[str]
    """The pages that have its install button."""
    manifests: frozenset[str]
    ipa: str
    hint: str = ""
    """What to check if the download is complete but no app appears; depends on the kind of signing."""
    blocked: str = ""
    """Why its pages have no install button; empty if it can be installed."""


class InstallStep(IntEnum):
    """The last step that an install has reached."""

    OPENED = 1
    MANIFEST = 2
    IPA = 3
    COMPLETE = 4


class Install(Record, kw_only=True):
    """The progress of one device's install of one build."""

    offer: InstallableBuild
    device: str
    stage: InstallStep
    at: datetime
    """The time of its last request."""
    sized: bool = False
    """Whether the IPA's size was requested."""
    spans: Spans = ()
    total: int = 0
    ended: bool = True
    """Whether the last response has ended."""
    told: int = 0
    """The percentage that was last reported."""
    warned: bool = False
    """Whether its halt was reported."""


class InstallLog(Record):
    """The installs in progress, by client and IPA path, and when a refused certificate was last reported."""

    journeys: dict[tuple[str, str], Install] = field(default_factory=dict)
    distrusted: datetime | None = None


def tell(
    story: InstallLog, visit: Visit, now: datetime, offers: tuple[InstallableBuild, ...]
) -> tuple[InstallLog, tuple[str, ...]]:
    """Return the log after a request, and the lines to print."""
    offer = _offer(visit, offers, story)
    if offer is None:
        return story, ()
    key = visit.client, offer.ipa
    device = f"{device_name(visit.agent)} at {visit.client}"
    before = story.journeys.get(key)
    if visit.path in offer.pages:
        after, lines = _opened(before, offer, device, visit, now)
    elif not is_downloader(visit.agent):
        return story, _by_browser(device, visit)
    elif visit.status not in _SUCCESS:
        return story, (f"{device} requested {_thing(offer, visit)} and got {visit.status}",)
    else:
        journey = before or Install(offer=offer, device=device, stage=InstallStep.OPENED, at=now)
        journey = replace(journey, offer=offer, device=device, at=now, warned=False)
        after, lines = _manifest(journey) if visit.path in offer.manifests else _ipa(journey, visit)
    journeys = story.journeys if after is None else story.journeys | {key: after}
    return replace(story, journeys=journeys), lines


def remind(story: InstallLog, now: datetime) -> tuple[InstallLog, tuple[str, ...]]:
    """Return the log without old installs, and a line for each install that has halted. Call it regularly."""
    recent = {key: journey for key, journey in story.journeys.items() if now - journey.at < _FORGOTTEN}
    stuck = {key: line for key, journey in recent.items() if (line := _stuck(journey, now))}
    warned = {key: replace(recent[key], warned=True) for key in stuck}
    return replace(story, journeys=recent | warned), tuple(stuck.values())


def tell_distrust(story: InstallLog, now: datetime) -> tuple[InstallLog, tuple[str, ...]]:
    """Return the log after a device refused the certificate, and the line to print, if any: devices retry often."""
    if story.distrusted and now - story.distrusted < _PATIENCE:
        return story, ()
    return replace(story, distrusted=now), (UNTRUSTED,)


def is_downloader(agent: str) -> bool:
    """Return whether a user agent is the system's downloader, which installs apps, and not a browser."""
    return agent.startswith(("com.apple.appstored/", "appstored/", "itunesstored/"))


def device_name(agent: str) -> str:
    """Return the kind of device in a user agent. Safari on an iPad identifies itself as on a Mac."""
    for mark in ("iPhone", "iPad", "iPod", "Android", "Macintosh"):
        if mark in agent:
            return {"Macintosh": "Mac", "iPod": "iPod touch"}.get(mark, mark)
    return "A device"


def covered(spans: Spans) -> int:
    """Return the number of distinct bytes in `spans`."""
    return sum(end - first for first, end in spans)


def merge(spans: Spans, first: int, end: int) -> Spans:
    """Return `spans` with the range [first, end) added; adjacent and overlapping ranges are joined."""
    if end <= first:
        return spans
    apart = [span for span in spans if span[1] < first or end < span[0]]
    touching = [span for span in spans if first <= span[1] and span[0] <= end]
    whole = min([first, *(span[0] for span in touching)]), max([end, *(span[1] for span in touching)])
    return tuple(sorted([*apart, whole]))


def _offer(visit: Visit, offers: tuple[InstallableBuild, ...], story: InstallLog) -> InstallableBuild | None:
    """Return the build that a request belongs to; for a page of several builds, the first."""
    found = [offer for offer in offers if visit.path in {offer.ipa, *offer.manifests, *offer.pages}]
    # A rebuild may have removed an IPA that is being downloaded.
    known = story.journeys.get((visit.client, visit.path))
    return found[0] if found else known.offer if known else None


def _opened(
    before: Install | None, offer: InstallableBuild, device: str, visit: Visit, now: datetime
) -> tuple[Install | None, tuple[str, ...]]:
    """Report a page once per install: it reloads on each change, and is opened again after an install."""
    if visit.method != "GET" or visit.status not in _SUCCESS or (before and before.stage < InstallStep.COMPLETE):
        return None, ()
    journey = Install(offer=offer, device=device, stage=InstallStep.OPENED, at=now, warned=bool(offer.blocked))
    return journey, (f"{device} opened {offer.title}" + (f". {offer.blocked}" if offer.blocked else ""),)


def _by_browser(device: str, visit: Visit) -> tuple[str, ...]:
    if not visit.ended or visit.method != "GET" or visit.status not in _SUCCESS:
        return ()
    name = PurePosixPath(visit.path).name
    return (f"{device} fetched {name} without installing it: to install, tap the button on the page",)


def _manifest(journey: Install) -> tuple[Install, tuple[str, ...]]:
    if journey.stage == InstallStep.MANIFEST:
        return journey, ()
    restarted = replace(journey, stage=InstallStep.MANIFEST, sized=False, spans=(), total=0, ended=True, told=0)
    return restarted, (
        f"{journey.device} fetched the manifest of {journey.offer.title} and now shows the install prompt",
    )


def _ipa(journey: Install, visit: Visit) -> tuple[Install, tuple[str, ...]]:
    if visit.method == "HEAD":
        return replace(journey, sized=True), ()
    if visit.total != journey.total:
        journey = replace(journey, stage=InstallStep.IPA, spans=(), total=visit.total, told=-1)
    elif journey.stage == InstallStep.COMPLETE:
        return journey, ()
    spans = merge(journey.spans, visit.first, visit.first + visit.sent)
    journey = replace(journey, stage=InstallStep.IPA, spans=spans, ended=visit.ended)
    if covered(spans) >= visit.total > 0:
        return replace(journey, stage=InstallStep.COMPLETE), _complete(journey)
    percent = _percent(journey)
    if percent // _STEP <= journey.told // _STEP:
        return journey, ()
    line = f"{journey.device} is downloading {_file(journey.offer)}: {percent} %"
    return replace(journey, told=percent), (line,)


def _complete(journey: Install) -> tuple[str, ...]:
    line = f"{journey.device} finished downloading {_file(journey.offer)}, {size(journey.total)}"
    hint = journey.offer.hint or "check the build’s profile and the device"
    return line, f"  If no app appears on the home screen: {hint}"


def _stuck(journey: Install, now: datetime) -> str:
    """Return why an install has halted; empty if there is nothing to report."""
    quiet, device, title = now - journey.at, journey.device, journey.offer.title
    if journey.warned:
        return ""
    if journey.stage == InstallStep.IPA and journey.ended and quiet >= _SILENCE:
        arrived = f"{_percent(journey)} % ({size(covered(journey.spans))} of {size(journey.total)})"
        return (
            f"{device} stopped downloading {_file(journey.offer)} at {arrived}: "
            "the network failed, or the install was canceled"
        )
    if journey.stage == InstallStep.MANIFEST and quiet >= _PATIENCE:
        why = "the IPA is reachable, so “Install” in the prompt was not tapped"
        why = why if journey.sized else "“Install” in the prompt was not tapped, or the IPA’s address is unreachable"
        return f"{device} fetched the manifest of {title} but not the IPA: {why}"
    if journey.stage == InstallStep.OPENED and quiet >= _PATIENCE and device.startswith(("iPhone", "iPad", "iPod")):
        why = "Install was not tapped, or the certificate is not trusted (Settings › General › About)"
        return f"{device} opened {title} but did not request its manifest: {why}"
    return ""


def _percent(journey: Install) -> int:
    return covered(journey.spans) * 100 // journey.total if journey.total else 0


def _file(offer: InstallableBuild) -> str:
    return PurePosixPath(offer.ipa).name


def _thing(offer: InstallableBuild, visit: Visit) -> str:
    return _file(offer) if visit.path == offer.ipa else f"the manifest of {offer.title}"
