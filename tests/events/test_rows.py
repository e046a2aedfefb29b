from __future__ import annotations

from typing import Any

import pytest

from tailorbird.events.columns import FactColumns
from tailorbird.events.mapping import parse_mapping
from tailorbird.events.rows import Mapped, RowMapper
from tailorbird.events.table import JsonRows, TextRows
from tailorbird.kernel.facts import WORKSPACE
from tailorbird.kernel.instants import parse_instant, zone
from tailorbird.kernel.values import MISSING, IdNumber, read_tagged

COLUMNS = ("user", "at", "what", "price", "count", "number")
SHOP = """
source: shop
person: user
time: at
event: what
properties:
  price: {column: price, type: number}
  quantity: {column: count, type: number, absolute: true}
"""


def mapper(text: str, columns: tuple[str, ...] = COLUMNS, *, blank: bool = False) -> RowMapper:
    return RowMapper(parse_mapping(text, "shop.yaml", "shop"), columns, {}, blank=blank)


def table(*rows: str) -> TextRows:
    cells = [[cell.strip() for cell in row.split(",")] for row in rows]
    return TextRows(cells, range(2, 2 + len(rows)), lambda place: rows[place])


def mapped(text: str, *rows: str) -> Mapped:
    return mapper(text).facts(table(*rows))


def properties(columns: FactColumns) -> list[Any]:
    return [text and read_tagged(text) for text in columns.properties]


def test_a_row_becomes_a_fact_with_typed_properties() -> None:
    found = mapped(SHOP, "ann, 2024-05-01, Bought, 2.50, -3, 007")
    columns = found.columns
    assert columns.subject == ["ann"]
    assert columns.time_us == [parse_instant("2024-05-01", zone("UTC"))]
    assert columns.name == ["Bought"]
    assert columns.source == ["shop"]
    assert columns.act == columns.active == [True]
    assert columns.known_us == columns.context == [None]
    assert properties(columns) == [{"price": 2_500_000, "quantity": 3_000_000, "number": "007"}]
    assert (list(found.places), found.refused, found.skipped) == ([0], {}, 0)


def test_columns_that_are_not_named_can_be_left_out() -> None:
    found = mapped(SHOP + "others: false", "ann, 2024-05-01, Bought, , x, 007")
    assert properties(found.columns) == [None]


def test_rows_that_cannot_be_facts_are_refused_with_the_reason() -> None:
    rows = (
        "ann, soon, Bought, 1, 1, 1",
        "ann, , Bought, 1, 1, 1",
        "ann, 2024-05-01, , 1, 1, 1",
        ", 2024-05-01, Bought, 1, 1, 1",
        "ann, 2024-05-01, $trait, 1, 1, 1",
        "ann, 2024-05-01, Bought, 1, 1, 1",
        f"ann, 2024-05-01, {'x' * 201}, 1, 1, 1",
    )
    found = mapped(SHOP, *rows)
    assert list(found.places) == [5]
    assert found.columns.length == 1
    assert found.refused == {
        0: "unreadable or implausible time 'soon'",
        1: "no time",
        2: "no event name",
        3: "no person",
        4: "names with $ are reserved; there is none '$trait'; did you mean '$traits'?",
        6: "the event name has more than 200 characters",
    }


def test_the_first_person_column_that_is_not_empty_says_who() -> None:
    text = SHOP.replace("person: user", "person: [user, number]")
    found = mapped(text, "ann, 2024-05-01, A, , , x", ", 2024-05-01, A, , , x")
    assert found.columns.subject == ["ann", "x"]
    assert properties(found.columns) == [None, None]


def test_event_names_are_translated_and_unknown_ones_kept_or_refused() -> None:
    kept = SHOP.replace("event: what", "event: {column: what, names: {buy: Bought}}")
    rows = ("ann, 2024-05-01, buy, , ,", "ann, 2024-05-01, sell, , ,")
    assert mapped(kept, *rows).columns.name == ["Bought", "sell"]
    strict = kept.replace("Bought}}", "Bought}, others: reject}")
    found = mapped(strict, *rows)
    assert found.columns.name == ["Bought"]
    assert found.refused == {1: "no event name"}


