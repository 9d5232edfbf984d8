"""What is wrong with one value that an owner or a pipeline gives: a channel, a contact, an address. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

CHANNEL_LENGTH = 40
"""Characters of a channel's name, at most."""
_TEXT_LENGTH = 250
_MAIL = re.compile(r"""[^\s@:/\\<>()"'`,;]+@[^\s@:/\\<>()"'`,;?]+""")
# What stands in an address is printable; these would need encoding, and end an attribute or a line of Markdown.
_UNFIT = re.compile(r"""[\s<>"\\^`{|}]""")

Wrong = tuple[str, str]
"""What is wrong, to stand after the value's name, and what to do about it."""


def channel_mistake(name: str) -> Wrong | None:
    """Say what is wrong with the name of a channel."""
    if not 1 <= len(name) <= CHANNEL_LENGTH or not name.isprintable() or name != name.strip():
        hint = f"write 1 to {CHANNEL_LENGTH} characters, such as `beta`, without blanks around them"
        return f"{name!r} is no name for a channel", hint
    return None


def contact_mistake(contact: str) -> Wrong | None:
    """Say what is wrong with a contact: a mail address, or the URL of a page or of a mail address."""
    hint = "write it as qa@example.com or https://example.com/help"
    if not contact.strip():
        return "is empty", f"leave it out, or {hint}"
    mail, _, query = contact.removeprefix("mailto:").partition("?")
    if _MAIL.fullmatch(mail) and not _UNFIT.search(query) and (contact.startswith("mailto:") or not query):
        return None
    if contact.startswith("https:"):
        return address_mistake(contact)
    return f"{contact!r} is no mail address and no https address", hint


def address_mistake(url: str) -> Wrong | None:
    """Say what is wrong with the https address of a page."""
    hint = "write it as https://example.com/page"
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname, parts.username, parts.port
    except ValueError as error:
        return f"is not an address: {error}", hint
    if user is not None:
        # It is not repeated: pages and logs are no place for a password.
        return "has a user name or password in it", "take it out: everybody sees this address"
    if parts.scheme != "https" or not host or _UNFIT.search(url) or not url.isprintable():
        return f"{url!r} is not an https address", hint
    return None


def text_mistake(text: str) -> Wrong | None:
    """Say what is wrong with a text of one line."""
    if not text.strip():
        return "is empty", "leave it out or fill it in"
    if len(text) > _TEXT_LENGTH or not text.isprintable():
        return "is no text of one line", f"write at most {_TEXT_LENGTH} characters"
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
"""By key: it means the same wherever it stands."""
