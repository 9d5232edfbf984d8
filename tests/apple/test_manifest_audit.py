"""One fault in a manifest, one code; and what Xcode and other tools write has nothing said against it."""

from __future__ import annotations

import hashlib
import os
import plistlib
import re
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.apple.digest import CHUNK_SIZE, digest_pieces
from ota_site.apple.install.manifest import Manifest, encode_manifest
from ota_site.apple.install.manifest_reader import parse_manifest
from ota_site.apple.ipa import inspect_ipa
from ota_site.model.errors import IpaError
from ota_site.rules.manifest_audit import audit_manifest, find_beside
from ota_site.sources.manifest_file import Audit, audit_manifest_file
from tests.apple.mutations import mutated
from tests.samples import App, make_ipa

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "https://x.example/apps/Sample.ipa"
IPA = make_ipa(App(version="1.2.3", build="45"))
Table = dict[str, Any]


def xcode(**metadata: str) -> Table:
    """Return a manifest as Xcode exports it."""
    return {
        "items": [
            {
                "assets": [
                    {"kind": "software-package", "url": URL},
                    {"kind": "display-image", "url": "https://x.example/57.png"},
                    {"kind": "full-size-image", "url": "https://x.example/512.png"},
                ],
                "metadata": {
                    "bundle-identifier": "com.example.sample",
                    "bundle-version": "1.2.3",
                    "kind": "software",
                    "platform-identifier": "com.apple.platform.iphoneos",
                    "title": "Sample",
                    **metadata,
                },
            }
        ]
    }


def audit(folder: Path, manifest: Table | bytes, **ipas: bytes) -> Audit:
    """Audit a manifest beside these IPAs, by default Sample.ipa."""
    for name, data in (ipas or {"Sample": IPA}).items():
        (folder / f"{name}.ipa").write_bytes(data)
    path = folder / "manifest.plist"
    path.write_bytes(manifest if isinstance(manifest, bytes) else plistlib.dumps(manifest))
    return audit_manifest_file(path)


def told(folder: Path, manifest: Table | bytes, **ipas: bytes) -> list[tuple[str, str]]:
    return [(problem.code, problem.severity.value) for problem in audit(folder, manifest, **ipas).problems]


def set_meta(key: str, value: object) -> Callable[[Table], None]:
    def change(manifest: Table) -> None:
        metadata = manifest["items"][0]["metadata"]
        metadata.pop(key) if value is None else metadata.update({key: value})

    return change


def set_asset(number: int, **values: object) -> Callable[[Table], None]:
    def change(manifest: Table) -> None:
        asset = manifest["items"][0]["assets"][number]
        asset |= {key.replace("_", "-"): value for key, value in values.items()}

    return change


def drop_asset(number: int) -> Callable[[Table], None]:
    return lambda manifest: manifest["items"][0]["assets"].pop(number)


def pieces(size: int, algorithm: str = "sha256") -> list[str]:
    """Return the hashes of the sample's pieces, computed by another hand."""
    return [hashlib.new(algorithm, IPA[at : at + size]).hexdigest() for at in range(0, len(IPA), size)]


def whole(algorithm: str = "sha256") -> list[str]:
    return pieces(len(IPA), algorithm)


OTHER = "0123456789abcdef" * 4

