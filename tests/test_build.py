"""Whole builds: the same content is the same site, and nothing that goes wrong half-changes one."""

from __future__ import annotations

import json
import os
import plistlib
import random
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from ota_site.build import Report, StrictError, build_site
from ota_site.config.load import load_config
from ota_site.model.errors import SiteError
from ota_site.model.records import replace
from ota_site.output.staging import StagingDir
from ota_site.site.views.contract import CONTRACT
from tests.builds import NOW
from tests.catalogs import file, jpeg, make_catalog
from tests.profiles import Profile
from tests.samples import App, make_ipa, not_ipas
from tests.trees import ADDRESS, FILES, identities, put, tree

if TYPE_CHECKING:
    from collections.abc import Mapping


def build(folder: Path, *, now: datetime = NOW, strict: bool = False, dry_run: bool = False) -> Report:
    """Build folder/content into folder/_site."""
    config = load_config(folder / "content", folder / "_site", base_url=ADDRESS, environment={})
    return build_site(config, now, strict=strict, dry_run=dry_run)


def command(folder: Path) -> list[str | Path]:
    """Return the command line that builds the same."""
    program: list[str | Path] = [sys.executable, "-m", "ota_site", "build", folder / "content", "-o", folder / "_site"]
    return [*program, "--base-url", ADDRESS]


def slugs(report: Report) -> dict[str, str]:
    """Return the address of each build by the name of its file."""
    return {release.source.path.name: release.slug for app in report.catalog.apps for release in app.releases}


def test_the_same_content_is_the_same_site_byte_for_byte_wherever_and_whenever_it_is_built(tmp_path: Path) -> None:
    moment = {"SOURCE_DATE_EPOCH": str(int(NOW.timestamp())), "PATH": os.environ["PATH"]}
    environments = [
        {"TZ": "UTC", "LANG": "C.UTF-8", "PYTHONHASHSEED": "1"},
        {"TZ": "Pacific/Auckland", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "2", "LC_ALL": "C"},
    ]
    sites = []
    for number, environment in enumerate(environments):
        names = sorted(FILES, reverse=bool(number))
        folder = put(tmp_path / f"place {number}", {name: FILES[name] for name in names})
        subprocess.run(command(folder), env=moment | environment, check=True, capture_output=True)
        sites.append(tree(folder / "_site"))
    assert sites[0] == sites[1]
    assert len(sites[0]) > 30


def test_a_second_build_writes_nothing_in_the_site_or_beside_it(tmp_path: Path) -> None:
    first = build(put(tmp_path))
    before = identities(tmp_path / "_site")
    memory = StagingDir(tmp_path / "_site").memory.stat().st_mtime_ns
    second = build(tmp_path)
    assert (second.changes.written, second.changes.removed) == ((), ())
    assert second.changes.kept == len(first.plan)
    assert identities(tmp_path / "_site") == before
    assert StagingDir(tmp_path / "_site").memory.stat().st_mtime_ns == memory


def test_untouched_files_are_not_opened_again_and_changed_ones_are(tmp_path: Path) -> None:
    build(put(tmp_path))
    (tmp_path / "content/two.ipa").write_bytes(make_ipa(App(name="Two", bundle_id="com.example.two", version="2")))
    os.utime(tmp_path / "content/one/b.ipa")
    assert _opened(tmp_path) == {"two.ipa", "b.ipa"}
    assert _opened(tmp_path) == set()


_BY_THEIR_SHORT_NAMES = {
    "build": "build_site(load_config(Path('content'), Path('_site'), base_url=None, environment={}), NOW)",
    "serve": "LiveSite(partial(settings_of, Path('content')), lambda: NOW, print).rebuild(None)",
}


