"""What an owner may say of the rules, and the rule that needs two builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ota_site.config.load import load_config
from ota_site.model.build import Severity
from ota_site.model.errors import SettingsError
from ota_site.model.records import replace
from ota_site.rules.policy import CODES, Policy, Silence
from ota_site.rules.registry import RULES, judge
from tests.builds import BUILD, NOW, catalog_of, other

if TYPE_CHECKING:
    from pathlib import Path

OLD = replace(BUILD, icon=None)


def codes(policy: Policy) -> dict[str, Severity]:
    """Return the findings on a build without an icon, with their severities."""
    return {problem.code: problem.severity for problem in judge(OLD, now=NOW, policy=policy)}


def test_a_severity_may_be_changed() -> None:
    assert codes(Policy())["no-icon"] == Severity.WARNING
    changed = codes(Policy(severities={"no-icon": Severity.ERROR}))
    assert changed["no-icon"] == Severity.ERROR
    assert next(iter(changed)) == "no-icon"


def test_a_rule_may_be_silenced_for_one_app() -> None:
    silence = Silence(rule="no-icon", app=OLD.bundle_id, reason="it has never had one")
    assert "no-icon" not in codes(Policy(silences=(silence,)))
    assert "no-icon" in codes(Policy(silences=(replace(silence, app="com.example.other"),)))


def test_settings_say_so(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(
        '[rules]\nno-icon = "error"\n[[silence]]\nrule = "no-arm64"\napp = "com.example.a"\nreason = "old iPads"\n'
    )
    policy = load_config(tmp_path, tmp_path / "_site", base_url=None, environment={}).policy
    assert policy.severities == {"no-icon": Severity.ERROR}
    assert policy.silences == (Silence(rule="no-arm64", app="com.example.a", reason="old iPads"),)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('[rules]\nno-icn = "error"\n', "no rule `no-icn` (did you mean `no-icon`?)"),
        ('[rules]\nno-icon = "loud"\n', "`rules.no-icon`"),
        ('[[silence]]\nrule = "no-icon"\napp = "a"\n', "`silence`"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, settings: str, message: str) -> None:
    (tmp_path / "site.toml").write_text(settings)
    with pytest.raises(SettingsError) as caught:
        load_config(tmp_path, tmp_path / "_site", base_url=None, environment={})
    assert message in str(caught.value)


def test_every_rule_has_a_code_that_settings_know() -> None:
    codes_of_functions = {rule.__name__.replace("_", "-") for rule in RULES}
    beside = {"other-team", "update-refused", "stream-unsafe", "icon-damaged", "icon-missing"}
    assert codes_of_functions | beside == CODES


def test_a_build_of_another_team_than_the_one_before_is_told() -> None:
    before = other(BUILD, build="44")
    after = other(BUILD, build="45", signing=replace(BUILD.signing, team_id="OTHER12345"))
    (app,) = catalog_of(before, after).apps
    newest, oldest = (["other-team" in {problem.code for problem in each.problems}] for each in app.releases)
    assert (newest, oldest) == ([True], [False])
