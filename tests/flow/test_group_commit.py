"""Requests that come together share a sync; what is told as stored is in the log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.patience import PATIENCE_S

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.columns import FactColumns, columns_of
from tailorbird.flow import group_commit
from tailorbird.flow.group_commit import GroupCommit, OverloadedError
from tailorbird.kernel import limits
from tailorbird.kernel.facts import CONSENT, Fact
from tailorbird.ports.log import Logged, NotWritableError, StaleWriterError


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
            await asyncio.wait_for(writing, PATIENCE_S)

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


def test_requests_that_come_turn_after_turn_are_one_commit(log: SqliteLog) -> None:
    ends: list[int] = []
    commit = GroupCommit(log, lambda: 9, ends.append)

    async def later(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await commit.accept(batch(f"{turns}"))

    async def work() -> None:
        commit._write_s = 3_600.0  # the last write took that long
        await asyncio.gather(*map(later, range(20)))

    run(commit, work)
    assert ends == [20]


def test_who_can_fill_a_group_is_not_waited_for(log: SqliteLog) -> None:
    ends: list[int] = []
    commit = GroupCommit(log, lambda: 9, ends.append)

    async def work() -> None:
        commit._write_s = 3_600.0
        asked = []
        while not ends:
            ids = [f"{len(asked)} {place}" for place in range(50)]
            asked.append(asyncio.create_task(commit.accept(batch(*ids))))
            await asyncio.sleep(0)
        await asyncio.gather(*asked, return_exceptions=True)

    run(commit, work)
    assert ends[0] < 500


def test_others_are_not_waited_for_longer_than_a_write_takes(log: SqliteLog) -> None:
    ends: list[int] = []
    commit = GroupCommit(log, lambda: 9, ends.append)

    async def work() -> None:
        asked = []
        while not ends:
            asked.append(asyncio.create_task(commit.accept(batch(f"{len(asked)}"))))
            await asyncio.sleep(0)
        await asyncio.gather(*asked, return_exceptions=True)

    run(commit, work)  # nothing was written before it, which took no time
    assert ends[0] < 10


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
                if "broken" in columns.id:
                    raise NotWritableError("a sync failed", is_lasting=True)
                if "stale" in columns.id:
                    raise StaleWriterError
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


@pytest.mark.parametrize(
    ("id_", "error", "goes_on"),
    [
        ("full", NotWritableError, True),
        ("broken", NotWritableError, False),
        ("stale", StaleWriterError, False),
    ],
)
def test_after_an_error_that_lasts_nothing_is_accepted_any_more(
    id_: str, error: type[Exception], goes_on: bool
) -> None:
    with SqliteKeyring(None) as keyring, Failing(None, keyring) as log:
        commit = GroupCommit(log, lambda: 9)

        async def work() -> None:
            with pytest.raises(error) as told:
                await commit.accept(batch(id_))
            if goes_on:
                await commit.accept(batch("a"))
                return
            for columns in (batch("a"), consent("no")):
                with pytest.raises(NotWritableError) as again:
                    await commit.accept(columns)
                assert str(again.value) == str(told.value) == commit.refusal()

        run(commit, work)
        assert log.end_position == goes_on


def test_what_is_written_waits_no_more(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WAITING_FACTS", 3)
    monkeypatch.setattr(limits, "WAITING_BYTES", 40)
    commit = GroupCommit(log, lambda: 9)

    async def work() -> None:
        for number in range(9):
            await commit.accept(batch(f"{number}", f"{number} too"))
            await commit.accept(consent(f"no {number}"))

    run(commit, work)
    assert log.end_position == 27


@pytest.mark.parametrize(("name", "most"), [("WAITING_FACTS", 2), ("WAITING_BYTES", 60)])
def test_facts_and_their_text_that_wait_are_bounded_each(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    monkeypatch.setattr(limits, name, most)
    commit = GroupCommit(log, lambda: 9)
    fact = Fact("ann", 5, "", "Seen", {"a": "x" * 25}, {}, True, True, "web", 0, 5)

    async def work() -> Any:
        calls = [commit.accept(columns_of([fact._replace(id=id_)])) for id_ in ("a", "b", "c")]
        return await asyncio.gather(*calls, return_exceptions=True)

    told = run(commit, work)
    assert [isinstance(answer, OverloadedError) for answer in told] == [False, False, True]


def test_of_many_facts_only_some_share_a_sync(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "GROUP_FACTS", 4)
    ends: list[int] = []
    commit = GroupCommit(log, lambda: 9, ends.append)

    async def work() -> None:
        whole = batch(*(f"{number}" for number in range(6)))
        some = [batch(id_, f"{id_} too") for id_ in ("a", "b", "c")]
        await asyncio.gather(*map(commit.accept, (*some, whole, batch("d"))))

    run(commit, work)
    assert ends == [4, 6, 12, 13]


class Slow(SqliteLog):
    """A log that takes its time."""

    @contextmanager
    def writing(self, now_us: int) -> Iterator[Callable[[FactColumns], Logged]]:
        time.sleep(0.1)
        with super().writing(now_us) as append:
            yield append


@pytest.mark.parametrize(("waiting", "least"), [(20, 2), (2_000, 30)])
def test_whoever_comes_too_much_is_told_how_long_it_will_take(
    monkeypatch: pytest.MonkeyPatch, waiting: int, least: int
) -> None:
    monkeypatch.setattr(limits, "WAITING_FACTS", waiting)
    with SqliteKeyring(None) as keyring, Slow(None, keyring) as log:
        commit = GroupCommit(log, lambda: 9)

        async def work() -> None:
            await commit.accept(batch("first"))
            many = asyncio.create_task(commit.accept(batch(*map(str, range(waiting)))))
            await asyncio.sleep(0)
            with pytest.raises(OverloadedError) as told:
                await commit.accept(batch("too much"))
            assert least <= told.value.retry_after_s <= 30
            await many

        run(commit, work)


def test_what_came_before_it_runs_is_written_though_it_is_closed(log: SqliteLog) -> None:
    commit = GroupCommit(log, lambda: 9)

    async def work() -> Any:
        waiting = asyncio.create_task(commit.accept(batch("a")))
        await asyncio.sleep(0)
        commit.close()
        await commit.run()
        return await asyncio.wait_for(waiting, PATIENCE_S)

    asyncio.run(work())
    assert list(log.read(0, 9).columns.id) == ["a"]


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