@pytest.mark.parametrize("act", _BY_THEIR_SHORT_NAMES)
def test_files_are_known_by_any_name_of_their_folder_to_build_and_serve(tmp_path: Path, act: str) -> None:
    build(put(tmp_path))
    code = (
        "import sys\n"
        "from functools import partial\n"
        "from pathlib import Path\n"
        "from ota_site.apple import digest\n"
        "from ota_site.build import build_site\n"
        "from ota_site.cli.serve import settings_of\n"
        "from ota_site.config.load import load_config\n"
        "from ota_site.preview.live_site import LiveSite\n"
        "from tests.builds import NOW\n"
        "def tell(event, args):\n"
        "    if event == 'open' and str(args[0]).endswith('.ipa'):\n"
        "        sys.stderr.write(f'{args[0]}\\n')\n"
        "sys.addaudithook(tell)\n"
        f"{_BY_THEIR_SHORT_NAMES[act]}\n"
    )
    root = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(root / "generator"), str(root)))}
    line = [sys.executable, "-c", code]
    done = subprocess.run(line, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert done.stderr == ""


def test_what_is_kept_beside_a_site_names_no_person_and_no_place(tmp_path: Path) -> None:
    profile = Profile(name="Erika’s iPhone", team="Erika Mustermann")
    build(put(tmp_path, {"Erika/a.ipa": make_ipa(App(profile=profile)), "b.ipa": make_ipa(App(bundle_id="com.b"))}))
    staging = StagingDir(tmp_path / "_site")
    kept = b"".join(path.read_bytes() for path in staging.folder.iterdir())
    assert b"com.example.sample" in kept
    for text in ("Erika", "Mustermann", str(tmp_path)):
        assert text.encode() not in kept
    assert staging.memory.stat().st_mode & 0o777 == 0o600
    assert staging.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["ledger", "journal", "memory"])
@pytest.mark.parametrize("damage", [b"", b'{"files": {"../content/index.md": {}}}', b"\0" * 99])
def test_damaged_state_is_a_warning_of_the_report_and_stops_no_build(tmp_path: Path, name: str, damage: bytes) -> None:
    build(put(tmp_path))
    old = tree(tmp_path / "content")
    path: Path = getattr(StagingDir(tmp_path / "_site"), name)
    path.write_bytes(damage)
    put(tmp_path, {"index.md": "Welcome back.\n"})
    warned = [] if name == "memory" else [str(path)]
    assert [warning.where for warning in build(tmp_path, dry_run=True).amiss] == warned
    assert [warning.where for warning in build(tmp_path, strict=True).amiss] == warned
    assert tree(tmp_path / "content") == {**old, "index.md": b"Welcome back.\n"}
    again = build(tmp_path)
    assert (again.amiss, again.changes.written) == ((), ())
    build(put(tmp_path / "clean", {**FILES, "index.md": "Welcome back.\n"}))
    assert tree(tmp_path / "_site") == tree(tmp_path / "clean/_site")


def test_names_that_windows_reserves_are_published_under_others_and_linked(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "index.md": "[terms](legal/aux.md) [paper](nul.pdf)\n",
        "legal/aux.md": "# Terms\n",
        "nul.pdf": b"%PDF",
        "con.ipa": make_ipa(App(bundle_id="com1", version="prn", build="")),
    }
    report = build(put(tmp_path, files))
    assert report.amiss == ()
    paths = [recipe.path for recipe in report.plan]
    taken = {"aux", "nul", "con", "com1", "prn"}
    assert not [path for path in paths for part in path.parts if part.split(".", maxsplit=1)[0].casefold() in taken]
    front = (tmp_path / "_site/index.html").read_text("utf-8")
    (terms,) = {path.parent for path in paths if path.parts[0] == "legal"}
    (paper,) = {path for path in paths if path.suffix == ".pdf"}
    assert f'href="{terms}/"' in front
    assert f'href="{paper}"' in front


