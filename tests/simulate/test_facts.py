from __future__ import annotations

from tailorbird.kernel.facts import PAGE_VIEWED
from tailorbird.simulate.facts import simulated_facts
from tailorbird.simulate.rows import EVENTS
from tailorbird.simulate.simulation import Simulation

ASKED = Simulation(events=15_000, start_us=1_717_200_000_000_000, seed=5, duplicates=0.05)


def test_every_message_is_one_fact_with_the_next_position() -> None:
    facts = list(simulated_facts(ASKED, first_position=40))
    assert len(facts) == 15_000 * 0.95
    assert len({fact.id for fact in facts}) == len(facts)
    assert [fact.position for fact in facts] == list(range(40, 40 + len(facts)))


def test_facts_are_known_when_received_and_never_before_they_happened() -> None:
    facts = list(simulated_facts(ASKED))
    known = [fact.known_us for fact in facts]
    assert known == sorted(known)
    assert all(fact.known_us > fact.time_us for fact in facts)
    assert [fact.time_us for fact in facts] != sorted(fact.time_us for fact in facts)


def test_every_kind_of_fact_occurs_and_reserved_ones_are_no_acts() -> None:
    facts = list(simulated_facts(ASKED))
    assert {fact.name for fact in facts} == set(EVENTS)
    assert all(fact.act == (not fact.name.startswith("$")) for fact in facts)


def test_numbers_are_whole_millionths_and_text_is_text() -> None:
    added = next(fact for fact in simulated_facts(ASKED) if fact.name == "Product Added")
    assert added.properties["quantity"] % 1_000_000 == 0
    assert added.properties["price"] % 10_000 == 0
    assert added.properties["price"] >= 990_000
    page = next(fact for fact in simulated_facts(ASKED) if fact.name == PAGE_VIEWED)
    assert set(page.properties) == {"name"}
    assert page.context["device"]["type"] in {"mobile", "desktop", "tablet"}


def test_a_link_names_the_anonymous_id_that_the_person_had_before() -> None:
    facts = list(simulated_facts(ASKED))
    subjects = {fact.subject for fact in facts}
    links = [fact for fact in facts if fact.name == "$merge"]
    assert len(links) > 30
    for link in links:
        assert link.subject == "u" + link.properties["other"].removeprefix("a")
        assert link.properties["other"] in subjects
