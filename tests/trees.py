"""Folders of files: an owner's, written; a site's, read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.samples import App, make_ipa

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ADDRESS = "https://apps.example.com/"
FILES: Mapping[str, str | bytes] = {
    "site.toml": 'title = "Ours"\n',
    "index.md": "Welcome.\n",
    "one/a.ipa": make_ipa(App(version="1.0")),
    "one/a.md": "Notes.\n",
    "one/b.ipa": make_ipa(App(version="1.1", localised={"de": "Muster", "ja": "見本", "fr": "Exemple"})),
    "two.ipa": make_ipa(App(name="Two", bundle_id="com.example.two", icon=None)),
    "legal/terms.md": "# Terms\n\nBe kind.\n",
}


def put(folder: Path, files: Mapping[str, str | bytes] = FILES) -> Path:
    """Write files into folder/content, in their order; return the folder."""
    for name, content in files.items():
        path = folder / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Return all files and links below a folder, and its empty folders, by path."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = b"-> " + str(path.readlink()).encode()
        elif path.is_file():
            found[name] = path.read_bytes()
        elif not any(path.iterdir()):
            found[f"{name}/"] = b""
    return found


def identities(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return what changes when a file is written again, even with the same bytes."""
    return {path: ((status := path.lstat()).st_ino, status.st_mtime_ns) for path in folder.rglob("*")}
