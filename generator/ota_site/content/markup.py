"""Convert Markdown to HTML with limited work (the only importer of markdown).

The library takes quadratic time for some texts, such as thousands of brackets. Texts may come from commit messages
and strangers, so work is counted, and a text that exceeds the limits is shown as plain text. No limit depends on
time: the same text always gives the same HTML.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from markdown import Markdown
from markdown.extensions.toc import TocExtension, slugify_unicode

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

_LENGTH_LIMIT = 200_000
"""Characters."""
_WORK_LIMIT = 20_000_000
"""Characters scanned for inline marks: about two seconds."""
_TAGS_LIMIT = 60_000_000
"""`<` times characters, about two seconds."""
_DECLARATIONS_LIMIT = 10_000_000
"""`<!` times characters, about two seconds."""
_LINES_LIMIT = 60_000_000
"""Lines that are headings or rules or begin code, times characters: about two seconds."""
_HEADINGS_LIMIT = 2_000
_MARKED_LINE = re.compile(r"^[ \t>]*(?:~~~|```|#|[-*_=][-*_= \t]*$)", re.MULTILINE)
_HEADING = re.compile(r"^[ \t>]*(?:#|[-=][-= \t]*$)", re.MULTILINE)
_SPLIT_HINT = "split it into several pages, or shorten it"
_MARKS_HINT = "look for repeated characters such as [ or <, and put text that is not Markdown between lines of ```"


class TooComplexError(Exception):
    """A text exceeds a limit; `hint` says how to fix it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class BoundedMarkdown:
    """Converts texts and limits the work for each."""

    def __init__(self, anchor: str) -> None:
        """Convert texts. The identifiers of their headings begin with `anchor`."""
        contents = TocExtension(slugify=lambda text, gap: anchor + slugify_unicode(text, gap))
        self._markdown = Markdown(extensions=["tables", "fenced_code", "sane_lists", contents])
        self._left = 0
        for pattern in self._markdown.inlinePatterns:
            pattern.handleMatch = self._counted(pattern.handleMatch)  # type: ignore[method-assign, assignment]
        parser = self._markdown.parser
        parser.parseBlocks = self._counted_blocks(parser.parseBlocks)  # type: ignore[method-assign, assignment]

    def convert(self, text: str) -> str:
        """Return a text as HTML that is not sanitized yet. Raises TooComplexError."""
        if len(text) > _LENGTH_LIMIT:
            raise TooComplexError(f"it is longer than {_LENGTH_LIMIT:,} characters", _SPLIT_HINT)
        length = len(text)
        if (
            text.count("<") * length > _TAGS_LIMIT
            or text.count("<!") * length > _DECLARATIONS_LIMIT
            or len(_MARKED_LINE.findall(text)) * length > _LINES_LIMIT
            or len(_HEADING.findall(text)) > _HEADINGS_LIMIT
        ):
            raise TooComplexError("it has too much markup", _MARKS_HINT)
        self._left = _WORK_LIMIT
        try:
            return self._markdown.reset().convert(text)
        except RecursionError as error:
            raise TooComplexError("its lists or quotes are nested too deeply", _MARKS_HINT) from error

    def _spend(self, characters: int) -> None:
        self._left -= characters
        if self._left < 0:
            raise TooComplexError("it has too much markup", _MARKS_HINT)

    def _counted(self, handle: Callable[..., object]) -> Callable[..., object]:
        """Return a pattern's handler that first counts what it may scan: everything from its match on."""

        def counted(match: re.Match[str], data: str) -> object:
            self._spend(len(data) - match.start())
            return handle(match, data)

        return counted

    def _counted_blocks(self, parse: Callable[..., None]) -> Callable[[Element, list[str]], None]:
        """Return the block parser that first counts the text it scans at each depth."""

        def counted(parent: Element, blocks: list[str]) -> None:
            self._spend(sum(map(len, blocks)))
            parse(parent, blocks)

        return counted


def plain_html(text: str) -> str:
    """Return plain text as HTML with the same paragraphs and line breaks."""
    paragraphs = filter(None, (part.strip() for part in re.split(r"\n[ \t]*\n", text)))
    return "\n".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs)
