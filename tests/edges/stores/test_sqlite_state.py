from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import SETTING, WORKSPACE, Fact
from tailorbird.kernel.values import MISSING, IdNumber
from tailorbird.language.definitions import PERSONAS, Key
from tailorbird.language.live import Change
from tailorbird.language.world import FOREVER
from tailorbird.people.parting import Link
from tailorbird.ports.states import LiveMeta, Pending, StoredPerson
from tailorbird.segments.membership import Turned, Turns

BUYER: Key = ("segment", "buyer")


def person(number: int, wake_at: int = FOREVER, standing: int = 1) -> StoredPerson:
    return StoredPerson(number, f"p{number}", wake_at, standing, b"state")


def test_what_is_stored_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    entries = [
        Turned("ann", BUYER, True, 5, 2, "event", 1),
        Turned("ann", PERSONAS, MISSING, 5, 2, "event", 1),
        Turned("bob", PERSONAS, "Shopper", 6, 3, "time", 2),
    ]
    steps = [
        Turns("ann", (Change(BUYER, True), Change(PERSONAS, MISSING)), 5, 2, "event", 1),
        Turns("bob", (Change(PERSONAS, "Shopper"),), 6, 3, "time", 2),
    ]
    setting = Fact(WORKSPACE, 5, "m", SETTING, {"x": IdNumber("1" * 20)}, {}, False, True, "", 7, 5)
    with SqliteState(path) as store, store.transaction():
        store.put_people([person(1, 9), person(2)])
        store.put_subjects([("ann", 1), ("bob", 2)])
        store.put_meta(LiveMeta(4, 6, "f"))
        store.add_record(steps)
        store.add_workspace_fact(setting)
    with SqliteState(path) as store:
        assert store.find(1) == person(1, 9) and store.find(3) is None
        assert (store.person_of("bob"), store.person_of("cid"), store.last_person()) == (2, None, 2)
        assert store.meta() == LiveMeta(4, 6, "f")
        assert store.record(0, 9) == entries and store.record(1, 9) == entries[2:]
        assert store.last_number() == 2 and store.workspace_facts() == [setting]


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with SqliteState(tmp_path / "state.sqlite") as store:
        with pytest.raises(KeyError), store.transaction():
            store.put_people([person(1)])
            raise KeyError
        assert store.find(1) is None


