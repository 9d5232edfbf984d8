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

    title: Annotated[str, "What to call it."]
    href: Annotated[str, "Where it leads: relative for pages of this site, absolute for others."]


class DayView(Record, kw_only=True):
    """A day."""

    iso: Annotated[str, "For machines: 2027-06-04T09:00:00Z."]
    text: Annotated[str, "For people: 4 June 2027."]
    short: Annotated[str, "For people, where there is little room: 4 Jun 2027."]


class LanguageView(Record, kw_only=True):
    """A language in which this page can be read."""

    tag: Annotated[str, "Its tag, for `lang` and `hreflang`."]
    name: Annotated[str, "What its speakers call it."]
    href: Annotated[str, "This page in that language."]
    current: Annotated[bool, "Whether it is the language of this page."]


class SiteView(Record, kw_only=True):
    """The site."""

    title: Annotated[str, "The name of the site."]
    language: Annotated[str, "The language tag of this page."]
    direction: Annotated[str, "`ltr` or `rtl`, for `dir`."]
    languages: Annotated[tuple[LanguageView, ...], "The languages of this page; empty where there is only one."]
    indexed: Annotated[bool, "Whether search engines may list the site."]
    address: Annotated[str | None, "Where the site stands, absolute; none while nobody has said so."]
    home: Annotated[str, "The front page."]
    help: Annotated[str, "The help page."]
    here: Annotated[str | None, "This page's own address, absolute; none while the site has no address."]
    assets: Annotated[str, "The folder of the theme's files, with a slash at the end: `{{ site.assets }}style.css`."]
    look: Annotated[str | None, "A stylesheet with the owner's colours and font, to be linked after the theme's own."]
    logo: Annotated[str | None, "The owner's logo."]
    contact: Annotated[LinkView | None, "Whom a tester writes to."]
    webmanifest: Annotated[str, "The web app manifest."]
    feed: Annotated[str | None, "The Atom feed of all builds; none while the site has no address."]
    pages: Annotated[tuple[LinkView, ...], "The owner's own pages."]


class IconView(Record, kw_only=True):
    """An app's icon, square."""

    small: Annotated[str, "180 pixels."]
    large: Annotated[str, "360 pixels."]
    share: Annotated[str | None, "512 pixels, absolute, for link previews; none while the site has no address."]


class ElsewhereView(Record, kw_only=True):
    """The devices that an app is for, if it does not run on an iPhone."""

    device: Annotated[str, "The device that it is for, such as iPad."]
    on: Annotated[str, "The devices that do not run it, as `data-device` calls them: `iphone`, or `iphone ipad`."]
    word: Annotated[str, "The state there, in a word or two."]
    text: Annotated[str, "The whole answer there, one sentence without a full stop."]


class VerdictView(Record, kw_only=True):
    """Whether a build installs."""

    state: Annotated[str, "`ready`, `soon` (it installs, but expires within thirty days) or `blocked`."]
    word: Annotated[str, "The state in a word or two."]
    text: Annotated[str, "The whole answer, one sentence without a full stop."]
    until: Annotated[DayView | None, "When the profile or certificate expires; none for a blocked build."]
    then: Annotated[str, "The whole answer from that moment on; a script may show it. Empty where there is no `until`."]
    then_word: Annotated[str, "The same in a word or two."]
    elsewhere: Annotated[ElsewhereView | None, "What to say on devices that it is not for; none where there are none."]


class FactView(Record, kw_only=True):
    """A fact for the row under the install button."""

    term: Annotated[str, "What it is about."]
    value: Annotated[str, "What it is."]
    iso: Annotated[str | None, "The exact moment, where it is about a day."]


class DetailView(Record, kw_only=True):
    """An entry in the list of details."""

    term: Annotated[str, "What it is."]
    value: Annotated[str, "What it says."]
    code: Annotated[bool, "Whether it is an identifier, to be set in fixed-width type."]
    href: Annotated[str | None, "Where it leads, absolute; none for most."]


class PermissionView(Record, kw_only=True):
    """Something that the app asks the user for."""

    name: Annotated[str, "What it is, such as Camera."]
    text: Annotated[str, "What for, in the app's own words and language; may be empty."]


