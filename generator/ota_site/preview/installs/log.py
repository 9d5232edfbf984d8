"""Who fetched what, told as an install proceeds, so that one that fails is diagnosed by where it stopped. Pure.

The system's downloader calls itself `com.apple.appstored/1.0 iOS/17.5 model/iPhone14,2 …`, on older systems
`itunesstored/1.0 …` (seen in servers' logs). It fetches the manifest, asks for the IPA's size by HEAD, and then fetches
the IPA, whole or in ranges. Nothing here is stored: clients are known by their address, and only while they install.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import PurePosixPath

from ota_site.model.format import size
from ota_site.model.records import Record, field, replace

UNTRUSTED = (
    "A device does not trust this certificate: on the iPhone, install the profile of the welcome page and switch it on "
    "in Settings › General › About › Certificate Trust Settings"
)
"""What a refused TLS handshake means."""

Spans = tuple[tuple[int, int], ...]
"""Bytes that arrived: ranges [first, end), in order, none touching another."""

_PATIENCE = timedelta(seconds=60)  # to read a page, or a prompt
_SILENCE = timedelta(seconds=10)  # within which a download that was cut goes on, if it does
_FORGOTTEN = timedelta(hours=1)
_STEP = 20  # per cent
_SUCCESS = {200, 206, 304}


class Visit(Record, kw_only=True):
    """One request, as far as it has been answered."""

    client: str
    """The address it comes from."""
    method: str
    path: str
    """Decoded, from the server's root, without the query: `/apps/fellpath/`."""
    agent: str
    """The header User-Agent; empty where there is none."""
    status: int
    first: int = 0
    """The byte that the answer begins with."""
    total: int = 0
    """Bytes of the whole file."""
    sent: int = 0
    """Bytes of the answer sent so far."""
    ended: bool
    """Whether the answer is over: sent whole, or cut."""


class InstallableBuild(Record, kw_only=True):
    """A build that the site offers; its paths are written as those of a Visit."""

    title: str
    pages: frozenset[str]
    """The pages whose button installs it."""
    manifests: frozenset[str]
    ipa: str
    hint: str = ""
    """What to look at where everything was fetched and no app appears: a sentence that fits its kind of signing."""
    blocked: str = ""
    """Why its pages have no button, where it cannot be installed."""


class InstallStep(IntEnum):
    """How far an install has come."""

    OPENED = 1
    MANIFEST = 2
    IPA = 3
    COMPLETE = 4


class Install(Record, kw_only=True):
    """How far one device has come with one build."""

    offer: InstallableBuild
    device: str
    stage: InstallStep
    at: datetime
    """When it was last heard of."""
    sized: bool = False
    """Whether the IPA's size was asked for."""
    spans: Spans = ()
    total: int = 0
    ended: bool = True
    """Whether the last answer is over."""
    told: int = 0
    """The per cent that were last told."""
    warned: bool = False
    """Whether it was said that it came no further."""


class InstallLog(Record):
    """The journeys under way, by client and path of the IPA, and when distrust was last told."""

    journeys: dict[tuple[str, str], Install] = field(default_factory=dict)
    distrusted: datetime | None = None


def tell(
    story: InstallLog, visit: Visit, now: datetime, offers: tuple[InstallableBuild, ...]
) -> tuple[InstallLog, tuple[str, ...]]:
    """Return what is known after a visit, and the lines to be shown."""
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
        return story, (f"{device} asked for {_thing(offer, visit)} and was answered {visit.status}",)
    else:
        journey = before or Install(offer=offer, device=device, stage=InstallStep.OPENED, at=now)
        journey = replace(journey, offer=offer, device=device, at=now, warned=False)
        after, lines = _manifest(journey) if visit.path in offer.manifests else _ipa(journey, visit)
    journeys = story.journeys if after is None else story.journeys | {key: after}
    return replace(story, journeys=journeys), lines


def remind(story: InstallLog, now: datetime) -> tuple[InstallLog, tuple[str, ...]]:
    """Return the story without what is long over, and a line for each install that came no further; ask often."""
    recent = {key: journey for key, journey in story.journeys.items() if now - journey.at < _FORGOTTEN}
    stuck = {key: line for key, journey in recent.items() if (line := _stuck(journey, now))}
    warned = {key: replace(recent[key], warned=True) for key in stuck}
    return replace(story, journeys=recent | warned), tuple(stuck.values())


def tell_distrust(story: InstallLog, now: datetime) -> tuple[InstallLog, tuple[str, ...]]:
    """Return what is known after a device refused the certificate, and the line; devices try it time and again."""
    if story.distrusted and now - story.distrusted < _PATIENCE:
        return story, ()
    return replace(story, distrusted=now), (UNTRUSTED,)


