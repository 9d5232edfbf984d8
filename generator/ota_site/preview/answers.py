"""Answer requests for files: whole, in part, or as not modified. RFC 9110, sections 13 and 14. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

_RANGE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*")
_TAG = re.compile(r'(?:W/)?("[^"]*")')


class Answer(Record, kw_only=True):
    """A status, headers with lowercase names, and the range of bytes of the file to send."""

    status: int
    headers: dict[str, str]
    span: range


def answer(total: int, tag: str, headers: Mapping[str, str], asked: Mapping[str, str], method: str) -> Answer:
    """Return the answer for a file of `total` bytes.

    tag: the file's strong entity tag, in quotes. headers: the file's headers. asked: the request's headers.
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
    """Return the requested range, empty if it is beyond the end of the file; None for the whole file.

    A request for several ranges gets the whole file, as the standard allows.
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
