"""How a web server lays its log lines out, said as its own configuration says it.

Apache writes ``%h %l %u %t "%r"``, nginx writes ``$remote_addr - $remote_user [$time_local]``. Both
become one pattern and, for each piece that it finds, the name under which mappings know it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tailorbird.kernel.errors import InputError, nearest

COMMON: Final = '%h %l %u %t "%r" %>s %b'
PRESETS: Final = {
    "common": COMMON,
    "combined": COMMON + ' "%{Referer}i" "%{User-Agent}i"',
}
"""Layouts that have a name."""
MOST_CHARACTERS: Final = 4_000
GROUPS: Final = ("header", "cookie", "query", "answer", "note")
"""What is read by a name behind a dot: ``cookie.uid``."""
DERIVED: Final = ("method", "target", "protocol", "path", "search", "extension", "url")
"""What follows from a request."""
VISITORS: Final = ("visitor", "visitor_day")
"""Keyed hashes of address and user agent, the second another one each day."""

_APACHE: Final = re.compile(r"%(?:[!\d,]*)[<>]?(?:\{([^}]*)\})?(%|\^t[io]|[a-zA-Z])")
_NGINX: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_LETTERS: Final = {
    "h": "host",
    "a": "host",
    "A": "server",
    "b": "bytes",
    "B": "bytes",
    "O": "sent",
    "I": "received",
    "l": "ident",
    "u": "user",
    "t": "time",
    "r": "request",
    "s": "status",
    "m": "method",
    "U": "path",
    "q": "search",
    "H": "protocol",
    "v": "site",
    "V": "site",
    "D": "microseconds",
    "T": "seconds",
    "L": "request_id",
    "p": "port",
    "P": "process",
    "f": "file",
    "k": "requests",
    "R": "handler",
    "S": "transferred",
    "X": "connection",
}
_GROUP_LETTERS: Final = {
    "i": "header",
    "o": "answer",
    "C": "cookie",
    "e": "note",
    "n": "note",
    "^ti": "note",
    "^to": "note",
}
_VARIABLES: Final = {
    "remote_addr": "host",
    "remote_user": "user",
    "time_local": "time",
    "time_iso8601": "time",
    "msec": "time",
    "body_bytes_sent": "bytes",
    "bytes_sent": "sent",
    "request_method": "method",
    "request_uri": "target",
    "document_uri": "path",
    "uri": "path",
    "args": "search",
    "query_string": "search",
    "server_protocol": "protocol",
    "request_time": "seconds",
    "http_host": "site",
    "server_name": "site",
    "http_referer": "referrer",
    "http_user_agent": "agent",
    "http_cookie": "cookies",
    "http_x_request_id": "request_id",
}
_HEADERS: Final = {
    "referer": "referrer",
    "user-agent": "agent",
    "cookie": "cookies",
    "x-request-id": "request_id",
    "host": "site",
}
_BEFORE: Final = (
    ("http_", "header"),
    ("sent_http_", "answer"),
    ("upstream_http_", "answer"),
    ("cookie_", "cookie"),
    ("arg_", "query"),
)
_CLOCKS: Final = frozenset({"", "sec", "msec", "usec"})


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that a line says."""

    name: str
    """Such as ``status`` or ``cookie.uid``."""
    form: str = ""
    """Of times: ``local``, ``iso``, ``sec``, ``msec`` or ``usec``; of durations their unit."""

    @property
    def group(self) -> str:
        """The name before the dot, or all of it."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout that is ready to read lines."""

    text: str
    pieces: tuple[Piece, ...]
    pattern: re.Pattern[str]

    @property
    def names(self) -> frozenset[str]:
        """The first part of every name that a mapping may ask for."""
        found = {piece.group for piece in self.pieces}
        if found & {"request", "target", "path"}:
            found |= {*DERIVED, "query"}
        if "cookies" in found:
            found.add("cookie")
        return frozenset(found | {*VISITORS, "time"})


