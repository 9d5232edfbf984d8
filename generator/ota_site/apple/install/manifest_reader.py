"""Read manifests written by other tools, as far as possible."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ota_site.apple.plist import parse_plist, text_at
from ota_site.model.errors import IpaError
from ota_site.model.records import Record

_MARKERS = re.compile(rb"^(?:<{7}|>{7}|\|{7})(?:[ \t\r]|$)|^={7}\r?$", re.MULTILINE)
_RAW_AMPERSAND = re.compile(rb"&(?!#?\w+;)")
_MANY = 100
_PLAIN = "save it as plain text: use TextEdit’s Format › Make Plain Text, or a code editor"
_HTML = rb"(?:<!doctype html|<(?:html|head|body|meta|script|title)\b|.*<html\b)"
# Other kinds of file, by their first bytes.
_OTHERS = (
    (rb"\Z", "it is empty", "rewrite it"),
    (_HTML + rb".*&lt;(?:plist|dict|key)", "it is a web page that shows a manifest", _PLAIN),
    (_HTML, "it is a web page, not a manifest", "download the file itself; the page may ask for a login"),
    (rb"version https://git-lfs", "it is a Git LFS pointer, not the file itself", "run `git lfs pull`"),
    (rb"\{\\rtf", "it is rich text (RTF), not a property list", _PLAIN),
    (rb"\xd0\xcf\x11\xe0", "it is a Word document, not a property list", _PLAIN),
    (rb"PK\x03\x04", "it is a zip, such as an IPA or Word document, not a property list", _PLAIN),
    (rb"[{\[]", "it is JSON, not a property list", "convert it to XML: `plutil -convert xml1`"),
)


class Hashes(Record, kw_only=True):
    """One list of an asset's hashes. `algorithm` is `sha256` or `md5`; `size` is the chunk size in bytes, as written.

    iOS treats a list of one as the hash of the whole file, and then ignores the size.
    """

    algorithm: str
    size: int | None
    values: tuple[str, ...]


class Asset(Record, kw_only=True):
    """One file of an item. A `thinned` asset is for some devices only."""

    kind: str | None
    url: str | None
    hashes: tuple[Hashes, ...] = ()
    thinned: bool = False


class Item(Record, kw_only=True):
    """One app of a manifest; any field may be missing. `version` is the manifest's bundle-version."""

    assets: tuple[Asset, ...] = ()
    bundle_id: str | None = None
    version: str | None = None
    kind: str | None = None
    title: str | None = None
    subtitle: str | None = None
    platform: str | None = None

    @property
    def packages(self) -> tuple[Asset, ...]:
        """The IPAs of this app, those for any device first."""
        found = (asset for asset in self.assets if asset.kind == "software-package")
        return tuple(sorted(found, key=lambda asset: asset.thinned))


def parse_manifest(data: bytes, *, where: str) -> tuple[Item, ...]:
    """Return the apps of a manifest.

    Raises IpaError (`manifest-merge-markers`, `manifest-not-plist`, `manifest-no-items`) if there are none.
    """
    if not data.startswith(b"bplist") and _MARKERS.search(data):
        message, hint = "it has unresolved merge conflict markers", "keep one side and delete the lines"
        raise IpaError("manifest-merge-markers", message, where=where, hint=f"{hint} with <<<<<<<, ======= and >>>>>>>")
    try:
        top = parse_plist(data, where=where, what="it")
    except IpaError as error:
        message, hint = _what_else(data) or (error.message, "rewrite it, or check it with `plutil -lint`")
        raise IpaError("manifest-not-plist", message, where=where, hint=hint) from error
    items = tuple(_item(table) for table in _tables(top.get("items")))
    if not items:
        hint = "add `items`, a list with one dictionary per app"
        raise IpaError("manifest-no-items", "it lists no app", where=where, hint=hint)
    return items


def _what_else(data: bytes) -> tuple[str, str] | None:
    """Return the message and hint for a file that is not a property list; None if its kind is unknown."""
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    for pattern, what, hint in _OTHERS:
        if re.match(pattern, head, re.IGNORECASE | re.DOTALL):
            return what, hint
    if not data.startswith(b"bplist") and _RAW_AMPERSAND.search(data):
        return "it has an unescaped &, which XML forbids", "write & as &amp;, in addresses too"
    return None


def _item(table: Mapping[str, object]) -> Item:
    metadata = table.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    thinned = (_asset(entry, thinned=True) for entry in _tables(table.get("thinned-assets")))
    return Item(
        assets=(*(_asset(entry) for entry in _tables(table.get("assets"))), *thinned),
        bundle_id=_exact(metadata, "bundle-identifier"),
        version=_exact(metadata, "bundle-version"),
        kind=_exact(metadata, "kind"),
        title=text_at(metadata, "title"),
        subtitle=text_at(metadata, "subtitle"),
        platform=_exact(metadata, "platform-identifier"),
    )


def _asset(table: Mapping[str, object], *, thinned: bool = False) -> Asset:
    # Xcode's list of thinned packages has their devices, but no kind.
    kind = "software-package" if thinned else None
    return Asset(
        kind=_exact(table, "kind") or kind,
        url=_exact(table, "url"),
        hashes=tuple(filter(None, (_hashes(table, "sha256"), _hashes(table, "md5")))),
        thinned=thinned or bool(table.get("variantIds")),
    )


def _hashes(table: Mapping[str, object], algorithm: str) -> Hashes | None:
    values, size = table.get(f"{algorithm}s"), table.get(f"{algorithm}-size")
    if values is None and isinstance(whole := table.get(algorithm), str):
        values = [whole]
    if not isinstance(values, list) or not values:
        return None
    return Hashes(
        algorithm=algorithm,
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        values=tuple(value[:200] if isinstance(value, str) else "" for value in values),
    )


def _exact(table: Mapping[str, object], key: str) -> str | None:
    """Return the unchanged text of a key, as iOS compares it exactly; None if there is none."""
    value = table.get(key)
    return value[:5000] if isinstance(value, str) and value.strip() else None


def _tables(value: object) -> list[Mapping[str, object]]:
    entries = value[:_MANY] if isinstance(value, list) else []
    return [entry for entry in entries if isinstance(entry, Mapping)]
