"""Well-made files with bytes changed, by the hundred thousand: each must end in a `Build` or an `IpaError`, and soon.

    python -m tests.fuzz [COUNT] [--first N]     change at random, from seeds: the same numbers give the same bytes
    python -m tests.fuzz --again TARGET:N        read one of them again, and show what it leads to
    python -m tests.fuzz --atheris SECONDS       change by what the code does with it (needs the group `fuzz`)

What is found is saved in `fuzz-found` in the folder for temporary files; exit code 1 says that there is something.
"""

from __future__ import annotations

import argparse
import os
import plistlib
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Literal

from ota_site.model.records import Record, replace
from tests import catalogs, pictures
from tests.profiles import Profile, make_profile
from tests.samples import App, bundle, info_plist, make_ipa
from tests.signing import Executable, Signature, fat, signed_macho

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

SECONDS, MEGABYTES = 2, 200
"""What one input may take at most: time of the processor, and memory above that of a healthy one."""
FOUND = Path(tempfile.gettempdir()) / "fuzz-found"
PLACE = "Payload/Sample.app/"
SHARE = f"{PLACE}PlugIns/Share.appex/"
_HANGS = 30
_ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")
_NOW = datetime(2026, 7, 1, tzinfo=UTC)
_WORDS = (0, 1, 2, 3, 4, 7, 8, 0x0F, 0x10, 0x7F, 0x80, 0xFF, 0x100, 0x1000, 0x7FFF, 0xFFFF, 0x10000, 0x00FFFFFF)
_WIDE = (*_WORDS, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)


class Target(Record):
    """A kind of file: well-made ones, how one becomes a file for `read`, and the parts of them that are changed.

    `place` is None for a manifest; `parts` has a range of bytes for each original, None where all of it is changed.
    """

    originals: tuple[bytes, ...]
    place: Callable[[bytes], bytes] | None
    parts: tuple[slice, ...] = ()


# --- well-made files ----------------------------------------------------------------------------------------


@cache
def targets() -> dict[str, Target]:
    """Return what is fuzzed, by name."""
    whole = _whole()
    code, resources = whole[f"{PLACE}Sample"], f"{PLACE}_CodeSignature/CodeResources"
    older = signed_macho(Executable(code=bytes(100), signature=Signature(algorithms=("sha1", "sha256"))))
    thin = signed_macho(Executable(architecture="armv7", code=bytes(100)))
    codes = (code, fat(older, thin), older, signed_macho(Executable(code=b"", cryptid=1, old_platform=0x25)))
    share = {name: content for name, content in whole.items() if name.startswith(SHARE)}
    shared = share[f"{SHARE}Share"]
    return {
        "ipa": Target((_zip(whole), make_ipa(App(litter=True, utf8_flag=False)), _zip(_plain())), lambda ipa: ipa),
        "zip": Target(*_directories()),
        "info": _file(_plain(), f"{PLACE}Info.plist", *_infos()),
        "nested-info": _file(whole, f"{SHARE}Info.plist", whole[f"{SHARE}Info.plist"], *_infos()),
        **_inside(whole),
        "metadata": _file(_plain(), "iTunesMetadata.plist", plistlib.dumps({"softwareVersionBundleId": "com.a"})),
        "profile": _file(_plain(), f"{PLACE}embedded.mobileprovision", *_profiles()),
        "macho": _file(_signed(), f"{PLACE}Sample", *codes),
        "commands": _file(_signed(), f"{PLACE}Sample", *codes, parts=[slice(0, 600)] * len(codes)),
        "signature": _file(_signed(), f"{PLACE}Sample", code, older, parts=[_signature(code), _signature(older)]),
        "cms": _file(_signed(), f"{PLACE}Sample", code, parts=[_cms(code)]),
        "nested-code": _file({**_signed(), **share}, f"{SHARE}Share", shared, parts=[_signature(shared)]),
        "png": _file(_plain(), f"{PLACE}AppIcon60x60@2x.png", *_pngs()),
        "png-mended": _file(_plain(), f"{PLACE}AppIcon60x60@2x.png", *_pngs(), mend=_mended),
        "car": _file(_plain(), f"{PLACE}Assets.car", *_cars()),
        "strings": _file(_plain(), f"{PLACE}de.lproj/InfoPlist.strings", *_strings()),
        "loctable": _file(_plain(), f"{PLACE}InfoPlist.loctable", plistlib.dumps({"de": {"CFBundleName": "M"}})),
        "resources": _file(whole, resources, whole[resources], _in_binary(whole[resources])),
        "nested-resources": _file(whole, f"{SHARE}_CodeSignature/CodeResources", _in_binary(whole[resources])),
        "manifest": Target(_manifests(), None),
    }


