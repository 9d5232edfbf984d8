"""Addresses: what iOS would refuse is refused here, with the reason; all others are made whole."""

from __future__ import annotations

import pytest

from ota_site.config.address import site_address
from ota_site.model.errors import SiteError

_PAGES, _OWN = "GitHub Pages", "the address of the device itself"


@pytest.mark.parametrize(
    ("given", "whole"),
    [
        ("https://apps.example.com", "https://apps.example.com/"),
        ("https://apps.example.com/", "https://apps.example.com/"),
        ("  https://apps.example.com\n", "https://apps.example.com/"),
        ("HTTPS://Apps.Example.COM/Apps", "https://apps.example.com/Apps/"),
        ("https://example.com/team/apps", "https://example.com/team/apps/"),
        ("https://example.com/apps///", "https://example.com/apps/"),
        ("https://example.com/apps/index.html", "https://example.com/apps/"),
        ("https://example.com:8443/apps", "https://example.com:8443/apps/"),
        ("https://example.com:443", "https://example.com/"),
        ("https://example.com.", "https://example.com/"),
        ("https://under_score.example.com", "https://under_score.example.com/"),
        ("https://bücher.example", "https://xn--bcher-kva.example/"),
        ("https://XN--bcher-kva.example", "https://xn--bcher-kva.example/"),
        ("https://例え.テスト/道", "https://xn--r8jz45g.xn--zckzah/%E9%81%93/"),
        ("https://192.168.1.20:8443", "https://192.168.1.20:8443/"),
        ("https://[2001:DB8::1]/apps", "https://[2001:db8::1]/apps/"),
        ("https://example.com/my apps", "https://example.com/my%20apps/"),
        ("https://example.com/my%20apps", "https://example.com/my%20apps/"),
        ("https://example.com/100%", "https://example.com/100%25/"),
        ("https://owner.github.io/repository", "https://owner.github.io/repository/"),
    ],
)
def test_an_address_is_made_whole_and_then_stays_as_it_is(given: str, whole: str) -> None:
    assert site_address(given, where="flag") == whole
    assert site_address(whole, where="flag") == whole


@pytest.mark.parametrize(
    ("given", "reason", "way_out"),
    [
        ("http://apps.example.com/a", "https only", "write https://apps.example.com/a"),
        ("apps.example.com", "is not an https address", "https://apps.example.com/"),
        ("//apps.example.com", "is not an https address", "https://apps.example.com/"),
        ("hhttps://apps.example.com", "is not an https address", "https://apps.example.com/"),
        ("ftp://apps.example.com", "is not an https address", "https://apps.example.com/"),
        ("https://", "is not an https address", "https://apps.example.com/"),
        ("https:///apps", "is not an https address", "https://apps.example.com/"),
        ("https:/apps.example.com", "is not an https address", "https://apps.example.com/"),
        ("", "is not an https address", "https://apps.example.com/"),
        ("https://localhost", _OWN, "testers"),
        ("https://localhost.:8443/", _OWN, "testers"),
        ("http://localhost:8080", _OWN, "testers"),
        ("https://foo.localhost", _OWN, "testers"),
        ("https://127.0.0.1", _OWN, "testers"),
        ("https://127.9.9.9:8443", _OWN, "testers"),
        ("https://0.0.0.0", _OWN, "testers"),
        ("https://[::1]:8443", _OWN, "testers"),
        ("https://[::ffff:127.0.0.1]", _OWN, "testers"),
        ("https://127.1", "an invalid host", "https://apps.example.com/"),
        ("https://github.com/o/r/blob/x", "in a viewer", _PAGES),
        ("https://www.github.com/o/r", "in a viewer", _PAGES),
        ("https://raw.githubusercontent.com/o/r/main/", "in a viewer", _PAGES),
        ("https://gitlab.com/o/r", "in a viewer", "GitLab Pages"),
        ("https://www.dropbox.com/s/x", "in a viewer", "Netlify"),
        ("https://apps.example.com/?a=1", "a query or a fragment", "https://apps.example.com/"),
        ("https://apps.example.com/#apps", "a query or a fragment", "https://apps.example.com/"),
        ("https://apps.example.com:99999", "is not an address", "https://apps.example.com/"),
        ("https://apps.example.com:port", "is not an address", "https://apps.example.com/"),
        ("https://[::1", "is not an address", "https://apps.example.com/"),
        ("https://[fe80]", "is not an address", "https://apps.example.com/"),
        ("https://exa mple.com", "an invalid host", "https://apps.example.com/"),
        ("https://a..example.com", "an invalid host", "https://apps.example.com/"),
        ("https://-apps.example.com", "an invalid host", "https://apps.example.com/"),
        ("https://999.1.1.1", "an invalid host", "https://apps.example.com/"),
        (r"https://apps.example.com\apps", "an invalid host", "https://apps.example.com/"),
        # Browsers and Python differ on which host this is.
        ("https://straße.example", "an ambiguous host", "xn--"),
    ],
)
def test_an_address_that_cannot_work_is_refused_with_the_reason(given: str, reason: str, way_out: str) -> None:
    with pytest.raises(SiteError) as refused:
        site_address(given, where="--base-url")
    assert reason in refused.value.message
    assert way_out in refused.value.hint
    assert refused.value.where == "--base-url"


@pytest.mark.parametrize("given", ["https://user:secret@apps.example.com", "http://user:secret@localhost/"])
def test_a_password_in_an_address_is_refused_and_not_repeated(given: str) -> None:
    with pytest.raises(SiteError, match="user name") as refused:
        site_address(given, where="--base-url")
    assert "secret" not in str(refused.value)
