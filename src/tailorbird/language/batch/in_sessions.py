"""Conditions on the facts of a single session, for many people at once by arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from tailorbird.kernel.instants import zone
from tailorbird.kernel.values import UNIT
from tailorbird.language.batch import filters
from tailorbird.language.batch.columns import Array, Column, Flags, Numbers, as_flags
from tailorbird.language.batch.expressions import Asked, Evaluation
from tailorbird.language.batch.moments import Moment
from tailorbird.language.batch.ordered import Chunk, distinct
from tailorbird.language.batch.readings import Computed, Ordered, flags
from tailorbird.language.batch.roles import Roles
from tailorbird.language.batch.scalars import Here, needs
from tailorbird.language.batch.sequences import afresh, shape
from tailorbird.language.batch.sessions import opens_after
from tailorbird.language.batch.sums import Sums
from tailorbird.language.batch.typed import NotInSqlError
from tailorbird.language.operations import (
    Fold,
    InSession,
    Lifetime,
    Match,
    Operation,
    Select,
    leaves,
)
from tailorbird.language.world import World

Measure = Callable[[Chunk, Array, Array], Column]
"""The values of an operation in sessions, given as their first and last rows."""
_ELSEWHERE: Final = Here(zone("UTC"), World().at(0))
"""What is in force does not matter to the conditions that are answered here."""


def in_session(operation: InSession, moment: Moment) -> Ordered:
    """Whether some session that begins in the window fulfils the condition."""
    if needs(operation.condition) != (False, False):
        raise NotInSqlError("a condition that depends on the instant")
    roles = Roles(moment)
    act = roles.of(Select())
    gap_us = moment.shared_gap_us
    gap = None if gap_us is not None else roles.value(moment.session_gap(), act)
    measures = {
        leaf.operation: _measure(leaf.operation, roles, moment)
        for leaf in leaves(operation.condition)
    }
    last_us = operation.last_us

    def compute(chunk: Chunk, now: Array) -> Computed:
        acts = np.flatnonzero(chunk.columns[act])
        longest_us = gap_us if gap is None else chunk.columns[gap][acts][1:]
        first, last = _sessions(chunk, acts, longest_us)
        if last_us is not None:
            begun = chunk.time_us[first] > now[first] - last_us
            first, last = first[begun], last[begun]
        columns = {op: measure(chunk, first, last) for op, measure in measures.items()}
        held = _held(operation, columns, now[first])
        people = distinct(chunk.who[first[held]])
        return people, [np.ones(len(people), bool)]

    after = opens_after(moment, last_us)
    return Ordered(roles.rows(after), roles.columns, None, compute, flags, False)


def _sessions(chunk: Chunk, acts: Array, gap_us: Array | int | None) -> tuple[Array, Array]:
    """The first and last row of each session: all rows from its first act's time to its last's."""
    who, time_us = chunk.who[acts], chunk.time_us[acts]
    begins = np.append(True, who[1:] != who[:-1])[: len(acts)]
    begins[1:] |= time_us[1:] - time_us[:-1] > gap_us
    ends = np.append(begins[1:], True)[: len(acts)]
    moves = (chunk.who[1:] != chunk.who[:-1]) | (chunk.time_us[1:] != chunk.time_us[:-1])
    instant = np.append(0, np.cumsum(moves))[: len(chunk)]
    starts = np.flatnonzero(np.append(True, moves)[: len(chunk)])
    until = np.append(starts[1:], len(chunk)) - 1
    return starts[instant[acts[begins]]], until[instant[acts[ends]]]


def _held(operation: InSession, columns: Mapping[Operation, Column], now: Array) -> Array:
    asked = Asked(now, [_ELSEWHERE], np.zeros(len(now), np.int64))
    return as_flags(Evaluation(asked, columns, {}).column(operation.condition), len(now))


def _measure(operation: Operation, roles: Roles, moment: Moment) -> Measure:
    if isinstance(operation, Match):
        return _match(operation, roles)
    if not isinstance(operation, Fold) or not isinstance(operation.window, Lifetime):
        raise NotInSqlError(f"{type(operation).__name__} of a session")
    role = roles.of(operation.select)
    if operation.kind == "count":
        return lambda chunk, first, last: _total(
            np.where(chunk.columns[role], UNIT, 0), first, last
        )
    if operation.kind == "sum" and operation.value is not None:
        number = filters.value(operation.value, moment).number or "0"
        amount = roles.value(f"coalesce({number}, 0)", role)
        return lambda chunk, first, last: _total(
            np.where(chunk.columns[role], chunk.columns[amount], 0), first, last
        )
    raise NotInSqlError(f"{operation.kind} of a session")


def _total(amounts: Array, first: Array, last: Array) -> Column:
    return Sums(amounts).between(first, last + 1)


def _match(match: Match, roles: Roles) -> Measure:
    if match.pattern.same is not None or match.last_us is not None:
        raise NotInSqlError("a sequence of one value in a session")
    form = shape(match.pattern, roles)

    def measure(chunk: Chunk, first: Array, last: Array) -> Column:
        begins, ends = (np.zeros(len(chunk) + 1, np.int64) for _ in range(2))
        begins[first], ends[last + 1] = 1, 1
        within = np.flatnonzero(np.cumsum(begins - ends)[:-1])
        number = (np.cumsum(begins) - 1)[within]
        columns = [column[within] for column in chunk.columns]
        story = Chunk(chunk.who[within], chunk.time_us[within], columns, number)
        starts = form.starts(story)
        if match.counting:
            counts = np.bincount(number[afresh(starts)], minlength=len(first)) * UNIT
            return Numbers(counts, np.ones(len(first), bool))
        found = np.zeros(len(first), bool)
        found[number[starts >= 0]] = True
        return Flags(found)

    return measure
