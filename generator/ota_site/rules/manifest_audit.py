"""Rules on a manifest, alone and compared with its IPA, each with a permanent code. Pure.

Each rule's docstring says what iOS does with the key; the sources are in docs/install-link.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ota_site.apple.digest import CHUNK_SIZE
from ota_site.apple.install.signed_address import access_of, without_secrets
from ota_site.apple.install.web_address import AddressProblem, examine_address
from ota_site.apple.zip.directory import printable
from ota_site.model.build import Build, Problem, Severity
from ota_site.model.format import count, day
from ota_site.model.records import Record
from ota_site.rules.placeholders import find_mark, find_placeholder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ota_site.apple.install.manifest_reader import Asset, Hashes, Item
    from ota_site.apple.install.web_address import AddressFault

_PICTURES = ("display-image", "full-size-image")
_KINDS = {
    *("software-package", *_PICTURES, "asset-pack-manifest", "messages-display-image"),
    *("newsstand-image", "vpn-plugin-package", "transit-data"),
}
_PLATFORM = "com.apple.platform."
_DIGITS = {"sha256": 64, "md5": 32}
# Whitespace, quotes and invisible characters, which rich-text editors put into identifiers.
_STRAY = re.compile("[\\s\"'“”„‟‘’‚‛«»\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
# Bytes: for larger files, Google Drive shows a page that says the file was not scanned.
_SCANNED = 100_000_000

Want = tuple[str, int]
"""An algorithm, and the size of a piece in bytes: 0 for the whole file."""


class Beside(Record, kw_only=True):
    """The IPA next to a manifest: its name, its record, and the hashes that `wanted_digests` requested."""

    name: str
    build: Build
    digests: Mapping[Want, tuple[str, ...]]

    def digest(self, want: Want) -> tuple[str, ...] | None:
        """Return the hashes of its pieces; None if they were not computed."""
        known = {("sha256", 0): (self.build.sha256,), ("sha256", CHUNK_SIZE): self.build.chunks}
        return known.get(want) or self.digests.get(want)


def named_file(url: str | None) -> str:
    """Return the file name at the end of an address, decoded; empty if there is none."""
    try:
        return unquote(urlsplit((url or "").strip()).path).rpartition("/")[2]
    except ValueError:
        return ""


def find_beside(items: tuple[Item, ...], number: int, ipas: Iterable[str]) -> str | None:
    """Return the name of the IPA in `ipas` that an item describes: the one its package's address ends with.

    If the address names none of them, a manifest of one item describes the only IPA.
    """
    names = tuple(ipas)
    for package in items[number].packages:
        if (name := named_file(package.url)) in names:
            return name
    return names[0] if len(names) == len(items) == 1 else None


def wanted_digests(item: Item, build: Build) -> frozenset[Want]:
    """Return the digests to compute from the IPA before comparing hashes: those that its record lacks."""
    wants = {want for package in item.packages for hashes in package.hashes if (want := _want(hashes, build))}
    return frozenset(wants - {("sha256", 0), ("sha256", CHUNK_SIZE)})


def audit_manifest(item: Item, beside: Beside | None) -> tuple[Problem, ...]:
    """Return the findings for one app of a manifest, errors first."""
    found = [problem for rule in RULES for problem in rule(item, beside)]
    order = list(Severity)
    return tuple(sorted(found, key=lambda problem: order.index(problem.severity)))


def alone(_item: Item, beside: Beside | None) -> Iterator[Problem]:
    """Note a manifest without its IPA, where half of the rules have nothing to compare with."""
    if beside is None:
        hint = "put the IPA into the same folder, under the file name in its address"
        yield _note("manifest-alone", "its IPA is not next to it, so the two were not compared", hint)


def bundle_id(item: Item, beside: Beside | None) -> Iterator[Problem]:
    """Report a bundle identifier that differs from the app's, since iOS 9 an error, or that is under 2 characters."""
    code, hint = "manifest-bundle-id", "write the app’s CFBundleIdentifier exactly, including case"
    if item.bundle_id is None or len(item.bundle_id) < 2:
        yield _error(code, "it has no bundle identifier", hint)
    elif stray := _STRAY.search(item.bundle_id):
        message = f"its bundle identifier, {printable(item.bundle_id)!r}, contains {_character(stray[0])}"
        yield _error(code, message, "retype it as plain text, on one line")
    elif beside and item.bundle_id != beside.build.bundle_id:
        message = f"it is for {printable(item.bundle_id)}, but {beside.name} is {beside.build.bundle_id}"
        yield _error(code, message, hint)


def title(item: Item, _beside: Beside | None) -> Iterator[Problem]:
    """Report a title under 2 characters: iOS shows it when it asks to install."""
    if item.title is None or len(item.title) < 2:
        hint = "write the app’s name with at least two characters: iOS asks “… would like to install <title>”"
        message = "its title has one character; iOS requires two" if item.title else "it has no title"
        yield _error("manifest-title", message, hint)