def test_a_rule_changes_the_event_or_leaves_the_row_out() -> None:
    text = (
        SHOP
        + """
rules:
  - {when: {count: < 0}, event: Returned}
  - {when: {count: < 0, price: missing}, skip: nothing happened}
  - {when: {number: begins with T}, event: Tried}
  - {when: {number: is T2, what: is not Bought}, event: Tried Again}
"""
    )
    rows = (
        "ann, 2024-05-01, Bought, 1, 2, 1",
        "ann, 2024-05-01, Bought, 1, -2, 1",
        "ann, soon, Bought, , -2, 1",
        "ann, 2024-05-01, Bought, 1, few, T2",
        "ann, 2024-05-01, Sold, 1, few, T2",
    )
    found = mapped(text, *rows)
    assert found.columns.name == ["Bought", "Returned", "Tried", "Tried Again"]
    assert (found.skipped, found.refused) == (1, {})


def test_a_property_can_be_for_some_events_only() -> None:
    text = SHOP.replace("type: number}", "type: number, only: [Bought]}", 1)
    found = mapped(text, "a, 2024-05-01, Bought, 1, ,", "a, 2024-05-01, Seen, 1, ,")
    assert properties(found.columns) == [{"price": 1_000_000}, None]


def test_dots_make_nested_properties_and_context() -> None:
    text = SHOP + "  cart.id: number\ncontext: {device.type: what, device.os: user}"
    found = mapped(text, "ann, 2024-05-01, Bought, , , 7")
    assert properties(found.columns) == [{"cart": {"id": "7"}}]
    (context,) = found.columns.context
    assert read_tagged(context or "") == {"device": {"type": "Bought", "os": "ann"}}


def test_ids_of_equal_rows_are_numbered_and_depend_on_the_source() -> None:
    rows = ("ann, 2024-05-01, A, , ,", "ann, 2024-05-01, A, , ,", "ann, 2024-05-01, B, , ,")
    first, second, third = mapped(SHOP, *rows).columns.id
    assert second == first + ".1" != third
    assert mapped(SHOP.replace("source: shop", "source: market"), *rows).columns.id[0] != first


def test_a_message_id_is_taken_as_it_is_and_hashed_only_where_it_is_missing() -> None:
    columns = mapped(
        SHOP + "id: number", "a, 2024-05-01, A, , , m1", "a, 2024-05-01, A, , ,"
    ).columns
    assert columns.id[0] == "m1"
    assert len(columns.id[1]) == 24


def test_an_order_column_orders_the_ids_of_rows() -> None:
    rows = [f"a, 2024-05-01, A, , , {n}" for n in (10, 9, 100)]
    ids = mapped(SHOP + "order: number", *rows).columns.id
    assert sorted(ids) == [ids[1], ids[0], ids[2]]


def test_a_receive_column_is_when_the_fact_was_known() -> None:
    text = SHOP + "received: {column: number, unit: s}"
    found = mapped(text, "a, 2024-05-01, A, , , 1714521600.5", "a, 2024-05-01, A, , ,")
    assert found.columns.known_us == [1_714_521_600_500_000, None]


def test_passive_events_are_acts_without_intent() -> None:
    found = mapped(SHOP + "passive: [Shown]", "a, 2024-05-01, Shown, , ,", "a, 2024-05-01, B, , ,")
    assert found.columns.active == [False, True]
    assert found.columns.act == [True, True]


def test_reserved_facts_are_no_acts_and_those_of_the_workspace_have_no_person() -> None:
    text = SHOP + "  name: number"
    rows = (", 2024-05-01, $setting, , , zone", "ann, 2024-05-01, $list, , , vip")
    columns = mapped(text, *rows).columns
    assert columns.subject == [WORKSPACE, "ann"]
    assert columns.act == [False, False]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("page", "Page Viewed"),
        ("screen", "Screen Viewed"),
        ("identify", "$traits"),
        ("group", "$group"),
        ("alias", "$merge"),
    ],
)
def test_a_call_names_its_facts(call: str, name: str) -> None:
    columns = mapped(SHOP + f"call: {call}", "a, 2024-05-01, Home, , ,").columns
    assert columns.name == [name]
    assert columns.act == [call in ("page", "screen")]
    expected = [{"name": "Home"}] if call in ("page", "screen") else [None]
    assert properties(columns) == expected


ORDERS = (
    SHOP
    + """
without_person: order
orders: {events: [Bought, Returned], by: number, else_by: [user, at], items: [price, quantity],
  revenue: true}
context: {city: what}
"""
)


