"""A small shop: a project folder with definitions and a few weeks of facts, and its command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tailorbird.cli import main
from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.kernel.facts import MERGE, TRAITS, Fact
from tailorbird.kernel.instants import parse_instant, zone
from tailorbird.kernel.values import UNIT

Run = Callable[..., Result]

DEFINITIONS = """\
# What the shop asks about its people.
traits:
  spent: sum("Order Completed", properties.revenue)
  recency: since("Order Completed")
scores:
  interest:
    points:
      Product Viewed: 1
      Order Completed: 10
segments:
  buyers: did("Order Completed")
  window_shopper: count("Product Viewed", last="7d") >= 2 and not did("Order Completed")
  dormant: not did(any_event(), last="30d")
personas:
  - Buyer: in_segment("buyers")
  - Looker: score("interest") > 0
"""


def instant(text: str) -> int:
    at_us = parse_instant(text, zone("UTC"))
    assert at_us is not None
    return at_us


def fact(who: str, when: str, name: str, **properties: Any) -> Fact:
    """A fact whose id is made of all that is said; numbers are written as they are meant."""
    exact = {k: v * UNIT if type(v) is int else v for k, v in properties.items()}
    time_us = instant(when)
    id_ = f"{who} {when} {name} {sorted(properties.items())}"
    is_act = not name.startswith("$")
    return Fact(who, time_us, id_, name, exact, {}, is_act, True, "web", 0, time_us)


FACTS = (
    fact("ann", "2024-01-02", "Product Viewed", product_id="p1"),
    fact("ann", "2024-03-01T09:00Z", "Product Viewed", product_id="p1"),
    fact("ann", "2024-03-01T09:05Z", "Order Completed", revenue=30),
    fact("bob", "2024-03-02T10:00Z", "Product Viewed", product_id="p2"),
    fact("bob", "2024-03-02T10:01Z", "Product Viewed", product_id="p1"),
    fact("cid", "2024-01-05", "Product Viewed", product_id="p2"),
    fact("dee", "2024-02-20", "Order Completed", revenue=120),
    fact("dee", "2024-02-21", TRAITS, city="Leeds"),
    fact("phone-9", "2024-02-25", "Product Viewed", product_id="p3"),
    fact("dee", "2024-02-26", MERGE, other="phone-9"),
)
"""ann ordered yesterday, bob looks twice, cid is long gone, dee uses a phone too."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the command as a user does; what it prints to either stream is in the result."""
    monkeypatch.delenv("TAILORBIRD_TRACEBACK", raising=False)

    def call(*words: object, code: int = 0) -> Result:
        result = CliRunner().invoke(main, [str(word) for word in words])
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        assert "should not happen" not in result.output
        return result

    return call


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project with definitions, which is the current folder too."""
    shop = tmp_path / "shop"
    (shop / "definitions").mkdir(parents=True)
    (shop / "definitions" / "shop.yaml").write_text(DEFINITIONS)
    (shop / "tailorbird.yaml").write_text("zone: UTC\n")
    monkeypatch.chdir(shop)
    return shop


@pytest.fixture
def shop(folder: Path) -> Path:
    """The same with the facts of the shop."""
    fill(folder, FACTS)
    return folder


def fill(folder: Path, facts: Iterable[Fact]) -> None:
    (folder / "data").mkdir(exist_ok=True)
    with DuckDbHistory(folder / "data" / "history.duckdb") as history:
        history.append(list(facts))


def answer_of(result: Result) -> Any:
    """What the command said on standard output, as JSON."""
    return json.loads(result.stdout)
