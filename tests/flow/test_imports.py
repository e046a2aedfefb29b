from __future__ import annotations

import gc
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailorbird.edges.sources import lines
from tailorbird.edges.sources.opening import load_mapping, open_rows
from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.events.mapping import Mapping, parse_mapping
from tailorbird.flow.imports import ImportReport, import_file
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import WORKSPACE, Fact
from tailorbird.kernel.instants import parse_instant, zone

NOW_US = parse_instant("2026-01-01", zone("UTC")) or 0
DataFile = Callable[[str], Path]

SHOP = """
source: shop
person: user
time: at
event: what
properties: {price: {column: price, type: number}}
"""


@pytest.fixture
def history() -> Iterator[DuckDbHistory]:
    with DuckDbHistory(None) as opened:
        yield opened


def mapping_of(text: str) -> Mapping:
    return parse_mapping(text, "shop.yaml", "shop")


def imported(history: DuckDbHistory, path: Path, mapping: Mapping | str = SHOP) -> ImportReport:
    if isinstance(mapping, str):
        mapping = mapping_of(mapping) if "\n" in mapping else load_mapping(mapping)
    rejects = path.parent / "rejects.jsonl"
    rejects.unlink(missing_ok=True)
    return import_file(history, open_rows(path, mapping), now_us=NOW_US, rejects_path=rejects)


def rejects(path: Path) -> list[dict[str, Any]]:
    written = (path.parent / "rejects.jsonl").read_text().splitlines()
    return sorted(map(json.loads, written), key=lambda reject: reject["line"])


def everybody(history: DuckDbHistory) -> list[Fact]:
    names = history.query("SELECT subject FROM subjects")["subject"]
    return history.history_of(str(name) for name in names)


def test_an_import_is_one_batch_with_consecutive_positions(
    history: DuckDbHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "BLOCK_BYTES", 100)
    file = tmp_path / "a.csv"
    rows = [f"u{n % 7},2024-05-0{n % 9 + 1},Seen,{n}" for n in range(100)]
    file.write_text("\n".join(["user,at,what,price", *rows]))
    assert imported(history, file) == ImportReport(100, 100, 0, 0, 0, {}, 0)
    assert not (tmp_path / "rejects.jsonl").exists()
    by_position = sorted(everybody(history), key=lambda fact: fact.position)
    assert [fact.position for fact in by_position] == list(range(100))
    assert [fact.properties["price"] for fact in by_position] == [n * 10**6 for n in range(100)]
    assert history.query("SELECT count(*) AS n FROM batches")["n"].tolist() == [1]


