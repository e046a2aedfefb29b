"""Cut points of the population, computed from history and kept as facts of their instant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from tailorbird.events.columns import columns_of
from tailorbird.flow.absent_figures import figures_read
from tailorbird.flow.accept import Arrival, accept
from tailorbird.flow.answer import answer
from tailorbird.kernel.errors import InputError
from tailorbird.language.batch.columns import as_numbers
from tailorbird.language.definitions import Definition, Definitions
from tailorbird.language.resolve import resolve
from tailorbird.language.syntax import parse
from tailorbird.ports.history import History, Warehouse
from tailorbird.segments.figures import RFM, Figure, figure, figure_fact


class FiguredHistory(History, Warehouse, Protocol):
    """A history that takes facts and answers questions about everybody."""


class Written(NamedTuple):
    """The figures of one instant, and how many of them were new."""

    at_us: int
    figures: Sequence[Figure]
    new: int


def write_figures(
    history: FiguredHistory,
    definitions: Definitions,
    instants: Sequence[int],
    *,
    now_us: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Written]:
    """Compute the figures of each instant in hindsight and keep them as facts of that instant.

    What was written for a name and an instant before stays as it is.
    """
    written: list[Written] = []
    for done, at_us in enumerate(instants):
        progress(done, len(instants))
        found = figures_at(history, definitions, at_us)
        facts = [figure_fact(one, at_us) for one in found if one.cuts is not None]
        new = 0
        if facts:
            new = accept([Arrival(columns_of(facts), _refuse)], history, now_us=now_us).accepted
        written.append(Written(at_us, found, new))
    progress(len(instants), len(instants))
    return written


def figures_at(history: Warehouse, definitions: Definitions, at_us: int) -> list[Figure]:
    """The cut points at an instant of everything that definitions rank, and of RFM."""
    names = list(dict.fromkeys([*figures_read(definitions), *RFM]))
    ranked = [_ranked(number, name) for number, name in enumerate(names)]
    checked = resolve([*definitions.ordered, *ranked]).definitions
    told = answer(history, checked, [definition.key for definition in ranked], at_us)
    found: list[Figure] = []
    for definition, name in zip(ranked, names, strict=True):
        numbers = as_numbers(told.columns[definition.key], told.listed)
        found.append(figure(name, np.sort(numbers.values[numbers.present]).tolist()))
    return found


def _ranked(number: int, name: str) -> Definition:
    return Definition("trait", f"figure {number}: {name}", parse(name))


def _refuse(_place: int, reason: str) -> None:
    raise InputError(f"a figure cannot be stored: {reason}")
