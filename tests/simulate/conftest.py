from __future__ import annotations

import pytest

from tailorbird.kernel.instants import parse_instant, zone
from tailorbird.simulate.rows import Rows, joined
from tailorbird.simulate.simulation import Simulation
from tailorbird.simulate.stream import simulated_rows

START = parse_instant("2024-06-01", zone("UTC")) or 0


@pytest.fixture(scope="session")
def typical() -> Simulation:
    """A simulation of two chunks with every share at its default."""
    return Simulation(events=250_000, start_us=START, seed=7)


@pytest.fixture(scope="session")
def typical_rows(typical: Simulation) -> Rows:
    return joined(list(simulated_rows(typical)))