def test_rows_of_nobody_are_refused_whatever_stands_for_nobody(
    history: DuckDbHistory, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    given = ["ann", "NULL", "0", " ", "undefined", WORKSPACE, "0007"]
    file.write_text("user,at,what,price\n" + "".join(f"{one},2024-05-01,Seen,1\n" for one in given))
    report = imported(history, file)
    assert (report.accepted, report.reasons) == (2, {"no person": 5})
    assert {fact.subject for fact in everybody(history)} == {"ann", "0007"}


@pytest.mark.parametrize("block_bytes", [40, lines.BLOCK_BYTES])
def test_an_import_again_changes_nothing_also_of_a_longer_file(
    block_bytes: int, history: DuckDbHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "BLOCK_BYTES", block_bytes)
    file = tmp_path / "a.csv"
    row, other = "ann,2024-05-01,Seen,1\n", "bob,2024-05-01,Seen,1\n"
    file.write_text("user,at,what,price\n" + row * 3 + other)
    assert imported(history, file)[1:3] == (4, 0)
    before = everybody(history)
    assert imported(history, file)[1:3] == (0, 4)
    assert everybody(history) == before
    file.write_text("user,at,what,price\n" + row * 3 + other * 2 + row)
    assert imported(history, file)[1:3] == (2, 4)
    assert [fact.subject for fact in everybody(history)].count("ann") == 4


ROWS = st.lists(
    st.sampled_from(
        [
            f"{who},2024-05-0{day},{what},{price}\n"
            for who in ("ann", "bob", "")
            for day in (1, 2)
            for what in ("Seen", "Bought")
            for price in ("1", "x")
        ]
    ),
    max_size=20,
)
ORDERS = """
orders: {events: [Bought], by: user, else_by: at, items: [price], revenue: true}
"""


@settings(max_examples=15)
@given(ROWS, st.integers(0, 20), st.booleans())
def test_files_that_grow_give_what_the_last_of_them_gives(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str], cut: int, orders: bool
) -> None:
    file = tmp_path_factory.mktemp("growing") / "a.csv"
    mapping = SHOP + ORDERS if orders else SHOP
    found = []
    for parts in ([rows], [rows[:cut], rows, rows[:cut]]):
        with DuckDbHistory(None) as history:
            for part in parts:
                file.write_text("user,at,what,price\n" + "".join(part))
                imported(history, file, mapping)
            facts = everybody(history)
            assert sorted(fact.position for fact in facts) == list(range(len(facts)))
            whole = [fact for fact in facts if fact.name == "Seen"] if orders else facts
            # An order keeps the time of the lines that it first came with.
            ids = sorted(fact.id for fact in facts)
            found.append((ids, [fact._replace(position=0) for fact in whole]))
    assert found[0] == found[1]


def test_formats_that_say_the_same_give_the_same_facts(tmp_path: Path) -> None:
    rows = [("ann", "2024-05-01T10:00:00Z", "Seen", 2.5), ("bob", "2024-05-02T10:00:00Z", "A", 1)]
    text = "user,at,what,price\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    objects = [dict(zip(("user", "at", "what", "price"), row, strict=True)) for row in rows]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in objects))
    query = "SELECT column0 AS user, column1 AS at, column2 AS what, column3::DOUBLE AS price"
    values = ", ".join(f"('{a}', '{b}', '{c}', {d})" for a, b, c, d in rows)
    target = tmp_path / "a.parquet"
    named = f"(VALUES {values}) AS v(column0, column1, column2, column3)"
    duckdb.execute(f"COPY ({query} FROM {named}) TO '{target}' (FORMAT parquet)")
    found = []
    for name in ("a.csv", "a.csv.gz", "a.jsonl", "a.parquet"):
        with DuckDbHistory(None) as history:
            imported(history, tmp_path / name)
            found.append([fact._replace(id="") for fact in everybody(history)])
    assert len(found[0]) == 2
    assert all(facts == found[0] for facts in found)