def is_downloader(agent: str) -> bool:
    """Say whether a user agent is the system's, which installs apps, and no browser's."""
    return agent.startswith(("com.apple.appstored/", "appstored/", "itunesstored/"))


def device_name(agent: str) -> str:
    """Return what a user agent says of its device, in a word; Safari on an iPad calls itself a Mac's."""
    for mark in ("iPhone", "iPad", "iPod", "Android", "Macintosh"):
        if mark in agent:
            return {"Macintosh": "Mac", "iPod": "iPod touch"}.get(mark, mark)
    return "A device"


def covered(spans: Spans) -> int:
    """Return the number of distinct bytes in `spans`."""
    return sum(end - first for first, end in spans)


def merge(spans: Spans, first: int, end: int) -> Spans:
    """Return `spans` with the bytes from `first` to before `end`; what touches becomes one."""
    if end <= first:
        return spans
    apart = [span for span in spans if span[1] < first or end < span[0]]
    touching = [span for span in spans if first <= span[1] and span[0] <= end]
    whole = min([first, *(span[0] for span in touching)]), max([end, *(span[1] for span in touching)])
    return tuple(sorted([*apart, whole]))


def _offer(visit: Visit, offers: tuple[InstallableBuild, ...], story: InstallLog) -> InstallableBuild | None:
    """Return the build that a visit is about; a page that offers several is about the first."""
    found = [offer for offer in offers if visit.path in {offer.ipa, *offer.manifests, *offer.pages}]
    # An IPA under way may have left the site by a rebuild.
    known = story.journeys.get((visit.client, visit.path))
    return found[0] if found else known.offer if known else None


def _opened(
    before: Install | None, offer: InstallableBuild, device: str, visit: Visit, now: datetime
) -> tuple[Install | None, tuple[str, ...]]:
    """Tell of a page once: it reloads by itself at each change, and is opened again after an install."""
    if visit.method != "GET" or visit.status not in _SUCCESS or (before and before.stage < InstallStep.COMPLETE):
        return None, ()
    journey = Install(offer=offer, device=device, stage=InstallStep.OPENED, at=now, warned=bool(offer.blocked))
    return journey, (f"{device} opened {offer.title}" + (f". {offer.blocked}" if offer.blocked else ""),)


def _by_browser(device: str, visit: Visit) -> tuple[str, ...]:
    if not visit.ended or visit.method != "GET" or visit.status not in _SUCCESS:
        return ()
    name = PurePosixPath(visit.path).name
    return (f"{device} fetched {name}, but not as iOS does when it installs: the button on the page does that",)


def _manifest(journey: Install) -> tuple[Install, tuple[str, ...]]:
    if journey.stage == InstallStep.MANIFEST:
        return journey, ()
    anew = replace(journey, stage=InstallStep.MANIFEST, sized=False, spans=(), total=0, ended=True, told=0)
    return anew, (f"{journey.device} fetched the manifest of {journey.offer.title} and now asks whether to install",)


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
    line = f"{journey.device} has all of {_file(journey.offer)}, {size(journey.total)}"
    hint = journey.offer.hint or "look at the build's profile and at the device"
    return line, f"  If no app appears on the home screen: {hint}"


def _stuck(journey: Install, now: datetime) -> str:
    """Return why a journey came no further; empty while there is nothing to say."""
    quiet, device, title = now - journey.at, journey.device, journey.offer.title
    if journey.warned:
        return ""
    if journey.stage == InstallStep.IPA and journey.ended and quiet >= _SILENCE:
        arrived = f"{_percent(journey)} % ({size(covered(journey.spans))} of {size(journey.total)})"
        return (
            f"{device} stopped downloading {_file(journey.offer)} at {arrived}: the network, or the install was ended"
        )
    if journey.stage == InstallStep.MANIFEST and quiet >= _PATIENCE:
        why = "it can reach the IPA, so “Install” in its prompt was not tapped"
        why = why if journey.sized else "“Install” in its prompt was not tapped, or the IPA’s address cannot be reached"
        return f"{device} fetched the manifest of {title} but not the IPA: {why}"
    if journey.stage == InstallStep.OPENED and quiet >= _PATIENCE and device.startswith(("iPhone", "iPad", "iPod")):
        why = "Install was not tapped, or the certificate is not trusted (Settings › General › About)"
        return f"{device} opened {title} but did not ask for its manifest: {why}"
    return ""


def _percent(journey: Install) -> int:
    return covered(journey.spans) * 100 // journey.total if journey.total else 0


def _file(offer: InstallableBuild) -> str:
    return PurePosixPath(offer.ipa).name


def _thing(offer: InstallableBuild, visit: Visit) -> str:
    return _file(offer) if visit.path == offer.ipa else f"the manifest of {offer.title}"
