"""Convert an owner's texts for feeds: to plain text, and to HTML with absolute links. Pure."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from ota_site.catalog import paths

if TYPE_CHECKING:
    from ota_site.model.texts import RichText

_BLOCKS = frozenset(
    (
        *("address", "article", "blockquote", "dd", "details", "div", "dl", "dt", "figure", "footer", "h1", "h2", "h3"),
        *("h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section", "summary", "table", "tr", "ul"),
    )
)
_GAPS = re.compile(r"\s*\n\s*\n\s*")
# An item whose text is a paragraph has its bullet on a separate line.
_LONE_BULLET = re.compile(r"•\s+")
_LONGEST = 4_000


def plain(text: RichText, limit: int = _LONGEST) -> str:
    """Return a text without HTML, at most `limit` characters, with a line for each paragraph and list item."""
    reader = _ProseReader()
    reader.feed("".join(part if isinstance(part, str) else part.as_posix() for part in text.parts))
    reader.close()
    words = _GAPS.sub("\n", _LONE_BULLET.sub("• ", "".join(reader.words)).strip())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def html(text: RichText, base_url: str) -> str:
    """Return the HTML of a text, with absolute URLs for links within the site."""
    return "".join(part if isinstance(part, str) else paths.url(part, base_url) for part in text.parts)


class _ProseReader(HTMLParser):
    """Collects the text of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.words.append("\n\n")
        if tag == "li":
            self.words.append("• ")
        elif tag == "br":
            self.words.append("\n")
        elif tag in ("td", "th"):
            self.words.append(" ")
        elif tag == "img":
            self.words.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.words.append("\n\n")

    def handle_data(self, data: str) -> None:
        self.words.append(re.sub(r"\s+", " ", data))
