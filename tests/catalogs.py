"""Asset catalogs (Assets.car) made in memory from Pillow images, in every packing and format of pixels there is.

It shares no code with the reader. Format: facebookarchive/xcbuild, libbom and libcar; blacktop/ipsw, pkg/car.
"""

import gzip
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO

import lzfse
from PIL import Image

from ota_site.model.records import Record, field

# Attributes of a rendition's key, in an order that Xcode 16 writes.
PART, APPEARANCE, SCALE, IDIOM, DIMENSION, IDENTIFIER, GAMUT = 2, 7, 12, 15, 9, 17, 24
KEY_FORMAT = (APPEARANCE, 13, SCALE, IDIOM, 16, DIMENSION, GAMUT, IDENTIFIER, 1, PART)
APPEARANCES = {"UIAppearanceAny": 0, "UIAppearanceDark": 1, "ISAppearanceTintable": 10}
PACKINGS = ("none", "rle", "gzip", "zlib", "deflate", "lzvn", "lzvn-block", "lzfse")
FORMATS = ("ARGB", "GA8 ", "GRAY", "RGBW", "RGBW half", "GA16")
DEEPMAPS = ("stored", "lossless", "lossless-lzvn", "indexed", "indexed-alpha", "predicted")

_METHODS = {"none": 0, "rle": 1, "gzip": 2, "zlib": 2, "deflate": 2, "lzvn": 3, "lzvn-block": 3, "lzfse": 4}
_ICON, _SET, _IMAGE = 220, 218, 181


class Asset(Record, kw_only=True):
    """One rendition: what stands in its key, its header and behind it."""

    payload: bytes
    width: int
    height: int
    form: bytes = b"ARGB"
    facet: str = "AppIcon"
    name: str = "icon.png"
    kind: int = 12
    space: int = 1
    tags: Mapping[int, bytes] = field(default_factory=dict)
    attributes: Mapping[int, int] = field(default_factory=dict)


def picture(  # noqa: PLR0913 - each is one freedom of the format, named at the call
    image: Image.Image,
    *,
    form: str = "ARGB",
    packing: str = "lzfse",
    pieces: int = 1,
    padding: int = 0,
    opaque: bool = False,
    **fields: object,
) -> Asset:
    """Make a rendition of an RGBA image. padding: bytes after each row; pieces: KCBC chunks, none for 1.

    form: of FORMATS; packing: of PACKINGS, `palette`, or `deepmap ` and one of DEEPMAPS.
    """
    width, height = image.size
    rows = [row + b"\xa5" * padding for row in _pixel_rows(image, form)]
    if packing in _METHODS:
        method = _METHODS[packing]
        pack = _packers(image, form)[packing]
    else:
        method, pack = (8, _palette(image)) if packing == "palette" else (11, _deepmap(image, form, packing[8:]))
        rows = _pixel_rows(image, form)
    share = -(-height // pieces)
    parts = [rows[start : start + share] for start in range(0, height, share)]
    tags = {1006: struct.pack("<I", 1), 1007: struct.pack("<I", len(rows[0]))}
    code = form.partition(" half")[0]
    space = 4 if form.endswith("half") else 1
    flags = 2 * opaque
    if pieces > 1:
        chunks = [struct.pack("<4s4I", b"KCBC", 0, 0, len(part), len(pack(part))) + pack(part) for part in parts]
        payload = struct.pack("<4s3I", b"MLEC", flags | 1, method, len(chunks)) + b"".join(chunks)
    else:
        payload = struct.pack("<4s3I", b"MLEC", flags, method, len(pack(rows))) + pack(rows)
    made = {"payload": payload, "width": width, "height": height, "form": code.encode(), "tags": tags, "space": space}
    return Asset(**{**made, **fields})  # type: ignore[arg-type]


def file(data: bytes, size: tuple[int, int], form: bytes = b"JPEG", **fields: object) -> Asset:
    """Make a rendition that holds a whole file: a JPEG, or a PNG as DATA."""
    payload = struct.pack("<4s2I", b"DWAR", 0, len(data)) + data
    made = {"payload": payload, "width": size[0], "height": size[1], "form": form}
    return Asset(**{**made, **fields})  # type: ignore[arg-type]


def jpeg(image: Image.Image) -> bytes:
    """Return an image as a JPEG."""
    out = BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=92)
    return out.getvalue()


