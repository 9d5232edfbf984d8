"""Numbers and dates in readable English. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

# strftime's names would follow the machine's locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_UNITS = ("bytes", "KB", "MB", "GB", "TB")


def day(moment: datetime) -> str:
    """Return a date such as `4 June 2027`."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def short_day(moment: datetime) -> str:
    """Return a short date such as `4 Jun 2027`."""
    return f"{moment.day} {_MONTHS[moment.month - 1][:3]} {moment.year}"


def system_version(text: str) -> str:
    """Return a version as Apple writes it: `16` for `16.0`, and `16.4` as it is."""
    while text.endswith(".0"):
        text = text.removesuffix(".0")
    return text


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 device`, `35 devices`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def size(number: int) -> str:
    """Return a size in bytes in decimal units, as Apple does: `48.2 MB`."""
    value, unit = float(number), 0
    while value >= 999.95 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if unit < 2 or value >= 99.95 else f"{value:.1f} {_UNITS[unit]}"


def listing(items: tuple[str, ...]) -> str:
    """Return items as a list: `iPhone`, `iPhone and iPad`, `iPhone, iPad and Apple TV`."""
    *rest, last = items or ("",)
    return f"{', '.join(rest)} and {last}" if rest else last
