"""Serve the page that an iPhone opens first, over http: the profile to install, the switch to turn on, and the site.

This app serves no files of the site. The page is in English only.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.routing import Route

from ota_site.preview.installs.log import device_name
from ota_site.preview.lan.profile import PROFILE_TYPE, trust_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.requests import Request

_PROFILE_PATH = "/ota-site.mobileconfig"


def make_welcome(root: bytes, name: str, *, site: str, hosts: Iterable[str], say: Callable[[str], None]) -> Starlette:
    """Return the application: the welcome page at `/`, and the profile.

    root: the authority's certificate as DER. name: the authority's name. site: the https address of the site.
    hosts: the accepted addresses and names of this machine, without ports; requests for others are refused.
    say: is called with a line for each request.
    """
    page = welcome_page(name, site).encode()
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"default-src 'none'; style-src '{_style_hash(page)}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }

    async def welcome(request: Request) -> Response:
        say(f"{_visitor(request)} opened the welcome page")
        return Response(page, headers=headers, media_type="text/html")

    async def profile(request: Request) -> Response:
        say(f"{_visitor(request)} downloaded the profile; next, install it and turn on trust for it")
        return Response(trust_profile(root, name), headers=headers, media_type=PROFILE_TYPE)

    return Starlette(
        routes=[Route("/", welcome), Route(_PROFILE_PATH, profile)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[*hosts], www_redirect=False)],
    )


def welcome_page(name: str, site: str) -> str:
    """Return the page's HTML."""
    template = Template(Path(__file__).with_name("welcome.html").read_text("utf-8"))
    return template.substitute(name=html.escape(name), site=html.escape(site), profile=_PROFILE_PATH)


def _visitor(request: Request) -> str:
    return f"{device_name(request.headers.get('user-agent', ''))} at {request.client.host if request.client else ''}"


def _style_hash(page: bytes) -> str:
    """Return the hash of the page's only style element for its policy (CSP level 3, hash-source)."""
    (style,) = re.findall(rb"<style>(.*?)</style>", page, re.DOTALL)
    return f"sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}"
