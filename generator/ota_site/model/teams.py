"""Team names: an organisation's may be published, a person's may not. Pure.

Apple enrols organisations under the name of the legal entity and individuals under their personal name. A profile
does not say which it is, so a team counts as an organisation only if there is evidence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ota_site.model.build import SigningKind
from ota_site.model.records import replace

if TYPE_CHECKING:
    from ota_site.model.build import Build, Signing

_WORDS = frozenset(
    (
        *("inc", "incorporated", "llc", "llp", "ltd", "limited", "plc", "corp", "corporation", "company", "pty", "pte"),
        *("gmbh", "ggmbh", "mbh", "stiftung", "sarl", "sas", "srl", "spa", "oyj", "asa", "aps", "kft", "zrt", "sro"),
        *("doo", "ooo", "oao", "ltda", "lda", "slu", "pvt", "bhd", "foundation", "university", "institute", "bank"),
    )
)
# Two letters are part of many names, so these match only in the spelling used for a legal form.
_SHORT = frozenset(("AB", "AG", "AS", "BV", "KG", "KK", "NV", "Oy", "SA", "SE", "SL", "UG", "Co"))
_EASTERN = ("公司", "会社", "株式", "주식회사", "유한회사")


def public_team(signing: Signing) -> str | None:
    """Return the team's name if its profile kind or legal form shows an organisation; else None."""
    team = signing.team
    if team is None or signing.free:
        return None
    return team if signing.kind == SigningKind.ENTERPRISE or _has_legal_form(team) else None


def without_persons(build: Build) -> Build:
    """Return a build without profile names, and without team names that must not be published."""
    nested = tuple(replace(bundle, signing=_without_persons(bundle.signing)) for bundle in build.nested)
    return replace(build, signing=_without_persons(build.signing), nested=nested)


def _without_persons(signing: Signing) -> Signing:
    return replace(signing, team=public_team(signing), profile=None)


def _has_legal_form(team: str) -> bool:
    if any(word in team for word in _EASTERN):
        return True
    words = re.findall(r"[^\s,()&+]+", team.replace(".", ""))[1:]
    return any(word in _SHORT or word.casefold() in _WORDS for word in words)
