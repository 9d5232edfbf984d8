"""Find install links in pasted text: a link, a message, HTML, Markdown or a script. Pure."""

from __future__ import annotations

import html
import re
from enum import StrEnum
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from ota_site.apple.install.link_wrappers import unwrap
from ota_site.model.records import Record, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

# Also matches an install link whose scheme is missing.
_SIGN = re.compile(r"itms[a-z-]*(?::|//|%(?:25)*3a)|action(?:=|%(?:25)*3d)download-manifest", re.IGNORECASE)
_SCHEME = re.compile(r"itms[a-z-]*(?::|//|%(?:25)*3a)", re.IGNORECASE)
_TAG = re.compile(r"</?(?!itms|https?:)[a-z][a-z0-9-]*(?=[\s/>])|<!--", re.IGNORECASE)
_MARKDOWN = re.compile(r"\]\(\s*<?([^\s>)]{1,4000}+)(?=[\s>)])")
_MARKDOWN_ALONE = re.compile(rf"\[[^\]]*{_MARKDOWN.pattern}[^)]*\)")
_ESCAPED_TAG = re.compile(r"&lt;[a-z]+[\s/&]", re.IGNORECASE)
_SCRIPT = re.compile(r"\blocation\b|\bwindow\s*\.|\.open\s*\(|\.href\s*=|\bjavascript:|\.(?:assign|replace)\s*\(")
_STRING = re.compile(r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`""", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|(.))", re.DOTALL)
_REFRESH = re.compile(r"\s*[\d.]*\s*[;,]?\s*url\s*=\s*(.*)", re.IGNORECASE | re.DOTALL)
_FRAMES = {"iframe", "frame", "embed", "object", "img"}
_AROUND = "\"'<>“”„‘’`"
_WRAPPERS = 3


class LinkPlace(StrEnum):
    """Where a link was found."""

    TEXT = "text"
    ANCHOR = "anchor"
    SCRIPT = "script"
    REFRESH = "refresh"
    FRAME = "frame"
    ATTRIBUTE = "attribute"


class FoundLink(Record, kw_only=True):
    """A link in the text. `escaped`: HTML escapes were decoded. `unfinished`: a script adds the rest."""

    text: str
    place: LinkPlace = LinkPlace.TEXT
    escaped: bool = False
    unfinished: bool = False


class Pasted(Record, kw_only=True):
    """The links in a text. `links` has at least one, except in HTML with only `others`, the number of other links."""

    links: tuple[FoundLink, ...]
    others: int = 0


def find_links(text: str) -> Pasted:
    """Return every install link in a text, each once; without any, the text that may be intended as one."""
    if not _TAG.search(text) and _ESCAPED_TAG.search(text):
        text = html.unescape(text)
    if _TAG.search(text):
        reader = _LinkReader()
        # For an unclosed tag the parser would search again from each <.
        reader.feed(text[: text.rfind(">") + 1])
        reader.close()
        if found := _once(link for link in reader.links if _installs(link.text)):
            return Pasted(links=found)
        anchors = [link for link in reader.links if link.place == LinkPlace.ANCHOR]
        hidden = tuple(link for link in anchors if (wrapped := unwrap(link.text)) and wrapped.inner is None)
        if anchors:
            return Pasted(links=(anchors[0],) if len(anchors) == 1 else _once(hidden), others=len(anchors))
    return Pasted(links=_in_text(text))


def _in_text(text: str) -> tuple[FoundLink, ...]:
    bare = text.strip().strip(_AROUND).strip()
    if match := _MARKDOWN_ALONE.fullmatch(text.strip()):
        return (FoundLink(text=match[1]),)
    marked = tuple(FoundLink(text=match[1]) for match in _MARKDOWN.finditer(text) if _SIGN.search(match[1]))
    if scripted := _in_script(text) if _SCRIPT.search(text) and not bare.lower().startswith("itms") else ():
        return _once(scripted)
    if marked:
        return _once(marked)
    starts = _SCHEME.findall(bare)
    if len(starts) > 1 or not re.match(r"itms|https?:|[/?:#%]|\w+:", bare, re.IGNORECASE):
        tokens = (token.strip(_AROUND + "()[],;.!") for token in bare.split())
        if found := _once(FoundLink(text=token) for token in tokens if _SIGN.search(token)):
            return found
    return (FoundLink(text=bare),)


def _in_script(text: str) -> tuple[FoundLink, ...]:
    """Return the links in the string literals of a script."""
    found = []
    for match in _STRING.finditer(text):
        value = _ESCAPE.sub(_plain, match[0][1:-1])
        if _installs(value):
            joined = re.match(r"\s*(?:\+|\.concat\()", text[match.end() : match.end() + 40])
            unfinished = bool(joined) or (match[0][0] == "`" and "${" in value)
            found.append(FoundLink(text=value.strip(), place=LinkPlace.SCRIPT, unfinished=unfinished))
    return tuple(found)


def _plain(escape: re.Match[str]) -> str:
    if code := escape[1] or escape[2] or escape[3]:
        return chr(min(int(code, 16), 0x10FFFF))
    return {"n": "\n", "t": "\t", "r": "\r"}.get(escape[4], escape[4])


def _installs(text: str) -> bool:
    """Return whether a text is an install link, or wraps one."""
    for _ in range(_WRAPPERS):
        if _SIGN.search(text):
            return True
        wrapped = unwrap(text)
        if wrapped is None or wrapped.inner is None:
            return False
        text = wrapped.inner
    return bool(_SIGN.search(text))


def _once(links: Iterable[FoundLink]) -> tuple[FoundLink, ...]:
    """Return the links without duplicates. Prefers an anchor, which can be tapped."""
    found: dict[str, FoundLink] = {}
    for link in links:
        if link.text not in found or link.place == LinkPlace.ANCHOR:
            found[link.text] = link
    return tuple(found.values())


class _LinkReader(HTMLParser):
    """Collects the links of a page from attributes, scripts and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[FoundLink] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the links in a tag's attributes."""
        self._in_script = tag == "script"
        values = {name: value for name, value in attrs if value}
        for name, value in values.items():
            if name.startswith("on") or value.lstrip().lower().startswith("javascript:"):
                self.links += (replace(link, escaped=True) for link in _in_script(value))
            elif tag == "meta" and name == "content" and (match := _REFRESH.match(value)):
                self._take(match[1].strip(" \"'"), LinkPlace.REFRESH)
            elif tag in ("a", "area") and name == "href":
                self._take(value, LinkPlace.ANCHOR)
            elif _SIGN.search(value):
                self._take(value, LinkPlace.FRAME if tag in _FRAMES else LinkPlace.ATTRIBUTE)

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a script."""
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        """Collect the links in a script or in visible text."""
        if _SIGN.search(data):
            self.links += _in_script(data) if self._in_script else _in_text(data)

    def _take(self, value: str, place: LinkPlace) -> None:
        self.links.append(FoundLink(text=value.strip(), place=place, escaped=True))
