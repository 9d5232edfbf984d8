"""The demo catalog of this repository: three invented apps of an invented company, written into a folder.

Run as `python -m tests.demo content`.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from ota_site.model.records import Record, field
from tests import pictures
from tests.samples import App, Kind, Profile, make_ipa

TEAM = "Ottersund AB"
TEAM_ID = "OTTERSUND1"


class Release(Record, kw_only=True):
    """One build of an app: its IPA and the notes beside it."""

    version: str
    build: str
    built: datetime
    notes: str
    kind: Kind = "ad-hoc"
    expires: datetime = datetime(2035, 6, 30, 12, 0, tzinfo=UTC)
    """Far off: Apple's profiles live a year, but these have to outlive the repository."""
    devices: int = 24
    info: Mapping[str, object] = field(default_factory=dict)
    """Info.plist keys that differ from those of the app's other builds."""
    channel: str = "release"
    stamp: str = ""
    """The table beside the IPA, as a pipeline writes it."""


class Product(Record, kw_only=True):
    """One app of the catalog: what all its builds share, its page, and the builds."""

    name: str
    bundle_id: str
    icon: Callable[[], Image.Image]
    page: str
    german: str
    localised: Mapping[str, str]
    info: Mapping[str, object]
    push: bool
    """Whether its profiles allow push messages."""
    releases: tuple[Release, ...]


def write_demo(folder: Path) -> None:
    """Write the demo catalog into this folder; what stands there under other names stays."""
    _write(folder / "site.toml", SITE)
    _write(folder / "index.md", FRONT_PAGE)
    _write(folder / "index.de.md", GERMAN_FRONT_PAGE)
    for product in (FELLPATH, TALLYBOOK, HALFMOON):
        _write(folder / "apps" / f"{product.bundle_id}.md", product.page)
        _write(folder / "apps" / f"{product.bundle_id}.de.md", product.german)
        for release in product.releases:
            stem = f"{product.name}-{release.version}-{release.build}"
            place = folder / product.name.lower()
            _write(place / f"{stem}.md", f'+++\nchannel = "{release.channel}"\n+++\n\n{release.notes}')
            if release.stamp:
                _write(place / f"{stem}.toml", release.stamp)
            (place / f"{stem}.ipa").write_bytes(make_ipa(_app(product, release)))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _app(product: Product, release: Release) -> App:
    icon = product.icon()
    return App(
        name=product.name,
        bundle_id=product.bundle_id,
        version=release.version,
        build=release.build,
        icon=icon,
        artwork=icon,
        profile=_profile(product, release),
        info={**product.info, **release.info},
        localised=product.localised,
        built=release.built,
    )


def _profile(product: Product, release: Release) -> Profile:
    label = {"ad-hoc": "Ad Hoc", "enterprise": "In-House"}.get(release.kind, "Development")
    stage = "development" if release.kind == "development" else "production"
    return Profile(
        kind=release.kind,
        name=f"{product.name} {label}",
        team=TEAM,
        team_id=TEAM_ID,
        created=datetime(2025, 3, 12, 8, 0, tzinfo=UTC),
        expires=release.expires,
        devices=release.devices,
        entitlements={"aps-environment": stage} if product.push else {},
    )


