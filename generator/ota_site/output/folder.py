"""Check that a folder may be used as the output folder."""

from __future__ import annotations

import os
from pathlib import Path

from ota_site.model.errors import SiteError
from ota_site.output.ledger import is_ours, is_vacant
from ota_site.output.staging import StagingDir


def check_folder(folder: Path) -> None:
    """Raise SiteError if a site must not be written to a folder, such as one with files not written by ota-site."""
    if wrong := _foreign(folder.resolve()):
        hint = "choose an empty folder or the folder of an earlier site with -o"
        raise SiteError(wrong, where=str(folder), hint=hint)


def _foreign(folder: Path) -> str | None:
    """Return why a site must not be written to a folder; None if it may."""
    if is_ours(StagingDir(folder)):
        return None
    # Path.home raises for a user without a home folder, as in a container.
    if folder == Path(os.path.expanduser("~")).resolve():  # noqa: PTH111
        return "it is your home folder, but the site needs a separate folder"
    try:
        return None if is_vacant(folder) else "it contains files, but no site written by ota-site"
    except OSError as error:
        return f"the folder cannot be read: {error.strerror}"
