"""Parse XML property lists the way iOS does.

CFPropertyList.c (swift-corelibs-foundation) is not an XML parser: it accepts text that is not XML and rejects much that
is. This parser treats each construct the same way. Its errors name the line and say what to write instead. Nothing is
read twice, and nesting is bounded.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from datetime import UTC, datetime, timedelta
from html.entities import html5
from typing import TYPE_CHECKING, NoReturn

from ota_site.apple.zip.directory import printable
from ota_site.model.plain_text import shown

if TYPE_CHECKING:
    from collections.abc import Callable

_DEPTH_LIMIT = 512
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml[^?>]{0,200}?\bencoding=(["'])([A-Za-z0-9._:-]{1,40})\1""")
# Python encodings that no text file uses.
_NO_ENCODINGS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}

_BLANKS = re.compile(r"[ \t\r\n]*")
# Matches most of a property list in one step: an element with plain text, a container's start or end, a boolean.
_SIMPLE = re.compile(
    r"[ \t\r\n]*<(?:(key|string|integer|data|real|date)>([^<&]*)</\1>|(dict|array)>|/(dict|array)>|(true|false)/>)"
)
# Possessive, so that an unclosed tag does not backtrack.
_TAG = re.compile(r"([^ \t\r\n>]*+)[^>]*+>")
_PLAIN = re.compile(r"[^<&]*")
_ENTITY = re.compile(r"&(?:(lt|gt|amp|apos|quot)|#(?:x([0-9A-Fa-f]{1,7})|([0-9]{1,7})));")
_NAMED = re.compile(r"&(\w{1,32};?)?")
_LINE = re.compile(r"\r\n?|\n")
_DATE = re.compile(r"(-?)([0-9]+)-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")
_INTEGER = re.compile(r"\s*([-+]?)\s*(?:0[xX]([0-9A-Fa-f]+)|([0-9]+))")
_INTEGER_LIMITS = range(-(1 << 63), 1 << 64)
_CHARACTERS = {"lt": "<", "gt": ">", "amp": "&", "apos": "'", "quot": '"'}
_CONTAINERS = ("plist", "dict", "array")
_LEAVES = ("key", "string", "data", "date", "real", "integer")
_ELEMENTS = (*_CONTAINERS, *_LEAVES, "true", "false")
_NO_KEY = object()


class PlistXmlError(ValueError):
    """The text is not a property list that iOS accepts. The message begins with the line number."""


def read_xml_plist(data: bytes) -> object:
    """Return the value of an XML property list. Raises PlistXmlError."""
    return _XmlReader(_decoded(data)).read()


