"""Limit the work of reading one IPA, all its files together: a zip bomb stops soon, and any real app is read fully.

Work is counted in unpacked bytes, which take about 3 ns each; other costs are converted to bytes. The budget grows with
the file: code compresses to a third or a quarter of its size, and is read once.
"""

from __future__ import annotations

from ota_site.model.errors import IpaError

ENTRY = 1 << 9
"""The cost of a file in the directory: its record, its local header, and each reader's check of its name."""
TAG, OBJECT = 256, 512
"""The cost of a tag in an XML property list, and of an object in a binary one."""
CERTIFICATE = 32 << 10
"""The cost of a certificate in a profile."""
SIGNATURE_BYTE = 128
"""The cost of a parsed byte of a code signature: entitlements and CMS."""
PIXEL = 4
"""The cost of an unpacked pixel."""

_LEAST, _TIMES = 32 << 20, 4


class BudgetError(IpaError):
    """Reading on would take far more work than for any app of this size. Unread parts are unknown, not missing."""


class Budget:
    """The remaining work for the IPA `where`: computed from the file's `size`, or given as `work`."""

    def __init__(self, where: str, size: int, *, work: int | None = None) -> None:
        self._where = where
        self._left = _LEAST + _TIMES * size if work is None else work

    def spend(self, work: int) -> None:
        """Subtract `work` from the budget. Raises BudgetError, without subtracting, if less is left."""
        if work > self._left:
            message = "reading it takes far more work than an app of its size needs"
            hint = "export the app again from Xcode; no build tool writes a file like this"
            raise BudgetError("not-an-ipa", message, where=self._where, hint=hint)
        self._left -= work
