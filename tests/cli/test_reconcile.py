"""`tailorbird reconcile` compares orders of a shop with purchase events, and logs with clients."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run, answer_of, fact, fill

ORDERS = """\
id,total,state
o1,30.00,paid
o2,20.005,paid
o3,50,paid
o4,10,open
o5,5,paid
"""
PURCHASES = [
    fact("ann", "2024-03-01", "Order Completed", order_id="o1", revenue=30),
    fact("bob", "2024-03-02", "Order Completed", order_id="o2", revenue=20),
    fact("cid", "2024-03-03", "Order Completed", order_id="o3", revenue=5),
    fact("cid", "2024-03-03T01:00Z", "Order Completed", order_id="o3", revenue=5),
    fact("dee", "2024-03-04", "Order Completed", order_id="o9", revenue=7),
    fact("dee", "2024-03-04", "Order Completed", revenue=7),
    fact("dee", "2024-04-04", "Order Completed", order_id="o10", revenue=7),
    fact("eve", "2024-03-04", "Product Viewed", order_id="o5"),
]
WORDS = ("reconcile", "orders.csv", "event:Order Completed", "--key", "id=order_id")
MORE = (
    "--value",
    "total=revenue",
    "--tolerance",
    "0.01",
    "--only-a",
    "state=paid",
    "--to",
    "2024-04-01",
)


@pytest.fixture
def orders(folder: Path) -> Path:
    fill(folder, PURCHASES)
    (folder / "orders.csv").write_text(ORDERS)
    return folder


def test_orders_are_compared_with_purchase_events(run: Run, orders: Path) -> None:
    told = answer_of(run(*WORDS, *MORE, "--json", "--csv", "apart.csv", code=1))
    assert told["keys"] == {"a": 4, "b": 4, "together": 5}
    assert (told["same"], told["apart"]) == (2, 3)
    found = {what: told[what] for what in ("only_a", "only_b", "differs", "twice_a", "twice_b")}
    assert found == {"only_a": 1, "only_b": 1, "differs": 1, "twice_a": 0, "twice_b": 1}
    assert told["without_key"] == {"a": 0, "b": 1}
    with (orders / "apart.csv").open() as stream:
        rows = list(csv.reader(stream))
    assert rows == [
        ["what", "key", "value", "a", "b"],
        ["differs", "o3", "total", "50", "5"],
        ["twice_b", "o3", "", "", "2"],
        ["only_a", "o5", "", "", ""],
        ["only_b", "o9", "", "", ""],
    ]
    output = run(*WORDS, *MORE, code=1).output
    assert "3 of 5 are apart (60.0 %)" in output
    assert "1 of B have no key" in output
    assert run(*WORDS, *MORE, "--limit", "60%").exit_code == 0
    assert run(*WORDS, *MORE, "--limit", "59.9%", code=1)


def test_other_kinds_of_files_say_the_same(run: Run, orders: Path) -> None:
    lines = [
        {"id": row["id"], "total": float(row["total"]), "state": row["state"]}
        for row in csv.DictReader(ORDERS.splitlines())
    ]
    (orders / "orders.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\nno json\n")
    words = ("reconcile", "orders.csv", "orders.jsonl", "--key", "id", "--value", "total")
    told = answer_of(run(*words, "--json"))
    assert (told["same"], told["apart"], told["unread"]) == (5, 0, 1)


def test_how_often_pages_were_seen_is_compared_by_source(run: Run, folder: Path) -> None:
    views = [
        fact(who, f"2024-03-01T0{hour}:00Z", "Page Viewed", path=path)._replace(source=source)
        for source, hours in (("log", range(5)), ("web", range(4)))
        for hour in hours
        for who, path in ((source, "/"), (f"{source}2", f"/{hour}"))
    ]
    fill(folder, views)
    words = ("reconcile", "event:Page Viewed", "event:Page Viewed", "--key", "path", "--count")
    sides = ("--only-a", "$source=log", "--only-b", "$source=web")
    told = answer_of(run(*words, *sides, "--json", code=1))
    assert [(one["what"], one["key"], one["a"], one["b"]) for one in told["differences"]] == [
        ("differs", "/", "5", "4"),
        ("only_a", "/4", None, None),
    ]
    assert (
        answer_of(run(*words, *sides, "--tolerance", "1", "--limit", "20%", "--json"))["apart"] == 1
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--key", "ids"), "'id'"),
        (("--key", "id="), "is no name"),
        (("--key", "id", "--tolerance", "much"), "is no tolerance"),
        (("--key", "id", "--limit", "2"), "is no share"),
        (("--key", "id", "--limit", "200%"), "is no share"),
        (("--key", "id", "--only-a", "state"), "says nothing"),
        (("--key", "id", "--count", "--value", "total"), "leave out --value"),
        (("--key", "id", "--csv", "orders.csv"), "exists"),
    ],
)
def test_a_wrong_call_is_told(run: Run, orders: Path, words: tuple[str, ...], says: str) -> None:
    assert says in run("reconcile", "orders.csv", "orders.csv", *words, code=2).output


def test_an_event_that_is_nearly_called_like_another_is_told(run: Run, orders: Path) -> None:
    words = ("reconcile", "orders.csv", "event:Order Complted", "--key", "id=order_id")
    says = "no event is called 'Order Complted' so far; did you mean 'Order Completed'?"
    assert says in run(*words, code=2).output
    assert "0 in B" in run(*words[:2], "event:Till Closed", *words[3:], code=1).output