def jpeg_with_alpha(image: Image.Image, **fields: object) -> Asset:
    """Make a rendition whose colour is a JPEG and whose alpha is packed beside it (packing 5)."""
    alpha, colour = lzfse.compress(image.getchannel("A").tobytes()), jpeg(image)
    body = struct.pack("<5I", 0, 0, len(alpha), image.width, len(colour)) + alpha + colour
    payload = struct.pack("<4s3I", b"MLEC", 0, 5, len(body)) + body
    made = {"payload": payload, "width": image.width, "height": image.height}
    return Asset(**{**made, **fields})


def packed(images: Sequence[Image.Image], **options: object) -> list[Asset]:
    """Make an atlas of images beside one another, uneven heights on its floor, and a link to each."""
    gap = 2
    atlas = Image.new("RGBA", (sum(image.width + gap for image in images), max(image.height for image in images) + gap))
    place = {1: 9, PART: _IMAGE, SCALE: 2}
    links: list[Asset] = []
    left = 0
    for number, image in enumerate(images):
        atlas.paste(image, (left, atlas.height - image.height - number))
        own = {DIMENSION: number}
        links.append(link((left, number, *image.size), place, name=f"packed{number}.png", attributes=own))
        left += image.width + gap
    whole = {"kind": 1004, "facet": "", "name": "ZZZZPackedAsset", "attributes": place}
    return [picture(atlas, **{**options, **whole}), *links]  # type: ignore[arg-type]


def link(frame: tuple[int, int, int, int], target: Mapping[int, int], **fields: object) -> Asset:
    """Make a link to a part of another rendition: left, bottom, width and height in pixels, and that one's key."""
    pairs = b"".join(struct.pack("<2H", *pair) for pair in [*target.items(), (0, 0)])
    body = struct.pack("<4s5IHI", b"KLNI", 0, *frame, 12, len(pairs)) + pairs
    made = {"payload": b"", "width": frame[2], "height": frame[3], "kind": 1003, "tags": {1010: body}}
    return Asset(**{**made, **fields})  # type: ignore[arg-type]


def size_set(sizes: Sequence[int], **fields: object) -> Asset:
    """Make the list of an icon's sizes in points, which stands beside its pictures."""
    listed = b"".join(struct.pack("<3I", size, size, index) for index, size in enumerate(sizes))
    payload = struct.pack("<4s2I", b"SISM", 1, len(sizes)) + listed
    made = {"payload": payload, "width": 0, "height": 0, "form": bytes(4), "kind": 1010, "name": "AppIcon"}
    return Asset(**{**made, "attributes": {PART: _SET}, **fields})  # type: ignore[arg-type]


def make_catalog(assets: Sequence[Asset], *, fanout: int = 256, chained: bool = True) -> bytes:
    """Build an Assets.car. fanout: entries a node of its trees may have; chained: leaves point to the next one."""
    identifiers = {name: 6849 + 17 * number for number, name in enumerate(dict.fromkeys(a.facet for a in assets))}
    identifiers[""] = 0
    facets = {name.encode(): _facet(number) for name, number in identifiers.items() if name}
    renditions = {_key(asset, identifiers[asset.facet]): _csi(asset) for asset in assets}
    assert len(renditions) == len(assets), "two renditions with one key"
    header = struct.pack("<4s4I", b"RATC", 918, 17, 0, len(assets)).ljust(436, b"\0")
    return make_bom(
        {
            "CARHEADER": header,
            "KEYFORMAT": struct.pack(f"<4s2I{len(KEY_FORMAT)}I", b"tmfk", 0, len(KEY_FORMAT), *KEY_FORMAT),
            "RENDITIONS": renditions,
            "FACETKEYS": facets,
            "APPEARANCEKEYS": {name.encode(): struct.pack("<H", number) for name, number in APPEARANCES.items()},
        },
        fanout=fanout,
        chained=chained,
    )


