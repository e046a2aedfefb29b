"""What the laws are tried on: every operator, accepted by the checker, with answers that vary."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from tailorbird.kernel.facts import WORKSPACE
from tailorbird.language import json_form
from tailorbird.language.ast import Call, Node, walk
from tailorbird.language.cases import Case, parse_cases, write_case
from tailorbird.language.files import load_text
from tailorbird.language.laws.campaign import worlds
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.compare import Size, World, ask, random_world
from tailorbird.language.laws.plans import ROOTS, Plan, random_plan
from tailorbird.language.laws.readings import ReferenceReading
from tailorbird.language.operators import EACH, OPERATORS
from tailorbird.language.printer import show
from tailorbird.language.syntax import parse
from tailorbird.language.yaml_form import write_definitions


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return [random_plan(Chance(number), 6) for number in range(1_500)]


def trees(plan: Plan) -> list[Node]:
    found = [definition.body for definition in plan.written]
    lines = [line for definition in plan.written for line in definition.lines]
    found += [line.events for line in lines] + [line.where for line in lines]
    return [tree for tree in found if tree is not None]


def test_every_operator_and_keyword_of_the_catalogue_comes_up(plans: list[Plan]) -> None:
    nodes = [node for plan in plans for tree in trees(plan) for node in walk(tree)]
    calls = [node for node in nodes if isinstance(node, Call)]
    used = Counter(call.op for call in calls)
    assert [name for name in OPERATORS if not used[name]] == []
    given = Counter((call.op, key) for call in calls for key, _ in call.keywords)
    every = [(op.name, key) for op in OPERATORS.values() for key, _ in op.keywords]
    assert [pair for pair in every if not given[pair]] == []
    assert {node.op for node in nodes if not isinstance(node, Call) and hasattr(node, "op")} == EACH


def test_what_is_printed_reads_back_as_the_same_tree(plans: list[Plan]) -> None:
    for plan in plans:
        for tree in trees(plan):
            assert parse(show(tree)) == tree


def test_json_reads_back_as_the_same_tree(plans: list[Plan]) -> None:
    for plan in plans[:1_000]:
        for tree in trees(plan):
            assert json_form.load(json_form.dump(tree)) == tree


def test_definitions_written_to_a_file_read_back_as_the_same(plans: list[Plan]) -> None:
    for plan in plans[:300]:
        again = load_text(write_definitions(plan.written)).definitions
        assert set(again.ordered) == set(plan.checked.ordered)
        assert again.personas == plan.checked.personas


def some_worlds(count: int) -> list[World]:
    return [world for _, world in zip(range(count), worlds(1, Size()), strict=False)]


def test_a_seed_gives_the_same_world_again() -> None:
    assert random_world(Chance(5), Size()) == random_world(Chance(5), Size())
    assert random_world(Chance(5), Size()) != random_world(Chance(6), Size())


def test_histories_hold_what_makes_histories_hard() -> None:
    seen: Counter[str] = Counter()
    for world in some_worlds(40):
        facts = [fact for fact in world.history.facts if fact.subject != WORKSPACE]
        times = Counter((fact.subject[:2], fact.time_us) for fact in facts)
        seen["equal times"] += any(count > 1 for count in times.values())
        seen["late"] += any(fact.known_us > fact.time_us for fact in facts)
        seen["early"] += any(fact.known_us < fact.time_us for fact in facts)
        in_order = [fact.time_us for fact in facts]
        seen["out of order"] += in_order != sorted(in_order)
        seen.update({fact.name for fact in world.history.facts})
        seen["passive"] += any(not fact.active for fact in facts)
        assert [f.known_us for f in world.history.facts] == sorted(
            f.known_us for f in world.history.facts
        )
    hard = "equal times,late,early,out of order,passive,$merge,$unmerge,$verdict,$setting,$area"
    assert [name for name in hard.split(",") if not seen[name]] == []


def test_facts_of_random_histories_can_be_written_as_a_case() -> None:
    for world in some_worlds(10):
        case = Case("x", "", 0, "", world.history.facts, ())
        assert parse_cases(write_case(case))[0].facts == world.history.facts


@pytest.mark.parametrize("op", ROOTS)
def test_what_an_operator_answers_differs_between_people_and_instants(op: str) -> None:
    tried = islice(worlds(1, Size(definitions=8, about=(op,))), 40)
    assert any(varies(world, op) for world in tried)


def varies(world: World, op: str) -> bool:
    answers = ask(ReferenceReading(), world)
    roots = {d.key: d.body for d in world.plan.checked.ordered if d.kind != "persona"}
    about = [key for key, body in roots.items() if isinstance(body, Call) and body.op == op]
    return any(len({repr(answer[key]) for answer in answers}) > 1 for key in about)
