"""Links wrapped by others: each service's form is undone, and where it hides the link, that is said."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.apple.install.install_link import install_link
from ota_site.apple.install.link_wrappers import unwrap

LINK = install_link("https://x.example/a%20b/m.plist")
ENCODED = quote(LINK, safe="")
HYPHENED = ENCODED.replace("-", "%2D").replace("%", "-")
BASE64 = b64encode(LINK.encode()).decode()
URL_BASE64 = urlsafe_b64encode(LINK.encode()).decode().rstrip("=")

# What is inside of each is LINK.
WRAPPED: list[tuple[str, str]] = [
    ("Outlook Safe Links", f"https://eur03.safelinks.protection.outlook.com/?url={ENCODED}&data=05%7C&reserved=0"),
    ("Outlook Safe Links", f"https://nam02.safelinks.protection.outlook.com/?url={LINK}&data=05&sdata=a%3D&reserved=0"),
    ("Outlook Safe Links", f"https://gcc02.safelinks.protection.outlook.com/ap/t-1/?url={ENCODED}"),
    ("Teams Safe Links", f"https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/a.html?url={ENCODED}"),
    ("Google", f"https://www.google.com/url?q={ENCODED}&sa=D&source=docs&ust=1"),
    ("Google", f"https://www.google.co.uk/url?sa=t&url={ENCODED}"),
    ("Facebook", f"https://l.facebook.com/l.php?u={ENCODED}&h=AT0"),
    ("Facebook", f"https://lm.facebook.com/l.php?u={ENCODED}"),
    ("Facebook Messenger", f"https://l.messenger.com/l.php?u={ENCODED}"),
    ("Instagram", f"https://l.instagram.com/?u={ENCODED}&e=AT0"),
    ("WhatsApp", f"https://l.wl.co/l?u={ENCODED}"),
    ("Slack", f"https://slack-redir.net/link?url={ENCODED}"),
    ("LinkedIn", f"https://www.linkedin.com/redir/redirect?url={ENCODED}&urlhash=1"),
    ("LinkedIn", f"https://www.linkedin.com/safety/go?url={ENCODED}"),
    ("Proofpoint", f"https://urldefense.proofpoint.com/v1/url?u={ENCODED}&k=1"),
    ("Proofpoint", f"https://urldefense.proofpoint.com/v2/url?u={HYPHENED}&d=DwMF&c=x"),
    ("Proofpoint", f"https://urldefense.com/v3/__{LINK.replace('://', ':/')}__;!!abc!def$"),
    ("Barracuda", f"https://linkprotect.cudasvc.com/url?a={ENCODED}&c=E,1"),
    ("Symantec", f"https://clicktime.symantec.com/3A?u={ENCODED}"),
    ("Trend Micro", f"https://dc.clicktime.trendmicro.com:443/wis/clicktime/v1/query?url={ENCODED}"),
    ("Trellix", f"https://protect2.fireeye.com/v1/url?k=1&q=1&u={ENCODED}"),
    ("Sophos", f"https://eu-west-1.protection.sophos.com/?d=x.example&u={quote(BASE64)}&i=1"),
    ("Sophos", f"https://eu-west-1.protection.sophos.com/?d=x.example&u={BASE64}&i=1"),
    ("Cisco", f"https://secure-web.cisco.com/1AbC-d/{ENCODED}"),
    ("Check Point", f"https://protect.checkpoint.com/v2/___{LINK}___.YXA6"),
    ("Bing", f"https://www.bing.com/ck/a?!&&p=1&u=a1{URL_BASE64}&ntb=1"),
    ("Yahoo", f"https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU={ENCODED}/RK=2/RS=x"),
    ("DuckDuckGo", f"https://duckduckgo.com/l/?uddg={ENCODED}&rut=1"),
    ("Reddit", f"https://out.reddit.com/t3_1?url={ENCODED}&token=A"),
    ("YouTube", f"https://www.youtube.com/redirect?event=x&q={ENCODED}"),
    ("VK", f"https://vk.com/away.php?to={ENCODED}&cc_key="),
    ("Zhihu", f"https://link.zhihu.com/?target={ENCODED}"),
    ("CSDN", f"https://link.csdn.net/?target={ENCODED}"),
    ("QQ", f"https://c.pc.qq.com/middlem.html?pfurl={ENCODED}"),
    ("href.li", f"https://href.li/?{LINK}"),
    ("href.li", f"https://href.li/?{ENCODED}"),
    ("the Wayback Machine", f"https://web.archive.org/web/2024/{LINK}"),
    ("go.example", f"https://go.example/track?id=7&target={ENCODED}"),
    ("go.example", f"https://go.example/track?target={LINK}"),
    ("an Android intent", f"intent:{LINK.partition(':')[2]}#Intent;scheme=itms-services;package=x;end"),
    ("an Android intent", f"intent:{LINK}#Intent;end"),
    ("the scheme of another browser", f"googlechromes://{LINK}"),
    ("the scheme of another browser", f"firefox://open-url?url={ENCODED}"),
]

HIDDEN: list[tuple[str, str]] = [
    ("Mimecast", "https://protect-us.mimecast.com/s/AbCdEf?domain=x.example"),
    ("Mimecast", "https://url.uk.m.mimecastprotect.com/s/AbC"),
    ("Symantec", "https://clicktime.symantec.com/15tAbc"),
    ("SendGrid", "https://u1.ct.sendgrid.net/ls/click?upn=u001.abc"),
    ("Mailchimp", "https://acme.us1.list-manage.com/track/click?u=1&id=2&e=3"),
    ("Check Point", "https://protect.checkpoint.com/v2/r02/___rymbc___.YXA6"),
    ("Proofpoint", "https://urldefense.com/v3/broken"),
    ("LinkedIn", "https://lnkd.in/abc"),
    ("an Android intent", "intent:scan#Intent;end"),
]

PLAIN = [
    LINK,
    "https://x.example/m.plist",
    "https://x.example/m.plist?url=https%3A%2F%2Fy.example%2Fn.plist",
    "https://www.google.com/search?q=itms",
    "https://www.linkedin.com/in/somebody",
    "https://web.archive.org/",
    "https://[",
    "mailto:a@x.example",
    "",
]


@pytest.mark.parametrize(("by", "text"), WRAPPED, ids=[text[:60] for _, text in WRAPPED])
def test_a_wrapped_link_is_unwrapped(by: str, text: str) -> None:
    wrapped = unwrap(text)
    assert wrapped is not None
    assert (wrapped.by, wrapped.inner) == (by, LINK)


@pytest.mark.parametrize(("by", "text"), HIDDEN, ids=[text[:60] for _, text in HIDDEN])
def test_a_service_that_hides_the_link_is_named(by: str, text: str) -> None:
    wrapped = unwrap(text)
    assert wrapped is not None
    assert (wrapped.by, wrapped.inner) == (by, None)


@pytest.mark.parametrize("text", PLAIN)
def test_other_addresses_are_not_wrapped(text: str) -> None:
    assert unwrap(text) is None


def test_proofpoint_puts_back_single_characters_and_runs() -> None:
    replaced = urlsafe_b64encode("+äöü".encode()).decode().rstrip("=")
    wrapped = unwrap(f"https://urldefense.com/v3/__https://x.example/a*b**B__;{replaced}!!x!y$")
    assert wrapped is not None
    assert wrapped.inner == "https://x.example/a+bäöü"


@given(st.text() | st.text(":/?&=*_-;!#%3Aab", max_size=60).map("https://urldefense.com/v3/__".__add__))
def test_any_text_is_unwrapped_or_left(text: str) -> None:
    wrapped = unwrap(text)
    assert wrapped is None or wrapped.by
