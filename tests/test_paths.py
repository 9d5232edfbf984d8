"""Where files lie, and how pages link to them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePath, PurePosixPath
from urllib.parse import unquote, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.catalog import paths
from ota_site.catalog.grouping import make_catalog
from ota_site.disk.state import is_clean
from ota_site.model.build import Source
from ota_site.model.records import replace
from ota_site.model.texts import BuildText, Texts
from tests.builds import BUILD, other

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


# --- names that Windows reserves ------------------------------------------------------------------------------

RESERVED = (
    *("CON", "con", "Prn", "AUX", "nul", "COM1", "com9", "LPT1", "lpt9", "COM¹", "LPT³", "CONIN$", "conout$"),
    *("aux.txt", "nul.de.html", "NUL.tar.gz", "con .txt", "COM1.", "aux..png"),
)
SHORTENED = ("notes.", "notes ", "notes. .", "...", "con ")
FREE = (
    *(
        "console",
        "auxiliary",
        "nul-1",
        "xcon",
        "com0",
        "com10",
        "com",
        "lpt",
        "lpt1-a",
        "icon",
        "de.nul",
        "my aux",
        "a.aux",
    ),
    *(".con", "a b", "ü", "a:b.png", "a\\b.png", "..a", "a..b", "nul_", "COM1x.ipa", " con", "конец"),
)


def takes(name: str) -> bool:
    """Whether Windows makes a file of this name: by its rules, written down once more."""
    devices = {
        "con",
        "prn",
        "aux",
        "nul",
        "conin$",
        "conout$",
        *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³"),
    }
    return name[-1] not in ". " and name.split(".", maxsplit=1)[0].rstrip(" ").casefold() not in devices


def places(name: str) -> dict[str, PurePosixPath]:
    """Return every place of the site whose path has a name from outside in it."""
    build = other(BUILD, bundle_id=name, version=name, build="1")
    text = replace(BuildText(), channel=name)
    ipa = Source(path=Path("content") / f"{name}.ipa", size=1, mtime_ns=1)
    texts = Texts(builds={ipa.path: text})
    (app,) = make_catalog([(ipa, build)], texts, lambda _build, _before: (), language="en").apps
    return {
        "app": paths.app_page(app),
        "feed": paths.app_feed(app),
        "build": paths.build_page(app, app.newest),
        "manifest": paths.manifest(paths.build_page(app, app.newest)),
        "channel": paths.channel_page(app, name),
        "ipa": paths.ipa(app.newest),
        "page": paths.own_page(PurePath(name)),
        "deep page": paths.own_page(PurePath("legal", name, "index")),
        "folder of a page": paths.own_page(PurePath(name, "terms")),
        "media": paths.media(PurePath(name)),
        "folder of media": paths.media(PurePath(name, "a.png")),
        "language": paths.in_language(paths.HELP, name),
    }


@pytest.mark.parametrize("name", [*RESERVED, *SHORTENED, *FREE])
def test_windows_takes_every_name_in_the_site(name: str) -> None:
    for place, path in places(name).items():
        assert all(map(takes, path.parts)), (place, path)
        assert is_clean(path.as_posix())


@pytest.mark.parametrize("name", FREE)
def test_a_name_that_windows_takes_stays_as_it_is(name: str) -> None:
    assert takes(name)
    assert paths.media(PurePath(name, "a.png")) == PurePosixPath("media", name, "a.png")
    assert paths.own_page(PurePath("legal", name)) == PurePosixPath("legal", name, "index.html")


@given(st.text(min_size=1).filter(lambda name: "/" not in name and "\0" not in name and name not in (".", "..")))
def test_only_what_windows_does_not_take_is_called_otherwise(name: str) -> None:
    named = paths.media(PurePath(name)).name
    assert takes(named)
    assert is_clean(f"media/{named}")
    if takes(name) and is_clean(name):
        assert named == name


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("app", "apps/nul-{}.de/index.html"),
        ("build", "apps/nul-{}.de/nul-{}.de-1/index.html"),
        ("channel", "apps/nul-{}.de/channels/nul-{}.de/index.html"),
        ("ipa", "files/{}/nul-{}.de.ipa"),
        ("page", "nul-{}.de/index.html"),
        ("media", "media/nul-{}.de"),
    ],
)
def test_the_hash_comes_before_the_suffixes_which_windows_does_not_look_at(place: str, expected: str) -> None:
    pattern = re.escape(expected).replace(r"\{\}", "[0-9a-f]{8,16}")
    assert re.fullmatch(pattern, places("nul.de")[place].as_posix())


def test_two_names_of_one_device_have_two_places() -> None:
    named = ("aux", "AUX", "aux.", "aux ", "Aux")
    assert len({paths.media(PurePath(name)).as_posix().casefold() for name in named}) == len(named)
    slugs = paths.app_slugs(("CON", "con", "Con"))
    assert len({slug.casefold() for slug in slugs.values()}) == 3


@pytest.mark.parametrize(
    ("bundle_id", "slug"),
    [
        ("com.example.app", "com.example.app"),
        ("com.example.", "com.example-{}"),
        ("com.example.ü", "com.example-{}"),
        ("a" * 99 + "." + "b" * 9, "a" * 99 + ".-{}"),
    ],
)
def test_other_addresses_are_what_they_were(bundle_id: str, slug: str) -> None:
    digest = hashlib.sha256(bundle_id.encode()).hexdigest()[:8]
    assert paths.app_slugs((bundle_id,)) == {bundle_id: slug.format(digest)}


@pytest.mark.parametrize("name", ["c:", "\\server", "..\\a", "a\\..\\b", "a\\.."])
def test_what_windows_takes_for_a_way_out_is_called_otherwise(name: str) -> None:
    assert not is_clean(name)
    assert is_clean(paths.own_page(PurePath(name)).as_posix())
    assert is_clean(paths.media(PurePath(name)).as_posix())
