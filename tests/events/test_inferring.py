"""A first draft of a plan is one that the events fit which it was made of."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.inferring import ENOUGH, FEW, Inferring
from tailorbird.events.tracking_plan import read_plan
from tailorbird.kernel.values import UNIT

KEYS = st.sampled_from(["a", "true", "a b", 'q"', "é", "x: y", "#", "", "- a", "7"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3).map(lambda n: n * UNIT // 2)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def inferred(*events: tuple[str, dict[str, Any]]) -> Any:
    inferring = Inferring()
    for name, properties in events:
        inferring.add(name, properties)
    return read_plan({"tracking_plan.yaml": "mode: reject\nunplanned: reject\n" + inferring.plan()})


@given(
    st.lists(st.tuples(KEYS.filter(bool), st.dictionaries(KEYS, VALUES, max_size=4)), min_size=1)
)
def test_every_event_fits_the_plan_that_is_made_of_it(events: list[Any]) -> None:
    plan = inferred(*events)
    assert [plan.violation(name, said, {}) for name, said in events] == [None] * len(events)


def test_what_was_always_there_is_required_once_it_was_often() -> None:
    plan = inferred(*[("Seen", {"id": "x", **({"tip": True} if n else {})}) for n in range(ENOUGH)])
    assert plan.violation("Seen", {}, {}) is not None
    assert plan.violation("Seen", {"id": "y" * 50}, {}) is not None
    assert inferred(("Seen", {"id": "x"})).violation("Seen", {}, {}) is None
    assert plan.violation("Seen", {"id": "x"}, {}) is None


def test_few_texts_are_listed_and_many_are_not() -> None:
    few = inferred(*[("Seen", {"size": "SML"[n % 3]}) for n in range(60)])
    assert few.violation("Seen", {"size": "XL"}, {}) is not None
    many = inferred(*[("Seen", {"size": str(n % (FEW + 1))}) for n in range(200)])
    assert many.violation("Seen", {"size": "XL"}, {}) is None


def test_a_text_that_came_a_few_times_makes_no_list() -> None:
    plan = inferred(*[("Seen", {"size": "M" if n else "rare"}) for n in range(60)])
    assert plan.violation("Seen", {"size": "XL"}, {}) is None


def test_texts_about_people_never_stand_in_a_plan() -> None:
    inferring = Inferring()
    for _ in range(100):
        inferring.add("$traits", {"email": "ann@shop.example"})
        inferring.add("$consent", {"purpose": "marketing"})
    assert "ann" not in inferring.plan()
    assert "$consent" not in inferring.plan()


def test_numbers_that_are_whole_are_told_from_those_that_are_not() -> None:
    plan = inferred(("Seen", {"n": 2 * UNIT, "x": UNIT // 2}), ("Seen", {"n": UNIT, "x": UNIT}))
    assert plan.violation("Seen", {"n": UNIT // 2}, {}) is not None
    assert plan.violation("Seen", {"x": UNIT // 4}, {}) is None


def test_there_is_room_for_so_many_events() -> None:
    inferring = Inferring()
    for number in range(300):
        inferring.add(f"E{number}", {})
    assert len(inferring.counts()) + inferring.left_out == 300
    assert inferring.left_out
