"""Sessions: acts without a long pause between them."""

from __future__ import annotations

from typing import Final

from tailorbird.kernel.facts import PAGE_VIEWED, SCREEN_VIEWED, Fact
from tailorbird.kernel.values import MISSING, UNIT
from tailorbird.language.ast import Call
from tailorbird.language.reference.moment import (
    Answer,
    Bound,
    Moment,
    Operator,
    duration_argument,
)


def sessions(moment: Moment) -> list[list[Fact]]:
    """All sessions up to now, each with its acts in order."""
    found: list[list[Fact]] = []
    for act in moment.acts:
        if found and act.time_us - found[-1][-1].time_us <= moment.session_gap_us:
            found[-1].append(act)
        else:
            found.append([act])
    return found


def current_session(moment: Moment) -> list[Fact]:
    """The acts of the session that still goes on; empty when there is none."""
    for session in sessions(moment)[-1:]:
        if moment.now_us - session[-1].time_us <= moment.session_gap_us:
            return session
    return []


def _begun(moment: Moment, call: Call) -> list[list[Fact]]:
    """The sessions whose first act lies in the window."""
    last_us = duration_argument(call, "last")
    return [
        session
        for session in sessions(moment)
        if last_us is None or session[0].time_us > moment.now_us - last_us
    ]


def _session_count(moment: Moment, call: Call, _bound: Bound) -> Answer:
    return len(_begun(moment, call)) * UNIT


def _session_duration(moment: Moment, _call: Call, _bound: Bound) -> Answer:
    found = sessions(moment)
    return found[-1][-1].time_us - found[-1][0].time_us if found else MISSING


def _session_depth(moment: Moment, _call: Call, _bound: Bound) -> Answer:
    found = sessions(moment)
    if not found:
        return MISSING
    return sum(act.name in (PAGE_VIEWED, SCREEN_VIEWED) for act in found[-1]) * UNIT


def _bounced(moment: Moment, _call: Call, _bound: Bound) -> Answer:
    found = sessions(moment)
    return bool(found) and len(found[-1]) == 1


def _in_one_session(moment: Moment, call: Call, _bound: Bound) -> Answer:
    return any(
        moment.only(session[0].time_us, session[-1].time_us).holds(call.args[0])
        for session in _begun(moment, call)
    )


OPERATORS: Final[dict[str, Operator]] = {
    "session_count": _session_count,
    "session_duration": _session_duration,
    "session_depth": _session_depth,
    "bounced": _bounced,
    "in_one_session": _in_one_session,
}