def make_bom(
    variables: Mapping[str, bytes | Mapping[bytes, bytes]], *, fanout: int = 256, chained: bool = True
) -> bytes:
    """Build a BOM store of blocks and trees. fanout and chained: see make_catalog."""
    blocks: list[bytes] = [b""]
    numbers = {
        name: _block(blocks, value) if isinstance(value, bytes) else _tree(blocks, value, fanout, chained=chained)
        for name, value in variables.items()
    }
    body, pointers = bytearray(512), bytearray()
    for block in blocks:
        pointers += struct.pack(">2I", len(body) if block else 0, len(block))
        body += block
    named = struct.pack(">I", len(numbers)) + b"".join(
        struct.pack(">IB", number, len(name)) + name.encode() for name, number in numbers.items()
    )
    table = struct.pack(">I", len(blocks)) + pointers + struct.pack(">I", 0)
    place = len(body), len(table), len(body) + len(table), len(named)
    body[:32] = struct.pack(">8s6I", b"BOMStore", 1, len(blocks) - 1, *place)
    return bytes(body + table + named)


def _block(blocks: list[bytes], content: bytes) -> int:
    blocks.append(content)
    return len(blocks) - 1


def _tree(blocks: list[bytes], entries: Mapping[bytes, bytes], fanout: int, *, chained: bool) -> int:
    items = sorted(entries.items())
    pairs = [(_block(blocks, value), _block(blocks, key)) for key, value in items]
    leaves = [pairs[start : start + fanout] for start in range(0, len(pairs), fanout)] or [[]]
    level = _level(blocks, leaves, leaf=True, chained=chained)
    while len(level) > 1:
        groups = [level[start : start + max(2, fanout)] for start in range(0, len(level), max(2, fanout))]
        level = _level(blocks, groups, leaf=False, chained=chained)
    return _block(blocks, struct.pack(">4s4IB", b"tree", 1, level[0][0], 4096, len(items), 0))


def _level(
    blocks: list[bytes], groups: Sequence[Sequence[tuple[int, int]]], *, leaf: bool, chained: bool
) -> list[tuple[int, int]]:
    """Add a node for each group of pairs; return, for the level above, each node's number and its last key's."""
    first, made = len(blocks), []
    for index, pairs in enumerate(groups):
        forward = first + index + 1 if chained and index + 1 < len(groups) else 0
        backward = first + index - 1 if chained and index else 0
        head = struct.pack(">2H2I", leaf, len(pairs), forward, backward)
        node = _block(blocks, head + b"".join(struct.pack(">2I", *pair) for pair in pairs))
        made.append((node, pairs[-1][1] if pairs else 0))
    return made


def _facet(identifier: int) -> bytes:
    return struct.pack("<9H", 0, 0, 3, 1, 85, PART, _ICON, IDENTIFIER, identifier)


def _key(asset: Asset, identifier: int) -> bytes:
    values = {1: 85, PART: _ICON, SCALE: 2, IDENTIFIER: identifier, **asset.attributes}
    return struct.pack(f"<{len(KEY_FORMAT)}H", *(values.get(attribute, 0) for attribute in KEY_FORMAT))


def _csi(asset: Asset) -> bytes:
    tags = b"".join(struct.pack("<2I", kind, len(body)) + body for kind, body in asset.tags.items())
    head = struct.pack("<4s5I", b"ISTC", 1, 0, asset.width, asset.height, 200)
    head += asset.form[::-1] + struct.pack("<2I2H", asset.space, 0, asset.kind, 0)
    head += asset.name.encode().ljust(128, b"\0") + struct.pack("<4I", len(tags), 1, 0, len(asset.payload))
    return head + tags + asset.payload