def test_bad_rows_are_written_down_with_line_and_reason_and_stop_nothing(
    history: DuckDbHistory, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(
        b"user,at,what,price\n"
        b"ann,2024-05-01,Seen,NaN\n"
        b"ann,2024-05-01,Seen\n"
        b"ann,2024-05-01,Seen,1,1\n"
        b"ann,1714521600000,Seen,1\n"
        b",2024-05-01,Seen,1\n"
        b"\xff,2024-05-01,Seen,1\n"
        b"a\0b,2024-05-01,Seen,1\n" + b"x" * 600 + b",2024-05-01,Seen,1\n"
        b"ann,2024-05-01,Seen,1e400\n"
        b"ann,2024-05-01,Seen,12345678901234567890\n"
        b"ann,2024-0"
    )
    report = imported(history, file)
    assert report[:4] == (11, 3, 0, 8)
    assert sum(report.reasons.values()) == 8
    assert "the person's identifier has more than 512 characters, or none" in report.reasons
    assert [(reject["line"], reject["reason"][:20]) for reject in rejects(file)] == [
        (3, "too few columns: 3, "),
        (4, "too many columns: 5,"),
        (5, "unreadable or implau"),
        (6, "no person"),
        (7, "no utf-8 text: inval"),
        (8, "a NUL character"),
        (9, "the person's identif"),
        (12, "the last line is cut"),
    ]
    assert rejects(file)[-1]["raw"] == "ann,2024-0"
    prices = [fact.properties.get("price") for fact in everybody(history)]
    assert prices.count(None) == 2


def test_bad_json_is_written_down_and_stops_nothing(history: DuckDbHistory, tmp_path: Path) -> None:
    good = '{"type": "track", "event": "A", "userId": "ann", "timestamp": "2024-05-01T00:00:00Z"'
    bad = [
        good + ', "properties": {"x": "\\ud800"}}',
        good + ', "properties": {"x": "\\u0000"}}',
        good + ', "properties": ' + '{"x":' * 40 + "1" + "}" * 41,
        good + ', "properties": {"x": "' + "y" * 300_000 + '"}}',
        good,
        good.replace("userId", "usrId") + "}",
    ]
    fine = good + ', "properties": {"x": 1e400, "y": NaN, "z": 12345678901234567890}}'
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join([*bad, fine, good + ', "messageId": "m1"}']))
    report = imported(history, file, "segment-jsonl")
    assert report[:4] == (8, 2, 0, 6)
    assert [reject["line"] for reject in rejects(file)] == [1, 2, 3, 4, 5, 6]
    (fact,) = [fact for fact in everybody(history) if fact.properties]
    assert list(fact.properties) == ["z"]


