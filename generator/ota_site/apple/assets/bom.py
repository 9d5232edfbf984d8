"""Read BOM stores, the container of asset catalogs: numbered blocks, named blocks, and trees of blocks.

All numbers are big-endian. Nothing is copied: a block is a view into the file.
Format: facebookarchive/xcbuild, libbom; blacktop/ipsw, pkg/bom.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any

from ota_site.model.records import Record

_HEADER = struct.Struct(">8s6I")
_COUNT = struct.Struct(">I")
_POINTER = struct.Struct(">2I")
_VARIABLE = struct.Struct(">IB")
_TREE = struct.Struct(">4s4IB")
_NODE = struct.Struct(">2H2I")
_PAIR = struct.Struct(">2I")

_VARIABLES = 1000
_NODES = 65_536
_ENTRIES = 65_536


class BomError(ValueError):
    """The bytes are not a BOM store, or one that is damaged or larger than any that Apple's tools write."""


class Store(Record):
    """An open store, created by `open_store`. `names` maps variable names to block numbers."""

    data: memoryview
    table: int
    count: int
    names: Mapping[str, int]

    def block(self, number: int) -> memoryview:
        """Return a block's bytes. Raises BomError if the block does not exist or extends past the end of the file."""
        if not 0 <= number < self.count:
            raise BomError(f"it has no block {number}")
        start, length = _unpack(_POINTER, self.data, self.table + number * _POINTER.size)
        if start + length > len(self.data):
            raise BomError(f"its block {number} is truncated")
        return self.data[start : start + length]

    def tree(self, name: str) -> Iterator[tuple[int, int]]:
        """Yield the block numbers of each entry's key and value, in tree order.

        Yields nothing if the store has no such tree. Raises BomError if it is damaged or has more than 65,536 entries.
        """
        if name in self.names:
            for node in self._leaves(self.names[name]):
                for value, key in node:
                    yield key, value

    def _leaves(self, root: int) -> Iterator[Iterator[tuple[int, int]]]:
        """Yield the pairs of each leaf, following both the inner nodes and the links between leaves.

        Some tools link the leaves, others only attach them to inner nodes. Skips nodes already visited.
        """
        magic, _, top, *_ = _unpack(_TREE, self.block(root), 0)
        if magic != b"tree":
            raise BomError("its tree is not where it says")
        pending, seen, entries = [top], set[int](), 0
        while pending:
            number = pending.pop()
            if number in seen:
                continue
            seen.add(number)
            node = self.block(number)
            leaf, count, forward, _ = _unpack(_NODE, node, 0)
            pairs = node[_NODE.size : _NODE.size + count * _PAIR.size]
            entries += count
            if len(pairs) < count * _PAIR.size or entries > _ENTRIES or len(seen) > _NODES:
                raise BomError("one of its trees is damaged or too large")
            if leaf:
                yield _PAIR.iter_unpack(pairs)
                pending += [forward] * bool(forward)
            else:
                pending += [child for child, _ in _PAIR.iter_unpack(pairs)][::-1]


def open_store(data: bytes | bytearray) -> Store:
    """Return the store in `data` with its directories read. Raises BomError."""
    view = memoryview(data)
    magic, _, _, table, _, variables, _ = _unpack(_HEADER, view, 0)
    if magic != b"BOMStore":
        raise BomError("it does not have the header of a BOM store")
    (count,) = _unpack(_COUNT, view, table)
    return Store(view, table + _COUNT.size, count, dict(_names(view, variables)))


def _names(view: memoryview, position: int) -> Iterator[tuple[str, int]]:
    (count,) = _unpack(_COUNT, view, position)
    position += _COUNT.size
    if count > _VARIABLES:
        raise BomError(f"it declares {count:,} variables; the limit is {_VARIABLES:,}")
    for _ in range(count):
        number, length = _unpack(_VARIABLE, view, position)
        position += _VARIABLE.size
        name = bytes(view[position : position + length])
        position += length
        yield name.rstrip(b"\0").decode("latin-1"), number


def _unpack(form: struct.Struct, view: memoryview, position: int) -> tuple[Any, ...]:
    try:
        return form.unpack_from(view, position)
    except struct.error as error:
        raise BomError("it is truncated") from error