class RightView(Record, kw_only=True):
    """An entitlement: something that the app may do."""

    name: Annotated[str, "What it is, such as Push notifications."]
    value: Annotated[str, "More about it, such as the domains; may be empty."]
    key: Annotated[str, "Apple's key for it."]


class ChangeView(Record, kw_only=True):
    """A difference from the previous build."""

    term: Annotated[str, "What it is about."]
    before: Annotated[str | None, "What it was, may be empty; none where it is new."]
    after: Annotated[str | None, "What it is, may be empty; none where it is gone."]


class ProblemView(Record, kw_only=True):
    """A finding, worded for developers."""

    code: Annotated[str, "The rule's code, kept for ever."]
    severity: Annotated[str, "`error`, `warning` or `note`."]
    message: Annotated[str, "What is so, without a full stop."]
    hint: Annotated[str, "What to do about it; may be empty."]


class QrView(Record, kw_only=True):
    """The QR code of a page."""

    svg: Annotated[str, "The picture as SVG."]
    png: Annotated[str, "The picture as PNG."]
    address: Annotated[str, "What it says: the page's absolute address."]


class ShareView(Record, kw_only=True):
    """Ways to share a page."""

    address: Annotated[str, "Its absolute address, as it is to be copied."]
    text: Annotated[str, "What to say of it: name, version, address."]
    mail: Annotated[str, "A `mailto:` link that says so."]
    message: Annotated[str, "An `sms:` link that says so."]


class ReleaseView(Record, kw_only=True):
    """One build of an app."""

    version: Annotated[str, "The version people know, such as 1.4; a dash where there is none."]
    build: Annotated[str, "The build number; may be empty."]
    href: Annotated[str, "The page of this build."]
    icon: Annotated[IconView, "Its icon, a letter where it has none."]
    size: Annotated[str, "Its size, such as 48.2 MB."]
    built: Annotated[DayView | None, "When it was made, where the file knows."]
    verdict: Annotated[VerdictView, "Whether it installs."]
    signing: Annotated[str, "How it is signed: `ad-hoc`, `development`, `enterprise`, `app-store`, `none`."]
    signing_words: Annotated[str, "The same in words."]
    channel: Annotated[str | None, "The channel it is in, such as beta."]
    devices: Annotated[int | None, "How many devices are registered for it; none where any will do."]
    system: Annotated[str, "The system it runs on, such as iOS."]
    minimum_os: Annotated[str | None, "The oldest version of that system, such as 17.0."]
    families: Annotated[tuple[str, ...], "The devices it is made for: iPhone, iPad."]
    install: Annotated[str | None, "The link that installs it, for an `<a href>`; none while the site has no address."]
    ipa: Annotated[str, "The IPA itself."]
    qr: Annotated[QrView | None, "The QR code of the page it is shown on; none while the site has no address."]
    share: Annotated[ShareView | None, "How to pass the page on; none while the site has no address."]
    facts: Annotated[tuple[FactView, ...], "Version, size, system, dates: one short row."]
    notes: Annotated[Html | None, "What is new in it, in the owner's words."]
    steps: Annotated[tuple[str, ...], "What the tester does after the tap, one sentence a step."]
    problems: Annotated[tuple[ProblemView, ...], "All findings, what stops an install first."]
    details: Annotated[tuple[DetailView, ...], "Identifiers and figures, for the curious."]
    origin: Annotated[tuple[DetailView, ...], "Commit, branch and CI run, where they are known."]


class RowView(Record, kw_only=True):
    """A build in a list."""

    version: Annotated[str, "The version; a dash where there is none."]
    build: Annotated[str, "The build number; may be empty."]
    href: Annotated[str, "Its page."]
    built: Annotated[DayView | None, "When it was made, where the file knows."]
    channel: Annotated[str | None, "The channel it is in, such as beta."]
    verdict: Annotated[VerdictView, "Whether it installs."]
    current: Annotated[bool, "Whether it is the build shown on this page."]
    search: Annotated[str, "What a search looks in: version, number, channel, in small letters."]


class VersionView(Record, kw_only=True):
    """All builds of one version, newest first."""

    version: Annotated[str, "The version; a dash where there is none."]
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
    tags: Annotated[tuple[str, ...], "The owner's words for it."]
    links: Annotated[tuple[LinkView, ...], "Places elsewhere."]
    contact: Annotated[LinkView | None, "Whom a tester of this app writes to, else the site's."]
    body: Annotated[Html | None, "The owner's description."]
    screenshots: Annotated[tuple[ScreenshotView, ...], "Pictures of it."]


