"""What is on show: the last good site, whatever goes wrong after."""

from __future__ import annotations

import errno
import hashlib
from typing import TYPE_CHECKING

import pytest

from ota_site.model.errors import SiteError
from ota_site.preview.watch import FileChange
from tests.preview.shown import make_stage
from tests.samples import App, make_ipa
from tests.trees import put, tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ota_site.preview.live_site import LiveSite, Shown

PAGE = "apps/com.example.two/index.html"
TEXT = "apps/com.example.two.md"


class Theatre:
    """A stage, the folder that it shows, and what it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = put(folder)
        self.said: list[str] = []
        self.stage: LiveSite = make_stage(folder / "content", self.said)

    def play(self, files: dict[str, str | bytes] | None = None, *, held: tuple[str, ...] = ()) -> Shown:
        """Write files and make the site; return what is on show."""
        put(self.folder, files or {})
        content = self.folder / "content"
        change = FileChange(
            paths=frozenset(content / name for name in files or {}), held=frozenset(content / name for name in held)
        )
        self.said.clear()
        self.stage.rebuild(change)
        showing = self.stage.showing
        assert showing
        return showing

    def page(self, path: str = PAGE) -> str:
        """Return a page that is on show."""
        showing = self.stage.showing
        assert showing
        assert showing.site
        recipe = showing.site.find(path)
        assert recipe, path
        page = self.stage.render(showing.site, recipe)
        assert isinstance(page, bytes)
        return page.decode()


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    """Return a stage that shows a first site."""
    theatre = Theatre(tmp_path)
    theatre.play()
    return theatre


def theme(template: str) -> dict[str, str | bytes]:
    """Return the files of a theme with one template of its own."""
    return {
        "site.toml": 'title = "Ours"\ntheme = "own"\n',
        "../themes/own/theme.toml": 'name = "own"\ncontract = 1\nextends = "default"\n',
        "../themes/own/templates/app.html": template,
    }


def test_a_text_is_shown_as_it_is_now(theatre: Theatre) -> None:
    before = theatre.stage.showing
    assert before
    after = theatre.play({TEXT: "Quite new.\n"})
    assert "Quite new." in theatre.page()
    assert after.epoch != before.epoch


def test_a_line_says_what_changed(theatre: Theatre) -> None:
    theatre.play({f"{name}.md": "x" for name in "abcde"})
    assert "a.md" in theatre.said[0]
    assert theatre.said[0].endswith("and 2 more changed")


def test_what_no_page_shows_changes_no_epoch(theatre: Theatre) -> None:
    first = theatre.play()
    assert theatre.play({"notes.txt": "for nobody"}).epoch == first.epoch


def test_a_mistake_keeps_the_last_good_site(theatre: Theatre) -> None:
    before = theatre.page()
    good = theatre.stage.showing
    failed = theatre.play({"site.toml": 'tilte = "Ours"\nlanguage = 5\n'})
    assert good
    assert failed.epoch != good.epoch
    assert [fault.where.endswith("site.toml") for fault in failed.failure] == [True, True]
    assert failed.failure[0].hint == "did you mean `title`?"
    assert any("did you mean `title`?" in line for line in theatre.said)
    assert theatre.page() == before
    mended = theatre.play({"site.toml": 'title = "Mended"\n'})
    assert not mended.failure
    assert "Mended" in theatre.page("index.html")


def test_a_first_attempt_that_fails_is_mended(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path)
    failed = theatre.play({"site.toml": "title = \n"})
    assert (failed.site, len(failed.failure)) == (None, 1)
    assert theatre.play({"site.toml": 'title = "Ours"\n'}).site


def test_two_files_for_one_place_are_a_mistake_here_too(theatre: Theatre) -> None:
    failed = theatre.play({"Help.md": "# Mine\n", "help/index.md": "# Mine\n"})
    assert [str(fault) for fault in failed.failure] != []


def test_a_templates_mistake_leaves_the_page_that_was(theatre: Theatre) -> None:
    good = '{% extends "default:app.html" %}'
    theatre.play(theme(good))
    before = theatre.page()
    showing = theatre.play(theme(good + "{% block main %}\n{{ page.nam }}{% endblock %}"))
    assert showing.site
    recipe = showing.site.recipes[PAGE]
    with pytest.raises(SiteError) as caught:
        theatre.stage.render(showing.site, recipe)
    last = theatre.stage.last(recipe, caught.value)
    assert last
    assert last.decode() == before
    told = [line for line in theatre.said if "app.html:2: " in line]
    theatre.stage.last(recipe, caught.value)
    assert len(told) == 1
    assert [line for line in theatre.said if "app.html:2: " in line] == told
    assert "Two" in theatre.page("index.html")
    theatre.play(theme(good))
    assert theatre.page() == before


def test_a_fault_is_told_once(theatre: Theatre) -> None:
    theatre.play({"broken.ipa": b"no zip"})
    assert len([line for line in theatre.said if "broken.ipa: " in line]) == 1
    theatre.play({TEXT: "Text.\n"})
    assert not [line for line in theatre.said if "broken.ipa: " in line]
    (theatre.folder / "content" / "broken.ipa").unlink()
    theatre.play()
    theatre.play({"broken.ipa": b"no zip"})
    assert len([line for line in theatre.said if "broken.ipa: " in line]) == 1


def test_an_ipa_that_is_being_written_is_not_there_yet(theatre: Theatre) -> None:
    new = make_ipa(App(name="New", bundle_id="com.example.new"))
    theatre.play({"new.ipa": new[:500], TEXT: "Meanwhile.\n"}, held=("new.ipa",))
    assert "Meanwhile." in theatre.page()
    assert not [line for line in theatre.said if "new.ipa: " in line]
    theatre.play({"new.ipa": new})
    assert "New" in theatre.page("apps/com.example.new/index.html")


def test_texts_of_an_ipa_that_is_being_written_wait_for_it(theatre: Theatre) -> None:
    new = make_ipa(App(name="New", bundle_id="com.example.new"))
    beside = {
        "New-1.0.md": '+++\nchannel = "beta"\n+++\nOur notes.\n',
        "New-1.0.de.md": '+++\nchannel = "beta"\n+++\nHinweise.\n',
        "New-1.0.toml": 'commit = "1f2e3d4"\n',
    }
    assert not theatre.play({"New-1.0.ipa": new[:500], **beside}, held=("New-1.0.ipa",)).failure
    assert not [line for line in theatre.said if "New-1.0" in line.partition("Built")[0]]
    theatre.play({"New-1.0.ipa": new})
    assert "Our notes." in theatre.page("apps/com.example.new/index.html")


def test_a_large_file_is_named_before_it_is_read(theatre: Theatre) -> None:
    with (theatre.folder / "content" / "large.ipa").open("wb") as file:
        file.truncate(256 << 20)
    theatre.play()
    assert theatre.said[0].endswith("large.ipa, 268 MB")


def test_an_ipa_that_is_being_replaced_is_its_old_self(theatre: Theatre) -> None:
    new = make_ipa(App(name="Two", bundle_id="com.example.two", version="2.2"))
    theatre.play({"two.ipa": new[:500], TEXT: "Meanwhile.\n"}, held=("two.ipa",))
    assert "Meanwhile." in theatre.page()
    assert "2.2" not in theatre.page()
    theatre.play({"two.ipa": new})
    assert "2.2" in theatre.page()


def test_a_mistake_of_our_own_does_not_end_it(theatre: Theatre, capsys: pytest.CaptureFixture[str]) -> None:
    content = theatre.folder / "content"
    stage = make_stage(content)
    stage._clock = lambda: None  # type: ignore[assignment,return-value]  # noqa: SLF001 - there is no mistake to make
    stage.rebuild(None)
    assert stage.showing
    assert "bug in ota-site" in stage.showing.failure[0].message
    assert "Traceback" in capsys.readouterr().err


UNFORESEEN: dict[str, Callable[[], BaseException]] = {
    "another-text-each-time": lambda: KeyError(object()),
    "no-memory": MemoryError,
    "an-exit": lambda: SystemExit(3),
    "a-panic": lambda: BaseException("a library in Rust gives up with this class"),
    "a-disk": lambda: OSError(errno.EIO, "Input/output error", "index.md"),
}


@pytest.mark.parametrize("kind", UNFORESEEN)
def test_what_nobody_foresaw_is_said_once(
    theatre: Theatre, kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        error = UNFORESEEN[kind]()
        raise error

    expected = "index.md: Input/output error" if kind == "a-disk" else "this is a bug in ota-site: "
    before, said = theatre.page(), 0
    with monkeypatch.context() as patched:
        patched.setattr("ota_site.preview.live_site.draft_site", fail)
        for number in range(3):
            failed = theatre.play({TEXT: f"Try {number}.\n"})
            said += sum(line.startswith(expected) for line in theatre.said)
            assert [str(fault).startswith(expected) for fault in failed.failure] == [True]
            assert theatre.page() == before
    assert (said, capsys.readouterr().err.count("Traceback")) == (1, int(kind != "a-disk"))
    assert not theatre.play({TEXT: "Good again.\n"}).failure
    assert "Good again." in theatre.page()


def test_nothing_is_written(theatre: Theatre) -> None:
    def state() -> dict[str, str]:
        return {name: hashlib.sha256(data).hexdigest() for name, data in tree(theatre.folder).items()}

    before = state()
    theatre.play()
    theatre.page()
    assert state() == before