def multiplied(image: Image.Image) -> bytes:
    """Return RGBA pixels with their colour multiplied by alpha, rounded to nearest, as Apple stores them."""
    out = bytearray(image.tobytes())
    for start in range(0, len(out), 4):
        alpha = out[start + 3]
        out[start : start + 3] = bytes((colour * alpha + 127) // 255 for colour in out[start : start + 3])
    return bytes(out)


def _pixel_rows(image: Image.Image, form: str) -> list[bytes]:
    """Return the rows of an RGBA image in a format of FORMATS, without padding."""
    pixels = multiplied(image)
    red, green, blue, alpha = (pixels[channel::4] for channel in range(4))
    samples = {
        "ARGB": (blue, green, red, alpha),
        "GRAY": (red,),
        "GA8 ": (red, alpha),
        "GA16": (red, alpha),
        "RGBW": (red, green, blue, alpha),
        "RGBW half": (red, green, blue, alpha),
    }[form]
    data = bytearray(len(red) * len(samples))
    for channel, plane in enumerate(samples):
        data[channel :: len(samples)] = plane
    if form == "RGBW half":
        data = bytearray(struct.pack(f"<{len(data)}e", *(sample / 255 for sample in data)))
    elif form in ("RGBW", "GA16"):
        data = bytearray(struct.pack(f"<{len(data)}H", *(sample * 257 for sample in data)))
    row = len(data) // image.height
    return [bytes(data[start : start + row]) for start in range(0, len(data), row)]


def _packers(image: Image.Image, form: str) -> dict[str, Callable[[list[bytes]], bytes]]:
    size = len(_pixel_rows(image, form)[0]) // image.width
    return {
        "none": b"".join,
        "rle": lambda rows: _run_lengths(rows, size, image.width),
        "gzip": lambda rows: gzip.compress(b"".join(rows), mtime=0),
        "zlib": lambda rows: zlib.compress(b"".join(rows)),
        "deflate": lambda rows: zlib.compress(b"".join(rows), wbits=-15),
        "lzvn": lambda rows: lzvn(b"".join(rows)),
        "lzvn-block": lambda rows: _lzvn_block(b"".join(rows)),
        "lzfse": lambda rows: lzfse.compress(b"".join(rows)),
    }


def lzvn(data: bytes) -> bytes:
    """Pack with LZVN: literals alone, and its end; where Apple's encoder makes LZVN of it, as that does."""
    made = lzfse.compress(data)
    if made.startswith(b"bvxn"):
        return bytes(made[12:-4])
    out = bytearray()
    for start in range(0, len(data), 271):
        part = data[start : start + 271]
        out += bytes((0xE0 | len(part),)) if len(part) < 16 else bytes((0xE0, len(part) - 16))
        out += part
    return bytes(out + b"\x06" + bytes(7))


def _lzvn_block(data: bytes) -> bytes:
    made = lzvn(data)
    return b"bvxn" + struct.pack("<2I", len(data), len(made)) + made + b"bvx$"


def _run_lengths(rows: list[bytes], size: int, width: int) -> bytes:
    kind = {1: 1, 2: 3, 4: 4}.get(size, 4)
    packed_rows = [b"".join(_runs(row, size, width)) for row in rows]
    position = 12 + 4 * len(rows)
    starts = []
    for row in packed_rows:
        starts.append(position)
        position += len(row)
    return struct.pack(f"<3I{len(rows)}I", kind, width, len(rows), *starts) + b"".join(packed_rows)


def _runs(row: bytes, size: int, width: int) -> Iterator[bytes]:
    """Yield packets: a run of one pixel where it repeats, else two or three pixels as they are."""
    pixels = [row[at * size : at * size + size] for at in range(width)]
    start = 0
    while start < width:
        end = start + 1
        while end < width and pixels[end] == pixels[start]:
            end += 1
        if end - start > 1:
            yield struct.pack("<I", 0x80000000 | end - start) + pixels[start]
        else:
            end = min(width, start + 3)
            yield struct.pack("<I", end - start) + b"".join(pixels[start:end])
        start = end


def _palette(image: Image.Image) -> Callable[[list[bytes]], bytes]:
    """Return what makes a palette image of rows of blue, green, red, alpha."""

    def pack(rows: list[bytes]) -> bytes:
        pixels = [[row[at : at + 4] for at in range(0, 4 * image.width, 4)] for row in rows]
        colours = sorted({pixel for row in pixels for pixel in row})
        bits = 1
        while 1 << bits < len(colours):
            bits *= 2
        head = struct.pack("<2IH", 0xCAFEF00D, 1, len(colours)) + b"".join(colour[::-1] for colour in colours)
        body = b"".join(_indices([colours.index(each) for each in row], bits) for row in pixels)
        return bytes(lzfse.compress(head + body))

    return pack


def _indices(row: list[int], bits: int) -> bytes:
    """Put indices into words of 16 bits, the first at the top."""
    step = 16 // bits
    words = []
    for start in range(0, len(row), step):
        part = row[start : start + step]
        part += [0] * (step - len(part))
        words.append(sum(index << (16 - bits * (place + 1)) for place, index in enumerate(part)))
    return struct.pack(f"<{len(words)}H", *words)


def _deepmap(image: Image.Image, form: str, way: str) -> Callable[[list[bytes]], bytes]:
    channels = 4 if form == "ARGB" else 2

    def pack(rows: list[bytes]) -> bytes:
        pixels = b"".join(rows)
        match way:
            case "stored":
                method, body = 1, pixels
            case "lossless":
                method, body = 3, _led(lzfse.compress(pixels))
            case "lossless-lzvn":
                method, body = 3, _led(lzvn(pixels))
            case "predicted":
                method, body = 2, _led(lzfse.compress(_predicted(rows, channels)))
            case _:
                method, body = 4, _indexed(pixels, apart=way == "indexed-alpha")
        head = struct.pack("<4s4B2H", b"dmp2", method, 0, 10, channels, image.width, len(rows))
        return struct.pack("<2IQ", 1, channels, len(head) + len(body)) + head + body

    return pack


def _led(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _indexed(pixels: bytes, *, apart: bool) -> bytes:
    entries = [pixels[at : at + 4] for at in range(0, len(pixels), 4)]
    keys = [entry[:3] + b"\xff" for entry in entries] if apart else entries
    colours = sorted(set(keys))
    assert len(colours) <= 256, "a deepmap's palette has at most 256 colours"
    planes = (pixels[3::4] if apart else b"") + bytes(colours.index(key) for key in keys)
    return struct.pack("<2H", len(colours), 3 if apart else 4) + b"".join(colours) + _led(lzfse.compress(planes))


def _predicted(rows: list[bytes], channels: int) -> bytes:
    """Take from each pixel what its neighbours say of it, each row in another of the five ways; as planes."""
    width, above = len(rows[0]) // channels, None
    kinds, words, alpha = bytearray(), [], bytearray()
    for number, row in enumerate(rows):
        kind = (0, 2)[number % 2] if above is None else number % 5
        kinds.append(kind)
        alpha += row[channels - 1 :: channels]
        here = [_axes(row[at : at + channels - 1]) for at in range(0, len(row), channels)]
        words += [_signed(v) for x in range(width) for v in _difference(kind, here, above, x)]
        above = here
    planes = bytes(alpha) + bytes(kinds) + bytes(word >> 8 for word in words) + bytes(word & 255 for word in words)
    return planes.ljust(-(-len(planes) // 16) * 16, b"\0")


def _axes(colour: bytes) -> tuple[int, ...]:
    """Turn blue, green, red into lightness and two differences."""
    if len(colour) == 1:
        return tuple(colour)
    blue, green, red = colour
    across = blue - red
    middle = red + int(across / 2)
    along = green - middle
    return middle + int(along / 2), across, along


def _difference(kind: int, here: list[tuple[int, ...]], above: list[tuple[int, ...]] | None, x: int) -> list[int]:
    nothing = (0,) * len(here[0])
    up = above[x] if above else nothing
    left = here[x - 1] if x else nothing
    guess = nothing
    if kind == 1:
        corner = above[x - 1][0] if above and x else 0
        guess = left if x and abs(up[0] - corner) <= abs(left[0] - corner) else up
    elif kind == 2:
        guess = left
    elif kind == 3:
        guess = up
    elif kind == 4:
        guess = tuple(int((a + b + 1) / 2) for a, b in zip(left, up, strict=True)) if x else up
    return [value - said for value, said in zip(here[x], guess, strict=True)]


def _signed(value: int) -> int:
    return abs(value) << 1 | (value < 0)
