"""Every wrong form of a link has its own code and its repair; right ones have nothing said against them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown import Markdown

from ota_site.apple.install.install_link import install_link, manifest_url
from ota_site.model.build import Problem, Severity
from ota_site.rules.link_check import check_links, explain_link, link_forms, meant_manifest

MANIFEST = "https://x.example/a%20b/manifest.plist"
PLAIN = "https://x.example/m.plist"
ONCE, TWICE = quote(PLAIN, safe=""), quote(quote(PLAIN, safe=""), safe="")
THRICE = quote(TWICE, safe="")
START = "itms-services://?action=download-manifest"
WRAPPED = quote(f"{START}&url={ONCE}", safe="")

# What was meant is PLAIN in each.
WRONG: list[tuple[str, str]] = [
    ("link-amp-url", f"{START}&amp-url={ONCE}"),
    ("link-amp-url", f"{START}&amp-url={PLAIN}"),
    ("link-amp-url", f"{START}-amp-url={PLAIN}"),
    ("link-amp-url", f"{START}amp-url={PLAIN}"),
    ("link-amp-url", f"{START}&-url={PLAIN}"),
    ("link-amp-url", f"{START}amp;url={PLAIN}"),
    ("link-amp", f"{START}&amp;url={ONCE}"),
    ("link-amp", f"{START}&amp;url={PLAIN}"),
    ("link-amp", f"{START}&#38;url={ONCE}"),
    ("link-amp", f"{START}&#x26;url={ONCE}"),
    ("link-amp-twice", f"{START}&amp;amp;url={ONCE}"),
    ("link-amp-twice", f"{START}&amp;#38;url={ONCE}"),
    ("link-amp-twice", f'<a class="b" href="{START}&amp;amp;url={ONCE}">Install</a>'),
    ("link-separator", f"{START}%26url={ONCE}"),
    ("link-separator", f"{START};url={ONCE}"),
    ("link-separator", f"{START}?url={ONCE}"),
    ("link-slashes", f"itms-services:?action=download-manifest&url={ONCE}"),
    ("link-slashes", f"itms-services:/?action=download-manifest&url={ONCE}"),
    ("link-slashes", f"itms-services//?action=download-manifest&url={ONCE}"),
    ("link-slashes", f"itms-services://action=download-manifest&url={ONCE}"),
    ("link-slashes", f"itms-services:action=download-manifest&url={PLAIN}?v=1".removesuffix("?v=1")),
    ("link-host", f"itms-services:///?action=download-manifest&url={ONCE}"),
    ("link-host", f"itms-services://x.example/?action=download-manifest&url={ONCE}"),
    ("link-scheme", f"itms-apps://?action=download-manifest&url={ONCE}"),
    ("link-scheme", f"itms-service://?action=download-manifest&url={ONCE}"),
    ("link-scheme", f"itms://?action=download-manifest&url={ONCE}"),
    ("link-action", f"itms-services://?url={ONCE}"),
    ("link-action", f"itms-services://?action=download&url={ONCE}"),
    ("link-action", f"itms-services://?Action=download-manifest&url={ONCE}"),
    ("link-no-url", f"{START}&URL={ONCE}"),
    ("link-two-urls", f"{START}&url={ONCE}&url=https%3A%2F%2Fother.example%2Fm.plist"),
    ("link-http", f"{START}&url={ONCE.replace('https', 'http')}"),
    ("link-http", f"{START}&url={PLAIN.replace('https', 'http')}"),
    ("link-http", PLAIN.replace("https", "http")),
    ("link-encoded-twice", f"{START}&url={TWICE}"),
    ("link-encoded-twice", f"{START}&url={THRICE}"),
    ("link-encoded-whole", quote(f"{START}&url={ONCE}", safe="")),
    ("link-encoded-whole", quote(quote(f"{START}&url={PLAIN}", safe=""), safe="")),
    ("link-url", f"{START}&url=h{ONCE}"),
    ("link-url", f"{START}&url={PLAIN.replace('://', ':/')}"),
    ("link-url", f"{START}&url=x.example/m.plist"),
    ("link-url", "x.example/m.plist"),
    ("link-itunes", f"https://itunes.apple.com/?action=download-manifest&url={ONCE}"),
    ("link-itunes", f"https://itunes.apple.com/WebObjects/x?action=download-manifest&amp;url={PLAIN}"),
    ("link-itunes", f"https://apps.apple.com/install?url={ONCE}"),
    ("link-plain", f"{START}&url={PLAIN}"),
    ("link-scheme", f"//?action=download-manifest&url={ONCE}"),
    ("link-scheme", f"://?action=download-manifest&url={ONCE}"),
    ("link-scheme", f"?action=download-manifest&url={ONCE}"),
    ("link-scheme", f"action=download-manifest&url={ONCE}"),
    ("link-scheme", f"unsafe:{START}&url={ONCE}"),
    ("link-scheme", f"about:blank#{START}&url={ONCE}"),
    ("link-scheme", f"http://{START}&url={ONCE}"),
    ("link-scheme", f"https://cms.example/page/{START}&url={ONCE}"),
    ("link-scheme", f"https://cms.example/page?action=download-manifest&url={ONCE}"),
    ("link-scheme", f'<a href="//?action=download-manifest&amp;url={ONCE}">Install</a>'),
    ("link-wrapped", f"https://eur03.safelinks.protection.outlook.com/?url={WRAPPED}&data=05"),
    ("link-wrapped", f"https://www.google.com/url?q={WRAPPED}&sa=D"),
    ("link-wrapped", f'<a href="https://l.facebook.com/l.php?u={WRAPPED}&amp;h=A">'),
    ("link-script", f"location.href='{install_link(PLAIN)}'"),
    ("link-script", f'<meta http-equiv="refresh" content="0;url={START}&amp;url={ONCE}">'),
    ("link-script", f'<iframe src="{START}&amp;url={ONCE}">'),
    ("link-script", f'<a href="#" data-href="{START}&amp;url={ONCE}">'),
]

# What was meant is the other address.
REPAIRED: list[tuple[str, str, str]] = [
    ("link-not-encoded", f"{START}&url=https://x.example/a b/manifest.plist", MANIFEST),
    ("link-not-encoded", f"{START}&url={MANIFEST}", MANIFEST),
    ("link-not-encoded", f"{START}&url=https://x.example/ü.plist", "https://x.example/%C3%BC.plist"),
    ("link-not-encoded", f"{START}&url=https://ü.example/m.plist", "https://xn--tda.example/m.plist"),
    ("link-not-encoded", f"{START}&url={PLAIN}?v=1&w=2", f"{PLAIN}?v=1&w=2"),
    ("link-not-encoded", f"{START}&url={PLAIN}?v=1&flag", f"{PLAIN}?v=1&flag"),
    ("link-not-encoded", f"{START}&url={PLAIN}?sig=a%2Bb%3D&w=2", f"{PLAIN}?sig=a%2Bb%3D&w=2"),
    ("link-not-encoded", f"{START}&url={ONCE}#top", f"{PLAIN}#top"),
    (
        "link-page",
        f"{START}&url={quote('https://x.example/apps/a/', safe='')}",
        "https://x.example/apps/a/manifest.plist",
    ),
    ("link-page", "https://x.example/apps/a/", "https://x.example/apps/a/manifest.plist"),
    ("link-page", "https://x.example/apps/a/index.html", "https://x.example/apps/a/manifest.plist"),
    ("link-page", "https://x.example", "https://x.example/manifest.plist"),
    (
        "link-page",
        "https://github.com/o/r/blob/main/m.plist",
        "https://raw.githubusercontent.com/o/r/main/m.plist",
    ),
    ("link-page", "https://www.dropbox.com/s/1/m.plist?dl=0", "https://www.dropbox.com/s/1/m.plist?dl=1"),
    ("link-page", "https://git.example/o/r/-/blob/main/m.plist", "https://git.example/o/r/-/raw/main/m.plist"),
    ("link-page", "https://bitbucket.org/o/r/src/main/m.plist", "https://bitbucket.org/o/r/raw/main/m.plist"),
]

# Nobody can tell what was meant.
LOST: list[tuple[str, str]] = [
    ("link-no-url", START),
    ("link-no-url", f"{START}&url="),
    ("link-ipa", "https://x.example/App.ipa"),
    ("link-ipa", f"{START}&url=https%3A%2F%2Fx.example%2FApp.ipa"),
    ("link-page", "https://drive.google.com/file/d/1/view"),
    ("link-page", "https://github.com/o/r"),
    ("link-page", "https://x.example/install.html"),
    ("link-itunes", "https://itunes.apple.com/app/id1"),
    ("link-url", ""),
    ("link-url", "hello"),
    ("link-url", "https://localhost/m.plist"),
    ("link-url", "https://127.0.0.1:8443/m.plist"),
    ("link-url", "https://erika:geheim@x.example/m.plist"),
    ("link-url", "https:///m.plist"),
    ("link-wrapped", "https://protect-us.mimecast.com/s/AbCdEf?domain=x.example"),
    ("link-script", "location.href = 'itms-services://?action=download-manifest&url=' + encodeURIComponent(url)"),
    ("link-script", "window.open(`itms-services://?action=download-manifest&url=${url}`)"),
    ("link-none", '<a href="https://x.example/a">a</a> <a href="/b">b</a>'),
    ("link-page", "https://testflight.apple.com/join/AbC"),
    ("link-page", "https://x.example/go/?to=app"),
]

RIGHT = [
    *(
        install_link(address)
        for address in (PLAIN, MANIFEST, f"{PLAIN}?v=1&w=2#x", "https://x.example:8443/manifest/7")
    ),
    f"itms-services://?url={ONCE}&action=download-manifest",
    f"{START}&url={ONCE}&digest=ab",
    f"ITMS-SERVICES://?action=download-manifest&url={ONCE}",
    f'  "{START}&url={ONCE}"\n',
    f"<p>Here: <a class=b href={START}&amp;url={ONCE}>Install</a></p>",
    PLAIN,
    "https://[2001:db8::1]/m.plist",
    "https://github.com/o/r/releases/download/v1/m.plist",
    "https://github.com/o/r/raw/main/m.plist",
    "https://raw.githubusercontent.com/o/r/main/m.plist",
    "https://www.dropbox.com/s/1/m.plist?dl=1",
    "https://drive.google.com/uc?export=download&id=1",
    "https://github.com/o/r/blob/main/m.plist?raw=true",
]

MANIFESTS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1).map(
    lambda text: f"https://x.example/{quote(text)}/m.plist"
)


def codes(text: str) -> list[str]:
    return [problem.code for problem in explain_link(text)]


@pytest.mark.parametrize(("code", "text"), WRONG, ids=[f"{code} {text}" for code, text in WRONG])
def test_each_wrong_form_has_its_code_alone_and_the_right_one_in_its_hint(code: str, text: str) -> None:
    (problem,) = explain_link(text)
    assert problem.code == code
    assert meant_manifest(text) == PLAIN
    right = install_link(PLAIN) if re.search("itms|action=", text) or code == "link-itunes" else PLAIN
    assert problem.hint.endswith(f": {right}")


@pytest.mark.parametrize(("code", "text", "meant"), REPAIRED, ids=[f"{case[0]} {case[1]}" for case in REPAIRED])
def test_an_address_is_repaired_where_it_can_be_told_what_was_meant(code: str, text: str, meant: str) -> None:
    (problem,) = explain_link(text)
    assert problem.code == code
    assert meant_manifest(text) == meant
    assert problem.hint.endswith(meant if text.startswith("https") else install_link(meant))


@pytest.mark.parametrize(("code", "text"), LOST, ids=[f"{code} {text}" for code, text in LOST])
def test_where_nobody_can_tell_none_is_suggested(code: str, text: str) -> None:
    (problem,) = explain_link(text)
    assert (problem.code, problem.severity) == (code, Severity.ERROR)
    assert problem.hint
    assert meant_manifest(text) is None


def test_a_password_is_not_repeated() -> None:
    assert "geheim" not in str(explain_link("https://erika:geheim@x.example/m.plist"))
    assert "geheim" not in str(explain_link("ftp://erika:geheim@x.example/m.plist"))


@pytest.mark.parametrize("text", RIGHT)
def test_a_right_link_raises_nothing(text: str) -> None:
    assert explain_link(text) == ()
    assert meant_manifest(text)


def test_only_what_may_still_work_is_less_than_an_error() -> None:
    by_code = {problem.code: problem.severity for _, text in WRONG for problem in explain_link(text)}
    assert {code for code, severity in by_code.items() if severity != Severity.ERROR} == {
        *("link-plain", "link-host", "link-wrapped", "link-script"),
    }


def test_every_code_is_explained_in_the_documents() -> None:
    root = Path(__file__).parents[2]
    text = (root / "docs/install-link.md").read_text("utf-8")
    source = (root / "generator/ota_site/rules/link_check.py").read_text("utf-8")
    assert set(re.findall(r'"(link-[a-z-]+)"', source)) == set(re.findall(r"`(link-[a-z-]+)`", text))


@pytest.mark.parametrize(
    ("address", "code", "severity"),
    [
        ("https://your-domain.com/m.plist", "link-placeholder", Severity.WARNING),
        ("https://example.com/m.plist", "link-placeholder", Severity.WARNING),
        ("https://x.example/YOUR_APP/m.plist", "link-placeholder", Severity.WARNING),
        ("https://x.example/m.plist?token=abcdef", "link-token", Severity.NOTE),
        (f"https://x.example/m.plist?Expires={1767226500}&Signature=abcdef", "link-token", Severity.NOTE),
    ],
)
def test_an_address_that_may_not_work_for_ever_is_told(address: str, code: str, severity: Severity) -> None:
    for text in (address, install_link(address)):
        (problem,) = explain_link(text)
        assert (problem.code, problem.severity) == (code, severity)
        assert "abcdef" not in problem.message + problem.hint
        assert meant_manifest(text) == address


@pytest.mark.parametrize("address", ["https://{{host}}/m.plist", "https://x.example/${ID}/m.plist", "https://x.dev/%s"])
def test_a_template_is_not_encoded(address: str) -> None:
    assert "link-placeholder" in codes(address)
    assert meant_manifest(address) is None
    assert not any(": https:" in problem.hint for problem in explain_link(address))


def test_a_wrapped_page_leads_to_no_address_that_was_not_given() -> None:
    for text in (
        f"https://eur03.safelinks.protection.outlook.com/?url={quote('https://x.example/apps/a/', safe='')}",
        "https://eur03.safelinks.protection.outlook.com/?data=05",
        "https://www.google.com/url?sa=t",
    ):
        assert "manifest.plist" not in str([problem.hint.rpartition(": ")[2] for problem in explain_link(text)])
        assert meant_manifest(text) is None


def test_each_link_of_a_page_is_checked() -> None:
    right, wrong = install_link("https://x.example/1.plist"), f"{START}&amp;amp;url={ONCE}"
    page = f'<a href="/about">About</a><a href="{right}">1</a><a href="{wrong}">2</a><a href="{right}">Again</a>'
    found = [(checked.manifest, [problem.code for problem in checked.problems]) for checked in check_links(page)]
    assert found == [("https://x.example/1.plist", []), (PLAIN, ["link-amp-twice"])]


def test_several_faults_are_all_told_and_mended_at_once() -> None:
    text = "itms-services:?action=download-manifest&amp;url=http://x.example/a b.plist"
    assert codes(text) == ["link-slashes", "link-amp", "link-http", "link-not-encoded"]
    assert meant_manifest(text) == "https://x.example/a%20b.plist"


@given(MANIFESTS)
@example("https://x.example/a%20b.plist?v=1&w=2")
def test_every_form_leads_back_to_the_manifest(address: str) -> None:
    forms = link_forms(address)
    assert forms.raw == forms.message == install_link(address)
    for form in (forms.html, forms.amp, Markdown().convert(forms.markdown)):
        assert manifest_url(_href(form)) == address
    for form in (forms.raw, forms.html, forms.markdown, forms.message, forms.amp):
        assert set(codes(form)) <= {"link-placeholder"}
        assert meant_manifest(form) == address


def _href(markup: str) -> str:
    """Return the link in a piece of HTML, as a browser reads it."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(value or "" for name, value in attrs if (tag, name) == ("a", "href"))

    Reader().feed(markup)
    (href,) = found
    return href


@given(st.text() | st.text("itms-services:/?&;#%=amp;urlhttps25 \n[]()<>@", max_size=80).map(START.__add__))
@example("https://[")
@example("itms-services://?action=download-manifest&url=https://[")
@example("https://x.example:99999999/")
@example("https://\ud800/")
@example("https://x.example/\ud800")
@example("itms-services://?action=download-manifest&url=https://x.example/%ff")
@example("[a](itms-services://?url=")
@example("itms-services%3A%3A" * 50)
def test_whatever_is_given_ends_in_findings(text: str) -> None:
    problems = explain_link(text)
    assert all(isinstance(problem, Problem) for problem in problems)
    meant = meant_manifest(text)
    assert problems or meant
    if meant is not None:
        assert set(codes(install_link(meant))) <= {"link-placeholder", "link-token"}
