"""Texts become safe HTML, with their links in order."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.catalog.paths import app_page
from ota_site.content.texts import read_content
from ota_site.model.catalog import Site
from ota_site.model.errors import SettingsError, SiteError
from ota_site.model.texts import BuildText, Origin
from ota_site.sources.scan import find_files
from ota_site.sources.sidecars import read_sidecars
from tests.builds import BUILD, catalog_of, other
from tests.builds import source as made_up
from tests.pictures import encode_png, plain_icon

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ota_site.model.texts import RichText, Texts

GERMAN = Site(languages=("en", "de"))
THREE = Site(languages=("en", "de", "pt-BR"))


def read_all(
    folder: Path, files: Mapping[str, str | bytes], *, apps: tuple[str, ...] = (), site: Site | None = None
) -> tuple[dict[str, Texts], tuple[SiteError, ...]]:
    """Write files by their paths and read the folder's texts. apps: the bundle identifiers that there are."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = find_files(folder, leave_out=folder / "_site")
    builds = [(ipa, BUILD) for ipa in found.ipas]
    builds += [(made_up(f"{app}.ipa"), other(BUILD, bundle_id=app)) for app in apps]
    return read_content(folder, found, builds, read_sidecars(found, []), site or Site())


def read(folder: Path, ipas: tuple[str, ...] = (), **files: str | bytes) -> tuple[Texts, tuple[SiteError, ...]]:
    """Write files (`__` for `/`, `_md` for `.md`) and empty IPAs, and read the folder's texts in its one language.

    There is an app for each text about one.
    """
    named = {name.replace("__", "/").replace("_", "."): text for name, text in files.items()}
    apps = tuple(name[len("apps/") : -len(".md")] for name in named if name.startswith("apps/"))
    texts, amiss = read_all(folder, {**named, **dict.fromkeys(ipas, "")}, apps=apps)
    return texts["en"], amiss


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
    files = {"team/Acme-1.2.md": "# New\n\n- faster", "team/other.md": "A page", "team/Acme-1.2.ipa": ""}
    texts = read_all(tmp_path, files)[0]["en"]
    assert {path.name: source(build.notes) for path, build in texts.builds.items()} == {
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


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("# Title\n\n## One\n\n### Two\n\n## Three", ["2", "3", "2"]),
        ("## Not a title\n\ntext\n\n# Later", ["3", "2"]),
        ("#### Deep", ["2"]),
        ("# T\n\n" + "\n\n".join("#" * level + " x" for level in range(1, 7)), ["2", "3", "4", "5", "6", "6"]),
    ],
)
def test_headings_follow_that_of_the_page_without_a_gap(tmp_path: Path, text: str, levels: list[str]) -> None:
    texts, _ = read(tmp_path, guide_md=text)
    assert re.findall(r"<h(\d)", source(texts.pages[0].body)) == levels


def test_a_picture_has_its_size_unless_the_owner_gave_one(tmp_path: Path) -> None:
    picture = encode_png(plain_icon())
    texts, _ = read(tmp_path, index_md='![A](a.png)\n\n<img src="a.png" width="20">', a_png=picture)
    assert source(texts.front).count('<img width="152" height="152"') == 1
    assert source(texts.front).count('width="20"') == 1


def test_a_link_that_leads_nowhere_is_its_words(tmp_path: Path) -> None:
    texts, amiss = read(tmp_path, index_md="See [the *guide*](guide.md) and [this](https://example.com/).")
    assert source(texts.front).startswith("<p>See the <em>guide</em> and <a href=")
    assert len(amiss) == 1


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
    assert 'href="#text-top"' in html
    assert 'href="https://example.com/?a=1&amp;b=2"' in html
    assert amiss == ()


