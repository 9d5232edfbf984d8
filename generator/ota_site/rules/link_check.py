"""Check install links written elsewhere, and write a link in each format. Pure."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from ota_site.apple.install.install_link import install_link
from ota_site.apple.install.link_finder import LinkPlace, find_links
from ota_site.apple.install.link_wrappers import unwrap
from ota_site.apple.install.signed_address import access_of, without_secrets
from ota_site.apple.install.web_address import AddressProblem, examine_address
from ota_site.apple.zip.directory import printable
from ota_site.model.build import Problem, Severity
from ota_site.model.format import count, day
from ota_site.model.records import Record, replace
from ota_site.rules.placeholders import find_placeholder

# Every HTML escape of &, also repeated.
_ENTITY = r"(?:amp|#0*38|#[xX]0*26);"
_ESCAPED = re.compile(rf"&(?:{_ENTITY})+")
_ENCODED_WHOLE = re.compile(r"itms-services%(?:25)*3a", re.IGNORECASE)
_LINK = re.compile(r"(itms[a-z-]*)(:?)(/*)(\??)(.*)", re.DOTALL | re.IGNORECASE)
# `&amp;url=` mangled into a word: amp-url, manifestamp;url, -url.
_AMP_URL = re.compile(r"(?:amp[-_;:]+|&-)url=")
_GLUED = re.compile(r"((?:^|&)action=download-manifest)(?!&|$)(?:%26|[^\w&#])*url=")
# The rest of a link whose scheme a content management system removed, and prefixes added before a link.
_BEHEADED = re.compile(r":?/{0,3}\??(?=(?:url=[^#]*&(?:amp;)?)?action=download-manifest)", re.IGNORECASE)
_RESOLVED = re.compile(r"https?://[^?#]*\?(?=(?:[^#]*&)?action=download-manifest)", re.IGNORECASE)
_BEFORE = re.compile(
    r"(?!itms)[a-z][^?#]*?[:/#](?=itms-services(?::|//|%(?:25)*3a))|[/#?]+(?=itms-services:)", re.IGNORECASE
)
_ENCODED_AGAIN = re.compile(r"https?%(?:25)*3a", re.IGNORECASE)
_STORES = ("itunes.apple.com", "apps.apple.com")
_LAYERS = 5
_NOT_TAPPED = {
    LinkPlace.SCRIPT: "a script opens it, which Safari may block, as nobody tapped a link",
    LinkPlace.REFRESH: "a page’s refresh opens it, which Safari may block, as nobody tapped a link",
    LinkPlace.FRAME: "it is loaded into a frame, where Safari does not follow install links",
    LinkPlace.ATTRIBUTE: "it is in an attribute that browsers do not follow without a script",
}
# For these, the link is well-formed, so the hint does not repeat it: the owner has to use another address.
_AS_THEY_ARE = ("link-placeholder", "link-token")
_CODES = {
    AddressProblem.HTTP: "link-http",
    AddressProblem.PAGE: "link-page",
    AddressProblem.NOT_ENCODED: "link-not-encoded",
}


if TYPE_CHECKING:
    from ota_site.apple.install.link_finder import FoundLink


class Forms(Record, kw_only=True):
    """One install link in each format. `message` is plain text for SMS, mail and chat."""

    raw: str
    html: str
    markdown: str
    message: str
    amp: str


@dataclass(slots=True)
class _Reading:
    """The findings and the manifest's address, collected while a link is unwrapped and decoded."""

    problems: list[Problem] = field(default_factory=list)
    manifest: str | None = None
    is_link: bool = True

    def add(self, code: str, message: str, hint: str, severity: Severity = Severity.ERROR) -> None:
        if code not in {problem.code for problem in self.problems}:
            self.problems.append(Problem(code=code, severity=severity, message=message, hint=hint))


def link_forms(manifest_url: str) -> Forms:
    """Return the install link for a manifest's absolute, encoded https address, in each format."""
    link = install_link(manifest_url)
    escaped = html.escape(link)
    return Forms(
        raw=link,
        html=f'<a href="{escaped}">Install</a>',
        markdown=f"[Install]({link})",
        message=link,
        # AMP pages are shown in a frame, from which Safari does not follow such a link.
        amp=f'<a href="{escaped}" target="_top">Install</a>',
    )


