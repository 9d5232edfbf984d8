"""The apps and extensions in the real files of others, each with what a signature is about."""

from __future__ import annotations

import json
import plistlib
import zipfile
from typing import TYPE_CHECKING

from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Bundle(Record, kw_only=True):
    """An app or extension in an IPA: `name` is the IPA's and, after a colon, the extension's."""

    name: str
    truth: dict[str, object]
    executable: bytes
    executable_name: str
    bundle_id: str
    files: dict[str, bytes]


def bundles(fixtures: Path) -> Iterator[Bundle]:
    """Yield every app and extension whose executable is there."""
    truth = json.loads((fixtures / "truth.json").read_text("utf-8"))
    for path in sorted((fixtures / "ipa").glob("*.ipa")):
        if not zipfile.is_zipfile(path):
            continue
        with zipfile.ZipFile(path) as archive:
            names = {_text(each): each for each in archive.infolist() if not each.is_dir()}
            folders = [
                name.removesuffix("Info.plist")
                for name in names
                if name.endswith((".app/Info.plist", ".appex/Info.plist"))
            ]
            for folder in folders:
                if folder.startswith("__MACOSX"):
                    continue
                files = {n.removeprefix(folder): archive.read(e) for n, e in names.items() if n.startswith(folder)}
                info = plistlib.loads(files["Info.plist"])
                if info["CFBundleExecutable"] in files:
                    extension = folder.split("/")[-2] if folder.count("/") > 2 else ""
                    yield Bundle(
                        name=f"{path.name}:{extension}" if extension else path.name,
                        truth=truth[path.name],
                        executable=files[info["CFBundleExecutable"]],
                        executable_name=info["CFBundleExecutable"],
                        bundle_id=info["CFBundleIdentifier"],
                        files=files,
                    )


def _text(entry: zipfile.ZipInfo) -> str:
    """Undo code page 437 where the zip did not say that its names are UTF-8."""
    return entry.filename if entry.flag_bits & 0x800 else entry.filename.encode("cp437").decode("utf-8", "replace")
