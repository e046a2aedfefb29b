"""Where each character of a YAML file stands, and each character of a scalar's value in the file.

A scalar's value is not what is written: quotes and escapes are gone, lines are folded. To point at
a fault inside an expression, value and file are walked side by side.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from ruamel.yaml.nodes import ScalarNode

from tailorbird.kernel.errors import Place

_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_BLANK: Final = frozenset(" \t\n\r")
_WIDTHS: Final = {"x": 4, "u": 6, "U": 10}
"""How long an escape within double quotes is; all others have two characters."""
_BLANK_ESCAPES: Final = {"n": "\n", "t": "\t", " ": " ", "r": "\r", "\t": "\t"}


@dataclass(slots=True)
class Written:
    """A file's text and the beginnings of its lines."""

    file: str
    text: str
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(self.text))]

    def place(self, index: int) -> Place:
        """Line and column of a character."""
        line = bisect_right(self._starts, index)
        return Place(self.file, line, index - self._starts[line - 1] + 1)

    def line(self, index: int) -> str:
        """The text of the line that a character stands in."""
        start = self._starts[bisect_right(self._starts, index) - 1]
        end = _LINE_END.search(self.text, start)
        return self.text[start : end.start() if end else len(self.text)]

    def after(self, index: int) -> str:
        """What stands behind a character in its line, without leading spaces."""
        end = _LINE_END.search(self.text, index)
        return self.text[index : end.start() if end else len(self.text)].lstrip(" ")


class ScalarPlaces:
    """The places of the characters of one scalar's value."""

    def __init__(self, written: Written, node: ScalarNode) -> None:
        self._written = written
        value = str(node.value)
        self._indices = _aligned(value, written.text, _begin(written.text, node), node.style)
        self._starts = [0, *(i + 1 for i, letter in enumerate(value) if letter == "\n")]

    def place(self, line: int, column: int) -> Place:
        """The place in the file of a character of the value, both counted from 0."""
        start = self._starts[min(line, len(self._starts) - 1)]
        return self._written.place(self._indices[min(start + column, len(self._indices) - 1)])


def _begin(text: str, node: ScalarNode) -> int:
    """The index at which a scalar's own characters begin: behind its quote or block header."""
    start: int = node.start_mark.index
    if node.style in ("|", ">"):
        header = _LINE_END.search(text, start)
        return header.end() if header else len(text)
    return start + (node.style in ("'", '"'))


def _aligned(value: str, text: str, index: int, style: str | None) -> list[int]:
    """For each character of a value, and its end, the index in the file's text."""
    found = []
    for letter in value:
        if letter in _BLANK and not _is_escape(text, index, style, letter):
            found.append(index)
            index += index < len(text) and text[index] in _BLANK
            continue
        if letter not in _BLANK:
            index = _behind_blanks(text, index, style)
        found.append(index)
        index += _width(text, index, style)
    return [*found, index]


def _is_escape(text: str, index: int, style: str | None, letter: str) -> bool:
    written = text[index : index + 2]
    return style == '"' and written[:1] == "\\" and _BLANK_ESCAPES.get(written[1:]) == letter


def _behind_blanks(text: str, index: int, style: str | None) -> int:
    """Line ends, indentation and escaped line ends are no part of the value."""
    while index < len(text):
        folded = style == '"' and text[index] == "\\" and text[index + 1 : index + 2] in "\n\r"
        if text[index] not in _BLANK and not folded:
            break
        index += 1
    return index


def _width(text: str, index: int, style: str | None) -> int:
    """How many characters of the file stand for the one character at an index."""
    written = text[index : index + 2]
    if style == '"' and written[:1] == "\\":
        return _WIDTHS.get(written[1:], 2)
    return 2 if style == "'" and written == "''" else 1