MUTATIONS: list[tuple[str, str, str, Callable[[Table], None]]] = [
    (
        "one letter of the identifier",
        "manifest-bundle-id",
        "error",
        set_meta("bundle-identifier", "com.example.samplf"),
    ),
    ("the identifier’s case", "manifest-bundle-id", "error", set_meta("bundle-identifier", "com.example.Sample")),
    ("a space after it", "manifest-bundle-id", "error", set_meta("bundle-identifier", "com.example.sample ")),
    ("no identifier", "manifest-bundle-id", "error", set_meta("bundle-identifier", None)),
    ("a number for it", "manifest-bundle-id", "error", set_meta("bundle-identifier", 7)),
    ("no title", "manifest-title", "error", set_meta("title", None)),
    ("a blank title", "manifest-title", "error", set_meta("title", " ")),
    ("a title of one letter", "manifest-title", "error", set_meta("title", "X")),
    ("a line break after it", "manifest-bundle-id", "error", set_meta("bundle-identifier", "com.example.sample\n")),
    ("a zero-width space", "manifest-bundle-id", "error", set_meta("bundle-identifier", "com.example.\u200bsample")),
    ("a no-break space", "manifest-bundle-id", "error", set_meta("bundle-identifier", "com.example.sample\xa0")),
    ("curly quotes", "manifest-bundle-id", "error", set_meta("bundle-identifier", "“com.example.sample”")),
    ("a variable for the title", "manifest-placeholder", "warning", set_meta("title", "$(PRODUCT_NAME)")),
    ("no kind", "manifest-kind", "warning", set_meta("kind", None)),
    ("another kind", "manifest-kind", "error", set_meta("kind", "book")),
    ("no version", "manifest-version", "note", set_meta("bundle-version", None)),
    ("the build number for it", "manifest-version", "note", set_meta("bundle-version", "45")),
    ("an old version", "manifest-version", "warning", set_meta("bundle-version", "1.2.2")),
    ("another platform", "manifest-platform", "error", set_meta("platform-identifier", "com.apple.platform.xros")),
    ("http", "manifest-http", "error", set_asset(0, url="http://x.example/Sample.ipa")),
    ("no scheme", "manifest-url", "error", set_asset(0, url="x.example/Sample.ipa")),
    ("hhttps", "manifest-url", "error", set_asset(0, url="hhttps://x.example/Sample.ipa")),
    ("a path", "manifest-url", "error", set_asset(0, url="Sample.ipa")),
    ("a file", "manifest-url", "error", set_asset(0, url="file:///tmp/Sample.ipa")),
    ("this device", "manifest-url", "error", set_asset(0, url="https://localhost/Sample.ipa")),
    ("a space", "manifest-url", "error", set_asset(0, url="https://x.example/my apps/Sample.ipa")),
    ("line breaks around", "manifest-url", "error", set_asset(0, url=f"\n  {URL}\n  ")),
    ("a line break", "manifest-url", "error", set_asset(0, url="https://x.example/apps/\nSample.ipa")),
    ("quotes around", "manifest-url", "error", set_asset(0, url=f"“{URL}”")),
    ("a zero-width space in it", "manifest-url", "error", set_asset(0, url="https://x.example/\u200bapps/Sample.ipa")),
    ("a no-break space in it", "manifest-url", "error", set_asset(0, url="https://x.example/my\xa0app/Sample.ipa")),
    ("a letter", "manifest-url", "error", set_asset(0, url="https://x.example/müll/Sample.ipa")),
    ("a blob", "manifest-page", "error", set_asset(0, url="https://github.com/o/r/blob/main/Sample.ipa")),
    ("a share", "manifest-page", "error", set_asset(0, url="https://www.dropbox.com/s/1/Sample.ipa?dl=0")),
    ("a page", "manifest-page", "error", set_asset(0, url="https://x.example/install.html")),
    ("a folder", "manifest-page", "error", set_asset(0, url="https://x.example/")),
    ("Mega", "manifest-page", "error", set_asset(0, url="https://mega.nz/file/AbC#key")),
    ("TestFlight", "manifest-page", "error", set_asset(0, url="https://testflight.apple.com/join/AbC")),
    ("a sample", "manifest-placeholder", "warning", set_asset(0, url="https://example.com/Sample.ipa")),
    ("a sample’s picture", "manifest-placeholder", "warning", set_asset(1, url="https://your-domain.com/57.png")),
    ("a token", "manifest-token", "note", set_asset(0, url=f"{URL}?token=5ec2e7")),
    ("a picture’s token", "manifest-token", "note", set_asset(1, url="https://x.example/57.png?token=5ec2e7")),
    ("no .ipa", "manifest-mime", "note", set_asset(0, url="https://x.example/download/7?x=Sample.ipa")),
    ("another file", "manifest-file-name", "warning", set_asset(0, url="https://x.example/Sample-2.ipa")),
    ("no address", "manifest-no-package", "error", set_asset(0, url=" ")),
    ("no package", "manifest-no-package", "error", drop_asset(0)),
    ("no picture", "manifest-no-image", "note", drop_asset(2)),
    ("an http picture", "manifest-image", "warning", set_asset(1, url="http://x.example/57.png")),
    ("a picture of nowhere", "manifest-image", "warning", set_asset(2, url="")),
    ("more hashes", "manifest-hashes", "error", set_asset(0, sha256s=[*pieces(1000), OTHER], sha256_size=1000)),
    ("fewer", "manifest-hashes", "error", set_asset(0, sha256s=pieces(1000)[1:], sha256_size=1000)),
    ("others", "manifest-hashes", "error", set_asset(0, sha256s=[*pieces(1000)[1:], OTHER], sha256_size=1000)),
    ("another whole", "manifest-hashes", "error", set_asset(0, sha256s=[OTHER], sha256_size=CHUNK_SIZE)),
    ("no size", "manifest-hashes", "warning", set_asset(0, sha256s=pieces(1000))),
    ("a size as text", "manifest-hashes", "warning", set_asset(0, sha256s=pieces(1000), sha256_size="1000")),
    ("size zero", "manifest-hashes", "warning", set_asset(0, md5s=pieces(1000, "md5"), md5_size=0)),
    ("capitals", "manifest-hashes", "error", set_asset(0, sha256s=[whole()[0].upper()])),
    ("no hashes at all", "manifest-hashes", "error", set_asset(0, sha256s=["", 7], sha256_size=1000)),
    ("other md5s", "manifest-hashes", "error", set_asset(0, md5s=[OTHER[:32]])),
    ("an old md5", "manifest-hashes", "error", set_asset(0, md5=OTHER[:32])),
    ("other md5s beside right sha256s", "manifest-hashes", "warning", set_asset(0, sha256s=whole(), md5s=[OTHER[:32]])),
]

