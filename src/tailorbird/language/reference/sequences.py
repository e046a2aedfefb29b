"""Sequences: facts that follow each other in a given order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.values import UNIT
from tailorbird.language.ast import Boolean, Call, Duration, Listing, Node
from tailorbird.language.reference.aggregates import comparable
from tailorbird.language.reference.moment import (
    Bound,
    Moment,
    Operator,
    duration_argument,
    number_argument,
)
from tailorbird.language.reference.selection import fits, fits_step, is_recent


class Step(NamedTuple):
    """What one fact of a match has to be."""

    events: Node
    where: Node | None
    gap: tuple[int, int] | None
    """The difference from the fact before: at least the first, less than the second."""


def matches(moment: Moment, call: Call) -> list[tuple[int, int]]:
    """Where matches begin and end: indexes of their first and last fact among all facts."""
    steps, within_us = _steps(call), duration_argument(call, "within")
    facts = moment.facts

    # A match is judged link by link: whatever lies between its first and last fact is one of
    # its own facts or lies between two neighbours.
    @cache
    def following(index: int, number: int) -> list[int]:
        return list(_following(moment, call, steps, number, index))

    found = []
    for first, fact in enumerate(facts):
        if not _begins(moment, call, steps[0], fact):
            continue
        reached = {first}
        for number in range(1, len(steps)):
            reached = {after for index in reached for after in following(index, number)}
        found += [
            (first, last)
            for last in sorted(reached)
            if within_us is None or facts[last].time_us - fact.time_us < within_us
        ]
    return found


def _steps(call: Call) -> list[Step]:
    gap = _gap(call.keyword("gap"))
    steps: list[Step] = []
    for node in call.args:
        if not (isinstance(node, Call) and node.op == "step"):
            steps.append(Step(node, None, gap))
            continue
        times = node.keyword("times")
        step = Step(node.args[0], node.keyword("where"), _gap(node.keyword("gap")) or gap)
        steps += [step] * (1 if times is None else number_argument(times) // UNIT)
    return steps


def _gap(node: Node | None) -> tuple[int, int] | None:
    if isinstance(node, Duration):
        return 0, node.length_us
    if isinstance(node, Listing):
        low, high = (item.length_us for item in node.items if isinstance(item, Duration))
        return low, high
    return None


def _begins(moment: Moment, call: Call, step: Step, fact: Fact) -> bool:
    same = call.keyword("same")
    return fits(moment, fact, step.events, step.where) and (
        same is None or comparable(moment.evaluate(same, Bound(fact))) is not None
    )


def _following(
    moment: Moment, call: Call, steps: list[Step], number: int, index: int
) -> Iterator[int]:
    """The facts that a step can be matched with after one, up to where the match breaks."""
    step, is_last = steps[number], number == len(steps) - 1
    before, same = moment.facts[index], call.keyword("same")
    for after in range(index + 1, len(moment.facts)):
        fact = moment.facts[after]
        low_us, high_us = step.gap or (0, None)
        excluded = _is_excluded(moment, call, fact)
        passed_us = fact.time_us - before.time_us
        if (
            passed_us >= low_us
            and (high_us is None or passed_us < high_us)
            and fits(moment, fact, step.events, step.where, before)
            and (same is None or _are_same(moment, same, before, fact))
            and (is_last or not excluded)
        ):
            yield after
        if excluded or (fact.act and call.keyword("contiguous") == Boolean(True)):
            return


def _are_same(moment: Moment, same: Node, one: Fact, other: Fact) -> bool:
    a, b = (comparable(moment.evaluate(same, Bound(fact))) for fact in (one, other))
    return a is not None and a == b


def _is_excluded(moment: Moment, call: Call, fact: Fact) -> bool:
    """Whether a fact may not lie between the first and the last of a match."""
    without = call.keyword("without")
    return without is not None and fits_step(moment, fact, without)


def _sequence(moment: Moment, call: Call, _bound: Bound) -> bool:
    last_us = duration_argument(call, "last")
    ends = (moment.facts[end].time_us for _, end in matches(moment, call))
    return any(is_recent(moment, end_us, last_us) for end_us in ends)


def _sequence_count(moment: Moment, call: Call, _bound: Bound) -> int:
    same, last_us = call.keyword("same"), duration_argument(call, "last")
    of_value: dict[object, list[tuple[int, int]]] = {}
    for first, end in matches(moment, call):
        value = same and comparable(moment.evaluate(same, Bound(moment.facts[end])))
        of_value.setdefault(value, []).append((first, end))
    ends = [end for found in of_value.values() for end in _one_after_another(found)]
    recent = [end for end in ends if is_recent(moment, moment.facts[end].time_us, last_us)]
    return len(recent) * UNIT


def _one_after_another(found: list[tuple[int, int]]) -> list[int]:
    """The earliest end, then the earliest of those that begin after it, and so on."""
    ends: list[int] = []
    for first, end in sorted(found, key=lambda match: match[1]):
        if not ends or first > ends[-1]:
            ends.append(end)
    return ends


OPERATORS: Final[dict[str, Operator]] = {
    "sequence": _sequence,
    "sequence_count": _sequence_count,
}