def test_headings_are_linked_where_a_text_is_alone_on_its_page(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"")
    texts, amiss = read(
        tmp_path,
        ("Acme.ipa",),
        page_md="[TOC]\n\n## Grüße & 日本\n\n## main\n\n<h2 id=name title='#1'>x</h2>\n\n<h2 id='a b'>y</h2>",
        index_md="[a](page.md#main) [b](a.pdf#page=3)",
        Acme_md="# main\n\n[a](#main) [b](page.md#main)",
    )
    (page,) = texts.pages
    html = source(page.body)
    for anchor in ("text-grüße-日本", "text-main"):
        assert f'href="#{anchor}"' in html
        assert f'<h2 id="{anchor}">' in html
    assert '<h2 id="text-name" title="#1">' in html
    assert "<h2>y</h2>" in html
    assert 'href="[page/index.html]#text-main"' in source(texts.front)
    assert 'href="[media/a.pdf]#page=3"' in source(texts.front)
    (notes,) = texts.builds.values()
    assert source(notes.notes).startswith('<h3>main</h3>\n<p>a <a href="[page/index.html]#text-main"')
    assert amiss == ()


def test_the_front_page_and_apps_are_linked_by_their_texts(tmp_path: Path) -> None:
    files = {
        "index.md": "[a](apps/com.example.a.md) [b](apps/b_b.de.md)",
        "apps/com.example.a.md": "[home](../index.md)",
        "apps/b_b.md": "",
        "apps/b_b.de.md": "",
        "apps/c.md": "[other](../Acme.md)",
        "Acme.md": "",
        "Acme.ipa": "",
    }
    texts, amiss = read_all(tmp_path, files, apps=("com.example.a", "b_b", "c"), site=GERMAN)
    pages = [
        app_page(app) for app in catalog_of(*(other(BUILD, bundle_id=each) for each in ("com.example.a", "b_b"))).apps
    ]
    assert all(f'href="[{page}]"' in source(texts["en"].front) for page in pages)
    assert 'href="[index.html]"' in source(texts["en"].apps["com.example.a"].body)
    assert [error.message for error in amiss] == ["names ../Acme.md, which is not published"]


