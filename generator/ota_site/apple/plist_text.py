"""Parse NeXT property lists, the oldest form: `{ key = value; list = (a, "b"); data = <0fbd77>; }`.

iOS tries this form when a property list is not XML (CFOldStylePList.c). A `.strings` file is the inside of such a
dictionary.
"""

from __future__ import annotations

import re
from typing import NoReturn

_DEPTH_LIMIT = 128
_BLANK = re.compile(r"(?:\s+|//[^\r\n]*|/\*.*?\*/)*+", re.DOTALL)
_WORD = re.compile(r"[A-Za-z0-9_$/:.-]+")
_QUOTED = re.compile(r"""(["'])((?:(?!\1)[^\\]|\\.)*+)\1""", re.DOTALL)
_DATA = re.compile(r"<([0-9A-Fa-f\s]*)>")
_ESCAPE = re.compile(r"\\(?:U([0-9A-Fa-f]{4})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class PlistTextError(ValueError):
    """The text is not a property list in this form."""


def read_text_plist(data: bytes) -> object:
    """Return the value of a property list in NeXT's form. Raises PlistTextError."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise PlistTextError("it is not UTF-8") from error
    reader = _TextReader(text)
    return reader.value(0) if reader.sees("{(") else reader.pairs(0, "")


class _TextReader:
    """A position in the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def sees(self, characters: str) -> bool:
        """Return whether the next character, after blanks and comments, is one of `characters`."""
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
        return self._text[self._at : self._at + 1] in tuple(characters)

    def value(self, depth: int) -> object:
        """Return the value at this position."""
        if depth > _DEPTH_LIMIT:
            self._refuse("it is nested too deeply")
        if self.sees("{"):
            self._at += 1
            return self.pairs(depth + 1, "}")
        if self.sees("("):
            self._at += 1
            return self._list(depth + 1)
        data = _DATA.match(self._text, self._at)
        if data:
            self._at = data.end()
            return self._bytes(data[1])
        return self._string()

    def pairs(self, depth: int, end: str) -> dict[str, object]:
        """Return the pairs up to the character `end`, or up to the end of the text."""
        table: dict[str, object] = {}
        while not (self.sees(end) if end else self._at_end()):
            key = self._string()
            table[key] = key
            if self.sees("="):
                self._at += 1
                table[key] = self.value(depth)
            self._pass(";")
        self._at += len(end)
        return table

    def _list(self, depth: int) -> list[object]:
        values: list[object] = []
        while not self.sees(")"):
            values.append(self.value(depth))
            if not self.sees(")"):
                self._pass(",")
        self._at += 1
        return values

    def _string(self) -> str:
        self.sees("")
        if quoted := _QUOTED.match(self._text, self._at):
            self._at = quoted.end()
            text = _ESCAPE.sub(_unescaped, quoted[2])
            # Characters above U+FFFF are written as two surrogates.
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        word = _WORD.match(self._text, self._at)
        if word is None:
            self._refuse("expected a string")
        self._at = word.end()
        return word[0]

    def _bytes(self, text: str) -> bytes:
        try:
            return bytes.fromhex(text)
        except ValueError:
            self._refuse("data has an odd number of digits")

    def _pass(self, character: str) -> None:
        if not self.sees(character):
            self._refuse(f"expected {character}")
        self._at += 1

    def _at_end(self) -> bool:
        self.sees("")
        return self._at >= len(self._text)

    def _refuse(self, wrong: str) -> NoReturn:
        raise PlistTextError(f"line {self._text.count(chr(10), 0, self._at) + 1}: {wrong}")


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return chr(int(match[2], 8)) if match[2] else _LETTERS.get(match[3], match[3])
