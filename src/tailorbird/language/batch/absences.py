"""What has not followed in time, found for many people at once: by aggregates, or by arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tailorbird.language.batch import filters
from tailorbird.language.batch.columns import Array, Column, Flags
from tailorbird.language.batch.moments import Moment
from tailorbird.language.batch.ordered import Chunk, distinct
from tailorbird.language.batch.readings import (
    Aggregated,
    Computed,
    Ordered,
    Otherwise,
    filled,
    flags,
    nulls,
    when,
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
    partition, others = None, []
    if operation.same is not None:
        partition = filters.value(operation.same, moment).key()
        others = [f"({partition}) IS NOT NULL"]
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


def unanswered(operation: Absence, moment: Moment) -> Aggregated:
    """The same by aggregates, where the newest occasion decides.

    If the newest one whose deadline has passed was followed, every earlier one was as well. Newest
    is what is latest; for those whose newest occasion and newest awaited fact have one time ids
    decide, and they are told by arrays.
    """
    if operation.ever or operation.same is not None or isinstance(operation.after, Pattern):
        raise NotInSqlError("occasions of which the newest does not decide")
    roles = Roles(moment)
    numbers = [roles.of(select) for select in (operation.awaited, operation.after)]
    awaited, occasion = (roles.columns[number] for number in numbers)
    wait_us, last_us, after = operation.wait_us, operation.last_us, None
    occasion += f" AND time_us <= {moment.since(wait_us)}"
    if last_us is not None:
        occasion += f" AND time_us > {moment.since(last_us + wait_us)}"
        after = begins_after(moment, last_us + wait_us, 0)

    def build(condition: str | None) -> list[str]:
        both = [f"{condition} AND {role}" if condition else role for role in (occasion, awaited)]
        return [f"max({when(role, 'time_us')})" for role in both]

    return Aggregated(
        roles.rows(after), build, _open, False, Otherwise(_together, absence(operation, moment))
    )


def _open(newest: Sequence[Array]) -> Column:
    """Whether the newest occasion is later than the newest awaited fact."""
    begun, followed = newest
    is_later = nulls(followed) | (filled(begun) > filled(followed))
    return Flags(~nulls(begun) & is_later)


def _together(newest: Sequence[Array]) -> Array:
    begun, followed = newest
    found: Array = ~nulls(begun) & ~nulls(followed) & (filled(begun) == filled(followed))
    return found


def _occasion(operation: Absence, roles: Roles) -> Shape:
    """Occasions as a pattern, which for single facts has one step."""
    if not isinstance(operation.after, Pattern):
        return Shape((roles.of(operation.after),), (None,), None, None, None)
    if operation.after.same != operation.same:
        raise NotInSqlError("occasions told apart by other values than what is awaited")
    return shape(operation.after, roles)
