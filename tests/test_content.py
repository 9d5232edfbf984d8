"""Texts become safe HTML, with their links in order."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.content import read_content
from generator.errors import SettingsError, SiteError
from tests.pictures import encode_png, plain_icon

if TYPE_CHECKING:
    from generator.model.catalog import RichText, Texts


def read(folder: Path, ipas: tuple[str, ...] = (), **files: str | bytes) -> tuple[Texts, tuple[SiteError, ...]]:
    """Write files (`__` for `/`, `_md` for `.md`) and read the folder's texts."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_content(folder, sorted(folder.rglob("*.md")), [folder / name for name in ipas])


def source(text: RichText) -> str:
    """Return HTML with the places left open in brackets."""
    return "".join(part if isinstance(part, str) else f"[{part}]" for part in text.parts)


def test_each_text_is_known_by_where_it_stands(tmp_path: Path) -> None:
    texts, amiss = read(
        tmp_path,
        ("team/Acme-1.ipa",),
        index_md="Welcome",
        apps__com_example_md="About it",
        guide__start_md="# Start *here*\n\nText",
        privacy_md="No heading",
    )
    assert source(texts.front) == "<p>Welcome</p>"
    assert [(page.path.as_posix(), page.title) for page in texts.pages] == [
        ("guide/start/index.html", "Start *here*"),
        ("privacy/index.html", "Privacy"),
    ]
    assert source(texts.apps["com.example"].body) == "<p>About it</p>"
    assert amiss == ()


def test_notes_stand_beside_their_ipa(tmp_path: Path) -> None:
    (tmp_path / "team").mkdir()
    (tmp_path / "team/Acme-1.2.md").write_text("# New\n\n- faster")
    (tmp_path / "team/other.md").write_text("A page")
    texts, _ = read(tmp_path, ("team/Acme-1.2.ipa",))
    assert {path.name: source(text) for path, text in texts.notes.items()} == {
        "Acme-1.2.ipa": "<h3>New</h3>\n<ul>\n<li>faster</li>\n</ul>"
    }
    assert [page.path.as_posix() for page in texts.pages] == ["team/other/index.html"]


def test_front_matter_describes_an_app(tmp_path: Path) -> None:
    matter = """+++
name = "Acme"
subtitle = "For all"
order = 3
hidden = true
tags = ["a", "b"]
links = [{ title = "Docs", url = "https://example.com/" }]
screenshots = ["shot.png"]
+++
Body
"""
    texts, amiss = read(tmp_path, apps__com_acme_md=matter, apps__shot_png=encode_png(plain_icon()))
    app = texts.apps["com.acme"]
    assert (app.name, app.subtitle, app.order, app.hidden, app.tags) == ("Acme", "For all", 3, True, ("a", "b"))
    assert [(link.title, link.url) for link in app.links] == [("Docs", "https://example.com/")]
    assert [(str(shot.path), shot.width, shot.height) for shot in app.screenshots] == [
        ("media/apps/shot.png", 152, 152)
    ]
    assert source(app.body) == "<p>Body</p>"
    assert amiss == ()
    assert dict(texts.files())[PurePosixPath("media/apps/shot.png")].name == "shot.png"


def test_mistakes_in_front_matter_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read(
            tmp_path,
            apps__a_md="+++\nsubtitel = 'x'\norder = 'first'\n+++\n",
            page_md="+++\ntitle = \n+++\n",
            bad_md=b"\xff\xfe\xfa",
        )
    told = [(Path(mistake.where).name, mistake.message, mistake.hint) for mistake in caught.value.mistakes]
    assert ("a.md", "unknown key `subtitel`", "did you mean `subtitle`?") in told
    assert ("a.md", "`order` should be a whole number, not text", "") in told
    assert {name for name, _, _ in told} == {"a.md", "page.md", "bad.md"}


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<a href="javascript:alert(1)">x</a>',
        "[x](javascript:alert(1))",
        '<img src="x" onerror="alert(1)">',
        "<iframe src='https://example.com'></iframe>",
        "<style>body{display:none}</style>",
        '<p style="position:fixed">x</p>',
        "[x](data:text/html,<script>alert(1)</script>)",
        "<svg><script>alert(1)</script></svg>",
    ],
)
def test_nothing_in_a_text_runs(tmp_path: Path, text: str) -> None:
    texts, _ = read(tmp_path, index_md=text)
    html = source(texts.front).lower()
    for word in ("alert(1)<", "javascript:", "onerror", "<script", "<iframe", "<style", "style=", "data:"):
        assert word not in html


def test_markdown_has_tables_code_and_lists(tmp_path: Path) -> None:
    texts, _ = read(tmp_path, index_md="| a |\n|---|\n| b |\n\n```\n<x>\n```\n")
    html = source(texts.front)
    assert "<table>" in html
    assert "&lt;x&gt;" in html


def test_pictures_and_pages_are_linked_wherever_the_text_ends_up(tmp_path: Path) -> None:
    (tmp_path / "pics").mkdir()
    (tmp_path / "pics/a b.png").write_bytes(encode_png(plain_icon()))
    texts, amiss = read(
        tmp_path,
        index_md="![shot](pics/a%20b.png) [more](guide/start.md) [top](#top) [out](https://example.com/?a=1&b=2)",
        guide__start_md="[back](../guide/start.md)",
    )
    html = source(texts.front)
    assert 'src="[media/pics/a b.png]"' in html
    assert 'href="[guide/start/index.html]"' in html
    assert 'href="#top"' in html
    assert 'href="https://example.com/?a=1&amp;b=2"' in html
    assert amiss == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("![x](https://tracker.example/pixel.png)", "shows a picture from https://tracker.example/pixel.png"),
        ("![x](missing.png)", "links to missing.png, which is not there"),
        ("[x](../secret.txt)", "links to ../secret.txt, which is not there"),
        ("[x](Acme.mobileprovision)", "links to Acme.mobileprovision, which is not there"),
    ],
)
def test_what_cannot_be_published_is_left_out_and_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    content = tmp_path / "content"
    content.mkdir()
    (content / "Acme.mobileprovision").write_text("private")
    texts, amiss = read(content, index_md=text)
    assert [error.message for error in amiss] == [told]
    assert texts.files() == ()
    assert "tracker" not in source(texts.front)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        texts, _ = read(Path(folder), index_md="x" + text.encode("utf-8", "replace").decode())
    assert "<script" not in source(texts.front)
