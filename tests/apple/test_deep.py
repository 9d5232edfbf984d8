"""Apps changed after they were signed: each change is found, named once and by its bundle; what is sound is let be."""

from __future__ import annotations

import hashlib
import json
import plistlib
import signal
import struct
from functools import cache
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given, settings

from ota_site.apple.codesign import deep
from ota_site.apple.codesign.deep import altered_files
from ota_site.model.build import Severity
from ota_site.model.errors import IpaError
from ota_site.model.records import replace
from tests import fuzz
from tests.apple.bundles import bundles
from tests.apple.mutations import mutated
from tests.faulty import extension
from tests.samples import App, bundle, make_zip
from tests.signing import Executable, Signature, fat, signed_macho
from tests.test_cli import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PLACE = "Payload/Sample.app/"
SHARE = f"{PLACE}PlugIns/Share.appex/"
KIT = f"{PLACE}Frameworks/Kit.framework/"
RESOURCES = "_CodeSignature/CodeResources"
Files = dict[str, bytes]


@cache
def signed() -> Mapping[str, bytes]:
    """Make the files of an app with an extension and a framework, all three signed."""
    share = bundle(replace(extension(bundle_id="com.example.sample.share"), extra={f"{SHARE}a.nib": b"nib"}))
    kit = bundle(App(name="Kit", bundle_id="com.example.kit", folder=KIT[:-1], profile=None, icon=None))
    more = {f"{PLACE}{name}": name.encode() for name in ("a.txt", "b.txt", "c.txt", "d.txt")}
    return bundle(App(localised={"de": "Muster"}, extra={**more, **share, **kit}))


def messages(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    path = folder / "App.ipa"
    path.write_bytes(make_zip(files, App().built))
    problems = altered_files(path)
    assert all((each.code, each.severity) == ("file-altered", Severity.ERROR) and each.hint for each in problems)
    return [each.message for each in problems]


def without(files: Mapping[str, bytes], name: str) -> Files:
    return {other: content for other, content in files.items() if other != name}


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :]


def resealed(files: Mapping[str, bytes], change: Callable[[dict[str, dict[str, object]]], object]) -> Files:
    """Return the files with the app's seal changed."""
    table = plistlib.loads(files[PLACE + RESOURCES])
    change(table)
    return {**files, PLACE + RESOURCES: plistlib.dumps(table)}


def sealing_kit(files: Files, code: bytes, requirement: str = "") -> Files:
    """Return the files with the framework sealed as code of its own."""
    entry = {"cdhash": code, "requirement": requirement}
    return resealed(files, lambda table: table["files2"].update({"Frameworks/Kit.framework": entry}))


def cdhash(macho: bytes) -> bytes:
    """Return the first 20 bytes of the SHA-256 of an executable's code directory."""
    at = macho.rfind(b"\xfa\xde\x0c\x02")
    (length,) = struct.unpack_from(">I", macho, at + 4)
    return hashlib.sha256(macho[at : at + length]).digest()[:20]


def test_a_sound_app_raises_nothing(tmp_path: Path) -> None:
    assert messages(tmp_path, signed()) == []


