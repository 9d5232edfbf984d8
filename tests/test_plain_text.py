"""Characters that turn text round or that a terminal obeys: no page and no message has them."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ota_site.model.plain_text import one_line, shown, without_overrides
from tests.samples import App, Profile, make_ipa

if TYPE_CHECKING:
    from pathlib import Path

BAD = "\u202e\u2066\x1b[31m\x07\x9b\u2028"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Sample", "Sample"),
        ("Gpj.\u202efdp", "Gpj.fdp"),
        ("\u2066a\u2069 b", "a b"),
        ("a\x1b[31m\n\tb", "a [31m b"),
        # Marks of direction and joiners are part of Hebrew, Persian and many emoji.
        ("א\u200fב", "א\u200fב"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_a_line_of_text(text: str, line: str) -> None:
    assert one_line(text) == line


def test_overrides_alone_are_taken_away() -> None:
    assert without_overrides("a\u202b\n\x1bb") == "a\n\x1bb"


def test_what_is_shown_keeps_its_length() -> None:
    assert shown("a\u202e\x1b\udcffé") == "a\ufffd\ufffd\ufffdé"


def test_no_output_holds_them(tmp_path: Path) -> None:
    content = tmp_path / "content"
    (content / "apps").mkdir(parents=True)
    app = App(
        name=f"Na{BAD}me",
        version=f"1.{BAD}2",
        build=f"4{BAD}5",
        folder="Payload/App.app",
        localised={"de": f"Na{BAD}me", "ja": f"Na{BAD}me"},
        profile=Profile(team="Te\u202e\u2066\u009b\u2028am"),
        info={"MinimumOSVersion": f"15{BAD}", "NSCameraUsageDescription": f"wh{BAD}y", "DTXcode": f"16{BAD}"},
    )
    (content / f"App {BAD}.ipa").write_bytes(make_ipa(app))
    (content / "broken.ipa").write_bytes(b"no zip")
    title = BAD.replace("\x07", "").replace("\x9b", "").replace("\x1b", "")
    (content / "site.toml").write_text(f'title = "Ti{title}tle"\nlanguages = ["de"]\n', "utf-8")
    (content / f"page {BAD}.md").write_text("words", "utf-8")
    (content / "second.md").write_text(f'+++\ntitle = "Ti{title}tle"\n+++\nwords', "utf-8")
    (content / "apps/com.example.sample.md").write_text(
        f'+++\nname = "N{title}ame"\nsubtitle = "S{title}ub"\ntags = ["t{title}ag"]\n+++\n', "utf-8"
    )
    command = [sys.executable, "-m", "ota_site"]
    site = tmp_path / "_site"
    built = subprocess.run(
        [*command, "build", content, "-o", site, "--base-url", "https://apps.example.com/"],
        capture_output=True,
        check=True,
    )
    files = {path.name: path for path in content.glob("*.ipa")}
    read = subprocess.run([*command, "inspect", *files.values()], capture_output=True, check=False)
    for output in (built.stdout, built.stderr, read.stdout, read.stderr):
        assert OBEYED.findall(output.decode("utf-8")) == []
    pages = [path for path in site.rglob("*") if path.suffix in {".html", ".json", ".xml", ".ics", ".plist", ".txt"}]
    assert len(pages) > 10
    for path in pages:
        assert OBEYED.findall(path.read_bytes().decode("utf-8").replace("\r\n", "\n")) == [], path
