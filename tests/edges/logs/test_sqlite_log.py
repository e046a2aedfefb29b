"""The log keeps every fact once, in order, sealed, and says so only when it is on the disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.patience import PATIENCE_S

from tailorbird.edges.logs.lease import HeldElsewhereError
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.columns import FactColumns, columns_from_rows
from tailorbird.kernel.errors import InputError
from tailorbird.ports.log import DamagedLogError, Logged, NotWritableError, StaleWriterError


@pytest.fixture
def keyring(tmp_path: Path) -> Iterator[SqliteKeyring]:
    with SqliteKeyring(tmp_path / "keys.sqlite") as opened:
        yield opened


@pytest.fixture
def log(tmp_path: Path, keyring: SqliteKeyring) -> Iterator[SqliteLog]:
    with SqliteLog(tmp_path / "log.sqlite", keyring) as opened:
        yield opened


def batch(*ids: str, subject: str = "ann", known_us: int | None = None) -> FactColumns:
    return columns_from_rows(
        [
            (subject, 5, id_, "Seen", True, True, "web", known_us, '{"page":1000000}', None)
            for id_ in ids
        ]
    )


def append(log: SqliteLog, columns: FactColumns, now_us: int = 9) -> Logged:
    with log.writing(now_us) as writing:
        return writing(columns)


def test_facts_are_read_as_they_were_written(log: SqliteLog) -> None:
    told = append(log, batch("a", "b"))
    assert (told.first_position, told.duplicates, log.end_position) == (0, [], 2)
    chunk = log.read(0, 100)
    assert chunk.columns == batch("a", "b", known_us=9)
    assert (chunk.positions, chunk.next_position) == ([0, 1], 2)


def test_keys_are_on_the_disk_before_what_they_sealed_counts(
    tmp_path: Path, keyring: SqliteKeyring, log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise NotWritableError("the disk is full")

    monkeypatch.setattr(keyring, "store", full)
    with pytest.raises(NotWritableError):
        append(log, batch("a"))
    assert log.end_position == 0
    monkeypatch.undo()
    append(log, batch("a", subject="bob"))
    with (
        SqliteKeyring(tmp_path / "keys.sqlite") as read_anew,
        SqliteLog(tmp_path / "log.sqlite", read_anew) as reader,
    ):
        assert list(reader.read(0, 9).columns.subject) == ["bob"]


def test_a_message_id_counts_once_also_within_a_batch_and_after_opening_again(
    tmp_path: Path, keyring: SqliteKeyring
) -> None:
    with SqliteLog(tmp_path / "log.sqlite", keyring) as log:
        assert append(log, batch("a", "b", "a")).duplicates == [2]
        assert append(log, batch("b", "c")).duplicates == [0]
    with SqliteLog(tmp_path / "log.sqlite", keyring) as log:
        assert append(log, batch("c", "d", "a")).duplicates == [0, 2]
        assert list(log.read(0, 100).columns.id) == ["a", "b", "c", "d"]


def test_known_times_never_step_back(log: SqliteLog) -> None:
    append(log, batch("a"), now_us=20)
    append(log, batch("b"), now_us=10)
    append(log, batch("c", known_us=3), now_us=30)
    assert list(log.read(0, 9).columns.known_us) == [20, 20, 3]


def test_after_an_error_nothing_of_any_batch_is_there(log: SqliteLog) -> None:
    with pytest.raises(ZeroDivisionError), log.writing(9) as writing:
        writing(batch("a"))
        raise ZeroDivisionError
    assert log.end_position == 0
    assert append(log, batch("a")).duplicates == []


def test_reading_starts_in_the_middle_of_a_group_and_goes_on_where_it_ended(log: SqliteLog) -> None:
    for ids in ("abc", "de", "fgh"):
        append(log, batch(*ids))
    chunk = log.read(1, 2)
    assert (list(chunk.columns.id), chunk.positions) == (["b", "c"], [1, 2])
    rest = log.read(chunk.next_position, 100)
    assert "".join(rest.columns.id) == "defgh"
    assert log.read(rest.next_position, 100).next_position == 8


def test_nothing_personal_stands_in_the_file(tmp_path: Path, keyring: SqliteKeyring) -> None:
    with SqliteLog(tmp_path / "log.sqlite", keyring) as log:
        append(log, batch("message-id", subject="ann@example.com"))
    for path in tmp_path.iterdir():
        assert b"ann@example" not in path.read_bytes()
        assert b"message-id" not in path.read_bytes()


def test_whoever_lost_her_key_is_gone_and_the_others_stay(
    log: SqliteLog, keyring: SqliteKeyring
) -> None:
    append(log, batch("a"))
    append(log, batch("b", subject="bob"))
    keyring.destroy([keyring.hash_of("ann")])
    chunk = log.read(0, 100)
    assert (list(chunk.columns.subject), chunk.positions) == (["bob"], [1])
    assert append(log, batch("a")).duplicates == [0]


def test_whoever_comes_again_after_her_erasure_begins_anew(
    log: SqliteLog, keyring: SqliteKeyring
) -> None:
    append(log, batch("a"))
    keyring.destroy([keyring.hash_of("ann")])
    append(log, batch("b"))
    assert list(log.read(0, 100).columns.id) == ["b"]


def test_a_log_is_not_opened_with_keys_of_another_one(tmp_path: Path, log: SqliteLog) -> None:
    append(log, batch("a"))
    with (
        SqliteKeyring(tmp_path / "other.sqlite") as other,
        pytest.raises(InputError, match=r"the copy of its keys"),
    ):
        SqliteLog(tmp_path / "log.sqlite", other)


def test_batches_appended_together_follow_each_other(log: SqliteLog) -> None:
    told = log.append([batch("a", "b"), batch("b", "c"), batch()], now_us=9)
    assert [(one.first_position, one.duplicates) for one in told] == [(0, []), (2, [0]), (3, [])]
    assert list(log.read(0, 9).columns.id) == ["a", "b", "c"]


def test_others_can_read_while_a_batch_is_written(log: SqliteLog) -> None:
    append(log, batch("a"))
    with log.writing(9) as writing:
        writing(batch("b"))
        with ThreadPoolExecutor(1) as pool:
            chunk = pool.submit(log.read, 0, 9).result(timeout=PATIENCE_S)
    assert list(chunk.columns.id) == ["a"]


def test_one_writer_at_a_time(tmp_path: Path, log: SqliteLog, keyring: SqliteKeyring) -> None:
    append(log, batch("a"))
    with SqliteLog(tmp_path / "log.sqlite", keyring) as other:
        assert list(other.read(0, 9).columns.id) == ["a"]
        with pytest.raises(HeldElsewhereError, match=f"process {os.getpid()}"):
            append(other, batch("b"))


def test_a_writer_that_was_replaced_can_write_no_more(tmp_path: Path, log: SqliteLog) -> None:
    append(log, batch("a"))
    other = apsw.Connection(str(tmp_path / "log.sqlite"))
    other.execute("UPDATE meta SET epoch = epoch + 1")
    other.close()
    with pytest.raises(StaleWriterError):
        append(log, batch("b"))
    assert log.end_position == 1


@pytest.mark.parametrize("where", [0.1, 0.5, 0.9])
def test_damage_is_told_with_its_positions(tmp_path: Path, log: SqliteLog, where: float) -> None:
    append(log, batch("a"))
    append(log, batch("b", "c"))
    other = apsw.Connection(str(tmp_path / "log.sqlite"))
    blob = bytearray(other.execute("SELECT blob FROM groups WHERE first_position = 1").get)
    blob[int(len(blob) * where)] ^= 1
    other.execute("UPDATE groups SET blob = ? WHERE first_position = 1", (bytes(blob),))
    other.close()
    with pytest.raises(DamagedLogError, match="positions 1 to 2"):
        log.read(0, 100)


@pytest.mark.parametrize(
    ("first", "told"), [(0, "positions 0 to 0"), (1, "positions 1 to 2"), (3, "positions 3 to 3")]
)
def test_a_lost_group_is_noticed_by_readers_and_at_the_next_start(
    tmp_path: Path, log: SqliteLog, keyring: SqliteKeyring, first: int, told: str
) -> None:
    for ids in ("a", "bc", "d"):
        append(log, batch(*ids))
    other = apsw.Connection(str(tmp_path / "log.sqlite"))
    other.execute("DELETE FROM groups WHERE first_position = ?", (first,))
    other.close()
    with pytest.raises(DamagedLogError, match=told):
        log.read(0, 100)
    log.close()
    with (
        SqliteLog(tmp_path / "log.sqlite", keyring) as again,
        pytest.raises(DamagedLogError, match=told),
    ):
        again.become_writer()


def test_who_has_the_lease_alone_reads_and_learns_which_ids_there_are_before_writing(
    tmp_path: Path, log: SqliteLog, keyring: SqliteKeyring
) -> None:
    append(log, batch("a"))
    log.close()
    with SqliteLog(tmp_path / "log.sqlite", keyring) as again:
        again.take_lease()
        other = SqliteLog(tmp_path / "log.sqlite", keyring)
        with other, pytest.raises(HeldElsewhereError):
            other.take_lease()
        assert (again.read(0, 9).columns.id, again.bytes_for_ids) == (["a"], 0)
        assert append(again, batch("a", "b")).duplicates == [0]


def test_a_damaged_id_is_noticed_at_the_next_start(
    tmp_path: Path, log: SqliteLog, keyring: SqliteKeyring
) -> None:
    append(log, batch("a"))
    log.close()
    other = apsw.Connection(str(tmp_path / "log.sqlite"))
    other.execute("UPDATE groups SET ids = zeroblob(16)")
    other.close()
    with (
        SqliteLog(tmp_path / "log.sqlite", keyring) as again,
        pytest.raises(DamagedLogError, match="positions 0 to 0"),
    ):
        again.become_writer()


def test_a_file_of_a_newer_version_is_refused_and_stays_as_it_is(
    tmp_path: Path, keyring: SqliteKeyring
) -> None:
    path = tmp_path / "log.sqlite"
    with SqliteLog(path, keyring):
        pass
    other = apsw.Connection(str(path))
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(InputError, match="newer version"):
        SqliteLog(path, keyring)


def test_a_full_disk_refuses_and_later_goes_on(log: SqliteLog) -> None:
    append(log, batch("a"))
    pages = log._connection.execute("PRAGMA page_count").get
    log._connection.execute(f"PRAGMA max_page_count = {pages}")
    large = batch("b")._replace(properties=['{"x":"' + "y" * 100_000 + '"}'])
    with pytest.raises(NotWritableError, match="disk is full"):
        append(log, large)
    log._connection.execute("PRAGMA max_page_count = 1000000")
    assert append(log, large).duplicates == []
    assert list(log.read(0, 9).columns.id) == ["a", "b"]


WRITER = """
import sys
from pathlib import Path
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.columns import columns_from_rows
folder, begin = Path(sys.argv[1]), int(sys.argv[2])
log = SqliteLog(folder / "log.sqlite", SqliteKeyring(folder / "keys.sqlite"))
number = begin
while True:
    rows = [(f"p{n % 7}", n, f"m{n}", "Seen", True, True, "", None, None, None)
            for n in range(number, number + 5)]
    with log.writing(number) as writing:
        writing(columns_from_rows(rows))
    number += 5
    print(number, flush=True)
