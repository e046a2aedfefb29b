"""Requests that come together share a sync; what is told as stored is in the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.columns import FactColumns, columns_of
from tailorbird.flow.group_commit import GroupCommit, OverloadedError
from tailorbird.kernel import limits
from tailorbird.kernel.facts import CONSENT, Fact
from tailorbird.ports import Logged, NotWritableError


@pytest.fixture
def log() -> Iterator[SqliteLog]:
    with SqliteKeyring(None) as keyring, SqliteLog(None, keyring) as opened:
        yield opened


def batch(*ids: str) -> FactColumns:
    return columns_of([Fact("ann", 5, id_, "Seen", {}, {}, True, True, "web", 0, 5) for id_ in ids])


def run(commit: GroupCommit, work: Callable[[], Awaitable[Any]]) -> Any:
    async def both() -> Any:
        writing = asyncio.create_task(commit.run())
        try:
            return await work()
        finally:
            commit.close()
            await asyncio.wait_for(writing, 10)

    return asyncio.run(both())


def test_requests_that_come_together_are_one_commit(log: SqliteLog) -> None:
    ends: list[int] = []
    commit = GroupCommit(log, lambda: 9, ends.append)

    async def work() -> Any:
        return await asyncio.gather(
            *(commit.accept(batch(f"{number}", "same")) for number in range(20))
        )

    told = run(commit, work)
    assert log.end_position == 21
    assert len(ends) < 20
    assert ends[-1] == 21
    assert sum(len(answer.duplicates) for answer in told) == 19
    assert all(answer.duplicates <= {1} for answer in told)


def test_facts_beyond_a_limit_are_refused_and_the_places_of_others_stay(log: SqliteLog) -> None:
    commit = GroupCommit(log, lambda: 9)
    told = run(commit, lambda: commit.accept(batch("a", "x" * 600, "b", "a")))
    assert set(told.refused) == {1}
    assert told.duplicates == {3}
    assert list(log.read(0, 9).columns.id) == ["a", "b"]


def test_too_much_at_once_is_refused_before_anything_is_done(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAITING_FACTS", 50)
    commit = GroupCommit(log, lambda: 9)

    async def work() -> Any:
        calls = [commit.accept(batch(f"{number}")) for number in range(500)]
        return await asyncio.gather(*calls, return_exceptions=True)

    told = run(commit, work)
    refused = [answer for answer in told if isinstance(answer, OverloadedError)]
    assert refused
    assert all(1 <= answer.retry_after_s <= 30 for answer in refused)
    kept = {str(place) for place, answer in enumerate(told) if not isinstance(answer, Exception)}
    assert set(log.read(0, 999).columns.id) == kept
    assert len(kept) + len(refused) == 500


def consent(*ids: str) -> FactColumns:
    said = {"purpose": "marketing", "granted": False}
    return columns_of(
        [Fact("ann", 5, id_, CONSENT, said, {}, False, True, "web", 0, 5) for id_ in ids]
    )


def test_what_people_consent_to_has_room_of_its_own_and_goes_first(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAITING_FACTS", 2)
    monkeypatch.setattr(limits, "URGENT_FACTS", 3)
    commit = GroupCommit(log, lambda: 9)

    async def work() -> Any:
        given = [batch("a"), batch("b"), batch("c"), consent("no"), consent("no2", "no3")]
        mixed = [columns_of([]), consent("no4")]
        calls = [commit.accept(columns) for columns in (*given, *mixed)]
        return await asyncio.gather(*calls, return_exceptions=True)

    told = run(commit, work)
    assert [isinstance(answer, OverloadedError) for answer in told] == [
        *(False, False, True),
        *(False, False),
        *(True, True),
    ]
    assert list(log.read(0, 9).columns.id) == ["no2", "no3", "no", "a", "b"]


def test_a_disk_with_little_room_takes_what_people_consent_to(log: SqliteLog) -> None:
    commit = GroupCommit(log, lambda: 9, refusal=lambda: "the disk has little room")

    async def work() -> Any:
        both = commit.accept(batch("a")), commit.accept(consent("no"))
        return await asyncio.gather(*both, return_exceptions=True)

    refused, taken = run(commit, work)
    assert isinstance(refused, NotWritableError) and not taken.refused
    assert list(log.read(0, 9).columns.id) == ["no"]


class Failing(SqliteLog):
    """A log that cannot take one id, in a way that nobody foresaw."""

    @contextmanager
    def writing(self, now_us: int) -> Iterator[Callable[[FactColumns], Logged]]:
        with super().writing(now_us) as append:

            def checked(columns: FactColumns) -> Logged:
                if "poison" in columns.id:
                    raise ValueError("poison")
                if "full" in columns.id:
                    raise NotWritableError("the disk is full")
                return append(columns)

            yield checked


def test_one_request_that_fails_unforeseen_does_not_fail_the_others() -> None:
    with SqliteKeyring(None) as keyring, Failing(None, keyring) as log:
        commit = GroupCommit(log, lambda: 9)

        async def work() -> Any:
            calls = [commit.accept(batch(id_)) for id_ in ("a", "poison", "b")]
            return await asyncio.gather(*calls, return_exceptions=True)

        told = run(commit, work)
        assert isinstance(told[1], NotWritableError)
        assert sorted(log.read(0, 9).columns.id) == ["a", "b"]
        assert not any(isinstance(answer, Exception) for answer in (told[0], told[2]))


def test_a_log_that_cannot_be_written_says_so_to_everybody_who_waits() -> None:
    with SqliteKeyring(None) as keyring, Failing(None, keyring) as log:
        commit = GroupCommit(log, lambda: 9)

        async def work() -> Any:
            calls = [commit.accept(batch(id_)) for id_ in ("a", "full")]
            return await asyncio.gather(*calls, return_exceptions=True)

        told = run(commit, work)
        assert all(isinstance(answer, NotWritableError) for answer in told)
        assert log.end_position == 0


def test_who_goes_away_before_the_answer_harms_nobody(log: SqliteLog) -> None:
    commit = GroupCommit(log, lambda: 9)

    async def work() -> Any:
        gone = asyncio.create_task(commit.accept(batch("a")))
        await asyncio.sleep(0)
        gone.cancel()
        return await commit.accept(batch("b"))

    run(commit, work)
    assert set(log.read(0, 9).columns.id) == {"a", "b"}


def test_after_closing_nothing_is_taken_and_what_waited_is_written(log: SqliteLog) -> None:
    commit = GroupCommit(log, lambda: 9)

    async def work() -> Any:
        waiting = asyncio.create_task(commit.accept(batch("a")))
        await asyncio.sleep(0)
        commit.close()
        with pytest.raises(OverloadedError):
            await commit.accept(batch("b"))
        return await waiting

    run(commit, work)
    assert list(log.read(0, 9).columns.id) == ["a"]
