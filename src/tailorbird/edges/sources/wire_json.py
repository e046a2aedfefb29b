"""What dialects have in common: JSON read within limits, times of all units, parts of addresses."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64decode
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from tailorbird.events.cells import as_text
from tailorbird.events.exact_json import read_stored
from tailorbird.events.memo import Memo
from tailorbird.events.refusals import Refusal
from tailorbird.events.times import (
    PLAUSIBLE_FROM_US,
    PLAUSIBLE_UNTIL_US,
    UNITS,
    TimeForm,
    TimeReader,
    Unit,
)
from tailorbird.events.wire import Body, TooLargeError, UnreadableError
from tailorbird.kernel import limits
from tailorbird.kernel.instants import SECOND, format_instant
from tailorbird.kernel.values import MISSING, IdNumber, Value, format_number
from tailorbird.ports.dialects import Sent

Message = dict[str, Any]
Read = tuple[Value, Refusal | None]
"""A message, or what stands in its place and why it is none."""
_TOO_DEEP: Final = f"JSON nested deeper than {limits.FACT_DEPTH}"


def read_document(data: str | bytes, what: str = "the body") -> Value:
    """JSON with exact numbers; raises `UnreadableError` where it is none or cannot be stored."""
    try:
        value, fault = read_stored(data)
    except RecursionError:
        fault = _TOO_DEEP
    except ValueError as error:
        raise UnreadableError(f"{what} is no JSON: {error}") from None
    if fault is not None:
        raise UnreadableError(f"{what} has {fault}")
    return value


def read_packed(text: str, what: str) -> Value:
    """JSON in base 64, plain or for addresses, also without its padding."""
    padded = text.strip() + "=" * (-len(text.strip()) % 4)
    try:
        decode = urlsafe_b64decode if "-" in padded or "_" in padded else b64decode
        return read_document(decode(padded.replace(" ", "+")), what)
    except ValueError:
        raise UnreadableError(f"{what} is no base 64") from None


def object_of(value: Value, what: str = "the body") -> dict[str, Any]:
    """An object; raises `UnreadableError` for anything else."""
    if not isinstance(value, dict):
        raise UnreadableError(f"{what} is no JSON object")
    return value


def list_of(value: Value, what: str) -> list[Any]:
    """A list of as many things as a request may bring; raises `UnreadableError`."""
    if not isinstance(value, list) or not value:
        raise UnreadableError(f"{what} is no list, or an empty one")
    if len(value) > limits.BATCH_ITEMS:
        says = f"{what} has {len(value)} items; at most {limits.BATCH_ITEMS} go"
        raise TooLargeError(says)
    return value


def part_of(value: Value, *path: str) -> dict[str, Any]:
    """The object at a path, empty where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def body_of(messages: Iterable[Message], sent_at: str | None = None, key: Value = None) -> Body:
    """A body of messages that are each as they should be."""
    return whole_of([(message, None) for message in messages], sent_at, key)


def whole_of(read: Iterable[Read], sent_at: str | None = None, key: Value = None) -> Body:
    """A body of messages, of which some may be no good."""
    return Body(list(read), {"sentAt": sent_at, "writeKey": key if isinstance(key, str) else None})


def each_of(items: Iterable[Value], read: Callable[[Value], Iterable[Message]]) -> list[Read]:
    """The messages of each item; one that cannot be read is refused alone, and harms no other."""
    found: list[Read] = []
    for item in items:
        try:
            for message in read(item):
                found.append((message, None))
        except UnreadableError as error:
            found.append((item, Refusal("json", str(error))))
    return found


def said(**given: Value) -> Message:
    """Those of some values that say something.

    >>> said(a="x", b=None, c={}, d="")
    {'a': 'x'}
    """
    return {key: value for key, value in given.items() if value or _is_said(value)}


def named(told: Message, names: Mapping[str, str]) -> Message:
    """What some keys of an object say, under the names that stand behind them.

    >>> named({"lang": "en", "tz": ""}, {"lang": "locale", "tz": "timezone"})
    {'locale': 'en'}
    """
    found: Message = {}
    for theirs, ours in names.items():
        if theirs in told:
            value = told[theirs]
            if value or _is_said(value):
                found[ours] = value
    return found


