"""IPAs made to cost time or memory, each of up to 100 MB, and what `ota-site inspect` takes for each.

`python -m tests.attacks [NAME…]` makes them, reads each in a process of its own and prints the figures. Everything
is made here, from a few rules, and is the same in every run.
"""

from __future__ import annotations

import json
import plistlib
import struct
import subprocess
import sys
import tempfile
import zlib
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

from ota_site.model.records import replace
from tests.catalogs import Asset, file, make_catalog, picture
from tests.profiles import Profile, profile_plist, signing_certificate
from tests.samples import App, bundle, info_plist
from tests.signing import in_der, super_blob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

SECONDS, MEGABYTES, LARGEST = 2.0, 200, 100 << 20
"""What the reading of any file up to LARGEST bytes may take."""

_PLACE = "Payload/Sample.app/"
_LOCAL = struct.Struct("<4s2B4HL2L2H")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_END = struct.Struct("<4s4H2LH")


# --- a zip by hand ------------------------------------------------------------------------------------------


class Packed(NamedTuple):
    """Content as it stands in a zip, deflated unless `method` is 0. `size` is what the zip says it unpacks to."""

    data: bytes
    size: int
    crc: int
    method: int = 8


class Entry(NamedTuple):
    """One file in the directory of a zip. Entries of the very same `packed` share its bytes."""

    name: bytes
    packed: Packed
    extra: bytes = b""


Files = dict[str, bytes | Packed]
NOTHING = Packed(b"", 0, 0, 0)


