"""Recognise addresses that show a page instead of a file, and find the file's direct address. Pure.

Formats: the direct download addresses in each service's documentation or pages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlunsplit

from ota_site.model.records import Record

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_AS_FILE = "use the file’s address, not that of the page that shows it"
_HOSTED = "put the file on a static host: this one shows a page before the download"
_STORE = "put the .ipa and its manifest on a static host: this page cannot be used in a manifest"
_ENCRYPTED = "put the file on a static host: this one sends encrypted files, which only its page can decrypt"
_ENDED = "put the file on a static host: this service was shut down"
_CONSOLE = "use the file’s own address, and make it public"
_LOGIN = "put the file on a static host: this address asks for a login, which iOS cannot answer"


class SharingPage(Record, kw_only=True):
    """A page instead of a file. `what` continues after “the address”; `direct` is the file's address, if known.

    large_only: the service sends small files directly, and shows the page only before files over 100 MB.
    """

    what: str
    hint: str
    direct: str | None = None
    large_only: bool = False


class _Service(Record):
    """A service and its domains. `direct` matches the path and query of its direct file addresses."""

    name: str
    domains: tuple[str, ...]
    hint: str = _HOSTED
    direct: str | None = None


_SERVICES = (
    _Service(
        "GitHub",
        ("github.com",),
        "use GitHub Pages or a release asset",
        r"/[^/]+/[^/]+/(?:raw|releases/(?:latest/)?download|archive|files/\d+)/|/user-attachments/files/"
        r"|/[^/]+/[^/]+/blob/.*[?&]raw=(?:1|true)\b",
    ),
    _Service("GitHub", ("gist.github.com",), _AS_FILE, r"/[^/]+/[0-9a-f]+/raw\b"),
    _Service("GitLab", ("gitlab.com",), _AS_FILE, r".*/(?:raw|uploads|downloads|download|api)\b"),
    _Service("Bitbucket", ("bitbucket.org",), _AS_FILE, r".*/(?:raw|downloads)/."),
    _Service("Azure DevOps", ("dev.azure.com", "visualstudio.com"), _LOGIN, r".*/_apis/"),
    _Service("Hugging Face", ("huggingface.co",), _AS_FILE, r".*/resolve/"),
    _Service("SourceForge", ("sourceforge.net",), _AS_FILE, r"/p/[^?]*format=raw"),
    # With dl=1 or raw=1, the link of a file returns the file, and the link of a folder a zip.
    _Service("Dropbox", ("dropbox.com",), _HOSTED, r"/(?:s|scl/fi)/.*[?&](?:dl|raw)=1(?:&|$)"),
    _Service("Google Drive", ("drive.google.com", "docs.google.com"), _HOSTED),
    _Service("Google", ("photos.google.com", "sites.google.com", "drive.google", "goo.gl")),
    _Service(
        "Google Cloud",
        ("storage.cloud.google.com", "console.cloud.google.com", "console.firebase.google.com"),
        "use its address at storage.googleapis.com, and make it public",
    ),
    _Service("OneDrive", ("onedrive.live.com", "1drv.ms"), _HOSTED, r"/download\b.*[?&]resid="),
    _Service(
        "SharePoint", ("sharepoint.com", "sharepoint.cn"), _HOSTED, r".*[?&]download=1(?:&|$)|.*/download\.aspx\b"
    ),
    _Service("iCloud", ("icloud.com", "icloud.com.cn")),
    _Service("Box", ("box.com",), _HOSTED, r"/(?:shared|public)/static/."),
    _Service("Mega", ("mega.nz", "mega.io", "mega.co.nz", "mega.app"), _ENCRYPTED),
    _Service("Proton Drive", ("drive.proton.me",), _ENCRYPTED),
    _Service("MediaFire", ("mediafire.com", "www.mediafire.com", "app.mediafire.com")),
    _Service("WeTransfer", ("wetransfer.com", "we.tl")),
    _Service("pCloud", ("pcloud.link", "my.pcloud.com", "www.pcloud.com", "pcloud.com", "pc.cd")),
    _Service("Yandex Disk", ("disk.yandex.ru", "disk.yandex.com", "disk.yandex.net", "disk.360.yandex.ru", "yadi.sk")),
    _Service("Baidu", ("pan.baidu.com", "yun.baidu.com")),
    _Service("Aliyun Drive", ("alipan.com", "aliyundrive.com")),
    _Service("Tencent Weiyun", ("weiyun.com",)),
    _Service("Quark", ("pan.quark.cn",)),
    _Service("Xunlei", ("pan.xunlei.com",)),
    _Service("189 Cloud", ("cloud.189.cn",)),
    _Service("123pan", ("123pan.com", "123pan.cn", "www.123684.com")),
    _Service("Lanzou", ("lanzou.com", "lanzous.com", "lanzoui.com", "lanzoux.com", "lanzouw.com", "lanzouu.com")),
    _Service("CTFile", ("ctfile.com",)),
    _Service("CowTransfer", ("cowtransfer.com",)),
    _Service("Gofile", ("gofile.io",), _HOSTED, r"/download/direct/"),
    _Service("Pixeldrain", ("pixeldrain.com",), _AS_FILE, r"/api/file/"),
    _Service("tmpfiles.org", ("tmpfiles.org",), _AS_FILE, r"/dl/"),
    _Service("Internet Archive", ("archive.org",), _AS_FILE, r"/(?:download|serve)/[^/]+/."),
    _Service("the Wayback Machine", ("web.archive.org",), _AS_FILE, r"/web/\d+(?:id_|if_)/"),
    _Service("Jumpshare", ("jumpshare.com", "jmp.sh")),
    _Service("Filemail", ("filemail.com",), _HOSTED, r"/api/"),
    _Service("Sync.com", ("sync.com",)),
    _Service("Smash", ("fromsmash.com",)),
    _Service("SwissTransfer", ("swisstransfer.com",)),
    _Service("Send Anywhere", ("send-anywhere.com", "sendanywhe.re")),
    _Service("Zoho", ("workdrive.zoho.com", "workdrive.zohopublic.com", "workdrive.zoho.eu")),
    _Service("4shared", ("4shared.com",)),
    _Service("Workupload", ("workupload.com",)),
    _Service("KrakenFiles", ("krakenfiles.com",)),
    _Service("a file sharing site", ("rapidgator.net", "turbobit.net", "1fichier.com", "uploaded.net", "ufile.io")),
    _Service("a file sharing site", ("sendspace.com", "zippyshare.com", "anonfiles.com", "send.cm", "uploadfiles.io")),
    _Service("Telegram", ("t.me", "telegram.me", "telegram.dog", "web.telegram.org")),
    _Service("Discord", ("discord.com", "discord.gg", "discordapp.com")),
    _Service("Slack", ("slack.com", "slack-files.com"), _LOGIN),
    _Service("Microsoft Teams", ("teams.microsoft.com", "teams.live.com"), _LOGIN),
    _Service("Notion", ("notion.so", "notion.site"), _LOGIN),
    _Service("Jira", ("atlassian.net",), _LOGIN),
    _Service("Trello", ("trello.com",), _LOGIN),
    _Service("Amazon’s console", ("console.aws.amazon.com",), _CONSOLE),
    _Service("Azure’s portal", ("portal.azure.com",), _CONSOLE),
    _Service("TestFlight", ("testflight.apple.com",), _STORE),
    _Service("the App Store", ("apps.apple.com", "itunes.apple.com", "appsto.re"), _STORE),
    _Service("Apple", ("appstoreconnect.apple.com", "developer.apple.com"), _STORE),
    _Service("Diawi", ("diawi.com",), _STORE),
    _Service("InstallOnAir", ("installonair.com",), _STORE),
    _Service("App Center", ("install.appcenter.ms", "appcenter.ms"), _ENDED),
    _Service("HockeyApp", ("hockeyapp.net",), _ENDED),
    _Service("Firebase", ("appdistribution.firebase.dev", "appdistribution.firebase.google.com"), _STORE),
    _Service("TestFairy", ("testfairy.com",), _STORE),
    _Service("TestApp.io", ("testapp.io",), _STORE),
    _Service("Loadly", ("loadly.io",), _STORE),
    _Service("Pgyer", ("pgyer.com", "pgyerapp.com"), _STORE),
    _Service("fir.im", ("fir.im", "fir.xcxwo.com"), _STORE),
    _Service("Updraft", ("getupdraft.com",), _STORE),
    _Service("Appetize", ("appetize.io",), _STORE),
    _Service("Expo", ("expo.dev",), _STORE, r"/artifacts/"),
    _Service("Bitrise", ("app.bitrise.io",), _LOGIN),
)
_BY_DOMAIN = {domain: service for service in _SERVICES for domain in service.domains}

# For services with that domain only: the address of a page, and the direct address.
_REWRITES = (
    (
        "github.com",
        r"https://(?:www\.)?github\.com(/[^/]+/[^/]+)/blob/([^?#]+).*",
        r"https://raw.githubusercontent.com\1/\2",
    ),
    ("huggingface.co", r"(https://[^?]+)/blob/(.+)", r"\1/resolve/\2"),
    ("bitbucket.org", r"(https://[^?]+?)/src/(.+)", r"\1/raw/\2"),
    ("gitlab.com", r"(https://[^?]+?)/blob/(.+)", r"\1/raw/\2"),
    ("sharepoint.com", r"(https://[^?]+/:[a-eg-z]:/[^?#]+)(?:\?([^#]*))?.*", r"\1?\2&download=1"),
    (
        "sourceforge.net",
        r"https://(?:www\.)?sourceforge\.net/projects/([^/]+)/files/([^?]+?)/download(?:\?.*)?",
        r"https://downloads.sourceforge.net/project/\1/\2",
    ),
    ("pixeldrain.com", r"https://(?:www\.)?pixeldrain\.com/u/(\w+).*", r"https://pixeldrain.com/api/file/\1?download"),
    ("tmpfiles.org", r"https://tmpfiles\.org/(\d+/.+)", r"https://tmpfiles.org/dl/\1"),
    (
        "storage.cloud.google.com",
        r"https://storage\.cloud\.google\.com/([^?]+).*",
        r"https://storage.googleapis.com/\1",
    ),
)
# For software that is often self-hosted.
_ANYWHERE = (
    ("GitLab", r"(https://[^?]+/-)/blob/(.+)", r"\1/raw/\2"),
    ("GitLab", r"(https://[^?]+/-/jobs/[^?]*artifacts)/(?:file|browse)/(.+)", r"\1/raw/\2"),
    ("Gitea", r"(https://[^/?]+/[^/?]+/[^/?]+)/src/((?:branch|tag|commit)/.+)", r"\1/raw/\2"),
    ("Gitee", r"(https://gitee\.com/[^/]+/[^/]+)/blob/(.+)", r"\1/raw/\2"),
    ("Bitbucket", r"(https://[^?]+/projects/[^/]+/repos/[^/]+)/browse/(.+)", r"\1/raw/\2"),
)


def page_of(parts: SplitResult) -> SharingPage | None:
    """Return the page that an https address shows instead of a file; None if it may be a file."""
    address, target = urlunsplit(parts), urlunsplit(("", "", parts.path, parts.query, ""))
    for name, pattern, direct in _ANYWHERE:
        if match := re.fullmatch(pattern, address):
            return SharingPage(
                what=f"is a page on {name} that shows the file", hint=_AS_FILE, direct=match.expand(direct)
            )
    service = _service(parts.hostname or "")
    if service is not None:
        return None if service.direct and re.match(service.direct, target) else _service_page(service, parts, address)
    if parts.hostname == "firebasestorage.googleapis.com" and "alt=media" not in parts.query.split("&"):
        direct = urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, "alt=media")))))
        return SharingPage(what="is Firebase’s metadata of the file", hint="end it with alt=media", direct=direct)
    path = parts.path
    if path in ("", "/") or path.endswith("/") or re.search(r"\.x?html?$", path, re.IGNORECASE):
        return SharingPage(what="is that of a page, not of a file", hint=_AS_FILE)
    return None


def _service(host: str) -> _Service | None:
    """Return the service of a host, found by its name or the nearest parent domain; None if it is unknown."""
    labels = host.removeprefix("www.").split(".")
    domains = (".".join(labels[start:]) for start in range(len(labels) - 1))
    found = next((_BY_DOMAIN[domain] for domain in domains if domain in _BY_DOMAIN), None)
    # Hosts that send files are subdomains of the pages' domain.
    return None if found and re.match(r"download\d|downloads?\.|dl\.|cdn\.|.+\.dl\.", host) else found


def _service_page(service: _Service, parts: SplitResult, address: str) -> SharingPage | None:
    if service.name == "Google Drive":
        return _drive(parts)
    if service.name == "Dropbox" and re.match(r"/(?:s|scl/fi)/.", parts.path):
        rest = [pair for pair in parts.query.split("&") if pair and not pair.startswith(("dl=", "raw="))]
        direct = urlunsplit(parts._replace(query="&".join([*rest, "dl=1"])))
        return SharingPage(what="is a page on Dropbox that shows the file", hint="end it with dl=1", direct=direct)
    for domain, pattern, direct in _REWRITES:
        if domain in service.domains and (match := re.fullmatch(pattern, address)):
            made = match.expand(direct).replace("?&", "?")
            return SharingPage(what=f"is a page on {service.name} that shows the file", hint=_AS_FILE, direct=made)
    return SharingPage(what=f"is a page on {service.name}, not a file", hint=service.hint)


def _drive(parts: SplitResult) -> SharingPage | None:
    """Return Google Drive's page: large files always have one, which says that they were not scanned."""
    if not re.match(r"/uc\b", parts.path) or "export=download" not in parts.query.split("&"):
        return SharingPage(what="is a page on Google Drive, not a file", hint=_HOSTED)
    what = "is on Google Drive, which shows a page before files over 100 MB"
    return SharingPage(what=what, hint="put the file on a static host", large_only=True)
