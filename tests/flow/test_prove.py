from __future__ import annotations

from dataclasses import replace

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow import prove as proving
from tailorbird.flow.prove import Proof, prove
from tailorbird.kernel.facts import MERGE, Fact
from tailorbird.kernel.instants import DAY, HOUR, MINUTE
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.cases import parse_cases
from tailorbird.language.definitions import Definitions
from tailorbird.language.files import load_text
from tailorbird.language.laws import questioning
from tailorbird.language.laws.chance import Chance
from tailorbird.language.resolve import resolve
from tailorbird.language.syntax import parse

DEFINITIONS = load_text("""
traits: {spent: 'sum("Order Completed", properties.revenue)'}
scores: {interest: {half_life: 1d, points: {Product Viewed: 1}}}
segments:
  viewer: count("Product Viewed", last="1d") >= 3
  hurried: sequence("Product Viewed", "Order Completed", within="1h")
  waiting: absent("Order Completed", after="Product Viewed", wait="2h")
  came: entered("viewer", last="2d")
  keen: score("interest") >= 2
personas:
  - Buyer: trait("spent") > 10
  - Viewer: in_segment("viewer")
""").definitions
NAMES = ("Product Viewed", "Product Viewed", "Product Viewed", "Order Completed")


def crowd(people: int, facts: int) -> list[Fact]:
    chance, found = Chance(5), []
    for number in range(people):
        at_us = chance.below(DAY)
        for _ in range(1 + chance.below(facts)):
            at_us += chance.choice((MINUTE, HOUR, DAY))
            name = chance.choice(NAMES)
            id_, properties = f"m{len(found)}", {"revenue": chance.below(20) * UNIT}
            fact = Fact(
                *(f"p{number}", at_us, id_, name, properties, {}, True, True, "web", 0),
                at_us + chance.choice((0, 0, HOUR)),
            )
            found.append(fact)
    return found


def merged(one: str, other: str) -> Fact:
    properties = {"other": other}
    return Fact(one, DAY, f"link {one}", MERGE, properties, {}, False, True, "web", 0, DAY)


def proof_of(facts: list[Fact], **settings: object) -> Proof:
    with DuckDbHistory(None) as history:
        history.append(facts)
        return prove(history, DEFINITIONS, lambda: DuckDbHistory(None), **settings)


def test_all_readings_agree_about_people_taken_by_weight_by_merge_and_by_chance() -> None:
    facts = [*crowd(60, 12), merged("p1", "p2"), merged("p3", "p4"), merged("p5", "p4")]
    proof = proof_of(facts, people=20, instants=8)
    assert proof.found == [] and proof.shrunk == []
    assert proof.sample is not None
    assert (proof.people, proof.sample.merged, proof.sample.heaviest) == (20, 2, 8)
    assert proof.sample.population == 60 - 3
    assert proof.cases > 20 * 8 * 5 and proof.left_out == 0
    whole = {name: count for name, count in proof.compared.items() if "batch," not in name}
    assert whole == dict.fromkeys(
        ("live fold", "live, in disorder", "reference", "batch"), proof.cases
    )
    assert proof.compared["batch, everybody"] > 0
    assert proof.cases / 8 < proof.compared["batch, then live"] < proof.cases
    assert proof.together[-1] == max(fact.time_us for fact in facts)


def test_everybody_can_be_asked_also_as_known_then() -> None:
    facts = [*crowd(12, 6), merged("p1", "p2")]
    proof = proof_of(facts, people=None, instants=5, known_then=True)
    assert proof.found == [] and proof.people == 11 and proof.sample is None
    assert proof.compared["reference"] == proof.cases


def test_the_same_seed_asks_the_same_questions() -> None:
    facts = crowd(30, 6)
    counts = [proof_of(facts, people=8, instants=5, seed=seed).cases for seed in (3, 3, 4, 5)]
    assert counts[0] == counts[1]


def test_people_with_very_many_facts_are_asked_less_and_that_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(questioning, "LIVE_US", 20_000.0)
    monkeypatch.setattr(questioning, "STEPPED_US", 5_000.0)
    monkeypatch.setattr(proving, "REFERENCE_US", 2_000.0)
    proof = proof_of(crowd(3, 300), people=3)
    assert proof.found == [] and proof.left_out > 0 and proof.cases > 0
    assert 0 < proof.compared["reference"] < proof.cases
    assert 0 < proof.compared["live, in disorder"] < proof.cases


def test_a_reading_that_differs_is_found_and_shown_as_a_small_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right, body = live.plan, parse('count("Product Viewed", last="1d") >= 2')

    def wrong(definitions: Definitions) -> live.Plan:
        changed = [
            replace(d, body=resolve([replace(d, body=body)]).definitions.ordered[0].body)
            if d.name == "viewer"
            else d
            for d in definitions.ordered
        ]
        return right(replace(definitions, ordered=tuple(changed)))

    monkeypatch.setattr(live, "plan", wrong)
    proof = proof_of(crowd(30, 12), people=20)
    assert {found.key for found in proof.found} >= {("segment", "viewer")}
    differing = {name for found in proof.found for name in found.answers}
    assert differing >= {"live fold", "reference", "batch", "batch, everybody"}
    shown = next(case for case in proof.shrunk if "viewer" in case)
    (case,) = parse_cases(shown)
    assert len(case.facts) == 2


def test_a_reading_that_fails_is_a_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ArithmeticError("planted")

    monkeypatch.setattr(proving, "answers_many", broken)
    monkeypatch.setattr(proving, "SHRUNK", 0)
    proof = proof_of(crowd(3, 3), people=3, instants=2)
    assert len(proof.found) == proof.compared["batch"] == proof.cases
    assert "ArithmeticError: planted" in str(proof.found[0])


def test_an_empty_history_proves_nothing_and_breaks_nothing() -> None:
    proof = proof_of([], people=5)
    assert (proof.people, proof.cases, proof.found) == (0, 0, [])
