"""Records as JSON and back, and tables of settings with every mistake told."""

from __future__ import annotations

from datetime import UTC, date
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.model.build import Build, Icon, Signing
from ota_site.model.errors import RecordError
from ota_site.model.records import Record, field, from_json, from_table, to_json, to_table

# JSON's whole numbers have 64 bits; those in an IPA are checked before they are in a record.
_NUMBER = st.integers(-(2**63), 2**63 - 1)
_HASH = st.binary(min_size=32, max_size=32).map(bytes.hex)
_MOMENT = st.none() | st.datetimes(timezones=st.just(UTC))
_BUILDS = st.builds(
    Build,
    size=_NUMBER,
    sha256=_HASH,
    chunks=st.lists(_HASH).map(tuple),
    families=st.lists(_NUMBER).map(tuple),
    built=_MOMENT,
    signing=st.builds(Signing, expires=_MOMENT, devices=st.none() | _NUMBER),
    icon=st.none() | st.builds(Icon, width=_NUMBER, height=_NUMBER, sha256=_HASH),
)


@given(_BUILDS)
def test_a_build_is_the_same_after_a_journey_through_json(build: Build) -> None:
    data = to_json(build)
    assert from_json(data, Build) == build
    assert to_json(from_json(data, Build)) == data


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b'{"size": "large"}', b"\xff", b'{"size": 1e999}'])
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(RecordError):
        from_json(data, Build)


class _Tag(Record, kw_only=True):
    word: str


class _Sheet(Record, kw_only=True):
    title: str = "none"
    count: int = 1
    shown: bool = False
    words: tuple[str, ...] = ()
    tags: tuple[_Tag, ...] = ()
    by: str | None = None
    place: dict[str, str] = field(default_factory=dict)


def test_a_table_becomes_the_record_that_it_describes() -> None:
    sheet, mistakes = from_table({"title": "A", "words": ["b"], "tags": [{"word": "c"}], "by": "d"}, _Sheet, where="x")
    assert sheet == _Sheet(title="A", words=("b",), tags=(_Tag(word="c"),), by="d")
    assert mistakes == ()


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        ({"titel": "A"}, "unknown key `titel`", "did you mean `title`?"),
        ({"Count": 1}, "unknown key `Count`", "did you mean `count`?"),
        ({"zzz": 1}, "unknown key `zzz`", "known keys are by, count, place, shown, tags, title, words"),
        ({"title": 1}, "`title` should be text, not a whole number", ""),
        ({"by": 1}, "`by` should be text, not a whole number", ""),
        ({"count": "1"}, "`count` should be a whole number, not text", ""),
        ({"count": 1.5}, "`count` should be a whole number, not a fraction", ""),
        ({"title": date(2027, 1, 1)}, "`title` should be text, not a date", ""),
        ({"count": True}, "`count` should be a whole number, not true or false", ""),
        ({"shown": "yes"}, "`shown` should be true or false, not text", ""),
        ({"words": "one"}, "`words` should be a list, not text", ""),
        ({"words": [1]}, "`words` entry 1 should be text, not a whole number", ""),
        ({"words": ["one", 2]}, "`words` entry 2 should be text, not a whole number", ""),
        ({"tags": [{}]}, "`tags` entry 1 lacks `word`", ""),
        (
            {"tags": [{"word": "a"}, {"word": "b", "wrod": "c"}]},
            "`tags` entry 2 has an unknown key `wrod`",
            "did you mean `word`?",
        ),
    ],
)
def test_a_mistake_is_told_in_the_words_of_a_person(table: dict[str, object], message: str, hint: str) -> None:
    _, (mistake,) = from_table(table, _Sheet, where="the file")
    assert (mistake.message, mistake.where, mistake.hint) == (message, "the file", hint)


def test_all_mistakes_are_told_at_once_and_the_rest_of_the_table_holds() -> None:
    table = {"titel": "A", "count": "many", "by": "me"}
    sheet, mistakes = from_table(table, _Sheet, where="the file")
    assert sheet == _Sheet(by="me")
    assert [each.message for each in mistakes] == ["unknown key `titel`", "`count` should be a whole number, not text"]


def test_a_path_is_written_as_text() -> None:
    assert to_json({"at": PurePosixPath("a/b")}) == b'{"at":"a/b"}'
    assert to_json({"at": PurePosixPath("\udcff/b")}) == b'{"at":"?/b"}'
    assert to_table(_Tag(word="a")) == {"word": "a"}
