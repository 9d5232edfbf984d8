"""Texts outside pages."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from ota_site.model.texts import RichText
from ota_site.site.feeds.prose import html, plain


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("", ""),
        ("<p>One\nline</p>\n<p>Two</p>", "One line\nTwo"),
        ("<ul>\n<li>a</li>\n<li><p>b</p></li>\n</ul>\n<p>c</p>", "• a\n• b\nc"),
        ("<p>a<br>b</p>", "a\nb"),
        ("<p>1 &lt; 2 &amp; <b>3</b></p>", "1 < 2 & 3"),
        ('<p><img src="x>y" alt="A > picture"> <a href="https://example.com/">link</a></p>', "A > picture link"),
        ("<table><tr><th>a</th><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
    ],
)
def test_markup_becomes_lines(markup: str, expected: str) -> None:
    assert plain(RichText((markup,))) == expected


def test_a_link_into_the_site_is_whole_in_html_and_silent_in_text() -> None:
    text = RichText(('<p><a href="', PurePosixPath("media/a b.pdf"), '">paper</a></p>'))
    assert html(text, "https://example.com/x/") == '<p><a href="https://example.com/x/media/a%20b.pdf">paper</a></p>'
    assert plain(text) == "paper"
