from __future__ import annotations

from pathlib import Path

import numpy as np

from tailorbird.simulate.columns import COLUMNS, LINES, order_cents
from tailorbird.simulate.planted import BEHAVIOURS
from tailorbird.simulate.rows import ORDERED, Rows

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "simulate.md"


def test_every_column_and_every_behaviour_is_in_the_reference() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    names = [column.name for column in COLUMNS] + [LINES] + [each.name for each in BEHAVIOURS]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_column_has_a_cell_for_every_row_and_some_value(typical_rows: Rows) -> None:
    for column in COLUMNS:
        cells = column.numbers(typical_rows)
        assert len(cells) == len(typical_rows)
        assert cells.count() > 0, column.name


def test_revenue_stands_at_orders_alone_and_is_the_sum_of_their_lines(typical_rows: Rows) -> None:
    revenue = next(column for column in COLUMNS if column.name == "revenue").numbers(typical_rows)
    orders = np.flatnonzero(typical_rows.event == ORDERED)
    assert np.array_equal(np.flatnonzero(~np.ma.getmaskarray(revenue)), orders)
    assert revenue.compressed().tolist() == [
        order_cents(items) for items in typical_rows.items[orders].tolist()
    ]
