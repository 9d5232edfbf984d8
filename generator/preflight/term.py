"""How much time a profile or a certificate has left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_SOON = timedelta(days=30)


def ends_soon(expires: datetime, now: datetime) -> bool:
    """Whether a term that has not ended yet ends within thirty days."""
    return now < expires <= now + _SOON
