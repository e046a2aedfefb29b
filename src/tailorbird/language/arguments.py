"""Literal arguments: what each slot accepts, and how the keywords of one call fit together."""

from __future__ import annotations

import re
from typing import Final

import re2

from tailorbird.kernel import limits
from tailorbird.kernel.instants import PERIODS, parse_duration, parse_instant, zone
from tailorbird.kernel.values import UNIT, IdNumber
from tailorbird.language.ast import Boolean, Call, Duration, Listing, Node, Number, Text
from tailorbird.language.operators import Slot
from tailorbird.language.text import OPTIONS

_VERSION: Final = re.compile(
    r"[vV]?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?", re.ASCII
)
_WINDOWS: Final = ("last", "between", "calendar", "start", "end", "session", "since_event")


def literal(node: Node, slot: Slot) -> tuple[Node | None, str]:
    """The checked literal for a slot, or None and why it does not fit."""
    wrong = f"{slot.value} is needed here"
    if slot is Slot.DURATION:
        return _duration(node)
    if slot is Slot.DURATION_PAIR:
        return _pair(node) if isinstance(node, Listing) else (None, wrong)
    if slot is Slot.GAP:
        return _pair(node) if isinstance(node, Listing) else _duration(node)
    if slot is Slot.INTEGER:
        whole = isinstance(node, Number) and not isinstance(node.value, IdNumber)
        return (node if whole and as_integer(node) is not None else None), wrong
    if slot is Slot.DECIMAL:
        fits = isinstance(node, Number) and not isinstance(node.value, IdNumber)
        return (node if fits else None), wrong
    if slot is Slot.FLAG:
        return (node if isinstance(node, Boolean) else None), wrong
    if not isinstance(node, Text):
        return None, wrong
    return _text(node, slot, wrong)


def _text(node: Text, slot: Slot, wrong: str) -> tuple[Node | None, str]:
    if slot is Slot.PERIOD:
        return (node if node.value in PERIODS else None), wrong
    if slot is Slot.SESSION:
        return (node if node.value == "current" else None), wrong
    if slot is Slot.MOMENT_TEXT:
        fits = parse_instant(node.value, zone("UTC")) is not None
        return (node if fits else None), f"{wrong}, {node.value!r} is none"
    if slot is Slot.PATTERN:
        message = pattern_fault(node.value)
        return (None if message else node), message
    if not node.value or len(node.value) > limits.NAME_CHARACTERS:
        return None, f"a name has 1 to {limits.NAME_CHARACTERS} characters"
    return node, ""


def _duration(node: Node) -> tuple[Node | None, str]:
    if isinstance(node, Duration):
        return node, ""
    length_us = parse_duration(node.value) if isinstance(node, Text) else None
    if length_us is None or length_us < 0:
        given = f", {node.value!r} is none" if isinstance(node, Text) else ""
        return None, f"{Slot.DURATION.value} is needed here{given}"
    return Duration(length_us, place=node.place), ""


def _pair(node: Listing) -> tuple[Node | None, str]:
    items = [_duration(item)[0] for item in node.items]
    if len(items) != 2 or None in items:
        return None, f"{Slot.DURATION_PAIR.value} is needed here"
    return Listing(tuple(item for item in items if item is not None), place=node.place), ""


def as_integer(node: Node | None) -> int | None:
    """The whole number that a literal stands for; None when it is none."""
    if isinstance(node, Number) and isinstance(node.value, int) and node.value % UNIT == 0:
        return node.value // UNIT
    return None


def pattern_fault(pattern: str) -> str:
    """Why a text is no usable regular expression; empty when it is one."""
    if len(pattern.encode()) > limits.PATTERN_BYTES:
        return f"a pattern has at most {limits.PATTERN_BYTES} bytes"
    try:
        re2.compile(pattern, OPTIONS)
    except re2.error as error:
        reason = error.args[0] if error.args else "unreadable"
        reason = reason.decode() if isinstance(reason, bytes) else reason
        return f"{pattern!r} is no RE2 pattern: {reason}"
    return ""


def version_fault(text: str) -> str:
    """Why a text is no version; empty when it is one."""
    if parse_version(text) is None:
        return f'{text!r} is no version; write 1 to 4 whole numbers such as "1.10.0"'
    return ""


def parse_version(text: str) -> tuple[int, ...] | None:
    """Four numbers of a version text, absent ones 0; None when it is none.

    >>> parse_version("v1.10.0-beta")
    (1, 10, 0, 0)
    """
    match = _VERSION.fullmatch(re.split(r"[-+]", text, maxsplit=1)[0])
    return tuple(int(part or 0) for part in match.groups()) if match else None