def kind(item: Item, _beside: Beside | None) -> Iterator[Problem]:
    """Check `kind`: Apple documents it as required; iOS accepts its absence, but rejects other values."""
    hint = "write `software`"
    if item.kind is None:
        yield _warning("manifest-kind", "its metadata has no kind", hint)
    elif item.kind != "software":
        yield _error("manifest-kind", f"its metadata’s kind is {printable(item.kind)}", hint)


def version(item: Item, beside: Beside | None) -> Iterator[Problem]:
    """Check the version: devices only store it, but a different one means a manifest of another build."""
    code, hint = "manifest-version", "write CFBundleShortVersionString as bundle-version, as Xcode does"
    if item.version is None:
        yield _note(code, "it has no version", hint)
    elif beside and item.version != (short := beside.build.version):
        if item.version == beside.build.build:
            yield _note(code, f"its version, {printable(item.version)}, is the build number", hint)
        else:
            message = f"it is for version {printable(item.version)}, but {beside.name} has {short or 'none'}"
            yield _warning(code, message, hint)


def platform(item: Item, beside: Beside | None) -> Iterator[Problem]:
    """Check the platform: ASDErrorDomain 752 on any other device.

    Web installs on visionOS were reported to fail with a platform-identifier.
    """
    code, hint = "manifest-platform", "remove platform-identifier: iOS does not need it"
    named = printable(item.platform or "")
    if beside and item.platform and item.platform != _PLATFORM + beside.build.platform.lower():
        yield _error(code, f"its platform is {named}, but {beside.name} is for {beside.build.platform}", hint)
    elif item.platform and item.platform != _PLATFORM + "iphoneos":
        yield _warning(code, f"its platform is {named}, which iPhones reject", hint)


def package(item: Item, beside: Beside | None) -> Iterator[Problem]:
    """Check the IPA's address, the only required asset: iOS fetches only over https, and not from the device itself."""
    if not any(asset.url and not asset.thinned for asset in item.packages):
        hint = "add an asset of kind software-package with its https address"
        yield _error("manifest-no-package", "it has no address for the IPA", hint)
    for asset in item.packages:
        if asset.url is not None:
            yield from _package_address(asset.url, beside)


def _package_address(url: str, beside: Beside | None) -> Iterator[Problem]:
    codes = {
        AddressProblem.HTTP: "manifest-http",
        AddressProblem.PAGE: "manifest-page",
        AddressProblem.LARGE: "manifest-page",
    }
    faults = tuple(_faults(url))
    for fault, hint in faults:
        code, message = codes.get(fault.problem, "manifest-url"), f"the address of its IPA {fault.message}"
        if fault.problem != AddressProblem.LARGE:
            yield _error(code, message, hint)
        elif beside is None or beside.build.size > _SCANNED:
            yield _warning(code, message, hint)
    if not faults and not named_file(url).lower().endswith(".ipa"):
        # iOS is not known to check the content type; hosts choose it, and inline or download, by the file extension.
        message = "the address of its IPA does not end with .ipa, which hosts use to choose the content type"
        yield _note("manifest-mime", message, "check that it is served as application/octet-stream")


def _faults(url: str | None) -> Iterator[tuple[AddressFault, str]]:
    """Yield each error in an address with a hint, which ends with the corrected address if no placeholder is lost."""
    faults, meant = examine_address(url or "")
    for fault in faults:
        left = find_placeholder(url or "")
        known = meant is not None and fault.problem != AddressProblem.LARGE and (left is None or left in meant)
        yield fault, fault.hint + (f": {without_secrets(meant)}" if known and meant else "")


def placeholders(item: Item, _beside: Beside | None) -> Iterator[Problem]:
    """Warn of placeholders from a guide or template: no server is at such an address."""
    texts = {"bundle identifier": item.bundle_id, "version": item.version, "title": item.title}
    found = [(f"its {name}", find_mark(text)) for name, text in texts.items() if text]
    found += [
        (f"the address of {_asset_name(asset)}", find_placeholder(asset.url)) for asset in item.assets if asset.url
    ]
    for place, left in dict(found).items():
        if left:
            message = f"{place} contains a placeholder: {printable(left)}"
            yield _warning("manifest-placeholder", message, "replace it with the real value")


def access(item: Item, _beside: Beside | None) -> Iterator[Problem]:
    """Note addresses with an access token: the install fails once it expires."""
    for asset in item.assets:
        if asset.url and (found := access_of(asset.url)):
            place, hint = f"the address of {_asset_name(asset)}", "use a permanent public address"
            if found.until is None:
                message = f"{place} has an access token, which anyone with the manifest can use and which may expire"
            else:
                message = f"{place} expires on {day(found.until)}, {found.until:%H:%M} UTC"
                hint += "; otherwise rewrite the manifest before then"
            yield _note("manifest-token", message, hint)


def _asset_name(asset: Asset) -> str:
    return "its IPA" if asset.kind == "software-package" else f"its {printable(asset.kind or 'asset')}"


