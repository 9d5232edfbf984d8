"""The theme contract, the bundled themes held against it, and how a theme lies over another."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from ota_site.i18n.languages import load_language
from ota_site.model.errors import SiteError
from ota_site.model.records import replace
from ota_site.model.texts import AppText, BuildText, Link, RichText, Screenshot, TextPage, Texts
from ota_site.site.plan import plan_site
from ota_site.site.recipes import PageOutput
from ota_site.site.views import contract
from ota_site.site.views.contract import TEMPLATES, PageView, SiteView
from ota_site.site.views.document import contract_document, described
from ota_site.theme.layers import bundled_themes, load_theme
from ota_site.theme.printer import page_printer
from ota_site.theme.starter import start_theme
from tests.builds import BARE, BUILD, SITE, other, site_input_of
from tests.views_made import bare, full

if TYPE_CHECKING:
    from collections.abc import Callable

    from ota_site.model.build import Build
    from ota_site.model.catalog import Site

BUNDLED = sorted(sheet.parent.name for sheet in bundled_themes().glob("*/theme.toml"))
THEMES = Path(__file__).parents[1] / "themes"
PROSE = RichText(("<p>words</p>",))
TEXTS = Texts(
    front=PROSE,
    apps={
        BUILD.bundle_id: AppText(
            subtitle="For <testers>",
            tags=("one", "two"),
            links=(Link(title="Docs", url="https://example.com/"),),
            screenshots=(Screenshot(path=PurePosixPath("media/a.png"), source=Path("a.png"), width=3, height=4),),
            body=PROSE,
        )
    },
    builds={Path("content/build-0.ipa"): BuildText(notes=PROSE, channel="beta")},
    pages=(TextPage(path=PurePosixPath("about/index.html"), title="About", body=PROSE),),
)
FULL = (BUILD, other(BUILD, version="1.0", icon=None), other(BUILD, platform="iPhoneSimulator", name="R & D <β>"), BARE)


def printed(
    *builds: Build, theme: str = "default", project: Path = Path(), texts: Texts | None = None, site: Site = SITE
) -> dict[str, str]:
    """Return every page of the site of these builds, printed."""
    site_input = site_input_of(*builds, texts=texts, site=site)
    languages = {edition.language.tag: edition.language for edition in site_input.localized}
    show = page_printer(load_theme(theme, project), languages)
    return {
        page.path.as_posix(): show(page.site, page.page)
        for page in plan_site(site_input)
        if isinstance(page, PageOutput)
    }


def write_theme(folder: Path, sheet: str, **templates: str) -> None:
    """Write a theme of a project's own."""
    (folder / "templates").mkdir(parents=True)
    (folder / "theme.toml").write_text(sheet)
    for name, text in templates.items():
        (folder / "templates" / f"{name}.html").write_text(text)


def test_the_contract_is_what_the_document_says() -> None:
    assert (THEMES / "CONTRACT.md").read_text("utf-8") == contract_document()


@pytest.mark.parametrize("view", [SiteView, *TEMPLATES], ids=lambda view: view.__name__)
def test_a_view_offers_its_documented_fields_and_nothing_else(view: type) -> None:
    names = {name for name, _, words in described(view) if words.endswith(".")}
    assert {name for name in dir(view) if not name.startswith("_")} == names


@pytest.mark.parametrize("theme", BUNDLED)
@pytest.mark.parametrize("site", [SITE, replace(SITE, base_url=None), replace(SITE, indexed=True)])
@pytest.mark.parametrize(
    ("builds", "texts"),
    [(FULL, TEXTS), ((), Texts()), ((BARE,), Texts())],
    ids=["everything", "empty", "bare"],
)
def test_a_bundled_theme_prints_every_page(builds: tuple[Build, ...], texts: Texts, site: Site, theme: str) -> None:
    for html in printed(*builds, texts=texts, site=site, theme=theme).values():
        assert len(re.findall(r"<h1[ >]", html)) == 1
        assert ">None<" not in html