"""


def test_what_was_acknowledged_is_there_after_every_kill(tmp_path: Path) -> None:
    """The oracle is this process: it remembers what the writer said was accepted."""
    acknowledged = 0
    for cycle in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(acknowledged)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        for _ in range(3 + 7 * cycle):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        for line in writer.stdout:
            acknowledged = int(line) if line.endswith("\n") else acknowledged
        writer.wait()
        writer.stdout.close()
        with (
            SqliteKeyring(tmp_path / "keys.sqlite") as keyring,
            SqliteLog(tmp_path / "log.sqlite", keyring) as log,
        ):
            ids = list(log.read(0, 1 << 40).columns.id)
        assert ids == [f"m{n}" for n in range(len(ids))]
        assert acknowledged <= len(ids) <= acknowledged + 5


SUBJECT = st.sampled_from(["ann", "bob", ""])
ROW = st.tuples(SUBJECT, st.integers(0, 20), st.integers(0, 3))


@given(st.lists(st.lists(ROW, max_size=6), max_size=6), st.integers(0, 12), st.integers(1, 5))
def test_it_is_a_list_that_takes_each_id_once(
    batches: list[list[tuple[str, int, int]]], position: int, most: int
) -> None:
    plain: list[tuple[str, str]] = []
    with SqliteKeyring(None) as keyring, SqliteLog(None, keyring) as log:
        for rows in batches:
            columns = columns_from_rows(
                [
                    (subject, time, f"m{number}", "Seen", True, True, "", None, None, None)
                    for subject, number, time in rows
                ]
            )
            told = append(log, columns)
            for place, (subject, number, _) in enumerate(rows):
                known = any(id_ == f"m{number}" for _, id_ in plain)
                assert known is (place in told.duplicates)
                if not known:
                    plain.append((subject, f"m{number}"))
        chunk = log.read(position, most)
        found = list(zip(chunk.columns.subject, chunk.columns.id, strict=True))
        assert found == plain[position : max(chunk.next_position, position)]
        assert chunk.next_position >= min(position + most, len(plain))
