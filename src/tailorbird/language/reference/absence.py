"""Absence: something has not followed in time."""

from __future__ import annotations

from typing import Final

from tailorbird.language.ast import Boolean, Call
from tailorbird.language.reference.aggregates import comparable
from tailorbird.language.reference.moment import Bound, Moment, Operator, duration_argument
from tailorbird.language.reference.selection import fits_step, is_recent
from tailorbird.language.reference.sequences import matches


def _absent(moment: Moment, call: Call, _bound: Bound) -> bool:
    wait_us, last_us = duration_argument(call, "wait"), duration_argument(call, "last")
    assert wait_us is not None
    for index in _occasions(moment, call):
        deadline_us = moment.facts[index].time_us + wait_us
        due = deadline_us <= moment.now_us and is_recent(moment, deadline_us, last_us)
        if due and not _followed(moment, call, index, deadline_us):
            return True
    return False


def _occasions(moment: Moment, call: Call) -> list[int]:
    """The facts that fit ``after``, or that end a match of it, as indexes among all facts."""
    after, same = call.keyword("after"), call.keyword("same")
    assert after is not None
    if not (isinstance(after, Call) and after.op == "sequence"):
        after = Call("sequence", (after,))
    ends = sorted({end for _, end in matches(moment, after)})
    return [
        end
        for end in ends
        if same is None or comparable(moment.evaluate(same, Bound(moment.facts[end]))) is not None
    ]


def _followed(moment: Moment, call: Call, index: int, deadline_us: int) -> bool:
    same, in_time_only = call.keyword("same"), call.keyword("ever") == Boolean(True)
    occasion = moment.facts[index]
    for fact in moment.facts[index + 1 :]:
        if in_time_only and fact.time_us >= deadline_us:
            return False
        if fits_step(moment, fact, call.args[0]) and (
            same is None
            or comparable(moment.evaluate(same, Bound(fact)))
            == comparable(moment.evaluate(same, Bound(occasion)))
        ):
            return True
    return False


OPERATORS: Final[dict[str, Operator]] = {"absent": _absent}
