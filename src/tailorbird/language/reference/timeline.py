"""History of a condition: whether it has held, and when it turned."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from tailorbird.language.ast import Call
from tailorbird.language.reference.edges import changes
from tailorbird.language.reference.moment import Bound, Moment, Operator, duration_argument


def _held(moment: Moment, call: Call, _bound: Bound) -> bool:
    condition, lasting_us = call.args[0], duration_argument(call, "lasting")
    assert lasting_us is not None
    start_us = moment.now_us - lasting_us
    if not moment.acts or moment.acts[0].time_us > start_us:
        return False
    instants = [start_us, *changes(moment, condition, start_us, moment.now_us)]
    return all(moment.at(instant_us).holds(condition) for instant_us in instants)


def _turned(moment: Moment, call: Call, to: bool) -> bool:
    """Whether membership became so at some instant of the window."""
    member, last_us = Call("in_segment", call.args), duration_argument(call, "last")
    known = moment.person.facts  # a fact that is now a bot's may have made a member back then
    start_us = known[0].time_us - 1 if known else moment.now_us
    if last_us is not None:
        start_us = max(start_us, moment.now_us - last_us)
    instants = [start_us, *changes(moment, member, start_us, moment.now_us)]
    answers = [moment.at(instant_us).holds(member) for instant_us in instants]
    return any(after is to and before is not to for before, after in pairwise(answers))


def _entered(moment: Moment, call: Call, _bound: Bound) -> bool:
    return _turned(moment, call, True)


def _left(moment: Moment, call: Call, _bound: Bound) -> bool:
    return _turned(moment, call, False)


OPERATORS: Final[dict[str, Operator]] = {"held": _held, "entered": _entered, "left": _left}