class Checked(Record, kw_only=True):
    """A checked link: its original text, the manifest's address (None if unknown), and the findings."""

    given: str
    manifest: str | None
    problems: tuple[Problem, ...]


def check_links(text: str) -> tuple[Checked, ...]:
    """Return each install link in a text with its findings.

    The text may be a link, the address of a manifest, or HTML, Markdown or a script with any number of links.
    If the intended link or address is known, the hints end with it. A page without an install link gives one finding.
    """
    pasted = find_links(text)
    if not pasted.links:
        message = f"none of its {count(pasted.others, 'link')} is an install link"
        hint = "set the button’s address to itms-services://?action=download-manifest&url=…"
        missing = Problem(code="link-none", severity=Severity.ERROR, message=message, hint=hint)
        return (Checked(given=text, manifest=None, problems=(missing,)),)
    return tuple(_checked(link) for link in pasted.links)


def explain_link(text: str) -> tuple[Problem, ...]:
    """Return the findings for all links in a text; empty if there are none."""
    return tuple(problem for checked in check_links(text) for problem in checked.problems)


def meant_manifest(text: str) -> str | None:
    """Return the manifest's address that the first link of a text means; None if unknown."""
    return check_links(text)[0].manifest


def _checked(link: FoundLink) -> Checked:
    reading = _read(link)
    order = list(Severity)
    problems = sorted(reading.problems, key=lambda problem: order.index(problem.severity))
    if len(problems) > 1:
        # Rewriting the link for another finding encodes it too.
        problems = [problem for problem in problems if problem.code != "link-plain"]
    if reading.manifest is not None:
        right = install_link(reading.manifest) if reading.is_link else reading.manifest
        problems = [
            problem if problem.code in _AS_THEY_ARE else replace(problem, hint=f"{problem.hint}: {right}")
            for problem in problems
        ]
    return Checked(given=link.text, manifest=reading.manifest, problems=tuple(problems))


def _read(link: FoundLink) -> _Reading:
    reading = _Reading()
    if link.unfinished:
        message = "a script builds the rest of it, so what it installs is unknown"
        reading.add("link-script", message, "check the link that the page has after the script has run")
        return reading
    if link.place in _NOT_TAPPED:
        hint = "use an ordinary link to tap, <a href=…>"
        reading.add("link-script", _NOT_TAPPED[link.place], hint, Severity.WARNING)
    text = _unwrapped(link.text, reading)
    if text is None:
        return reading
    while _ENCODED_WHOLE.match(text):
        reading.add("link-encoded-whole", "the whole link is encoded", "encode only the manifest’s address")
        text = unquote(text)
    match = _LINK.match(_with_scheme(text, reading))
    if match is None:
        _read_address(text, reading)
        return reading
    address = _address(_query(match, reading, escaped=link.escaped), reading)
    if address is not None:
        _examine(address, reading)
    return reading


def _unwrapped(text: str, reading: _Reading) -> str | None:
    """Return the link inside redirect wrappers; None if a wrapper does not contain it."""
    for _ in range(_LAYERS):
        if (wrapped := unwrap(text)) is None:
            break
        if wrapped.inner is None:
            message = f"it is wrapped by {wrapped.by}, and the wrapper does not contain its target"
            reading.add("link-wrapped", message, "check the link as it was before it was sent")
            return None
        message = f"it is wrapped by {wrapped.by}, so a tap does not reach the installer"
        hint = "send the address of a page with the link, or send the link another way"
        reading.add("link-wrapped", message, hint, Severity.WARNING)
        text = wrapped.inner.strip()
    return text


