"""Everybody's states, computed from a real history, are those of the fold of her facts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from tests.stored import stored

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow import seed as seeding
from tailorbird.flow.asking import Asking
from tailorbird.flow.seed import seed
from tailorbird.kernel.facts import MERGE, SETTING, TRAITS, VERDICT, WORKSPACE, Fact
from tailorbird.kernel.instants import DAY, HOUR
from tailorbird.kernel.limits import BAG_ENTRIES
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.files import load_text
from tailorbird.language.laws.chance import Chance
from tailorbird.language.laws.compare import Size, World, random_world
from tailorbird.language.live.generated import patience

NOW = 1_700_000_000 * UNIT
MIXED = """
segments:
  often: count("Seen", last="2h") >= 3
  days: active_days("Seen") >= 2
  early: count("Seen", where=event_hour() < 6) >= 1
  quiet: absent("Bought", after="Seen", wait="1h", last="1d")
  spent: sum("Bought", properties.price, last="30d") > 5
"""


@pytest.fixture
def history() -> Iterator[DuckDbHistory]:
    with DuckDbHistory(None) as made:
        yield made


def fact(subject: str, before_us: int, name: str, properties: Any = None, **others: Any) -> Fact:
    time_us = NOW - before_us
    id_ = others.pop("id", f"{subject}-{name}-{before_us}")
    act = not name.startswith("$")
    return Fact(subject, time_us, id_, name, properties or {}, {}, act, act, "", 0, time_us)


def mixed() -> live.Plan:
    return live.plan(load_text(MIXED).definitions)


def only(name: str) -> live.Plan:
    kept = [
        line for line in MIXED.splitlines() if not line.startswith("  ") or f"  {name}:" in line
    ]
    return live.plan(load_text("\n".join(kept)).definitions)


def folded(
    history: DuckDbHistory, plan: live.Plan, now_us: int, position: int | None = None
) -> dict[str, live.PersonState]:
    """What the engine says of everybody's facts, in no particular order."""
    asking = Asking(history, position=position)
    linked = asking.linked(now_us)
    by_name: dict[str, list[Fact]] = {}
    for one in history.facts_where("who > 0"):
        if position is None or one.position <= position:
            by_name.setdefault(linked.get(one.subject, one.subject), []).append(one)
    found = {}
    for name, facts in by_name.items():
        told = live.fold(plan, facts, now_us, asking.world(now_us))
        heavy = live.PersonState(heavy=True)
        found[name] = told.state if isinstance(told, live.Step) else heavy
    return found


def same_states(seeded: dict[str, live.PersonState], expected: dict[str, live.PersonState]) -> bool:
    assert seeded.keys() == expected.keys()
    return {n: stored(s) for n, s in seeded.items()} == {n: stored(s) for n, s in expected.items()}


class Asked(NamedTuple):
    named: str
    history: DuckDbHistory
    world: World
    now_us: int
    position: int | None


def random_histories(definitions: int) -> Iterator[Asked]:
    """Random worlds in a history, each with an instant and perhaps a place to ask about."""
    seed_of_run = int(os.environ["TAILORBIRD_TEST_SEED"])
    size = Size(definitions=definitions, households=12, instants=2)
    for number in range(40):
        chance = Chance(seed_of_run * 1_000 + number)
        world = random_world(chance, size)
        with DuckDbHistory(None) as history:
            history.append(world.history.facts)
            if chance.once_in(2):
                history.promote([("price",), ("category",), ("tags",)])
            position = None if chance.once_in(3) else chance.below(len(world.history.facts) + 1)
            at_us = chance.choice(world.questions).at_us
            yield Asked(f"world {seed_of_run * 1_000 + number}", history, world, at_us, position)


@pytest.mark.parametrize("definitions", [2, 10])
def test_states_are_those_of_the_fold_in_random_worlds(definitions: int) -> None:
    for named, history, world, now_us, position in random_histories(definitions):
        plan = live.plan(world.plan.checked)
        seeded = dict(seed(history, plan, now_us, position=position))
        assert same_states(seeded, folded(history, plan, now_us, position)), named


