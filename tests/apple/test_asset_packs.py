"""Where the packs of on-demand resources are: as Xcode writes it, as hands leave it, and as nobody should."""

from __future__ import annotations

import hashlib
import plistlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota_site.apple.ipa import inspect_ipa
from ota_site.model.build import AssetPacks, Build
from ota_site.model.records import from_json, to_json
from tests.samples import BUNDLE_ID, App, make_ipa, on_demand_resources

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PLACE = "Payload/Sample.app/"
ASKED, MANIFEST = f"{PLACE}OnDemandResources.plist", f"{PLACE}AssetPackManifest.plist"
ATS = {"NSAppTransportSecurity": {"NSAllowsArbitraryLoads": True}}


def identifier(tag: str) -> str:
    return f"{BUNDLE_ID}.asset-pack-{hashlib.md5(tag.encode(), usedforsecurity=False).hexdigest()}"


def build(folder: Path, files: Mapping[str, bytes], info: Mapping[str, object] | None = None) -> Build:
    path = folder / "App.ipa"
    path.write_bytes(make_ipa(App(extra=files, info=info or {}, icon=None)))
    return inspect_ipa(path)


def packs(folder: Path, files: Mapping[str, bytes], info: Mapping[str, object] | None = None) -> AssetPacks | None:
    return build(folder, files, info).asset_packs


def asking(*names: object) -> bytes:
    return plistlib.dumps({"NSBundleResourceRequestTags": {"tag": {"NSAssetPacks": list(names)}}})


def placed(**addresses: object) -> bytes:
    return plistlib.dumps({"resources": [{"bundleKey": name, "URL": url} for name, url in addresses.items()]})


def test_an_app_without_on_demand_resources_has_none(tmp_path: Path) -> None:
    assert packs(tmp_path, {}) is None


def test_packs_inside_the_app(tmp_path: Path) -> None:
    found = packs(tmp_path, on_demand_resources("a", "b c"))
    assert found == AssetPacks(inside=(identifier("a"), identifier("b c")))


def test_packs_on_a_server(tmp_path: Path) -> None:
    found = packs(tmp_path, on_demand_resources("a", base_url="https://packs.example/"))
    assert found == AssetPacks(hosted=(identifier("a"),))


def test_packs_left_in_the_archive(tmp_path: Path) -> None:
    found = packs(tmp_path, on_demand_resources("a", "b", embedded=False))
    assert found == AssetPacks(missing=(identifier("a"), identifier("b")))


def test_a_pack_that_was_taken_out(tmp_path: Path) -> None:
    files = {name: data for name, data in on_demand_resources("a", "b").items() if ".a-" not in name}
    assert packs(tmp_path, files) == AssetPacks(inside=(identifier("b"),), missing=(identifier("a"),))


def test_plain_http_will_do_where_the_app_excepts_itself(tmp_path: Path) -> None:
    files = on_demand_resources("a", base_url="http://packs.example/")
    assert packs(tmp_path, files) == AssetPacks(missing=(identifier("a"),))
    assert packs(tmp_path, files, ATS) == AssetPacks(hosted=(identifier("a"),))


@pytest.mark.parametrize(
    "address", ["OnDemandResources/a%20b.assetpack", "OnDemandResources/a%20b.assetpack/", "a.zip"]
)
def test_a_path_in_the_app_is_decoded_and_may_be_any_file(tmp_path: Path, address: str) -> None:
    files = {f"{PLACE}OnDemandResources/a b.assetpack/x": b"x", f"{PLACE}a.zip": b"x"}
    files |= {ASKED: asking("p"), MANIFEST: placed(p=address)}
    assert packs(tmp_path, files) == AssetPacks(inside=("p",))


def test_packs_that_no_list_names_cannot_be_told_of(tmp_path: Path) -> None:
    files = on_demand_resources("a")
    del files[MANIFEST]
    assert packs(tmp_path, files) is None


@pytest.mark.parametrize("data", [b"", b"{", plistlib.dumps(["x"])])
def test_lists_that_cannot_be_read_tell_nothing(tmp_path: Path, data: bytes) -> None:
    files = on_demand_resources("a", base_url="https://packs.example/")
    assert packs(tmp_path, {**files, ASKED: data}) is None
    assert packs(tmp_path, {**files, MANIFEST: data}) is None


@pytest.mark.parametrize(
    "address",
    [
        "../../../../etc/passwd",
        "..",
        "/etc/passwd",
        "OnDemandResources/../Sample",
        "file:///etc/passwd",
        "%2e%2e/Sample.app/Info.plist",
        "",
        " ",
        "https:/packs.example",
        "javascript:1",
        7,
        ["Info.plist"],
        None,
    ],
)
def test_addresses_that_lead_nowhere_are_missing(tmp_path: Path, address: object) -> None:
    manifest = placed(p=address) if address is not None else plistlib.dumps({"resources": [{"bundleKey": "p"}]})
    assert packs(tmp_path, {ASKED: asking("p"), MANIFEST: manifest}) == AssetPacks(missing=("p",))


def test_names_are_text_of_one_line(tmp_path: Path) -> None:
    found = packs(tmp_path, {ASKED: asking("../../x", "a\nb", "a" * 5000, 7, ["x"], "../../x")})
    assert found == AssetPacks(missing=("../../x", "a b", "a" * 500))


def test_ten_thousand_packs_are_cut_to_what_the_store_takes(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(10_000)]
    whole = build(tmp_path, {ASKED: asking(*names), MANIFEST: placed(**dict.fromkeys(names, "https://packs.example/"))})
    assert whole.asset_packs == AssetPacks(hosted=tuple(names[:1000]))


def test_one_long_list_under_many_tags_is_not_walked_again_and_again(tmp_path: Path) -> None:
    # A binary list says it once, and 20,000 tags refer to it: 400 million names when written out.
    shared = {"NSAssetPacks": [f"p{number}" for number in range(20_000)]}
    tags = {f"t{number}": shared for number in range(20_000)}
    data = plistlib.dumps({"NSBundleResourceRequestTags": tags}, fmt=plistlib.FMT_BINARY)
    assert len(data) < 4 << 20
    found = packs(tmp_path, {ASKED: data})
    assert found is not None
    assert len(found.missing) == 1000


_KEYS = st.sampled_from(["NSBundleResourceRequestTags", "NSAssetPacks", "resources", "bundleKey", "URL", "a"])
_ANY = st.recursive(
    st.text(st.characters(codec="utf-8"), max_size=5) | st.integers(-5, 5) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=8,
)


def _binary(table: dict[str, object]) -> bytes:
    return plistlib.dumps(table, fmt=plistlib.FMT_BINARY)


@given(asked=st.dictionaries(_KEYS, _ANY, max_size=3), manifest=st.dictionaries(_KEYS, _ANY, max_size=3))
def test_any_shape_is_read(
    tmp_path_factory: pytest.TempPathFactory, asked: dict[str, object], manifest: dict[str, object]
) -> None:
    files = {ASKED: _binary(asked), MANIFEST: _binary(manifest)}
    found = build(tmp_path_factory.mktemp("any"), files)
    assert from_json(to_json(found), Build) == found


def test_a_record_of_before_reads_on(tmp_path: Path) -> None:
    whole = build(tmp_path, {})
    data = to_json(whole)
    assert b',"asset_packs":null' in data
    assert from_json(data.replace(b',"asset_packs":null', b""), Build) == whole