def file_name(item: Item, beside: Beside | None) -> Iterator[Problem]:
    """Warn of another file name, which means a manifest copied from another build."""
    names = [name for asset in item.packages if (name := named_file(asset.url)).lower().endswith(".ipa")]
    if beside and names and beside.name not in names:
        message = f"its address ends with {printable(names[0])}, but the IPA next to it is {beside.name}"
        yield _warning("manifest-file-name", message, "check that both are the same build")


def pictures(item: Item, _beside: Beside | None) -> Iterator[Problem]:
    """Check the pictures, which iOS shows while the app loads; it installs the app without them too."""
    for asset in item.assets:
        if asset.kind in _PICTURES:
            for fault, hint in _faults(asset.url):
                yield _warning("manifest-image", f"the address of its {asset.kind} {fault.message}", hint)
    missing = [name for name in _PICTURES if name not in {asset.kind for asset in item.assets}]
    if missing:
        hint = "add a PNG of 57×57 pixels as display-image and one of 512×512 as full-size-image"
        yield _note("manifest-no-image", f"it has no {' and no '.join(missing)}, shown while the app loads", hint)


def asset_packs(item: Item, _beside: Beside | None) -> Iterator[Problem]:
    """Warn of a bad address for the list of on-demand resource packs: the app's requests for them fail."""
    for asset in item.assets:
        if asset.kind == "asset-pack-manifest":
            for fault, hint in _faults(asset.url):
                yield _warning("manifest-asset-packs", f"the address of its {asset.kind} {fault.message}", hint)


def asset_kinds(item: Item, _beside: Beside | None) -> Iterator[Problem]:
    """Note assets of unknown kinds, which iOS ignores."""
    for asset in item.assets:
        if asset.kind not in _KINDS:
            message = f"it has an asset of kind {printable(asset.kind or '') or 'none'}, which iOS ignores"
            yield _note("manifest-asset", message, f"use one of {', '.join(('software-package', *_PICTURES))}")


def hashes(item: Item, beside: Beside | None) -> Iterator[Problem]:
    """Check the hashes that iOS uses; SHA-256 takes precedence over MD5.

    One hash is of the whole file. iOS ignores a longer list without a size of at least 1.
    """
    chosen = _package_of(item, beside)
    for position, listed in enumerate(chosen.hashes if chosen else ()):
        say = _warning if position else _error
        if wrong := _misshapen(listed):
            yield say("manifest-hashes", wrong, "recompute them, or remove them: the address is enough")
        elif len(listed.values) > 1 and (listed.size or 0) < 1:
            message = f"its {listed.algorithm}s are ignored: {listed.algorithm}-size is missing"
            yield _warning("manifest-hashes", message, "set it to the number of bytes that each hash covers")
        elif beside and (wrong := _different(listed, beside)):
            yield say("manifest-hashes", wrong, "rewrite the manifest for this file: iOS checks the download")


def _package_of(item: Item, beside: Beside | None) -> Asset | None:
    """Return the package of the IPA next to the manifest, else the one for all devices."""
    packages = item.packages
    same = (asset for asset in packages if beside and named_file(asset.url) == beside.name)
    return next(same, next((asset for asset in packages if not asset.thinned), None))


def _misshapen(listed: Hashes) -> str | None:
    shape = re.compile(rf"[0-9a-f]{{{_DIGITS[listed.algorithm]}}}")
    if all(shape.fullmatch(value) for value in listed.values):
        return None
    if all(shape.fullmatch(value.lower()) for value in listed.values):
        return f"its {listed.algorithm}s are in upper case, but iOS compares them with lower case"
    return f"its {listed.algorithm}s contain an invalid hash"


def _different(listed: Hashes, beside: Beside) -> str | None:
    name = f"its {listed.algorithm}s"
    want = _want(listed, beside.build)
    if want is None:
        size = listed.size or 1
        pieces = count(-(-beside.build.size // size), "piece")
        return f"{name} are {len(listed.values)}, but {beside.name} has {pieces} of {size:,} bytes"
    real = beside.digest(want)
    return f"{name} are not those of {beside.name}" if real and real != listed.values else None


def _want(listed: Hashes, build: Build) -> Want | None:
    """Return the digests to compare a list with; None if its length shows that it is of another file."""
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
    placeholders,
    access,
    asset_kinds,
    alone,
)


def _character(char: str) -> str:
    if char.isspace():
        return "a line break" if char in "\r\n" else "a space"
    return f"“{char}”" if char.isprintable() else f"an invisible character (U+{ord(char):04X})"


def _error(code: str, message: str, hint: str) -> Problem:
    return Problem(code=code, severity=Severity.ERROR, message=message, hint=hint)


def _warning(code: str, message: str, hint: str) -> Problem:
    return Problem(code=code, severity=Severity.WARNING, message=message, hint=hint)


def _note(code: str, message: str, hint: str) -> Problem:
    return Problem(code=code, severity=Severity.NOTE, message=message, hint=hint)
