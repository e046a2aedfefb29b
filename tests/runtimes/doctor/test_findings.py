"""The exit code is that of the worst that was found."""

from __future__ import annotations

import pytest

from tailorbird.runtimes.doctor.findings import Finding, State, code_of


@pytest.mark.parametrize(
    ("states", "code"),
    [([], 0), (["good", "note"], 0), (["good", "soon", "note"], 1), (["soon", "bad", "good"], 2)],
)
def test_the_worst_finding_decides(states: list[State], code: int) -> None:
    assert code_of([Finding("it", state, "is") for state in states]) == code
