"""Unwrap links that mail scanners, chats and search engines have wrapped. Pure.

Formats: the documentation of those services, and the decoder that Proofpoint publishes.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from urllib.parse import SplitResult


class Wrapped(Record):
    """The service that wrapped a link, and the link inside; None if it is hidden."""

    by: str
    inner: str | None


class _Wrapper(Record):
    """A service: its name, the pattern of its host and path, and the parameters that contain the link."""

    name: str
    place: str
    keys: tuple[str, ...]


_WRAPPERS = (
    _Wrapper("Outlook Safe Links", r"[\w.-]*safelinks\.protection\.(?:outlook|office365)\.[a-z.]+/.*", ("url",)),
    _Wrapper("Teams Safe Links", r"statics\.teams\.cdn\.office\.net/.*safelinks.*", ("url",)),
    _Wrapper("Google", r"(?:[\w-]+\.)?google\.[a-z.]+/(?:url|imgres)", ("q", "url", "imgrefurl")),
    _Wrapper("Google Translate", r"translate\.google\.[a-z.]+/.*", ("u",)),
    _Wrapper("Facebook", r"lm?\.facebook\.com/l\.php", ("u",)),
    _Wrapper("Facebook Messenger", r"l\.messenger\.com/l\.php", ("u",)),
    _Wrapper("Instagram", r"l\.(?:instagram|threads)\.(?:com|net)/.*", ("u",)),
    _Wrapper("WhatsApp", r"l\.wl\.co/l", ("u",)),
    _Wrapper("Slack", r"(?:[\w-]+\.)?slack-redir\.(?:net|com)/link", ("url",)),
    _Wrapper("LinkedIn", r"(?:[\w-]+\.)?linkedin\.com/(?:redir/.*|safety/go|redirect)", ("url",)),
    _Wrapper("Telegram", r"t\.me/iv", ("url",)),
    _Wrapper("Proofpoint", r"urldefense(?:\.proofpoint)?\.com/v1/url", ("u",)),
    _Wrapper("Barracuda", r"linkprotect\.cudasvc\.com/url", ("a",)),
    _Wrapper("Symantec", r"clicktime\.symantec\.com/.*", ("u",)),
    _Wrapper("Trend Micro", r"[\w.-]*trendmicro\.com/wis/clicktime/.*", ("url",)),
    _Wrapper("Trellix", r"[\w-]+\.(?:fireeye|trellix)\.com/.*", ("u",)),
    _Wrapper("Mimecast", r"[\w.-]*(?:mimecast\.com|mimecastprotect\.com)/.*", ("url",)),
    _Wrapper("DuckDuckGo", r"duckduckgo\.com/l/?", ("uddg",)),
    _Wrapper("Reddit", r"out\.reddit\.com/.*", ("url",)),
    _Wrapper("YouTube", r"youtube\.com/redirect", ("q",)),
    _Wrapper("Tumblr", r"(?:t|href)\.(?:umblr\.com|tumblr\.com)/redirect", ("z",)),
    _Wrapper("Steam", r"steamcommunity\.com/linkfilter/?", ("u", "url")),
    _Wrapper("VK", r"(?:m\.)?vk\.(?:com|ru)/away(?:\.php)?", ("to",)),
    _Wrapper("Zhihu", r"link\.zhihu\.com/.*", ("target",)),
    _Wrapper("Juejin", r"link\.juejin\.(?:cn|im)/.*", ("target",)),
    _Wrapper("CSDN", r"link\.csdn\.net/.*", ("target",)),
    _Wrapper("Gitee", r"gitee\.com/link", ("target",)),
    _Wrapper("Jianshu", r"(?:links\.)?jianshu\.com/go.*", ("to", "url")),
    _Wrapper("QQ", r"(?:c\.pc\.qq\.com|mail\.qq\.com)/.*", ("pfurl", "url", "gourl")),
    _Wrapper("Medium", r"medium\.com/r/?", ("url",)),
    _Wrapper("GMX or WEB.DE", r"deref-(?:gmx|web(?:-02)?)\.[a-z]+/.*", ("redirectUrl",)),
)
# Their links contain an identifier that only the service can resolve.
_HIDDEN = (
    ("Mimecast", r"[\w.-]*(?:mimecast\.com|mimecastprotect\.com)/s/.*"),
    ("Symantec", r"clicktime\.symantec\.com/.*"),
    ("SendGrid", r"[\w.-]+\.sendgrid\.net/(?:ls|wf)/click"),
    ("Mailchimp", r"[\w.-]*list-manage\.com/track/click"),
    ("Check Point", r"protect\.checkpoint\.com/.*"),
    ("Sophos", r"[\w.-]*protection\.sophos\.com/.*"),
    ("Proofpoint", r"urldefense(?:\.proofpoint)?\.(?:com|us)/.*"),
    ("X", r"t\.co/.+"),
    ("LinkedIn", r"lnkd\.in/.+"),
)
# Parameters that a wrapper appends to a link that it did not encode.
_TAIL = re.compile(r"&(?:amp;)?(?:data|sdata|reserved|sa|usg|ust|ved|source|opi|event|fbclid|h|e|s|k|d)=[^&]*")
_LINK = re.compile(r"itms-services(?::|%(?:25)*3a)", re.IGNORECASE)
_INTENT = re.compile(r"intent:(?P<link>.*?)#intent;(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_BROWSERS = re.compile(
    r"(?:googlechromes?|microsoft-edge|x-safari|firefox|firefox-focus|brave|opera-https?)(?:-https?)?:"
    r"(?://)?(?:open-url\?url=|x-callback-url/open/?\?url=)?(?=itms|https?[:%])",
    re.IGNORECASE,
)
_RUNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def unwrap(text: str) -> Wrapped | None:
    """Return the service that wrapped a link, and the link inside; None for an unwrapped link."""
    if match := _INTENT.fullmatch(text):
        return Wrapped("an Android intent", _from_intent(match["link"], match["rest"]))
    if match := _BROWSERS.match(text):
        rest = text[match.end() :]
        return Wrapped("the scheme of another browser", unquote(rest) if "://" not in rest[:20] else rest)
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    place = host + parts.path
    known = next((each for each in _WRAPPERS if re.fullmatch(each.place, place, re.IGNORECASE)), None)
    if known and (inner := _value(parts, known.keys)):
        return Wrapped(known.name, inner)
    if known and not known.place.endswith(".*"):
        return Wrapped(known.name, None)
    return _decoded(parts, place) or _hidden(place) or _unknown(parts, host)


def _value(parts: SplitResult, keys: tuple[str, ...]) -> str | None:
    query = parse_qs(parts.query.replace("+", "%2B"), max_num_fields=None)
    for key in keys:
        for value in query.get(key, [])[:1]:
            # The parameters of a link that was not encoded come before the wrapper’s.
            start = parts.query.find(f"{key}=itms-services:")
            whole = parts.query[start + len(key) + 1 :] if start >= 0 else ""
            return _TAIL.sub("", whole) + (f"#{parts.fragment}" if parts.fragment else "") if whole else value
    return None


def _decoded(parts: SplitResult, place: str) -> Wrapped | None:
    """Return a link in the path, or in a service's custom encoding; None if there is none."""
    query = {key: values[0] for key, values in parse_qs(parts.query.replace("+", "%2B")).items()}
    whole = parts.path + (f"?{parts.query}" if parts.query else "")
    for name, pattern, decode in _DECODERS:
        if re.match(pattern, place, re.IGNORECASE) and (inner := decode(whole, query)):
            return Wrapped(name, inner)
    return None