def _decoded(data: bytes) -> str:
    """Return the text. Bytes that are not UTF-8 become surrogates, which are an error inside a value."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _text(data[len(mark) :], encoding)
    declared = _DECLARED.match(data)
    if declared is None:
        return _text(data, "utf-8")
    name = declared[2].decode()
    try:
        known = codecs.lookup(name).name
        return _text(data, "undefined" if known.replace("-", "_") in _NO_ENCODINGS else known)
    # Some Python codecs convert bytes to bytes.
    except LookupError as error:
        raise PlistXmlError(f"line 1: the encoding {name} is unknown: save it as UTF-8") from error


def _text(data: bytes, encoding: str) -> str:
    if encoding == "undefined":
        raise LookupError(encoding)
    try:
        return data.decode(encoding)
    except ValueError as error:
        if encoding == "utf-8":
            return data.decode(encoding, "surrogateescape")
        raise PlistXmlError(f"line 1: it is not in the encoding that it declares, {encoding}") from error


class _XmlReader:
    """A position in the text, and the containers open there."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        # Each open container: its name, its start and its value. `_keys` has the key that waits for a value.
        self._open: list[tuple[str, int, object]] = []
        self._keys: list[object] = []
        self._done = False
        self._result: object = None

    def read(self) -> object:
        """Return the value of the root element. Text after it is ignored."""
        while not self._done:
            simple = _SIMPLE.match(self._text, self._at)
            if simple is None:
                self._construct()
                continue
            start, self._at = simple.start(simple.lastindex or 0), simple.end()
            leaf, text, opened, closed, switch = simple.groups()
            if leaf is not None:
                self._leaf(leaf, text, start)
            elif opened is not None:
                self._begin(opened, start)
            elif closed is not None:
                self._end(closed, start)
            else:
                self._put(switch == "true")
        return self._result

    # --- rarer constructs -----------------------------------------------------------------------------------

    def _construct(self) -> None:
        """Read the next tag, comment, processing instruction or DOCTYPE, and the blanks before it."""
        text = self._text
        blanks = _BLANKS.match(text, self._at)
        start = self._at = blanks.end() if blanks else self._at
        if start >= len(text):
            self._refuse(start, f"it ends before </{self._open[-1][0]}>" if self._open else "it has no element")
        if text[start] != "<":
            self._refuse(start, _stray(text[start : start + 20]))
        following = text[start + 1 : start + 2]
        if following == "?":
            self._skip("?>", start, "a processing instruction is not closed")
        elif text.startswith("<!--", start):
            self._skip("-->", start + 4, "a comment is not closed")
        elif following == "!":
            self._doctype(start)
        else:
            self._tag(start)

    def _doctype(self, start: int) -> None:
        if self._open or not self._text.startswith("<!DOCTYPE", start):
            self._refuse(start, "<! starts neither a comment nor the DOCTYPE: write <!-- for a comment")
        end = self._text.find(">", start)
        bracket = self._text.find("[", start, end if end >= 0 else None)
        if bracket >= 0:
            self._refuse(bracket, "the DOCTYPE has declarations ([…]), which iOS does not read: remove them")
        self._skip(">", start, "the DOCTYPE is not closed")

    def _skip(self, mark: str, start: int, wrong: str) -> None:
        end = self._text.find(mark, start)
        if end < 0:
            self._refuse(start, wrong)
        self._at = end + len(mark)

    def _tag(self, start: int) -> None:
        """Read a tag, which may have attributes or blanks."""
        match = _TAG.match(self._text, start + 1)
        if match is None:
            self._refuse(start, "a tag is not closed")
        self._at = match.end()
        empty = match[0].endswith("/>")
        name = match[1].removesuffix("/") if empty and match.end(1) == match.end() - 1 else match[1]
        if name.startswith("/"):
            self._end(name[1:], start)
        elif name not in _ELEMENTS:
            self._refuse(start, _unknown(name))
        elif name in _CONTAINERS:
            self._begin(name, start)
            if empty:
                self._end(name, start)
        elif name in ("true", "false"):
            if not empty:
                self._close(name, start)
            self._put(name == "true")
        elif empty and name not in ("key", "string"):
            self._refuse(start, f"<{name}/> is empty")
        elif empty:
            self._leaf(name, "", start)
        else:
            text = self._content(name, start)
            self._close(name, start)
            self._leaf(name, text, start)

    def _content(self, name: str, start: int) -> str:
        """Return the text of an element, from characters, references and CDATA."""
        parts: list[str] = []
        while True:
            plain = _PLAIN.match(self._text, self._at)
            if plain is None or plain.end() >= len(self._text):
                self._refuse(start, f"<{name}> is not closed")
            parts.append(plain[0])
            self._at = plain.end()
            if self._text.startswith("<![CDATA[", self._at):
                begin = self._at + 9
                self._skip("]]>", begin, "CDATA is not closed")
                parts.append(self._text[begin : self._at - 3])
            elif self._text.startswith("<!", self._at):
                self._refuse(self._at, f"a comment is inside <{name}>, where iOS allows none: move it out")
            elif self._text[self._at] == "&":
                parts.append(self._reference())
            else:
                return "".join(parts)

    def _reference(self) -> str:
        match = _ENTITY.match(self._text, self._at)
        if match is None:
            self._refuse(self._at, _unknown_reference(self._text, self._at))
        self._at = match.end()
        if match[1]:
            return _CHARACTERS[match[1]]
        number = int(match[2], 16) if match[2] else int(match[3])
        if number > 0x10FFFF or 0xD800 <= number < 0xE000:
            self._refuse(match.start(), f"{match[0]} is not a character")
        return chr(number)

    def _close(self, name: str, start: int) -> None:
        """Read the end tag of an element without children."""
        end = re.compile(rf"</{name}[ \t\r\n]*>").match(self._text, self._at)
        if end is None:
            self._refuse(self._at, f"</{name}> is missing for the <{name}> on line {self._line(start)}")
        self._at = end.end()

    # --- values ---------------------------------------------------------------------------------------------

    def _begin(self, name: str, start: int) -> None:
        if len(self._open) > _DEPTH_LIMIT:
            self._refuse(start, "it is nested too deeply")
        value: object = {} if name == "dict" else []
        self._open.append((name, start, value))
        self._keys.append(_NO_KEY)

    def _end(self, name: str, start: int) -> None:
        opened, began, value = self._open[-1] if self._open else ("", 0, None)
        if name != opened:
            expected = f": expected </{opened}> for the <{opened}> on line {self._line(began)}" if opened else ""
            self._refuse(start, f"</{name[:20]}> has no start tag{expected}")
        if self._keys[-1] is not _NO_KEY:
            self._refuse(start, f"the key {str(self._keys[-1])[:60]} has no value")
        if name == "plist" and not value:
            self._refuse(start, "<plist> is empty")
        self._open.pop()
        self._keys.pop()
        # The value of <plist> is the value inside it.
        self._put(value[0] if name == "plist" and isinstance(value, list) else value)

    def _leaf(self, name: str, text: str, start: int) -> None:
        if name in ("key", "string"):
            if not text.isascii() and _BROKEN.search(text):
                self._refuse(start, f"<{name}> has bytes that are not UTF-8: save the file as UTF-8")
            if name == "key":
                self._key(text)
            else:
                self._put(text)
            return
        try:
            self._put(_VALUES[name](text))
        except (ValueError, OverflowError) as error:
            held = text.strip()[:40]
            self._refuse(start, f"<{name}> contains {held!r}: {error}" if held else f"<{name}> is empty")

    def _key(self, text: str) -> None:
        """Keep the key for the next value. Outside a dictionary, or after another key, a key is a text."""
        if self._open and self._open[-1][0] == "dict" and self._keys[-1] is _NO_KEY:
            self._keys[-1] = text
        else:
            self._put(text)

    def _put(self, value: object) -> None:
        """Add a value to the innermost container. Without one, the value is the result."""
        if not self._open:
            self._done, self._result = True, value
            return
        name, start, container = self._open[-1]
        if isinstance(container, dict):
            if self._keys[-1] is _NO_KEY:
                self._refuse(self._at, f"a value has no key in the <dict> on line {self._line(start)}")
            container[self._keys[-1]] = value
            self._keys[-1] = _NO_KEY
        elif isinstance(container, list):
            if name == "plist" and container:
                self._refuse(self._at, "<plist> contains more than one value")
            container.append(value)

    # --- messages -------------------------------------------------------------------------------------------

    def _line(self, at: int) -> int:
        return 1 + sum(1 for _ in _LINE.finditer(self._text, 0, at))

    def _refuse(self, at: int, wrong: str) -> NoReturn:
        raise PlistXmlError(f"line {self._line(at)}: {shown(wrong)}")


