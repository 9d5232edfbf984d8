"""What HTTP answers to a request for a file: all of it, a part, or that it is the same. RFC 9110, 13 and 14. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

_RANGE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*")
_TAG = re.compile(r'(?:W/)?("[^"]*")')


class Answer(Record, kw_only=True):
    """A status, headers in small letters, and which bytes of the file are sent."""

    status: int
    headers: dict[str, str]
    span: range


def answer(total: int, tag: str, headers: Mapping[str, str], asked: Mapping[str, str], method: str) -> Answer:
    """Return the answer for a file of `total` bytes.

    tag: its entity tag, strong, in quotes. headers: those that belong to the file. asked: the request's.
    """
    common = {**headers, "etag": tag, "accept-ranges": "bytes"}
    if _is_known(asked.get("if-none-match"), tag):
        common.pop("content-type", None)
        return Answer(status=304, headers=common, span=range(0))
    span = _span(asked.get("range"), total) if method == "GET" and asked.get("if-range", tag) == tag else None
    if span is None:
        return Answer(status=200, headers={**common, "content-length": str(total)}, span=range(total))
    if not span:
        refused = {"content-range": f"bytes */{total}", "content-length": "0"}
        return Answer(status=416, headers=refused, span=range(0))
    part = {"content-range": f"bytes {span.start}-{span.stop - 1}/{total}", "content-length": str(len(span))}
    return Answer(status=206, headers={**common, **part}, span=span)


def _is_known(condition: str | None, tag: str) -> bool:
    return condition is not None and (condition.strip() == "*" or tag in _TAG.findall(condition))


def _span(text: str | None, total: int) -> range | None:
    """Return the bytes asked for, none of them where they lie beyond the end; None for the whole.

    Several ranges at once are answered with the whole, as the standard allows.
    """
    found = _RANGE.fullmatch(text or "")
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        return range(max(0, total - int(found[2])), total)
    first, last = int(found[1]), int(found[2]) if found[2] else total - 1
    if found[2] and last < first:
        return None
    return range(first, min(last + 1, total))