@pytest.mark.parametrize("theme", BUNDLED)
@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: page.__name__)
@pytest.mark.parametrize("site", [full, bare])
@pytest.mark.parametrize("view", [full, bare])
def test_a_bundled_theme_asks_for_no_more_than_the_contract_promises(
    page: type[PageView], view: Callable[[type], PageView], site: Callable[[type], SiteView], theme: str
) -> None:
    show = page_printer(load_theme(theme, Path()), {"en": load_language("en")})
    assert "</html>" in show(site(SiteView), view(page))


@pytest.mark.parametrize("theme", [name for name in BUNDLED if name != "default"])
def test_every_block_of_a_theme_that_extends_another_is_in_its_parent(theme: str) -> None:
    (_, own), (_, parent) = load_theme(theme, Path()).layers
    for template in own.glob("templates/*.html"):
        theirs = (parent / "templates" / template.name).read_text("utf-8")
        for name in re.findall(r"{% block (\w+)", template.read_text("utf-8")):
            assert f"{{% block {name} %}}" in theirs


def test_names_are_text_on_every_page() -> None:
    for html in printed(*FULL, texts=TEXTS).values():
        assert "<β>" not in html
        assert "<testers>" not in html


def test_the_button_is_a_plain_link() -> None:
    html = printed(BUILD)["apps/com.example.sample/index.html"]
    link = re.search(r'<a class="install" href="([^"]+)"', html)
    assert link is not None
    assert link[1] == (
        "itms-services://?action=download-manifest&amp;url="
        "https%3A%2F%2Fapps.example.com%2Fdemo%2Fapps%2Fcom.example.sample%2F1.2.3-45%2Fmanifest.plist"
    )


@pytest.mark.parametrize("theme", BUNDLED)
def test_no_page_fetches_or_runs_anything_of_others(theme: str) -> None:
    for page in printed(*FULL, theme=theme).values():
        html = re.sub(r'<script src="[^":]+"(?: defer)?></script>', "", page)
        assert not re.findall(r"<(?:script|iframe|style)|\bon\w+=|style=|(?:src|srcset)=\"https?:", html)
        for link in re.findall(r"<link rel=\"(?:stylesheet|icon|manifest)\" [^>]*href=\"([^\"]+)\"", html):
            assert "://" not in link


@pytest.mark.parametrize("theme", BUNDLED)
def test_what_pages_link_of_the_theme_is_there(theme: str) -> None:
    files = dict(load_theme(theme, Path()).static)
    links = {link for page in printed(*FULL, theme=theme).values() for link in re.findall(r'assets/0123/([^"]+)', page)}
    assert "style.css" in links
    assert {PurePosixPath(link) for link in links} <= set(files)


def test_a_themes_own_stylesheet_comes_after_its_parents_and_before_the_owners(tmp_path: Path) -> None:
    start_theme(tmp_path, "mine", "compact")
    show = page_printer(load_theme("mine", tmp_path), {"en": load_language("en")})
    html = show(replace(full(SiteView), assets="a/", look="look.css"), full(contract.HelpPage))
    styles = re.findall(r'<link rel="stylesheet" href="([^"]+)">', html)
    assert styles == ["a/style.css", "a/compact.css", "a/mine.css", "look.css"]


def test_no_template_switches_escaping_off() -> None:
    for template in bundled_themes().glob("*/templates/*.html"):
        assert "|safe" not in template.read_text("utf-8").replace(" ", "")


def test_a_project_overrides_one_block_of_one_page(tmp_path: Path) -> None:
    sheet = 'name = "mine"\ncontract = 1\nextends = "default"\n'
    block = '{% extends "default:404.html" %}{% block main %}<h1>Gone fishing</h1>{% endblock %}'
    write_theme(tmp_path / "themes/mine", sheet, **{"404": block})
    mine, default = printed(BUILD, theme="mine", project=tmp_path), printed(BUILD)
    assert "Gone fishing" in mine["404.html"]
    assert "<header" in mine["404.html"]
    assert mine["index.html"] == default["index.html"]


