"""What is accepted is seen once, in order, by whoever watches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.columns import columns_of
from tailorbird.flow import watch as watching
from tailorbird.flow.watch import first_known_since, watch
from tailorbird.kernel.facts import Fact


@pytest.fixture
def log() -> Iterator[SqliteLog]:
    with SqliteKeyring(None) as keyring, SqliteLog(None, keyring) as opened:
        yield opened


def accept(log: SqliteLog, who: str, name: str, known_us: int) -> None:
    fact = Fact(who, 1, f"m{log.end_position}", name, {}, {}, True, True, "web", 0, known_us)
    log.append([columns_of([fact])], known_us)


def ids(facts: list[Fact]) -> list[int]:
    return [fact.position for fact in facts]


def test_what_comes_later_is_given_later_and_nothing_twice(log: SqliteLog) -> None:
    accept(log, "ann", "Seen", 1)
    seen = watch(log, 0)
    assert [ids(next(seen)), ids(next(seen))] == [[0], []]
    accept(log, "bob", "Seen", 2)
    accept(log, "ann", "Seen", 3)
    assert [ids(next(seen)), ids(next(seen))] == [[1, 2], []]


def test_only_what_is_wanted_is_given(log: SqliteLog) -> None:
    for known_us, (who, name) in enumerate(
        [("ann", "A"), ("bob", "A"), ("ann", "B"), ("ann", "A")]
    ):
        accept(log, who, name, known_us)
    assert ids(next(watch(log, 0, people=["ann"]))) == [0, 2, 3]
    assert ids(next(watch(log, 0, people=["ann"], names=["A"]))) == [0, 3]
    assert ids(next(watch(log, 0, since_us=2))) == [2, 3]
    assert ids(next(watch(log, 3))) == [3]


def test_chunks_of_erased_people_alone_do_not_end_it(log: SqliteLog) -> None:
    accept(log, "ann", "A", 1)
    log._keyring.destroy([log._keyring.hash_of("ann")])
    accept(log, "bob", "A", 2)
    assert ids(next(watch(log, 0))) == [1]


@pytest.mark.parametrize("since_us", [0, 1, 7, 39, 40, 99])
def test_the_beginning_is_never_too_late(
    log: SqliteLog, since_us: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "FACTS", 2)
    for known_us in range(40):
        accept(log, "ann", "A", known_us)
    begin = first_known_since(log, since_us)
    assert begin <= since_us
    assert begin == 0 or begin >= 2 * min(since_us, 40) - 44