def put(message: Message, name: str, value: Value) -> None:
    """Have a message say something, if there is something to be said."""
    if value or _is_said(value):
        message[name] = value


def _is_said(value: Value) -> bool:
    """Whether what counts as false says something all the same, as 0 does."""
    return value is not None and value is not MISSING and value != {} and value != ""


_UNITS: Final[tuple[Unit, ...]] = ("s", "ms", "us")
_AGENT_CHARACTERS: Final = 1_000
_LENGTHS: Final = (11, 14)
"""Of so many digits are counts of seconds, at most, and of milliseconds."""
_DIGITS: Final = 20
"""A longer count is read by `read_count`, as one with places is."""
_SECONDS: Final[Memo[int, str]] = Memo(lambda second: format_instant(second * SECOND)[:-1])
_READERS: Final[dict[Unit, TimeReader]] = {unit: TimeReader(TimeForm(unit)) for unit in _UNITS}


def instant_text(given: Value, unit: Unit | None = None) -> Value:
    """A time as a text; one that is counted since 1970 in a unit, by default as its length says.

    What is neither is given back, to be refused with the message.

    >>> instant_text(1_700_000_000_000_000_000), instant_text("1700000000", "s")
    ('2023-11-14T22:13:20Z', '2023-11-14T22:13:20Z')
    """
    text = given
    if isinstance(text, int) and not isinstance(text, bool):
        text = format_number(text)
    elif isinstance(text, IdNumber):
        text = text.digits
    whole = text.partition(".")[0] if isinstance(text, str) else ""
    if not isinstance(text, str) or not whole.isdigit() or not whole.isascii():
        return given
    by = unit or _UNITS[bisect_left(_LENGTHS, len(whole))]
    is_plain = whole == text and len(text) <= _DIGITS
    instant_us = int(text) * UNITS[by] if is_plain else read_count(text, by)
    if instant_us is None or not PLAUSIBLE_FROM_US <= instant_us < PLAUSIBLE_UNTIL_US:
        return text
    _SECONDS.forget_if_large()
    second, rest_us = divmod(instant_us, SECOND)
    fraction = f".{rest_us:06d}".rstrip("0") if rest_us else ""
    return f"{_SECONDS[second]}{fraction}Z"


def read_count(text: str, unit: Unit) -> int | None:
    """The instant that any count of units names; None for one that is not plausible."""
    reader = _READERS[unit]
    reader.forget_if_large()
    return reader.instant(text)


def page_of(url: Value, title: Value = None, referrer: Value = None) -> Message:
    """What is said of a page, its address also in parts.

    >>> page_of("https://shop.example/hats?utm_source=x", "Hats")["path"]
    '/hats'
    """
    page = said(url=url, title=title, referrer=referrer)
    if isinstance(url, str) and url:
        try:
            split = urlsplit(url)
        except ValueError:
            return page
        if split.path:
            page["path"] = split.path
        if split.query:
            page["search"] = f"?{split.query}"
    return page


def browser_of(sent: Sent) -> str | None:
    """The browser that sends by itself, for kits that leave it to the header to say so.

    >>> browser_of(Sent(headers={b"user-agent": b"python-requests/2.32"}))
    """
    given = sent.header(b"user-agent")
    return given[:_AGENT_CHARACTERS] if given.startswith("Mozilla/") else None


def linked(user: Value, visitor: Value, timestamp: Value) -> list[Message]:
    """A message by which a visitor and a user become one person, the same however often it comes.

    For dialects whose every event says both: the first of them makes the link.
    """
    if user is None or visitor is None:
        return []
    user_id, visitor_id = as_text(user), as_text(visitor)
    if not user_id or not visitor_id or user_id == visitor_id:
        return []
    id_ = f"link:{len(user_id)}:{user_id}:{visitor_id}"
    return [
        said(
            type="alias",
            userId=user_id,
            previousId=visitor_id,
            messageId=id_ if len(id_) <= limits.ID_CHARACTERS else None,
            timestamp=timestamp,
        )
    ]