def test_lines_of_an_order_become_one_fact_wherever_they_stand() -> None:
    orders = mapper(ORDERS)
    first = orders.facts(
        table(
            "ann, 2024-05-02, Bought, 2.5, 2, o1",
            "ann, 2024-05-01, Seen, 1, 1, o1",
            "bob, 2024-05-01, Bought, 3, 1,",
        )
    )
    assert first.columns.name == ["Seen"]
    assert orders.facts(table("ann, 2024-05-01, Bought, 4, -1, o1")).columns.length == 0
    facts = orders.order_facts()
    assert facts.subject == ["ann", "bob"]
    assert facts.time_us[0] == parse_instant("2024-05-01", zone("UTC"))
    assert properties(facts) == [
        {
            "order_id": "o1",
            "revenue": 9_000_000,
            "products": [
                {"price": 2_500_000, "quantity": 2_000_000},
                {"price": 4_000_000, "quantity": 1_000_000},
            ],
        },
        {
            "order_id": "bob/2024-05-01",
            "revenue": 3_000_000,
            "products": [{"price": 3_000_000, "quantity": 1_000_000}],
        },
    ]


def test_an_order_whose_price_is_not_recorded_has_no_revenue() -> None:
    orders = mapper(ORDERS)
    orders.facts(table("ann, 2024-05-02, Bought, 2, 2, o1", "ann, 2024-05-02, Bought, , 2, o1"))
    assert "revenue" not in properties(orders.order_facts())[0]


def test_an_order_without_a_person_is_a_person_of_its_own() -> None:
    orders = mapper(ORDERS)
    rows = (
        ", 2024-05-02, Bought, 2, 2, o1",
        ", 2024-05-02, Returned, 2, 2, o1",
        ", 2024-05-02, Bought, 2, 2,",
        ", 2024-05-02, Seen, 2, 2,",
        ", , Bought, 2, 2,",
    )
    found = orders.facts(table(*rows))
    assert found.refused == {4: "no time"}
    assert found.columns.subject == ["order:2024-05-02"]
    facts = orders.order_facts()
    assert facts.subject == ["order:o1", "order:o1", "order:2024-05-02"]
    assert len(set(facts.id)) == 3


def test_an_order_keeps_its_id_when_more_of_its_lines_are_there() -> None:
    short, long = mapper(ORDERS), mapper(ORDERS)
    line = "ann, 2024-05-02, Bought, 2, 2, o1"
    short.facts(table(line))
    long.facts(table(line, line))
    assert short.order_facts().id == long.order_facts().id
    assert short.order_facts().properties != long.order_facts().properties


def objects(*rows: dict[str, Any]) -> JsonRows:
    return JsonRows(rows, range(1, 1 + len(rows)), lambda place: str(rows[place]))


def test_json_rows_keep_their_types_and_name_their_own_columns() -> None:
    found = mapper(SHOP, ()).facts(
        objects(
            {"user": 12_000_000, "at": "2024-05-01", "what": "A", "x": None, "bad": MISSING},
            {"user": IdNumber("9" * 20), "at": "2024-05-01", "what": "B", "price": "2.5"},
            {
                "user": "a",
                "at": "2024-05-01",
                "what": "C",
                "price": True,
                "count": [1],
                "y": {"z": 1},
            },
            {"user": True, "at": "2024-05-01", "what": "D"},
        )
    )
    assert found.columns.subject == ["12", "9" * 20, "a"]
    assert found.refused == {3: "no person"}
    assert properties(found.columns) == [{"x": None}, {"price": 2_500_000}, {"y": {"z": 1}}]


def test_json_columns_reach_into_objects() -> None:
    text = SHOP.replace("person: user", "person: user.id").replace("column: price", "column: p.net")
    row = {"user": {"id": "ann"}, "at": "2024-05-01", "what": "A", "p": {"net": 1_000_000}}
    found = mapper(text, ()).facts(objects(row))
    assert found.columns.subject == ["ann"]
    assert properties(found.columns) == [{"price": 1_000_000}]


def test_a_context_that_says_inactive_makes_no_act() -> None:
    text = SHOP + "context: {active: number}\nothers: false"
    rows = [
        {"user": "a", "at": "2024-05-01", "what": "A", "number": flag} for flag in (False, True)
    ]
    assert mapper(text, ()).facts(objects(*rows)).columns.act == [False, True]
