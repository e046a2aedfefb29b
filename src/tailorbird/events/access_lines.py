"""Lines of a web server's log to objects that a mapping can read."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import unquote, unquote_plus, urlsplit

from tailorbird.events.log_layout import Layout, Piece
from tailorbird.events.memo import Memo
from tailorbird.events.refusals import RefusedError
from tailorbird.kernel.instants import DAY, HOUR, MINUTE, SECOND, format_instant
from tailorbird.kernel.values import MISSING, Value, parse_number

_LOCAL: Final = re.compile(
    r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)", re.ASCII
)
_NAMES: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_MONTHS: Final = {_NAMES[place : place + 3]: place // 4 + 1 for place in range(0, 48, 4)}
_ESCAPE: Final = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)")
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "v": "\v", "f": "\f"}
_EXTENSION: Final = re.compile(r"[A-Za-z0-9]{1,10}", re.ASCII)
_PER_SECOND: Final = {"sec": 1, "msec": 1_000, "usec": 1_000_000}
_UNITS: Final = {"s": Decimal(1), "ms": Decimal("0.001"), "us": Decimal("0.000001")}
_PAIRS: Final = 200
"""Parameters of one query, or cookies of one request, that are looked at."""
_HASH_BYTES: Final = 12
_ORIGIN: Final = date(1970, 1, 1).toordinal()


class LineReader:
    """Reads the lines of one layout.

    >>> from tailorbird.events.log_layout import read_layout
    >>> line = '::1 - ann [01/May/2024:12:00:00 +0200] "GET /shoes?q=red HTTP/1.1" 200 -'
    >>> row = LineReader(read_layout("common"), site="https://shop.example").read(line)
    >>> row["user"], row["time"], row["url"], row["query"], row["bytes"]
    ('ann', '2024-05-01T10:00:00Z', 'https://shop.example/shoes?q=red', {'q': 'red'}, 0)
    """

    def __init__(
        self,
        layout: Layout,
        *,
        site: str = "",
        secret: bytes = b"",
        wanted: Collection[str] | None = None,
    ) -> None:
        """``site`` stands before the paths of URLs; ``secret`` makes hashes of visitors.

        ``wanted``: the first parts of the names that are asked for; None: all.
        """
        self._layout = layout
        self._site = site.rstrip("/")
        self._secret = secret
        self._wanted = wanted
        self._times: Memo[tuple[str, str], str] = Memo(lambda said: _time_text(*said))
        self._wants_target = self._wants("path", "search", "extension", "query", "url")
        self._wants_query = self._wants("query")
        self._wants_cookie = self._wants("cookie")
        self._wants_visitor = self._wants("visitor", "visitor_day")
        self._readers = [self._reader(piece) for piece in layout.pieces]

    def read(self, line: str) -> dict[str, Any]:
        """What a line says; raises `RefusedError` for one that is laid out otherwise."""
        match = self._layout.pattern.fullmatch(line)
        if match is None:
            raise RefusedError("type", "the line is not laid out as the mapping says")
        self._times.forget_if_large()
        row: dict[str, Any] = {}
        for piece, read, text in zip(
            self._layout.pieces, self._readers, match.groups(), strict=True
        ):
            value = read(text)
            if value is None:
                continue
            group, _, name = piece.name.partition(".")
            if name:
                row.setdefault(group, {})[name] = value
            elif group != "time" or piece.form not in ("local", "iso") or group not in row:
                row[group] = value  # of several times the one with parts of seconds
        self._derive(row)
        return row

    def _reader(self, piece: Piece) -> Callable[[str], Value]:
        if piece.name == "time":
            return lambda text: self._time(text, piece.form)
        if piece.name in ("status", "bytes", "sent", "received"):
            none = None if piece.name == "status" else 0
            return lambda text: none if text in ("-", "") else _number(text)
        if piece.name == "seconds":
            unit = _UNITS[piece.form]
            return lambda text: _number(text, unit)
        return lambda text: None if text in ("-", "") else _unescaped(text)

    def _time(self, text: str, form: str) -> str:
        found = self._times[text, form]
        if not found:
            raise RefusedError("time", f"unreadable time {text[:40]!r}")
        return found

    def _wants(self, *names: str) -> bool:
        return self._wanted is None or any(name in self._wanted for name in names)

    def _derive(self, row: dict[str, Any]) -> None:
        _read_request(row)
        if self._wants_target and "target" in row:
            self._read_target(row, row["target"])
        elif "path" in row:
            self._read_path(row)
        if self._wants_query and "search" in row:
            row["query"] = {**_pairs(row["search"], "&", unquote_plus), **row.get("query", {})}
        if self._wants_cookie and "cookies" in row:
            row["cookie"] = {**_pairs(row["cookies"], ";", unquote), **row.get("cookie", {})}
        if self._wants_visitor:
            self._read_visitor(row)

    def _read_target(self, row: dict[str, Any], target: str) -> None:
        rest, host = target, ""
        if not target.startswith("/"):
            try:
                parts = urlsplit(target)
            except ValueError:
                return
            if not parts.netloc:
                return  # such as ``*``, or what is no address at all
            host = f"{parts.scheme}://{parts.netloc}"
            rest = target[len(host) :] or "/"
        path, mark, search = rest.partition("#")[0].partition("?")
        row["path"] = path
        if mark:
            row["search"] = search
        if host:
            row["url"] = target
        self._read_path(row)

    def _read_path(self, row: dict[str, Any]) -> None:
        path: str = row["path"]
        found = path.rpartition("/")[2].rpartition(".")
        if found[1] and _EXTENSION.fullmatch(found[2]):
            row["extension"] = found[2].lower()
        if "url" not in row:
            site = self._site or (
                f"{row.get('scheme', 'https')}://{row['site']}" if "site" in row else ""
            )
            search = row.get("search", "").removeprefix("?")
            row["url"] = site + path + ("?" + search if search else "")

    def _read_visitor(self, row: dict[str, Any]) -> None:
        host = row.get("host")
        if host is None or not self._secret:
            return
        said = f"{host}\x1f{row.get('agent', '')}"
        row["visitor"] = self._hash(said)
        row["visitor_day"] = self._hash(f"{said}\x1f{row['time'][:10]}")

    def _hash(self, said: str) -> str:
        text = said.encode("utf-8", "surrogatepass")
        return blake2b(text, key=self._secret, digest_size=_HASH_BYTES).hexdigest()


def _read_request(row: dict[str, Any]) -> None:
    """Take the first line of a request apart; what is none stays whole."""
    said = row.get("request")
    if said is None:
        return
    parts = said.split(" ")
    if len(parts) >= 3 and parts[-1].startswith("HTTP/"):
        row["method"], row["target"], row["protocol"] = parts[0], " ".join(parts[1:-1]), parts[-1]
    elif len(parts) == 2 and parts[0].isalpha() and parts[0].isupper():
        row["method"], row["target"] = parts  # HTTP/0.9 has no protocol


def _pairs(text: str, between: str, read: Callable[[str], str]) -> dict[str, str]:
    """The first value of each name."""
    found: dict[str, str] = {}
    for pair in text.removeprefix("?").split(between, _PAIRS)[:_PAIRS]:
        name, mark, value = pair.strip().partition("=")
        if name and mark:
            found.setdefault(_without_nul(read(name)), _without_nul(read(value).strip('"')))
    return found


def _number(text: str, unit: Decimal | None = None) -> Value:
    if unit is None and text.isascii() and text.isdigit():
        return parse_number(text)
    try:
        number = Decimal(text) * (1 if unit is None else unit)
    except InvalidOperation:
        return None
    value = parse_number(format(number, "f")) if number.is_finite() else MISSING
    return None if value is MISSING else value


def _unescaped(text: str) -> str:
    """A text as it was before the server wrote it down: ``\\x22`` and ``\\"`` are a quote."""
    if "\\" not in text:
        return text
    said = _ESCAPE.sub(_escaped, text)
    if text.isascii():  # then what is escaped are the bytes of UTF-8
        said = said.encode("latin-1", "ignore").decode("utf-8", "replace")
    return _without_nul(said)


