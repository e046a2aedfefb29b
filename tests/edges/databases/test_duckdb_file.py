from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from tests.edges.databases.conformance import (
    addressed,
    check_reading_on,
    check_refusals,
    rows_of,
)

from tailorbird.events.addresses import Address
from tailorbird.kernel.errors import InputError

TABLE = """
CREATE TABLE bought (id INTEGER, who TEXT, seen TIMESTAMP, what TEXT);
INSERT INTO bought VALUES
    (2, 'bob', '2024-05-01 11:00:00', 'Order Completed'),
    (1, 'ann', '2024-05-01 10:00:00.123456', 'Product Viewed'),
    (3, 'cid', '2024-05-01 12:00:00', 'Product Viewed'),
    (NULL, 'dee', NULL, 'Product Viewed');
"""


@pytest.fixture
def shop(tmp_path: Path) -> Address:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(TABLE)
    return addressed(f"duckdb:///{path}")


def test_rows_are_read_on_by_a_number_or_a_time(shop: Address) -> None:
    check_reading_on(shop)


def test_nothing_is_written_and_faults_are_told(shop: Address, tmp_path: Path) -> None:
    check_refusals(shop, ["DELETE FROM bought"])
    assert len(rows_of(shop, "SELECT * FROM bought")[0]) == 4
    with pytest.raises(InputError, match=r"there is no file .*gone\.duckdb"):
        rows_of(addressed(f"duckdb:///{tmp_path}/gone.duckdb"), "SELECT 1")


def test_values_of_every_type_are_exact(shop: Address) -> None:
    typed = (
        "SELECT 'ann' AS who, seen, 'Product Viewed' AS what, 1.10::DECIMAL(9, 2) AS price, "
        "TIMESTAMPTZ '2024-05-01 10:00:00+02' AS zoned, DATE '2024-05-01' AS day, "
        "[{'sku': 'a', 'n': 2}, NULL] AS items, MAP {'k': 1} AS more, true AS yes, NULL AS none, "
        "'infinity'::TIMESTAMP AS never, 0.1::DOUBLE AS double "
        "FROM bought WHERE id = 1"
    )
    ((row,), _) = rows_of(shop, typed)
    assert row == {
        "who": "ann",
        "seen": "2024-05-01 10:00:00.123456",
        "what": "Product Viewed",
        "price": 1_100_000,
        "zoned": "2024-05-01 08:00:00+00",
        "day": "2024-05-01",
        "items": [{"sku": "a", "n": 2_000_000}, None],
        "more": {"k": 1_000_000},
        "yes": True,
        "never": "infinity",
        "double": 100_000,
    }


def test_other_files_can_be_asked_without_a_file_of_the_engine(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("who,seen,what\nann,2024-05-01,Product Viewed\n")
    sql = f"SELECT * FROM read_csv('{tmp_path}/a.csv')"
    ((row,), _) = rows_of(addressed("duckdb:///:memory:"), sql)
    assert row == {"who": "ann", "seen": "2024-05-01", "what": "Product Viewed"}