def test_a_projects_static_files_lie_over_the_parents(tmp_path: Path) -> None:
    write_theme(tmp_path / "themes/mine", 'name = "mine"\ncontract = 1\nextends = "default"\n')
    (tmp_path / "themes/mine/static").mkdir()
    (tmp_path / "themes/mine/static/style.css").write_text("body {}")
    theme = load_theme("mine", tmp_path)
    files = dict(theme.static)
    assert files[PurePosixPath("style.css")].read_text() == "body {}"
    assert PurePosixPath("favicon.svg") in files
    assert theme.assets_folder != load_theme("default", tmp_path).assets_folder


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ('name = "mine"\ncontract = 99\n', "contract 99"),
        ('name = "mine"\ncontract = 1\nextends = "mine"\n', "extends itself"),
        ('name = "mine"\ncontract = 1\nextends = "nowhere"\n', "no theme 'nowhere'"),
        ('name = "mine"\ncontract = 1\nextend = "default"\n', "unknown key `extend`"),
        ("name = mine", "is not valid TOML"),
        ('name = "mine"\n', "`contract` is missing"),
        ("contract = " + "1" * 5000, "is not valid TOML"),
    ],
)
def test_a_wrong_theme_says_what_is_wrong(tmp_path: Path, sheet: str, message: str) -> None:
    write_theme(tmp_path / "themes/mine", sheet)
    with pytest.raises(SiteError, match=re.escape(message)):
        load_theme("mine", tmp_path)


def test_a_file_of_a_theme_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    static = tmp_path / "themes/mine/static"
    write_theme(static.parent, 'name = "mine"\ncontract = 1\n')
    static.mkdir()
    latin = static / os.fsdecode(b"\xe9.css")
    latin.write_bytes(b"")
    with pytest.raises(SiteError, match="theme mine: a file name in it is not UTF-8"):
        load_theme("mine", tmp_path)
    latin.unlink()
    os.mkfifo(static / "a.css")
    with pytest.raises(SiteError, match=r"static/a\.css: it is not a regular file"):
        load_theme("mine", tmp_path)


@pytest.mark.parametrize(
    "name", ["static/a.css", "static/a.bin", "templates/app.html", "templates/.a.html", "locales/de.po", "theme.toml"]
)
def test_a_theme_reads_nothing_outside_the_folder_of_themes(tmp_path: Path, name: str) -> None:
    theme = tmp_path / "themes/mine"
    write_theme(theme, 'name = "mine"\ncontract = 1\nextends = "default"\n')
    (tmp_path / "outside").write_text("secret")
    for target in ("/proc/self/environ", "/dev/zero", tmp_path / "outside"):
        (theme / name).parent.mkdir(exist_ok=True)
        (theme / name).unlink(missing_ok=True)
        (theme / name).symlink_to(target)
        if "/." in name:
            (theme / "templates/404.html").write_text('{% include ".a.html" %}')
            with pytest.raises(SiteError, match="there is no template"):
                printed(BUILD, theme="mine", project=tmp_path)
        else:
            with pytest.raises(SiteError, match="outside themes"):
                load_theme("mine", tmp_path)


@pytest.mark.parametrize("name", ["static", "templates", "locales", "."])
def test_no_folder_of_a_theme_is_a_link_to_elsewhere(tmp_path: Path, name: str) -> None:
    write_theme(tmp_path / "themes/mine", 'name = "mine"\ncontract = 1\n')
    (tmp_path / "themes/mine/templates").rmdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/theme.toml").write_text('name = "other"\ncontract = 1\n')
    if name == ".":
        (tmp_path / "themes/other").symlink_to(tmp_path / "elsewhere")
    else:
        (tmp_path / "themes/mine" / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SiteError, match="outside themes"):
        load_theme("other" if name == "." else "mine", tmp_path)


def test_an_unknown_theme_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="no theme 'defualt'") as caught:
        load_theme("defualt", tmp_path)
    assert "default" in caught.value.hint


def test_every_kind_of_page_has_a_template() -> None:
    assert set(TEMPLATES) == set(PageView.__args__)
    for name in TEMPLATES.values():
        assert (THEMES / "default/templates" / name).is_file()
    assert contract.CONTRACT == 1