CHANGED: dict[str, tuple[Callable[[Files], Files], list[str]]] = {
    "changed": (lambda files: {**files, f"{PLACE}a.txt": b"b.txt"}, ["one file changed after signing: a.txt"]),
    "removed": (lambda files: without(files, f"{PLACE}a.txt"), ["one file changed after signing: a.txt (missing)"]),
    "added": (
        lambda files: {**files, f"{PLACE}x/new.dylib": b""},
        ["one file changed after signing: x/new.dylib (added)"],
    ),
    "several": (
        lambda files: {**files, **{f"{PLACE}{name}.txt": b"" for name in "abcd"}},
        ["4 files changed after signing: a.txt, b.txt, c.txt and 1 more"],
    ),
    "profile": (
        lambda files: {**files, f"{PLACE}embedded.mobileprovision": b""},
        ["one file changed after signing: embedded.mobileprovision"],
    ),
    "first page": (
        lambda files: {**files, f"{PLACE}Sample": flipped(files[f"{PLACE}Sample"], 3000)},
        ["one file changed after signing: Sample"],
    ),
    "last page": (
        lambda files: {**files, f"{PLACE}Sample": flipped(files[f"{PLACE}Sample"], 5 * 4096 - 1)},
        ["one file changed after signing: Sample"],
    ),
    "extension": (
        lambda files: {**files, f"{SHARE}a.nib": b"other"},
        ["one file of PlugIns/Share.appex changed after signing: a.nib"],
    ),
    "added to extension": (
        lambda files: {**files, f"{SHARE}new": b""},
        ["one file of PlugIns/Share.appex changed after signing: new (added)"],
    ),
    "extension's code": (
        lambda files: {**files, f"{SHARE}Share": flipped(files[f"{SHARE}Share"], 5000)},
        ["one file of PlugIns/Share.appex changed after signing: Share"],
    ),
    "extension's Info.plist": (
        lambda files: {**files, f"{SHARE}Info.plist": files[f"{SHARE}Info.plist"].replace(b"1.2.3", b"1.2.4")},
        ["one file of PlugIns/Share.appex changed after signing: Info.plist"],
    ),
    "framework": (
        lambda files: {**files, f"{KIT}Kit": flipped(files[f"{KIT}Kit"], 5000)},
        ["one file of Frameworks/Kit.framework changed after signing: Kit"],
    ),
    "extension without a seal": (
        lambda files: without(files, SHARE + RESOURCES) | {f"{SHARE}a.nib": b"other"},
        [
            (
                "2 files changed after signing: "
                "PlugIns/Share.appex/_CodeSignature/CodeResources (missing), PlugIns/Share.appex/a.nib"
            )
        ],
    ),
    "two bundles": (
        lambda files: {**files, f"{PLACE}a.txt": b"", f"{KIT}PkgInfo": b"", f"{KIT}new": b""},
        [
            "2 files changed after signing: Frameworks/Kit.framework/PkgInfo, a.txt",
            "one file of Frameworks/Kit.framework changed after signing: new (added)",
        ],
    ),
    "other code inside": (
        lambda files: sealing_kit(files, bytes(20)),
        ["one file changed after signing: Frameworks/Kit.framework (signed again)"],
    ),
    "other code of another name inside": (
        lambda files: sealing_kit(files, bytes(20), 'identifier "com.example.other"'),
        ["one file changed after signing: Frameworks/Kit.framework (signed again)"],
    ),
    "signed again inside": (
        lambda files: files | bundle(App(name="Share", bundle_id="com.example.other", folder=SHARE[:-1])),
        ["", "one file of PlugIns/Share.appex changed after signing: a.nib (added)"],
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_what_was_changed_after_signing_is_found(tmp_path: Path, name: str) -> None:
    change, expected = CHANGED[name]
    found = messages(tmp_path, change(dict(signed())))
    assert len(found) == len(expected)
    assert all(one == other for one, other in zip(found, expected, strict=True) if other)


LET_BE: dict[str, Callable[[Files], Files]] = {
    "optional file removed": lambda files: without(files, f"{PLACE}de.lproj/InfoPlist.strings"),
    "PkgInfo": lambda files: {**files, f"{PLACE}PkgInfo": b"other"},
    "a Mac's leavings": lambda files: {**files, f"{PLACE}._a.txt": b"", "__MACOSX/a": b""},
    "the store's licence": lambda files: {**files, f"{PLACE}SC_Info/Sample.sinf": b""},
    "beside the app": lambda files: {**files, "iTunesMetadata.plist": b"", "Symbols/a": b""},
    "a name in two spellings": lambda files: (
        resealed(files, lambda table: table["files2"].update({"u\u0308": {"hash2": bytes(32)}}))
        | {f"{PLACE}\u00fc": b""}
    ),
    "code sealed by itself": lambda files: sealing_kit(files, cdhash(files[f"{KIT}Kit"])),
    "code signed again, as the seal allows": lambda files: sealing_kit(
        files, bytes(20), 'identifier "com.example.kit" and anchor apple generic'
    ),
    "added beside code sealed by itself": lambda files: (
        resealed(files, lambda table: table["files2"].update({"Kit.bundle": {"cdhash": bytes(20)}}))
        | {f"{PLACE}Kit.bundle/new": b""}
    ),
    "rules of a stranger's": lambda files: (
        resealed(files, lambda table: table["rules2"].update({"^(a+)+$": {"omit": True}})) | {f"{PLACE}new": b""}
    ),
    "no seal": lambda files: without(files, PLACE + RESOURCES) | {f"{PLACE}new": b""},
    "a seal that cannot be read": lambda files: {**files, PLACE + RESOURCES: b"x", f"{PLACE}new": b""},
    "no code": lambda files: without(files, f"{PLACE}Sample") | {f"{PLACE}sample": b""},
    "code that cannot be read": lambda files: {**files, f"{PLACE}Sample": b"\xcf\xfa\xed\xfe"},
    "code without a signature": lambda files: {**files, f"{PLACE}Sample": signed_macho(Executable(signature=None))},
    "encrypted code": lambda files: {
        **files,
        f"{PLACE}Sample": flipped(signed_macho(Executable(cryptid=1)), 5000),
    },
}


@pytest.mark.parametrize("name", LET_BE)
def test_what_is_in_doubt_is_let_be(tmp_path: Path, name: str) -> None:
    files = dict(signed())
    changed = LET_BE[name](files)
    assert changed != files
    assert messages(tmp_path, changed) == []


@pytest.mark.parametrize(
    ("at", "sealed"),
    [(6000, False), (16384 + 6000, True), (16384 + 30000, True), (65536 + 6000, True), (65536 + 30000, True)],
)
def test_every_slice_is_compared(tmp_path: Path, at: int, *, sealed: bool) -> None:
    older = Signature(algorithms=("sha1", "sha256"))
    code = fat(signed_macho(Executable(architecture="armv7", signature=older)), signed_macho())
    files = bundle(App(executable=code, extra={f"{PLACE}Sample": code}))
    assert messages(tmp_path, files) == []
    found = messages(tmp_path, {**files, f"{PLACE}Sample": flipped(code, at)})
    # What stands between the slices is nobody's page.
    assert found == ["one file changed after signing: Sample"] * sealed


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384"])
def test_pages_are_compared_in_every_hash(tmp_path: Path, algorithm: Literal["sha1", "sha256", "sha384"]) -> None:
    files = bundle(App(resign=lambda signature: replace(signature, algorithms=(algorithm,))))
    assert messages(tmp_path, files) == []
    assert messages(tmp_path, {**files, f"{PLACE}Sample": flipped(files[f"{PLACE}Sample"], 5000)})


def test_a_page_without_a_hash_was_added(tmp_path: Path) -> None:
    code = signed()[f"{PLACE}Sample"]
    at = code.rfind(b"\xfa\xde\x0c\x02") + 28  # the number of pages
    (pages,) = struct.unpack_from(">I", code, at)
    fewer = code[:at] + struct.pack(">I", pages - 1) + code[at + 4 :]
    assert messages(tmp_path, {**signed(), f"{PLACE}Sample": fewer}) == ["one file changed after signing: Sample"]


def test_a_seal_of_sha1_alone_is_gone_by(tmp_path: Path) -> None:
    files = resealed(signed(), lambda table: (table.pop("files2"), table.pop("rules2")))
    assert messages(tmp_path, files) == []
    assert messages(tmp_path, {**files, f"{PLACE}a.txt": b"x"}) == ["one file changed after signing: a.txt"]


def test_a_link_is_compared_by_its_target(tmp_path: Path) -> None:
    files = resealed(signed(), lambda table: table["files2"].update({"link": {"symlink": "a.txt"}}))
    assert messages(tmp_path, {**files, f"{PLACE}link": b"a.txt"}) == []
    for content in (b"b.txt", b"a.txt/more", b"x" * 5000):
        assert messages(tmp_path, {**files, f"{PLACE}link": content}) == ["one file changed after signing: link"]
    assert messages(tmp_path, files) == ["one file changed after signing: link (missing)"]


def test_what_is_named_is_text(tmp_path: Path) -> None:
    (message,) = messages(tmp_path, {**signed(), f"{PLACE}\x1b[2Ja" + "b" * 300: b""})
    assert "\x1b" not in message
    assert len(message) < 200


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "App.ipa"
    content = make_zip(signed(), App().built, compression=0)
    path.write_bytes(content.replace(b"a.txtPK", b"a.tytPK", 1))
    with pytest.raises(IpaError, match=r"a\.txt is damaged"):
        altered_files(path)
    done = run(tmp_path, "inspect", "--deep", path.name)
    assert (done.returncode, "a.txt is damaged" in done.stdout) == (1, True)
    assert "com.example" in done.stdout  # and all else is told as well


def test_an_app_of_no_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deep, "_UNPACKED_LIMIT", 5000)
    with pytest.raises(IpaError, match="unpack to more"):
        messages(tmp_path, signed())


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_the_command_tells_of_it_when_asked(tmp_path: Path, flags: tuple[str, ...]) -> None:
    path = tmp_path / "App.ipa"
    for files, code in ((signed(), 0), ({**signed(), f"{PLACE}a.txt": b""}, 1)):
        path.write_bytes(make_zip(files, App().built))
        shallow = run(tmp_path, "inspect", *flags, path.name)
        done = run(tmp_path, "inspect", "--deep", *flags, path.name)
        assert (shallow.returncode, done.returncode) == (0, code), done.stdout
        told = [each["code"] for each in json.loads(done.stdout)["problems"]] if flags else done.stdout
        assert ("file-altered" in told) is bool(code)


SEAL, CODE = signed()[PLACE + RESOURCES], signed()[f"{PLACE}Sample"]


@given(mutated(SEAL, plistlib.dumps(plistlib.loads(SEAL), fmt=plistlib.FMT_BINARY)), mutated(CODE))
@settings(max_examples=100)
def test_any_bytes_of_a_seal_or_of_code_may_change(
    tmp_path_factory: pytest.TempPathFactory, seal: bytes, code: bytes
) -> None:
    files = {**signed(), PLACE + RESOURCES: seal, f"{PLACE}Sample": code}
    assert len(messages(tmp_path_factory.mktemp("any"), files)) <= 3


def test_a_short_run_of_the_fuzzer_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGALRM)
    try:
        assert fuzz.run(20 * len(fuzz.targets()), 0), capsys.readouterr().out
    finally:
        signal.signal(signal.SIGALRM, before)
    assert fuzz.changed("ipa", 7) == fuzz.changed("ipa", 7) != fuzz.changed("ipa", 8)


@pytest.mark.real
def test_real_apps_are_as_they_were_signed(fixtures_dir: Path) -> None:
    sound = [path for path in sorted((fixtures_dir / "ipa").glob("*.ipa")) if path.name != "not-an-ipa.ipa"]
    assert {path.name: altered_files(path) for path in sound} == {path.name: () for path in sound}
    assert len(sound) == 13


@pytest.mark.real
def test_a_change_to_any_real_app_is_found(fixtures_dir: Path, tmp_path: Path) -> None:
    signed_ones = [each for each in bundles(fixtures_dir) if RESOURCES in each.files]
    for each in signed_ones:
        files = {PLACE + name: content for name, content in each.files.items()}
        assert messages(tmp_path, files) == [], each.name
        changed = {**files, PLACE + each.executable_name: flipped(each.executable, len(each.executable) // 4)}
        assert messages(tmp_path, changed) == [f"one file changed after signing: {each.executable_name}"], each.name
        assert messages(tmp_path, {**files, f"{PLACE}new": b""}) == ["one file changed after signing: new (added)"]
    assert len(signed_ones) == 10