def _with_scheme(text: str, reading: _Reading) -> str:
    """Return a link with its scheme first, also if the scheme was cut off or has a prefix."""
    if (match := _BEFORE.match(text)) and not text.lower().startswith("itms"):
        message = f"{printable(without_secrets(match[0]))} precedes it, added by an editor or framework"
        reading.add("link-scheme", message, "begin it with itms-services")
        return _with_colon(text[match.end() :])
    if match := _BEHEADED.match(text):
        message = "its scheme was cut off, probably by a content management system or sanitiser"
        reading.add("link-scheme", message, "begin it with itms-services: allow that scheme, or link to a page")
        return "itms-services://?" + text[match.end() :]
    if (match := _RESOLVED.match(text)) and not _is_store(text):
        message = "its scheme was replaced by the address of a page"
        reading.add("link-scheme", message, "begin it with itms-services: allow that scheme, or link to a page")
        return "itms-services://?" + text[match.end() :]
    return text


def _with_colon(text: str) -> str:
    return unquote(text) if re.match(r"itms-services%", text, re.IGNORECASE) else text


def _query(match: re.Match[str], reading: _Reading, *, escaped: bool) -> str:
    """Return the query of a link, with its separators corrected to &."""
    scheme, colon, slashes, mark, rest = match.groups()
    if scheme.lower() != "itms-services":
        reading.add("link-scheme", f"{scheme}: does not open the installer", "begin it with itms-services")
    host, found, query = ("", mark, rest) if mark else rest.partition("?")
    if not mark and re.match(r"action=|url=", rest):
        host, found, query = "", "", rest
    if not (colon and found) or len(slashes) < 2:
        # A link without them was a bug in getsentry/sentry-cocoa#8567.
        reading.add(
            "link-slashes", "it does not begin with itms-services://?", "write the colon, both slashes and the ?"
        )
    elif host or len(slashes) > 2:
        message = "there is text between itms-services:// and its ?"
        reading.add("link-host", message, "put the ? right after the two slashes", Severity.WARNING)
    return _separated(query, reading, escaped=escaped)


def _separated(query: str, reading: _Reading, *, escaped: bool) -> str:
    if match := _ESCAPED.search(query):
        if escaped or match[0].count(";") > 1:
            reading.add("link-amp-twice", "its & is escaped twice, as &amp;amp;", "escape it once, in HTML only")
        else:
            message = "it has &amp; for &, which is correct only in HTML, not in a message, QR code or address bar"
            reading.add("link-amp", message, "write & in plain text")
        query = _ESCAPED.sub("&", query)
    if (match := _AMP_URL.search(query)) and not re.search(r"[?&]url=", query[: match.start()]):
        message = "it has amp-url instead of url, a remnant of &amp;url"
        reading.add("link-amp-url", message, "write &url=")
        query = f"{query[: match.start()].rstrip('&;_-')}&url={query[match.end() :]}"
    if match := _GLUED.search(query):
        reading.add("link-separator", "there is no & before its url", "write &url=")
        query = f"{query[: match.start()]}{match[1]}&url={query[match.end() :]}"
    return query.lstrip("&")


def _address(query: str, reading: _Reading) -> str | None:
    """Return the manifest's address as iOS reads it, corrected if it was cut off or encoded too often."""
    before, hash_, fragment = query.partition("#")
    pairs = [(key, value) for key, _, value in (pair.partition("=") for pair in before.split("&"))]
    if ("action", "download-manifest") not in pairs:
        message = "its action is not download-manifest"
        reading.add("link-action", message, "write action=download-manifest")
    values = [value for key, value in pairs if key == "url" and value]
    if not values:
        reading.add("link-no-url", "it has no url", "add &url= and the encoded address of the manifest")
        return next((unquote(value) for key, value in pairs if key.lower() in ("url", "uri") and value), None)
    if len(values) > 1 and len(set(values)) > 1:
        reading.add("link-two-urls", "it has more than one url", "keep one")
    value = values[0]
    cut = _cut_off(pairs, value) + (hash_ + fragment if hash_ and fragment else "")
    if cut:
        message = f"its url ends at the {printable(cut[:1])} in the manifest’s address, so {printable(cut)} is lost"
        reading.add("link-not-encoded", message, "encode the whole address")
        # In an address that is not encoded as a whole, percent escapes belong to the address.
        return (value if "://" in value else unquote(value)) + cut
    return _decoded(value, reading)