class ChannelView(Record, kw_only=True):
    """A channel of an app, with its newest build."""

    name: Annotated[str, "Its name."]
    version: Annotated[str, "The version of its newest build; a dash where there is none."]
    build: Annotated[str, "The build number of that; may be empty."]
    href: Annotated[str, "The page that always shows its newest build."]
    built: Annotated[DayView | None, "When that was made, where the file knows."]
    verdict: Annotated[VerdictView, "Whether that installs."]
    current: Annotated[bool, "Whether it is the channel of this page."]


class ChoiceView(Record, kw_only=True):
    """One value that a list can be filtered by."""

    value: Annotated[str, "What the rows carry."]
    text: Annotated[str, "What it is called."]


class CatalogRow(Record, kw_only=True):
    """An app in the catalog."""

    name: Annotated[str, "Its name."]
    subtitle: Annotated[str, "The owner's line about it, else the team; may be empty."]
    href: Annotated[str, "Its page."]
    icon: Annotated[IconView, "Its icon."]
    bundle_id: Annotated[str, "Its bundle identifier."]
    version: Annotated[str, "The newest version; a dash where there is none."]
    build: Annotated[str, "The build number of that; may be empty."]
    built: Annotated[DayView | None, "When that was made, where the file knows."]
    verdict: Annotated[VerdictView, "Whether the newest build installs."]
    platforms: Annotated[tuple[str, ...], "Values of the filter by device."]
    signing: Annotated[str, "Value of the filter by signing."]
    channels: Annotated[tuple[str, ...], "Values of the filter by channel."]
    tags: Annotated[tuple[str, ...], "The owner's words for it."]
    search: Annotated[str, "What a search looks in: name, identifier, version, tags, team, in small letters."]


class CatalogPage(Record, kw_only=True):
    """`catalog.html`: the front page."""

    title: Annotated[str, "The title for the browser's tab."]
    body: Annotated[Html | None, "The owner's words."]
    qr: Annotated[QrView | None, "The QR code of this page; none while the site has no address."]
    apps: Annotated[tuple[CatalogRow, ...], "The apps, in the owner's order."]
    platforms: Annotated[tuple[ChoiceView, ...], "The filter by device; empty where there is nothing to choose."]
    signings: Annotated[tuple[ChoiceView, ...], "The filter by signing; empty where there is nothing to choose."]
    channels: Annotated[tuple[ChoiceView, ...], "The filter by channel; empty where there is nothing to choose."]
    notes: Annotated[str, "A JSON file of what else a search looks in: a list of texts, in the order of `apps`."]


class AppPage(Record, kw_only=True):
    """`app.html`: an app with its newest build."""

    title: Annotated[str, "The title for the browser's tab."]
    app: Annotated[AppView, "The app."]
    release: Annotated[ReleaseView, "Its newest build."]
    instead: Annotated[LinkView | None, "Where that does not install, the newest build that does."]
    channel: Annotated[str | None, "The channel whose newest build is shown; none on the app's own page."]
    channels: Annotated[tuple[ChannelView, ...], "Its channels, in the owner's order; empty where there is none."]
    history: Annotated[tuple[VersionView, ...], "All its builds, newest version first."]
    builds: Annotated[int, "How many those are."]
    before: Annotated[LinkView | None, "The build before the one that is shown, where there is one."]
    feed: Annotated[str | None, "The Atom feed of this app; none while the site has no address."]


class BuildPage(Record, kw_only=True):
    """`build.html`: one build of an app."""

    title: Annotated[str, "The title for the browser's tab."]
    app: Annotated[AppView, "The app."]
    release: Annotated[ReleaseView, "The build."]
    instead: Annotated[LinkView | None, "Where it does not install, the newest build that does."]
    newest: Annotated[
        LinkView | None, "A newer build: the newest of its channel, else of all; none for the newest of all."
    ]
    before: Annotated[LinkView | None, "The build before this, where there is one."]
    changes: Annotated[tuple[ChangeView, ...], "What is different from the build before."]
    permissions: Annotated[tuple[PermissionView, ...], "What it asks the user for."]
    rights: Annotated[tuple[RightView, ...], "What it may do: its entitlements."]
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
