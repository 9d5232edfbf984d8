"""Write the sidecar of a build, the TOML file beside its IPA, in the pipeline that created the build.

The owner's keys are above a marker line. The pipeline's keys are below it and are rewritten each time.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ota_site.config.toml import parse_toml
from ota_site.config.validation import CHECKS
from ota_site.model.errors import SiteError
from ota_site.model.records import Record, replace
from ota_site.sources.front_matter import BuildMatter, check_matter, read_table, said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ota_site.model.texts import Origin

_MARK = "# Written by ota-site stamp, which replaces all below. Keys of your own stand above."


class Stamp(Record, kw_only=True):
    """The result for the table at `path`: the keys that were `written`, and the owner's keys that were `kept`."""

    path: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]


def make_matter(origin: Origin, *, channel: str | None, mandatory: bool) -> BuildMatter:
    """Return the table of a build, without values of `origin` that are invalid in a table."""
    told = {key: value for key, value in said(origin).items() if not CHECKS[key](value)}
    return replace(BuildMatter(channel=channel, mandatory=mandatory or None), **told)


def stamp_ipa(ipa: Path, matter: BuildMatter, *, force: bool = False) -> Stamp:
    """Write `matter` into the table beside an IPA.

    The owner's keys are kept unless `force` is given. The keys of an earlier stamp are replaced. Raises SiteError if
    there is no such IPA, if the table has mistakes, and if it cannot be written.
    """
    if ipa.suffix.lower() != ".ipa" or not ipa.is_file():
        message = "it is not an .ipa file" if ipa.exists() else "there is no such file"
        raise SiteError(message, where=str(ipa), hint="pass the exported .ipa file")
    path = ipa.with_suffix(".toml")
    text, own = _owners_part(path)
    known = said(matter)
    clashes = tuple(key for key in known if key in own)
    if force and clashes:
        text = _without(text, clashes, own, path)
    kept = () if force else clashes
    written = {key: value for key, value in known.items() if key not in kept}
    if written:
        _write(path, text, written)
    return Stamp(path=path, written=tuple(written), kept=kept)


def _owners_part(path: Path) -> tuple[str, dict[str, object]]:
    """Return the owner's part of a table, as text and as keys. Raises SiteError for mistakes anywhere in the table."""
    try:
        read_table(path)
        text = path.read_bytes().decode("utf-8-sig").partition(_MARK)[0]
    except (FileNotFoundError, NotADirectoryError):
        return "", {}
    return text, said(check_matter(parse_toml(text, where=str(path)), BuildMatter, where=str(path)))


def _without(text: str, keys: tuple[str, ...], own: Mapping[str, object], path: Path) -> str:
    """Return the owner's part without some of its keys."""
    line = re.compile(rf"""^[ \t]*["']?(?:{"|".join(keys)})["']?[ \t]*=.*(?:\n|\Z)""", re.MULTILINE)
    left = line.sub("", text)
    wanted = {key: value for key, value in own.items() if key not in keys}
    try:
        unharmed = parse_toml(left, where=str(path)) == wanted
    except SiteError:
        unharmed = False
    if not unharmed:
        # A key has a value of several lines.
        hint = f"remove {' and '.join(keys)} by hand"
        raise SiteError("its keys cannot be replaced", where=str(path), hint=hint)
    return left


def _write(path: Path, own_text: str, table: Mapping[str, object]) -> None:
    """Write a table atomically. Raises SiteError."""
    # TOML escapes basic strings as JSON does. The values have no control characters.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]
    above = [own_text.rstrip(), ""] if own_text.strip() else []
    target = path.resolve()
    draft = target.with_name(f".stamp-{os.getpid()}")
    try:
        draft.write_bytes("\n".join([*above, _MARK, *lines, ""]).encode())
        draft.replace(target)
    except OSError as error:
        raise SiteError(f"it cannot be written: {error.strerror}", where=str(path)) from error
    finally:
        draft.unlink(missing_ok=True)
