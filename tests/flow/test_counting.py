from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.counting import counted
from tailorbird.flow.sampling import everybody, population
from tailorbird.flow.seed import seed
from tailorbird.kernel.facts import MERGE, WORKSPACE, Fact
from tailorbird.language import live
from tailorbird.language.files import load_text

SUBJECTS = st.sampled_from([WORKSPACE, *"abcdefg"])
PLAN = live.plan(load_text('traits: {seen: count("Seen")}').definitions)


def fact(number: int, subject: str, name: str = "Seen", **properties: str) -> Fact:
    return Fact(subject, number, f"m{number}", name, properties, {}, True, True, "x", number, 0)


@given(st.lists(SUBJECTS, max_size=20), st.sets(SUBJECTS), st.integers(1, 9), st.integers(0, 20))
def test_subjects_are_counted_as_all_at_once(
    whose: list[str], erased: set[str], at_a_time: int, end: int
) -> None:
    with DuckDbHistory(None) as history:
        history.append([fact(number, subject) for number, subject in enumerate(whose)])
        history.erase(erased - {WORKSPACE})
        told: dict[str, int] = {}
        for numbers, counts in counted(history, f"position < {end}", at_a_time=at_a_time):
            assert len(numbers) <= at_a_time
            told.update(zip(history.subject_names(numbers.tolist()), counts.tolist(), strict=True))
    kept = (one for one in whose[:end] if one != WORKSPACE and one not in erased)
    assert told == Counter(kept)


def test_everybody_is_found_however_few_are_counted_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(counted.__kwdefaults__ or {}, "at_a_time", 2)
    with DuckDbHistory(None) as history:
        history.append([fact(number, subject) for number, subject in enumerate("abcdefga")])
        history.append([fact(9, "c", MERGE, other="f"), fact(10, "zoe", MERGE, other="nobody")])
        states = [name for name, _ in seed(history, PLAN, 99)]
        assert sorted(states) == ["a", "b", "c", "d", "e", "g", "nobody"]
        assert sorted(everybody(history)) == sorted(states)
        assert population(history) == len(states)