RIGHT: list[tuple[str, Callable[[Table], object]]] = [
    ("as Xcode writes it", lambda manifest: manifest),
    ("no platform", set_meta("platform-identifier", None)),
    ("a query", set_asset(0, url=f"{URL}?token=a&b=c")),
    ("a port", set_asset(0, url="https://x.example:8443/Sample.ipa")),
    ("a release", set_asset(0, url="https://github.com/o/r/releases/download/v1/Sample.ipa")),
    ("one hash, of the whole file", set_asset(0, sha256s=whole(), sha256_size=32)),
    ("one hash without a size", set_asset(0, sha256s=whole())),
    ("one piece of ten megabytes", set_asset(0, sha256s=whole(), sha256_size=CHUNK_SIZE)),
    ("pieces of a thousand bytes", set_asset(0, sha256s=pieces(1000), sha256_size=1000)),
    ("md5s", set_asset(0, md5s=pieces(4096, "md5"), md5_size=4096)),
    ("an old md5", set_asset(0, md5=whole("md5")[0])),
    ("both", set_asset(0, md5s=pieces(999, "md5"), md5_size=999, sha256s=pieces(7777), sha256_size=7777)),
    ("a subtitle and notes", set_meta("subtitle", "Invented GmbH")),
]


@pytest.mark.parametrize(
    ("code", "severity", "change"), [case[1:] for case in MUTATIONS], ids=[c[0] for c in MUTATIONS]
)
def test_one_fault_has_its_code_alone(
    tmp_path: Path, code: str, severity: str, change: Callable[[Table], None]
) -> None:
    manifest = deepcopy(xcode())
    change(manifest)
    assert told(tmp_path, manifest) == [(code, severity)]
    (problem,) = audit(tmp_path, manifest).problems
    assert problem.hint
    assert "5ec2e7" not in problem.message + problem.hint


