"""Lists: who is on one, and that being put on it twice is one fact."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.flow.lists import list_members, put_list
from tailorbird.kernel.errors import InputError


@pytest.fixture
def history() -> Iterator[DuckDbHistory]:
    with DuckDbHistory(None) as opened:
        yield opened


def put(history: DuckDbHistory, *people: str, at_us: int, replace: bool = False) -> None:
    put_list(history, "vip", people, at_us=at_us, now_us=100, replace=replace)


def test_who_was_taken_off_can_be_put_on_again(history: DuckDbHistory) -> None:
    put(history, "ann", at_us=1)
    put(history, "bob", at_us=2, replace=True)
    put(history, "ann", at_us=3)
    found = [list_members(history, "vip", at_us) for at_us in (0, 1, 2, 3)]
    assert found == [[], ["ann"], ["bob"], ["ann", "bob"]]


def test_the_same_again_stores_nothing(history: DuckDbHistory) -> None:
    put(history, "ann", "bob", "ann", at_us=1)
    put(history, "bob", at_us=1)
    assert history.end_position == 2


def test_lists_do_not_know_each_other(history: DuckDbHistory) -> None:
    put(history, "ann", at_us=1)
    assert list_members(history, "vi", 1) == []


def test_nobody_is_added_when_one_id_cannot_be_stored(history: DuckDbHistory) -> None:
    with pytest.raises(InputError, match="nobody was put on the list"):
        put(history, "ann", "x" * 1_000, at_us=1)
    assert history.end_position == 0


@pytest.mark.parametrize("name", ["", "x" * 300])
def test_a_list_has_a_name_of_some_length(history: DuckDbHistory, name: str) -> None:
    with pytest.raises(InputError, match="1 to 200 characters"):
        put_list(history, name, ["ann"], at_us=1, now_us=1, replace=False)
