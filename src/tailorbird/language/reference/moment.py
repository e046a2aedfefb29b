"""A person at an instant: what the names in an expression stand for there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from tailorbird.kernel import limits
from tailorbird.kernel.facts import SETTING, TRAITS, VERDICT, Fact
from tailorbird.kernel.instants import MINUTE, find_zone, parse_duration, zone
from tailorbird.kernel.values import MISSING, Value, at_path, bounded, is_missing
from tailorbird.language.ast import Call, Duration, Each, Listing, Node, Number, Ref, Text

if TYPE_CHECKING:
    from tailorbird.language.reference.person import Person

Answer: TypeAlias = Value | tuple[int, ...]
"""What an expression gives: a value, a condition's truth, or the four parts of a version."""

SESSION_GAP_US: Final = 30 * MINUTE
_Read = TypeVar("_Read")


class Bound(NamedTuple):
    """The fact that ``properties`` and ``context`` speak of, and the one that ``prev`` does."""

    fact: Fact | None = None
    prev: Fact | None = None


UNBOUND: Final = Bound()
Operator: TypeAlias = Callable[["Moment", Call, Bound], Answer]


class Moment:
    """The facts of a person that count at an instant, in order, and what a tree means there."""

    def __init__(
        self, person: Person, now_us: int, facts: list[Fact], operators: Mapping[str, Operator]
    ) -> None:
        self.person = person
        self.now_us = now_us
        self.facts = facts
        self.item: Value = MISSING
        """What ``item`` stands for within any, all and sum over a list."""
        self._operators = operators

    def evaluate(self, node: Node, bound: Bound = UNBOUND) -> Answer:
        """The value of an expression, or whether a condition holds."""
        if isinstance(node, Call):
            return self._operators[node.op](self, node, bound)
        if isinstance(node, Ref):
            return self._look_up(node, bound)
        if isinstance(node, Each):
            return self._each(node, bound)
        if isinstance(node, Listing):
            return [self.evaluate(item, bound) for item in node.items]
        return node.length_us if isinstance(node, Duration) else node.value

    def at(self, instant_us: int) -> Moment:
        """The same person at another instant."""
        return self.person.moment(instant_us).with_item(self.item)

    def with_item(self, item: Value) -> Moment:
        """The same moment, in which ``item`` stands for a value."""
        bound = copy(self)
        bound.item = item
        return bound

    def only(self, first_us: int, last_us: int) -> Moment:
        """The same instant, at which only the facts of a span of time are seen."""
        seen = [fact for fact in self.facts if first_us <= fact.time_us <= last_us]
        narrowed = Moment(self.person, self.now_us, seen, self._operators)
        narrowed.zone, narrowed.session_gap_us = self.zone, self.session_gap_us
        return narrowed.with_item(self.item)

    def holds(self, node: Node, bound: Bound = UNBOUND) -> bool:
        """Whether a condition holds."""
        return self.evaluate(node, bound) is True

    @cached_property
    def acts(self) -> list[Fact]:
        """What the person did, without what was only learnt about her."""
        return [fact for fact in self.facts if fact.act]

    @cached_property
    def exists(self) -> bool:
        """Whether there is any fact of the person; a verdict alone is none."""
        return any(fact.name != VERDICT for fact in self.facts)

    @cached_property
    def workspace(self) -> list[Fact]:
        """The workspace's facts up to the instant, in order."""
        return [fact for fact in self.person.workspace if fact.time_us <= self.now_us]

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone in force: the person's own if it is known, else the workspace's, else UTC."""
        own = self.trait("timezone")
        found = find_zone(own) if isinstance(own, str) else None
        return found or self._setting("zone", find_zone) or zone("UTC")

    @cached_property
    def session_gap_us(self) -> int:
        """The longest pause within a session."""
        gap_us = self._setting("session_gap", parse_gap)
        return SESSION_GAP_US if gap_us is None else gap_us

    def trait(self, *path: str) -> Value:
        """The value in the latest ``$traits`` fact that says something about the name."""
        for fact in reversed(self.facts):
            if fact.name == TRAITS and fact.properties.get(path[0], MISSING) is not MISSING:
                return at_path(fact.properties, path)
        return MISSING

    def _setting(self, name: str, read: Callable[[str], _Read | None]) -> _Read | None:
        for fact in reversed(self.workspace):
            value = fact.properties.get("value")
            if fact.name == SETTING and fact.properties.get("name") == name:
                found = read(value) if isinstance(value, str) else None
                if found is not None:
                    return found
        return None

    def _look_up(self, ref: Ref, bound: Bound) -> Value:
        if ref.root == "traits":
            return self.trait(*ref.path)
        if ref.root == "item":
            return at_path(self.item, ref.path)
        if ref.root == "prev":
            part, *path = ref.path
            return MISSING if bound.prev is None else at_path(getattr(bound.prev, part), path)
        if bound.fact is not None:
            return at_path(getattr(bound.fact, ref.root), ref.path)
        if ref.root != "context":
            raise ValueError(f"{ref.root} has no meaning outside of a fact")
        found = (at_path(act.context, ref.path) for act in reversed(self.acts))
        return next((value for value in found if not is_missing(value)), MISSING)

    def _each(self, each: Each, bound: Bound) -> Answer:
        source = self.evaluate(each.source, bound)
        if not isinstance(source, list):
            return MISSING if each.op == "sum" else False
        answers = (
            self.with_item(item).evaluate(each.body, bound) for item in source[: limits.ITEMS]
        )
        if each.op == "sum":
            return bounded(sum(answer for answer in answers if type(answer) is int))
        return (any if each.op == "any" else all)(answer is True for answer in answers)


def parse_gap(text: str) -> int | None:
    """The length that a session gap's setting names; None when it names none."""
    length_us = parse_duration(text)
    return None if length_us is None or length_us < 0 else length_us


def text_argument(call: Call, index: int = 0) -> str:
    """The text that stands as an argument, such as the name of a segment."""
    node = call.args[index]
    assert isinstance(node, Text)
    return node.value


def duration_argument(call: Call, keyword: str) -> int | None:
    """The length of a duration given for a keyword, None when it was left out."""
    node = call.keyword(keyword)
    if node is None:
        return None
    assert isinstance(node, Duration)
    return node.length_us


def number_argument(node: Node) -> int:
    """A number written out, in millionths."""
    assert isinstance(node, Number)
    assert isinstance(node.value, int)
    return node.value


def or_missing(value: Answer | None) -> Answer:
    """A value, or missing where there is none."""
    return MISSING if value is None else value
