from __future__ import annotations

import os

import pytest

from tailorbird.kernel.facts import FIGURE, WORKSPACE, Fact
from tailorbird.kernel.instants import DAY, HOUR, SECOND, parse_instant, zone
from tailorbird.kernel.values import MISSING, UNIT
from tailorbird.language import live
from tailorbird.language.definitions import PERSONAS, Definitions, Key
from tailorbird.language.explain import Explanation, Reason, evaluated, explain, notes_of
from tailorbird.language.files import load_text
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.compare import Size, random_world
from tailorbird.language.laws.readings import asked, households, own_facts, same
from tailorbird.language.operators import Type
from tailorbird.language.world import World

SEED = int(os.environ.get("TAILORBIRD_TEST_SEED", "1"))


def instant(text: str) -> int:
    found = parse_instant(text, zone("UTC"))
    assert found is not None
    return found


def fact(number: int, text: str, name: str, **properties: object) -> Fact:
    at_us = instant(text)
    act = not name.startswith("$")
    return Fact("ann", at_us, f"m{number}", name, properties, {}, act, True, "web", number, at_us)


VIEWS = [
    fact(1, "2011-04-25T10:00Z", "Product Viewed", product_id="X", price=3 * UNIT),
    fact(2, "2011-04-26T10:00Z", "Product Viewed", product_id="X", price=9 * UNIT),
    fact(3, "2011-04-28T10:00Z", "Product Viewed", product_id="Y", price=5 * UNIT),
]


def told(
    yaml: str, key: Key, facts: list[Fact], at: str, workspace: tuple[Fact, ...] = ()
) -> Explanation:
    definitions = load_text(yaml).definitions
    at_us = instant(at)
    return explain(
        definitions, key, facts, World(workspace), at_us=at_us, horizon_us=at_us + 400 * DAY
    )


def ids(reason: Reason) -> list[str]:
    return [fact.id for fact in reason.facts]


def leaf(explanation: Explanation) -> Reason:
    reason = explanation.reason
    while reason.parts:
        reason = reason.parts[-1]
    return reason


def trait(expression: str, facts: list[Fact], at: str) -> Reason:
    return leaf(told(f"traits: {{t: '{expression}'}}", ("trait", "t"), facts, at))


def test_a_tree_says_each_part_with_its_value_its_facts_and_its_next_change() -> None:
    yaml = """segments: {seen: 'count("Product Viewed", last="7d") >= 3'}"""
    explanation = told(yaml, ("segment", "seen"), VIEWS, "2011-04-30T00:00Z")
    comparison = explanation.reason.parts[0]
    counted = comparison.parts[0]
    assert explanation.reason.value is True and comparison.value is True
    assert comparison.text == 'count("Product Viewed", last="7d") >= 3'
    assert comparison.says == 'did "Product Viewed" at least 3 times in the last 7 days'
    assert counted.value == 3 * UNIT and ids(counted) == ["m1", "m2", "m3"]
    assert explanation.reason.changes_at == instant("2011-05-02T10:00Z")
    assert counted.changes_at == instant("2011-05-02T10:00Z")


def test_what_does_not_count_any_more_is_shown_beside() -> None:
    yaml = """segments: {awake: 'did("Product Viewed", last="1d")'}"""
    explanation = told(yaml, ("segment", "awake"), VIEWS, "2011-05-30T00:00Z")
    assert explanation.reason.value is False and explanation.reason.changes_at is None
    assert leaf(explanation).facts == () and leaf(explanation).beside == VIEWS[2]


def test_later_facts_decide_when_an_answer_changes() -> None:
    yaml = """segments: {awake: 'did("Product Viewed", last="1d")'}"""
    explanation = told(yaml, ("segment", "awake"), VIEWS, "2011-04-27T12:00Z")
    assert explanation.reason.value is False
    assert explanation.reason.changes_at == VIEWS[2].time_us


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('min("Product Viewed", properties.price)', ["m1"]),
        ('max("Product Viewed", properties.price)', ["m2"]),
        ('first("Product Viewed", properties.price)', ["m1"]),
        ('latest("Product Viewed", properties.price)', ["m3"]),
        ('favourite("Product Viewed", properties.product_id)', ["m1", "m2"]),
        ('count("Product Viewed", by=properties.product_id)', ["m1", "m2"]),
        ('sum("Product Viewed", properties.missing)', []),
        ('count("Product Viewed", start="2011-04-26", end="2011-04-27")', ["m2"]),
        ('count("Product Viewed", between=("3d", "1d"))', ["m2"]),
        ('count("Product Viewed", calendar="week")', ["m1", "m2", "m3"]),
        ('count("Product Viewed", since_event="Product Viewed")', []),
        ('count("Product Viewed", session="current")', ["m3"]),
        ("session_count()", ["m1", "m2", "m3"]),
        ("session_duration()", ["m3"]),
        ('sequence_count("Product Viewed", "Product Viewed")', ["m1", "m2", "m3"]),
        ('last_time("Product Viewed")', ["m3"]),
    ],
)
def test_a_value_names_the_facts_that_it_comes_from(expression: str, expected: list[str]) -> None:
    assert ids(trait(expression, VIEWS, "2011-04-28T10:15Z")) == expected


def test_a_story_names_a_set_of_facts_without_which_it_would_not_hold() -> None:
    more = [fact(0, "2011-04-20T10:00Z", "Product Viewed"), *VIEWS]
    bought = [*more, fact(9, "2011-04-28T11:00Z", "Order Completed")]
    reason = trait('sequence("Product Viewed", "Order Completed")', bought, "2011-05-01T00:00Z")
    assert reason.value is True and len(reason.facts) == 2 and ids(reason)[-1] == "m9"
    absent = 'absent("Order Completed", after="Product Viewed", wait="1d")'
    assert ids(trait(absent, VIEWS, "2011-05-01T00:00Z")) in (["m1"], ["m2"], ["m3"])
    assert trait(absent, bought, "2011-05-01T00:00Z").facts == ()


