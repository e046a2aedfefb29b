from __future__ import annotations

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.events.columns import FactColumns, columns_of
from tailorbird.flow.accept import Arrival, accept, known_time
from tailorbird.kernel.facts import Fact

NOW_US = 1_000


@pytest.mark.parametrize(
    ("time_us", "received_us", "first_live_us", "known_us"),
    [
        (10, None, None, 10),
        (10, 20, None, 20),
        (20, 10, None, 10),
        (10, NOW_US + 5, None, NOW_US),
        (NOW_US + 5, None, None, NOW_US),
        (10, None, 11, 10),
        (11, None, 11, NOW_US),
        (11, 12, 11, 12),
    ],
)
def test_an_imported_fact_is_known_from_when_it_could_have_been(
    time_us: int, received_us: int | None, first_live_us: int | None, known_us: int
) -> None:
    assert known_time(time_us, received_us, NOW_US, first_live_us) == known_us


def arriving(*times: tuple[str, int, int | None]) -> FactColumns:
    facts = [
        Fact("ann", time, id_, "Seen", {}, {}, True, True, "web", 0, 0) for id_, time, _ in times
    ]
    return columns_of(facts)._replace(known_us=[received for _, _, received in times])


@pytest.mark.parametrize("first_live_us", [None, 15])
def test_facts_are_stored_with_known_times_and_those_beyond_a_limit_refused(
    first_live_us: int | None,
) -> None:
    refused: list[tuple[int, str]] = []
    long = "x" * 600
    batch = [
        Arrival(arriving(("a", 10, None), (long, 10, None), ("b", 20, None)), lambda *_: None),
        Arrival(
            arriving(("c", 30, 25), (long, 10, None), ("d", NOW_US * 2, None)),
            lambda place, reason: refused.append((place, reason)),
        ),
    ]
    with DuckDbHistory(None) as history:
        appended = accept(batch, history, now_us=NOW_US, first_live_us=first_live_us)
        assert appended == (4, 0, 0)
        stored = {f.id: (f.position, f.known_us) for f in history.history_of(["ann"])}
    late = 20 if first_live_us is None else NOW_US
    assert stored == {"a": (0, 10), "b": (1, late), "c": (2, 25), "d": (3, NOW_US)}
    ((place, reason),) = refused
    assert place == 1
    assert "message id" in reason
