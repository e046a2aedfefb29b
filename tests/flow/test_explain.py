from __future__ import annotations

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.explain import explained, named
from tailorbird.kernel.errors import InputError, UnknownNameError
from tailorbird.kernel.facts import MERGE, Fact
from tailorbird.kernel.instants import DAY, HOUR
from tailorbird.kernel.values import UNIT
from tailorbird.language.definitions import PERSONAS
from tailorbird.language.files import load_text

DEFINITIONS = load_text("""
traits: {often: 'count("Seen")', twice: 'count("Seen")'}
scores: {twice: {points: {Seen: 1}}}
segments: {awake: 'did("Seen", last="1h")'}
personas:
  - Viewer: did("Seen")
""").definitions


def seen(subject: str, number: int, at_us: int, known_us: int | None = None) -> Fact:
    known = at_us if known_us is None else known_us
    return Fact(subject, at_us, f"m{number}", "Seen", {}, {}, True, True, "web", number, known)


def history(*facts: Fact) -> DuckDbHistory:
    made = DuckDbHistory(None)
    made.append(facts)
    return made


def link(number: int, one: str, other: str, at_us: int) -> Fact:
    properties = {"other": other}
    return Fact(one, at_us, f"m{number}", MERGE, properties, {}, False, True, "web", number, at_us)


def test_all_ids_of_a_person_are_explained_as_one() -> None:
    facts = seen("ann", 1, 0), seen("phone", 2, HOUR), link(3, "phone", "ann", 2 * HOUR)
    with history(*facts) as stored:
        told = explained(stored, DEFINITIONS, ("trait", "often"), "phone", 3 * HOUR)
        before = explained(stored, DEFINITIONS, ("trait", "often"), "phone", HOUR, known_then=True)
    assert told.person == "ann" and set(told.subjects) == {"ann", "phone"}
    assert told.explanation.reason.value == 2 * UNIT
    assert before.person == "phone" and before.explanation.reason.value == UNIT


def test_known_then_nothing_that_became_known_later_decides_when_an_answer_changes() -> None:
    with history(seen("ann", 1, 0), seen("ann", 2, HOUR // 2, known_us=DAY)) as stored:
        key = ("segment", "awake")
        late = explained(stored, DEFINITIONS, key, "ann", HOUR // 4)
        then = explained(stored, DEFINITIONS, key, "ann", HOUR // 4, known_then=True)
    assert late.explanation.reason.changes_at == HOUR // 2 + HOUR
    assert then.explanation.reason.changes_at == HOUR


def test_somebody_without_a_fact_is_refused_by_name() -> None:
    with history(seen("ann", 1, 0)) as stored, pytest.raises(InputError, match="no fact of 'Ann'"):
        explained(stored, DEFINITIONS, ("segment", "awake"), "Ann", HOUR)


def test_a_definition_is_found_by_its_name_alone_unless_several_have_it() -> None:
    assert named(DEFINITIONS, "awake") == ("segment", "awake")
    assert named(DEFINITIONS, "Viewer") == ("persona", "Viewer")
    assert named(DEFINITIONS, "persona") == PERSONAS
    assert named(DEFINITIONS, "twice", "score") == ("score", "twice")
    with pytest.raises(InputError, match="'twice' is a score and a trait"):
        named(DEFINITIONS, "twice")
    with pytest.raises(UnknownNameError, match="did you mean 'awake'"):
        named(DEFINITIONS, "awoke")
