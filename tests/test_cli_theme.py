"""`ota-site theme`: starting a theme, taking a template of its parent's, and what is said when that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ota_site.i18n.languages import load_language
from ota_site.site.views.contract import TEMPLATES, HelpPage, SiteView
from ota_site.theme.layers import bundled_themes, load_theme
from ota_site.theme.printer import page_printer
from tests.test_cli import run
from tests.views_made import full

if TYPE_CHECKING:
    from pathlib import Path


def project(folder: Path, *, theme: str | None = None) -> Path:
    """Return a folder with an empty content folder, and a theme chosen in it."""
    (folder / "content").mkdir()
    (folder / "content/site.toml").write_text(f'theme = "{theme}"\n' if theme else "")
    return folder


def printed(folder: Path, name: str, page: type = HelpPage) -> str:
    """Return a page, printed by a theme of the project."""
    return page_printer(load_theme(name, folder), {"en": load_language("en")})(full(SiteView), full(page))


@pytest.mark.parametrize("parent", ["default", "compact"])
@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: page.__name__)
def test_a_new_theme_prints_what_its_parent_does_and_one_stylesheet_more(
    tmp_path: Path, parent: str, page: type
) -> None:
    done = run(project(tmp_path), "theme", "new", "acme", "--extends", parent)
    files = [f"themes/acme/{name}" for name in ("theme.toml", "templates/base.html", "static/acme.css")]
    assert (done.returncode, done.stdout.split()) == (0, files)
    assert 'set theme = "acme" in content/site.toml' in done.stderr
    assert all((tmp_path / file).is_file() for file in files)
    link = f'<link rel="stylesheet" href="{full(SiteView).assets}acme.css">'
    html = printed(tmp_path, "acme", page)
    assert html.count(link) == 1
    assert html.replace(link, "").split() == printed(tmp_path, parent, page).split()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("new", "default"), "is the name of a bundled theme"),
        (("new", "a/b"), "is not a theme name"),
        (("new", ".."), "is not a theme name"),
        (("new", "mine"), "themes/mine: it already exists"),
        (("new", "other", "--extends", "defualt"), "--extends: there is no theme 'defualt'"),
        (("eject", "ap.html", "--theme", "mine"), "did you mean app.html?"),
        (("eject", "../theme.toml", "--theme", "mine"), "has a template '../theme.toml'"),
        (("eject", "app.html"), "theme default is bundled with ota-site"),
        (("eject", "app.html"), "choose yours with --theme mine"),
        (("eject", "app.html", "--theme", "mien"), "there is no theme 'mien'"),
        (("eject", "base.html", "--theme", "mine"), "use --force to replace it"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    run(project(tmp_path), "theme", "new", "mine")
    before = sorted(tmp_path.rglob("*"))
    done = run(tmp_path, "theme", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_who_has_no_theme_yet_is_told_how_to_start_one(tmp_path: Path) -> None:
    done = run(project(tmp_path), "theme", "eject", "app.html")
    assert done.returncode == 1
    assert "ota-site theme new NAME" in done.stderr


def test_a_template_is_copied_into_the_theme_that_the_site_uses(tmp_path: Path) -> None:
    run(project(tmp_path, theme="mine"), "theme", "new", "mine")
    done = run(tmp_path, "theme", "eject", "help.html")
    copy = tmp_path / "themes/mine/templates/help.html"
    assert (done.returncode, done.stdout) == (0, "themes/mine/templates/help.html\n")
    assert '{% extends "default:help.html" %}' in done.stderr
    assert copy.read_bytes() == (bundled_themes() / "default/templates/help.html").read_bytes()
    copy.write_text("<h1>Mine</h1>")
    assert printed(tmp_path, "mine") == "<h1>Mine</h1>"
    assert run(tmp_path, "theme", "eject", "help.html").returncode == 1
    assert run(tmp_path, "theme", "eject", "help.html", "--force").returncode == 0
    assert copy.read_bytes() == (bundled_themes() / "default/templates/help.html").read_bytes()


def test_a_template_comes_from_the_nearest_parent_that_has_it(tmp_path: Path) -> None:
    run(project(tmp_path), "theme", "new", "mine", "--extends", "compact")
    for template, parent in (("base.html", "compact"), ("app.html", "default")):
        done = run(tmp_path, "theme", "eject", template, "--theme", "mine", "--force")
        assert f'"{parent}:{template}"' in done.stderr


def test_all_themes_are_listed_with_what_they_extend(tmp_path: Path) -> None:
    run(project(tmp_path), "theme", "new", "mine")
    lines = run(tmp_path, "theme", "list").stdout.splitlines()
    assert lines == [
        "compact       extends default, bundled with ota-site",
        "default       extends nothing, bundled with ota-site",
        "mine          extends default, themes/mine",
    ]


@pytest.mark.parametrize(("here", "content"), [("", "deep/content"), ("deep/content", "."), ("deep/content/a", "..")])
def test_a_theme_stands_beside_the_content_wherever_that_is(tmp_path: Path, here: str, content: str) -> None:
    (tmp_path / "deep").mkdir()
    project(tmp_path / "deep", theme="mine")
    (tmp_path / "deep/content/a").mkdir()
    run(tmp_path / here, "theme", "new", "mine", "--content", content)
    assert (tmp_path / "deep/themes/mine/theme.toml").is_file()
    assert run(tmp_path / here, "build", content, "-o", str(tmp_path / "_site")).returncode == 0


def test_a_template_is_copied_byte_by_byte(tmp_path: Path) -> None:
    run(project(tmp_path), "theme", "new", "parent")
    run(tmp_path, "theme", "new", "mine", "--extends", "parent")
    (tmp_path / "themes/parent/templates/help.html").write_bytes(b"\xe9")
    assert run(tmp_path, "theme", "eject", "help.html", "--theme", "mine").returncode == 0
    assert (tmp_path / "themes/mine/templates/help.html").read_bytes() == b"\xe9"
