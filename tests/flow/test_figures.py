"""Figures are written once for an instant, and percentile_rank answers with them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.answer import answer
from tailorbird.flow.figures import figures_at, write_figures
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import DAY
from tailorbird.kernel.values import UNIT
from tailorbird.language.files import load_text

DEFINITIONS = load_text("""
traits:
  spent: sum("Order Completed", properties.revenue)
segments:
  top_tenth: percentile_rank(trait("spent")) >= 90
""").definitions
SPENT = 'trait("spent")'


@pytest.fixture
def history() -> Iterator[DuckDbHistory]:
    with DuckDbHistory(None) as opened:
        opened.append(
            [
                Fact(
                    f"p{n:03}",
                    DAY,
                    f"m{n}",
                    "Order Completed",
                    {"revenue": n * UNIT},
                    {},
                    True,
                    True,
                    "web",
                    0,
                    DAY,
                )
                for n in range(1, 201)
            ]
        )
        yield opened


def top(history: DuckDbHistory, at_us: int) -> list[str]:
    return answer(history, DEFINITIONS, [("segment", "top_tenth")], at_us).members("top_tenth")


def test_everything_ranked_and_rfm_get_cut_points(history: DuckDbHistory) -> None:
    found = {one.name: one for one in figures_at(history, DEFINITIONS, 2 * DAY)}
    assert len(found) == 4
    cuts = found[SPENT].cuts
    assert cuts is not None
    assert (cuts[0], cuts[89]) == (2 * UNIT, 180 * UNIT)
    assert set(found['since("Order Completed")'].cuts or ()) == {DAY}


def test_a_rank_is_missing_before_the_figure_and_there_from_its_instant_on(
    history: DuckDbHistory,
) -> None:
    assert top(history, 2 * DAY) == []
    write_figures(history, DEFINITIONS, [2 * DAY], now_us=3 * DAY)
    assert top(history, 2 * DAY - 1) == []
    assert top(history, 2 * DAY) == [f"p{n}" for n in range(180, 201)]


def test_a_figure_of_an_instant_is_written_once(history: DuckDbHistory) -> None:
    first = write_figures(history, DEFINITIONS, [2 * DAY], now_us=9 * DAY)
    again = write_figures(history, DEFINITIONS, [2 * DAY, 3 * DAY], now_us=9 * DAY)
    assert [one.new for one in first] == [4]
    assert [one.new for one in again] == [0, 4]


def test_too_few_people_give_no_figure(history: DuckDbHistory) -> None:
    found = {one.name: one for one in figures_at(history, DEFINITIONS, DAY - 1)}
    assert (found[SPENT].people, found[SPENT].cuts) == (0, None)