def test_a_score_is_told_line_by_line_with_the_facts_that_gave_points() -> None:
    yaml = """
scores:
  interest:
    points:
      - {event: Product Viewed, where: properties.product_id == "X", points: 2}
      - {event: Product Viewed, points: 1, cap_per_day: 1}
"""
    explanation = told(yaml, ("score", "interest"), VIEWS, "2011-05-01T00:00Z")
    first, second = explanation.reason.parts
    assert explanation.reason.value == 7 * UNIT
    assert (first.value, ids(first)) == (4 * UNIT, ["m1", "m2"])
    assert (second.value, ids(second)) == (3 * UNIT, ["m1", "m2", "m3"])


def test_a_condition_over_time_tells_when_it_turned() -> None:
    yaml = """
segments:
  awake: did("Product Viewed", last="36h")
  came_back: entered("awake", last="30d")
"""
    reason = told(yaml, ("segment", "came_back"), VIEWS, "2011-05-01T00:00Z").reason.parts[0]
    turned = [(turn.at_us, turn.holds) for turn in reason.turns]
    assert turned == [
        (VIEWS[0].time_us, True),
        (VIEWS[1].time_us + 36 * HOUR, False),
        (VIEWS[2].time_us, True),
        (VIEWS[2].time_us + 36 * HOUR, False),
    ]


def test_a_duration_that_grows_has_no_instant_of_change() -> None:
    reason = trait('since("Product Viewed")', VIEWS, "2011-05-01T00:00Z")
    assert reason.gives is Type.DURATION and reason.moves and reason.changes_at is None


def test_other_definitions_are_told_once_and_parents_first() -> None:
    yaml = """
segments:
  seen: did("Product Viewed")
  both: {when: 'in_segment("seen") and not did("Order Completed")', parent: seen}
"""
    root = told(yaml, ("segment", "both"), VIEWS, "2011-05-01T00:00Z").reason
    parent, body = root.parts
    assert (parent.text, len(parent.parts)) == ("segment seen", 1)
    again = body.parts[0]
    assert (again.text, again.value, again.parts) == ('in_segment("seen")', True, ())
    assert again.notes == ("told above",)


def test_a_persona_is_told_by_all_conditions_in_their_order() -> None:
    yaml = """
personas:
  - Buyer: did("Order Completed")
  - Viewer: did("Product Viewed")
"""
    reason = told(yaml, PERSONAS, VIEWS, "2011-05-01T00:00Z").reason
    assert reason.value == "Viewer"
    assert [(part.text, part.value) for part in reason.parts] == [
        ("persona Buyer", False),
        ("persona Viewer", True),
    ]


def test_a_rank_without_a_figure_in_force_says_so_by_name() -> None:
    yaml = """segments: {top: 'percentile_rank(count("Product Viewed")) >= 80'}"""
    name = 'count("Product Viewed")'
    at_us = instant("2011-05-01T00:00Z")
    cuts = [UNIT] * 99
    figure = Fact(
        *(WORKSPACE, at_us, "f", FIGURE, {"name": name, "cuts": cuts}),
        *({}, False, True, "figures", 9, at_us),
    )
    before = told(yaml, ("segment", "top"), VIEWS, "2011-04-30T00:00Z", (figure,))
    after = told(yaml, ("segment", "top"), VIEWS, "2011-05-01T00:00Z", (figure,))
    assert notes_of(before.reason) == [
        f"no figure is in force for {name}; `tailorbird figures` makes one"
    ]
    assert before.reason.value is False and before.reason.changes_at == at_us
    assert notes_of(after.reason) == [] and after.reason.value is True


def test_nobody_is_explained_as_somebody_who_is_not_there_yet() -> None:
    yaml = """
segments: {dormant: 'not did("Product Viewed", last="30d")'}
traits: {views: 'count("Product Viewed")'}
"""
    explanation = told(yaml, ("segment", "dormant"), VIEWS, "2011-01-01T00:00Z")
    assert not explanation.exists and explanation.reason.value is False
    views = told(yaml, ("trait", "views"), VIEWS, "2011-01-01T00:00Z")
    assert evaluated(views.reason) == [MISSING, MISSING]


def answer(
    definitions: Definitions, key: Key, facts: list[Fact], world: World, at_us: int
) -> object:
    plan = live.plan(definitions)
    step = live.fold(plan, facts, at_us, world, unbounded=True)
    assert isinstance(step, live.Step)
    return live.answers(plan, step.state, at_us, world)[key]


@pytest.mark.parametrize("number", range(40))
def test_the_root_of_a_tree_is_the_live_answer_in_random_worlds(number: int) -> None:
    world = random_world(Chance((SEED << 20) + number), Size(definitions=5, households=4))
    definitions, history = world.plan.checked, world.history.facts
    settings = World(fact for fact in history if fact.subject == WORKSPACE)
    for question in world.questions[::5]:
        related = households(history).get(question.subject, [])
        own = own_facts(related, question.subject)
        for key in asked(definitions):
            explanation = explain(
                definitions,
                key,
                own,
                settings,
                at_us=question.at_us,
                horizon_us=question.at_us + 2 * SECOND,
            )
            expected = answer(definitions, key, own, settings, question.at_us)
            assert same(explanation.reason.value, expected), (key, question)
