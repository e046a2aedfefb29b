from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tailorbird.edges.simulated import write_json_lines, write_parquet, write_truth
from tailorbird.edges.sources.opening import load_mapping, open_rows
from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.imports import import_file
from tailorbird.kernel.instants import LAST_INSTANT
from tailorbird.simulate.facts import simulated_facts
from tailorbird.simulate.simulation import Simulation

ASKED = Simulation(events=12_000, start_us=1_717_200_000_000_000, seed=5)
PLACES = {
    "message_id": ("messageId",),
    "user_id": ("userId",),
    "anonymous_id": ("anonymousId",),
    "session_id": ("context", "session", "id"),
    "device_type": ("context", "device", "type"),
    "page_url": ("context", "page", "url"),
    "latitude": ("context", "location", "latitude"),
    "longitude": ("context", "location", "longitude"),
}
TIMES = {"time": "timestamp", "sent_at": "sentAt", "received_at": "receivedAt"}
EVENTS = {"page": "Page Viewed", "identify": "$traits", "alias": "$merge"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    write_parquet(ASKED, folder / "rows.parquet")
    write_json_lines(ASKED, folder / "rows.jsonl")
    return folder


@pytest.fixture(scope="module")
def table(folder: Path) -> list[dict[str, Any]]:
    with duckdb.connect() as engine:
        found = engine.execute(f"SELECT * FROM '{folder / 'rows.parquet'}'")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="module")
def messages(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]


def at(message: dict[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = message
    for key in path:
        found = found.get(key) if found is not None else None
    return found


def test_both_forms_have_all_rows(
    table: list[dict[str, Any]], messages: list[dict[str, Any]]
) -> None:
    assert len(table) == len(messages) == ASKED.events


def test_both_forms_say_the_same_row_by_row(
    table: list[dict[str, Any]], messages: list[dict[str, Any]]
) -> None:
    for row, message in zip(table, messages, strict=True):
        assert row["event"] == message.get("event", EVENTS.get(message["type"]))
        for column, path in PLACES.items():
            assert row[column] == at(message, path), column
        for column, key in TIMES.items():
            assert row[column].replace(tzinfo=UTC) == datetime.fromisoformat(message[key])


def test_properties_are_columns_and_absent_ones_are_null(
    table: list[dict[str, Any]], messages: list[dict[str, Any]]
) -> None:
    names = set(table[0]) - set(PLACES) - set(TIMES) - {"event"}
    met: set[str] = set()
    for row, message in zip(table, messages, strict=True):
        said = dict(message.get("properties") or message.get("traits") or {})
        if "previousId" in message:
            said["other"] = message["previousId"]
        row = {**row, "products": row["products"] and json.loads(row["products"])}
        assert {name: row[name] for name in names if row[name] is not None} == said
        met |= set(said)
    assert met == names


def test_messages_have_the_shape_that_the_collector_takes(messages: list[dict[str, Any]]) -> None:
    by_type = {message["type"]: message for message in messages}
    assert set(by_type) == {"track", "page", "identify", "alias"}
    assert by_type["page"]["name"] == by_type["page"]["properties"]["name"]
    assert by_type["identify"]["traits"]["timezone"]
    assert by_type["alias"]["previousId"].startswith("a")
    assert by_type["alias"]["userId"].startswith("u")
    for message in messages:
        assert ("userId" in message) != ("anonymousId" in message)
        assert message["timestamp"] <= message["sentAt"] <= message["receivedAt"]


def test_what_an_order_costs_is_the_sum_of_its_lines(messages: list[dict[str, Any]]) -> None:
    orders = [m["properties"] for m in messages if m.get("event") == "Order Completed"]
    assert len(orders) > 20
    for order in orders:
        total = sum(line["price"] * line["quantity"] for line in order["products"])
        assert order["revenue"] == pytest.approx(total)
    assert len({order["order_id"] for order in orders}) >= len(orders) * 0.9


@pytest.mark.parametrize("name", ["rows.parquet", "rows.jsonl", "rows.jsonl.gz"])
def test_the_same_simulation_makes_the_same_file_byte_for_byte(tmp_path: Path, name: str) -> None:
    write = write_parquet if name.endswith(".parquet") else write_json_lines
    first, again = tmp_path / name, tmp_path / "again" / name
    again.parent.mkdir()
    write(ASKED, first)
    write(ASKED, again)
    assert first.read_bytes() == again.read_bytes()


def test_a_packed_file_holds_the_same_lines(folder: Path, tmp_path: Path) -> None:
    packed = tmp_path / "rows.jsonl.gz"
    write_json_lines(ASKED, packed)
    assert gzip.decompress(packed.read_bytes()) == (folder / "rows.jsonl").read_bytes()


def test_progress_tells_of_every_row(tmp_path: Path) -> None:
    told: list[int] = []
    write_parquet(ASKED, tmp_path / "rows.parquet", told.append)
    assert told[-1] == ASKED.events
    assert told == sorted(told)


@pytest.mark.parametrize("write", [write_parquet, write_json_lines])
def test_a_file_that_could_not_be_finished_leaves_the_old_one_alone(
    tmp_path: Path, write: Any
) -> None:
    path = tmp_path / "it's rows"
    path.write_bytes(b"old")

    def stop(_rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(ASKED, path, stop)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_truth_is_json_that_names_bots_and_behaviours(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    write_truth(ASKED, path)
    truth = json.loads(path.read_text())
    assert truth["simulation"]["seed"] == ASKED.seed
    assert len(truth["bots"]) == ASKED.bot_count == 1
    assert len(truth["behaviours"]) == 10


@pytest.mark.parametrize(
    ("name", "mapping"), [("rows.parquet", "simulated"), ("rows.jsonl", "segment-jsonl")]
)
def test_an_import_of_either_file_stores_the_facts_of_the_simulation(
    folder: Path, tmp_path: Path, name: str, mapping: str
) -> None:
    expected = list(simulated_facts(ASKED))
    with DuckDbHistory(None) as history:
        report = import_file(
            history,
            open_rows(folder / name, load_mapping(mapping)),
            now_us=LAST_INSTANT,
            rejects_path=tmp_path / "rejects.jsonl",
        )
        stored = history.history_of({fact.subject for fact in expected})
    assert (report.rejected, report.skipped) == (0, 0)
    assert (report.accepted, report.duplicates) == (len(expected), ASKED.copied_rows)
    source = "segment" if mapping == "segment-jsonl" else "simulated"
    first = expected[0].position - report.first_position
    assert sorted(stored, key=lambda fact: fact.position) == [
        fact._replace(position=fact.position - first, source=source) for fact in expected
    ]
