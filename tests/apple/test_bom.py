"""The BOM store: trees of every shape read back whole, loops and lies refused."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.apple.assets.bom import BomError, open_store
from tests.catalogs import make_bom

ENTRIES = st.dictionaries(st.binary(min_size=1, max_size=9), st.binary(min_size=1, max_size=9), max_size=60)


def entries(data: bytes, name: str = "T") -> list[tuple[bytes, bytes]]:
    store = open_store(data)
    return [(bytes(store.block(key)), bytes(store.block(value))) for key, value in store.tree(name)]


@given(tree=ENTRIES, fanout=st.integers(1, 7), chained=st.booleans())
def test_a_tree_comes_back_whole_and_in_order(tree: dict[bytes, bytes], fanout: int, *, chained: bool) -> None:
    assert entries(make_bom({"T": tree}, fanout=fanout, chained=chained)) == sorted(tree.items())


def test_variables_are_named() -> None:
    store = open_store(make_bom({"ONE": b"first", "TWO": b"second"}))
    assert {name: bytes(store.block(number)) for name, number in store.names.items()} == {
        "ONE": b"first",
        "TWO": b"second",
    }
    assert entries(make_bom({"ONE": b"first"})) == []


@pytest.mark.parametrize("size", range(0, 700, 7))
def test_a_store_cut_short_is_refused(size: int) -> None:
    whole = make_bom({"T": {b"a": b"1", b"b": b"2", b"c": b"3"}}, fanout=2)
    with pytest.raises(BomError):
        entries(whole[:size])


def test_other_bytes_are_refused() -> None:
    with pytest.raises(BomError, match="header of a BOM store"):
        open_store(b"PK\x03\x04" + bytes(600))
    with pytest.raises(BomError, match="its tree is not"):
        entries(make_bom({"T": b"no tree" * 9}))


def node(*pairs: tuple[int, int], leaf: bool, forward: int = 0) -> bytes:
    return struct.pack(">2H2I", leaf, len(pairs), forward, 0) + b"".join(struct.pack(">2I", *pair) for pair in pairs)


def by_hand(*blocks: bytes) -> bytes:
    """Make a store of blocks 1, 2, …, the first one a tree's head named T."""
    return make_bom({"T" if number == 0 else f"block{number}": block for number, block in enumerate(blocks)})


HEAD = struct.pack(">4s4IB", b"tree", 1, 2, 4096, 0, 0)


def test_loops_end() -> None:
    assert entries(by_hand(HEAD, node((1, 2), leaf=True, forward=2))) == [(node((1, 2), leaf=True, forward=2), HEAD)]
    assert entries(by_hand(HEAD, node((2, 1), (3, 1), leaf=False), node((2, 1), leaf=False))) == []


def test_more_than_a_tree_may_hold_is_refused() -> None:
    full = node(*[(1, 1)] * 65_535, leaf=True)
    with pytest.raises(BomError, match="too large"):
        entries(by_hand(HEAD, node((3, 1), (4, 1), leaf=False), full, full))


def test_a_node_that_says_more_than_it_has_is_refused() -> None:
    with pytest.raises(BomError, match="damaged"):
        entries(by_hand(HEAD, node((1, 1), leaf=True)[:-1]))


def test_a_block_that_is_not_there_is_refused() -> None:
    with pytest.raises(BomError, match="no block"):
        entries(by_hand(HEAD, node((9, 9), leaf=True)))
