"""The whole site as data: what is planned, read straight from the plan."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import pytest

from ota_site.apple.install.install_link import manifest_url
from ota_site.model.catalog import Branding
from ota_site.model.errors import SiteError
from ota_site.model.records import replace
from ota_site.model.texts import AppText, BuildText, RichText, Screenshot, TextPage, Texts
from ota_site.site.plan import plan_site
from ota_site.site.recipes import (
    CopyOutput,
    IconOutput,
    LetterOutput,
    ManifestOutput,
    PageOutput,
    QrOutput,
    Recipe,
    TextOutput,
    fingerprint,
    make_plan,
)
from ota_site.site.views.contract import AppPage, BuildPage, NotFoundPage
from tests.builds import BARE, BUILD, SITE, other, site_input_of, source

BASE = "https://apps.example.com/demo/"


def plan_by_path(*args: object, **kwargs: object) -> dict[str, Recipe]:
    """Return the plan of these builds by path."""
    return {recipe.path.as_posix(): recipe for recipe in plan_site(site_input_of(*args, **kwargs))}  # type: ignore[arg-type] # passed on


def test_every_promised_path_is_there() -> None:
    app = "apps/com.example.sample"
    expected = {
        *("index.html", "404.html", "help/index.html", "_headers", ".nojekyll", "robots.txt", "search.json"),
        *("catalog.json", "feed.xml", "altstore.json", "expiry.ics", "site.webmanifest"),
        *("qr.svg", "qr.png", "assets/0123/style.css"),
        *(f"{app}/{name}" for name in ("index.html", "manifest.plist", "qr.svg", "qr.png")),
        *(f"{app}/{name}" for name in ("app.json", "latest.json", "feed.xml")),
        *(f"{app}/1.2.3-45/{name}" for name in ("index.html", "manifest.plist", "qr.svg", "qr.png")),
        f"files/{BUILD.sha256[:16]}/build-0.ipa",
        *(f"icons/{'ab' * 8}/{side}.png" for side in (57, 180, 360, 512)),
    }
    assert set(plan_by_path(BUILD)) == expected


def test_qr_codes_hold_the_https_address_of_their_page() -> None:
    plan = plan_by_path(BUILD)
    codes = {
        path: recipe.text for path, recipe in plan.items() if isinstance(recipe, QrOutput) and path.endswith("svg")
    }
    assert codes == {
        "qr.svg": BASE,
        "apps/com.example.sample/qr.svg": f"{BASE}apps/com.example.sample/",
        "apps/com.example.sample/1.2.3-45/qr.svg": f"{BASE}apps/com.example.sample/1.2.3-45/",
    }


def test_the_button_of_each_page_installs_the_build_that_the_page_names() -> None:
    plan = plan_by_path(BUILD, other(BUILD, build="44"))
    for path, recipe in plan.items():
        if isinstance(recipe, PageOutput) and isinstance(recipe.page, AppPage | BuildPage):
            release = recipe.page.release
            assert release.install is not None
            own = PurePosixPath(path).parent / release.href / "manifest.plist"
            assert manifest_url(release.install) == BASE + os.path.normpath(own)
            assert os.path.normpath(own) in plan
            # What is printed and bookmarked stays: it installs the newest.
            assert PurePosixPath(path).with_name("manifest.plist").as_posix() in plan


def test_a_manifest_names_the_published_file_its_hashes_and_pictures() -> None:
    plan = plan_by_path(BUILD)
    recipe = plan["apps/com.example.sample/manifest.plist"]
    assert isinstance(recipe, ManifestOutput)
    manifest = recipe.manifest
    assert (manifest.bundle_id, manifest.version, manifest.title) == ("com.example.sample", "1.2.3", "Sample")
    assert manifest.chunks == BUILD.chunks
    assert manifest.platform == "com.apple.platform.iphoneos"
    for url in (manifest.ipa_url, manifest.display_image_url, manifest.full_size_image_url):
        assert unquote(url).removeprefix(BASE) in plan


def test_only_ios_is_named_as_a_platform() -> None:
    plan = plan_by_path(other(BUILD, platform="XROS"))
    recipe = plan["apps/com.example.sample/manifest.plist"]
    assert isinstance(recipe, ManifestOutput)
    assert recipe.manifest.platform is None


def test_without_an_address_there_is_nothing_to_install_from_but_every_page() -> None:
    plan = plan_by_path(BUILD, site=replace(SITE, base_url=None))
    assert not [recipe for recipe in plan.values() if isinstance(recipe, ManifestOutput | QrOutput)]
    page = plan["apps/com.example.sample/index.html"]
    assert isinstance(page, PageOutput)
    assert isinstance(page.page, AppPage)
    assert page.page.release.install is None


def test_files_come_before_the_manifests_and_pages_that_name_them() -> None:
    kinds = [type(recipe) for recipe in plan_site(site_input_of(BUILD, BARE))]
    last = {kind: index for index, kind in enumerate(kinds)}
    assert max(last[CopyOutput], last[IconOutput], last[LetterOutput], last[QrOutput]) < kinds.index(ManifestOutput)
    assert last[ManifestOutput] < kinds.index(PageOutput)
    assert plan_site(site_input_of(BUILD)).recipes[-1].path == PurePosixPath("index.html")


def test_builds_that_look_the_same_share_their_pictures() -> None:
    plan = plan_by_path(BUILD, other(BUILD, build="44"), other(BUILD, bundle_id="com.example.other"))
    assert len([recipe for recipe in plan.values() if isinstance(recipe, IconOutput)]) == 4


def test_an_app_without_an_icon_gets_a_letter() -> None:
    plan = plan_by_path(BARE)
    letters = [recipe for recipe in plan.values() if isinstance(recipe, LetterOutput)]
    assert {letter.letter for letter in letters} == {"S"}
    assert {letter.side for letter in letters} == {57, 180, 360, 512}


def test_two_files_at_one_place_are_refused() -> None:
    page = TextPage(path=PurePosixPath("help/index.html"), title="Mine", body=RichText())
    with pytest.raises(SiteError, match="one place") as caught:
        plan_site(site_input_of(BUILD, texts=Texts(pages=(page,))))
    assert caught.value.where == "help/index.html"


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "."])
def test_no_file_is_planned_outside_the_site(path: str) -> None:
    with pytest.raises(SiteError, match="outside"):
        make_plan([TextOutput(path=PurePosixPath(path), text="")])


def test_a_fingerprint_changes_with_the_file_and_not_with_its_place_on_disk() -> None:
    here = CopyOutput(path=PurePosixPath("a"), source=source("x.ipa"), sha256="1")
    assert fingerprint(here) == fingerprint(replace(here, source=source("moved.ipa")))
    assert fingerprint(here) != fingerprint(replace(here, sha256="2"))
    text = TextOutput(path=PurePosixPath("a"), text="one")
    assert fingerprint(text) != fingerprint(replace(text, text="two"))


def test_the_page_for_lost_visitors_links_from_the_root_of_the_host() -> None:
    plan = plan_by_path(BUILD)
    page = plan["404.html"]
    assert isinstance(page, PageOutput)
    assert isinstance(page.page, NotFoundPage)
    assert page.site.home == "/demo/"
    assert page.site.assets.startswith("/demo/assets/")
    assert page.site.languages == ()


def test_a_hidden_app_is_reachable_and_not_listed() -> None:
    texts = Texts(apps={BUILD.bundle_id: AppText(hidden=True)})
    plan = plan_by_path(BUILD, texts=texts)
    assert "apps/com.example.sample/index.html" in plan
    catalog = plan["catalog.json"]
    assert isinstance(catalog, TextOutput)
    assert json.loads(catalog.text)["apps"] == []


def test_a_person_is_not_named() -> None:
    person = other(BUILD, signing=replace(BUILD.signing, team="Erika Mustermann", profile="Erika Mustermann's"))
    plan = plan_by_path(person)
    assert "Mustermann" not in repr(list(plan.values()))


def test_links_in_texts_are_made_for_the_page_they_end_up_on() -> None:
    picture = PurePosixPath("media/shot.png")
    texts = Texts(
        apps={
            BUILD.bundle_id: AppText(
                body=RichText(('<img src="', picture, '">')),
                screenshots=(Screenshot(path=picture, source=Path("shot.png"), width=1, height=2),),
            )
        },
        builds={Path("content/build-0.ipa"): BuildText(notes=RichText(('<a href="', picture, '">x</a>')))},
    )
    plan = plan_by_path(BUILD, texts=texts)
    app, build = plan["apps/com.example.sample/index.html"], plan["apps/com.example.sample/1.2.3-45/index.html"]
    assert isinstance(app, PageOutput)
    assert isinstance(app.page, AppPage)
    assert isinstance(build, PageOutput)
    assert isinstance(build.page, BuildPage)
    assert app.page.app.body is not None
    assert build.page.release.notes is not None
    assert app.page.app.body.source == '<img src="../../media/shot.png">'
    assert app.page.app.screenshots[0].src == "../../media/shot.png"
    assert build.page.release.notes.source == '<a href="../../../media/shot.png">x</a>'


def test_each_language_has_pages_of_its_own_and_all_share_the_files() -> None:
    site = replace(SITE, languages=("en", "de"))
    english, both = plan_by_path(BUILD), plan_by_path(BUILD, site=site)
    german = {path for path in both if path.startswith("de/")}
    pages = {path for path in english if path.endswith(".html") and path != "404.html"}
    assert german == {f"de/{path}" for path in (*pages, "search.json")}
    assert both.keys() - german == english.keys()


def test_a_page_in_another_language_stays_in_it_and_installs_the_same() -> None:
    plan = plan_by_path(BUILD, site=replace(SITE, languages=("en", "de")))
    english, german = plan["apps/com.example.sample/index.html"], plan["de/apps/com.example.sample/index.html"]
    assert isinstance(english, PageOutput)
    assert isinstance(english.page, AppPage)
    assert isinstance(german, PageOutput)
    assert isinstance(german.page, AppPage)
    assert (german.site.language, german.site.home, german.site.here) == (
        "de",
        "../../",
        f"{BASE}de/apps/com.example.sample/",
    )
    assert german.page.release.install == english.page.release.install
    code = german.page.release.qr
    assert code is not None
    assert (code.svg, code.address) == ("../../../apps/com.example.sample/qr.svg", f"{BASE}apps/com.example.sample/")
    assert german.page.release.href == "1.2.3-45/"
    assert [(each.tag, each.name, each.href, each.current) for each in german.site.languages] == [
        ("en", "English", "../../../apps/com.example.sample/", False),
        ("de", "Deutsch", "./", True),
    ]


def test_a_channel_has_a_page_a_manifest_and_a_code_of_its_own() -> None:
    texts = Texts(builds={Path("content/build-1.ipa"): BuildText(channel="Beta Test")})
    older = other(BUILD, build="44")
    plan = plan_by_path(BUILD, older, texts=texts)
    folder = next(path.rpartition("/")[0] for path in plan if "/channels/" in path)
    page, manifest = plan[f"{folder}/index.html"], plan[f"{folder}/manifest.plist"]
    assert folder.startswith("apps/com.example.sample/channels/beta-test-")
    assert isinstance(page, PageOutput)
    assert isinstance(page.page, AppPage)
    assert isinstance(manifest, ManifestOutput)
    assert (page.page.channel, page.page.release.build) == ("Beta Test", "44")
    assert manifest.manifest.ipa_url.endswith("/build-1.ipa")
    assert f"{folder}/qr.svg" in plan


def test_the_owners_look_and_logo_are_files_of_the_site() -> None:
    site = replace(SITE, branding=Branding(accent="#0a7d4f"))
    logo = (PurePosixPath("media/logo.svg"), source("logo.svg"))
    plan = {recipe.path.as_posix(): recipe for recipe in plan_site(replace(site_input_of(BUILD, site=site), logo=logo))}
    home = plan["index.html"]
    assert isinstance(home, PageOutput)
    assert home.site.logo == "media/logo.svg"
    assert home.site.look is not None
    css = plan[home.site.look]
    assert isinstance(css, TextOutput)
    assert "#0a7d4f" in css.text


def test_a_name_of_one_character_has_a_title_that_ios_takes() -> None:
    recipe = plan_by_path(other(BUILD, name="X"))["apps/com.example.sample/manifest.plist"]
    assert isinstance(recipe, ManifestOutput)
    assert recipe.manifest.title == "X 1.2.3"
