"""What has not followed in time, found for many people at once: by aggregates, or by arrays."""

from __future__ import annotations

import numpy as np

from tailorbird.language.batch import filters
from tailorbird.language.batch.columns import Array
from tailorbird.language.batch.moments import Moment
from tailorbird.language.batch.ordered import Chunk, distinct
from tailorbird.language.batch.readings import (
    Computed,
    Ordered,
    Queried,
    flags,
    row_conditions,
    when,
    where,
)
from tailorbird.language.batch.roles import Roles
from tailorbird.language.batch.sequences import Shape, begins_after, shape
from tailorbird.language.batch.typed import NotInSqlError
from tailorbird.language.operations import Absence, Pattern


def absence(operation: Absence, moment: Moment) -> Ordered:
    """Whether some occasion passed its deadline without the awaited fact."""
    roles = Roles(moment)
    awaited = roles.of(operation.awaited)
    form = _occasion(operation, roles)
    after = None
    if operation.last_us is not None:
        after = begins_after(moment, operation.last_us + operation.wait_us, form.longest_us)
    partition, others = _told_apart(operation, moment)
    wait_us, last_us = operation.wait_us, operation.last_us

    def compute(chunk: Chunk, now: Array) -> Computed:
        followed = chunk.next_after(chunk.columns[awaited].astype(bool))
        is_followed = followed >= 0
        if operation.ever:
            is_followed &= chunk.time_us[followed] - chunk.time_us < wait_us
        deadline_us = chunk.time_us + wait_us
        open_ = (form.starts(chunk) >= 0) & (deadline_us <= now) & ~is_followed
        if last_us is not None:
            open_ &= deadline_us > now - last_us
        people = distinct(chunk.who[open_])
        return people, [np.ones(len(people), bool)]

    return Ordered(roles.rows(after, *others), roles.columns, partition, compute, flags, False)


def unanswered(operation: Absence, moment: Moment) -> Queried:
    """The same by aggregates, where the newest occasion decides.

    If the newest one whose deadline has passed was followed, every earlier one was as well.
    Newest is what is latest, and of one time what has the greatest id; ids are only looked at for
    those whose newest occasion and newest awaited fact have one time.
    """
    if operation.ever or isinstance(operation.after, Pattern):
        raise NotInSqlError("occasions of which the newest does not decide")
    roles = Roles(moment)
    numbers = [roles.of(select) for select in (operation.awaited, operation.after)]
    awaited, occasion = (roles.columns[number] for number in numbers)
    wait_us, last_us, after = operation.wait_us, operation.last_us, None
    occasion += f" AND time_us <= {moment.since(wait_us)}"
    if last_us is not None:
        occasion += f" AND time_us > {moment.since(last_us + wait_us)}"
        after = begins_after(moment, last_us + wait_us, 0)
    key, others = _told_apart(operation, moment)
    rows = roles.rows(after, *others)
    relation = rows.relation if key is None else f"(SELECT *, {key} AS same FROM {rows.relation})"
    whose = "who" if key is None else "who, same"
    limits = where(row_conditions(rows))

    def newest(column: str) -> str:
        return f"max({when(occasion, column)}) AS begun, max({when(awaited, column)}) AS followed"

    sql = (
        f"WITH newest AS MATERIALIZED (SELECT {whose}, {newest('time_us')} "
        f"FROM {relation}{limits} GROUP BY {whose}), "
        f"together AS (SELECT {whose}, begun AS time_us FROM newest WHERE begun = followed), "
        f"of_ids AS (SELECT {whose}, {newest('id')} FROM {relation} "
        f"JOIN together USING ({whose}, time_us){limits} GROUP BY {whose}) "
        f"SELECT {'who' if key is None else 'DISTINCT who'}, true AS absent FROM ("
        "SELECT * FROM newest WHERE begun > followed OR (begun IS NOT NULL AND followed IS NULL) "
        f"UNION ALL SELECT {whose}, NULL, NULL FROM of_ids WHERE begun >= followed)"
    )
    return Queried(sql, flags, False)


def _told_apart(operation: Absence, moment: Moment) -> tuple[str | None, list[str]]:
    """The value that an occasion and what is awaited have to share, and that it is there."""
    if operation.same is None:
        return None, []
    key = filters.value(operation.same, moment).key()
    return key, [f"({key}) IS NOT NULL"]


def _occasion(operation: Absence, roles: Roles) -> Shape:
    """Occasions as a pattern, which for single facts has one step."""
    if not isinstance(operation.after, Pattern):
        return Shape((roles.of(operation.after),), (None,), None, None, None)
    if operation.after.same != operation.same:
        raise NotInSqlError("occasions told apart by other values than what is awaited")
    return shape(operation.after, roles)
