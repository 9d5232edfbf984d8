"""How much work one IPA may take, all its files together: a bomb ends soon, and any app is read whole.

Work is counted in bytes unpacked, which take some 3 ns each; what else takes time has its price in them. A budget
grows with the file: code packs to a third or a quarter of its size, and is read once.
"""

from __future__ import annotations

from ota_site.model.errors import IpaError

ENTRY = 1 << 9
"""The price of a file in the directory: its record, its local header, and a look at its name by each reader."""
TAG, OBJECT = 256, 512
"""The price of a tag in an XML property list, and of an object in a binary one."""
CERTIFICATE = 32 << 10
"""The price of a certificate in a profile."""
SIGNATURE_BYTE = 128
"""The price of a byte of a code signature that is parsed: of its entitlements and its CMS."""
PIXEL = 4
"""The price of a pixel of a picture that is unpacked."""

_LEAST, _TIMES = 32 << 20, 4


class BudgetError(IpaError):
    """Reading on would take far more work than an app of this size does. What was not read is unknown, not missing."""


class Budget:
    """The work that may still be done on the IPA `where`. Made with the size of the file, or with all the `work`."""

    def __init__(self, where: str, size: int, *, work: int | None = None) -> None:
        self._where = where
        self._left = _LEAST + _TIMES * size if work is None else work

    def spend(self, work: int) -> None:
        """Take `work` off the budget. Raises BudgetError where less is left, which then stays."""
        if work > self._left:
            message = "to read it takes far more work than an app of its size does"
            hint = "export the app again from Xcode; no build tool packs a file like this"
            raise BudgetError("not-an-ipa", message, where=self._where, hint=hint)
        self._left -= work