@pytest.mark.parametrize(
    ("title", "message"), [(None, "it has no title"), ("A", "its title has one character; iOS requires two")]
)
def test_a_title_of_one_letter_is_not_called_none(tmp_path: Path, title: str | None, message: str) -> None:
    manifest = deepcopy(xcode())
    set_meta("title", title)(manifest)
    assert [problem.message for problem in audit(tmp_path, manifest).problems] == [message]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"\n  {URL}\n", "has spaces or line breaks around it"),
        ("https://x.example/a\u200b/Sample.ipa", "contains an invisible character (U+200B)"),
        ("https://x.example/a b/Sample.ipa", "contains a space, which no address may contain"),
        ("https://x.example/a\xa0b/Sample.ipa", "contains an unusual space (U+00A0), which no address may contain"),
    ],
)
def test_what_an_editor_left_in_an_address_is_named(tmp_path: Path, url: str, message: str) -> None:
    manifest = deepcopy(xcode())
    set_asset(0, url=url)(manifest)
    (problem,) = audit(tmp_path, manifest).problems
    assert problem.message == f"the address of its IPA {message}"
    assert re.search(r": https://x\.example/[!-~]*Sample\.ipa$", problem.hint)


def test_the_end_of_a_signed_address_is_told(tmp_path: Path) -> None:
    manifest = deepcopy(xcode())
    set_asset(0, url=f"{URL}?X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-Signature=5ec2e7")(manifest)
    (problem,) = audit(tmp_path, manifest).problems
    assert (problem.code, problem.severity.value) == ("manifest-token", "note")
    assert problem.message == "the address of its IPA expires on 1 January 2026, 00:15 UTC"


def test_google_drive_is_a_warning_for_large_files_alone(tmp_path: Path) -> None:
    manifest = deepcopy(xcode())
    set_asset(0, url="https://drive.google.com/uc?export=download&id=1")(manifest)
    assert told(tmp_path, manifest) == []
    (item,) = parse_manifest(plistlib.dumps(manifest), where="")
    found = [(problem.code, problem.severity.value) for problem in audit_manifest(item, None)]
    assert found == [("manifest-page", "warning"), ("manifest-alone", "note")]


@pytest.mark.parametrize("change", [case[1] for case in RIGHT], ids=[case[0] for case in RIGHT])
def test_what_is_right_raises_nothing(tmp_path: Path, change: Callable[[Table], object]) -> None:
    manifest = deepcopy(xcode())
    change(manifest)
    assert told(tmp_path, manifest) == []
    assert told(tmp_path, plistlib.dumps(manifest, fmt=plistlib.FMT_BINARY)) == []


def test_every_code_is_explained_in_the_documents() -> None:
    root = Path(__file__).parents[2]
    text = (root / "docs/command.md").read_text("utf-8")
    sources = (*(root / "generator/ota_site").rglob("manifest*.py"), root / "generator/ota_site/cli/inspect.py")
    codes = {code for path in sources for code in re.findall(r'"(manifest-[a-z-]+)"', path.read_text("utf-8"))}
    assert codes == set(re.findall(r"`(manifest-[a-z-]+)`", text))


def test_our_own_manifest_passes(tmp_path: Path) -> None:
    (tmp_path / "Sample.ipa").write_bytes(IPA)
    build = inspect_ipa(tmp_path / "Sample.ipa")
    manifest = Manifest(
        ipa_url=URL,
        chunks=build.chunks,
        display_image_url="https://x.example/57.png",
        full_size_image_url="https://x.example/512.png",
        bundle_id=build.bundle_id,
        version=build.version or "",
        title=build.name,
    )
    assert told(tmp_path, encode_manifest(manifest)) == []


def test_a_thinned_export_is_read_with_all_its_packages(tmp_path: Path) -> None:
    manifest = xcode()
    variants = [{"device": "iPhone10,3", "os-version": "17.0"}]
    thin = {"kind": "software-package", "url": "https://x.example/Apps/Sample-1.ipa", "variantDescriptors": variants}
    manifest["items"][0]["thinned-assets"] = [thin]
    assert told(tmp_path, manifest) == []
    assert [package.thinned for package in audit(tmp_path, manifest).items[0].packages] == [False, True]
    thin["url"] = "http://x.example/Apps/Sample-1.ipa"
    assert told(tmp_path, manifest) == [("manifest-http", "error")]
    drop_asset(0)(manifest)
    thin["url"] = "https://x.example/Apps/Sample.ipa"
    assert told(tmp_path, manifest) == [("manifest-no-package", "error")]


