"""Check the pages of code against the hashes in a signature, for all slices in one pass."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from ota_site.apple.codesign.code_signature import CodeDirectory, SignatureError, read_signature

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ota_site.apple.codesign.macho import Slice

Signed = list[tuple[int, CodeDirectory]]
"""The offset and the code directory of each signed slice."""


def directories(slices: Iterable[Slice]) -> Iterator[tuple[int, CodeDirectory]]:
    """Yield the offset and the code directory of each slice that is signed and not encrypted."""
    for each in slices:
        if each.signature and not each.encrypted:
            try:
                yield each.offset, read_signature(each.signature).directory
            except SignatureError:
                continue


def code_directories(slices: Iterable[Slice]) -> Iterator[CodeDirectory]:
    """Yield every code directory of every slice: a seal may contain the hash of any of them."""
    for each in slices:
        with suppress(SignatureError):
            yield from read_signature(each.signature).directories


def same_pages(blocks: Iterable[bytes], signed: Signed) -> Iterator[bool]:
    """Yield, for each slice, whether its pages match its code directory."""
    starts = [offset for offset, _ in signed]
    checks = [
        _Pages(directory, offset, min([offset + directory.code_limit, *(start for start in starts if start > offset)]))
        for offset, directory in signed
    ]
    position = 0
    for block in blocks if checks else ():
        view = memoryview(block)
        for each in checks:
            each.feed(view[max(each.position - position, 0) : max(each.end - position, 0)])
        position += len(block)
    for each in checks:
        yield each.finish()


class _Pages:
    """Checks the pages of one slice as its bytes are read, from `position` to `end` in the file."""

    def __init__(self, directory: CodeDirectory, start: int, end: int) -> None:
        self.position = start
        self.end = end
        self._directory = directory
        self._number = 0
        self._size = directory.page_size or end - start
        self._left = self._size
        self._page = hashlib.new(directory.algorithm, usedforsecurity=False)
        self._same = True

    def feed(self, piece: memoryview) -> None:
        """Hash the next bytes of this slice."""
        while piece and self._same:
            part, piece = piece[: self._left], piece[self._left :]
            self._page.update(part)
            self.position += len(part)
            self._left -= len(part)
            if not self._left:
                self._turn()

    def finish(self) -> bool:
        """Return whether every page matched. The last page may be shorter."""
        if self._same and self._left < self._size:
            self._turn()
        return self._same

    def _turn(self) -> None:
        digest = self._page.digest()[: self._directory.hash_size]
        self._same = digest == self._directory.page(self._number)
        self._page = hashlib.new(self._directory.algorithm, usedforsecurity=False)
        self._number, self._left = self._number + 1, self._size
