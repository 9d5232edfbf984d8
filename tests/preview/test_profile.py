"""The profile, read back as a device reads it."""

from __future__ import annotations

import plistlib
import uuid
from typing import Any

from ota_site.preview.lan.profile import trust_profile

ROOT = b"\x30\x82 a root's DER"
NAME = "ota-site local authority 3fa2c1"


def read(profile: bytes) -> dict[str, Any]:
    found: dict[str, Any] = plistlib.loads(profile, fmt=plistlib.FMT_XML)
    return found


def test_it_holds_the_root_and_nothing_else() -> None:
    (payload,) = read(trust_profile(ROOT, NAME))["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.security.root"
    assert payload["PayloadContent"] == ROOT
    assert payload["PayloadDisplayName"] == NAME


def test_it_has_every_key_that_a_profile_needs() -> None:
    profile = read(trust_profile(ROOT, NAME))
    (payload,) = profile["PayloadContent"]
    assert profile["PayloadType"] == "Configuration"
    assert profile["PayloadDisplayName"] == NAME
    assert profile["PayloadRemovalDisallowed"] is False
    for each in (profile, payload):
        assert each["PayloadVersion"] == 1
        assert str(uuid.UUID(each["PayloadUUID"])).upper() == each["PayloadUUID"]
        assert each["PayloadIdentifier"].startswith("ota-site.authority.")
    assert profile["PayloadUUID"] != payload["PayloadUUID"]
    assert profile["PayloadIdentifier"] != payload["PayloadIdentifier"]


def test_the_same_root_gives_the_same_profile_and_another_another() -> None:
    assert trust_profile(ROOT, NAME) == trust_profile(ROOT, NAME)
    one, other = (read(trust_profile(root, NAME)) for root in (ROOT, b"another"))
    assert one["PayloadUUID"] != other["PayloadUUID"]
    assert one["PayloadIdentifier"] != other["PayloadIdentifier"]