def _whole() -> dict[str, bytes]:
    """Make an app with a translation, a picture and a bundle of each kind inside, all of it sealed."""
    nested: tuple[tuple[str, str, Mapping[str, object]], ...] = (
        ("PlugIns/Share.appex", "share", {"NSExtension": _POINT, "CFBundlePackageType": "XPC!"}),
        ("Extensions/Kit.appex", "kit", {"EXAppExtensionAttributes": {"EXExtensionPointIdentifier": "com.apple.a"}}),
        ("Frameworks/Core.framework", "core", {"CFBundlePackageType": "FMWK"}),
        ("Watch/Wrist.app", "watch", {"WKApplication": True, "WKCompanionAppBundleIdentifier": "com.example.sample"}),
        ("Watch/Wrist.app/PlugIns/Hand.appex", "watch.hand", {"NSExtension": _POINT}),
        ("Watch/Wrist.app/Frameworks/Core.framework", "watch.core", {}),
        ("AppClips/Clip.app", "clip", {}),
    )
    inside = {name: content for each in nested for name, content in _nested(*each).items()}
    icon = {f"{PLACE}AppIcon60x60@2x.png": _pngs()[0], f"{PLACE}Assets.car": _cars()[0]}
    return bundle(App(localised={"de": "Muster"}, extra={**inside, **icon}, icon=None, code=_SMALL))


_SMALL = Executable(code=bytes(100))
_POINT = {"NSExtensionPointIdentifier": "com.apple.share-services", "NSExtensionPrincipalClass": "A"}


def _nested(path: str, suffix: str, info: Mapping[str, object]) -> dict[str, bytes]:
    """Make a bundle inside the app, by full name."""
    name = path.rpartition("/")[2].partition(".")[0]
    bundle_id = f"com.example.sample.{suffix}"
    app = App(name=name, bundle_id=bundle_id, folder=PLACE + path, code=_SMALL, icon=None, info=info)
    return bundle(replace(app, profile=None) if path.endswith(".framework") else app)


def _inside(whole: Mapping[str, bytes]) -> dict[str, Target]:
    """Return a target for the Info.plist and one for the code of each other kind of bundle inside the app."""
    kinds = {
        "kit": f"{PLACE}Extensions/Kit.appex/",
        "framework": f"{PLACE}Frameworks/Core.framework/",
        "watch": f"{PLACE}Watch/Wrist.app/",
        "watch-extension": f"{PLACE}Watch/Wrist.app/PlugIns/Hand.appex/",
    }
    found: dict[str, Target] = {}
    for kind, folder in kinds.items():
        info, code = f"{folder}Info.plist", folder + folder.rsplit("/", 2)[1].partition(".")[0]
        found[f"{kind}-info"] = _file(whole, info, whole[info], plistlib.dumps(plistlib.loads(whole[info])))
        found[f"{kind}-code"] = _file(whole, code, whole[code], b"!<arch>\n" + whole[code])
    return found


def _plain() -> dict[str, bytes]:
    """Make the least that is an app."""
    names = {"CFBundleIcons": {"CFBundlePrimaryIcon": {"CFBundleIconFiles": ["AppIcon60x60"]}}}
    return {f"{PLACE}Info.plist": plistlib.dumps(info_plist(App(info=names)), fmt=plistlib.FMT_BINARY)}


def _signed() -> dict[str, bytes]:
    return {name: content for name, content in _whole().items() if not name.startswith(SHARE)}


def _file(
    files: Mapping[str, bytes],
    name: str,
    *originals: bytes,
    parts: list[slice] | None = None,
    mend: Callable[[bytes], bytes] = lambda content: content,
) -> Target:
    others = {other: content for other, content in files.items() if other != name}
    return Target(originals, lambda content: _zip({**others, name: mend(content)}), tuple(parts or ()))


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Pack files as they are, so that a bit changed is a bit changed."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _directories() -> tuple[tuple[bytes, ...], Callable[[bytes], bytes], tuple[slice, ...]]:
    """Make archives of which only the directory and the end are changed, one of them with Zip64's."""
    short, long = make_ipa(App(icon=None)), _wide(_zip(_plain()))
    return (short, long), lambda ipa: ipa, tuple(slice(ipa.find(b"PK\1\2"), None) for ipa in (short, long))


