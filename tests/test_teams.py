"""A person's name is not published as a team's."""

from __future__ import annotations

import pytest

from generator.model.build import SigningKind
from generator.records import replace
from generator.teams import public_team
from tests.builds import AD_HOC

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
