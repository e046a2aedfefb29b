"""Facts in a given order, found for many people at once by arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tailorbird.kernel.values import UNIT
from tailorbird.language.batch import filters
from tailorbird.language.batch.columns import Array
from tailorbird.language.batch.moments import Moment
from tailorbird.language.batch.ordered import Chunk, distinct, greatest_within, tallied
from tailorbird.language.batch.readings import Computed, Ordered, flags, numbers
from tailorbird.language.batch.roles import Roles
from tailorbird.language.batch.typed import NotInSqlError
from tailorbird.language.operations import Match, Pattern


@dataclass(frozen=True, slots=True)
class Shape:
    """A pattern whose conditions are columns."""

    steps: tuple[int, ...]
    gaps: tuple[tuple[int, int] | None, ...]
    within_us: int | None
    without: int | None
    acts: int | None
    """For a pattern that skips no act: the column that tells acts."""

    def starts(self, chunk: Chunk) -> Array:
        """For each row the latest start of a match that it completes, or -1.

        Of all matches that end at a row the one that starts last is the shortest and has the
        fewest rows within: if any match is good, that one is.
        """
        fits = [chunk.columns[step].astype(bool) for step in self.steps]
        marks = np.where(fits[0], chunk.places, -1)
        for fit, gap in zip(fits[1:], self.gaps[1:], strict=True):
            marks = np.where(fit, self._reached(chunk, marks, gap), -1)
        return self._good(chunk, marks)

    def _reached(self, chunk: Chunk, marks: Array, gap: tuple[int, int] | None) -> Array:
        """The latest start of those earlier rows from which each row can follow."""
        if gap is None and self.acts is None:
            return chunk.greatest_before(marks)
        first, last = chunk.first, chunk.places - 1
        if gap is not None:
            least_us, below_us = gap
            first = chunk.first_later_than(chunk.time_us - below_us)
            if least_us:
                last = chunk.first_later_than(chunk.time_us - least_us) - 1
        if self.acts is not None:
            first = np.maximum(first, chunk.latest_before(chunk.columns[self.acts].astype(bool)))
        return greatest_within(marks, first, last)

    def _good(self, chunk: Chunk, marks: Array) -> Array:
        good = marks >= 0
        starts = np.where(good, marks, 0)
        if self.within_us is not None:
            good &= chunk.time_us - chunk.time_us[starts] < self.within_us
        if self.without is not None and len(self.steps) > 1:
            excluded = np.append(0, np.cumsum(chunk.columns[self.without].astype(np.int64)))
            good &= excluded[chunk.places] == excluded[starts + 1]
        return np.where(good, marks, -1)

    @property
    def longest_us(self) -> int | None:
        """No match is as long as this; None when matches may have any length."""
        if self.within_us is not None:
            return self.within_us
        known = [gap[1] for gap in self.gaps[1:] if gap is not None]
        return sum(known) if len(known) == len(self.steps) - 1 else None


def shape(pattern: Pattern, roles: Roles) -> Shape:
    """The form of a pattern for arrays; raises `NotInSqlError` where there is none."""
    mixed = pattern.without is not None or pattern.contiguous
    if pattern.same is not None and mixed:
        raise NotInSqlError("facts of other values between those of one")
    return Shape(
        tuple(roles.of(step.select) for step in pattern.steps),
        tuple(step.gap for step in pattern.steps),
        pattern.within_us,
        None if pattern.without is None else roles.of(pattern.without),
        roles.acts() if pattern.contiguous else None,
    )


def match(operation: Match, moment: Moment) -> Ordered:
    """Whether a pattern was completed, or how often in a row."""
    roles = Roles(moment)
    form = shape(operation.pattern, roles)
    after = None
    if operation.last_us is not None and not operation.counting:
        after = begins_after(moment, operation.last_us, form.longest_us)
    same = operation.pattern.same
    partition = None if same is None else filters.value(same, moment).key()
    others = [] if partition is None else [f"({partition}) IS NOT NULL"]
    last_us = operation.last_us

    def compute(chunk: Chunk, now: Array) -> Computed:
        starts = form.starts(chunk)
        ends = afresh(starts) if operation.counting else np.flatnonzero(starts >= 0)
        if last_us is not None:
            ends = ends[chunk.time_us[ends] > now[ends] - last_us]
        if not operation.counting:
            people = distinct(chunk.who[ends])
            return people, [np.ones(len(people), bool)]
        people, counts = tallied(chunk.who[ends])
        return people, [counts * UNIT]

    decode = numbers if operation.counting else flags
    return Ordered(
        roles.rows(after, *others),
        roles.columns,
        partition,
        compute,
        decode,
        0 if operation.counting else False,
    )


def begins_after(moment: Moment, last_us: int, longest_us: int | None) -> int | None:
    """Facts at or before this instant are in no match that is completed in the window."""
    if longest_us is None or moment.shared_us is None:
        return None
    return moment.shared_us - last_us - longest_us


def afresh(starts: Array) -> Array:
    """The earliest completions, each made of facts after the one before."""
    ends = np.flatnonzero(starts >= 0)
    chosen: list[int] = []
    last = -1
    for end, start in zip(ends.tolist(), starts[ends].tolist(), strict=True):
        if start > last:  # so it is for the first one of another story, which starts after it
            chosen.append(end)
            last = end
    return np.array(chosen, np.int64)
