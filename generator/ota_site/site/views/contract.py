"""The theme contract: everything a template can use. `site` describes the site, `page` the current page.

Every field documents itself; themes/CONTRACT.md is generated from this module. Every link is relative to the page
that it is on, unless its description says "absolute".
"""

from __future__ import annotations

from typing import Annotated

from ota_site.model.records import Record

CONTRACT = 1
"""Increased when a field is removed or changes its meaning. A theme states the contract it is written for."""


class Html(Record):
    """An owner's text as safe HTML, which a template prints unescaped."""

    source: Annotated[str, "The HTML itself."]
    language: Annotated[str, "The language tag it is written in, for `lang`."]

    def __html__(self) -> str:
        return self.source


class LinkView(Record, kw_only=True):
    """A link with its text."""

    title: Annotated[str, "Its text."]
    href: Annotated[str, "Its target: relative for pages of this site, absolute for others."]


class DayView(Record, kw_only=True):
    """A day."""

    iso: Annotated[str, "For machines: 2027-06-04T09:00:00Z."]
    text: Annotated[str, "For readers: 4 June 2027."]
    short: Annotated[str, "A short form: 4 Jun 2027."]


class LanguageView(Record, kw_only=True):
    """A language in which this page can be read."""

    tag: Annotated[str, "Its tag, for `lang` and `hreflang`."]
    name: Annotated[str, "Its name in that language."]
    href: Annotated[str, "This page in that language."]
    current: Annotated[bool, "Whether it is the language of this page."]


class SiteView(Record, kw_only=True):
    """The site."""

    title: Annotated[str, "The name of the site."]
    language: Annotated[str, "The language tag of this page."]
    direction: Annotated[str, "`ltr` or `rtl`, for `dir`."]
    languages: Annotated[tuple[LanguageView, ...], "The languages of this page; empty if there is only one."]
    indexed: Annotated[bool, "Whether search engines may list the site."]
    address: Annotated[str | None, "The absolute address of the site; none if it is not set."]
    home: Annotated[str, "The front page."]
    help: Annotated[str, "The help page."]
    here: Annotated[str | None, "The absolute address of this page; none if the site has no address."]
    assets: Annotated[str, "The folder of the theme's files, with a trailing slash: `{{ site.assets }}style.css`."]
    look: Annotated[str | None, "A stylesheet with the owner's colours and font. Link it after the theme's own."]
    logo: Annotated[str | None, "The owner's logo."]
    contact: Annotated[LinkView | None, "The contact for testers."]
    webmanifest: Annotated[str, "The web app manifest."]
    feed: Annotated[str | None, "The Atom feed of all builds; none if the site has no address."]
    pages: Annotated[tuple[LinkView, ...], "The owner's pages."]


class IconView(Record, kw_only=True):
    """An app's icon, square."""

    small: Annotated[str, "180 pixels."]
    large: Annotated[str, "360 pixels."]
    share: Annotated[str | None, "512 pixels, absolute, for link previews; none if the site has no address."]


class ElsewhereView(Record, kw_only=True):
    """The devices that an app is for, if it does not run on an iPhone."""

    device: Annotated[str, "The device that it is for, such as iPad."]
    on: Annotated[str, "The devices that do not run it, as values of `data-device`: `iphone`, or `iphone ipad`."]
    word: Annotated[str, "The state on those devices, in a word or two."]
    text: Annotated[str, "The verdict on those devices, one sentence without a full stop."]


class VerdictView(Record, kw_only=True):
    """Whether a build installs."""

    state: Annotated[str, "`ready`, `soon` (it installs, but expires within thirty days) or `blocked`."]
    word: Annotated[str, "The state in a word or two."]
    text: Annotated[str, "The verdict, one sentence without a full stop."]
    until: Annotated[DayView | None, "When the profile or certificate expires; none for a blocked build."]
    then: Annotated[str, "The verdict after that moment, for scripts; empty if there is no `until`."]
    then_word: Annotated[str, "The same in a word or two."]
    elsewhere: Annotated[ElsewhereView | None, "What to show on devices that it is not for; none if there are none."]


class FactView(Record, kw_only=True):
    """A fact for the row under the install button."""

    term: Annotated[str, "Its label."]
    value: Annotated[str, "Its value."]
    iso: Annotated[str | None, "The exact time, if the value is a day."]


class DetailView(Record, kw_only=True):
    """An entry in the list of details."""

    term: Annotated[str, "Its label."]
    value: Annotated[str, "Its value."]
    code: Annotated[bool, "Whether the value is an identifier, to show in a monospaced font."]
    href: Annotated[str | None, "An absolute link; none for most entries."]


class PermissionView(Record, kw_only=True):
    """Something that the app asks the user for."""

    name: Annotated[str, "Its name, such as Camera."]
    text: Annotated[str, "The reason, in the app's words and language; may be empty."]


class RightView(Record, kw_only=True):
    """An entitlement: something that the app may do."""

    name: Annotated[str, "Its name, such as Push notifications."]
    value: Annotated[str, "Its value, such as the domains; may be empty."]
    key: Annotated[str, "Apple's key for it."]


