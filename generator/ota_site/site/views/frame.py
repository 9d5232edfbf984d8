"""Build the view of the site that all pages share: its title, languages and files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ota_site.catalog import paths
from ota_site.i18n.languages import Language
from ota_site.model.records import Record, replace
from ota_site.site.views.contract import LanguageView, LinkView, SiteView

if TYPE_CHECKING:
    from ota_site.model.texts import TextPage
    from ota_site.site.views.place import Place


class Frame(Record, kw_only=True):
    """The files that every page needs: the folder of the theme's files, and the owner's stylesheet and logo, if any.

    `languages` are all languages of the site, by tag.
    """

    assets: PurePosixPath
    languages: Mapping[str, Language]
    look: PurePosixPath | None = None
    logo: PurePosixPath | None = None


def show_site(place: Place, frame: Frame, pages: tuple[TextPage, ...]) -> SiteView:
    """Return the site as the page at `place` shows it. pages: the pages written by the owner."""
    site = place.site
    return SiteView(
        title=site.title,
        language=place.language.tag,
        direction=place.language.direction,
        languages=_languages(place, frame),
        indexed=site.indexed,
        address=site.base_url,
        home=place.to(paths.HOME),
        help=place.to(paths.HELP),
        here=None if place.rooted else place.url(place.file),
        assets=place.href(frame.assets / "style.css").removesuffix("style.css"),
        look=place.href(frame.look) if frame.look else None,
        logo=place.href(frame.logo) if frame.logo else None,
        contact=show_contact(site.contact),
        webmanifest=place.href(paths.WEBMANIFEST),
        feed=place.href(paths.FEED) if site.base_url else None,
        pages=tuple(LinkView(title=page.title, href=place.to(page.path)) for page in pages),
    )


def show_contact(contact: str | None) -> LinkView | None:
    """Return the contact for testers: a mail address or a web address."""
    if contact is None:
        return None
    words = contact.removeprefix("mailto:").removeprefix("https://").split("?")[0].rstrip("/")
    return LinkView(title=words, href=contact if ":" in contact else f"mailto:{contact}")


def _languages(place: Place, frame: Frame) -> tuple[LanguageView, ...]:
    if place.rooted or len(place.site.languages) == 1:
        return ()
    others = (replace(place, language=frame.languages[tag]) for tag in place.site.languages)
    return tuple(
        LanguageView(
            tag=other.language.tag,
            name=other.language.name,
            href=place.href(other.file),
            current=other.language.tag == place.language.tag,
        )
        for other in others
    )
