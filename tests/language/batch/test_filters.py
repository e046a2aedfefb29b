"""Conditions on facts mean in SQL what they mean on the fact itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import zone
from tailorbird.kernel.values import MISSING, UNIT, IdNumber
from tailorbird.language.ast import Call
from tailorbird.language.batch.filters import condition
from tailorbird.language.batch.moments import Everybody
from tailorbird.language.batch.typed import NotInSqlError
from tailorbird.language.files import load_text
from tailorbird.language.predicates import View, compile_value

VALUES: list[Any] = [
    *(0, UNIT, -UNIT, 1, 10**18 - 1, 1 - 10**18, 1_500_000, 2 * UNIT),
    *("", "x", "X", "1", "true", "it's", "%", "a_b", "Straße", "Ünï", "a\nb", 'say "x"', "a\0b"),
    *("12345678901234567890", True, False, None, MISSING, IdNumber("12345678901234567890")),
    *([], ["x"], [1, "1", True], [None], {}, {"#": "x"}, {"b": UNIT}, {"#": 1, "b": "x"}, [["x"]]),
]
CONDITIONS = [
    *("properties.v == 1", 'properties.v == "x"', "properties.v == True", "properties.v != 1"),
    *("properties.v > 0.5", 'properties.v <= "X"', "properties.v >= properties.w"),
    *("properties.v == properties.w", "properties.v != properties.w"),
    *("properties.v == 12345678901234567890", 'properties.v in [1, "x", True, 1.5]'),
    *('properties.v not in ["", 0]', "properties.v in properties.w", "exists(properties.v)"),
    *("empty(properties.v)", "length(properties.v) == 1", "length(properties.v) > 3"),
    *('lower(properties.v) == "x"', 'lower(properties.v) == "Ünï"', "properties.v.b == 1"),
    *('contains(properties.v, "x")', "contains(properties.v, 1)", "contains(properties.v, True)"),
    *("contains(properties.v, properties.w)", 'starts_with(properties.v, "a")'),
    *('ends_with(properties.v, "x")', "starts_with(properties.v, properties.w)"),
    *('matches(properties.v, "^a.b$")', 'matches(properties.v, "(?i)STRAßE|^$")'),
    *('matches(properties.v, "[^x]")', "properties.v + properties.w > 0"),
    *("properties.v - properties.w == 0", "properties.v * properties.w > 2"),
    *("properties.v / properties.w == -1", "properties.v * 1.5 == 2.25"),
    *(
        'coalesce(properties.v, properties.w) == "x"',
        "exists(coalesce(properties.v, properties.w))",
    ),
    *("not (properties.v > 0) and (properties.w > 0 or exists(properties.v))",),
    *("at_least(2, properties.v > 0, properties.w > 0, exists(properties.v))",),
    *('any(item == "x" for item in properties.v)', "all(item == 1 for item in properties.v)"),
    *("sum(item for item in properties.v) >= 0", 'properties["a.b"] == "x"', 'context.v == "x"'),
    *('properties["it\'s"] == "x"', 'properties["~/"] == 1', 'properties["#"] == 1'),
]


def trees() -> list[Call]:
    lines = "".join(
        f"  s{i}: {json.dumps(f'did(any_event(), where={c})')}\n" for i, c in enumerate(CONDITIONS)
    )
    found = {d.name: d.body for d in load_text(f"segments:\n{lines}").definitions.ordered}
    bodies = [found[f"s{i}"] for i in range(len(CONDITIONS))]
    return [body.keyword("where") for body in bodies if isinstance(body, Call)]


def facts() -> list[Fact]:
    pairs = [(a, b) for a in VALUES for b in (*VALUES[:12], "x", ["x", UNIT], MISSING)]
    keys = {"a.b": "x", "it's": "x", "~/": UNIT, "#": UNIT}
    return [
        Fact(
            "ann",
            0,
            f"{number}",
            "Seen",
            {"v": a, "w": b, **keys},
            {"v": a},
            True,
            True,
            "",
            number,
            0,
        )
        for number, (a, b) in enumerate(pairs)
    ]


@pytest.fixture(scope="module", params=[(), (("v",), ("a.b",)), (("v", "b"), ("w",))])
def history(request: pytest.FixtureRequest) -> Iterator[DuckDbHistory]:
    with DuckDbHistory(None) as opened:
        opened.append(facts())
        opened.promote(request.param)
        yield opened


@pytest.mark.parametrize(("text", "tree"), list(zip(CONDITIONS, trees(), strict=True)))
def test_a_condition_holds_in_sql_for_the_same_facts(
    history: DuckDbHistory, text: str, tree: Call
) -> None:
    moment = Everybody(0, zone("UTC"), 1, 0, hot=history.hot_columns())
    sql = condition(tree, moment)
    found = history.query(f"SELECT position, {sql} AS holds FROM facts ORDER BY position")
    assert found["holds"].dtype == bool, "a condition is never null"
    holds = compile_value(tree)
    wanted = [holds(View(fact, zone("UTC"), {})) for fact in facts()]
    different = [
        (fact.properties["v"], fact.properties["w"])
        for fact, one, other in zip(facts(), wanted, found["holds"].tolist(), strict=True)
        if one is not other
    ]
    assert different == [], text


def test_what_sql_cannot_say_is_refused_before_any_query() -> None:
    moment = Everybody(0, zone("UTC"), 1, 0)
    text = 'segments: {s: \'did("Seen", where=version(properties.v) > version("1"))\'}'
    (segment,) = load_text(text).definitions.ordered
    assert isinstance(segment.body, Call)
    tree = segment.body.keyword("where")
    assert tree is not None
    with pytest.raises(NotInSqlError):
        condition(tree, moment)
