"""Find IPAs, texts and sidecars in the content folder, without parsing them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ota_site.config.settings import SETTINGS
from ota_site.disk.lfs import find_pointer
from ota_site.disk.regular import refusal
from ota_site.model.build import Source
from ota_site.model.errors import IpaError, SiteError
from ota_site.model.records import Record
from ota_site.sources.lookalikes import FOLDERS, wrong_file, wrong_folder

if TYPE_CHECKING:
    from collections.abc import Iterator


_KINDS = (".ipa", ".md", ".toml", "manifest.plist")


class ContentFiles(Record, kw_only=True):
    """The files of a content folder, each list sorted by path.

    `unusable` are IPAs by name only, apps in another form, texts that are Git LFS or git-annex pointers, and files
    whose path is not UTF-8. `texts` are Markdown files. `tables` are TOML files other than site.toml.
    """

    ipas: tuple[Source, ...]
    unusable: tuple[IpaError, ...]
    texts: tuple[Path, ...]
    tables: tuple[Path, ...]
    manifests: tuple[Path, ...]


def find_files(content: Path, *, leave_out: Path) -> ContentFiles:
    """Return the IPAs, Markdown and TOML files and manifests anywhere under `content`.

    leave_out: a folder to skip, such as the output folder. Hidden files and folders are skipped. Links to files are
    followed if they stay inside `content`; links to folders are not. Raises SiteError if `content` is not a folder.
    """
    if not content.is_dir():
        hint = "create it and put your .ipa files into it, or pass another folder"
        wrong = "it is a file, not a folder" if content.exists() else "there is no such folder"
        raise SiteError(wrong, where=str(content), hint=hint)
    ipas: list[Source] = []
    unusable: list[IpaError] = []
    texts: list[Path] = []
    tables: list[Path] = []
    manifests: list[Path] = []
    lookalikes: list[IpaError] = []
    root = content.resolve()
    for path in sorted(_walk(content, leave_out.resolve(), lookalikes)):
        kind = "manifest.plist" if path.name.lower() == "manifest.plist" else path.suffix.lower()
        if kind not in _KINDS or path == content / SETTINGS:
            continue
        if refused := _refuse(path, root):
            unusable.append(refused)
            continue
        match kind:
            case ".ipa":
                try:
                    ipas.append(look_at(path))
                except SiteError as error:
                    unusable.append(IpaError("not-an-ipa", error.message, where=error.where))
            case "manifest.plist":
                manifests.append(path)
            case _ if pointer := find_pointer(path):
                unusable.append(IpaError("not-an-ipa", f"it is {pointer[0]}", where=str(path), hint=pointer[1]))
            case ".md":
                texts.append(path)
            case _:
                tables.append(path)
    return ContentFiles(
        ipas=tuple(ipas),
        unusable=(*unusable, *sorted(lookalikes, key=lambda error: error.where)),
        texts=tuple(texts),
        tables=tuple(tables),
        manifests=tuple(manifests),
    )


def look_at(path: Path) -> Source:
    """Return the file at `path` with its current size and modification time. Raises SiteError if it cannot be read."""
    try:
        status = path.stat()
    except OSError as error:
        raise SiteError(f"cannot be read: {error.strerror}", where=str(path)) from error
    return Source(path=path, size=status.st_size, mtime_ns=status.st_mtime_ns)


def _refuse(path: Path, root: Path) -> IpaError | None:
    """Return the error on a file that must not be read, or None: its path is not UTF-8, or `refusal` rejects it."""
    if (name := _in_utf8(path)) != str(path):
        return IpaError("not-an-ipa", "its path is not UTF-8", where=name, hint="rename it")
    try:
        wrong = None if stat.S_ISREG(path.lstat().st_mode) else refusal(path, root)
    except OSError as error:
        return IpaError("not-an-ipa", f"it cannot be read: {error.strerror}", where=str(path))
    return IpaError("not-an-ipa", wrong[0], where=str(path), hint=wrong[1]) if wrong else None


def _in_utf8(path: Path) -> str:
    """Return a path as text, with a replacement character for each byte that is not UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")


def _walk(content: Path, leave_out: Path, lookalikes: list[IpaError]) -> Iterator[Path]:
    for folder, names, files in os.walk(content, onerror=_unreadable):
        here = Path(folder)
        names[:] = [name for name in names if not name.startswith(".") and (here / name).resolve() != leave_out]
        bundles = {name: error for name in names if (error := _look_at_folder(here / name))}
        names[:] = [name for name in names if name not in bundles]
        lookalikes += (*bundles.values(), *_look_at_files(here, files))
        yield from (here / name for name in files if not name.startswith("."))


def _look_at_folder(path: Path) -> IpaError | None:
    """Return the error on a folder that is an app in another form, or None."""
    if path.suffix.lower() not in FOLDERS or path.is_symlink():
        return None
    try:
        wrong = wrong_folder(path.name, {each.name for each in path.iterdir()})
    except OSError:
        return None
    return IpaError("not-an-ipa", wrong[0], where=_in_utf8(path), hint=wrong[1]) if wrong else None


def _look_at_files(folder: Path, names: list[str]) -> Iterator[IpaError]:
    """Yield the errors on files that are apps in another form."""
    ipa_beside = any(name.lower().endswith(".ipa") for name in names)
    for name in names:
        if wrong := wrong_file(name, ipa_beside=ipa_beside):
            yield IpaError("not-an-ipa", wrong[0], where=_in_utf8(folder / name), hint=wrong[1])


def _unreadable(error: OSError) -> None:
    raise SiteError(f"the folder cannot be read: {error.strerror}", where=str(error.filename)) from error
