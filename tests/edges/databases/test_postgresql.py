from __future__ import annotations

from urllib.parse import quote

import psycopg
import pytest
from tests.edges.databases.conformance import (
    NAMES,
    check_reading_on,
    check_refusals,
    rows_of,
)
from tests.postgres import ADMIN, PASSWORD

from tailorbird.edges.databases.postgresql import BATCH_ROWS
from tailorbird.events.addresses import Address, address_of
from tailorbird.kernel.errors import InputError

TABLE = """
DROP TABLE IF EXISTS bought;
CREATE TABLE bought (id serial, who text, seen timestamptz, what text);
INSERT INTO bought VALUES
    (2, 'bob', '2024-05-01 11:00:00+00', 'Order Completed'),
    (1, 'ann', '2024-05-01 12:00:00.123456+02', 'Product Viewed'),
    (3, 'cid', '2024-05-01 12:00:00+00', 'Product Viewed');
ALTER TABLE bought ALTER id DROP NOT NULL;
INSERT INTO bought VALUES (NULL, 'dee', NULL, 'Product Viewed');
"""
WRITTEN = "postgresql://" + ADMIN + ":${SHOP_PASSWORD}@/postgres?host="


@pytest.fixture
def shop(postgres: str) -> Address:
    address = address_of(WRITTEN + postgres, {"SHOP_PASSWORD": quote(PASSWORD, safe="")})
    with psycopg.connect(address.text) as connection:
        connection.execute(TABLE)
    return address


def test_rows_are_read_on_by_a_number_or_a_time(shop: Address) -> None:
    check_reading_on(shop)


def test_nothing_is_written_and_faults_are_told(shop: Address) -> None:
    check_refusals(
        shop,
        [
            "DELETE FROM bought RETURNING *",
            "SELECT who, seen, what, nextval('bought_id_seq') FROM bought",
            NAMES + ") AS a; DELETE FROM bought; SELECT (1",
        ],
    )
    assert len(rows_of(shop, "SELECT * FROM bought")[0]) == 4
    with pytest.raises(InputError, match="more than one column 'who'"):
        rows_of(shop, "SELECT who, who, seen, what FROM bought")


def test_a_password_is_told_to_nobody(postgres: str) -> None:
    wrong = address_of(WRITTEN + postgres, {"SHOP_PASSWORD": "wrong-secret"})
    with pytest.raises(InputError) as raised:
        rows_of(wrong, "SELECT 1")
    said = str(raised.value)
    assert "password authentication failed" in said
    assert "wrong-secret" not in said and ADMIN + ":" not in said


def test_values_of_every_type_are_exact(shop: Address) -> None:
    typed = (
        "SELECT who, seen, what, 1.10::numeric AS price, 'infinity'::timestamptz AS never, "
        "date '2024-05-01' AS day, '[{\"n\": 2}, null]'::jsonb AS items, array[1, 2] AS numbers, "
        "true AS yes, NULL::int AS none, 0.1::float8 AS double, "
        "'5e0c9e5b-6f5a-4b1f-8f8e-0a0b0c0d0e0f'::uuid AS key, '100%' AS share, "
        "timestamp '2024-05-01 10:00' AS local, 'NaN'::numeric AS nan "
        "FROM bought WHERE id = 1 AND what LIKE 'Product%'"
    )
    ((row,), _) = rows_of(shop, typed)
    assert row == {
        "who": "ann",
        "seen": "2024-05-01 10:00:00.123456+00",
        "what": "Product Viewed",
        "price": 1_100_000,
        "never": "infinity",
        "day": "2024-05-01",
        "items": [{"n": 2_000_000}, None],
        "numbers": [1_000_000, 2_000_000],
        "yes": True,
        "double": 100_000,
        "key": "5e0c9e5b-6f5a-4b1f-8f8e-0a0b0c0d0e0f",
        "share": "100%",
        "local": "2024-05-01 10:00:00",
    }


def test_rows_come_some_at_a_time_in_one_snapshot(shop: Address) -> None:
    count = 2 * BATCH_ROWS + 1
    rows, last = rows_of(
        shop,
        f"SELECT 'p' || n AS who, now() AS seen, 'Seen' AS what FROM generate_series(1, {count}) n",
    )
    assert (len(rows), last) == (count, None)
    assert len({row["seen"] for row in rows}) == 1
