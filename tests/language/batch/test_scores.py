"""Decaying scores by SQL are those of folded histories, however far apart the points are."""

from __future__ import annotations

import os
import random

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.answer import answer
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY, HOUR
from tailorbird.language.definitions import Definitions
from tailorbird.language.files import load_text

SEED = int(os.environ["TAILORBIRD_TEST_SEED"])
NEAR = "[{event: Viewed, points: 10}, {event: Added, points: -5}, {event: any_event(), points: 2}]"
FAR = "[{event: Viewed, points: 900000000000}, {event: Added, points: 0.000001}]"
NONE = "[{event: Viewed, points: 0}]"


def scores(points: str) -> Definitions:
    lasting = f"  lasting: {{points: {points}}}\n"
    fading = f"  fading: {{half_life: 1d, points: {points}}}\n"
    return load_text(f"scores:\n{lasting}{fading}").definitions


@pytest.mark.parametrize("points", [NEAR, FAR, NONE])
def test_scores_by_sql_are_those_of_folded_histories(points: str) -> None:
    definitions, chance = scores(points), random.Random(SEED)
    keys, people = list(definitions.by_key()), [f"p{number}" for number in range(20)]
    facts = [
        Fact(
            chance.choice(people),
            chance.randrange(-30 * DAY, 30 * DAY),
            f"m{number}",
            chance.choice(["Viewed", "Added"]),
            *({}, {}, True, True, "web", 0, 0),
        )
        for number in range(400)
    ]
    with DuckDbHistory(None) as history:
        history.append(facts)
        for at_us in (-29 * DAY, HOUR, 29 * DAY, 300 * DAY):
            by_sql = answer(history, definitions, keys, at_us, ways=frozenset({"sql"}))
            folded = answer(history, definitions, keys, at_us, ways=frozenset())
            assert by_sql.values(keys, people) == folded.values(keys, people), at_us