def _opened(folder: Path) -> set[str]:
    """Build in a process of its own; return the IPAs under content that it opened, as Python's audit tells."""
    code = (
        "import sys\n"
        "def tell(event, args):\n"
        "    if event == 'open' and '/content/' in str(args[0]) and str(args[0]).endswith('.ipa'):\n"
        # One call for a line: files are read on several threads.
        "        sys.stdout.write(f'{args[0]}\\n')\n"
        "sys.addaudithook(tell)\n"
        "from pathlib import Path\n"
        "from tests.test_build import build\n"
        f"build(Path({str(folder)!r}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return {Path(line).name for line in done.stdout.splitlines()}


def test_another_edition_of_the_program_renews_what_it_makes_otherwise_and_only_that(tmp_path: Path) -> None:
    build(put(tmp_path / "here"))
    program = tmp_path / "program"
    for name in ("generator", "themes"):
        shutil.copytree(Path(__file__).parents[1] / name, program / name)
    module = program / "generator/ota_site/output/render.py"
    source = module.read_text("utf-8")
    changed = source.replace(
        "return recipe.text.encode()", 'return recipe.text.replace("User-agent: *", "User-agent: x").encode()'
    )
    assert changed != source
    module.write_text(changed, "utf-8")
    moment = {"SOURCE_DATE_EPOCH": str(int(NOW.timestamp())), "PATH": os.environ["PATH"]}
    moment["PYTHONPATH"] = str(program / "generator")
    line = [*command(tmp_path / "here"), "--json"]
    done = subprocess.run(line, cwd=program, env=moment, check=True, capture_output=True)
    assert json.loads(done.stdout)["written"] == ["robots.txt"]


def test_a_file_that_was_only_moved_keeps_its_page(tmp_path: Path) -> None:
    before = slugs(build(put(tmp_path)))
    (tmp_path / "content/moved").mkdir()
    (tmp_path / "content/one/b.ipa").rename(tmp_path / "content/moved/b.ipa")
    report = build(tmp_path)
    assert slugs(report) == before
    assert (report.changes.written, report.changes.removed) == ((), ())


def test_a_file_that_cannot_be_published_is_left_out_by_name_and_the_rest_is_built(tmp_path: Path) -> None:
    bad = not_ipas()
    put(tmp_path, {**FILES, **{f"bad/{name}.ipa": content for name, content in bad.items()}})
    (tmp_path / "content/bad/gone.ipa").symlink_to("nowhere")
    report = build(tmp_path)
    assert sorted(Path(error.where).stem for error in report.left_out) == sorted([*bad, "gone"])
    assert all(error.code and error.message for error in report.left_out)
    assert len(slugs(report)) == 3
    build(put(tmp_path / "clean"))
    assert tree(tmp_path / "_site") == tree(tmp_path / "clean/_site")


def test_an_icon_that_nobody_can_draw_costs_the_icon_alone(tmp_path: Path) -> None:
    whole = jpeg(Image.effect_noise((512, 512), 80))
    icons = {"whole": whole, "cut": whole[: len(whole) // 3], "head": whole[:300]}
    for name, data in icons.items():
        car = {"Payload/Sample.app/Assets.car": make_catalog([file(data, (512, 512))])}
        put(tmp_path, {f"{name}.ipa": make_ipa(App(bundle_id=f"com.example.{name}", extra=car, icon=None))})
    for _ in range(2):
        report = build(tmp_path)
        releases = {app.bundle_id.rpartition(".")[2]: app.newest for app in report.catalog.apps}
        assert {name for name in releases if releases[name].build.icon} == {"whole"}
        told = {name: [each.message for each in releases[name].problems if each.code == "no-icon"] for name in releases}
        assert told["whole"] == []
        assert all("Assets.car" in message for name in ("cut", "head") for message in told[name][:1])
        assert told["cut"]


def test_a_file_of_a_theme_that_was_not_fetched_is_not_published(tmp_path: Path) -> None:
    folder = put(tmp_path, {**FILES, "site.toml": 'theme = "ours"\n'})
    static = folder / "themes" / "ours" / "static"
    static.mkdir(parents=True)
    (static.parent / "theme.toml").write_text(f'name = "Ours"\ncontract = {CONTRACT}\nextends = "default"\n')
    (static / "bear.png").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    (static / "fox.txt").write_text("fox")
    report = build(folder)
    assert [(Path(error.where).name, error.message) for error in report.amiss] == [
        ("bear.png", "it is a Git LFS pointer, so it is not published")
    ]
    assert [path.name for path in (folder / "_site").rglob("*") if path.stem in ("bear", "fox")] == ["fox.txt"]


@pytest.mark.parametrize("wrong", [{"bad.ipa": b"no"}, {"index.md": "[gone](gone.pdf)\n"}], ids=["left out", "amiss"])
def test_strict_leaves_the_old_site_untouched(tmp_path: Path, wrong: Mapping[str, str | bytes]) -> None:
    build(put(tmp_path))
    before = tree(tmp_path / "_site"), identities(tmp_path / "_site")
    put(tmp_path, {**wrong, "three.ipa": make_ipa(App(bundle_id="com.example.three"))})
    with pytest.raises(StrictError) as refused:
        build(tmp_path, strict=True)
    assert len(refused.value.faults) == 1
    assert (tree(tmp_path / "_site"), identities(tmp_path / "_site")) == before
    assert build(tmp_path).changes.written


def test_a_dry_run_writes_nothing_at_all(tmp_path: Path) -> None:
    before = tree(put(tmp_path))
    told = build(tmp_path, dry_run=True)
    assert tree(tmp_path) == before
    assert told.changes.written == build(tmp_path).changes.written
    put(tmp_path, {"three.ipa": make_ipa(App(bundle_id="com.example.three"))})
    before = tree(tmp_path)
    assert "apps/com.example.three/index.html" in build(tmp_path, dry_run=True).changes.written
    assert tree(tmp_path) == before


def test_the_same_bytes_twice_are_one_release(tmp_path: Path) -> None:
    report = build(put(tmp_path, {"a.ipa": make_ipa(), "copy/b.ipa": make_ipa()}))
    assert list(slugs(report)) == ["a.ipa"]
    assert len(list((tmp_path / "_site").rglob("*.ipa"))) == 1


def test_two_builds_of_one_number_both_stay_and_the_older_keeps_its_address(tmp_path: Path) -> None:
    older = App(built=NOW - timedelta(days=9))
    first = slugs(build(put(tmp_path, {"older.ipa": make_ipa(older)})))
    newer = replace(older, built=NOW - timedelta(days=2), name="Again")
    both = slugs(build(put(tmp_path, {"a-newer.ipa": make_ipa(newer)})))
    assert both["older.ipa"] == first["older.ipa"]
    assert both["a-newer.ipa"] != both["older.ipa"]
    for slug in both.values():
        assert (tmp_path / "_site/apps/com.example.sample" / slug / "manifest.plist").is_file()


@pytest.mark.parametrize(
    "name", ["my app.ipa", 'it\'s "quoted".ipa', "🚀 über.ipa", "-o.ipa", "a#b?c&d%41.ipa", "x\ny.ipa"]
)
def test_any_name_of_a_file_is_published(tmp_path: Path, name: str) -> None:
    report = build(put(tmp_path, {name: make_ipa()}))
    assert list(slugs(report)) == [name]
    (published,) = (tmp_path / "_site/files").rglob("*.ipa")
    assert published.read_bytes() == make_ipa()
    assert not set(published.name) & set(" '\"#?&%\n")


def test_a_linked_ipa_that_is_changed_in_place_is_noticed(tmp_path: Path) -> None:
    filling = {"Payload/Sample.app/large": os.urandom(2 << 20)}
    old, new = (make_ipa(App(version=version, extra=filling)) for version in ("1.0", "2.0"))
    build(put(tmp_path, {"a.ipa": old, "keep/b.ipa": make_ipa(App(bundle_id="com.example.b"))}))
    (published,) = (tmp_path / "_site/files").rglob("a.ipa")
    assert published.samefile(tmp_path / "content/a.ipa"), "it is not linked: this test would show nothing"
    put(tmp_path, {"a.ipa": new})
    build(tmp_path)
    put(tmp_path / "clean", {"a.ipa": new, "keep/b.ipa": make_ipa(App(bundle_id="com.example.b"))})
    build(tmp_path / "clean")
    assert tree(tmp_path / "_site") == tree(tmp_path / "clean/_site")


def test_an_ipa_that_is_still_being_copied_is_refused_and_the_old_site_stands(tmp_path: Path) -> None:
    build(put(tmp_path))
    before = tree(tmp_path / "_site")
    put(tmp_path, {"two.ipa": make_ipa(App(version="9"))})
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.test_build import build\n"
        f"ipa = {str(tmp_path / 'content/two.ipa')!r}\n"
        "def touch(event, args):\n"
        "    if event == 'shutil.copyfile' and str(args[0]) == ipa:\n"
        "        os.utime(ipa)\n"
        "sys.addaudithook(touch)\n"
        "try:\n"
        f"    build(Path({str(tmp_path)!r}))\n"
        "except Exception as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "two.ipa: it changed while the site was being built" in done.stdout
    assert tree(tmp_path / "_site") == before


def test_the_workshop_is_never_inside_the_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path)
    (tmp_path / "public").mkdir()
    monkeypatch.chdir(tmp_path / "public")
    config = load_config(Path("../content"), Path(), base_url=ADDRESS, environment={})
    report = build_site(config, NOW)
    assert tree(tmp_path / "public").keys() == {recipe.path.as_posix() for recipe in report.plan}
    assert (tmp_path / ".public.ota-site").is_dir()


def test_a_content_folder_that_is_missing_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="there is no such folder"):
        build(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_build_killed_at_many_moments_leaves_a_whole_site_and_the_next_mends_it(tmp_path: Path) -> None:
    apps = [App(name=f"App {n}", bundle_id=f"com.example.n{n}", version=f"1.{n}") for n in range(24)]
    files = {f"{app.name}.ipa": make_ipa(app) for app in apps}
    original = put(tmp_path / "original", {"site.toml": 'title = "Old"\n', **files})
    build(original, now=datetime.now(UTC))
    old = tree(original / "_site")
    assert len(old) > 200
    put(original, {"site.toml": 'title = "New"\n', "more.ipa": make_ipa(App(bundle_id="com.example.more"))})
    (original / "content/App 3.ipa").unlink()
    undisturbed = _copy(original, tmp_path / "undisturbed")
    began = time.monotonic()
    subprocess.run(command(undisturbed), check=True, capture_output=True)
    whole = time.monotonic() - began
    new = tree(undisturbed / "_site")
    chance = random.Random(9)  # noqa: S311 - no secret
    seen = set()
    for _ in range(24):
        here = _copy(original, tmp_path / "killed")
        seen.add(_kill(here, chance.uniform(0.3, 1.05) * whole))
        committing = StagingDir(here / "_site").journal.exists()
        found = tree(here / "_site")
        assert committing or found in (old, new)
        assert all(content in (old.get(path), new.get(path)) for path, content in found.items() if path[-1] != "/")
        build(here, now=datetime.now(UTC))
        assert tree(here / "_site") == new
        shutil.rmtree(here)
    assert -9 in seen


def _copy(folder: Path, to: Path) -> Path:
    """Copy a folder with all its times, so that nothing in it seems touched."""
    subprocess.run(["cp", "-a", folder, to], check=True)
    return to


def _kill(folder: Path, after: float) -> int:
    with subprocess.Popen(command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(after)
        process.kill()
    return process.returncode


# --- manifests beside IPAs ----------------------------------------------------------------------------------


def sidecar(*items: tuple[str, Mapping[str, str]], end: str = "") -> bytes:
    """Return a manifest with an item for each file name and its metadata, as a pipeline leaves it beside IPAs."""
    known = {"bundle-identifier": "com.example.sample", "kind": "software"}
    tables = [
        {
            "assets": [{"kind": "software-package", "url": f"http://old.example/{name}"}],
            "metadata": known | dict(metadata),
        }
        for name, metadata in items
    ]
    return plistlib.dumps({"items": tables}) + end.encode()


def published(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the metadata of each build's manifest by version, each of which must name this site alone."""
    found = {}
    for path in (folder / "_site/apps").rglob("*/*/manifest.plist"):
        (item,) = plistlib.loads(path.read_bytes())["items"]
        assert all(asset["url"].startswith(ADDRESS) for asset in item["assets"])
        found[item["metadata"]["bundle-version"]] = item["metadata"]
    return found


def test_a_manifest_beside_its_ipa_gives_title_and_subtitle_and_no_address(tmp_path: Path) -> None:
    texts = {"apps/com.example.sample.md": '+++\nname = "Ours"\nsubtitle = "Owner"\n+++\n'}
    pair = {"a/App.ipa": make_ipa(), "a/manifest.plist": sidecar(("App.ipa", {"title": "Beta", "subtitle": "By CI"}))}
    report = build(put(tmp_path, {**texts, **pair, "b/old.ipa": make_ipa(App(version="0.9"))}))
    assert report.amiss == ()
    manifests = published(tmp_path)
    (new,) = (manifest for version, manifest in manifests.items() if version != "0.9")
    assert (new["title"], new["subtitle"]) == ("Beta", "By CI")
    assert (manifests["0.9"]["title"], manifests["0.9"]["subtitle"]) == ("Ours", "Owner")
    assert report.catalog.apps[0].name == "Ours"
    pages = b"".join(path.read_bytes() for path in (tmp_path / "_site").rglob("*.html"))
    assert b"Ours" in pages
    assert b"old.example" not in b"".join(tree(tmp_path / "_site").values())
    assert build(tmp_path).changes.written == ()


def test_a_changed_sidecar_changes_its_manifests_alone(tmp_path: Path) -> None:
    build(put(tmp_path, {"App.ipa": make_ipa(), "manifest.plist": sidecar(("x.ipa", {"title": "One"}))}))
    changes = build(put(tmp_path, {"manifest.plist": sidecar(("x.ipa", {"title": "Two"}))})).changes
    assert {Path(path).name for path in changes.written} == {"manifest.plist"}
    assert {manifest["title"] for manifest in published(tmp_path).values()} == {"Two"}


def test_a_manifest_names_which_of_several_ipas_it_is_about(tmp_path: Path) -> None:
    files = {"one.ipa": make_ipa(App(version="1")), "two.ipa": make_ipa(App(version="2"))}
    build(put(tmp_path, {**files, "manifest.plist": sidecar(("two.ipa", {"title": "Second"}))}))
    assert {version: manifest["title"] for version, manifest in published(tmp_path).items()} == {
        "1": "Sample",
        "2": "Second",
    }
    both = sidecar(("one.ipa", {"title": "First"}), ("two.ipa", {}))
    assert build(put(tmp_path, {"manifest.plist": both})).amiss == ()
    assert {version: manifest["title"] for version, manifest in published(tmp_path).items()} == {
        "1": "First",
        "2": "Sample",
    }


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        (b"", "it is empty"),
        (sidecar(("two.ipa", {}), end="\n>>>>>>> main\n"), "merge"),
        (sidecar(("three.ipa", {})), "names none of the IPAs"),
        (sidecar(("two.ipa", {"bundle-identifier": "com.example.samplf"})), "a different app than two.ipa"),
    ],
)
def test_a_broken_sidecar_is_told_and_the_rest_goes_on(tmp_path: Path, manifest: bytes, told: str) -> None:
    files = {"one.ipa": make_ipa(App(version="1")), "two.ipa": make_ipa(App(version="2"))}
    report = build(put(tmp_path, {**files, "manifest.plist": manifest}))
    (amiss,) = report.amiss
    assert amiss.where == str(tmp_path / "content/manifest.plist")
    assert told in amiss.message
    assert {made["title"] for made in published(tmp_path).values()} == {"Sample"}


def test_a_manifest_without_an_ipa_beside_it_is_nothing_to_tell(tmp_path: Path) -> None:
    files = {"a/App.ipa": make_ipa(), "manifest.plist": sidecar(("App.ipa", {"title": "Far"})), "b/Manifest.plist": b""}
    report = build(put(tmp_path, files))
    assert report.amiss == ()
    assert {made["title"] for made in published(tmp_path).values()} == {"Sample"}