class ChangeView(Record, kw_only=True):
    """A difference from the previous build."""

    term: Annotated[str, "What changed."]
    before: Annotated[str | None, "The old value, which may be empty; none if it is new."]
    after: Annotated[str | None, "The new value, which may be empty; none if it was removed."]


class ProblemView(Record, kw_only=True):
    """A finding, worded for developers."""

    code: Annotated[str, "The rule's code, which never changes."]
    severity: Annotated[str, "`error`, `warning` or `note`."]
    message: Annotated[str, "The finding, without a full stop."]
    hint: Annotated[str, "What to do about it; may be empty."]


class QrView(Record, kw_only=True):
    """The QR code of a page."""

    svg: Annotated[str, "The picture as SVG."]
    png: Annotated[str, "The picture as PNG."]
    address: Annotated[str, "Its content: the absolute address of the page."]


class ShareView(Record, kw_only=True):
    """Ways to share a page."""

    address: Annotated[str, "Its absolute address, to copy."]
    text: Annotated[str, "A message with name, version and address."]
    mail: Annotated[str, "A `mailto:` link with that message."]
    message: Annotated[str, "An `sms:` link with that message."]


class ReleaseView(Record, kw_only=True):
    """One build of an app."""

    version: Annotated[str, "The version, such as 1.4; a dash if there is none."]
    build: Annotated[str, "The build number; may be empty."]
    href: Annotated[str, "The page of this build."]
    icon: Annotated[IconView, "Its icon; a letter if it has none."]
    size: Annotated[str, "Its size, such as 48.2 MB."]
    built: Annotated[DayView | None, "When it was built; none if unknown."]
    verdict: Annotated[VerdictView, "Whether it installs."]
    signing: Annotated[str, "How it is signed: `ad-hoc`, `development`, `enterprise`, `app-store`, `none`."]
    signing_words: Annotated[str, "The same, for readers."]
    channel: Annotated[str | None, "The channel it is in, such as beta."]
    devices: Annotated[int | None, "The number of registered devices; none if it is not limited to registered devices."]
    system: Annotated[str, "The system it runs on, such as iOS."]
    minimum_os: Annotated[str | None, "The oldest version of that system, such as 17.0."]
    families: Annotated[tuple[str, ...], "The devices that it is for: iPhone, iPad."]
    install: Annotated[str | None, "The link that installs it, for an `<a href>`; none if the site has no address."]
    ipa: Annotated[str, "The IPA itself."]
    qr: Annotated[QrView | None, "The QR code of this page; none if the site has no address."]
    share: Annotated[ShareView | None, "Ways to share this page; none if the site has no address."]
    facts: Annotated[tuple[FactView, ...], "A short row of facts: version, size, system, dates."]
    notes: Annotated[Html | None, "The owner's release notes."]
    steps: Annotated[tuple[str, ...], "What the tester does after the tap, one sentence per step."]
    problems: Annotated[tuple[ProblemView, ...], "All findings, those that block the install first."]
    details: Annotated[tuple[DetailView, ...], "Identifiers and numbers."]
    origin: Annotated[tuple[DetailView, ...], "Commit, branch and CI run, if known."]


class RowView(Record, kw_only=True):
    """A build in a list."""

    version: Annotated[str, "The version; a dash if there is none."]
    build: Annotated[str, "The build number; may be empty."]
    href: Annotated[str, "Its page."]
    built: Annotated[DayView | None, "When it was built; none if unknown."]
    channel: Annotated[str | None, "The channel it is in, such as beta."]
    verdict: Annotated[VerdictView, "Whether it installs."]
    current: Annotated[bool, "Whether it is the build shown on this page."]
    search: Annotated[str, "The text to search in, in lower case: version, build number, channel."]


class VersionView(Record, kw_only=True):
    """All builds of one version, newest first."""

    version: Annotated[str, "The version; a dash if there is none."]
    rows: Annotated[tuple[RowView, ...], "Its builds."]


class ScreenshotView(Record, kw_only=True):
    """A screenshot of the app."""

    src: Annotated[str, "The picture."]
    width: Annotated[int, "Pixels."]
    height: Annotated[int, "Pixels."]
    alt: Annotated[str, "What it shows; may be empty."]


class AppView(Record, kw_only=True):
    """An app."""

    name: Annotated[str, "Its name."]
    subtitle: Annotated[str, "The owner's line about it, else the team; may be empty."]
    bundle_id: Annotated[str, "Its bundle identifier."]
    href: Annotated[str, "Its page."]
    tags: Annotated[tuple[str, ...], "The owner's tags."]
    links: Annotated[tuple[LinkView, ...], "The owner's links."]
    contact: Annotated[LinkView | None, "The contact for testers of this app; by default the site's."]
    body: Annotated[Html | None, "The owner's description."]
    screenshots: Annotated[tuple[ScreenshotView, ...], "Screenshots of it."]


