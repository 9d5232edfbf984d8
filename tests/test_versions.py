"""Versions are ordered as people read them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.model.versions import version_key


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.9", "1.10"),
        ("1.2.3", "1.2.4"),
        ("7.6.0.9", "7.6.0.49"),
        ("201811191621", "201812010000"),
        ("2.0-beta", "2.0"),
        ("2.0-beta2", "2.0-beta10"),
        ("1.0", "1.0.1"),
        (None, "0.0.1"),
        (None, ""),
    ],
)
def test_the_older_comes_first(older: str | None, newer: str) -> None:
    assert version_key(older) < version_key(newer)


def test_trailing_zeros_mean_nothing() -> None:
    assert version_key("1.0") == version_key("1") == version_key("1.0.0")


@given(st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=6))
def test_any_texts_have_an_order(texts: list[str | None]) -> None:
    keys = sorted(version_key(text) for text in texts)
    assert all(first <= second for first, second in pairwise(keys))


def test_a_hostile_number_costs_nothing() -> None:
    assert version_key("9" * 1_000_000) > version_key("1")
