"""Detect the static host that runs the build, and the site's address, from the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ota_site.model.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GITHUB_PAGES = "GitHub Pages"
_MIB = 1 << 20


class Host(Record, kw_only=True):
    """A static host, its file size limit in bytes, and the site's address if known.

    `setting` is the environment variable that contains the address.
    """

    name: str
    setting: str = ""
    address: str | None = None
    file_limit: int | None = None


def detect_host(environment: Mapping[str, str]) -> Host | None:
    """Return the host that runs this build; None on other machines."""
    for detect in _HOSTS:
        if host := detect(environment):
            return host
    return None


def _netlify(environment: Mapping[str, str]) -> Host | None:
    # `netlify dev` sets a local address, which must not be used in pages.
    if environment.get("NETLIFY") != "true" or environment.get("CONTEXT") == "dev":
        return None
    setting = "URL" if environment.get("CONTEXT") == "production" else "DEPLOY_PRIME_URL"
    setting = setting if environment.get(setting) else "URL"
    return Host(name="Netlify", setting=setting, address=environment.get(setting))


def _cloudflare(environment: Mapping[str, str]) -> Host | None:
    if environment.get("CF_PAGES") != "1":
        return None
    address = environment.get("CF_PAGES_URL")
    return Host(name="Cloudflare Pages", setting="CF_PAGES_URL", address=address, file_limit=25 * _MIB)


def _vercel(environment: Mapping[str, str]) -> Host | None:
    if environment.get("VERCEL") != "1":
        return None
    settings = ["VERCEL_BRANCH_URL", "VERCEL_URL"]
    if environment.get("VERCEL_ENV") == "production":
        settings.insert(0, "VERCEL_PROJECT_PRODUCTION_URL")
    setting = next((name for name in settings if environment.get(name)), settings[-1])
    name = environment.get(setting)
    return Host(name="Vercel", setting=setting, address=f"https://{name}/" if name else None)


def _render(environment: Mapping[str, str]) -> Host | None:
    if environment.get("RENDER") != "true":
        return None
    return Host(name="Render", setting="RENDER_EXTERNAL_URL", address=environment.get("RENDER_EXTERNAL_URL"))


def _gitlab(environment: Mapping[str, str]) -> Host | None:
    if environment.get("GITLAB_CI") != "true":
        return None
    address = environment.get("CI_PAGES_URL")
    return Host(name="GitLab Pages", setting="CI_PAGES_URL", address=address)


def _github(environment: Mapping[str, str]) -> Host | None:
    owner, _, repository = environment.get("GITHUB_REPOSITORY", "").partition("/")
    elsewhere = environment.get("GITHUB_SERVER_URL", "https://github.com") != "https://github.com"
    if environment.get("GITHUB_ACTIONS") != "true" or not repository or elsewhere:
        return None
    site = f"{owner.lower()}.github.io"
    address = f"https://{site}/" if repository.lower() == site else f"https://{site}/{repository}/"
    return Host(name=GITHUB_PAGES, setting="GITHUB_REPOSITORY", address=address)


_HOSTS: tuple[Callable[[Mapping[str, str]], Host | None], ...] = (
    _netlify,
    _cloudflare,
    _vercel,
    _render,
    _gitlab,
    _github,
)