def _wide(archive: bytes) -> bytes:
    """Put Zip64's record of the end before the end."""
    at = archive.rfind(b"PK\5\6")
    count, size, offset = struct.unpack_from("<H2L", archive, at + 10)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return archive[:at] + record + locator + end


def _infos() -> tuple[bytes, ...]:
    tables = (info_plist(App()), info_plist(App(info={"UISupportedDevices": ["iPhone9,1"], "CFBundleIconFile": "a"})))
    return tuple(plistlib.dumps(table, fmt=form) for table in tables for form in plistlib.PlistFormat)


def _in_binary(table: bytes) -> bytes:
    return plistlib.dumps(plistlib.loads(table), fmt=plistlib.FMT_BINARY)


def _profiles() -> tuple[bytes, ...]:
    return tuple(
        make_profile(each) for each in (Profile(), Profile(encoding="ber"), replace(Profile(), kind="enterprise"))
    )


def _signature(code: bytes) -> slice:
    return slice(code.rfind(b"\xfa\xde\x0c\xc0"), None)


def _cms(code: bytes) -> slice:
    return slice(code.rfind(b"\xfa\xde\x0b\x01"), None)


def _pngs() -> tuple[bytes, ...]:
    image = pictures.plain_icon().convert("RGBA").resize((24, 24))
    ways = [pictures.crush(image, premultiplied=True), pictures.crush(image, premultiplied=False, idot=True)]
    return (*ways, pictures.encode_png(image), pictures.encode_png(image.convert("RGB"), interlaced=True))


def _mended(png: bytes) -> bytes:
    """Give each chunk the checksum that it should have, so that what is in it is looked at."""
    data, position = bytearray(png), 8
    while position + 12 <= len(data):
        end = position + 8 + int.from_bytes(data[position : position + 4], "big")
        if end + 4 > len(data):
            break
        data[end : end + 4] = struct.pack(">I", zlib.crc32(data[position + 4 : end]))
        position = end + 4
    return bytes(data)


def _cars() -> tuple[bytes, ...]:
    image = pictures.plain_icon().convert("RGBA").resize((16, 16))
    simple = [catalogs.picture(image, packing=each) for each in catalogs.PACKINGS]
    forms = [catalogs.picture(image, form=form) for form in catalogs.FORMATS]
    deep = [catalogs.picture(image, packing=f"deepmap {each}") for each in catalogs.DEEPMAPS]
    others = [catalogs.file(catalogs.jpeg(image), (16, 16)), catalogs.jpeg_with_alpha(image)]
    atlas = catalogs.packed([image, image.resize((8, 8))])
    many = [catalogs.make_catalog(atlas), catalogs.make_catalog(atlas, fanout=2, chained=False)]
    return (*(catalogs.make_catalog([each]) for each in (*simple, *forms, *deep, *others)), *many)


def _strings() -> tuple[bytes, ...]:
    text = '/* a */\n"CFBundleDisplayName" = "Mus\\"ter \\U00e4";\nCFBundleName = M; // b\n'
    table = {"CFBundleDisplayName": "Muster"}
    return (text.encode(), text.encode("utf-16"), *(plistlib.dumps(table, fmt=form) for form in plistlib.PlistFormat))


def _manifests() -> tuple[bytes, ...]:
    asset = {"kind": "software-package", "url": "https://a.example/App.ipa", "md5-size": 10485760, "md5s": ["0" * 32]}
    hashes = {"sha256-size": 100, "sha256s": ["0" * 64], "kind": "display-image", "url": "https://a.example/i.png"}
    metadata = {"bundle-identifier": "com.example.a", "bundle-version": "1", "kind": "software", "title": "A"}
    table = {"items": [{"assets": [asset, hashes], "metadata": metadata}]}
    return tuple(plistlib.dumps(table, fmt=form) for form in plistlib.PlistFormat)


# --- changes ------------------------------------------------------------------------------------------------


def changed(name: str, number: int) -> bytes:
    """Return the file that `number` stands for: one of the target's, with changes."""
    random = Random(f"{name}:{number}")  # noqa: S311 - no secret
    target = targets()[name]
    index = random.randrange(len(target.originals))
    original = target.originals[index]
    part = target.parts[index] if target.parts else slice(None)
    start, end, _ = part.indices(len(original))
    data = bytearray(original[start:end])
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        data = random.choice(_CHANGES)(random, data)
    return original[:start] + data + original[end:]