def _without_nul(text: str) -> str:
    return text.replace("\0", "\ufffd")


def _escaped(match: re.Match[str]) -> str:
    said = match[1]
    if len(said) == 3:
        return chr(int(said[1:], 16))
    return _CONTROLS.get(said, said)


def _time_text(text: str, form: str) -> str:
    """A time in UTC; empty for one that cannot be read."""
    instant_us = _instant_us(text, form)
    return "" if instant_us is None else format_instant(instant_us)


def _instant_us(text: str, form: str) -> int | None:
    """The instant of a time in one of the forms that servers write."""
    if form == "iso":
        return _iso_us(text)
    if form != "local":
        try:
            return int(Decimal(text) * SECOND / _PER_SECOND[form])
        except (InvalidOperation, ValueError, OverflowError):
            return None
    match = _LOCAL.fullmatch(text)
    if match is None or match[2] not in _MONTHS:
        return None
    try:
        day = date(int(match[3]), _MONTHS[match[2]], int(match[1])).toordinal() - _ORIGIN
    except ValueError:
        return None
    hour, minute, second = int(match[4]), int(match[5]), int(match[6])
    if hour > 23 or minute > 59 or second > 60 or int(match[8]) > 14 or int(match[9]) > 59:
        return None
    offset_us = int(match[8]) * HOUR + int(match[9]) * MINUTE
    wall_us = day * DAY + hour * HOUR + minute * MINUTE + second * SECOND
    return wall_us - (-offset_us if match[7] == "-" else offset_us)


def _iso_us(text: str) -> int | None:
    from tailorbird.events.times import TimeForm, TimeReader

    return TimeReader(TimeForm()).instant(text)