def read_layout(given: str) -> Layout:
    """The layout that a name or a line of a configuration stands for; raises `InputError`.

    >>> [piece.name for piece in read_layout("$remote_addr [$time_local] $cookie_uid").pieces]
    ['host', 'time', 'cookie.uid']
    """
    text = PRESETS.get(given, given).replace('\\"', '"').strip()
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"a layout of a log line has at most {MOST_CHARACTERS} characters")
    if "%" not in text and "$" not in text:
        hint = nearest(given, PRESETS)
        raise InputError(
            f"{given!r} is no layout of a log line{hint}; others are written as in the "
            "configuration of the web server"
        )
    pieces, pattern = _taken_apart(text)
    if not any(piece.name == "time" for piece in pieces):
        raise InputError("the layout says no time: Apache writes it as %t, nginx as $time_local")
    return Layout(text, tuple(pieces), re.compile(pattern))


def _taken_apart(text: str) -> tuple[list[Piece], str]:
    find = _APACHE if "%" in text and "$" not in text else _NGINX
    pieces: list[Piece] = []
    parts: list[str] = []
    place = 0
    for match in find.finditer(text):
        between = text[place : match.start()]
        place = match.end()
        if match[2] == "%" and find is _APACHE:
            parts.append(re.escape(between) + "%")
            continue
        if pieces and not between:
            raise InputError(
                f"nothing stands between {pieces[-1].name} and {match[0]} in the layout of the "
                "log line, so nobody can tell where the first ends"
            )
        piece = _apache(match) if find is _APACHE else _nginx(match)
        brackets = piece.form == "local" and find is _APACHE
        pieces.append(piece)
        parts.append(re.escape(between))
        behind = text[place : place + 1]
        parts.append(r"\[([^\]]*)\]" if brackets else f"({_content(between[-1:], behind)})")
    return pieces, "".join(parts) + re.escape(text[place:])


def _content(before: str, behind: str) -> str:
    """What a piece may hold, by what stands around it."""
    if before == '"' and behind == '"':
        return r'(?:[^"\\]|\\.)*'
    if not behind:
        return r".*"
    return rf"[^{re.escape(behind)}]*"


def _apache(match: re.Match[str]) -> Piece:
    argument, letter = match[1], match[2]
    if letter in _GROUP_LETTERS:
        if not argument:
            raise InputError(f"{match[0]!r} in the layout of the log line names nothing in braces")
        name = argument.lower()
        if letter == "i" and name in _HEADERS:
            return Piece(_HEADERS[name])
        said = name if letter in "io" else argument
        return Piece(f"{_GROUP_LETTERS[letter]}.{said}")
    if letter not in _LETTERS:
        known = ", ".join(f"%{one}" for one in _LETTERS)
        raise InputError(f"{match[0]!r} in the layout of the log line is not known; known: {known}")
    name = _LETTERS[letter]
    if name == "time":
        if (argument or "") not in _CLOCKS:
            raise InputError(
                f"{match[0]!r} in the layout of the log line: times are read as %t, %{{sec}}t, "
                "%{msec}t or %{usec}t"
            )
        return Piece("time", argument or "local")
    if name == "microseconds":
        return Piece("seconds", "us")
    if name == "seconds":
        return Piece("seconds", argument if argument in ("ms", "us") else "s")
    return Piece(name)


def _nginx(match: re.Match[str]) -> Piece:
    variable = match[1] or match[2]
    if variable in _VARIABLES:
        forms = {"time_local": "local", "time_iso8601": "iso", "msec": "sec"}
        name = _VARIABLES[variable]
        return Piece(name, forms.get(variable, "s" if name == "seconds" else ""))
    for begin, group in _BEFORE:
        if variable.startswith(begin):
            rest = variable.removeprefix(begin)
            return Piece(f"{group}.{rest.replace('_', '-') if group in GROUPS[::3] else rest}")
    return Piece("site" if variable == "host" else variable)
