"""The other builds of an app that its pages link to, found once for all pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.model.catalog import Release
from ota_site.model.records import Record
from ota_site.site.views.verdict import is_blocked

if TYPE_CHECKING:
    from ota_site.model.catalog import App


class Siblings(Record, kw_only=True):
    """The builds of one app that pages of other builds link to.

    `newest` has the newest build by channel. `installable` has the newest installable build by channel, and of all
    channels under None.
    """

    newest: dict[str, Release]
    installable: dict[str | None, Release]

    def instead_of(self, release: Release) -> Release | None:
        """Return the build to install instead of `release`, preferably in the same channel."""
        return self.installable.get(release.text.channel) or self.installable.get(None)


def find_siblings(app: App) -> Siblings:
    """Return the builds that pages of an app link to. The time is linear in the number of builds."""
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
