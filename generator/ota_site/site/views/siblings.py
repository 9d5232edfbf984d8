"""What a page needs to know of the other builds of its app, found once for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.model.catalog import Release
from ota_site.model.records import Record
from ota_site.site.views.verdict import is_blocked

if TYPE_CHECKING:
    from ota_site.model.catalog import App


class Siblings(Record, kw_only=True):
    """The builds of one app that pages of others name.

    `newest` are by channel. `installable` are the newest that install: by channel, and of all under None.
    """

    newest: dict[str, Release]
    installable: dict[str | None, Release]

    def instead_of(self, release: Release) -> Release | None:
        """Return the build to install in place of one: of the same channel, if that has any."""
        return self.installable.get(release.text.channel) or self.installable.get(None)


def find_siblings(app: App) -> Siblings:
    """Return what pages of an app's builds name of each other. The time is linear in the builds."""
    newest: dict[str, Release] = {}
    installable: dict[str | None, Release] = {}
    for release in app.releases:
        channel = release.text.channel
        if channel:
            newest.setdefault(channel, release)
        if not is_blocked(release):
            installable.setdefault(channel, release)
            installable.setdefault(None, release)
    return Siblings(newest=newest, installable=installable)