_BROKEN = re.compile("[\ud800-\udfff]")


def _stray(text: str) -> str:
    """Return the error message for text between elements."""
    if text[0] == "\xa0":
        return "there is a no-break space between elements: write an ordinary space"
    if text[0] in "\u200b\ufeff\u2028\u2029" or text[0].isspace():
        return f"there is a space U+{ord(text[0]):04X} between elements: write an ordinary space"
    return f"there is text between elements: {text.split('<', maxsplit=1)[0].strip()}"


def _unknown(name: str) -> str:
    """Return the error message for a tag that property lists do not have."""
    if not name:
        return "a tag has no name"
    if name.lower() in _ELEMENTS:
        return f"<{name}> is not in lower case: write <{name.lower()}>"
    return f"<{printable(name[:40])}> is not a property list element"


def _unknown_reference(text: str, at: int) -> str:
    """Return the error message for an ampersand."""
    named = _NAMED.match(text, at)
    name = named[1] if named else None
    if name and name in html5 and name.endswith(";"):
        return f"&{name} is not defined in property lists: write &#{ord(html5[name][0])};"
    if name and name.endswith(";"):
        return f"&{name} is not defined in property lists: write the character itself"
    return "a literal & is not allowed in property lists: write &amp;"


def _data(text: str) -> bytes:
    """Return decoded base64. Ignores other ASCII characters. Raises ValueError."""
    if not text.isascii():
        raise ValueError("it is not base64")
    letters = re.sub(r"[^A-Za-z0-9+/]", "", text)
    # A single letter after the last group of four is dropped, as iOS does.
    try:
        return base64.b64decode(letters[: len(letters) // 4 * 4] + _rest(letters))
    except binascii.Error as error:
        raise ValueError("it is not base64") from error


def _rest(letters: str) -> str:
    rest = letters[len(letters) // 4 * 4 :]
    return rest.ljust(4, "=") if len(rest) > 1 else ""


def _integer(text: str) -> int:
    match = _INTEGER.fullmatch(text)
    if match is None:
        raise ValueError("it is not a whole number")
    digits = match[2] or match[3]
    if len(digits) > 40:
        raise ValueError("it is too large")
    value = int(digits, 16 if match[2] else 10) * (-1 if match[1] == "-" else 1)
    if value not in _INTEGER_LIMITS:
        raise ValueError("it is too large")
    return value


def _real(text: str) -> float:
    if "_" in text:
        raise ValueError("it is not a number")
    return float(text)


def _date(text: str) -> datetime:
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError("it is not a date such as 2026-01-31T12:00:00Z")
    sign, year, *parts = match.groups()
    month, day, hour, minute, second = map(int, parts)
    # iOS accepts dates that are not in the calendar. Years that Python cannot represent become its first or last date.
    number = -1 if sign else int(year[:6])
    if not 1 <= number <= 9998:
        return datetime.min if number < 1 else datetime.max  # noqa: DTZ901 - plistlib's dates have no time zone
    start = datetime(number, min(max(month, 1), 12), 1, tzinfo=UTC).replace(tzinfo=None)
    return start + timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)


_VALUES: dict[str, Callable[[str], object]] = {"data": _data, "integer": _integer, "real": _real, "date": _date}
