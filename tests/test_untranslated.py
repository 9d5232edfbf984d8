"""No page says anything that cannot be translated: each text is marked, and what is left is nobody's text."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from ota_site.build import build_site
from ota_site.config.load import load_config
from tests import messages
from tests.builds import NOW
from tests.showcase import DEMO

if TYPE_CHECKING:
    from pathlib import Path

OPEN, CLOSE = "⟦", "⟧"
SPOKEN = {"alt", "aria-label", "aria-description", "title", "placeholder", "content", "data-then", "data-done"}
SETTINGS = {"viewport", "color-scheme", "robots", "format-detection", "theme-color"}
# Elements without an end.
VOID = {"meta", "link", "img", "input", "br", "hr", "source"}
# Names of things, which are the same in every language; the owner's own words are read from the content.
NAMES = {*("iOS", "iPadOS", "iPhone", "iPad", "kB", "MB", "SHA", "UDID", "IPA", "Deutsch", "English"), "https", "http"}
_WORD = re.compile(r"[A-Za-z]{2,}")


class _Spoken(HTMLParser):
    """Gathers what a page says in its own language: its text as a whole, and its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.attributes: list[str] = []
        self._silent: list[bool] = [False]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        table = dict(attrs)
        # Code, names and texts in a stated language are not the program's words.
        silent = (
            self._silent[-1]
            or tag in ("code", "bdi", "script", "style")
            or table.get("dir") == "auto"
            or ("lang" in table and tag != "html")
        )
        if not silent and table.get("property") not in ("og:url", "og:image") and table.get("name") not in SETTINGS:
            self.attributes += [value for name, value in attrs if name in SPOKEN and value]
        if tag not in VOID:
            self._silent.append(silent)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        self.text += " " if self._silent[-1] else data


def unmarked(page: str) -> set[str]:
    """Return the words on a page that stand outside the marks."""
    spoken = _Spoken()
    spoken.feed(page)
    words: set[str] = set()
    for text in (spoken.text, *spoken.attributes):
        outside = text
        while (shorter := re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", outside)) != outside:
            outside = shorter
        words.update(_WORD.findall(outside))
    return words


def marked() -> bytes:
    """Return a catalog that puts each text between marks."""
    catalog = Catalog(locale="ja", charset="utf-8")
    for message in messages.template():
        if message.id:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            string = f"{OPEN}{ids[-1]}{CLOSE}"
            catalog.add(message.id, (string,) if len(ids) > 1 else string, context=message.context)
    out = BytesIO()
    write_po(out, catalog)
    return out.getvalue()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the demo's site in a language of marked texts, with Japanese days and figures."""
    folder = tmp_path_factory.mktemp("marked")
    shutil.copytree(DEMO, folder / "content")
    (folder / "content" / "site.toml").write_text(
        'title = "Ottersund"\nlanguage = "ja"\ntheme = "marked"\ncontact = "testing@example.com"\n', "utf-8"
    )
    theme = folder / "themes" / "marked"
    (theme / "locales").mkdir(parents=True)
    (theme / "theme.toml").write_text('name = "marked"\ncontract = 1\nextends = "default"\n', "utf-8")
    (theme / "locales" / "ja.po").write_bytes(marked())
    config = load_config(folder / "content", folder / "_site", base_url="https://apps.example.com/", environment={})
    build_site(config, NOW)
    return config.output


def owners_words() -> set[str]:
    """Return the words of names, links and tags that the demo's owner gave."""
    fence = re.compile(r"^\+\+\+$(.*?)^\+\+\+$", re.DOTALL | re.MULTILINE)
    fronts = (fence.findall(path.read_text("utf-8")) for path in DEMO.rglob("*.md"))
    texts = [text for front in fronts for text in front] + [path.read_text("utf-8") for path in DEMO.rglob("*.toml")]
    return {word for text in texts for word in _WORD.findall(text)} | {"Halfmoon", "Tallybook", "Fellpath", "Ottersund"}


def test_every_word_of_the_program_can_be_translated(site: Path) -> None:
    allowed = NAMES | owners_words()
    found: dict[str, set[str]] = {}
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 12
    for page in pages:
        if words := unmarked(page.read_text("utf-8")) - allowed:
            found[page.relative_to(site).as_posix()] = words
    assert found == {}


def test_a_text_without_a_mark_would_be_found() -> None:
    said = f"{OPEN}Said <b>and {OPEN}said{CLOSE}</b> again{CLOSE}"
    assert unmarked(f'<p title="Forgotten">{said} Bare <code>code</code><b lang="en">Own</b>') == {"Forgotten", "Bare"}
