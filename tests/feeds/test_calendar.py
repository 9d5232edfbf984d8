"""The calendar of expiry, as icalendar reads it, and by the rules of RFC 5545."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar import Calendar

from ota_site.model.records import replace
from ota_site.model.texts import BuildText
from tests.builds import BARE, BUILD, CERTIFICATE, SEAL, SITE, other
from tests.feeds.made import HOSTILE, hostile, made, many, said

BASE = "https://apps.example.com/demo/"


def read(text: str) -> Any:  # noqa: ANN401 - a value's class depends on its property
    """Return the one calendar in a text, after checking its lines by the RFC."""
    assert text.endswith("\r\n")
    for line in text.removesuffix("\r\n").split("\r\n"):
        assert len(line.encode()) <= 75
        assert not re.search("[\x00-\x08\x0a-\x1f\x7f]", line)
        assert re.match(r"[A-Z-]+[:;]| ", line), line
    calendar: Any = Calendar.from_ical(text)
    assert (calendar["VERSION"], bool(calendar["PRODID"])) == ("2.0", True)
    assert calendar.subcomponents
    assert not calendar.errors
    for event in calendar.events:
        assert not event.errors
        assert isinstance(event["DTSTAMP"].dt, datetime)
    uids = [event["UID"] for event in calendar.events]
    assert len(set(uids)) == len(uids)
    return calendar


def named(calendar: Any) -> dict[str, Any]:  # noqa: ANN401 - the same
    """Return the events by their summary."""
    return {str(event["SUMMARY"]): event for event in calendar.events}


def test_each_end_is_a_day_with_an_alarm_two_weeks_before() -> None:
    events = named(read(made(BUILD)["expiry.ics"]))
    assert {name: event["DTSTART"].dt for name, event in events.items()} == {
        "The profile of Sample 1.2.3 (45) expires": date(2027, 1, 17),
        "The certificate of Sample 1.2.3 (45) expires": date(2027, 5, 2),
    }
    event = events["The profile of Sample 1.2.3 (45) expires"]
    assert event["UID"] == f"profile-{BUILD.sha256[:32]}@apps.example.com"
    assert event["DTSTAMP"].dt == datetime(2026, 6, 28, 12, tzinfo=UTC)
    assert event["URL"] == f"{BASE}apps/com.example.sample/1.2.3-45/"
    (alarm,) = event.subcomponents
    assert (alarm.name, alarm["ACTION"], alarm["TRIGGER"].dt) == ("VALARM", "DISPLAY", timedelta(days=-14))


def test_only_the_newest_builds_of_an_app_and_of_its_channels_matter() -> None:
    builds = many(4)
    texts = said(*(BuildText(channel=name) for name in ("stable", "stable", "beta", "beta")))
    events = named(read(made(*builds, texts=texts)["expiry.ics"]))
    assert len(events) == 4
    assert {name.split()[-2] for name in events} == {"(1)", "(3)"}


def test_an_event_keeps_its_uid_while_its_build_is_the_newest() -> None:
    first, again = (read(made(BUILD, site=site)["expiry.ics"]) for site in (SITE, replace(SITE, title="New name")))
    assert [event["UID"] for event in first.events] == [event["UID"] for event in again.events]


def test_where_nothing_expires_the_calendar_is_still_one() -> None:
    assert read(made(BARE)["expiry.ics"]).events == []
    assert read(made()["expiry.ics"]).events == []


def test_without_an_address_events_have_none() -> None:
    for event in read(made(BUILD, site=replace(SITE, base_url=None))["expiry.ics"]).events:
        assert "URL" not in event
        assert event["UID"].endswith("@ota-site")


def test_a_day_in_the_first_year_is_written_in_full() -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    seal = replace(SEAL, certificate=replace(CERTIFICATE, expires=datetime(9999, 12, 31, 23, 59, tzinfo=UTC)))
    assert BUILD.executable
    build = other(
        BUILD,
        signing=replace(BUILD.signing, expires=first),
        executable=replace(BUILD.executable, seal=seal),
    )
    days = [event["DTSTART"].dt for event in read(made(build)["expiry.ics"]).events]
    assert days == [date(1, 1, 1), date(9999, 12, 31)]


def test_hostile_words_add_no_line() -> None:
    builds, texts, site = hostile()
    calendar = read(made(*builds, texts=texts, site=site)["expiry.ics"])
    assert not any("ATTENDEE" in event for event in calendar.events)
    shown = HOSTILE.replace("\0", " ").replace("\x0b", " ").replace("\r\n", "\n")
    assert "\r\nATTENDEE" not in calendar.to_ical().decode()
    assert f"The profile of {shown} 1.2.3 (45) expires" in named(calendar)


def test_long_lines_break_between_characters() -> None:
    title = "日本語" * 60 + "\U0001f600" * 30
    calendar = read(made(BUILD, site=replace(SITE, title=title))["expiry.ics"])
    assert calendar["NAME"] == f"Expiry: {title}"
