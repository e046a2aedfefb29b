"""What every database has to answer, whichever engine it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tailorbird.edges.databases.finding import open_database
from tailorbird.edges.sources.query_rows import QueryRows
from tailorbird.events.addresses import Address, address_of
from tailorbird.events.mapping import parse_mapping
from tailorbird.events.table import Reject
from tailorbird.kernel.errors import InputError
from tailorbird.ports.sources import Mark, ReadOn

MAPPING = parse_mapping("source: s\nperson: who\ntime: seen\nevent: what\n", "m.yaml", "m")
NAMES = "SELECT who, seen, what, id FROM bought"


def rows_of(
    address: Address, sql: str, on: ReadOn | None = None
) -> tuple[list[dict[str, Any]], Mark | None]:
    """All rows that a query gives, and the last value that it is read on by."""
    rejects: list[Reject] = []
    found = QueryRows(open_database(address), sql, MAPPING, on)
    try:
        rows = [row for chunk in found.chunks(rejects.append) for row in chunk.rows]
        return [dict(row) for row in rows if isinstance(row, dict)], found.last
    finally:
        found.close()
        assert rejects == []


def addressed(text: str) -> Address:
    return address_of(text, {})


def check_reading_on(address: Address) -> None:
    """A table ``bought`` with ids 1 to 3, of which the last has no number, is read on."""
    rows, last = rows_of(address, NAMES, ReadOn("id", None))
    assert [row["who"] for row in rows] == ["ann", "bob", "cid"]
    assert last == Mark("number", "3")
    rows, last = rows_of(address, NAMES + " -- all;", ReadOn("id", Mark("number", "2")))
    assert [row["who"] for row in rows] == ["bob", "cid"]
    rows, last = rows_of(address, NAMES, ReadOn("id", Mark("number", "9")))
    assert (rows, last) == ([], None)
    rows, last = rows_of(address, NAMES, ReadOn("seen", None))
    assert last is not None and last.kind == "text"
    again, _ = rows_of(address, NAMES, ReadOn("seen", last))
    assert [row["who"] for row in again] == ["cid"]


def check_refusals(address: Address, writes: Sequence[str]) -> None:
    """Nothing can be written, and what is wrong is told with the address and no more."""
    for sql in writes:
        with pytest.raises(InputError, match="cannot answer"):
            rows_of(address, sql)
    with pytest.raises(InputError, match=r"cannot answer.*nowhere"):
        rows_of(address, "SELECT * FROM nowhere")
    with pytest.raises(InputError, match="which the query does not have; its columns are 'who'"):
        rows_of(address, "SELECT who FROM bought")
    with pytest.raises(InputError, match="no column 'ids' to read on by; did you mean 'id'"):
        rows_of(address, NAMES, ReadOn("ids", None))
