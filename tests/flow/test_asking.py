"""A question sees one history, whatever becomes of its tables between its statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.answer import answer, answers_many
from tailorbird.flow.explain import explained
from tailorbird.flow.profile import profile, sent_traits
from tailorbird.flow.sampling import households
from tailorbird.flow.seed import seed
from tailorbird.flow.timeline import sizes_over
from tailorbird.kernel.facts import MERGE, TRAITS, VERDICT, WORKSPACE, Fact
from tailorbird.kernel.instants import HOUR
from tailorbird.kernel.values import UNIT
from tailorbird.language import live
from tailorbird.language.files import load_text

DEFINITIONS = load_text("""
traits:
  spent: sum("Bought", properties.total)
  kinds: distinct("Bought", properties.kind)
segments:
  spender: trait("spent") > 5
  twice: sequence("Bought", "Bought", within="5h", same=properties.kind)
  rich: traits.wealth > 1
""").definitions
KEYS = tuple(DEFINITIONS.by_key())
NOW = 20 * HOUR
HOT = [("total",), ("kind",), ("wealth",), ("other",), ("message_id",), ("bot",)]


def fact(number: int, subject: str, name: str, /, **properties: Any) -> Fact:
    at_us, act = number * HOUR, not name.startswith("$")
    return Fact(subject, at_us, f"m{number}", name, properties, {}, act, True, "web", number, at_us)


FACTS = [
    fact(0, "ann", "Bought", total=4 * UNIT, kind="new"),
    fact(1, "phone", "Bought", total=4 * UNIT, kind="new"),
    fact(2, "bob", "Bought", total=9 * UNIT, kind="old"),
    fact(3, "bob", TRAITS, wealth=2 * UNIT),
    fact(4, "phone", MERGE, other="ann"),
    fact(5, "cyd", "Bought", total=9 * UNIT, kind="new"),
    fact(6, "cyd", VERDICT, message_id="m5", bot=True),
    fact(7, WORKSPACE, "$setting", name="zone", value="Europe/Berlin"),
]


class Promoting:
    """A connection before whose query of some number properties get typed columns."""

    def __init__(self, history: DuckDbHistory, number: int) -> None:
        self._other = history.beside()
        self._connection = history._connection
        self._left = number

    def execute(self, sql: str, *given: Any) -> Any:
        if sql.startswith("SELECT"):
            if self._left == 0:
                self._other.promote(HOT)
            self._left -= 1
        return self._connection.execute(sql, *given)

    @property
    def has_promoted(self) -> bool:
        return self._left < 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def stored() -> DuckDbHistory:
    history = DuckDbHistory(None)
    history.append(FACTS)
    history.compact()
    return history


def told_of_all(history: DuckDbHistory) -> Any:
    told = answer(history, DEFINITIONS, KEYS, NOW)
    return {name: told.members(name) for name in ("spender", "twice", "rich")}


QUESTIONS: dict[str, Callable[[DuckDbHistory], Any]] = {
    "everybody": told_of_all,
    "some": lambda h: answers_many(h, DEFINITIONS, KEYS, [("ann", NOW), ("bob", NOW)]),
    "folded": lambda h: answers_many(h, DEFINITIONS, KEYS, [("phone", NOW)], ways=()),
    "sizes": lambda h: [sizes_over(h, DEFINITIONS, s, [NOW]) for s in ("spender",)],
    "states": lambda h: sorted(
        (name, live.encode(state)) for name, state in seed(h, live.plan(DEFINITIONS), NOW)
    ),
    "why": lambda h: explained(h, DEFINITIONS, ("segment", "spender"), "phone", NOW),
    "profile": lambda h: profile(h, DEFINITIONS, "bob", NOW),
    "sent": lambda h: sent_traits(h, "bob", NOW),
    "households": lambda h: households(h, ["ann", "cyd"]),
    "history": lambda h: h.history_of(["ann", "bob"]),
    "links": lambda h: h.links(),
    "chunk": lambda h: h.columns_from(0, len(FACTS)),
    "sampled": lambda h: sorted(map(repr, h.sampled([(0, NOW)], 9))),
    "named": lambda h: sorted(map(repr, h.named("Bought", 0, 9 * HOUR))),
}


def asked_between(ask: Callable[[DuckDbHistory], Any]) -> Iterator[Any]:
    """What is told when properties are promoted before each query in turn."""
    number, is_between = 0, True
    while is_between:
        with stored() as history:
            between = Promoting(history, number)
            vars(history)["_connection"] = between
            told = ask(history)
            is_between = between.has_promoted
        yield told
        number += 1


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_properties_may_get_columns_of_their_own_during_a_question(
    ask: Callable[[DuckDbHistory], Any],
) -> None:
    with stored() as history:
        quiet = ask(history)
        for told in asked_between(ask):
            assert told == quiet


def test_what_is_asked_after_a_question_sees_what_came_during_it() -> None:
    with stored() as history:
        other = history.beside()
        with history.as_of_now():
            assert history.end_position == len(FACTS)
            other.append([fact(9, "dee", "Bought")])
            with history.as_of_now():
                assert history.history_of(["dee"]) == []
            assert history.end_position == len(FACTS)
        assert len(history.history_of(["dee"])) == 1


def test_a_question_that_fails_leaves_the_next_one_as_it_was() -> None:
    with stored() as history:
        for _ in range(2):
            with pytest.raises(KeyError), history.as_of_now():
                history.links()
                raise KeyError
        assert len(history.links()) == 1


def test_states_that_nobody_wants_any_more_leave_the_history_free() -> None:
    with stored() as history:
        states = seed(history, live.plan(DEFINITIONS), NOW)
        next(states)
        states.close()
        history.append([fact(9, "dee", "Bought")])
        assert len(history.history_of(["dee"])) == 1
