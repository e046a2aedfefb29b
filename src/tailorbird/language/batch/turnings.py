"""Whether conditions have held or turned, for many people at once by arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from tailorbird.language.batch.columns import Array, Flags
from tailorbird.language.batch.courses import NEVER_US, Course
from tailorbird.language.batch.moments import Moment, Questions
from tailorbird.language.batch.ordered import Chunk, distinct, latest_rows
from tailorbird.language.batch.readings import Computed, Ordered, flags
from tailorbird.language.batch.timelines import Timeline, timeline
from tailorbird.language.batch.typed import NotInSqlError
from tailorbird.language.definitions import Key
from tailorbird.language.operations import Expr, Held, Select, Turned

_FACTS: Final = Select(everything=True)
_ACTS: Final = Select()


def turning(operation: Held | Turned, moment: Moment, expressions: Mapping[Key, Expr]) -> Ordered:
    """How a condition over time is answered; raises `NotInSqlError` where it is not."""
    line, always = _followed(operation, moment, expressions)

    def compute(chunk: Chunk, now: Array) -> Computed:
        existence = _existence(chunk, line.also[-1]) if always else None
        who, time_us, into = line.turns(chunk, existence)
        now_us = now[np.searchsorted(chunk.who, who)]
        past = np.flatnonzero(time_us <= now_us)
        who, time_us, into, now_us = who[past], time_us[past], into[past], now_us[past]
        if isinstance(operation, Held):
            since_us = now_us - operation.lasting_us
            chosen = into & (time_us <= since_us) & (_first_acts(chunk, line, who) <= since_us)
            last = latest_rows(who)
            people = who[last[chosen[last]]]
        else:
            chosen = into == operation.into
            if operation.last_us is not None:
                chosen &= time_us > now_us - operation.last_us
            people = distinct(who[chosen])
        return people, [np.ones(len(people), bool)]

    return Ordered(line.rows, line.columns, None, compute, flags, False)


def _followed(
    operation: Held | Turned, moment: Moment, expressions: Mapping[Key, Expr]
) -> tuple[Timeline, bool]:
    """The timeline of a condition, and whether it holds from the beginning of everybody."""
    if isinstance(moment, Questions) and moment.with_bots:
        raise NotInSqlError("facts that counted until they were found to be a bot's")
    held = isinstance(operation, Held)
    length_us = operation.lasting_us if isinstance(operation, Held) else operation.last_us
    from_us = None
    if length_us is not None and moment.shared_us is not None:
        from_us = moment.shared_us - length_us
    also = [_ACTS] if held else []
    line = timeline(operation.condition, expressions, moment, from_us, also)
    always = line.holds_before()
    if always:
        line = timeline(operation.condition, expressions, moment, from_us, [*also, _FACTS])
    if line.by_gap:
        raise NotInSqlError("sessions, whose gap may change over time")
    return line, always


def _existence(chunk: Chunk, role: int) -> Course:
    """From when on each person exists."""
    rows = _firsts(chunk, role)
    there = Flags(np.ones(len(rows), bool))
    return Course(chunk.who[rows], chunk.time_us[rows], there, False)


def _first_acts(chunk: Chunk, line: Timeline, who: Array) -> Array:
    """The time of some people's first acts."""
    rows = np.append(_firsts(chunk, line.also[0]), -1)
    people = np.append(chunk.who[rows[:-1]], -1)
    times = np.append(chunk.time_us[rows[:-1]], NEVER_US)
    places = np.searchsorted(people[:-1], who)
    found: Array = np.where(people[places] == who, times[places], NEVER_US)
    return found


def _firsts(chunk: Chunk, role: int) -> Array:
    """The first row with a role of each person who has one."""
    rows = np.flatnonzero(chunk.columns[role])
    who = chunk.who[rows]
    first: Array = rows[np.append(True, who[1:] != who[:-1])[: len(rows)]]
    return first
