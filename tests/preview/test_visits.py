"""An install told as it proceeds: the requests of an iPhone in, lines for the terminal out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ota_site.model.records import replace
from ota_site.preview.installs.log import (
    UNTRUSTED,
    InstallableBuild,
    InstallLog,
    Visit,
    covered,
    device_name,
    is_downloader,
    merge,
    remind,
    tell,
    tell_distrust,
)
from tests.agents import ANDROID, INSIDE, IPHONE, MAC

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
INSTALLER = "com.apple.appstored/1.0 iOS/17.5 model/iPhone14,2 hwp/t8110 build/21F79 (6; dt:254) AMS/1"
OLD_INSTALLER = "itunesstored/1.0 iOS/8.2 model/iPhone4,1 build/12D508 (6; dt:73)"
PAGE, MANIFEST, IPA = "/apps/fellpath/", "/apps/fellpath/manifest.plist", "/ipa/Fellpath-2.5.0.ipa"
OFFER = InstallableBuild(
    title="Fellpath 2.5.0",
    pages=frozenset({PAGE}),
    manifests=frozenset({MANIFEST}),
    ipa=IPA,
    hint="is the device one of the 12 in the profile?",
)
PHONE = "iPhone at 192.168.1.20"


def page(agent: str = IPHONE, client: str = "192.168.1.20") -> Visit:
    return Visit(client=client, method="GET", path=PAGE, agent=agent, status=200, ended=True)


def manifest(status: int = 200, client: str = "192.168.1.20") -> Visit:
    return Visit(client=client, method="GET", path=MANIFEST, agent=INSTALLER, status=status, ended=True)


def head() -> Visit:
    return Visit(client="192.168.1.20", method="HEAD", path=IPA, agent=INSTALLER, status=200, total=1000, ended=True)


def ipa(sent: int, *, first: int = 0, last: int = 999, ended: bool = False, client: str = "192.168.1.20") -> Visit:
    return Visit(
        client=client,
        method="GET",
        path=IPA,
        agent=INSTALLER,
        status=200 if (first, last) == (0, 999) else 206,
        first=first,
        total=1000,
        sent=sent,
        ended=ended,
    )


def told(*visits: Visit | timedelta) -> list[str]:
    """Return the lines for visits a second apart; a timedelta is a pause, at whose end the story is asked."""
    story, now = InstallLog(), NOON
    lines: list[str] = []
    for visit in visits:
        if isinstance(visit, timedelta):
            now += visit
            story, more = remind(story, now)
        else:
            now += timedelta(seconds=1)
            story, more = tell(story, visit, now, (OFFER,))
        lines += more
    return lines


MINUTE = timedelta(minutes=1)


def test_an_install_is_told_from_the_page_to_the_home_screen() -> None:
    half = [ipa(sent) for sent in (0, 100, 250, 300, 450)]
    assert told(page(), manifest(), head(), *half, ipa(1000), ipa(1000, ended=True), 2 * MINUTE) == [
        f"{PHONE} opened Fellpath 2.5.0",
        f"{PHONE} fetched the manifest of Fellpath 2.5.0 and now shows the install prompt",
        f"{PHONE} is downloading Fellpath-2.5.0.ipa: 0 %",
        f"{PHONE} is downloading Fellpath-2.5.0.ipa: 25 %",
        f"{PHONE} is downloading Fellpath-2.5.0.ipa: 45 %",
        f"{PHONE} finished downloading Fellpath-2.5.0.ipa, 1 KB",
        "  If no app appears on the home screen: is the device one of the 12 in the profile?",
    ]


def test_a_page_without_a_button_says_why_and_waits_for_nothing() -> None:
    why = "Cannot be installed: its profile expired on 1 March 2026"
    story, lines = tell(InstallLog(), page(), NOON, (replace(OFFER, blocked=why),))
    assert lines == (f"{PHONE} opened Fellpath 2.5.0. {why}",)
    assert remind(story, NOON + 2 * MINUTE)[1] == ()


def test_ranges_that_overlap_count_each_byte_once() -> None:
    ranges = [ipa(600, last=599, ended=True), ipa(300, first=300, last=599, ended=True)]
    assert told(manifest(), *ranges)[1:] == [f"{PHONE} is downloading Fellpath-2.5.0.ipa: 60 %"]
    assert told(manifest(), *ranges, ipa(400, first=600, ended=True))[2] == (
        f"{PHONE} finished downloading Fellpath-2.5.0.ipa, 1 KB"
    )


def test_a_page_that_leads_no_further_points_at_the_certificate() -> None:
    (why,) = told(page(), MINUTE, MINUTE)[1:]
    assert why == (
        f"{PHONE} opened Fellpath 2.5.0 but did not request its manifest: Install was not tapped, "
        "or the certificate is not trusted (Settings › General › About)"
    )
    assert told(page(), timedelta(seconds=59)) == told(page())


def test_of_a_computer_no_install_is_expected() -> None:
    assert told(page(MAC), 5 * MINUTE) == ["Mac at 192.168.1.20 opened Fellpath 2.5.0"]


def test_a_prompt_that_was_declined_is_told_from_an_address_out_of_reach() -> None:
    (declined,) = told(manifest(), head(), MINUTE, MINUTE)[1:]
    assert declined == (
        f"{PHONE} fetched the manifest of Fellpath 2.5.0 but not the IPA: the IPA is reachable, "
        "so “Install” in the prompt was not tapped"
    )
    unknown = told(manifest(), MINUTE)
    assert unknown[1].endswith("“Install” in the prompt was not tapped, or the IPA’s address is unreachable")


def test_a_download_that_was_cut_says_how_much_arrived() -> None:
    assert told(manifest(), ipa(421, ended=True), timedelta(seconds=10))[-1] == (
        f"{PHONE} stopped downloading Fellpath-2.5.0.ipa at 42 % (421 bytes of 1 KB): "
        "the network failed, or the install was canceled"
    )


def test_a_download_that_goes_on_is_not_called_cut() -> None:
    under_way = told(manifest(), ipa(421), 5 * MINUTE)
    assert not any("stopped" in line for line in under_way)
    resumed = told(
        manifest(), ipa(421, ended=True), timedelta(seconds=5), ipa(579, first=421, ended=True), timedelta(minutes=5)
    )
    assert not any("stopped" in line for line in resumed)
    assert f"{PHONE} finished downloading Fellpath-2.5.0.ipa, 1 KB" in resumed


def test_another_attempt_is_told_from_the_start() -> None:
    again = told(manifest(), ipa(1000, ended=True), manifest(), ipa(1000, ended=True))
    assert again[:3] == again[3:]


def test_a_build_that_changed_under_the_download_starts_anew() -> None:
    larger = replace(ipa(600, ended=True), total=2000)
    assert told(manifest(), ipa(900), larger)[-1] == f"{PHONE} is downloading Fellpath-2.5.0.ipa: 30 %"


def test_a_page_that_reloads_is_told_once() -> None:
    assert told(page(), page(), page()) == [f"{PHONE} opened Fellpath 2.5.0"]
    assert told(manifest(), manifest()) == told(manifest())


def test_devices_are_kept_apart() -> None:
    other = "192.168.1.21"
    lines = told(manifest(), manifest(client=other), ipa(1000, client=other, ended=True), MINUTE)
    assert [line for line in lines if "finished downloading" in line] == [
        "iPhone at 192.168.1.21 finished downloading Fellpath-2.5.0.ipa, 1 KB"
    ]
    assert lines[-1].startswith(f"{PHONE} fetched the manifest of Fellpath 2.5.0 but not the IPA")


def test_a_refusal_is_told_with_its_status() -> None:
    assert told(manifest(404)) == [f"{PHONE} requested the manifest of Fellpath 2.5.0 and got 404"]
    assert told(replace(ipa(0, ended=True), status=503)) == [f"{PHONE} requested Fellpath-2.5.0.ipa and got 503"]


def test_what_a_browser_fetches_is_no_install() -> None:
    lines = told(replace(manifest(), agent=IPHONE), replace(ipa(1000, ended=True), agent=IPHONE), MINUTE)
    assert lines == [
        f"{PHONE} fetched manifest.plist without installing it: to install, tap the button on the page",
        f"{PHONE} fetched Fellpath-2.5.0.ipa without installing it: to install, tap the button on the page",
    ]


def test_what_is_no_part_of_an_install_is_not_told() -> None:
    assert told(replace(page(), path="/style.css"), replace(page(), method="HEAD"), replace(page(), status=404)) == []


def test_a_download_outlives_its_offer() -> None:
    story, _ = tell(InstallLog(), manifest(), NOON, (OFFER,))
    story, _ = tell(story, ipa(100), NOON, (OFFER,))
    _, lines = tell(story, ipa(1000), NOON, ())
    assert lines[0] == f"{PHONE} finished downloading Fellpath-2.5.0.ipa, 1 KB"


def test_an_hour_later_all_is_forgotten() -> None:
    story, _ = tell(InstallLog(), page(), NOON, (OFFER,))
    story, _ = remind(story, NOON + timedelta(minutes=59))
    assert story.journeys
    story, _ = remind(story, NOON + timedelta(minutes=60))
    assert not story.journeys


def test_distrust_is_told_once_a_minute() -> None:
    story, lines = tell_distrust(InstallLog(), NOON)
    assert lines == (UNTRUSTED,)
    story, lines = tell_distrust(story, NOON + timedelta(seconds=59))
    assert lines == ()
    assert tell_distrust(story, NOON + MINUTE)[1] == (UNTRUSTED,)


def test_the_installer_is_told_from_every_browser() -> None:
    assert is_downloader(INSTALLER)
    assert is_downloader(OLD_INSTALLER)
    assert not any(map(is_downloader, (IPHONE, MAC, ANDROID, "", "curl/8.5.0", *INSIDE.values())))


def test_devices_by_their_user_agent() -> None:
    names = [device_name(agent) for agent in (INSTALLER, OLD_INSTALLER, IPHONE, MAC, ANDROID, "curl/8.5.0")]
    assert names == ["iPhone", "iPhone", "iPhone", "Mac", "Android", "A device"]
    assert device_name(INSTALLER.replace("iPhone14,2", "iPad13,1")) == "iPad"


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))))
def test_spans_hold_each_byte_once(ranges: list[tuple[int, int]]) -> None:
    spans: tuple[tuple[int, int], ...] = ()
    for first, end in ranges:
        spans = merge(spans, first, end)
    each = {byte for first, end in ranges for byte in range(first, end)}
    assert {byte for first, end in spans for byte in range(first, end)} == each
    assert covered(spans) == len(each)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