def _place_in(random: Random, data: bytearray) -> int:
    # Tables stand at the front, or at the end.
    limit = random.choice((64, 512, len(data), len(data)))
    at = random.randrange(min(limit, len(data)) + 1)
    return at if random.random() < 0.7 else len(data) - at


def _flip(random: Random, data: bytearray) -> bytearray:
    if data:
        data[_place_in(random, data) % len(data)] ^= 1 << random.randrange(8)
    return data


def _set(random: Random, data: bytearray) -> bytearray:
    if data:
        data[_place_in(random, data) % len(data)] = random.choice((0, 0xFF, 0x7F, 0x80, random.randrange(256)))
    return data


def _field(random: Random, data: bytearray) -> bytearray:
    """Overwrite what may be a length, an offset or a count."""
    size = random.choice((1, 2, 4, 4, 8))
    at = _place_in(random, data)
    near = [number for number in (len(data), at) for number in (number - 1, number, number + 1) if number >= 0]
    value = random.choice((*_WIDE, *near)) % (1 << 8 * size)
    data[at : at + size] = value.to_bytes(size, random.choice(_ORDERS))
    return data


def _add(random: Random, data: bytearray) -> bytearray:
    """Change what may be a number by a little."""
    size = random.choice((1, 2, 4, 8))
    order = random.choice(_ORDERS)
    at = _place_in(random, data)
    value = int.from_bytes(data[at : at + size], order) + random.randint(-16, 16)
    data[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, order)
    return data


def _cut(random: Random, data: bytearray) -> bytearray:
    return data[: _place_in(random, data)]


def _drop(random: Random, data: bytearray) -> bytearray:
    at = _place_in(random, data)
    del data[at : at + random.choice((1, 2, 4, 16, 300))]
    return data


def _repeat(random: Random, data: bytearray) -> bytearray:
    at = _place_in(random, data)
    piece = data[at : at + random.choice((1, 4, 16, 64, 1000))]
    data[at:at] = piece * random.choice((1, 2, 50))
    return data


def _move(random: Random, data: bytearray) -> bytearray:
    """Copy one piece over another."""
    at, other = _place_in(random, data), _place_in(random, data)
    size = random.choice((1, 4, 8, 16, 64))
    data[at : at + size] = data[other : other + size]
    return data


def _splice(random: Random, data: bytearray) -> bytearray:
    """Go on with another file, of this kind or of any."""
    other = random.choice(random.choice(list(targets().values())).originals)
    at, start = _place_in(random, data), random.randrange(len(other))
    size = random.choice((8, 100, len(other)))
    data[at : at + (size if random.random() < 0.5 else 0)] = other[start : start + size]
    return data


_GENTLE = (_flip, _flip, _flip, _set, _set, _field, _field, _field, _add, _add, _move)
_CHANGES = (*_GENTLE, _cut, _drop, _repeat, _splice)


# --- reading ------------------------------------------------------------------------------------------------


def read(name: str, content: bytes, folder: Path) -> str:
    """Read a file as the commands do; return what it came to. Anything but an IpaError is let through."""
    from ota_site.apple.codesign.deep import altered_files
    from ota_site.apple.ipa import inspect_ipa
    from ota_site.model.build import Build
    from ota_site.model.errors import IpaError
    from ota_site.model.records import from_json, to_json
    from ota_site.rules.registry import judge
    from ota_site.sources.manifest_file import audit_manifest_file

    place = targets()[name].place
    path = folder / ("manifest.plist" if place is None else "App.ipa")
    path.write_bytes(content if place is None else place(content))
    try:
        if place is None:
            to_json(audit_manifest_file(path).problems)
            return "audit"
        build = inspect_ipa(path)
        to_json(judge(build, now=_NOW))
        assert from_json(to_json(build), Build) == build
    except IpaError as error:
        outcome = error.code
    else:
        outcome = "build"
    with suppress(IpaError):
        to_json(altered_files(path))
    return outcome


class TooMuchError(Exception):
    """An input that took more time or memory than it may."""


def _out_of_patience(_number: int, _frame: FrameType | None) -> None:
    raise TooMuchError(f"it did not end within {_HANGS} s")


def peak() -> int:
    """Return the most memory that this process has had, in megabytes."""
    unit = 1 << (20 if sys.platform == "darwin" else 10)  # macOS counts bytes, Linux kilobytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


