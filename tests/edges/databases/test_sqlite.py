from __future__ import annotations

from pathlib import Path

import apsw
import pytest
from tests.edges.databases.conformance import (
    NAMES,
    addressed,
    check_reading_on,
    check_refusals,
    rows_of,
)

from tailorbird.events.addresses import Address
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.values import IdNumber

TABLE = """
CREATE TABLE bought (id INTEGER, who TEXT, seen TEXT, what TEXT, price, note);
INSERT INTO bought VALUES
    (2, 'bob', '2024-05-01 11:00:00', 'Order Completed', 0.1, x'00ff'),
    (1, 'ann', '2024-05-01 10:00:00', 'Product Viewed', 25, NULL),
    (3, 'cid', '2024-05-01 12:00:00', 'Product Viewed', 9007199254740993, 'a "note"'),
    (NULL, 'dee', NULL, 'Product Viewed', 1, 'no number');
"""


@pytest.fixture
def shop(tmp_path: Path) -> Address:
    path = tmp_path / "shop.db"
    connection = apsw.Connection(str(path))
    connection.execute(TABLE)
    connection.close()
    return addressed(f"sqlite:///{path}")


def test_rows_are_read_on_by_a_number_or_a_time(shop: Address) -> None:
    check_reading_on(shop)


def test_nothing_is_written_and_faults_are_told(shop: Address, tmp_path: Path) -> None:
    check_refusals(
        shop, ["DELETE FROM bought", NAMES + "); DELETE FROM bought; SELECT * FROM (SELECT 1"]
    )
    assert len(rows_of(shop, "SELECT * FROM bought")[0]) == 4
    with pytest.raises(InputError, match=r"there is no file .*gone\.db"):
        rows_of(addressed(f"sqlite:///{tmp_path}/gone.db"), "SELECT 1")
    (tmp_path / "none.db").write_text("no database at all, but a text that is long enough" * 99)
    with pytest.raises(InputError, match=r"cannot answer: .*not a database"):
        rows_of(addressed(f"sqlite:///{tmp_path}/none.db"), "SELECT 1")


def test_values_are_exact_and_a_null_is_absent(shop: Address) -> None:
    rows, _ = rows_of(shop, "SELECT * FROM bought WHERE id IS NOT NULL ORDER BY id")
    assert [row["price"] for row in rows] == [25_000_000, 100_000, IdNumber("9007199254740993")]
    assert "note" not in rows[0]
    assert (rows[1]["note"], rows[2]["note"]) == ("00ff", 'a "note"')
