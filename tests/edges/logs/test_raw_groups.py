"""Groups are copied without their keys, and damage is noticed on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from tailorbird.edges.logs.raw_groups import RawLog
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.columns import columns_from_rows
from tailorbird.ports.log import DamagedLogError


@pytest.fixture
def keyring(tmp_path: Path) -> Iterator[SqliteKeyring]:
    with SqliteKeyring(tmp_path / "keys.sqlite") as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path, keyring: SqliteKeyring) -> Path:
    with SqliteLog(tmp_path / "log.sqlite", keyring) as log:
        for ids in ("abc", "de", "f"):
            rows = [(id_, 5, id_, "Seen", True, True, "web", None, None, None) for id_ in ids]
            log.append([columns_from_rows(rows)], 9)
    return tmp_path / "log.sqlite"


def test_a_copy_of_the_groups_is_the_same_log(
    tmp_path: Path, path: Path, keyring: SqliteKeyring
) -> None:
    with RawLog(path) as log, RawLog(tmp_path / "copy.sqlite") as copy:
        cut = log.cut()
        copy.put(log.groups(0, 3))
        copy.put(log.groups(3, cut.end_position))
        copy.finish(cut)
        assert copy.cut() == cut
    with SqliteLog(path, keyring) as one, SqliteLog(tmp_path / "copy.sqlite", keyring) as other:
        assert one.read(0, 100) == other.read(0, 100)
        assert other.read(0, 100).positions == list(range(6))


def test_the_last_group_below_a_position_is_found(path: Path) -> None:
    with RawLog(path) as log:
        found = [log.last_below(end) for end in (0, 1, 3, 4, 6, 99)]
    assert [None if group is None else group.first_position for group in found] == [
        None, 0, 0, 3, 5, 5
    ]  # fmt: skip


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE groups SET blob = zeroblob(length(blob)) WHERE first_position = 3",
        "UPDATE groups SET ids = zeroblob(length(ids)) WHERE first_position = 3",
        "UPDATE groups SET count = 1 WHERE first_position = 3",
        "DELETE FROM groups WHERE first_position = 3",
    ],
)
def test_a_group_that_is_harmed_or_missing_is_not_copied(path: Path, harm: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(harm)
    connection.close()
    with RawLog(path) as log, pytest.raises(DamagedLogError) as told:
        list(log.groups(0, 6))
    assert told.value.first_position == 3
