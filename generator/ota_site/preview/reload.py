"""Add the preview's parts to a page: the reload script, the state to show it in, and the error banner."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ota_site.model.errors import SiteError

FOLDER = "/.preview/"
"""The folder of the preview's files; no site has files below this path."""
EVENTS = f"{FOLDER}events"
"""The event stream of epochs (server-sent events, WHATWG HTML, 9.2)."""

STATES = (
    *("iphone", "ipad", "mac", "intel-mac", "android", "desktop"),
    *("wechat", "slack", "teams", "gmail", "linkedin", "telegram"),
    "expired",
)
"""The states to show a page in: on a device, inside another app, or after expiry."""

# A hidden tab closes its stream, because browsers open only six connections to a host.
SCRIPT = """\
(function () {
  "use strict";
  const epoch = new URL(document.currentScript.src).searchParams.get("epoch");
  let events = null, wait = 1000, timer = 0;
  function listen() {
    if (events || document.hidden) return;
    clearTimeout(timer);
    events = new EventSource("/.preview/events");
    events.onmessage = (event) => {
      if (event.data === epoch) return;
      stop();
      location.reload();
    };
    events.addEventListener("full", later);
    events.onerror = () => {
      if (events && events.readyState === EventSource.CLOSED) later();
    };
  }
  function stop() {
    clearTimeout(timer);
    if (events) events.close();
    events = null;
  }
  // The server has no room for another stream. A new stream reports at once whether the page is out of date.
  function later() {
    stop();
    timer = setTimeout(listen, wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, 16000);
  }
  function look() {
    wait = 1000;
    listen();
  }
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : look()));
  addEventListener("pagehide", stop);
  addEventListener("pageshow", look);
  listen();
})();
"""

STYLE = """\
.ota-site-preview { position: fixed; inset: auto 0 0; z-index: 9; max-height: 60vh; overflow: auto; margin: 0;
  padding: 1rem 1.25rem; background: #8c1d18; color: #fff; font: 1rem/1.45 system-ui, sans-serif; }
.ota-site-preview strong, .ota-site-preview span { display: block; overflow-wrap: anywhere; }
.ota-site-preview p { margin: .5rem 0 0; }
.ota-site-preview span { font-family: ui-monospace, monospace; font-size: .875rem; }
"""

_FILES = {
    "reload.js": ("text/javascript; charset=utf-8", SCRIPT.encode()),
    "banner.css": ("text/css; charset=utf-8", STYLE.encode()),
}

_EMPTY = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Preview</title></head><body></body></html>'
)


def own_file(path: str) -> tuple[str, bytes] | None:
    """Return the media type and the bytes of one of the preview's files; None if there is none at `path`."""
    return _FILES.get(path.removeprefix(FOLDER)) if path.startswith(FOLDER) else None


def dressed(page: bytes, epoch: str, *, shown_as: str | None, faults: Iterable[SiteError]) -> bytes:
    """Return a page with the preview's parts added. The rest is as it will be published."""
    faults = tuple(faults)
    head = f'<script src="{FOLDER}reload.js?epoch={epoch}" defer></script>\n'
    if faults:
        head = f'<link rel="stylesheet" href="{FOLDER}banner.css">\n{head}'
        page = _put(page, rb"</body>", _banner(faults).encode())
    page = _put(page, rb"</head>", head.encode())
    if shown_as:
        page = re.sub(rb"<html\b", f'<html data-as="{escape(shown_as)}"'.encode(), page, count=1)
    return page


def error_page(epoch: str, faults: Iterable[SiteError]) -> bytes:
    """Return a page that shows only the errors."""
    return dressed(_EMPTY.encode(), epoch, shown_as=None, faults=faults)


def _put(page: bytes, tag: bytes, what: bytes) -> bytes:
    """Insert bytes before the last `tag`, or at the end of a page without one."""
    before, found, after = page.rpartition(tag)
    return before + what + found + after if found else page + what


def _banner(faults: Iterable[SiteError]) -> str:
    return (
        '<aside class="ota-site-preview" role="alert">'
        "<strong>This page cannot be rebuilt until the following is fixed:</strong>"
        f"{''.join(map(_fault, faults))}</aside>\n"
    )


def _fault(fault: SiteError) -> str:
    where = f"<span>{escape(fault.where)}</span>" if fault.where else ""
    hint = f"<br>→ {escape(fault.hint)}" if fault.hint else ""
    return f"<p>{where}{escape(fault.message)}{hint}</p>"
