"""Whole sites, built from samples and served over TLS as a host would."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import HTTPSHandler, Request, build_opener

from ota_site.build import Report, build_site
from ota_site.config.load import Config
from ota_site.model.catalog import Site
from ota_site.model.records import Record, replace
from tests import tls
from tests.builds import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from http.client import HTTPResponse


INVENTED = Site(title="Invented")


class Served(Record):
    """A site that was built and is being served; `fetch` trusts only its certificate authority."""

    report: Report
    server: tls.Site
    folder: Path

    @property
    def url(self) -> str:
        """The address of the front page."""
        return self.server.url

    def fetch(self, url: str, *, method: str = "GET", agent: str = "test") -> HTTPResponse:
        """Fetch an address of the site."""
        assert urlsplit(url).scheme == "https"
        opener = build_opener(HTTPSHandler(context=ssl.create_default_context(cafile=str(self.server.ca_file))))
        request = Request(url, method=method, headers={"User-Agent": agent})  # noqa: S310 - https, as asserted
        response: HTTPResponse = opener.open(request, timeout=20)
        return response


@contextmanager
def served(
    content: Path, folder: Path, *, prefix: str = "/", site: Site = INVENTED, now: datetime = NOW
) -> Iterator[Served]:
    """Build `content` into `folder` for the address it is then served from.

    The address is the loopback's, which settings refuse; so it is given to the build as a value.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tls.serve(folder, prefix) as server:
        settings = Config(content=content, output=folder, site=replace(site, base_url=server.url), host=None)
        report = build_site(settings, now)
        yield Served(report, server, folder)
