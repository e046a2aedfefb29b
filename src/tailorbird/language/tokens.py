"""What is refused on an expression's characters and words, before a parser sees it.

Size, depth, brackets, texts and numbers are checked here, so that the parser is given nothing
that could overwhelm it, nothing whose reading depends on its version, and every refusal names
the very character.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from typing import Final, NamedTuple

from tailorbird.kernel import limits
from tailorbird.kernel.values import Missing, parse_number
from tailorbird.language.printer import quote

_TOKEN: Final = re.compile(
    r"""
    (?P<space>[ \t\n]+|\#[^\n]*)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[^\W\d]\w*)
    |(?P<mark>[()\[\],.<>=!+*/-])
    """,
    re.VERBOSE,
)
_UNREADABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_ESCAPE: Final = re.compile(
    r"\\(?:[\\\"'ntr]|x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<no>.))"
)
_CLOSES: Final = {")": "(", "]": "["}
_BEFORE_ONE: Final = frozenset({"not", "-", "+"})
"""Words that stand before what they act on, and so may pile up without brackets."""
_WORDS: Final = frozenset({"and", "or", "not", "in", "for", "True", "False"})
_SHOUTED: Final = frozenset({"AND", "OR", "NOT", "IN"})
_INSTEAD: Final = {
    "None": "None is no value here; ask exists(...) or not exists(...)",
    "is": "is compares nothing here; write == or exists(...)",
    "if": "if ... else cannot stand in an expression; write and, or",
    "else": "if ... else cannot stand in an expression; write and, or",
    "lambda": "lambda cannot stand in an expression; give the condition itself",
    "&": "write and instead of &",
    "|": "write or instead of |",
    "!": "write not instead of !",
    ":": "a colon cannot stand in an expression",
    ":=": ":= cannot stand in an expression; compare with ==",
    "{": "{...} cannot stand in an expression; a list is written [...]",
    "}": "{...} cannot stand in an expression; a list is written [...]",
    "%": "only + - * / calculate",
    "^": "only + - * / calculate",
    "~": "~ cannot stand in an expression; write not",
    ";": "a file entry holds one expression; join conditions with and, or",
    "\\": "a backslash cannot stand outside of quotes; lines go on without it",
    "\xa0": "a no-break space cannot stand outside of quotes; write a plain one",
}
TOO_DEEP: Final = (
    f"the expression is nested deeper than {limits.EXPRESSION_DEPTH}; "
    "give parts of it a name and use in_segment(...)"
)
TOO_LONG: Final = f"the expression is longer than {limits.EXPRESSION_BYTES} bytes; split it"


class Fault(NamedTuple):
    """What is wrong with a text, and at which of its characters, counted from 0."""

    offset: int
    message: str


def first_fault(text: str) -> Fault | None:
    """The first thing that keeps a text from being parsed; None when there is none.

    >>> first_fault('count("A", last=7d) > 3')
    Fault(offset=16, message='write "7d" in quotes')
    """
    if len(text) > limits.EXPRESSION_BYTES:
        return Fault(0, TOO_LONG)
    unreadable = _UNREADABLE.search(text)
    if unreadable is not None:
        return Fault(unreadable.start(), _unreadable(unreadable[0]))
    if len(text.encode()) > limits.EXPRESSION_BYTES:
        return Fault(0, TOO_LONG)
    return _Scan(text).fault()


def _unreadable(letter: str) -> str:
    if letter >= "\ud800":
        return "this is half a character (a lone surrogate)"
    return (
        f"the unprintable character U+{ord(letter):04X} cannot stand here; write it {quote(letter)}"
    )


class _Scan:
    """One pass over the tokens of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[tuple[str, int]] = []
        self._run = 0
        self._previous: re.Match[str] | None = None

    def fault(self) -> Fault | None:
        """The first fault of any token, or of the brackets as a whole."""
        offset = 0
        while offset < len(self._text):
            token = _TOKEN.match(self._text, offset)
            if token is None:
                return self._stray(offset)
            found = self._token(token)
            if found is not None:
                return found
            offset = token.end()
        if self._previous is None:
            return Fault(0, "the expression is empty")
        if self._open:
            bracket, start = self._open[-1]
            return Fault(start, f"this {bracket} is never closed")
        return None

    def _token(self, token: re.Match[str]) -> Fault | None:
        kind = token.lastgroup
        if kind == "space":
            return None
        if kind == "text":
            found = self._quoted(token)
        elif kind == "number":
            found = self._number(token)
        elif kind == "name":
            found = self._name(token)
        else:
            found = self._mark(token)
        self._run = self._run + 1 if token[0] in _BEFORE_ONE else 0
        self._previous = token
        if found is None and len(self._open) + self._run > limits.EXPRESSION_DEPTH:
            return Fault(token.start(), TOO_DEEP)
        return found

    def _after(self, kind: str) -> bool:
        return self._previous is not None and self._previous.lastgroup == kind

    def _quoted(self, token: re.Match[str]) -> Fault | None:
        start = token.start()
        if self._text.startswith(('"""', "'''"), start):
            return Fault(start, "text stands in single pairs of quotes; write a new line as \\n")
        if self._after("text"):
            return Fault(start, "two texts side by side; write one text, or a list")
        for escape in _ESCAPE.finditer(token[0]):
            wrong = _wrong_escape(escape)
            if wrong is not None:
                return Fault(start + escape.start(), wrong)
        return None

    def _number(self, token: re.Match[str]) -> Fault | None:
        rest = re.match(r"\w+", self._text[token.end() :])
        if rest is not None:
            written = token[0] + rest[0]
            if re.fullmatch("us|[smhdw]", rest[0]):
                return Fault(token.start(), f'write "{written}" in quotes')
            return Fault(token.start(), f"write the number {written} in plain decimal digits")
        if re.match(r"0[0-9]", token[0]):
            return Fault(token.start(), f"write the number {token[0]} without leading zeros")
        if isinstance(parse_number(token[0]), Missing):
            shown = token[0] if len(token[0]) <= 40 else token[0][:40] + "..."
            return Fault(
                token.start(), f"the number {shown} is out of range; below 10^12 is allowed"
            )
        return None

    def _name(self, token: re.Match[str]) -> Fault | None:
        name, start = token[0], token.start()
        part = self._previous is not None and self._previous[0] == "."
        if self._text[token.end() : token.end() + 1] in ('"', "'") and name not in _WORDS:
            return Fault(start, 'text takes no prefix; write it as "..."')
        if not name.isascii():
            return Fault(
                start,
                f"the name {name!r} has letters beyond ASCII; "
                f"in brackets it may: properties[{quote(name)}]",
            )
        if name in _SHOUTED and not part:
            return Fault(start, f"write {name.lower()} in small letters")
        if keyword.iskeyword(name) and part:
            return Fault(start, f"{name} is a word of the syntax; write [{quote(name)}]")
        if keyword.iskeyword(name) and name not in _WORDS:
            return Fault(start, _INSTEAD.get(name, f"{name} cannot stand in an expression"))
        return None

    def _mark(self, token: re.Match[str]) -> Fault | None:
        mark, start = token[0], token.start()
        if mark in "([":
            self._open.append((mark, start))
        elif mark in _CLOSES:
            if not self._open:
                return Fault(start, f"this {mark} closes nothing")
            opened, _ = self._open.pop()
            if opened != _CLOSES[mark]:
                return Fault(start, f"this {mark} does not close the {opened} before it")
        elif mark == "," and not self._open:
            return Fault(start, "a comma joins no conditions; write and, or")
        elif mark == "!" and self._text[start + 1 : start + 2] != "=":
            return Fault(start, _INSTEAD[mark])
        return None

    def _stray(self, offset: int) -> Fault:
        letter = self._text[offset]
        if letter in "\"'":
            return Fault(offset, "this text is never closed")
        walrus = self._text.startswith(":=", offset)
        instead = _INSTEAD.get(":=" if walrus else letter)
        if instead is not None:
            return Fault(offset, instead)
        if letter == "$":
            return Fault(offset, '$ stands in names in brackets only: properties["$current_url"]')
        if unicodedata.category(letter) in ("Pi", "Pf"):
            return Fault(offset, f'{letter} is no quote here; write a straight one: "')
        return Fault(offset, f"the character {quote(letter)[1:-1]} cannot stand outside of quotes")


def _wrong_escape(escape: re.Match[str]) -> str | None:
    if escape["no"] is not None:
        return f"\\{escape['no']} stands for nothing in a text; write a backslash as \\\\"
    code = int(escape["x"] or escape["u"] or escape["U"] or "0", 16)
    if 0xD800 <= code <= 0xDFFF:
        return f"{escape[0]} is half a character (a lone surrogate)"
    if code > 0x10FFFF:
        return f"{escape[0]} is no character; the last one is \\U0010ffff"
    return None
