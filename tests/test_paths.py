"""Where files lie, and how pages link to them."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import paths

part = st.text("abc é%?#&:.", min_size=1, max_size=6).filter(lambda text: text.strip("."))
somewhere = st.lists(part, min_size=1, max_size=4).map(lambda parts: PurePosixPath(*parts))


@given(somewhere, somewhere)
def test_a_link_leads_from_any_page_to_any_file(page: PurePosixPath, target: PurePosixPath) -> None:
    base = "https://host.example/sub/"
    page, target = page / "index.html", target / "file.ipa"
    here = paths.url(page, base)
    assert urljoin(here, paths.href(target, page)) == paths.url(target, base)
    assert unquote(paths.url(target, base)) == base + target.as_posix()


@pytest.mark.parametrize(
    ("target", "page", "link"),
    [
        ("index.html", "index.html", "./"),
        ("index.html", "apps/x/index.html", "../../"),
        ("apps/x/index.html", "index.html", "apps/x/"),
        ("apps/x/1-1/index.html", "apps/x/index.html", "1-1/"),
        ("apps/x/index.html", "apps/x/1-1/index.html", "../"),
        ("help/index.html", "apps/x/index.html", "../../help/"),
        ("files/a b.ipa", "index.html", "files/a%20b.ipa"),
    ],
)
def test_pages_are_linked_by_their_folder(target: str, page: str, link: str) -> None:
    assert paths.href(PurePosixPath(target), PurePosixPath(page)) == link


@pytest.mark.parametrize("bundle_id", ["com.example.app", "a", "com.example.", "毛豆", "com.example.-9"])
def test_an_app_without_an_icon_has_a_letter_of_its_own(bundle_id: str) -> None:
    letter, hue = paths.letter(bundle_id)
    assert letter.isascii()
    assert letter.isalnum()
    assert 0 <= hue < 360
