"""The pages of apps and builds: what each leads on to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ota_site.model.records import replace
from ota_site.model.texts import BuildText, Texts
from ota_site.site.plan import plan_site
from ota_site.site.recipes import PageOutput
from ota_site.site.views.contract import AppPage, BuildPage
from tests.builds import AD_HOC, BUILD, CERTIFICATE, NOW, SEAL, other, site_input_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ota_site.model.build import Build
    from ota_site.site.views.contract import LinkView

OVER = replace(AD_HOC, expires=NOW - timedelta(days=1))


def pages(builds: Sequence[tuple[Build, str | None]]) -> dict[str, AppPage | BuildPage]:
    """Return the pages of builds in channels, by their path under the app's."""
    channels = {
        Path(f"content/build-{number}.ipa"): BuildText(channel=channel) for number, (_, channel) in enumerate(builds)
    }
    plan = plan_site(site_input_of(*(build for build, _ in builds), texts=Texts(builds=channels)))
    shown = [each for each in plan if isinstance(each, PageOutput) and isinstance(each.page, AppPage | BuildPage)]
    return {each.path.parent.relative_to(f"apps/{BUILD.bundle_id}").as_posix(): each.page for each in shown}  # type: ignore[misc] # as chosen


def titles(links: dict[str, LinkView | None]) -> dict[str, str | None]:
    """Return what links are called."""
    return {path: link.title if link else None for path, link in links.items()}


def test_a_newer_build_is_one_of_the_same_channel_if_there_is_one() -> None:
    builds = [
        (other(BUILD, build="4"), "beta"),
        (other(BUILD, build="3"), "release"),
        (other(BUILD, build="2"), "release"),
        (other(BUILD, build="1"), None),
    ]
    shown = {path: page.newest for path, page in pages(builds).items() if isinstance(page, BuildPage)}
    assert titles(shown) == {
        "1.2.3-4": None,
        "1.2.3-3": "1.2.3 (4)",
        "1.2.3-2": "1.2.3 (3)",
        "1.2.3-1": "1.2.3 (4)",
    }
    links = [link.href for link in shown.values() if link]
    assert links == ["../", "../channels/release/", "../"]


def test_where_a_build_does_not_install_the_newest_that_does_is_named() -> None:
    builds = [
        (other(BUILD, build="5", signing=OVER), "beta"),
        (other(BUILD, build="4", signing=OVER), "release"),
        (other(BUILD, build="3"), "release"),
        (other(BUILD, build="2"), "beta"),
        (other(BUILD, build="1", signing=OVER), None),
    ]
    shown = pages(builds)
    assert titles({path: page.instead for path, page in shown.items()}) == {
        ".": "1.2.3 (2)",
        "channels/beta": "1.2.3 (2)",
        "channels/release": "1.2.3 (3)",
        "1.2.3-5": "1.2.3 (2)",
        "1.2.3-4": "1.2.3 (3)",
        "1.2.3-3": None,
        "1.2.3-2": None,
        "1.2.3-1": "1.2.3 (3)",
    }
    assert shown["1.2.3-5"].instead
    assert shown["1.2.3-5"].instead.href == "../1.2.3-2/"


def test_where_none_installs_none_is_named() -> None:
    shown = pages([(other(BUILD, build="2", signing=OVER), None), (other(BUILD, build="1", signing=OVER), None)])
    assert {page.instead for page in shown.values()} == {None}


def test_names_that_run_either_way_keep_their_places() -> None:
    (page, _) = pages([(other(BUILD, names={"he": "הכל", "ja": "見本"}), None)]).values()
    said = {detail.term: detail.value for detail in page.release.details}
    assert said["Other names"] == "\u2068הכל\u2069 and \u2068見本\u2069"


@pytest.mark.parametrize(("profile", "certificate"), [(40, 200), (200, 40)])
def test_a_build_is_good_until_the_first_of_its_terms_ends(profile: int, certificate: int) -> None:
    assert BUILD.executable
    seal = replace(SEAL, certificate=replace(CERTIFICATE, expires=NOW + timedelta(days=certificate)))
    build = other(
        BUILD,
        signing=replace(AD_HOC, expires=NOW + timedelta(days=profile)),
        executable=replace(BUILD.executable, seal=seal),
    )
    page = pages([(build, None)])["."]
    assert isinstance(page, AppPage)
    facts = {fact.term: fact.iso for fact in page.release.facts}
    assert facts["Expires"] == f"{NOW + timedelta(days=40):%Y-%m-%dT%H:%M:%SZ}"
    assert page.release.verdict.until
    assert page.release.verdict.until.iso == facts["Expires"]