def test_an_unknown_kind_of_asset_is_passed_over(tmp_path: Path) -> None:
    manifest = xcode()
    manifest["items"][0]["assets"].append({"kind": "icon", "url": "https://x.example/i.png"})
    assert told(tmp_path, manifest) == [("manifest-asset", "note")]


@pytest.mark.parametrize("url", ["http://x.example/packs.plist", "packs.plist", "https://localhost/packs.plist", None])
def test_the_address_of_the_list_of_packs_is_looked_at(tmp_path: Path, url: str | None) -> None:
    manifest = xcode()
    packs = {"kind": "asset-pack-manifest", "url": "https://x.example/OnDemandResources/AssetPackManifest.plist"}
    manifest["items"][0]["assets"].append(packs)
    assert told(tmp_path, manifest) == []
    packs.pop("url") if url is None else packs.update(url=url)
    assert told(tmp_path, manifest) == [("manifest-asset-packs", "warning")]


def test_another_platform_without_the_ipa_is_a_warning(tmp_path: Path) -> None:
    manifest = xcode(**{"platform-identifier": "com.apple.platform.xros"})
    path = tmp_path / "manifest.plist"
    path.write_bytes(plistlib.dumps(manifest))
    found = [(problem.code, problem.severity.value) for problem in audit_manifest_file(path).problems]
    assert found == [("manifest-platform", "warning"), ("manifest-alone", "note")]


def test_each_of_several_items_is_compared_with_its_own_ipa(tmp_path: Path) -> None:
    second = make_ipa(App(bundle_id="com.example.two", version="2.0"))
    manifest = xcode()
    manifest["items"] += xcode(**{"bundle-identifier": "com.example.two", "bundle-version": "2.0"})["items"]
    manifest["items"][1]["assets"][0]["url"] = "https://x.example/Two.ipa"
    assert told(tmp_path, manifest, Sample=IPA, Two=second) == []
    manifest["items"][1]["metadata"]["bundle-identifier"] = "com.example.sample"
    (problem,) = audit(tmp_path, manifest, Sample=IPA, Two=second).problems
    assert problem.code == "manifest-bundle-id"
    assert problem.message == "item 2: it is for com.example.sample, but Two.ipa is com.example.two"


def test_which_ipa_is_beside() -> None:
    (item,) = parse_manifest(plistlib.dumps(xcode()), where="")
    assert find_beside((item,), 0, ["A.ipa", "Sample.ipa"]) == "Sample.ipa"
    assert find_beside((item,), 0, ["A.ipa"]) == "A.ipa"
    assert find_beside((item,), 0, ["A.ipa", "B.ipa"]) is None
    assert find_beside((item,), 0, []) is None
    assert find_beside((item, item), 0, ["A.ipa"]) is None


def test_a_name_is_found_decoded(tmp_path: Path) -> None:
    manifest = xcode()
    manifest["items"][0]["assets"][0]["url"] = "https://x.example/my%20%C3%BCber+app.ipa"
    (tmp_path / "B.ipa").write_bytes(b"")
    found = audit(tmp_path, manifest, **{"my über+app": IPA})
    assert [ipa and ipa.name for ipa in found.ipas] == ["my über+app.ipa"]
    assert found.problems == ()


def test_without_its_ipa_it_is_still_read(tmp_path: Path) -> None:
    assert told(tmp_path, xcode(), A=IPA, B=IPA) == [("manifest-alone", "note")]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "manifest.plist")
    with pytest.raises(IpaError, match="not a regular file"):
        audit_manifest_file(tmp_path / "manifest.plist")


def test_an_ipa_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    assert told(tmp_path, xcode(), Sample=b"no") == [("manifest-package-unreadable", "error")]


# --- what is no manifest ------------------------------------------------------------------------------------

