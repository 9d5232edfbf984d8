"""Reply to requests with the site's files, found by path as a static host does.

Paths are looked up exactly in the table of the site's files, so no path leads outside the site.
"""

from __future__ import annotations

import hashlib
import os
import stat
from http import HTTPStatus
from typing import IO, TYPE_CHECKING
from urllib.parse import parse_qs, quote

from ota_site.catalog import paths
from ota_site.model.build import Source
from ota_site.model.errors import SiteError
from ota_site.model.records import Record
from ota_site.preview.answers import Answer, answer
from ota_site.preview.headers import headers_of
from ota_site.preview.live_site import DecidedSite, LiveSite, Shown
from ota_site.preview.reload import STATES, dressed, error_page, own_file
from ota_site.site.recipes import CopyOutput, PageOutput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ota_site.site.recipes import Recipe

_NOT_CACHED = {"cache-control": "no-cache"}
"""Browsers revalidate every file, so a preview is never out of date; unchanged files are answered with 304."""
_HTML = {"content-type": "text/html; charset=utf-8"}


class Asked(Record, kw_only=True):
    """A request. `raw` is the path as received, `path` is decoded; header names are in lowercase."""

    client: str
    method: str
    raw: str
    path: str
    query: str
    headers: dict[str, str]


class Opened(Record):
    """An open file of the owner, with the size and modification time that the plan has for it."""

    file: IO[bytes]
    source: Source

    def is_as_known(self) -> bool:
        """Return whether the open file has the planned size and modification time."""
        status = os.fstat(self.file.fileno())
        known = self.source.size, self.source.mtime_ns
        return stat.S_ISREG(status.st_mode) and (status.st_size, status.st_mtime_ns) == known


class Reply(Record, kw_only=True):
    """An answer with its source of bytes. The caller closes an opened file."""

    answer: Answer
    body: bytes | Opened


class _Case(Record, kw_only=True):
    """A request for a file of the site shown now."""

    stage: LiveSite
    showing: Shown
    site: DecidedSite
    asked: Asked
    shown_as: str | None


def refusal(asked: Asked, hosts: frozenset[str]) -> Reply | None:
    """Return the reply to a request for another host or with a method other than GET and HEAD; None for others."""
    if asked.headers.get("host", "").lower() not in hosts:
        # DNS rebinding: an attacker's host name may resolve to this machine; the browser then sends that name as Host.
        return _plain(421, "This server does not answer requests for this host.")
    if asked.method not in ("GET", "HEAD"):
        return _plain(405, "Only GET and HEAD are allowed.", {"allow": "GET, HEAD"})
    return None


def reply(stage: LiveSite, showing: Shown, asked: Asked, shown_as: str | None) -> Reply:
    """Return the reply to a request.

    shown_as: the state to show pages in, unless the query names another.
    """
    if own := own_file(asked.path):
        return _made(own[1], {"content-type": own[0]}, asked)
    states = parse_qs(asked.query).get("as", [])
    if any(state not in STATES for state in states):
        return _plain(400, f"The parameter `as` must be one of: {', '.join(STATES)}.")
    if showing.site is None:
        return _whole(500, error_page(showing.epoch, showing.failure), _HTML)
    state = states[-1] if states else shown_as
    return _find(_Case(stage=stage, showing=showing, site=showing.site, asked=asked, shown_as=state))


def _find(case: _Case) -> Reply:
    site, asked = case.site, case.asked
    if asked.path == "/" != site.root:
        return _moved(site.root, asked)
    if asked.path == site.root.rstrip("/"):
        return _moved(_as_folder(asked), asked)
    if asked.path.startswith(site.root) and not _is_disguised(asked.raw):
        path = asked.path.removeprefix(site.root)
        recipe = site.find(f"{path}index.html" if not path or path.endswith("/") else path)
        if recipe:
            return _file(case, recipe)
        if site.find(f"{path}/index.html"):
            return _moved(_as_folder(asked), asked)
    lost = site.find(paths.NOT_FOUND.as_posix())
    return _file(case, lost, status=404) if lost else _plain(404, "Page not found.")


def _is_disguised(raw: str) -> bool:
    """Return whether a raw path contains encoded separators or dots, backslashes or NUL bytes."""
    return any(part in raw.lower() for part in ("%2f", "%5c", "%00", "%2e", "\\", "\0"))


def _as_folder(asked: Asked) -> str:
    return f"./{quote(asked.path.rpartition('/')[2])}/"


def _file(case: _Case, recipe: Recipe, *, status: int = 200) -> Reply:
    headers = {**headers_of(recipe.path.as_posix(), case.site.rules), **_NOT_CACHED}
    if isinstance(recipe, PageOutput):
        return _page(case, recipe, headers, status)
    try:
        known = case.stage.render(case.site, recipe)
    except SiteError as error:
        return _plain(503, str(error), {"retry-after": "1"})
    return _made(known, headers, case.asked) if isinstance(known, bytes) else _owned(case, known, recipe, headers)


def _page(case: _Case, recipe: PageOutput, headers: Mapping[str, str], status: int) -> Reply:
    epoch, faults = case.showing.epoch, case.showing.failure
    page: object = None
    try:
        page = case.stage.render(case.site, recipe)
    except SiteError as error:
        faults = (*faults, error)
        page = case.stage.last(recipe, error)
    if not isinstance(page, bytes):
        return _whole(500, error_page(epoch, faults), headers)
    shown = dressed(page, epoch, shown_as=case.shown_as, faults=faults)
    return _made(shown, headers, case.asked) if status == HTTPStatus.OK else _whole(status, shown, headers)


def _owned(case: _Case, source: Source, recipe: Recipe, headers: Mapping[str, str]) -> Reply:
    """Return the reply with a file of the owner, read from its original location."""
    try:
        opened = Opened(source.path.open("rb"), source)
    except OSError:
        opened = None
    if opened is None or not opened.is_as_known():
        if opened:
            opened.file.close()
        case.stage.look_again(source.path)
        return _plain(503, "This file is being replaced.", {"retry-after": "1"})
    sha256 = recipe.sha256 if isinstance(recipe, CopyOutput) else None
    tag = f'"{sha256 or f"{source.size:x}-{source.mtime_ns:x}"}"'
    return Reply(answer=answer(source.size, tag, headers, case.asked.headers, case.asked.method), body=opened)


def _made(data: bytes, headers: Mapping[str, str], asked: Asked) -> Reply:
    tag = f'"{hashlib.sha256(data).hexdigest()}"'
    common = {**headers, **_NOT_CACHED}
    return Reply(answer=answer(len(data), tag, common, asked.headers, asked.method), body=data)


def _plain(status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
    kind = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
    return _whole(status, f"{text}\n".encode(), {**kind, **(headers or {})})


def _moved(where: str, asked: Asked) -> Reply:
    return _whole(308, b"", {"location": f"{where}?{asked.query}" if asked.query else where})


def _whole(status: int, data: bytes, headers: Mapping[str, str]) -> Reply:
    sized = {**headers, **_NOT_CACHED, "content-length": str(len(data))}
    return Reply(answer=Answer(status=status, headers=sized, span=range(len(data))), body=data)
