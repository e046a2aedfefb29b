"""Messages in the shape of Segment's HTTP interface, each turned into one fact."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from tailorbird.events.cells import as_text, tagged
from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.events.refusals import RefusedError
from tailorbird.events.times import TimeReader
from tailorbird.kernel import limits
from tailorbird.kernel.errors import nearest
from tailorbird.kernel.facts import (
    GROUP,
    MERGE,
    MESSAGE,
    PAGE_VIEWED,
    RESERVED,
    SCREEN_VIEWED,
    TRAITS,
    WORKSPACE,
    WORKSPACE_FACTS,
)
from tailorbird.kernel.values import MISSING, Value, at_path, read_tagged

TYPES: Final = ("track", "page", "screen", "identify", "group", "alias")

_INACTIVE: Final = '"active":false'
_CLICKED: Final = '"status":"clicked"'


def refusal_of_name(name: str) -> str | None:
    """Why no fact can have this name; None when one can."""
    if not name:
        return "no event name"
    if len(name) > limits.NAME_CHARACTERS:
        return f"the event name has more than {limits.NAME_CHARACTERS} characters"
    if name[0] == "$" and name not in RESERVED:
        return f"names with $ are reserved; there is none {name!r}{nearest(name, RESERVED)}"
    return None


def is_act(name: str, properties: str | None, context: str | None) -> bool:
    """Whether a fact is something that the person did, given its tagged JSON.

    Of the reserved facts only a click on a message is; a context that says ``active: false`` denies
    it for all others.
    """
    if context is not None and _INACTIVE in context and _at(context, "active") is False:
        return False
    if name not in RESERVED:
        return True
    clicked = name == MESSAGE and properties is not None and _CLICKED in properties
    return clicked and _at(properties or "{}", "status") == "clicked"


def _at(text: str, key: str) -> Any:
    return at_path(read_tagged(text), (key,))


class Said(NamedTuple):
    """What a message says, but for when and under which id."""

    subject: str
    name: str
    properties: dict[str, Any]
    context: dict[str, Any]
    passed_over: str | None = None
    """What stood where an identifier should and is none."""


def said_by(message: dict[str, Any], identifiers: Identifiers = USUAL) -> Said:
    """What a message says; raises `RefusedError`."""
    name, properties = _content(message, identifiers)
    workspace = name in WORKSPACE_FACTS
    subject, passed_over = (WORKSPACE, None) if workspace else _subject(message, identifiers)
    return Said(subject, name, properties, _object(message, "context"), passed_over)


def row_of_message(
    message: dict[str, Any], source: str, times: TimeReader, identifiers: Identifiers = USUAL
) -> tuple[Any, ...]:
    """A message as a row of `FactColumns`, its id "" where it has none.

    Raises `RefusedError`. A message without a time of its own takes the time it was received.
    """
    subject, name, properties, context, _ = said_by(message, identifiers)
    received_us = _instant(message, "receivedAt", times)
    time_us = _time(message, received_us, times)
    written = tagged(properties) if properties else None
    around = tagged(context) if context else None
    act = is_act(name, written, around)
    id_ = as_text(message.get("messageId")) or ""
    return subject, time_us, id_, name, act, True, source, received_us, written, around


def _content(message: dict[str, Any], identifiers: Identifiers) -> tuple[str, dict[str, Any]]:
    """The fact's name and properties."""
    call = message.get("type")
    properties = _object(message, "properties")
    if call == "track":
        name = message.get("event")
        if not isinstance(name, str):
            raise RefusedError("name", "no event name")
        if fault := refusal_of_name(name):
            raise RefusedError("name", fault)
        return name, properties
    if call in ("page", "screen"):
        own: dict[str, Any] = {key: message[key] for key in ("name", "category") if key in message}
        return PAGE_VIEWED if call == "page" else SCREEN_VIEWED, {**properties, **own}
    if call == "identify":
        return TRAITS, _object(message, "traits") or _traits_around(message)
    if call == "group":
        return GROUP, {**_object(message, "traits"), "group": message.get("groupId")}
    if call == "alias":
        given = message.get("previousId")
        other = identifiers.read(given)
        if not other:
            said = f"previousId {_short(given)} is none" if given else "an alias without previousId"
            raise RefusedError("person", said)
        if message.get("userId") and identifiers.read(message["userId"]) is None:
            said = f"an alias to nobody: userId {_short(message['userId'])} is none"
            raise RefusedError("person", said)
        return MERGE, {"other": other}
    known = nearest(call, TYPES) if isinstance(call, str) else nearest("", TYPES)
    raise RefusedError("type", f"there is no message type {call!r}{known}")


def _traits_around(message: dict[str, Any]) -> dict[str, Any]:
    """The traits of kits that say them in the context of an identify call."""
    return _object(_object(message, "context"), "traits")


def _object(message: dict[str, Any], key: str) -> dict[str, Any]:
    value = message.get(key)
    if value is None or value is MISSING:
        return {}
    if not isinstance(value, dict):
        raise RefusedError("type", f"{key} is no object")
    return value


_NAMED: Final = (
    ("userId", ("userId",)),
    ("anonymousId", ("anonymousId",)),
    ("context.device.id", ("context", "device", "id")),
)


def _subject(message: dict[str, Any], identifiers: Identifiers) -> tuple[str, str | None]:
    """The first identifier of a message: user, else anonymous, else device.

    With it goes what was said before it and identifies nobody.
    """
    if text := identifiers.read(message.get("userId")):
        return text, None
    passed_over = None
    for said, path in _NAMED:
        value = at_path(message, path)
        if text := identifiers.read(value):
            return text, passed_over
        if passed_over is None and as_text(value):
            passed_over = f"{said} {_short(value)} identifies nobody"
    if passed_over is not None:
        raise RefusedError("person", f"no person: {passed_over}")
    raise RefusedError("person", "no person: no userId, no anonymousId, no context.device.id")


def subject_in(message: Value, identifiers: Identifiers = USUAL) -> str | None:
    """Whom something that may be no message is about, as far as it says that."""
    if not isinstance(message, dict):
        return None
    try:
        return _subject(message, identifiers)[0]
    except RefusedError:
        return None


def _short(value: Any) -> str:
    return repr((as_text(value) or str(value))[:40])


def _instant(message: dict[str, Any], key: str, times: TimeReader) -> int | None:
    value = message.get(key)
    return times.instant(value) if isinstance(value, str) else None


def _time(message: dict[str, Any], received_us: int | None, times: TimeReader) -> int:
    if message.get("timestamp") is None:
        if received_us is None:
            raise RefusedError("time", "no time: neither timestamp nor receivedAt")
        return received_us
    time_us = _instant(message, "timestamp", times)
    if time_us is None:
        raise RefusedError("time", fault_of_time(message["timestamp"]))
    return time_us


def fault_of_time(given: Any) -> str:
    """Why something that should be a time is none."""
    return f"unreadable or implausible time {as_text(given) or given!r}"
