"""Who plays which planted behaviour, and when: the rows of the play, in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from tailorbird.simulate import catalogue
from tailorbird.simulate.draws import Bools, Ints
from tailorbird.simulate.planted import Behaviour, Step, planted_behaviours, start_days
from tailorbird.simulate.rhythm import Rhythm
from tailorbird.simulate.rows import ADDED, ENGAGED, NONE, ORDERED, PAGE, VIEWED, Rows, new_rows
from tailorbird.simulate.simulation import Simulation

SESSIONS: Final = 1 << 40
"""Planted sessions are numbered from here on, above all others."""
_COUNTED: Final = (ADDED, PAGE, ENGAGED)


@dataclass(frozen=True, slots=True)
class Part:
    """One person who follows one recipe of a behaviour from an instant on."""

    behaviour: Behaviour
    recipe: int
    """0: to be found; n: the behaviour's near miss number n."""
    person: int
    start_us: int

    @property
    def steps(self) -> tuple[Step, ...]:
        """What this person does."""
        return self.behaviour.recipes[self.recipe]


def cast(simulation: Simulation) -> Iterator[Part]:
    """All parts; starts are spread over the part of the span in which a recipe fits."""
    person = simulation.population + simulation.bot_count
    sets = simulation.planted_sets
    for behaviour in planted_behaviours(simulation.days):
        rhythm = Rhythm(simulation.start_us, start_days(behaviour, simulation.days))
        places = rhythm.length * (2 * np.arange(sets, dtype=np.int64) + 1) // max(1, 2 * sets)
        for start_us in rhythm.instants_at(places).tolist():
            for recipe in range(len(behaviour.recipes)):
                yield Part(behaviour, recipe, person, start_us)
                person += 1


def play(simulation: Simulation) -> tuple[Rows, Bools]:
    """The rows of all parts in order of time, and which of them are delivered twice."""
    acts = [(part, step) for part in cast(simulation) for step in part.steps]
    acts.sort(key=lambda act: act[0].start_us + act[1].after_us)
    person = _column([part.person for part, _ in acts])
    rows = new_rows(
        np.array([step.event for _, step in acts], dtype=np.uint8),
        person,
        _column([part.start_us + step.after_us for part, step in acts]),
        SESSIONS + person,
    ).with_columns(
        known=np.array([step.known for _, step in acts], dtype=np.bool_),
        product=_column([_product(part, step) for part, step in acts]),
        amount=_column([step.amount if step.event in _COUNTED else NONE for _, step in acts]),
    )
    for row, (part, step) in enumerate(acts):
        if step.event == ORDERED:
            rows.items[row] = ((_own_product(part.person), 1),)
    return rows, np.array([step.twice for _, step in acts], dtype=np.bool_)


def _column(numbers: list[int]) -> Ints:
    return np.array(numbers, dtype=np.int64)


def _product(part: Part, step: Step) -> int:
    if step.event not in (VIEWED, ADDED):
        return NONE
    if step.product != NONE:
        return step.product
    return _own_product(part.person + step.other)


def _own_product(number: int) -> int:
    return number * 7 % catalogue.PRODUCTS
