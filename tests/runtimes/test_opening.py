"""What processes open of a log is what is read of it here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from tailorbird.edges.logs import packed_wire
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.columns import columns_from_rows
from tailorbird.ports.log import DamagedLogError, PackedChunk
from tailorbird.runtimes import opening
from tailorbird.runtimes.opening import OpenedBeside

GROUPS = 20
SIZE = 5


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "log.sqlite", tmp_path / "keys.sqlite"


@pytest.fixture
def log(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteLog]:
    monkeypatch.setattr(opening, "MANY", 1)
    monkeypatch.setattr(opening, "SPAN", 12)
    with SqliteKeyring(files[1]) as keyring, SqliteLog(files[0], keyring) as opened:
        for group in range(GROUPS):  # each with facts of one person before and behind another's
            numbers = range(group * SIZE, group * SIZE + SIZE)
            rows = [
                (f"p{n % 3}", n, f"m{n}", "größer", True, n % 2 > 0, "web", 9, f'{{"n":{n}}}', None)
                for n in numbers
            ]
            opened.append([columns_from_rows(rows)], 9)
        yield opened


def told(chunks: Iterator[PackedChunk]) -> list[tuple[object, ...]]:
    """Each fact with its position, and then where to read on."""
    found: list[tuple[object, ...]] = []
    for columns, positions, following in chunks:
        for row, position in enumerate(positions.tolist()):
            at, length = int(columns.id.starts[row]), int(columns.id.lengths[row])
            id_ = columns.id.data[at : at + length].decode()
            found.append((position, id_, int(columns.time_us[row]), int(columns.active[row])))
        assert positions.max() < following
    return found


EVERYTHING = [(n, f"m{n}", n, n % 2) for n in range(GROUPS * SIZE)]


def test_processes_open_everything_in_order(log: SqliteLog, files: tuple[Path, Path]) -> None:
    beside = OpenedBeside(log, files)
    assert told(beside.packed_from(0, beside.end_position)) == EVERYTHING
    assert told(beside.packed_from(7, 40)) == EVERYTHING[7:40]
    assert told(log.packed_from(0, log.end_position)) == EVERYTHING


def test_who_stops_reading_waits_for_no_process(log: SqliteLog, files: tuple[Path, Path]) -> None:
    chunks = OpenedBeside(log, files).packed_from(0, log.end_position)
    assert next(chunks).positions.tolist()[0] == 0
    chunks.close()


def test_without_processes_everything_is_read_here(
    log: SqliteLog, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = OpenedBeside(log, files)
    for executable in ("/bin/false", "/nothing/there"):
        monkeypatch.setattr(sys, "executable", executable)
        assert told(beside.packed_from(0, beside.end_position)) == EVERYTHING


def test_what_is_damaged_is_told_with_its_positions(
    log: SqliteLog, files: tuple[Path, Path]
) -> None:
    connection = apsw.Connection(str(files[0]))
    connection.execute("UPDATE groups SET blob = zeroblob(9) WHERE first_position = 55")
    connection.close()
    with pytest.raises(DamagedLogError) as raised:
        told(OpenedBeside(log, files).packed_from(0, log.end_position))
    assert (raised.value.first_position, raised.value.count) == (55, SIZE)


def test_memory_is_sent_in_parts(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_wire, "_PART_BYTES", 7)
    parts = [
        bytes(p) if isinstance(p, memoryview) else p
        for p in packed_wire.sent(log.packed_from(0, log.end_position))
    ]
    assert len(parts) > 100
    assert told(packed_wire.received(iter(parts))) == EVERYTHING
