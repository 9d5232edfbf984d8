"""What is wrong with a manifest, by itself and beside its IPA: rules with a code each, kept for ever. Pure.

What iOS does with a key is written where the rule stands; the sources are those of docs/install-link.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from generator.apple.digest import CHUNK_SIZE
from generator.apple.directory import printable
from generator.apple.web_address import Trouble, examine_address
from generator.model.build import Build, Problem, Severity
from generator.records import Record
from generator.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from generator.apple.manifest_reader import Asset, Hashes, Item

_PICTURES = ("display-image", "full-size-image")
_KINDS = {
    *("software-package", *_PICTURES, "asset-pack-manifest", "messages-display-image"),
    *("newsstand-image", "vpn-plugin-package", "transit-data"),
}
_PLATFORM = "com.apple.platform."
_DIGITS = {"sha256": 64, "md5": 32}

Want = tuple[str, int]
"""An algorithm, and the bytes of a piece: 0 for the whole file."""


class Beside(Record, kw_only=True):
    """The IPA beside a manifest: its name, its record, and the hashes that `wanted_digests` asked for."""

    name: str
    build: Build
    digests: Mapping[Want, tuple[str, ...]]

    def digest(self, want: Want) -> tuple[str, ...] | None:
        """Return the hashes of its pieces; None where nobody computed them."""
        known = {("sha256", 0): (self.build.sha256,), ("sha256", CHUNK_SIZE): self.build.chunks}
        return known.get(want) or self.digests.get(want)


def named_file(url: str | None) -> str:
    """Return the name at the end of an address, decoded; empty where there is none."""
    try:
        return unquote(urlsplit(url or "").path).rpartition("/")[2]
    except ValueError:
        return ""


def find_beside(items: tuple[Item, ...], number: int, ipas: Iterable[str]) -> str | None:
    """Return which of the files `ipas`, by name, an item is about: the one its package's address ends with.

    A manifest of one item, whose address names none of them, is about the only one there is.
    """
    names = tuple(ipas)
    for package in items[number].packages:
        if (name := named_file(package.url)) in names:
            return name
    return names[0] if len(names) == len(items) == 1 else None


def wanted_digests(item: Item, build: Build) -> frozenset[Want]:
    """Return what is to be computed from the IPA before its hashes can be compared: what its record does not hold."""
    wants = {want for package in item.packages for hashes in package.hashes if (want := _want(hashes, build))}
    return frozenset(wants - {("sha256", 0), ("sha256", CHUNK_SIZE)})


def audit_manifest(item: Item, beside: Beside | None) -> tuple[Problem, ...]:
    """Return what is to be said of one app of a manifest, what stops its install first."""
    found = [problem for rule in RULES for problem in rule(item, beside)]
    order = list(Severity)
    return tuple(sorted(found, key=lambda problem: order.index(problem.severity)))


def alone(_item: Item, beside: Beside | None) -> Iterator[Problem]:
    """Without the IPA half of the rules have nothing to compare with."""
    if beside is None:
        hint = "put the IPA into the same folder, under the name at the end of its address"
        yield _note("manifest-alone", "its IPA is not beside it, so what it says of it was not compared", hint)


def bundle_id(item: Item, beside: Beside | None) -> Iterator[Problem]:
    """Since iOS 9 another than the app's stops the install. It has more than one character."""
    code, hint = "manifest-bundle-id", "write the app’s CFBundleIdentifier, letter by letter"
    if item.bundle_id is None or len(item.bundle_id) < 2:
        yield _error(code, "it names no bundle identifier", hint)
    elif beside and item.bundle_id != beside.build.bundle_id:
        message = f"it is for {printable(item.bundle_id)}, and {beside.name} is {beside.build.bundle_id}"
        yield _error(code, message, hint)


def title(item: Item, _beside: Beside | None) -> Iterator[Problem]:
    """With it iOS asks; it wants more than one character."""
    if item.title is None or len(item.title) < 2:
        hint = "write the app’s name, two characters at least: iOS asks “… would like to install <title>”"
        yield _error("manifest-title", "it has no title", hint)


