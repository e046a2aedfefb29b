"""How nodes are put together to a sentence: literals, ways, events, windows, brackets."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from tailorbird.kernel.instants import format_duration, parse_duration
from tailorbird.kernel.values import IdNumber, format_number
from tailorbird.language.ast import (
    Boolean,
    Call,
    Duration,
    Each,
    Listing,
    Node,
    Number,
    Ref,
    Text,
)
from tailorbird.language.definitions import Key, Kind
from tailorbird.language.operators import OPERATORS, SYMBOLS
from tailorbird.language.printer import quote, show

_UNITS: Final = {
    "d": "day",
    "h": "hour",
    "m": "minute",
    "s": "second",
    "us": "microsecond",
}
_OWNERS: Final = {
    "traits": "the person's",
    "context": "the context's",
    "request": "the request's",
    "event": "the entry event's",
    "item": "the item's",
}
_PERIODS: Final = {
    "day": "today",
    "week": "this week",
    "month": "this month",
    "quarter": "this quarter",
    "year": "this year",
}
_ANY: Final = {
    "any_event": ("anything", "acts"),
    "active_events": ("anything that shows intent", "acts that show intent"),
    "passive_events": ("anything that was only observed", "acts that were only observed"),
}
"""What somebody did, and what there were."""
_LOGIC: Final = frozenset({"and", "or"})


class Speaker:
    """Says nodes, by one phrase an operator."""

    def __init__(self, phrases: Mapping[str, Phrase], about: Mapping[Key, str]) -> None:
        self._phrases = phrases
        self._about = about

    def say(self, node: Node) -> str:
        """Any node in words."""
        if isinstance(node, Call):
            return self._phrases[node.op](self, node) if is_whole(node) else f"`{show(node)}`"
        if isinstance(node, Each):
            return self._each(node)
        if isinstance(node, Listing):
            return self.choice(node.items)
        if isinstance(node, Ref):
            return self._way(node)
        if isinstance(node, Duration):
            return length(node.length_us)
        if isinstance(node, Text):
            return quote(node.value)
        if isinstance(node, Boolean):
            return "true" if node.value else "false"
        return node.value.digits if isinstance(node.value, IdNumber) else format_number(node.value)

    def operand(self, node: Node) -> str:
        """A node within a longer phrase: in brackets unless it is a single thing."""
        if isinstance(node, Each) or (isinstance(node, Call) and not _is_single(node)):
            return f"({self.say(node)})"
        return self.say(node)

    def told(self, which: str, node: Node) -> str:
        """A value told apart: "the largest price", "the largest value of the item's price"."""
        said = self.operand(node)
        value = " value of" if said.startswith("the ") and not which.endswith(" of") else ""
        return f"{which}{value} {said}"

    def side(self, node: Node) -> str:
        """The left side of a comparison: in brackets when it is a calculation or condition."""
        if isinstance(node, Each) or (isinstance(node, Call) and node.op in SYMBOLS):
            return f"({self.say(node)})"
        return self.say(node)

    def part(self, node: Node) -> str:
        """One of several conditions: in brackets when it is made of several itself."""
        joined = isinstance(node, Call) and node.op in _LOGIC
        return f"({self.say(node)})" if joined else self.say(node)

    def choice(self, items: tuple[Node, ...]) -> str:
        """A list of literals, in brackets."""
        return f"({', '.join(self.say(item) for item in items)})"

    def named(self, kind: Kind, node: Node) -> str:
        """The name of a definition, with its description where there is one."""
        name = getattr(node, "value", "")
        about = self._about.get((kind, name))
        return f"{self.say(node)} ({about})" if about else self.say(node)

    def time(self, node: Node | None) -> str:
        """A duration, also while it is still text."""
        if isinstance(node, Text):
            length_us = parse_duration(node.value)
            return quote(node.value) if length_us is None else length(length_us)
        return "" if node is None else self.say(node)

    def moment(self, node: Node) -> str:
        """An instant that is written out."""
        return node.value if isinstance(node, Text) else self.say(node)

    def events(self, node: Node, *, noun: bool = False) -> str:
        """A selection of events: as what somebody did, or as the things that there were."""
        if isinstance(node, Listing):
            return f"any of {self.choice(node.items)}"
        if isinstance(node, Call) and node.op in _ANY:
            pattern = node.keyword("name")
            named = f" named like {self.say(pattern)}" if pattern is not None else ""
            return _ANY[node.op][noun] + named
        return self.say(node)

    def selected(self, call: Call, *, noun: bool = False) -> str:
        """The events of an aggregate with its ``where`` and ``by``."""
        where, by = call.keyword("where"), call.keyword("by")
        text = self.events(call.args[0], noun=noun)
        if where is not None:
            text += f" (where {self.say(where)})"
        if by is not None:
            text += f" with {self.told('the same', by)}"
        return text

    def window(self, call: Call) -> str:
        """The window of an aggregate with a space before it; empty without one."""
        return "".join(
            " " + _WINDOWS[key](self, value) for key, value in call.keywords if key in _WINDOWS
        )

    def _each(self, node: Each) -> str:
        source = self.operand(node.source)
        if node.op == "sum":
            return f"the sum of {self.operand(node.body)} over the items of {source}"
        quantity = "some item" if node.op == "any" else "every item"
        return f"for {quantity} of {source} ({self.say(node.body)})"

    def _way(self, ref: Ref) -> str:
        path = ".".join(key if _is_plain(key) else quote(key) for key in ref.path)
        if ref.root == "properties":
            return path if _is_plain(ref.path[0]) else f"property {path}"
        if ref.root == "prev":
            earlier = Ref(ref.path[0], ref.path[1:])
            return f"{self._way(earlier)} of the step before"
        return f"{_OWNERS[ref.root]} {path}" if path else "the item"


Phrase: TypeAlias = Callable[[Speaker, Call], str]
"""How one operator is said."""


def is_whole(call: Call) -> bool:
    """Whether a call has the arguments that its operator takes; the checker sees to that."""
    operator = OPERATORS[call.op]
    least = len(operator.takes) - operator.optional
    enough = least <= len(call.args) and (operator.more or len(call.args) <= len(operator.takes))
    return bool(enough) and all(call.keyword(name) is not None for name in operator.required)


def _is_single(call: Call) -> bool:
    return (
        not call.keywords
        and all(isinstance(arg, Text | Number) for arg in call.args)
        and call.op not in SYMBOLS
        and not OPERATORS[call.op].more
    )


def _is_plain(key: str) -> bool:
    return key.isascii() and key.isidentifier() and not keyword.iskeyword(key)


def length(length_us: int) -> str:
    """A duration in words.

    >>> length(604_800_000_000), length(60_000_000)
    ('7 days', '1 minute')
    """
    text = format_duration(length_us)
    amount = text.rstrip("dhmsu")
    unit = _UNITS[text[len(amount) :]]
    return f"{amount} {unit}" if amount == "1" else f"{amount} {unit}s"


def recently(speaker: Speaker, node: Node) -> str:
    """``last=`` in words: "in the last 7 days", "in the last hour"."""
    return f"in the last {speaker.time(node).removeprefix('1 ')}"


def _between(speaker: Speaker, node: Node) -> str:
    if not isinstance(node, Listing):
        return f"between {speaker.say(node)}"
    return "from " + " to ".join(f"{speaker.time(item)} ago" for item in node.items)


def _calendar(speaker: Speaker, node: Node) -> str:
    return _PERIODS.get(getattr(node, "value", ""), speaker.say(node))


_WINDOWS: Final[Mapping[str, Callable[[Speaker, Node], str]]] = {
    "last": recently,
    "between": _between,
    "calendar": _calendar,
    "start": lambda speaker, node: f"from {speaker.moment(node)} on",
    "end": lambda speaker, node: f"before {speaker.moment(node)}",
    "session": lambda speaker, node: f"in the {getattr(node, 'value', '')} session",
    "since_event": lambda speaker, node: f"since last doing {speaker.events(node)}",
}


def times(number: str) -> str:
    """How often: "once", "3 times"."""
    return "once" if number == "1" else f"{number} times"