def _hidden(place: str) -> Wrapped | None:
    return next((Wrapped(name, None) for name, pattern in _HIDDEN if re.fullmatch(pattern, place)), None)


def _unknown(parts: SplitResult, host: str) -> Wrapped | None:
    """Return the install link in any parameter of an address, whatever its host; None if there is none."""
    for key, values in parse_qs(parts.query.replace("+", "%2B")).items():
        if _LINK.match(values[0]) and (inner := _value(parts, (key,))):
            return Wrapped(host, inner)
    return None


def _from_intent(link: str, rest: str) -> str | None:
    if scheme := re.search(r"(?:^|;)scheme=([\w.+-]+)", rest):
        return f"{scheme[1]}:{link}"
    return link if _LINK.match(link) else None


def _proofpoint_2(_whole: str, query: Mapping[str, str]) -> str:
    return unquote(query.get("u", "").replace("-", "%").replace("_", "/"))


def _proofpoint_3(whole: str, _query: Mapping[str, str]) -> str | None:
    """Return a link in which `*` replaces some characters, which follow the link in base64."""
    match = re.search(r"/v3/__(.+?)__;([^!]*)!", whole)
    if match is None:
        return None
    replaced = iter(_base64(match[2]) or "")

    def put_back(star: re.Match[str]) -> str:
        length = 2 + _RUNS.index(star[1]) if star[1] else 1
        return "".join(next(replaced, "") for _ in range(length))

    # Proofpoint writes `://` with one slash.
    return re.sub(r"^([a-z-]+:/)(?=[^/])", r"\1/", re.sub(r"\*(?:\*([A-Za-z0-9_-]))?", put_back, match[1]))


def _behind_the_mark(whole: str, _query: Mapping[str, str]) -> str:
    inner = whole.partition("?")[2]
    return inner if "://" in inner[:20] else unquote(inner)


def _in_path(pattern: str) -> Callable[[str, Mapping[str, str]], str | None]:
    """Return a decoder of percent-encoded links in the path."""

    def decode(whole: str, _query: Mapping[str, str]) -> str | None:
        match = re.search(pattern, whole, re.IGNORECASE)
        return unquote(match[1]) if match and "://" not in match[1] else match and match[1]

    return decode


def _base64(text: str) -> str | None:
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4)).decode()
    except ValueError:
        return None


_DECODERS: tuple[tuple[str, str, Callable[[str, Mapping[str, str]], str | None]], ...] = (
    ("Proofpoint", r"urldefense(?:\.proofpoint)?\.com/v2/url$", _proofpoint_2),
    ("Proofpoint", r"urldefense(?:\.proofpoint)?\.(?:com|us)/v3/", _proofpoint_3),
    ("Sophos", r"[\w.-]*protection\.sophos\.com/", lambda _, query: _base64(query.get("u", ""))),
    ("Bing", r"bing\.com/ck/a$", lambda _, query: _base64(query.get("u", "")[2:])),
    ("Cisco", r"secure-web\.cisco\.com/", _in_path(r"/((?:https?|itms-services)%3a.+)$")),
    ("Check Point", r"protect\.checkpoint\.com/", _in_path(r"/v2/___(.+?)___\.")),
    ("Yahoo", r"[\w.-]*search\.yahoo\.com/", _in_path(r"/RU=([^/]+)/")),
    ("the Wayback Machine", r"web\.archive\.org/", _in_path(r"^/web/\d+(?:[a-z]{2}_)?/(.+)")),
    ("href.li", r"href\.li/", _behind_the_mark),
    ("anonym.to", r"(?:anonym\.to|nullrefer\.com|hiderefer\.com)/", _behind_the_mark),
)