def test_equal_messages_without_an_id_stay_and_a_message_id_comes_once(
    history: DuckDbHistory, tmp_path: Path
) -> None:
    line = '{"type": "track", "event": "A", "userId": "a", "timestamp": "2024-05-01T00:00:00Z"}\n'
    file = tmp_path / "a.jsonl"
    file.write_text(line * 3 + line.replace("{", '{"messageId": "m", ', 1) * 2)
    assert imported(history, file, "segment-jsonl")[1:3] == (4, 1)
    assert imported(history, file, "segment-jsonl")[1:3] == (0, 5)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_missing_column_is_one_error_that_names_it_and_the_known_ones(
    history: DuckDbHistory, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    query = "SELECT 'ann' AS usr, '2024-05-01' AS at, 'A' AS what, 1 AS price"
    duckdb.execute(f"COPY ({query}) TO '{file}' (FORMAT {file.suffix[1:]})")
    with pytest.raises(InputError) as error:
        imported(history, file)
    assert "reads person from the column 'user'" in str(error.value)
    assert "its columns are 'usr', 'at', 'what', 'price'" in str(error.value)


def test_a_missing_key_is_one_error_that_names_it(history: DuckDbHistory, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"user": "ann", "time": "2024-05-01", "what": "A"}\n')
    with pytest.raises(InputError, match="time from the key 'at', which none of the first rows"):
        imported(history, file)
    assert history.end_position == 0


def test_a_future_fact_is_stored_and_known_from_the_import(
    history: DuckDbHistory, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("user,at,what,price\nann,2030-01-01,A,1\nann,2020-01-01,A,1\n")
    imported(history, file)
    past, future = everybody(history)
    assert past.known_us == past.time_us
    assert future.time_us > future.known_us == NOW_US


def test_very_many_event_names_are_as_good_as_one(history: DuckDbHistory, tmp_path: Path) -> None:
    count = 100_000
    file = tmp_path / "a.csv"
    with file.open("w") as stream:
        stream.write("user,at,what,price\n")
        stream.writelines(f"u,2024-05-01,name {n},1\n" for n in range(count))
    assert imported(history, file).accepted == count
    counts = history.counts()
    assert counts.distinct_names == count
    assert len(counts.names) == 1_000


def test_progress_is_told_and_the_search_for_cycles_goes_on_afterwards(
    history: DuckDbHistory, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("user,at,what,price\n" + "ann,2024-05-01,A,1\n" * 10)
    steps: list[tuple[int, int]] = []
    rows = open_rows(file, mapping_of(SHOP))
    tell = lambda done, total: steps.append((done, total))  # noqa: E731
    import_file(history, rows, now_us=NOW_US, rejects_path=tmp_path / "r", progress=tell)
    size = file.stat().st_size
    assert steps[-1] == (size, size)
    assert gc.isenabled()


def test_the_clickstream_sample_is_imported_but_for_its_last_line(
    history: DuckDbHistory, data_file: DataFile, tmp_path: Path
) -> None:
    file = tmp_path / "sample.csv.gz"
    file.write_bytes(data_file("rees46_sample/2019-Oct-sample.csv.gz").read_bytes())
    report = imported(history, file, "rees46")
    assert report[:4] == (17_435, 17_434, 0, 1)
    assert [reject["line"] for reject in rejects(file)] == [17_436]
    assert history.counts().names == {
        "Product Viewed": 17_055,
        "Order Completed": 214,
        "Product Added": 165,
    }
    (fact,) = [f for f in history.history_of(["541312140"]) if f.time_us == 1_569_888_000_000_000]
    assert fact.properties == {
        "product_id": "44600062",
        "category_id": "2103807459595387724",
        "brand": "shiseido",
        "price": 35_790_000,
        "session_id": "72d76fde-8bb3-4e00-8c23-a032dfed738c",
    }
    orders = history.query("SELECT rest FROM facts WHERE name = 'Order Completed'")["rest"]
    assert all('"revenue"' in rest for rest in orders)


def test_orders_of_a_real_shop_are_whole_and_their_sums_exact(
    history: DuckDbHistory, data_file: DataFile, tmp_path: Path
) -> None:
    file = data_file("uci_online_retail/online_retail.parquet")
    mapping = load_mapping("uci-online-retail")
    options: dict[str, Any] = {"now_us": NOW_US, "rejects_path": tmp_path / "rejects"}
    report = import_file(history, open_rows(file, mapping), **options)
    assert (report.rows, report.rejected, report.skipped) == (541_909, 0, 1_336)
    known = history.query("SELECT count(*) AS n FROM subjects WHERE subject NOT LIKE 'order:%'")
    assert known["n"].tolist() == [4_372 + 1]  # and the workspace
    sums = history.query(
        "SELECT name, sum((rest->>'$.revenue')::BIGINT)::VARCHAR AS revenue "
        "FROM facts GROUP BY name"
    )
    found = dict(zip(sums["name"], sums["revenue"], strict=True))
    bought, returned = duckdb.execute(
        "SELECT CAST(sum(CASE WHEN q > 0 THEN p * q END) AS VARCHAR), "
        "CAST(sum(CASE WHEN q < 0 THEN p * -q END) AS VARCHAR) "
        "FROM (SELECT Quantity AS q, CAST(round(UnitPrice * 1000) AS BIGINT) * 1000 AS p "
        f"FROM read_parquet('{file}'))"
    ).fetchall()[0]
    assert found == {"Order Completed": bought, "Order Refunded": returned}


def test_reviews_with_exact_duplicates_out_of_order_stay_all_of_them(
    history: DuckDbHistory, data_file: DataFile, tmp_path: Path
) -> None:
    file = data_file("marketplace_reviews/reviews.parquet")
    mapping = mapping_of(
        "source: reviews\nperson: reviewerId\ntime: date\nevent: {constant: Review Written}\n"
        "properties: {vendor: {column: vendorId, type: text}}\n"
    )
    options: dict[str, Any] = {"now_us": NOW_US, "rejects_path": tmp_path / "rejects"}
    report = import_file(history, open_rows(file, mapping), **options)
    assert report[:4] == (578_805, 578_804, 0, 1)  # nobody is called 0
    assert history.counts()[:2] == (578_804, 400_140)
    numbered = history.query("SELECT count(*) AS n FROM facts WHERE id LIKE '%.%'")
    assert numbered["n"].tolist() == [2_793]
    assert history.history_of(["1"])[0].properties["rating"] == 5_000_000
