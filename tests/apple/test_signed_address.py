"""Addresses that carry a permission: its end is read, and its secret is not shown."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.apple.install.signed_address import access_of, without_secrets

FILE = "https://x.example/A.ipa"
END = datetime(2026, 1, 1, 0, 15, tzinfo=UTC)
SECONDS = int(END.timestamp())
SECRET = "5ec2e7AbCdEf"  # noqa: S105 - invented
POLICY = json.dumps({"Statement": [{"Resource": "*", "Condition": {"DateLessThan": {"AWS:EpochTime": SECONDS}}}]})
CLOUDFRONT = b64encode(POLICY.encode()).decode().translate(str.maketrans("+=/", "-_~"))


def token(**claims: object) -> str:
    """Return a JSON Web Token."""
    parts = [json.dumps({"alg": "HS256"}), json.dumps(claims), SECRET]
    return ".".join(urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


ENDS = {
    "Amazon": f"X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-Signature={SECRET}",
    "Amazon, version 2": f"AWSAccessKeyId=A&Expires={SECONDS}&Signature={SECRET}",
    "Google": f"X-Goog-Date=20260101T000000Z&X-Goog-Expires=900&X-Goog-Signature={SECRET}",
    "Google, version 2": f"GoogleAccessId=a&Expires={SECONDS}&Signature={SECRET}",
    "Azure": f"sv=2023-11-03&sp=r&se=2026-01-01T00%3A15%3A00Z&sig={SECRET}",
    "Azure, a day": f"se=2026-01-01T00:15Z&sp=r&sig={SECRET}",
    "CloudFront": f"Expires={SECONDS}&Signature={SECRET}&Key-Pair-Id=K1",
    "CloudFront with a policy": f"Policy={CLOUDFRONT}&Signature={SECRET}&Key-Pair-Id=K1",
    "Alibaba": f"x-oss-date=20260101T000000Z&x-oss-expires=900&x-oss-signature={SECRET}",
    "Tencent": f"q-sign-time={SECONDS - 900};{SECONDS}&q-signature={SECRET}",
    "Qiniu": f"e={SECONDS}&token={SECRET}",
    "Discord": f"ex={SECONDS:x}&is=1&hm={SECRET}",
    "Akamai": f"hdnts=st=1~exp={SECONDS}~acl=/*~hmac={SECRET}",
    "Bunny": f"token={SECRET}&expires={SECONDS}",
    "Supabase": f"token={token(exp=SECONDS)}",
    "GitHub’s assets": f"jwt={token(exp=SECONDS)}",
}
ENDLESS = {
    "Firebase": f"alt=media&token={SECRET}",
    "GitHub": f"token={SECRET}",
    "GitLab": f"private_token={SECRET}",
    "a key": f"api_key={SECRET}",
    "a token without an end": f"t={token(sub=1)}",
    "an end that is none": f"X-Amz-Date=1&X-Amz-Expires=900&X-Amz-Signature={SECRET}",
    "an end beyond the calendar": f"X-Amz-Date=20260101T000000Z&X-Amz-Expires={10**30}&X-Amz-Signature={SECRET}",
    "Amazon without a date": f"X-Amz-Signature={SECRET}",
    "a policy that is none": f"Policy=abc&Signature={SECRET}",
}


@pytest.mark.parametrize("query", ENDS.values(), ids=ENDS)
def test_the_end_of_a_permission_is_read(query: str) -> None:
    access = access_of(f"{FILE}?{query}")
    assert access is not None
    assert access.until == END


@pytest.mark.parametrize("query", ENDLESS.values(), ids=ENDLESS)
def test_a_token_without_an_end_is_a_token(query: str) -> None:
    access = access_of(f"{FILE}?{query}")
    assert access is not None
    assert access.until is None


@pytest.mark.parametrize("query", [*ENDS.values(), *ENDLESS.values()], ids=[*ENDS, *ENDLESS])
def test_no_secret_is_shown(query: str) -> None:
    shown = without_secrets(f"{FILE}?{query}")
    assert SECRET not in shown
    assert token().split(".")[2] not in shown
    assert shown.startswith(f"{FILE}?")


def test_passwords_and_bots_are_not_shown_either() -> None:
    assert without_secrets("https://erika:geheim@x.example/a") == "https://…@x.example/a"
    bot = f"https://api.telegram.org/file/bot123:{SECRET}/documents/A.ipa"
    assert access_of(bot) is not None
    assert SECRET not in without_secrets(bot)


@pytest.mark.parametrize(
    "address",
    [
        FILE,
        f"{FILE}?v=1&e=2",
        f"{FILE}?token=a&b=c",
        f"{FILE}?sig=a%2Bb%3D&w=2",
        f"{FILE}?expires=soon",
        "https://www.dropbox.com/scl/fi/1/A.ipa?rlkey=abcdef&dl=1",
        "https://[",
    ],
)
def test_other_addresses_carry_none(address: str) -> None:
    assert access_of(address) is None


@given(st.text() | st.text("eyJ.~=&?;0123456789", max_size=60).map(f"{FILE}?token=".__add__))
def test_any_text_is_read(text: str) -> None:
    access_of(text)
    without_secrets(text)