def _day(month: int, day: int, hour: int = 15, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


SITE = """\
title = "Ottersund"
language = "en"
languages = ["en", "de"]
channels = ["release", "beta"]
contact = "testing@example.com"

# Where the site will stand, once you know it. iPhones only install from an absolute https address:
# base_url = "https://apps.example.com"
#
# Netlify and other hosts that tell a build its address need no setting.
"""

FRONT_PAGE = """\
Test builds of everything we make, fresh from the build machine.
Open this page on your iPhone, choose an app and tap *Install*.
Something wrong? Write to [testing@example.com](mailto:testing@example.com).
"""

GERMAN_FRONT_PAGE = """\
Testversionen von allem, was wir machen, frisch aus der Werkstatt.
Öffne diese Seite auf deinem iPhone, wähle eine App und tippe auf *Installieren*.
Stimmt etwas nicht? Schreib an [testing@example.com](mailto:testing@example.com).
"""

FELLPATH = Product(
    name="Fellpath",
    bundle_id="com.example.fellpath",
    icon=pictures.mountain_icon,
    localised={"en": "Fellpath", "sv": "Fjällstig", "ja": "山の小道"},
    info={
        "CFBundleLocalizations": ["en", "sv", "ja"],
        "ITSAppUsesNonExemptEncryption": False,
        "MinimumOSVersion": "17.0",
        "NSLocationWhenInUseUsageDescription": "Shows where you are on the map and records your walk.",
        "NSPhotoLibraryAddUsageDescription": "Saves the map of a walk as a picture.",
        "UIBackgroundModes": ["location"],
    },
    push=True,
    page="""\
+++
name = "Fellpath"
subtitle = "Walking maps that work without a signal"
order = 1
tags = ["outdoors", "maps"]
links = [
  { title = "How to report a wrong path", url = "https://example.com/fellpath/report" },
  { title = "Privacy", url = "https://example.com/fellpath/privacy" },
]
+++

Fellpath keeps the map of a whole valley on your phone, so that it still knows the way when the
signal is gone.

- **Save an area** once on Wi-Fi; it takes about as much room as ten photos.
- **Follow a walk** with the screen off. The phone buzzes when you leave the path.
- **Know when to turn round.** Sunset, the climb that is left and your own pace make one honest figure.

Your walks stay on your phone. There is no account.
""",
    german="""\
+++
subtitle = "Wanderkarten, die ohne Netz auskommen"
+++

Fellpath behält die Karte eines ganzen Tals auf dem iPhone. So weiß es den Weg auch dann, wenn das Netz weg ist.

- **Ein Gebiet sichern**, einmal im WLAN; es braucht so viel Platz wie zehn Fotos.
- **Eine Wanderung gehen**, mit dunklem Bildschirm. Wer vom Weg abkommt, den stupst das iPhone an.
- **Wissen, wann es Zeit ist umzukehren.** Sonnenuntergang, restlicher Anstieg und das eigene Tempo ergeben eine
ehrliche Zahl.

Deine Wege bleiben auf deinem iPhone. Ein Konto gibt es nicht.
""",
    releases=(
        Release(
            version="2.3.0",
            build="104",
            built=_day(1, 22, 9, 40),
            expires=datetime(2026, 3, 12, 8, 0, tzinfo=UTC),
            devices=21,
            info={"MinimumOSVersion": "16.0"},
            notes="""\
Saved areas are yours to arrange.

- Rename a saved area, or drag it to another place in the list.
- Areas you have not opened for a year are offered for removal. Nothing is removed without asking.
- The compass no longer jumps when the phone is held flat.
""",
        ),
        Release(
            version="2.4.0",
            build="118",
            built=_day(6, 9, 14, 5),
            notes="""\
**Sunset, told plainly.** The bar at the top of a walk now says how much daylight is left when you
get back, at your own pace. It turns amber at one hour.

- Heights along a walk are drawn twice as finely.
- Paths closed by their owners are dotted, with the date until which they are closed.
- Needs iOS 17 from this version on.

*Please try:* start a walk in the late afternoon and see whether the figure seems right to you.
""",
        ),
        Release(
            version="2.4.1",
            build="121",
            built=_day(7, 2, 11, 20),
            notes="""\
A small one, for two things you told us about.

- Recording went on after *Finish* if the phone was locked at that very moment. It stops now.
- Distances in Swedish show a comma, as they should.
""",
        ),
        Release(
            version="2.5.0",
            build="130",
            built=_day(10, 27, 16, 45),
            kind="development",
            channel="beta",
            devices=5,
            stamp="""\
commit = "5f0c7d1e9a3b4c62887f10d2ab94e7c3550e6f18"
branch = "walk-together"
run = "https://ci.example.com/ottersund/fellpath/runs/1308"
repository = "https://git.example.com/ottersund/fellpath"
""",
            info={"NSMotionUsageDescription": "Counts your steps to know your pace."},
            notes="""\
An early look, for the five phones in the office.

- **Walk together:** share where you are with the people you walk with, over Bluetooth, without a
  signal.
- Your pace now comes from your steps, so the first ten minutes count too. The app asks for Motion &
  Fitness once.

Known to be wrong: a friend who turns round is shown facing the old way for about a minute.
""",
        ),
    ),
)

TALLYBOOK = Product(
    name="Tallybook",
    bundle_id="com.example.tallybook",
    icon=pictures.tally_icon,
    localised={"en": "Tallybook", "sv": "Räkneboken"},
    info={
        "CFBundleLocalizations": ["en", "sv"],
        "ITSAppUsesNonExemptEncryption": False,
        "NSCameraUsageDescription": "Reads the bar codes on shelves and boxes.",
    },
    push=False,
    page="""\
+++
name = "Tallybook"
subtitle = "Counting stock, for our own shops"
order = 2
tags = ["staff"]
links = [
  { title = "One-page guide for new colleagues", url = "https://example.com/tallybook/guide" },
]
+++

Count a shelf in the time it takes to walk past it. Point the camera at the label, say or type the
number, move on.

Two people can count one room at once; Tallybook notices what was counted twice. The evening's list
goes to the storeroom by itself as soon as there is Wi-Fi.

For everybody who works at Ottersund, on any iPhone or iPad. After the first install, iOS asks you
to trust us under *Settings › General › VPN & Device Management*.
""",
    german="""\
+++
subtitle = "Bestand zählen, für unsere Läden"
+++

Ein Regal ist gezählt, bis du daran vorbei bist. Kamera aufs Etikett, Zahl sagen oder tippen, weiter.

Zwei können einen Raum zugleich zählen; was doppelt gezählt ist, merkt Tallybook. Abends geht die Liste von selbst ins
Lager, sobald WLAN da ist.

Für alle, die bei Ottersund arbeiten, auf jedem iPhone oder iPad.
""",
    releases=(
        Release(
            version="1.8.0",
            build="61",
            built=_day(5, 4, 8, 15),
            kind="enterprise",
            notes="""\
- **Two people, one room.** Both see what the other has counted, shelf by shelf.
- Labels are read from twice as far away, and in half the light.
- The list can be sorted by shelf, by name, or by what is missing most.
""",
        ),
        Release(
            version="1.8.1",
            build="63",
            built=_day(5, 19, 17, 30),
            kind="enterprise",
            notes="""\
- A count that was sent while the phone went to sleep could arrive twice. It arrives once.
- *Undo* reaches back ten steps instead of one.
""",
        ),
        Release(
            version="1.9.0",
            build="70",
            built=_day(9, 14, 7, 50),
            kind="enterprise",
            info={"NSSpeechRecognitionUsageDescription": "Writes down the numbers you say."},
            notes="""\
**Say the number.** Hold the button, say "forty-two", and go on to the next shelf. It works in
English and Swedish, and nothing you say leaves the phone.

- Boxes within boxes: count twelve crates of twenty-four in one go.
- Larger figures on iPads.

*Please try:* speaking in a noisy storeroom. Tell us which numbers it mishears.
""",
        ),
    ),
)

HALFMOON = Product(
    name="Halfmoon",
    bundle_id="com.example.halfmoon",
    icon=pictures.moon_icon,
    localised={"en": "Halfmoon", "de": "Halbmond", "ja": "半月"},
    info={
        "CFBundleLocalizations": ["en", "de", "ja"],
        "ITSAppUsesNonExemptEncryption": False,
        "MinimumOSVersion": "18.0",
        "NSMicrophoneUsageDescription": "Listens for when you stir, to wake you at a light moment.",
        "UIBackgroundModes": ["audio"],
        "UIDeviceFamily": [1],
    },
    push=False,
    page="""\
+++
name = "Halfmoon"
subtitle = "An alarm clock that lets you sleep"
order = 3
tags = ["health"]
links = [
  { title = "What we measure, and what we do not", url = "https://example.com/halfmoon/measure" },
]
+++

Tell Halfmoon when you have to be up. It listens for the moment you sleep lightly in the half hour
before, and wakes you then, softly.

No score, no graph, no badge. In the morning it asks one question: *how was it?* After two weeks it
tells you what your good nights had in common.
""",
    german="""\
+++
name = "Halbmond"
subtitle = "Ein Wecker, der dich schlafen lässt"
+++

Sag Halbmond, wann du spätestens auf sein musst. Es wartet in der halben Stunde davor auf den Moment, in dem du leicht
schläfst, und weckt dich dann, sacht.

Keine Punkte, keine Kurve, kein Abzeichen. Am Morgen kommt eine Frage: *Wie war es?*
""",
    releases=(
        Release(
            version="0.9.0",
            build="27",
            built=_day(8, 18, 10, 10),
            kind="development",
            channel="beta",
            devices=6,
            notes="""\
The first build for people outside the team. Thank you for lending us your nights.

- Wakes you within the half hour before your time, never after it.
- Three sounds: *Birch*, *Harbour* and *Kettle*.

Not there yet: snooze, iPad, and more than one alarm.
""",
        ),
        Release(
            version="1.0.0",
            build="31",
            built=_day(11, 3, 12, 30),
            devices=18,
            notes="""\
**Ready for everybody on the list.**

- Snooze: turn the phone on its face. Nine minutes, twice at most.
- As many alarms as you like, each with its own sound.
- Uses a third less battery over a night: about 4 % on an iPhone 15.
- In German and Japanese.

*Please try:* a night with Sleep Focus on, and one without.
""",
        ),
    ),
)

if __name__ == "__main__":
    write_demo(Path(sys.argv[1]))
