"""States from SQL are those that the live engine would have: same types, same order, same gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.stored import stored

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.seed import seed
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY, HOUR
from tailorbird.kernel.values import MISSING, UNIT, IdNumber
from tailorbird.language import live
from tailorbird.language.batch import states
from tailorbird.language.batch.moments import Everybody, Questions
from tailorbird.language.files import load_text
from tailorbird.language.live.as_cut import zone_named
from tailorbird.language.world import World

NOW = 1_700_000_000 * UNIT
LARGE = 999_999_999_999 * UNIT
VALUES: tuple[Any, ...] = (
    *(3 * UNIT, 1, -LARGE, LARGE, 0, True, False, None, MISSING, "3", "", "naïve 'q' ☃", "\\n"),
    *([UNIT, "a", None], [], {"a": {"b": UNIT}}, {}, IdNumber("12345678901234567890"), 3 * UNIT),
    *([[1]], {"#": "x"}, "b1", "#12", LARGE, LARGE, -LARGE),
)
BY_SQL = {
    "count": 'count("Seen")',
    "where": 'count("Seen", where=properties.x == 3 or properties.x == "3")',
    "signal": 'count(active_events()) - count(any_event(name="S*"))',
    "source": 'fresh("web", "30d")',
    "sum": 'sum("Seen", properties.x)',
    "average": 'avg("Seen", properties.x)',
    "least": 'min("Seen", properties.x)',
    "most": 'max("Seen", properties.x)',
    "deviation": 'stddev("Seen", properties.x)',
    "first": 'first("Seen", properties.x)',
    "latest": 'latest("Seen", properties.x)',
    "nested": 'latest("Seen", properties.deep.x)',
    "made": 'first("Seen", lower(properties.x))',
    "first time": 'first_time("Seen")',
    "last time": 'last_time("Seen")',
    "distinct": 'distinct("Seen", properties.x)',
    "favourite": 'favourite("Seen", properties.x)',
    "top": 'exists(top("Seen", properties.x, 3))',
    "largest group": 'count("Seen", by=properties.x)',
    "percentile": 'percentile_of("Seen", 50, properties.x)',
    "days": 'active_days("Seen")',
    "fixed": 'count("Seen", start="2023-11-01", end="2023-11-14T22:00Z")',
    "anchor": 'bucket("salt")',
    "trait": "traits.x",
    "times": 'count("Seen", last="12h")',
    "few times": 'count("Seen", last="12h") >= 3',
    "the last time": 'last_time("Seen", last="12h")',
    "earlier times": 'count("Seen", between=("20h", "2h"))',
    "this month": 'count("Seen", calendar="month")',
    "days of a window": 'active_days("Seen", last="3d")',
    "entries": 'sum("Seen", properties.x, last="12h")',
    "the latest entry": 'latest("Seen", properties.x, last="12h")',
    "entries of a year": 'distinct("Seen", properties.x, calendar="year")',
    "missing entries": 'favourite("Nothing", properties.x, last="1d")',
}
SCORES = {
    "total": "points: [{event: Seen, points: 2}, {event: Seen, where: properties.x == 3, "
    "points: -2}]",
    "decayed": "half_life: 1d\n    points: [{event: Seen, points: 2.5}, {event: Gone, points: -1}]",
}
NOT_BY_SQL = (
    'session_count(last="30d")',
    'absent("Seen", after="Gone", wait="2h")',
    'sequence("Seen", "Gone", within="1d")',
    'count("Seen", since_event="Gone")',
    'count("Seen", session="current")',
    'smooth("Seen", properties.x, alpha=0.3)',
    'count("Seen", where=version(properties.x) >= version("1.2"))',
)


def fact(number: int, name: str, value: Any, **more: Any) -> Fact:
    properties: dict[str, Any] = {} if value is MISSING else {"x": value, "deep": {"x": value}}
    time_us = NOW - 30 * HOUR + number // 2 * HOUR
    made = Fact(
        "ann", time_us, f"m{number % 7}-{number}", name, properties, {}, True, True, "", 0, 0
    )
    return made._replace(source="web" if number % 3 else "app", active=number % 4 > 0, **more)


def facts() -> list[Fact]:
    found = [fact(number, "Seen", value) for number, value in enumerate(VALUES)]
    found += [fact(number + 50, "Gone", value) for number, value in enumerate(VALUES[:6])]
    found += [fact(number + 60, "$traits", value, act=False) for number, value in enumerate(VALUES)]
    found += [fact(-4000 + number, "Seen", UNIT) for number in range(3)]
    return found


def plan_of(text: str) -> live.Plan:
    return live.plan(load_text(text).definitions)


def traits(*texts: str) -> live.Plan:
    lines = [
        f"  t{number}: '{text.replace(chr(39), chr(39) * 2)}'" for number, text in enumerate(texts)
    ]
    return plan_of("\n".join(["traits:", *lines]))


def seeded_and_folded(
    plan: live.Plan, given: Sequence[Fact], *, hot: bool, now_us: int = NOW
) -> tuple[live.PersonState, live.PersonState]:
    with DuckDbHistory(None) as history:
        history.append(given)
        if hot:
            history.promote([("x",), ("deep", "x")])
        ((_, seeded),) = seed(history, plan, now_us)
        told = live.fold(plan, history.history_of(["ann"]), now_us, World())
    assert isinstance(told, live.Step)
    return seeded, told.state


def moment() -> Everybody:
    return Everybody(NOW, zone_named("UTC"), 30, 0)


@pytest.mark.parametrize("hot", [False, True], ids=["from the text", "from typed columns"])
@pytest.mark.parametrize("name", BY_SQL)
def test_a_state_from_sql_is_that_of_the_fold(name: str, hot: bool) -> None:
    plan = traits(BY_SQL[name])
    seeded, folded = seeded_and_folded(plan, facts(), hot=hot)
    assert stored(seeded) == stored(folded)


@pytest.mark.parametrize("name", BY_SQL)
def test_sql_is_asked_where_it_can_say_the_state(name: str) -> None:
    operations = traits(BY_SQL[name]).operations
    told = [states.state(operation, moment(), after_us=0) for operation in operations]
    assert None not in told


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("later_us", [0, HOUR, 40 * DAY])
def test_points_are_kept_as_the_live_engine_keeps_them(name: str, later_us: int) -> None:
    plan = plan_of(f"scores:\n  s:\n    {SCORES[name]}")
    seeded, folded = seeded_and_folded(plan, facts(), hot=False, now_us=NOW + later_us)
    assert stored(seeded) == stored(folded)


@pytest.mark.parametrize("text", NOT_BY_SQL)
def test_what_sql_cannot_say_is_left_to_the_operation_itself(text: str) -> None:
    plan = traits(text)
    told = [states.state(operation, moment(), after_us=0) for operation in plan.operations]
    assert told[1:] == [None]
    seeded, folded = seeded_and_folded(plan, facts(), hot=True)
    assert stored(seeded) == stored(folded)


def test_only_facts_that_an_operation_may_read_are_looked_at() -> None:
    plan = traits('smooth("Seen", properties.x, alpha=0.3)')
    asked = Questions([NOW], [zone_named("UTC")], [30], 0)
    found = states.readable(plan.table[1].selects, asked)
    with DuckDbHistory(None) as history:
        history.append(facts())
        assert {fact.name for fact in history.facts_where(found)} == {"Seen"}
