"""Rows as facts, for whoever wants them without a file between."""

from __future__ import annotations

from collections.abc import Iterator

from tailorbird.kernel.facts import Fact
from tailorbird.kernel.values import UNIT
from tailorbird.simulate.draws import Ints
from tailorbird.simulate.records import cells, records
from tailorbird.simulate.rows import EVENTS, TRAITS, Rows
from tailorbird.simulate.simulation import Simulation
from tailorbird.simulate.stream import simulated_rows

SOURCE = "simulated"


def simulated_facts(simulation: Simulation, first_position: int = 0) -> Iterator[Fact]:
    """The facts of a simulation in order of arrival, each message once, positions without a gap.

    >>> simulation = Simulation(events=3, start_us=0, seed=1, days=1)
    >>> [fact.position for fact in simulated_facts(simulation)]
    [0, 1, 2]
    """
    position = first_position
    for rows in simulated_rows(simulation):
        for fact in _facts(rows.take(~rows.copy), position):
            yield fact
            position += 1


def _facts(rows: Rows, position: int) -> Iterator[Fact]:
    properties, contexts = records(rows, millionths)
    ids = cells("message_id", rows, millionths)
    users = cells("user_id", rows, millionths)
    anonymous = cells("anonymous_id", rows, millionths)
    columns = (
        rows.event.tolist(),
        rows.time_us.tolist(),
        rows.received_us.tolist(),
        ids,
        users,
        anonymous,
    )
    for place, (code, time_us, known_us, message, user, device) in enumerate(
        zip(*columns, strict=True)
    ):
        yield Fact(
            subject=user or device,
            time_us=time_us,
            id=message,
            name=EVENTS[code],
            properties=properties[place],
            context=contexts[place],
            act=code < TRAITS,
            active=True,
            source=SOURCE,
            position=position + place,
            known_us=known_us,
        )


def millionths(counts: Ints, parts: int) -> list[int]:
    """Counts of parts as the numbers that definitions see."""
    numbers: list[int] = (counts * (UNIT // parts)).tolist()
    return numbers