def test_a_screenshot_that_was_not_fetched_is_told(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    matter = '+++\nscreenshots = ["shot.png"]\n+++\n'
    texts, amiss = read_all(tmp_path, {"apps/a.md": matter, "apps/shot.png": pointer}, apps=("a",))
    assert [(error.message, error.hint[:18]) for error in amiss] == [
        ("names shot.png, which is a Git LFS pointer", "run `git lfs pull`")
    ]
    assert texts["en"].files() == ()


def test_a_text_about_no_app_is_told(tmp_path: Path) -> None:
    files = {"apps/com.example.ketle.md": "", "apps/com.example.ketle.de.md": "", "apps/z.md": ""}
    _, amiss = read_all(tmp_path, files, apps=("com.example.kettle", "com.example.kite"), site=GERMAN)
    told = [(Path(error.where).name, error.message, error.hint) for error in amiss]
    message, nearest = "there is no such app, so it is ignored", "did you mean com.example.kettle.md?"
    assert told == [
        ("com.example.ketle.de.md", message, nearest),
        ("com.example.ketle.md", message, nearest),
        ("z.md", message, "rename it to the bundle identifier of an app in your folder"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("![x](https://tracker.example/pixel.png)", "shows an image from https://tracker.example/pixel.png"),
        ("![x](missing.png)", "names missing.png, which does not exist"),
        ("[x](../secret.txt)", "names ../secret.txt, which does not exist"),
        ("![x](lfs.png)", "names lfs.png, which is a Git LFS pointer"),
        ("[x](lfs.pdf)", "names lfs.pdf, which is a Git LFS pointer"),
        ("[x](Acme.mobileprovision)", "names Acme.mobileprovision, which is not published"),
    ],
)
def test_what_cannot_be_published_is_left_out_and_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    content = tmp_path / "content"
    content.mkdir()
    (content / "Acme.mobileprovision").write_text("private")
    for name in ("lfs.png", "lfs.pdf"):
        (content / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
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


def test_a_text_that_is_nested_without_an_end_is_told(tmp_path: Path) -> None:
    texts, amiss = read(tmp_path, index_md="- " * 5000 + "x", page_md="- x")
    (error,) = amiss
    assert error.message == "its lists or quotes are nested too deeply, so it is shown as plain text"
    assert source(texts.front).startswith("<p>- - - ")
    assert "<li>x</li>" in source(texts.pages[0].body)


MARKS = "it has too much markup, so it is shown as plain text"
COSTLY = {
    "brackets": ("[" * 8000, MARKS),
    "pictures": ("![" * 8000, MARKS),
    "links": ("[a](b" * 8000, MARKS),
    "code": ("``a`" * 10000, MARKS),
    "tags": ("<p\n" * 8000, MARKS),
    "declarations": ("<![" * 8000, MARKS),
    "headings": ("a\n=\n" * 8000, MARKS),
    "rules": ("* * *\n" * 30000, MARKS),
    "long": ("words\n" * 40000, "it is longer than 200,000 characters, so it is shown as plain text"),
}


@pytest.mark.parametrize(("text", "message"), COSTLY.values(), ids=COSTLY)
def test_a_text_that_costs_too_much_is_shown_plain(tmp_path: Path, text: str, message: str) -> None:
    texts, amiss = read(tmp_path, index_md=text, page_md="[x](https://example.com/)")
    assert [error.message for error in amiss] == [message]
    assert unescape(source(texts.front)).replace("<br>", "\n").count(text[:2]) >= text.count(text[:2]) - 1
    assert "<a href" in source(texts.pages[0].body)


def test_a_long_list_of_changes_is_not_too_much(tmp_path: Path) -> None:
    change = "- [#{0}](https://example.com/{0}): the **list** of `apps` is shorter\n"
    texts, amiss = read(tmp_path, index_md="# Changes\n\n" + "".join(change.format(number) for number in range(1500)))
    assert (source(texts.front).count("<strong>"), amiss) == (1500, ())


def test_no_text_can_make_a_place_that_the_program_fills(tmp_path: Path) -> None:
    text = "&#xE000;99&#xE001; \ue0000\ue001 [a](b.md) ![x](&#xE000;1&#xE001;)"
    texts, _ = read(tmp_path, index_md=text, b_md="B")
    assert "99" in source(texts.front)


@pytest.mark.parametrize(
    "link", ["http://[", "//[", "%00.png", "a%00b", "x" * 5000, "x" * 5000 + ".png", "?", "%", "https://[::1"]
)
def test_a_link_that_is_no_address_is_left_out(tmp_path: Path, link: str) -> None:
    texts, _ = read(tmp_path, index_md=f"before [x]({link}) ![y]({link}) after")
    assert "before" in source(texts.front)
    assert "<img src" not in source(texts.front)


def told(folder: Path, files: Mapping[str, str | bytes], **changes: object) -> list[str]:
    """Return the mistakes that stop a build, each as `file: message (hint)`."""
    with pytest.raises(SettingsError) as caught:
        read_all(folder, files, **changes)  # type: ignore[arg-type] # as the caller names them
    return [str(mistake).removeprefix(f"{folder}/") for mistake in caught.value.mistakes]


def notes(folder: Path, texts: dict[str, Texts], ipa: str) -> dict[str, tuple[str, str]]:
    """Return the notes of a build in each language, with the language that they are written in."""
    found = {tag: each.builds[folder / ipa].notes for tag, each in texts.items()}
    return {tag: (source(body), body.language) for tag, body in found.items()}


def test_a_text_is_shown_in_each_language_and_in_the_sites_own_where_it_is_not_translated(tmp_path: Path) -> None:
    files = {
        "index.md": "Welcome",
        "index.de.md": "Willkommen",
        "Acme-1.2.ipa": "",
        "Acme-1.2.md": "Faster",
        "Acme-1.2.PT-br.md": "Mais rápido",
        "privacy.md": "# Privacy\n\nNone.",
        "privacy.de.md": "# Datenschutz\n\nKeiner.",
        "guide/index.md": "# Guide\n\n[terms](../privacy.md)",
        "guide/index.de.md": "[Bedingungen](../privacy.de.md)",
    }
    texts, amiss = read_all(tmp_path, files, site=THREE)
    assert amiss == ()
    assert {tag: source(each.front) for tag, each in texts.items()} == {
        "en": "<p>Welcome</p>",
        "de": "<p>Willkommen</p>",
        "pt-BR": "<p>Welcome</p>",
    }
    assert notes(tmp_path, texts, "Acme-1.2.ipa") == {
        "en": ("<p>Faster</p>", "en"),
        "de": ("<p>Faster</p>", "en"),
        "pt-BR": ("<p>Mais rápido</p>", "pt-BR"),
    }
    pages = {tag: [(str(page.path), page.title) for page in each.pages] for tag, each in texts.items()}
    assert pages["en"] == pages["pt-BR"] == [("guide/index.html", "Guide"), ("privacy/index.html", "Privacy")]
    assert pages["de"] == [("guide/index.html", "Guide"), ("privacy/index.html", "Datenschutz")]
    # A link to a page leads to the page, in whatever language it is named.
    assert 'href="[privacy/index.html]"' in source(texts["de"].pages[0].body)
    assert texts["pt-BR"].pages[0].body.language == "en"


def test_a_text_that_is_not_in_the_sites_own_language_is_better_than_none(tmp_path: Path) -> None:
    files = {"Acme.ipa": "", "Acme.de.md": "Schneller", "Acme.pt-BR.md": "Mais rápido", "help.pt-BR.md": "# Ajuda\n\nx"}
    texts, _ = read_all(tmp_path, files, site=THREE)
    assert notes(tmp_path, texts, "Acme.ipa") == {
        "en": ("<p>Schneller</p>", "de"),
        "de": ("<p>Schneller</p>", "de"),
        "pt-BR": ("<p>Mais rápido</p>", "pt-BR"),
    }
    assert [(page.title, page.body.language) for page in texts["en"].pages] == [("Ajuda", "pt-BR")]


def test_a_translation_of_an_app_changes_what_it_gives(tmp_path: Path) -> None:
    own = """+++
name = "Sheep counter"
subtitle = "Counts"
order = 3
hidden = true
tags = ["farm"]
links = [{ title = "Manual", url = "https://example.com/" }]
contact = "qa@example.com"
minimum_build = "45"
+++
Counts sheep.
"""
    german = '+++\nname = "Schafzähler"\ntags = []\nhidden = false\n+++\n'
    files = {"apps/com.acme.md": own, "apps/com.acme.de.md": german, "apps/com.acme.pt-BR.md": "Conta ovelhas."}
    texts, _ = read_all(tmp_path, files, apps=("com.acme",), site=THREE)
    english, translated, portuguese = (texts[tag].apps["com.acme"] for tag in ("en", "de", "pt-BR"))
    assert (english.name, english.tags, english.hidden, english.minimum_build) == (
        *("Sheep counter", ("farm",), True),
        "45",
    )
    assert (translated.name, translated.tags, translated.hidden) == ("Schafzähler", (), False)
    assert (translated.subtitle, translated.order, translated.links) == ("Counts", 3, english.links)
    assert (translated.contact, translated.minimum_build) == ("qa@example.com", "45")
    assert (source(translated.body), translated.body.language) == ("<p>Counts sheep.</p>", "en")
    assert (portuguese.name, source(portuguese.body)) == ("Sheep counter", "<p>Conta ovelhas.</p>")


def test_a_name_is_never_shown_in_another_language_than_it_is_given_in(tmp_path: Path) -> None:
    german = '+++\nname = "Schafzähler"\nsubtitle = "Zählt"\norder = 7\n+++\nZählt Schafe.'
    texts, _ = read_all(tmp_path, {"apps/com.acme.de.md": german}, apps=("com.acme",), site=GERMAN)
    english = texts["en"].apps["com.acme"]
    assert (english.name, english.subtitle, english.order) == (None, None, 7)
    assert (source(english.body), english.body.language) == ("<p>Zählt Schafe.</p>", "de")


def test_the_end_of_a_name_that_an_ipa_or_an_app_has_is_no_language(tmp_path: Path) -> None:
    files = {
        "Acme.ipa": "",
        "Acme.de.ipa": "",
        "Acme.de.md": "Of the build Acme.de",
        "Acme.de.de.md": "Auf Deutsch",
        "apps/com.example.de.md": "The app com.example.de",
        "apps/com.example.de.de.md": "Die App",
    }
    texts, _ = read_all(tmp_path, files, apps=("com.example", "com.example.de"), site=GERMAN)
    assert notes(tmp_path, texts, "Acme.de.ipa") == {
        "en": ("<p>Of the build Acme.de</p>", "en"),
        "de": ("<p>Auf Deutsch</p>", "de"),
    }
    assert notes(tmp_path, texts, "Acme.ipa")["en"][0] == ""
    assert texts["en"].pages == ()
    assert set(texts["de"].apps) == {"com.example.de"}
    assert source(texts["de"].apps["com.example.de"].body) == "<p>Die App</p>"


def test_a_text_in_a_language_that_the_site_is_not_made_in_is_told_and_no_page(tmp_path: Path) -> None:
    files = {"Acme.ipa": "", "Acme.fr.md": "Plus vite", "privacy.md": "x", "privacy.fr.md": "y", "notes.v2.md": "z"}
    texts, amiss = read_all(tmp_path, files, site=GERMAN)
    assert [(Path(each.where).name, each.message) for each in amiss] == [
        ("Acme.fr.md", "the site does not use its language, so it is ignored"),
        ("privacy.fr.md", "the site does not use its language, so it is ignored"),
    ]
    assert "'fr' to `languages`" in amiss[0].hint
    assert [str(page.path) for page in texts["en"].pages] == ["notes.v2/index.html", "privacy/index.html"]


def test_two_texts_of_one_language_are_a_mistake(tmp_path: Path) -> None:
    files = {"index.md": "a", "index.en.md": "b", "privacy.de.md": "c", "privacy.DE.md": "d"}
    mistakes = told(tmp_path, files, site=GERMAN)
    assert [mistake.partition(" (")[0] for mistake in mistakes] == [
        "index.md: it is for the same text and language as index.en.md",
        "privacy.de.md: it is for the same text and language as privacy.DE.md",
    ]


def test_the_notes_of_an_ipa_that_cannot_be_read_are_no_page(tmp_path: Path) -> None:
    (tmp_path / "Broken.ipa").write_text("no")
    (tmp_path / "Broken.md").write_text("secret plans")
    found = find_files(tmp_path, leave_out=tmp_path / "_site")
    texts, _ = read_content(tmp_path, found, [], read_sidecars(found, []), Site())
    assert texts["en"].pages == ()


def test_notes_and_sidecars_say_of_a_build_and_the_notes_win_key_by_key(tmp_path: Path) -> None:
    files = {
        "nightly/Acme.ipa": "",
        "nightly/Acme.md": '+++\nchannel = "pilot"\nmandatory = false\n+++\nNew.',
        "nightly/Acme.de.md": '+++\nchannel = "other"\nbranch = "main"\n+++\nNeu.',
        "nightly/Acme.toml": 'channel = "x"\nmandatory = true\nbranch = "x"\ncommit = "0f3c"\nrun = "https://ci.example/7"',
        "nightly/Plain.ipa": "",
    }
    texts, _ = read_all(tmp_path, files, site=GERMAN)
    origin = Origin(commit="0f3c", branch="main", run="https://ci.example/7")
    for tag in ("en", "de"):
        acme = texts[tag].builds[tmp_path / "nightly/Acme.ipa"]
        assert (acme.channel, acme.mandatory, acme.origin) == ("pilot", False, origin)
        assert texts[tag].builds[tmp_path / "nightly/Plain.ipa"] == BuildText(channel="nightly")


def test_a_channel_has_one_spelling(tmp_path: Path) -> None:
    files = {"Beta/a.ipa": "", "beta/b.ipa": "", "c.ipa": "", "c.toml": 'channel = "BETA"', "RELEASE/d.ipa": ""}
    texts, _ = read_all(tmp_path, files, site=Site(channels=("release",)))
    builds = texts["en"].builds
    assert [build.channel for build in builds.values()] == ["Beta", "release", "Beta", "Beta"]


@pytest.mark.parametrize(
    ("name", "matter", "mistake"),
    [
        ("Acme.md", 'channel = ["beta"]', "Acme.md: `channel` should be text, not a list"),
        ("Acme.md", 'channel = ""', "Acme.md: `channel` '' is not a channel name (use 1 to 40 characters"),
        ("Acme.md", 'channel = " beta"', "`channel` ' beta' is not a channel name"),
        ("Acme.md", 'chanel = "beta"', "unknown key `chanel` (did you mean `channel`?)"),
        ("Acme.md", 'mandatory = "yes"', "`mandatory` should be true or false, not text"),
        ("Acme.md", "commit = 1234567", "`commit` should be text, not a whole number"),
        ("Acme.md", 'commit = ""', "`commit` is empty"),
        ("Acme.md", 'branch = "a\\nb"', "`branch` is not a short line of text"),
        (
            "Acme.de.md",
            'run = "http://ci.example/7"',
            "Acme.de.md: `run` 'http://ci.example/7' is not an https address",
        ),
        ("Acme.md", 'repository = "https://me:pw@git.example/a"', "`repository` contains a user name or password"),
        ("apps/a.md", 'contact = ""', "apps/a.md: `contact` is empty (remove it, or write it as qa@example.com"),
        ("apps/a.md", "minimum_build = 45", "`minimum_build` should be text, not a whole number"),
        ("apps/a.md", 'order = "first"', "`order` should be a whole number, not text"),
        ("apps/a.md", "hidden = 1", "`hidden` should be true or false, not a whole number"),
        ("apps/a.md", 'tags = "a"', "`tags` should be a list, not text"),
        ("apps/a.md", 'links = [{ title = "x" }]', "`links` entry 1 lacks `url`"),
        ("index.md", 'title = "x"', "index.md: unknown key `title` (remove it, because no keys are allowed here)"),
        ("page.md", "title =", "page.md: its front matter is not valid TOML: "),
        ("apps/a.md", 'links = [{ title = "x", url = "https://example.com/", rel = "x" }]', "unknown key `rel`"),
    ],
)
def test_a_mistake_in_front_matter_is_told_with_its_file_and_key(
    tmp_path: Path, name: str, matter: str, mistake: str
) -> None:
    (found,) = told(tmp_path, {"Acme.ipa": "", name: f"+++\n{matter}\n+++\n"}, site=GERMAN)
    assert mistake in found


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("---\nhidden: true\n---\nWords.", "its front matter is YAML (write it as TOML between two lines of +++"),
        ("+++\nhidden = true\n\nWords.", "its front matter is not closed (add a line with only +++ below it"),
    ],
)
def test_what_was_meant_as_front_matter_is_not_passed_over(tmp_path: Path, text: str, mistake: str) -> None:
    (found,) = told(tmp_path, {"apps/a.md": text})
    assert mistake in found


def test_a_line_across_the_page_begins_no_front_matter(tmp_path: Path) -> None:
    texts, amiss = read(tmp_path, index_md="---\n\nWords: a few.\n\n---\n", page_md="\n\n+++\ntitle = 'A'\n+++\nWords.")
    assert source(texts.front).count("<hr>") == 2
    assert (texts.pages[0].title, amiss) == ("A", ())


def test_a_link_that_leads_to_no_text_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "page.md").symlink_to("gone.md")
    (tmp_path / "other.md").write_text("words")
    assert [page.title for page in read(tmp_path)[0].pages] == ["Other"]


def test_mistakes_of_texts_and_sidecars_are_told_together(tmp_path: Path) -> None:
    found = told(tmp_path, {"a.ipa": "", "a.md": "+++\nx = 1\n+++", "a.toml": "y = 1", "b.ipa": "", "b.toml": "="})
    assert [mistake.partition(":")[0] for mistake in found] == ["a.md", "a.toml", "b.toml"]