class ChannelView(Record, kw_only=True):
    """A channel of an app, with its newest build."""

    name: Annotated[str, "Its name."]
    version: Annotated[str, "The version of its newest build; a dash if there is none."]
    build: Annotated[str, "The build number of that build; may be empty."]
    href: Annotated[str, "The page that always shows its newest build."]
    built: Annotated[DayView | None, "When that build was built; none if unknown."]
    verdict: Annotated[VerdictView, "Whether that build installs."]
    current: Annotated[bool, "Whether it is the channel of this page."]


class ChoiceView(Record, kw_only=True):
    """One value that a list can be filtered by."""

    value: Annotated[str, "The value that the rows have."]
    text: Annotated[str, "Its label."]


class CatalogRow(Record, kw_only=True):
    """An app in the catalog."""

    name: Annotated[str, "Its name."]
    subtitle: Annotated[str, "The owner's line about it, else the team; may be empty."]
    href: Annotated[str, "Its page."]
    icon: Annotated[IconView, "Its icon."]
    bundle_id: Annotated[str, "Its bundle identifier."]
    version: Annotated[str, "The newest version; a dash if there is none."]
    build: Annotated[str, "The build number of that build; may be empty."]
    built: Annotated[DayView | None, "When that build was built; none if unknown."]
    verdict: Annotated[VerdictView, "Whether the newest build installs."]
    platforms: Annotated[tuple[str, ...], "Its values for the filter by device."]
    signing: Annotated[str, "Its value for the filter by signing."]
    channels: Annotated[tuple[str, ...], "Its values for the filter by channel."]
    tags: Annotated[tuple[str, ...], "The owner's tags."]
    search: Annotated[str, "The text to search in, in lower case: name, identifier, version, tags, team."]


class CatalogPage(Record, kw_only=True):
    """`catalog.html`: the front page."""

    title: Annotated[str, "The title for the browser's tab."]
    body: Annotated[Html | None, "The owner's text."]
    qr: Annotated[QrView | None, "The QR code of this page; none if the site has no address."]
    apps: Annotated[tuple[CatalogRow, ...], "The apps, in the owner's order."]
    platforms: Annotated[tuple[ChoiceView, ...], "The filter by device; empty if there is nothing to choose."]
    signings: Annotated[tuple[ChoiceView, ...], "The filter by signing; empty if there is nothing to choose."]
    channels: Annotated[tuple[ChoiceView, ...], "The filter by channel; empty if there is nothing to choose."]
    notes: Annotated[str, "A JSON file with more text to search in: a list of texts, in the order of `apps`."]


class AppPage(Record, kw_only=True):
    """`app.html`: an app with its newest build."""

    title: Annotated[str, "The title for the browser's tab."]
    app: Annotated[AppView, "The app."]
    release: Annotated[ReleaseView, "Its newest build."]
    instead: Annotated[LinkView | None, "The newest build that installs, if the newest build does not."]
    channel: Annotated[str | None, "The channel whose newest build is shown; none on the app's main page."]
    channels: Annotated[tuple[ChannelView, ...], "Its channels, in the owner's order; empty if there are none."]
    history: Annotated[tuple[VersionView, ...], "All its builds, newest version first."]
    builds: Annotated[int, "The number of builds."]
    before: Annotated[LinkView | None, "The build before the shown one, if any."]
    feed: Annotated[str | None, "The Atom feed of this app; none if the site has no address."]


class BuildPage(Record, kw_only=True):
    """`build.html`: one build of an app."""

    title: Annotated[str, "The title for the browser's tab."]
    app: Annotated[AppView, "The app."]
    release: Annotated[ReleaseView, "The build."]
    instead: Annotated[LinkView | None, "The newest build that installs, if this one does not."]
    newest: Annotated[
        LinkView | None, "A newer build: the newest of its channel, else of all; none for the newest of all."
    ]
    before: Annotated[LinkView | None, "The build before this one, if any."]
    changes: Annotated[tuple[ChangeView, ...], "The differences from the build before."]
    permissions: Annotated[tuple[PermissionView, ...], "The permissions that it asks for."]
    rights: Annotated[tuple[RightView, ...], "Its entitlements."]
    frameworks: Annotated[tuple[str, ...], "The frameworks inside it."]


class HelpPage(Record, kw_only=True):
    """`help.html`: what to do when an install fails."""

    title: Annotated[str, "The title for the browser's tab."]


class OwnPage(Record, kw_only=True):
    """`page.html`: a page written by the owner."""

    title: Annotated[str, "Its title."]
    body: Annotated[Html, "Its text."]


class NotFoundPage(Record, kw_only=True):
    """`404.html`: for unknown addresses. A host shows it at any depth, so its links start at the root of the host."""

    title: Annotated[str, "The title for the browser's tab."]


PageView = CatalogPage | AppPage | BuildPage | HelpPage | OwnPage | NotFoundPage

TEMPLATES: dict[type[PageView], str] = {
    CatalogPage: "catalog.html",
    AppPage: "app.html",
    BuildPage: "build.html",
    HelpPage: "help.html",
    OwnPage: "page.html",
    NotFoundPage: "404.html",
}
"""The template of each kind of page."""