@pytest.mark.parametrize("definitions", [2, 10])
def test_states_are_the_same_by_functions_that_are_written_for_facts(
    definitions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for named, history, world, now_us, position in random_histories(definitions):
        monkeypatch.setattr(patience, "WRITTEN_AFTER", 0)
        plan = live.plan(world.plan.checked)
        seeded = dict(seed(history, plan, now_us, position=position))
        assert same_states(seeded, folded(history, plan, now_us, position)), named
        monkeypatch.setattr(patience, "WRITTEN_AFTER", 1_000_000)
        by_closures = folded(history, live.plan(world.plan.checked), now_us, position)
        # Functions look at all parts of a condition, and may wake somebody sooner than need be.
        assert same_states(sleeping(seeded), sleeping(by_closures)), named


@pytest.mark.parametrize("before_us", [0, HOUR, 3 * HOUR, 40 * DAY, -HOUR])
def test_whoever_did_one_thing_has_the_state_of_its_fold(
    history: DuckDbHistory, monkeypatch: pytest.MonkeyPatch, before_us: int
) -> None:
    history.append([fact("ann", before_us, "Seen"), fact("bob", before_us, "Bought", {"price": 9})])
    history.append([fact("cid", before_us, TRAITS, {"timezone": "Asia/Tokyo"})])
    monkeypatch.setattr(patience, "WRITTEN_AFTER", 0)
    seeded = dict(seed(history, mixed(), NOW))
    monkeypatch.setattr(patience, "WRITTEN_AFTER", 1_000_000)
    assert same_states(seeded, folded(history, mixed(), NOW))


def sleeping(states: dict[str, live.PersonState]) -> dict[str, live.PersonState]:
    return {name: replace(state, wake_at=0) for name, state in states.items()}


SOME_UNKNOWN = """
scores:
  points: {half_life: 3d, points: {Seen: 1, Never: 5}}
  nothing: {half_life: 3d, points: {Never: 5}}
segments:
  never: not did("Never", last="2h")
  both: did("Seen") and not did("Never")
  story: sequence("Seen", "Never", within="1h", last="1d")
  waits: absent("Never", after="Seen", wait="1h", last="1d")
  idle: absent("Never", after="Nothing", wait="1h", last="1d")
  any: count(any_event()) >= 2
  pattern: count("Se*") >= 2
  likes: favourite("Never", properties.product_id) == "p"
  score: score("points") > 1 or score("nothing") > 1
"""


def test_what_no_fact_is_called_leaves_no_state(history: DuckDbHistory) -> None:
    history.append([fact(f"p{n % 3}", n * HOUR // 2, "Seen") for n in range(9)])
    plan = live.plan(load_text(SOME_UNKNOWN).definitions)
    seeding_all = seeding._Seeding(history, plan, NOW, None)
    assert 3 <= len(seeding_all._idle) < len(plan.operations) - 3
    assert same_states(dict(seed(history, plan, NOW)), folded(history, plan, NOW))
    history.append([fact("p1", 0, "Never")])
    assert same_states(dict(seed(history, plan, NOW)), folded(history, plan, NOW))


def test_people_are_told_chunk_by_chunk(
    history: DuckDbHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "CHUNK_FACTS", 7)
    monkeypatch.setattr(seeding, "CHUNK_PEOPLE", 3)
    history.append([fact(f"p{n % 10}", n * HOUR, "Seen") for n in range(60)])
    history.append([fact(f"q{n}", n * HOUR, "Seen") for n in range(8)])
    plan = mixed()
    people = list(seed(history, plan, NOW))
    names = [*(f"p{n}" for n in range(10)), *(f"q{n}" for n in range(8))]
    assert sorted(name for name, _ in people) == names
    assert same_states(dict(people), folded(history, plan, NOW))


def test_merged_people_have_one_state_under_the_smallest_subject(history: DuckDbHistory) -> None:
    history.append([fact("zoe", n * 10, "Seen") for n in range(2)])
    history.append([fact("ann", 5, "Seen"), fact("bob", 0, "Seen")])
    history.append([fact("zoe", 1, MERGE, {"other": "ann"})])
    found = dict(seed(history, mixed(), NOW))
    assert sorted(found) == ["ann", "bob"]
    assert ("segment", "often") in live.membership(mixed(), found["ann"])
    assert same_states(found, folded(history, mixed(), NOW))
    before = dict(seed(history, mixed(), NOW, position=3))
    assert sorted(before) == ["ann", "bob", "zoe"]


def test_what_depends_on_each_persons_zone_may_be_left_to_her_facts(history: DuckDbHistory) -> None:
    history.append(
        [fact(n, t * HOUR, "Seen", {"x": t * UNIT}) for n in ("ann", "bob") for t in range(30)]
    )
    history.append([fact("bob", 40 * HOUR, TRAITS, {"timezone": "Pacific/Auckland"})])
    nights = 'traits:\n  s: smooth("Seen", properties.x, where=event_hour() < 6)'
    plan = live.plan(load_text(nights).definitions)
    assert same_states(dict(seed(history, plan, NOW)), folded(history, plan, NOW))


def test_only_given_people_are_told_by_any_of_their_subjects(history: DuckDbHistory) -> None:
    history.append([fact(name, 0, "Seen") for name in ("ann", "bob", "cid")])
    history.append([fact("cid", 1, MERGE, {"other": "ann"})])
    assert [name for name, _ in seed(history, mixed(), NOW, people=["cid", "ann"])] == ["ann"]
    assert list(seed(history, mixed(), NOW, people=["dan"])) == []
    assert list(seed(history, mixed(), NOW, people=[])) == []


def test_facts_to_come_wait_in_the_state(history: DuckDbHistory) -> None:
    history.append([fact("ann", 0, "Seen"), fact("ann", -DAY, "Bought"), fact("bob", -1, "Seen")])
    found = dict(seed(history, mixed(), NOW))
    assert [f.name for f in found["ann"].pending] == ["Bought"]
    assert found["bob"].first_us is None
    assert found["bob"].wake_at == NOW + 1
    assert same_states(found, folded(history, mixed(), NOW))


def test_facts_of_bots_are_in_no_state(history: DuckDbHistory) -> None:
    history.append([fact("ann", n, "Seen", id=f"m{n}") for n in range(3)])
    history.append([fact("ann", 0, VERDICT, {"message_id": "m1", "bot": True}, id="v")])
    history.append([fact("bob", 0, VERDICT, {"message_id": "none", "bot": True}, id="w")])
    found = dict(seed(history, mixed(), NOW))
    assert ("segment", "often") not in live.membership(mixed(), found["ann"])
    assert found["bob"].bots == {"none"}
    assert same_states(found, folded(history, mixed(), NOW))


def test_days_are_cut_in_the_zone_of_each_person(history: DuckDbHistory) -> None:
    at_home = fact(WORKSPACE, DAY, SETTING, {"name": "zone", "value": "Asia/Tokyo"})
    history.append([at_home._replace(act=False)])
    for name in ("ann", "bob"):
        history.append([fact(name, n * 8 * HOUR, "Seen") for n in range(5)])
    history.append([fact("bob", 0, TRAITS, {"timezone": "America/New_York"})])
    found = dict(seed(history, mixed(), NOW))
    assert (found["ann"].zone, found["bob"].zone) == ("Asia/Tokyo", "America/New_York")
    assert same_states(found, folded(history, mixed(), NOW))


def test_conditions_over_time_are_followed_from_the_first_fact(history: DuckDbHistory) -> None:
    text = 'segments:\n  s: count("Seen", last="2h") >= 2\n  t: entered("s", last="30d")'
    plan = live.plan(load_text(text).definitions)
    history.append([fact("ann", n * HOUR, "Seen") for n in (50, 51, 3)])
    found = dict(seed(history, plan, NOW))
    assert live.membership(plan, found["ann"]) == {("segment", "t")}
    assert same_states(found, folded(history, plan, NOW))


@pytest.mark.parametrize("name", ["spent", "quiet"])
def test_heavy_people_are_left_to_their_history(history: DuckDbHistory, name: str) -> None:
    kind = "Bought" if name == "spent" else "Seen"
    history.append([fact("ann", n, kind, {"price": UNIT}) for n in range(BAG_ENTRIES + 1)])
    history.append([fact("bob", n, kind, {"price": UNIT}) for n in range(BAG_ENTRIES)])
    plan = only(name)
    found = dict(seed(history, plan, NOW))
    assert (found["ann"].heavy, found["bob"].heavy) == (True, False)
    assert same_states(found, folded(history, plan, NOW))


def test_who_once_was_heavy_is_so_no_longer(history: DuckDbHistory) -> None:
    early = [fact("ann", 40 * DAY + n, "Bought", {"price": UNIT}) for n in range(BAG_ENTRIES + 1)]
    history.append([*early, fact("ann", 0, "Bought", {"price": 6 * UNIT})])
    plan = only("spent")
    ((_, state),) = seed(history, plan, NOW)
    assert live.membership(plan, state) == {("segment", "spent")}
    assert folded(history, plan, NOW)["ann"].heavy


def test_folding_everybody_gives_the_same(history: DuckDbHistory) -> None:
    history.append([fact(f"p{n % 5}", n * HOUR, "Seen") for n in range(60)])
    by_sql = dict(seed(history, mixed(), NOW))
    assert same_states(dict(seed(history, mixed(), NOW, by_fold=True)), by_sql)
