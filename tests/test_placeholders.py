"""Values that nobody filled in, and addresses that only look like them."""

from __future__ import annotations

import pytest

from ota_site.rules.placeholders import find_mark, find_placeholder

LEFT: list[tuple[str, str]] = [
    ("https://your-domain.com/A.ipa", "your-domain.com"),
    ("https://yourdomain.com/A.ipa", "yourdomain.com"),
    ("https://www.yourserver.net/A.ipa", "www.yourserver.net"),
    ("https://example.com/A.ipa", "example.com"),
    ("https://apps.example.org:8443/A.ipa", "apps.example.org"),
    ("https://mydomain.com/A.ipa", "mydomain.com"),
    ("https://xxx.com/A.ipa", "xxx.com"),
    ("https://192.168.x.x/A.ipa", "192.168.x.x"),
    ("https://YOUR_HOST/A.ipa", "YOUR_HOST"),
    ("https://x.dev/YOUR_APP_ID/A.ipa", "YOUR_APP_ID"),
    ("https://github.com/your-username/your-repo/raw/main/A.ipa", "your-username"),
    ("https://your-bucket.s3.amazonaws.com/A.ipa", "your-bucket.s3.amazonaws.com"),
    ("https://<host>/A.ipa", "<host>"),
    ("https://x.dev/%3Cteam%3E/A.ipa", "<team>"),
    ("https://$(HOST)/A.ipa", "$(HOST)"),
    ("https://${HOST}/A.ipa", "${HOST}"),
    ("https://x.dev/$%7BID%7D/A.ipa", "${ID}"),
    ("https://{{ host }}/A.ipa", "{{ host }}"),
    ("https://${{ vars.HOST }}/A.ipa", "${{ vars.HOST }}"),
    ("https://x.dev/{id}/A.ipa", "{id}"),
    ("https://x.dev/#{id}/A.ipa", "#{id}"),
    ("https://x.dev/%{id}/A.ipa", "%{id}"),
    ("https://x.dev/<%= id %>/A.ipa", "<%= id %>"),
    ("https://x.dev/%s/A.ipa", "%s"),
    ("https://x.dev/%@/A.ipa", "%@"),
    ("https://x.dev/[your app]/A.ipa", "[your app]"),
    ("https://x.dev/REPLACE_ME/A.ipa", "REPLACE_ME"),
    ("https://x.dev/path/to/A.ipa", "path/to"),
    ("https://x.dev/.../A.ipa", "..."),
]

REAL = [
    "https://apps.acme.dev/A.ipa",
    "https://localhost/A.ipa",
    "https://x.example/A.ipa",
    "https://example.acme.dev/A.ipa",
    "https://yourname.acme.dev/Your%20Name.ipa",
    "https://x.dev/yours/truly/A.ipa",
    "https://x.dev/%D1%84/A.ipa",
    "https://x.dev/{6F9619FF-8B86-D011-B42D-00CF4FC964FF}/A.ipa",
    "https://x.dev/mypath/todo/A.ipa",
    "https://xx.dev/A.ipa",
    "https://[2001:db8::1]/A.ipa",
    "https://[",
    "",
]


@pytest.mark.parametrize(("address", "left"), LEFT)
def test_a_value_that_was_not_filled_in_is_found(address: str, left: str) -> None:
    assert find_placeholder(address) == left


@pytest.mark.parametrize("address", REAL)
def test_other_addresses_hold_none(address: str) -> None:
    assert find_placeholder(address) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("$(PRODUCT_BUNDLE_IDENTIFIER)", "$(PRODUCT_BUNDLE_IDENTIFIER)"),
        ("com.acme.${NAME}", "${NAME}"),
        ("YOUR_APP_NAME", "YOUR_APP_NAME"),
        ("com.acme.app", None),
        ("Your App", None),
        ("1.2 (3)", None),
    ],
)
def test_marks_are_found_in_other_texts(text: str, left: str | None) -> None:
    assert find_mark(text) == left