def indexes_of(path: Path) -> dict[str, str]:
    """What the file says of its indexes, by name."""
    with closing(sqlite3.connect(path)) as file:
        return dict(file.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index'"))


def test_everybody_who_is_put_into_an_empty_store_is_found_in_every_way(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with SqliteState(path) as store:
        before = indexes_of(path)
        with store.transaction(), store.filling():
            store.put_people([person(1, 9), person(2, standing=2), person(3, 4), person(4)])
            store.put_pending(Pending(3, 1, "definition", 2))
            store.put_names(but=[4])
            store.put_subjects([("d", 4)])
        assert store.persons_of(["p1", "p2", "p3", "p4", "d"]) == {
            "p1": 1,
            "p2": 2,
            "p3": 3,
            "d": 4,
        }
        assert store.subjects_of(4) == ["d"] and store.due(9, 9) == [(9, 1)]
        assert store.people_standing(2, "", 9) == ["p2", "p3"]
        with store.transaction():
            store.clear()
            with store.filling():
                store.put_people([person(7)])
                store.put_names(but=[])
        assert store.person_of("p7") == 7 and store.person_of("p1") is None
    assert indexes_of(path) == before


def test_an_error_while_everybody_is_put_in_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with SqliteState(path) as store:
        before = indexes_of(path)
        store.put_people([person(1, 9)])
        with pytest.raises(KeyError), store.transaction(), store.filling():
            store.put_people([person(2, 3)])
            raise KeyError
        assert store.due(9, 9) == [(9, 1)]
    assert indexes_of(path) == before


def test_the_earliest_is_woken_first_and_some_never() -> None:
    with SqliteState(None) as store:
        assert store.next_wake_us() is None
        store.put_people([person(1, 9), person(2), person(3, 7), person(4, 7)])
        assert store.due(8, 9) == [(7, 3), (7, 4)] and store.due(9, 1) == [(7, 3)]
        assert store.due(FOREVER, 9) == [(7, 3), (7, 4), (9, 1)]
        store.put_pending(Pending(3, 1, "merge", 1))
        store.wake_everybody(5)
        assert store.due(8, 9) == [(5, 1), (5, 2), (5, 4)] and store.next_wake_us() == 5


def test_the_marks_of_pending_people_come_in_their_order() -> None:
    with SqliteState(None) as store:
        store.put_people([person(1, 4), person(2, 5), person(3, 6)])
        store.put_pending(Pending(2, 7, "merge", 5))
        store.everybody_pending(9, "definition")
        assert store.pending(2) == [Pending(2, 7, "merge", 5), Pending(1, 9, "definition", 1)]
        assert store.next_wake_us() is None
        store.drop_pending(2)
        assert store.find_pending(2) is None and len(store.pending(9)) == 2


def test_a_link_is_taken_back_before_or_after_it_is_made() -> None:
    with SqliteState(None) as store:
        store.add_link(1, Link("m", "a", "b"))
        assert store.links_of(1) == [Link("m", "a", "b")]
        assert (store.take_back("m"), store.take_back("n"), store.links_of(1)) == (1, None, [])
        assert store.is_taken_back("m") and store.is_taken_back("n")
        assert not store.is_taken_back("o")


def test_who_is_moved_leaves_her_subjects_and_links_to_another() -> None:
    with SqliteState(None) as store:
        store.put_people([person(1), person(2)])
        store.put_subjects([("a", 1), ("c", 1), ("b", 2)])
        store.add_link(1, Link("m", "a", "c"))
        store.move(1, 2)
        assert store.subjects_of(2) == ["a", "b", "c"] and store.find(1) is None
        assert [link.id for link in store.links_of(2)] == ["m"]


def test_standings_are_written_once_and_compared_after_all_was_cleared() -> None:
    with SqliteState(None) as store:
        assert store.standing_number(b"x") == store.standing_number(b"x") == 1
        assert (store.standing_number(b"y"), store.find_standing(2)) == (2, b"y")
        store.put_people([person(1), person(2, standing=2)])
        assert store.people_standing(1, "", 9) == ["p1"]
        store.clear()
        assert store.find(1) is None and store.standings() == []
        store.put_people([person(2, standing=5), person(3)])
        assert list(store.compared()) == [("p1", 1, None), ("p2", 2, 5), ("p3", None, 1)]


def test_a_file_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with SqliteState(path) as store:
        store._connection.execute("PRAGMA user_version = 99")
    with pytest.raises(InputError, match="newer version"):
        SqliteState(path)


def test_many_are_found_at_once() -> None:
    with SqliteState(None) as store, store.transaction():
        store.put_people([person(1), person(2), person(3)])
        store.put_subjects([("ann", 1), ("bob", 2), ("bo", 2)])
        store.put_pending(Pending(2, 5, "late", 1))
        assert store.persons_of(["bo", "ann", "cid"]) == {"bo": 2, "ann": 1}
        assert sorted(store.find_many([3, 1, 4])) == [person(1), person(3)]
        assert store.pending_among([1, 2, 4]) == {2}
        assert (store.persons_of([]), store.find_many([]), store.pending_among([])) == (
            {},
            [],
            set(),
        )


def test_old_steps_of_the_record_go_from_its_beginning_and_the_newest_stays(tmp_path: Path) -> None:
    changes = (Change(BUYER, True),)
    times = [1, 2, 9, 3, 10, 4]
    with SqliteState(tmp_path / "state.sqlite") as store, store.transaction():
        assert (store.first_number(), store.forget_record(99, 9)) == (0, 0)
        store.add_record(
            [Turns("ann", changes, at_us, 0, "time", n) for n, at_us in enumerate(times, 1)]
        )
        assert store.forget_record(1, 9) == 0
        assert store.forget_record(5, 1) == 1 and store.first_number() == 2
        assert store.forget_record(5, 9) == 1 and store.first_number() == 3
        assert store.forget_record(99, 9) == 3
        assert (store.first_number(), store.last_number()) == (6, 6)
        assert [entry.number for entry in store.record(0, 9)] == [6]
