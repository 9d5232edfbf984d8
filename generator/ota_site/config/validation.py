"""Validate single values from an owner or a pipeline: a channel, a contact, an address. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

CHANNEL_LENGTH = 40
"""The maximum length of a channel's name, in characters."""
_TEXT_LENGTH = 250
_MAIL = re.compile(r"""[^\s@:/\\<>()"'`,;]+@[^\s@:/\\<>()"'`,;?]+""")
# An address contains printable characters only. These need encoding, or would end an attribute or a line of Markdown.
_UNFIT = re.compile(r"""[\s<>"\\^`{|}]""")

Wrong = tuple[str, str]
"""A message that follows the name of the value, and a hint."""


def channel_mistake(name: str) -> Wrong | None:
    """Return what is wrong with the name of a channel, or None."""
    if not 1 <= len(name) <= CHANNEL_LENGTH or not name.isprintable() or name != name.strip():
        hint = f"use 1 to {CHANNEL_LENGTH} characters without spaces around them, such as `beta`"
        return f"{name!r} is not a channel name", hint
    return None


def contact_mistake(contact: str) -> Wrong | None:
    """Return what is wrong with a contact, or None. It is a mail address, or the URL of a page or of a mail address."""
    hint = "write it as qa@example.com or https://example.com/help"
    if not contact.strip():
        return "is empty", f"remove it, or {hint}"
    mail, _, query = contact.removeprefix("mailto:").partition("?")
    if _MAIL.fullmatch(mail) and not _UNFIT.search(query) and (contact.startswith("mailto:") or not query):
        return None
    if contact.startswith("https:"):
        return address_mistake(contact)
    return f"{contact!r} is neither a mail address nor an https address", hint


def address_mistake(url: str) -> Wrong | None:
    """Return what is wrong with the https address of a page, or None."""
    hint = "write it as https://example.com/page"
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname, parts.username, parts.port
    except ValueError as error:
        return f"is not an address: {error}", hint
    if user is not None:
        # Do not repeat the address: a password must not appear on pages or in logs.
        return "contains a user name or password", "remove it, because this address is public"
    if parts.scheme != "https" or not host or _UNFIT.search(url) or not url.isprintable():
        return f"{url!r} is not an https address", hint
    return None


def text_mistake(text: str) -> Wrong | None:
    """Return what is wrong with a text of one line, or None."""
    if not text.strip():
        return "is empty", "remove it, or set a value"
    if len(text) > _TEXT_LENGTH or not text.isprintable():
        return "is not a short line of text", f"use one line of at most {_TEXT_LENGTH} characters"
    return None


CHECKS: dict[str, Callable[[str], Wrong | None]] = {
    "branch": text_mistake,
    "channel": channel_mistake,
    "commit": text_mistake,
    "contact": contact_mistake,
    "minimum_build": text_mistake,
    "repository": address_mistake,
    "run": address_mistake,
}
"""The check of each key, which has one meaning everywhere."""