def kind(item: Item, _beside: Beside | None) -> Iterator[Problem]:
    """Apple documents it as required; iOS does without, but refuses another."""
    hint = "write `software`"
    if item.kind is None:
        yield _warning("manifest-kind", "its metadata has no kind", hint)
    elif item.kind != "software":
        yield _error("manifest-kind", f"its metadata’s kind is {printable(item.kind)}", hint)


def version(item: Item, beside: Beside | None) -> Iterator[Problem]:
    """Devices only store it; but another than the app's shows a manifest of another build."""
    code, hint = "manifest-version", "write CFBundleShortVersionString as bundle-version, as Xcode does"
    if item.version is None:
        yield _note(code, "it names no version", hint)
    elif beside and item.version != (short := beside.build.version):
        if item.version == beside.build.build:
            yield _note(code, f"its version, {printable(item.version)}, is the build number", hint)
        else:
            message = f"it is for version {printable(item.version)}, and {beside.name} is {short or 'without one'}"
            yield _warning(code, message, hint)


def platform(item: Item, beside: Beside | None) -> Iterator[Problem]:
    """ASDErrorDomain 752 on any other device. Web installs on visionOS were reported to fail where it is named."""
    code, hint = "manifest-platform", "leave platform-identifier out: iOS does without"
    named = printable(item.platform or "")
    if beside and item.platform and item.platform != _PLATFORM + beside.build.platform.lower():
        yield _error(code, f"its platform is {named}, and {beside.name} is for {beside.build.platform}", hint)
    elif item.platform and item.platform != _PLATFORM + "iphoneos":
        yield _warning(code, f"its platform is {named}, which no iPhone takes", hint)


def package(item: Item, _beside: Beside | None) -> Iterator[Problem]:
    """No other asset is needed. iOS fetches over https only, and nothing from the device itself."""
    if not any(asset.url and not asset.thinned for asset in item.packages):
        hint = "an asset of kind software-package names it by its https address"
        yield _error("manifest-no-package", "it does not say where the IPA is", hint)
    for asset in item.packages:
        yield from _address(asset)


def _address(asset: Asset) -> Iterator[Problem]:
    if asset.url is None:
        return
    faults, meant = examine_address(asset.url)
    codes = {Trouble.HTTP: "manifest-http", Trouble.PAGE: "manifest-page"}
    for fault in faults:
        hint = fault.hint + (f": {meant}" if meant else "")
        yield _error(codes.get(fault.trouble, "manifest-url"), f"the address of its IPA {fault.message}", hint)
    if not faults and not named_file(asset.url).lower().endswith(".ipa"):
        # iOS was not seen to look at the type; hosts choose it, and whether to show or to hand out, by the ending.
        message = "the address of its IPA does not end with .ipa, by which hosts choose the type"
        yield _note("manifest-mime", message, "see that it is served as application/octet-stream")


def file_name(item: Item, beside: Beside | None) -> Iterator[Problem]:
    """Another name shows a manifest that was copied from another build."""
    names = [name for asset in item.packages if (name := named_file(asset.url)).lower().endswith(".ipa")]
    if beside and names and beside.name not in names:
        message = f"its address names {printable(names[0])}, and the IPA beside it is {beside.name}"
        yield _warning("manifest-file-name", message, "see that both are the same build")


def pictures(item: Item, _beside: Beside | None) -> Iterator[Problem]:
    """They are drawn while the app is loading; iOS installs it without them too."""
    for asset in item.assets:
        if asset.kind in _PICTURES:
            faults, meant = examine_address(asset.url or "")
            for fault in faults:
                hint = fault.hint + (f": {meant}" if meant else "")
                yield _warning("manifest-image", f"the address of its {asset.kind} {fault.message}", hint)
    missing = [name for name in _PICTURES if name not in {asset.kind for asset in item.assets}]
    if missing:
        hint = "name a PNG of 57×57 pixels as display-image and one of 512×512 as full-size-image"
        yield _note("manifest-no-image", f"it names no {' and no '.join(missing)}, drawn while the app loads", hint)