def deflated(content: bytes, level: int = 6, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> Packed:
    """Deflate content honestly."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, 9, strategy)
    return Packed(packer.compress(content) + packer.flush(), len(content), zlib.crc32(content))


def swollen(start: bytes, filling: bytes, times: int, end: bytes) -> Packed:
    """Deflate `start`, one block any number of times, and `end`. The checksum is wrong: nobody gets that far."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    # A full flush forgets all that came before, so that a block may stand any number of times.
    block = packer.compress(filling) + packer.flush(zlib.Z_FULL_FLUSH)
    data = first + block * times + packer.compress(end) + packer.flush()
    return Packed(data, len(start) + len(filling) * times + len(end), 0)


def pack(entries: Iterable[Entry]) -> bytes:
    """Write a zip: each content once, with a local header, and the directory."""
    out, directory, places = BytesIO(), BytesIO(), dict[int, int]()
    count = 0
    for name, packed, extra in entries:
        count += 1
        fields = (0, packed.method, 0, 0, packed.crc, len(packed.data), packed.size, len(name))
        if packed is NOTHING or id(packed) not in places:
            places[id(packed)] = out.tell()
            out.write(_LOCAL.pack(b"PK\3\4", 20, 0, *fields, 0) + name + packed.data)
        rest = (len(extra), 0, 0, 0, 0, places[id(packed)])
        directory.write(_CENTRAL.pack(b"PK\1\2", 20, 3, 20, 0, *fields, *rest) + name + extra)
    start = out.tell()
    out.write(directory.getbuffer())
    # Who counts modulo 65,536 may not say 65,535, which means that another record has the number.
    out.write(_END.pack(b"PK\5\6", 0, 0, count % 0xFFFF, count % 0xFFFF, directory.tell(), start, 0))
    return out.getvalue()


def sample(changed: Files | None = None, app: App = App()) -> list[Entry]:
    """Return the entries of a healthy, signed app, with some files added or replaced, by their path in it."""
    files: Files = {**bundle(app), **{_PLACE + path: content for path, content in (changed or {}).items()}}
    return [
        Entry(name.encode(), content if isinstance(content, Packed) else deflated(content))
        for name, content in files.items()
    ]


def padded(changed: Files, app: App = App()) -> bytes:
    """Return the sample with files added or replaced, and a large one that nobody reads."""
    return pack(sample({**changed, "Data/noise": padding()}, app))


def listing(names: Iterable[bytes], packed: Packed = NOTHING, extra: bytes = b"") -> bytes:
    """Return the sample with very many more files in its directory."""
    return pack([*sample(), *(Entry(name, packed, extra) for name in names)])


def binary(objects: list[bytes], reference_size: int) -> bytes:
    """Write a binary property list of these objects, the first on top."""
    body, offsets = bytearray(b"bplist00"), []
    for each in objects:
        offsets.append(len(body))
        body += each
    table = b"".join(offset.to_bytes(4, "big") for offset in offsets)
    return bytes(body) + table + struct.pack(">6x2B3Q", 4, reference_size, len(objects), 0, len(body))


def noise(size: int) -> bytes:
    """Return bytes that deflate cannot pack."""
    return Random(1).randbytes(size)  # noqa: S311 - no secret


@cache
def padding() -> Packed:
    """Return content that makes a file large, and so lets more of it be read."""
    return Packed(noise(90 << 20), 90 << 20, 0, 0)


@cache
def words(size: int = 8 << 20) -> bytes:
    """Return text of short words, which takes longer to unpack than most of its length."""
    random = Random(2)  # noqa: S311 - no secret
    known = [random.randbytes(random.randint(3, 6)) for _ in range(3000)]
    return b"".join(random.choices(known, k=size // 3))[:size]


# --- code ---------------------------------------------------------------------------------------------------


def extension(number: int, executable: Packed | bytes) -> Files:
    """Return the files of an extension."""
    place = f"PlugIns/E{number}.appex/"
    table = {
        "CFBundleIdentifier": f"com.example.sample.e{number}",
        "CFBundleExecutable": "E",
        "CFBundleVersion": "45",
        "CFBundleShortVersionString": "1.2.3",
        "NSExtension": {"NSExtensionPointIdentifier": "com.apple.widgetkit-extension"},
    }
    return {f"{place}Info.plist": plistlib.dumps(table, fmt=plistlib.FMT_BINARY), f"{place}E": executable}


def in_all(shared: Packed) -> bytes:
    """Return the sample with 64 extensions, all of one executable, which is its own too; padded."""
    files: Files = {"Sample": shared}
    for number in range(64):
        files |= extension(number, shared)
    return padded(files)


def macho(commands: bytes, count: int) -> bytes:
    """Return the start of an arm64 executable: its header and load commands."""
    return struct.pack("<8I", 0xFEED_FACF, 0x0100_000C, 0, 2, count, len(commands), 0, 0) + commands


def signed_at(place: int, size: int) -> bytes:
    """Return the start of an executable whose signature is at `place`."""
    return macho(struct.pack("<6I4I", 0x32, 24, 2, 16 << 16, 26 << 16, 0, 0x1D, 16, place, size), 2)


def swollen_macho(size: int, filling: bytes) -> Packed:
    """Return an executable of about `size` bytes with its signature, of no form, at the end."""
    times = size // len(filling)
    start = signed_at(len(signed_at(0, 0)) + times * len(filling), 16)
    return swollen(start, filling, times, b"no signature....")


def with_blob(blob: bytes) -> bytes:
    """Return an executable with this for a signature."""
    return signed_at(4096, len(blob)).ljust(4096, b"\0") + blob


def directory_of(pages: int = 0, size: int | None = None) -> bytes:
    """Return a code directory of so many pages, or of as many bytes."""
    name = b"com.example.sample\0"
    hashes = 44 + len(name)
    size = hashes + 32 * pages if size is None else size
    head = struct.pack(">9I4BI", 0xFADE_0C02, size, 0x20100, 0, hashes, 44, 0, pages, 0, 32, 2, 0, 12, 0)
    return (head + name).ljust(size, b"\0")


def overlapping_executables() -> bytes:
    """Give 17 extensions the same megabyte, which unpacks to a gigabyte."""
    shared = swollen_macho(1 << 30, bytes(16 << 20))
    files: Files = {}
    for number in range(17):
        files |= extension(number, shared)
    return padded(files)


def overlapping_words() -> bytes:
    """Give 60 extensions the same 90 MB, of a kind that is slow to unpack."""
    shared = swollen_macho(144 << 20, words())
    files: Files = {}
    for number in range(60):
        files |= extension(number, shared)
    return pack(sample(files))


def one_executable() -> bytes:
    """Unpack to 3.9 GB."""
    return padded({"Sample": swollen_macho(3900 << 20, bytes(16 << 20))})


def overlapping_signatures() -> bytes:
    """Give 64 extensions the same signature of 31 MB, about the most that is read."""
    size = 31 << 20
    blob = super_blob({0: directory_of(pages=900_000, size=30 << 20)}).ljust(size, b"\0")
    return in_all(deflated(with_blob(blob)))


def many_commands() -> bytes:
    """Give 64 extensions the same half million load commands."""
    return in_all(deflated(macho(struct.pack("<2I", 7, 8) * 500_000, 500_000)))


def _tlv(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x83)) + len(content).to_bytes(3, "big") + content


def _blob(magic: int, content: bytes) -> bytes:
    return struct.pack(">2I", magic, len(content) + 8) + content


@cache
def large_xml() -> bytes:
    """Return as many entitlements as are read."""
    return b"<plist><dict>" + b"".join(b"<key>k%d</key><true/>" % n for n in range(6_600)) + b"</dict></plist>"


def large_entitlements() -> bytes:
    """Give 64 extensions the same signature, with as many entitlements as are read, in XML and DER."""
    values = _tlv(0x30, b"\x01\x01\xff" * 7_900)
    der = _tlv(0x31, _tlv(0x30, b"\x0c\x01k" + values))
    blob = super_blob({0: directory_of(), 5: _blob(0xFADE_7171, large_xml()), 7: _blob(0xFADE_7172, der)})
    return in_all(deflated(with_blob(blob)))


def unreadable_slices() -> bytes:
    """Give 64 extensions 16 slices each, each with many entitlements and a signature that ends badly."""
    cms = _blob(0xFADE_0B01, b"\x30\6junk..")
    one = with_blob(super_blob({0: directory_of(), 5: _blob(0xFADE_7171, large_xml()), 0x10000: cms}))
    one = one.ljust(-(-len(one) // 4096) * 4096, b"\0")
    places = b"".join(struct.pack(">5I", 0x0100_000C, n, 4096 + n * len(one), len(one), 12) for n in range(16))
    return in_all(deflated((b"\xca\xfe\xba\xbe\0\0\0\x10" + places).ljust(4096, b"\0") + one * 16))


# --- the directory ------------------------------------------------------------------------------------------


def empty_extra_fields() -> bytes:
    """Fill a directory of 24 MB with extra fields of no content."""
    return listing((b"%d" % number for number in range(380)), extra=bytes(65_532))


def few_extra_fields() -> bytes:
    """List as many files as are read, each with as many empty extra fields as there is room for."""
    return listing((b"%d" % number for number in range(99_950)), extra=bytes(188))


def many_files() -> bytes:
    """List as many files as are read, each of its own."""
    return listing(_PLACE.encode() + b"Data/a-file-with-a-name-of-usual-length/%d" % number for number in range(99_950))


def many_files_in_one() -> bytes:
    """List as many files as are read, all at one place, each by a name that is looked for."""
    kinds = (b"AppIcon%d.png", b"l%d.lproj/InfoPlist.strings", b"PlugIns/%d.appex/x", b"Frameworks/%d.framework/x")
    return listing((_PLACE.encode() + kinds[n % 4] % n + bytes(0) for n in range(99_950)), deflated(b""))


def long_names() -> bytes:
    """Fill the directory with names of 65,000 letters, one of them of four bytes, so that all take four."""
    return listing(_PLACE.encode() + b"%d" % n + "🙂".encode() + b"a" * 65_000 for n in range(370))


def longest_paths() -> bytes:
    """Fill the directory with the longest paths that a phone takes, of letters that take four bytes in memory."""
    return listing(_PLACE.encode() + b"%d" % n + "🙂".encode() + b"a" * 980 for n in range(11_500))


def longest_bundles() -> bytes:
    """Fill the directory with the longest paths that a phone takes, each of a bundle."""
    middle = "🙂".encode() + b"a" * 930
    return listing(_PLACE.encode() + b"PlugIns/%d" % n + middle + b".appex/x" for n in range(11_500))


def nested_names() -> bytes:
    """Name bundles in bundles in bundles, thousands deep, 64 kB a name: their prefixes alone are 50 GB."""
    return listing(_PLACE.encode() + b"PlugIns/%d.appex/" % n + b"Watch/a.app/" * 5_400 for n in range(360))


def nested_short_names() -> bytes:
    """Name bundles in bundles, as deep as the longest path goes."""
    return listing(_PLACE.encode() + b"PlugIns/%d.appex/" % n + b"Watch/a.app/" * 80 for n in range(11_500))


# --- what is parsed -----------------------------------------------------------------------------------------


def shared_certificates() -> bytes:
    """List one certificate of 60 kB, full of names, 2,000 times in the profile."""
    names = _tlv(0x30, bytes.fromhex("310b300906035504030c026161") * 4600)
    term = b"\x30\x1e" + b"\x17\x0d260101000000Z" * 2
    body = _tlv(0x30, b"\2\1\1\x30\0\x30\0" + term + names + b"\x30\0\x30\0")
    certificate = _tlv(0x30, body + b"\x30\0\3\0")
    data = b"\x4f\x12" + len(certificate).to_bytes(4, "big") + certificate
    keys = [b"\x5f\x10\x15DeveloperCertificates", b"\xaf\x11\x07\xd0" + b"\0\3" * 2000, data, b"\x54UUID", b"\x511"]
    return pack(sample({"embedded.mobileprovision": binary([b"\xd2\0\1\0\4\0\2\0\5", *keys], 2)}))


def many_certificates() -> bytes:
    """List in the profile as many certificates as it has room for, all of them different."""
    one = in_der(signing_certificate())
    known = [one[:-4] + number.to_bytes(4, "big") for number in range(700)]
    table = {**profile_plist(Profile()), "DeveloperCertificates": known}
    files: Files = {"embedded.mobileprovision": plistlib.dumps(table, fmt=plistlib.FMT_BINARY)}
    for number in range(10):
        files |= extension(number, b"")
        files[f"PlugIns/E{number}.appex/embedded.mobileprovision"] = files["embedded.mobileprovision"]
    return padded(files)


def many_pieces() -> bytes:
    """Give 64 extensions a profile in as many pieces as are read, in as many layers without a length."""
    content = plistlib.dumps({"Name": "a"}, fmt=plistlib.FMT_BINARY)
    pieces = b"\x04\0" * 3_900 + bytes((4, len(content))) + content
    return _with_profiles(_ber(pieces, layers=2))


def nested_octets() -> bytes:
    """Write the profile in pieces without lengths, in pieces of pieces, as many as there is room for."""
    return _with_profiles(_ber((b"\x24\x80" + b"\x04\0" * 3000 + b"\0\0") * 200, layers=10))


def _ber(pieces: bytes, layers: int) -> bytes:
    data = b"\x24\x80" * layers + pieces + b"\0\0" * layers
    inner = b"\x30\x80" + bytes.fromhex("06092a864886f70d010701") + b"\xa0\x80" + data + bytes(4)
    body = b"\x30\x80\2\1\1\x31\0" + inner + b"\x31\0\0\0"
    return b"\x30\x80" + bytes.fromhex("06092a864886f70d010702") + b"\xa0\x80" + body + bytes(4)


def _with_profiles(profile: bytes) -> bytes:
    files: Files = {}
    shared = deflated(profile)
    for number in range(64):
        files |= extension(number, b"")
        files[f"PlugIns/E{number}.appex/embedded.mobileprovision"] = shared
    return padded(files)


def colliding_keys() -> bytes:
    """Give a table of an Info.plist 24,000 numbers for keys that Python's dictionaries put in one place."""
    prime, count = (1 << 61) - 1, 24_000
    keys = [b"\x14" + (number * prime).to_bytes(16, "big") for number in range(1, count + 1)]
    top = [b"\xd2\0\1\0\2\0\3\0\4", b"\x5f\x10\x12CFBundleIdentifier", b"\x51a", b"\x5dcom.example.a"]
    references = b"".join((5 + n).to_bytes(2, "big") for n in range(count)) + b"\0\3" * count
    table = b"\xdf\x11" + count.to_bytes(2, "big") + references
    return pack(sample({"Info.plist": binary([*top, table, *keys], 2)}))


def shared_icon_names() -> bytes:
    """Name 400 icons under each of 15,000 keys of an Info.plist, all in one list."""
    count, names = 15_000, 400
    text = b"Icon@2x~ipad" * 16
    references = b"\0\1" + b"".join((9 + n).to_bytes(2, "big") for n in range(count)) + b"\0\2" + b"\0\5" * count
    objects = [
        b"\xdf\x11" + (count + 1).to_bytes(2, "big") + references,
        b"\x5f\x10\x12CFBundleIdentifier",
        b"\x5dcom.example.a",
        b"\x5f\x10\x13CFBundlePrimaryIcon",
        b"\x5f\x10\x11CFBundleIconFiles",
        b"\xd1\0\3\0\6",
        b"\xd1\0\4\0\7",
        b"\xaf\x11" + names.to_bytes(2, "big") + b"\0\x08" * names,
        b"\x5f\x11" + len(text).to_bytes(2, "big") + text,
        *(b"\x5f\x10\x12CFBundleIcons%05d" % n for n in range(count)),
    ]
    return pack(sample({"Info.plist": binary(objects, 2)}))


def small_objects(size: int) -> bytes:
    """Return a binary property list of about `size` bytes, made of the smallest objects there are."""
    count = size // 9
    references = b"".join((3 + n).to_bytes(4, "big") for n in range(count))
    top = [b"\xd1" + struct.pack(">2L", 1, 2), b"\x51a", b"\xaf\x12" + struct.pack(">L", count) + references]
    return binary([*top, *([b"\xa0"] * count)], 4)


def small_elements(table: Mapping[str, object], size: int) -> bytes:
    """Return a table in XML, filled up to about `size` bytes with the smallest elements there are."""
    text = plistlib.dumps(dict(table), fmt=plistlib.FMT_XML)
    filling = b"<key>filling</key><array>" + b"<true/>" * ((size - len(text) - 100) // 7) + b"</array>"
    return text.replace(b"<dict>", b"<dict>" + filling, 1)


def all_tables() -> bytes:
    """Fill every property list that is read up to its limit with the smallest objects and elements."""
    mega = 1 << 20
    one = deflated(small_elements(info_plist(), mega))
    demand = {"NSBundleResourceRequestTags": {"a": {"NSAssetPacks": ["p"]}}}
    files: Files = {
        "Info.plist": one,
        "embedded.mobileprovision": small_elements(profile_plist(Profile()), 3 << 19),
        "OnDemandResources.plist": small_elements(demand, 4 * mega),
        "AssetPackManifest.plist": small_objects(4 * mega - 4096),
        "InfoPlist.loctable": small_objects(2 * mega - 4096),
        "en.lproj/InfoPlist.strings": small_objects(2 * mega - 4096),
        "Data/noise": padding(),
    }
    files |= {f"PlugIns/E{number}.appex/Info.plist": one for number in range(6)}
    first = [Entry(b"META-INF/", NOTHING), Entry(b"META-INF/com.apple.ZipMetadata.plist", one)]
    return pack([*first, *sample(files), Entry(b"iTunesMetadata.plist", one)])


def many_strings() -> bytes:
    """Translate the name into 200 languages, in the form that people write, in as many pairs as there is room for."""
    text = deflated(b'a="";' * 2_000)
    return padded({f"l{n}.lproj/InfoPlist.strings": text for n in range(200)})


# --- pictures -----------------------------------------------------------------------------------------------


def damaged_icons() -> bytes:
    """Ship icons of the largest size that are wrong in their very last row, in each place that is looked at."""
    header = struct.pack(">2I5B", 2048, 2048, 8, 6, 0, 0, 0)
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    rows = (b"\0" + noise(8192)) * 2047 + b"\5" + bytes(8192)
    data = packer.compress(rows) + packer.flush()
    chunks = ((b"CgBI", b"\x50\0\x20\x02"), (b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    icon = deflated(
        b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(body)) + kind + body + bytes(4) for kind, body in chunks),
        0,
    )
    listed = [f"Listed{n}" for n in range(8)]
    table = {**info_plist(), "CFBundleIcons": {"CFBundlePrimaryIcon": {"CFBundleIconFiles": listed}}}
    others = ("Icon-{}.png", "iTunesArtwork.png", "iTunesArtwork@2x.png", "iTunesArtwork", "iTunesArtwork@2x")
    names = [*(f"{name}.png" for name in listed), *(other.format(n) for other in others for n in range(8))]
    files: Files = {"Info.plist": plistlib.dumps(table), **dict.fromkeys(names, icon)}
    return padded(files, App(icon=None))


def catalog(car: bytes | Packed) -> bytes:
    """Return the sample with an asset catalog, and no other icon."""
    return padded({"Assets.car": car}, App(icon=None))


def large_catalog() -> bytes:
    """Ship the largest asset catalog that is read, full of what cannot be packed."""
    car = make_catalog([picture(Image.new("RGBA", (64, 64), "red"))])
    packed = deflated(car + noise((96 << 20) - len(car) - (1 << 20)), 1, zlib.Z_HUFFMAN_ONLY)
    return pack(sample({"Assets.car": packed}, App(icon=None)))


def many_renditions() -> bytes:
    """Ship an asset catalog with as many renditions as are read, all of them icons of no use."""
    one = Asset(payload=b"MLEC" + bytes(60), width=64, height=64, form=b"JUNK")
    return catalog(make_catalog([replace(one, attributes={9: n}) for n in range(62_000)]))


def predicted_pictures() -> bytes:
    """Ship an asset catalog with icons in the packing that is slowest to read, each one row short."""
    pixels = Image.frombytes("RGBA", (362, 361), noise(362 * 361 * 4))
    short = picture(pixels, packing="deepmap predicted", height=362)
    return catalog(make_catalog([replace(short, attributes={9: n}) for n in range(34)]))


def many_scans() -> bytes:
    """Ship an icon that is a JPEG in very many scans."""
    out = BytesIO()
    Image.new("RGB", (2048, 2048), "red").save(out, "JPEG", progressive=True)
    whole = out.getvalue()
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    return catalog(make_catalog([file(whole[:-2] + scan * 2000 + whole[-2:], (2048, 2048))]))


# --- all of them --------------------------------------------------------------------------------------------


def honest() -> bytes:
    """Return no attack: a large app of 100 MB with 60 frameworks and five extensions that unpacks to 350 MB."""
    filling = words(1 << 20) + noise(128 << 10) + bytes((1 << 20) + (128 << 10))
    files: Files = {"Sample": swollen_macho(120 << 20, filling)}
    for number in range(5):
        files |= extension(number, swollen_macho(10 << 20, filling))
    for number in range(60):
        place, name = f"Frameworks/F{number}.framework/", f"F{number}"
        table = {"CFBundleIdentifier": f"org.example.{name}", "CFBundleExecutable": name, "CFBundlePackageType": "FMWK"}
        files[place + name] = swollen_macho(3 << 20, filling)
        files[f"{place}Info.plist"] = plistlib.dumps(table, fmt=plistlib.FMT_BINARY)
        files[f"{place}_CodeSignature/CodeResources"] = plistlib.dumps({"files": {}, "files2": {}})
    files |= {f"Data/{number}": b"text" for number in range(20_000)}
    return pack(sample(files))


ATTACKS: dict[str, Callable[[], bytes]] = {
    each.__name__.replace("_", "-"): each
    for each in (
        overlapping_executables,
        overlapping_words,
        one_executable,
        overlapping_signatures,
        many_commands,
        large_entitlements,
        unreadable_slices,
        empty_extra_fields,
        few_extra_fields,
        many_files,
        many_files_in_one,
        long_names,
        longest_paths,
        longest_bundles,
        nested_names,
        nested_short_names,
        shared_certificates,
        many_certificates,
        many_pieces,
        nested_octets,
        colliding_keys,
        shared_icon_names,
        all_tables,
        many_strings,
        damaged_icons,
        large_catalog,
        many_renditions,
        predicted_pictures,
        many_scans,
        honest,
    )
}


# What starts a process is charged with its own memory, so that it has to be small. A bomb that is not bounded must not
# take the machine with it.
_RUNNER = """
import json, os, resource, sys, time
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
started = time.perf_counter()
child = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ)
_, status, used = os.wait4(child, 0)
cost = [time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss, status]
print(json.dumps(cost), file=sys.stderr)
"""


class Cost(NamedTuple):
    """What reading a file took, the start of Python included: seconds of the clock and of processors, and memory.

    `told` is how it ended: the codes of what stops or may stop an install, or why the file is skipped.
    """

    seconds: float
    cpu: float
    megabytes: int
    told: str


def inspect(path: Path) -> Cost:
    """Run `ota-site inspect` on a file, in a process of its own."""
    command = [sys.executable, "-c", _RUNNER, "-m", "ota_site", "inspect", "--json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, cpu, peak, status = json.loads(done.stderr.splitlines()[-1])
    unit = 1 << (20 if sys.platform == "darwin" else 10)  # macOS counts bytes, Linux kilobytes
    return Cost(seconds, cpu, peak // unit, _told(done.stdout) if done.stdout else f"ended with {status}")


def _told(line: str) -> str:
    table = json.loads(line)
    problems = [each for each in table["problems"] if each["severity"] != "note"]
    if "name" not in table:
        return f"skipped, {problems[0]['code']}: {problems[0]['message']}"
    return " ".join(dict.fromkeys(each["code"] for each in problems))


def measure(names: Iterable[str], folder: Path) -> Iterator[tuple[str, int, Cost]]:
    """Yield each attack by name, with its size in bytes and its cost."""
    for name in names:
        path = folder / f"{name}.ipa"
        path.write_bytes(ATTACKS[name]())
        yield name, path.stat().st_size, inspect(path)
        path.unlink()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as here:
        for attack, length, cost in measure(sys.argv[1:] or ATTACKS, Path(here)):
            over = cost.seconds > SECONDS or cost.megabytes > MEGABYTES
            figures = f"{length / 1e6:7.1f} MB {cost.seconds:7.2f} s {cost.cpu:7.2f} s {cost.megabytes:6} MB"
            print(f"{attack:<26}{figures} {'!' if over else ' '} {cost.told[:120]}", flush=True)  # noqa: T201 - its result
