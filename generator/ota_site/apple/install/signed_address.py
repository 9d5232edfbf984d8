"""Read presigned web addresses: when they expire, and the address without its secrets. Pure.

Parameters: the documentation of each storage service.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

_JWT = re.compile(r"eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*")
_SECRETS = (
    r"x-[a-z]+-(?:signature|credential|security-token)|q-signature|(?:access|private|job|auth|feed|security|session)[_-]?"
    r"token|token|__token__|jwt|hdnts|hdnea|hm|signature|sign|policy|auth|auth[_-]?key|authorization|tempauth|verify"
    r"|api[_-]?key|password|passwd|pwd|secret|client_secret"
)
_SECRET = re.compile(_SECRETS, re.IGNORECASE)
_SECRET_PAIR = re.compile(rf"((?:^|[?&;#])(?:amp;)?(?:{_SECRETS}|sig)=)[^&#\s]+", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/?#@\s]*@")
# Telegram bots have their token in the path.
_BOT = re.compile(r"(?<=/bot)\d+:[\w-]+")
_SHORTEST = 3
# Services with a start and a number of seconds: Amazon, Google, Alibaba, Volcengine, Huawei.
_CLOUDS = ("amz", "goog", "oss", "tos", "obs")
_EPOCH = ("expires", "expire", "exp", "deadline", "e")
_HEX = ("ex", "oe")


class Access(Record):
    """The permission in an address. `until` is its end in UTC; None if it has none or cannot be read."""

    until: datetime | None


def access_of(address: str) -> Access | None:
    """Return the permission in an address; None if it has none."""
    try:
        parts = urlsplit(address)
        query = {key.lower(): value for key, value in parse_qsl(parts.query, max_num_fields=200)}
    except ValueError:
        return None
    # Azure’s `sig` is a common parameter elsewhere.
    keys = (key for key in query if _SECRET.fullmatch(key) or (key == "sig" and "se" in query))
    tokens = [query[key] for key in keys if len(query[key]) >= _SHORTEST]
    tokens += filter(_JWT.fullmatch, query.values())
    if not tokens and not _BOT.search(parts.path):
        return None
    try:
        return Access(_end(query, tokens))
    # An invalid number, or a date out of range.
    except (ValueError, OverflowError, OSError, TypeError):
        return Access(None)


def without_secrets(address: str) -> str:
    """Return an address with an ellipsis for each token, signature and password in it."""
    shown = _JWT.sub("…", _BOT.sub("…", _USER.sub("…@", address)))
    return _SECRET_PAIR.sub(r"\1…", shown)


def _end(query: Mapping[str, str], tokens: list[str]) -> datetime | None:
    ends = (reader(query) for reader in (_of_cloud, _of_azure, _of_tencent, _of_cloudfront, _of_number))
    return next(filter(None, (*ends, *map(_in_token, tokens))), None)


def _of_cloud(query: Mapping[str, str]) -> datetime | None:
    """Return the end from a start and a number of seconds."""
    for cloud in _CLOUDS:
        start, seconds = query.get(f"x-{cloud}-date"), query.get(f"x-{cloud}-expires")
        if start and seconds:
            return datetime.strptime(start, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) + timedelta(seconds=int(seconds))
    return None


def _of_azure(query: Mapping[str, str]) -> datetime | None:
    if "sig" not in query or "se" not in query:
        return None
    moment = datetime.fromisoformat(query["se"])
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _of_tencent(query: Mapping[str, str]) -> datetime | None:
    return _epoch(query.get("q-sign-time", "").partition(";")[2])


def _of_cloudfront(query: Mapping[str, str]) -> datetime | None:
    """Return the end of a custom CloudFront policy, which uses a custom base64 alphabet."""
    if "policy" not in query:
        return None
    match _table(query["policy"].translate(str.maketrans("-_~", "+=/"))):
        case {"Statement": [{"Condition": {"DateLessThan": {"AWS:EpochTime": int(end)}}}, *_]}:
            return _epoch(str(end))
    return None


def _of_number(query: Mapping[str, str]) -> datetime | None:
    """Return a time in seconds; Discord and Facebook write it in hexadecimal."""
    moments = (_epoch(query.get(key, "")) for key in _EPOCH)
    in_hex = (query[key] for key in _HEX if re.fullmatch(r"[0-9a-f]{8}", query.get(key, "")))
    return next(filter(None, (*moments, *(datetime.fromtimestamp(int(text, 16), UTC) for text in in_hex))), None)


def _in_token(token: str) -> datetime | None:
    """Return the end of an Akamai token, a list of fields, or of a JSON Web Token, whose middle part has the fields."""
    if match := re.search(r"(?:^|~)exp=(\d+)", token):
        return _epoch(match[1])
    return _epoch(str(_table(token.split(".")[1]).get("exp", ""))) if _JWT.fullmatch(token) else None


def _epoch(text: str) -> datetime | None:
    """Return a time given in seconds or milliseconds since 1970; None for anything else."""
    if not re.fullmatch(r"\d{9,10}|\d{12,13}", text):
        return None
    return datetime.fromtimestamp(int(text) / (1 if len(text) <= len("9999999999") else 1000), UTC)


def _table(base64: str) -> Mapping[str, object]:
    plain = base64.replace("-", "+").replace("_", "/").rstrip("=")
    data = json.loads(b64decode(plain + "=" * (-len(plain) % 4)))
    return data if isinstance(data, dict) else {}
