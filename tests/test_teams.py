"""A person's name is not published as a team's."""

from __future__ import annotations

import pytest

from ota_site.model.build import Bundle, SigningKind
from ota_site.model.records import replace
from ota_site.model.teams import public_team, without_persons
from tests.builds import AD_HOC, BUILD

ORGANISATIONS = [
    *("Invented GmbH", "Example Inc.", "Example Technologies Oy", "Beijing Example Technology Co. Ltd.", "Beispiel AG"),
    *("Exemple S.A.", "Example Pty Ltd", "株式会社エグザンプル", "北京示例科技有限公司", "Example, LLC"),
]
PEOPLE = ["Erika Mustermann", "Max Sa", "Jo Asmussen", "王小明", "Inc", "Anna Co-Meyer", "Kim Se"]


@pytest.mark.parametrize("team", ORGANISATIONS)
def test_an_organisation_is_named(team: str) -> None:
    assert public_team(replace(AD_HOC, team=team)) == team


@pytest.mark.parametrize(
    "team", ["Erika Mustermann", "Max Sa", "Jo Asmussen", "王小明", "Inc", "Anna Co-Meyer", "Kim Se"]
)
def test_a_person_is_not(team: str) -> None:
    assert public_team(replace(AD_HOC, team=team)) is None


def test_in_house_profiles_are_given_to_organisations_alone() -> None:
    assert public_team(replace(AD_HOC, team="Acme", kind=SigningKind.ENTERPRISE)) == "Acme"


def test_a_free_account_is_a_person() -> None:
    assert public_team(replace(AD_HOC, team="Invented GmbH", free=True)) is None


def test_no_team_is_none() -> None:
    assert public_team(replace(AD_HOC, team=None)) is None


@pytest.mark.parametrize(
    ("team", "kept"), [("Erika Mustermann", None), ("Invented GmbH", "Invented GmbH"), (None, None)]
)
def test_a_build_for_a_site_has_no_name_of_a_person_in_it_or_in_what_it_holds(
    team: str | None, kept: str | None
) -> None:
    signing = replace(AD_HOC, team=team, profile="Erika’s iPhone")
    build = replace(BUILD, signing=signing, nested=(Bundle(path="PlugIns/Share.appex", signing=signing),))
    clean = without_persons(build)
    assert [(each.team, each.profile) for each in (clean.signing, clean.nested[0].signing)] == [(kept, None)] * 2
    assert replace(clean, signing=signing, nested=build.nested) == build