def _cut_off(pairs: list[tuple[str, str]], value: str) -> str:
    """Return the part of the address cut off by its own &: the pairs after the url that are not keys of iOS."""
    if "?" not in unquote(value):
        return ""
    after = pairs[pairs.index(("url", value)) + 1 :]
    lost = [pair for pair in after if pair[0] not in ("action", "digest", "url")]
    return "".join(f"&{key}={text}" if text else f"&{key}" for key, text in lost)


def _decoded(value: str, reading: _Reading) -> str:
    address = unquote(value)
    again = 0
    while _ENCODED_AGAIN.match(address):
        address, again = unquote(address), again + 1
    if again:
        times = "once" if again == 1 else f"{again} times"
        reading.add("link-encoded-twice", f"its url is encoded {times} too often", "encode the address once")
    elif "://" in value:
        message = "its url is not encoded, which works only without &, # and %"
        reading.add("link-plain", message, "encode it to be safe", Severity.NOTE)
    return address


def _examine(address: str, reading: _Reading) -> None:
    """Add findings for the manifest's address to `reading`, and set the address that was meant."""
    faults, meant = examine_address(address)
    for fault in faults:
        message, hint = f"the manifest’s address {fault.message}", fault.hint
        if fault.problem == AddressProblem.PAGE:
            message = f"the manifest’s address is needed, but this one {fault.message}"
            if meant is None and not reading.problems and (meant := _manifest_of(address)):
                hint = "use the manifest’s address; on a site built by ota-site it is next to the page"
        if fault.problem == AddressProblem.NOT_ENCODED and reading.is_link:
            hint = "encode the address, then encode the result: a space becomes %2520"
        # Manifests are small, so hosts show no warning page before them.
        if fault.problem != AddressProblem.LARGE:
            reading.add(_CODES.get(fault.problem, "link-url"), message, hint)
    if meant and urlsplit(meant).path.lower().endswith(".ipa"):
        message = "the manifest’s address is needed, but this one is an IPA’s"
        reading.add("link-ipa", message, "use the address of the manifest.plist for this IPA")
        meant = None
    if left := find_placeholder(address):
        message = f"the manifest’s address contains a placeholder: {printable(left)}"
        reading.add("link-placeholder", message, "replace it with the real value", Severity.WARNING)
        # An address whose placeholder was encoded is not what was meant.
        meant = meant if meant and (left in meant or meant == address) else None
    if meant and any(fault.problem != AddressProblem.LARGE for fault in examine_address(meant)[0]):
        meant = None
    if meant and (access := access_of(meant)):
        end = f"expires on {day(access.until)}, {access.until:%H:%M} UTC" if access.until else "has an access token"
        hint = "use a permanent public address"
        reading.add("link-token", f"the manifest’s address {end}", hint, Severity.NOTE)
    reading.manifest = meant


def _manifest_of(page: str) -> str | None:
    """Return where ota-site puts the manifest of a page; None for a page that ota-site cannot have made."""
    parts = urlsplit(page)
    folder = re.sub(r"(?:index\.html?)?$", "", parts.path, flags=re.IGNORECASE) or "/"
    if not folder.endswith("/") or parts.query or parts.fragment or examine_address(f"https://{parts.netloc}/x")[0]:
        return None
    return f"https://{parts.netloc}{folder}manifest.plist"


def _read_address(text: str, reading: _Reading) -> None:
    """Read a text that is not an install link: the address of a manifest, or a link to the App Store."""
    reading.is_link = False
    if not _is_store(text):
        _examine(text, reading)
        return
    reading.is_link = True
    parts = urlsplit(text)
    hint = "use an itms-services link"
    reading.add("link-itunes", f"{parts.hostname} installs only from the App Store, not from a manifest", hint)
    for address in parse_qs(_ESCAPED.sub("&", parts.query)).get("url", [])[:1]:
        _examine(address, reading)


def _is_store(text: str) -> bool:
    try:
        host = urlsplit(text).hostname or ""
    except ValueError:
        return False
    return any(host == store or host.endswith(f".{store}") for store in _STORES)