def attempt(name: str, content: bytes, folder: Path) -> tuple[str, float, int]:
    """Read one file within the limits: what it came to, seconds, and megabytes that it added to the peak."""
    before, start = peak(), time.process_time()
    signal.alarm(_HANGS)
    try:
        outcome = read(name, content, folder)
    finally:
        signal.alarm(0)
    seconds, megabytes = time.process_time() - start, peak() - before
    if seconds > SECONDS or megabytes > MEGABYTES:
        raise TooMuchError(f"it took {seconds:.1f} s and {megabytes} MB")
    return outcome, seconds, megabytes


def save(name: str, number: int, content: bytes) -> str:
    """Keep what was found, with the traceback; return the traceback's last line."""
    FOUND.mkdir(exist_ok=True)
    (FOUND / f"{name}-{number}").write_bytes(content)
    (FOUND / f"{name}-{number}.txt").write_text(traceback.format_exc())
    return traceback.format_exc().strip().rpartition("\n")[2]


def numbered(count: int, first: int) -> Iterator[tuple[str, int]]:
    """Yield the inputs of a run, the targets in turn."""
    names = list(targets())
    for number in range(first, first + count):
        yield names[number % len(names)], number


def run(count: int, first: int) -> bool:
    """Read so many changed files; print what was found and the worst figures; return whether all went well."""
    signal.signal(signal.SIGALRM, _out_of_patience)
    found, begun = 0, time.monotonic()
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in targets()}
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[int, str] = (0, "")
    with tempfile.TemporaryDirectory(dir=_fast()) as folder:
        for name in targets():  # what is loaded once is nobody's memory
            read(name, targets()[name].originals[0], Path(folder))
        healthy = peak()
        for name, number in numbered(count, first):
            content = changed(name, number)
            try:
                outcome, seconds, megabytes = attempt(name, content, Path(folder))
            except Exception:  # noqa: BLE001 - to find those is what this is for
                found += 1
                outcomes[name]["FOUND"] += 1
                _say(f"{name}:{number} {save(name, number, content)}")
                continue
            outcomes[name][outcome] += 1
            slowest = max(slowest, (seconds, f"{name}:{number}"))
            largest = max(largest, (megabytes, f"{name}:{number}"))
    for name, counts in outcomes.items():
        _say(f"{name:<18}{counts.total():>9,}  {', '.join(f'{key} {value:,}' for key, value in counts.most_common())}")
    _say(
        f"{count:,} inputs in {time.monotonic() - begun:.0f} s; {found} found; slowest {slowest[0]:.2f} s {slowest[1]}"
    )
    _say(f"memory: healthy {healthy} MB, at most {peak()} MB, one input added {largest[0]} MB {largest[1]}")
    return not found


def _fast() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a private folder is made in it


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def again(seed: str) -> bool:
    """Read one numbered input, and let what it leads to show."""
    name, _, number = seed.partition(":")
    with tempfile.TemporaryDirectory() as folder:
        _say(str(attempt(name, changed(name, int(number)), Path(folder))))
    return True


def guided(seconds: int) -> None:
    """Let atheris choose the changes; the first byte of an input names the target. Does not return."""
    import atheris

    FOUND.mkdir(exist_ok=True)
    names = list(targets())
    with tempfile.TemporaryDirectory(dir=_fast()) as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for index, name in enumerate(names):
            for number, original in enumerate(targets()[name].originals):
                Path(corpus, f"{name}-{number}").write_bytes(bytes((index,)) + original)
        with atheris.instrument_imports(include=["ota_site.apple"], enable_loader_override=False):
            import ota_site.apple.codesign.deep
            import ota_site.apple.ipa
            import ota_site.sources.manifest_file  # noqa: F401

        def one(data: bytes) -> None:
            if data:
                read(names[data[0] % len(names)], data[1:], Path(folder))

        longest = max(path.stat().st_size for path in corpus.iterdir())
        limits = [f"-max_total_time={seconds}", f"-timeout={_HANGS}", f"-max_len={longest}", "-rss_limit_mb=1000"]
        atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={FOUND}/atheris-", str(corpus)], one)
        atheris.Fuzz()


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--again", metavar="TARGET:N")
    parser.add_argument("--atheris", type=int, metavar="SECONDS")
    options = parser.parse_args()
    if options.atheris:
        guided(options.atheris)
    well = again(options.again) if options.again else run(options.count, options.first)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