XML = plistlib.dumps(xcode())
MERGED = XML.replace(
    b"<string>Sample</string>",
    b"<<<<<<< HEAD\n<string>Sample</string>\n=======\n<string>Other</string>\n>>>>>>> main\n",
)
NONE: list[tuple[str, bytes, str]] = [
    ("manifest-merge-markers", MERGED, "merge"),
    ("manifest-merge-markers", MERGED.replace(b"\n", b"\r\n"), "merge"),
    # Python's reader passes over such a line between two elements; Apple's does not.
    ("manifest-merge-markers", XML.replace(b"<key>kind", b"\n=======\n<key>kind", 1), "merge"),
    ("manifest-merge-markers", XML.replace(b"<key>kind", b"\n>>>>>>> main\n<key>kind", 1), "merge"),
    ("manifest-not-plist", b"", "empty"),
    ("manifest-not-plist", b"<!DOCTYPE html><html></html>", "web page"),
    ("manifest-not-plist", b"<html><body>&lt;plist version=1&gt;</body></html>", "shows a manifest"),
    ("manifest-not-plist", b"{\\rtf1\\ansi{\\fonttbl}}", "rich text"),
    ("manifest-not-plist", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Word"),
    ("manifest-not-plist", b"PK\x03\x04\x14\x00", "zip"),
    ("manifest-not-plist", b'{"items": []}', "JSON"),
    ("manifest-not-plist", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    ("manifest-not-plist", XML.replace(URL.encode(), URL.encode() + b"?a=b&c=d"), "&"),
    ("manifest-not-plist", XML[:-20], "not a property list"),
    ("manifest-not-plist", plistlib.dumps(["items"]), "not a dictionary"),
    ("manifest-not-plist", b" " * (2 << 20), "larger"),
    ("manifest-no-items", plistlib.dumps({}), "no app"),
    ("manifest-no-items", plistlib.dumps({"items": []}), "no app"),
    ("manifest-no-items", plistlib.dumps({"items": xcode()["items"][0]}), "no app"),
    ("manifest-no-items", plistlib.dumps({"items": ["a"]}), "no app"),
]


@pytest.mark.parametrize(("code", "data", "words"), NONE, ids=[f"{case[0]} {case[2]}" for case in NONE])
def test_what_is_no_manifest_is_named_for_what_it_is(tmp_path: Path, code: str, data: bytes, words: str) -> None:
    with pytest.raises(IpaError) as refused:
        audit(tmp_path, data)
    assert refused.value.code == code
    assert words in refused.value.message
    assert refused.value.hint
    assert refused.value.where.endswith("manifest.plist")


@given(mutated(XML, plistlib.dumps(xcode(), fmt=plistlib.FMT_BINARY)))
def test_every_mutation_is_read_or_refused(data: bytes) -> None:
    try:
        items = parse_manifest(data, where="")
    except IpaError:
        return
    for problem in (problem for item in items for problem in audit_manifest(item, None)):
        assert problem.code.startswith("manifest-")
        assert problem.message.isprintable()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 99) | st.text(st.characters(exclude_categories=["C"]), max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["items", "assets", "metadata", "kind", "url", "sha256s", "thinned-assets"]), inner
            )
        ),
    ).filter(lambda value: value is not None)
)
def test_any_shape_is_read(value: object) -> None:
    try:
        data = plistlib.dumps({"items": [value, {"assets": value, "metadata": value}]})
    except TypeError:
        return
    assert parse_manifest(data, where="")


@pytest.mark.parametrize("size", [0, 1, 7, 1 << 20, 3 << 20])
def test_pieces_are_hashed_as_by_hand(tmp_path: Path, size: int) -> None:
    data = bytes(range(256)) * (9 if size == 1 else 10_000)
    (tmp_path / "file").write_bytes(data)
    step = size or len(data)
    expected = tuple(hashlib.md5(data[at : at + step]).hexdigest() for at in range(0, len(data), step))  # noqa: S324
    assert digest_pieces(tmp_path / "file", "md5", size) == expected