def asset_packs(item: Item, _beside: Beside | None) -> Iterator[Problem]:
    """With a list of the packs of on-demand resources at no address, the app’s requests for them fail."""
    for asset in item.assets:
        if asset.kind == "asset-pack-manifest":
            faults, meant = examine_address(asset.url or "")
            for fault in faults:
                hint = fault.hint + (f": {meant}" if meant else "")
                yield _warning("manifest-asset-packs", f"the address of its {asset.kind} {fault.message}", hint)


def asset_kinds(item: Item, _beside: Beside | None) -> Iterator[Problem]:
    """Other kinds are passed over."""
    for asset in item.assets:
        if asset.kind not in _KINDS:
            message = f"it has an asset of kind {printable(asset.kind or '') or 'none'}, which iOS passes over"
            yield _note("manifest-asset", message, f"kinds are {', '.join(('software-package', *_PICTURES))}")


def hashes(item: Item, beside: Beside | None) -> Iterator[Problem]:
    """SHA-256 beats MD5. A list of one is of the whole file; a longer one without a size of 1 or more is ignored."""
    chosen = _package_of(item, beside)
    for position, listed in enumerate(chosen.hashes if chosen else ()):
        say = _warning if position else _error
        if wrong := _misshapen(listed):
            yield say("manifest-hashes", wrong, "write them anew, or leave them out: the address is enough")
        elif len(listed.values) > 1 and (listed.size or 0) < 1:
            message = f"its {listed.algorithm}s are ignored: {listed.algorithm}-size is missing"
            yield _warning("manifest-hashes", message, "write the number of bytes that each is of")
        elif beside and (wrong := _different(listed, beside)):
            yield say("manifest-hashes", wrong, "write the manifest again for this very file: iOS checks the download")


def _package_of(item: Item, beside: Beside | None) -> Asset | None:
    """Return the package that is the IPA beside, else the one for any device."""
    packages = item.packages
    same = (asset for asset in packages if beside and named_file(asset.url) == beside.name)
    return next(same, next((asset for asset in packages if not asset.thinned), None))


def _misshapen(listed: Hashes) -> str | None:
    shape = re.compile(rf"[0-9a-f]{{{_DIGITS[listed.algorithm]}}}")
    if all(shape.fullmatch(value) for value in listed.values):
        return None
    if all(shape.fullmatch(value.lower()) for value in listed.values):
        return f"its {listed.algorithm}s are in capitals, and iOS compares them with small letters"
    return f"its {listed.algorithm}s hold what is no such hash"


def _different(listed: Hashes, beside: Beside) -> str | None:
    name = f"its {listed.algorithm}s"
    want = _want(listed, beside.build)
    if want is None:
        size = listed.size or 1
        pieces = count(-(-beside.build.size // size), "piece")
        return f"{name} are {len(listed.values)}, and {beside.name} has {pieces} of {size:,} bytes"
    real = beside.digest(want)
    return f"{name} are not those of {beside.name}" if real and real != listed.values else None


def _want(listed: Hashes, build: Build) -> Want | None:
    """Return what a list is to be compared with; None where its length shows that it is of another file."""
    if len(listed.values) == 1:
        return listed.algorithm, 0
    size = listed.size or 0
    return (listed.algorithm, size) if size > 0 and len(listed.values) == -(-build.size // size) else None


RULES: tuple[Callable[[Item, Beside | None], Iterator[Problem]], ...] = (
    bundle_id,
    package,
    title,
    kind,
    platform,
    hashes,
    version,
    file_name,
    pictures,
    asset_packs,
    asset_kinds,
    alone,
)


def _error(code: str, message: str, hint: str) -> Problem:
    return Problem(code=code, severity=Severity.ERROR, message=message, hint=hint)


def _warning(code: str, message: str, hint: str) -> Problem:
    return Problem(code=code, severity=Severity.WARNING, message=message, hint=hint)


def _note(code: str, message: str, hint: str) -> Problem:
    return Problem(code=code, severity=Severity.NOTE, message=message, hint=hint)