def fault(call: Call) -> tuple[Node, str] | None:
    """What is wrong with a call's literals taken together, and at which node."""
    for check in (_windows, _lengths, _counts, _places, _smoothing):
        found = check(call)
        if found is not None:
            return found
    return None


def length_of(node: Node | None) -> int | None:
    """Microseconds of a duration node; None for anything else."""
    return node.length_us if isinstance(node, Duration) else None


def number_of(node: Node | None) -> int | None:
    """Millionths of a number node; None for anything else."""
    return node.value if isinstance(node, Number) and isinstance(node.value, int) else None


def _lengths_of(node: Node | None) -> tuple[int, int] | None:
    if not isinstance(node, Listing) or len(node.items) != 2:
        return None
    first, second = length_of(node.items[0]), length_of(node.items[1])
    return None if first is None or second is None else (first, second)


def _windows(call: Call) -> tuple[Node, str] | None:
    given = [key for key, _ in call.keywords if key in _WINDOWS]
    if call.op in ("sequence", "sequence_count", "absent"):
        return None
    if len(given) > 1 and given != ["start", "end"]:
        return call, f"only one kind of window at a time; given are {', '.join(given)}"
    if call.op == "since" and call.keywords and not is_selection(call.args[0]):
        return call, "since an instant takes no window and no where="
    between = _lengths_of(call.keyword("between"))
    if between is not None and between[0] <= between[1]:
        return call, 'the first is further back: between=("90d", "30d")'
    return None


def is_selection(node: Node) -> bool:
    """Whether a checked argument selects events: names, or any_event() and its kin."""
    if isinstance(node, Call):
        return node.op in ("any_event", "active_events", "passive_events")
    return isinstance(node, Text | Listing)


def _lengths(call: Call) -> tuple[Node, str] | None:
    for key, node in call.keywords:
        if key in ("last", "lasting", "short", "long", "gap") and length_of(node) == 0:
            return node, f"{key}= is longer than 0"
        if key == "within" and length_of(node) == 0 and call.op != "anniversary":
            return node, "within= is longer than 0"
    gap = _lengths_of(call.keyword("gap"))
    if gap is not None and gap[0] >= gap[1]:
        return call, 'the first is shorter: gap=("60s", "10m")'
    short, long = length_of(call.keyword("short")), length_of(call.keyword("long"))
    if short is not None and long is not None and short >= long:
        return call, "short= is shorter than long="
    return None


def _counts(call: Call) -> tuple[Node, str] | None:
    bounds = {
        "at_least": (0, 1, len(call.args) - 1),
        "top": (2, 1, limits.TOP_VALUES),
        "percentile_of": (1, 1, 100),
    }
    if call.op in bounds:
        where, least, most = bounds[call.op]
        number = as_integer(call.args[where])
        if number is None or not least <= number <= most:
            return call.args[where], f"a whole number from {least} to {most} is needed here"
    times = call.keyword("times")
    if times is not None and not 1 <= (as_integer(times) or 0) <= limits.STEP_TIMES:
        return times, f"times= is a whole number from 1 to {limits.STEP_TIMES}"
    if call.op in ("sequence", "sequence_count") and len(call.args) > limits.SEQUENCE_STEPS:
        return call, f"a sequence has at most {limits.SEQUENCE_STEPS} steps"
    return None


def _places(call: Call) -> tuple[Node, str] | None:
    if call.op != "near":
        return None
    for node, most, name in ((call.args[1], 90, "latitude"), (call.args[2], 180, "longitude")):
        if abs(number_of(node) or 0) > most * UNIT:
            return node, f"a {name} lies between -{most} and {most}"
    km = call.keyword("km")
    if km is not None and not 0 < (number_of(km) or 0) <= limits.NEAR_KM * UNIT:
        return km, f"km= is more than 0 and at most {limits.NEAR_KM}"
    return None


def _smoothing(call: Call) -> tuple[Node, str] | None:
    if call.op != "smooth":
        return None
    method, alpha = call.keyword("method"), call.keyword("alpha")
    q, r = call.keyword("q"), call.keyword("r")
    if method is None:
        if q is not None or r is not None:
            return call, 'q= and r= belong to method="kalman"'
        if alpha is not None and not 0 < (number_of(alpha) or 0) <= UNIT:
            return alpha, "alpha= is more than 0 and at most 1"
        return None
    if not isinstance(method, Text) or method.value != "kalman":
        return method, 'the only other method is "kalman"; leave it out for alpha='
    if alpha is not None or q is None or r is None:
        return call, 'method="kalman" takes q= and r=, and no alpha='
    for node in (q, r):
        if (number_of(node) or 0) <= 0:
            return node, "q= and r= are more than 0"
    return None
