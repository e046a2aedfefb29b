"""What is held in memory is told as the file tells it, and only so much is held."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tailorbird.edges.logs.fresh_facts import FreshFacts
from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.columns import FactColumns, columns_from_rows
from tailorbird.kernel import limits


def batch(*ids: int, subject: str = "ann") -> FactColumns:
    return columns_from_rows(
        [
            (subject, 5, f"m{i}", "Seen", True, i % 2 > 0, "web", None, f'{{"n":{i}}}', None)
            for i in ids
        ]
    )


@pytest.fixture(scope="module")
def keyring() -> Iterator[SqliteKeyring]:
    with SqliteKeyring(None) as opened:
        yield opened


@given(
    commits=st.lists(
        st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=6), min_size=1, max_size=3),
        min_size=1,
        max_size=6,
    ),
    position=st.integers(0, 40),
    most=st.integers(1, 9),
    held=st.integers(1, 20),
)
@example(commits=[[[0]], [[1, 2]]], position=1, most=2, held=1)  # one commit alone is too many
def test_the_newest_facts_are_read_as_from_the_file(
    keyring: SqliteKeyring, commits: list[list[list[int]]], position: int, most: int, held: int
) -> None:
    with SqliteLog(None, keyring) as log, pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "FRESH_FACTS", held)
        log.hold_fresh()
        for number, batches in enumerate(commits):
            log.append([batch(*ids) for ids in batches], now_us=number)
        position = min(position, log.end_position)
        assert log.read(position, most) == log._stored(position, most)
        assert log._fresh is not None and log._fresh._facts <= held


def test_no_more_is_held_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = FreshFacts()
    fresh.add(0, batch(1, 2))
    fresh.add(2, batch(3))
    assert fresh.read(0, 9) is not None
    monkeypatch.setattr(limits, "FRESH_BYTES", 16)
    fresh.add(3, batch(4))
    assert fresh.read(1, 9) is None
    found = fresh.read(2, 9)
    assert found is not None and found.positions == [2, 3]
    fresh.add(9, batch(5))  # what lies between is not here
    assert fresh.read(3, 9) is None and fresh.read(9, 9) is not None


def test_nothing_is_told_of_a_subject_whose_key_was_destroyed(tmp_path: Path) -> None:
    with (
        SqliteKeyring(tmp_path / "keys.sqlite") as keyring,
        SqliteLog(tmp_path / "log.sqlite", keyring) as log,
    ):
        log.hold_fresh()
        log.append([batch(1), batch(2, subject="bob")], now_us=9)
        assert log.read(0, 9).columns.subject == ["ann", "bob"]
        keyring.destroy([keyring.hash_of("ann")])
        assert log.read(0, 9).columns.subject == ["bob"]
