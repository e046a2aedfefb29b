"""Rejected messages are written down behind the answers, and nothing waits or fails for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest
from tests.patience import PATIENCE_S

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.stores.sqlite_rejects import SqliteRejects
from tailorbird.events.refusals import Refusal, RejectedItem
from tailorbird.flow.quarantining import Quarantining
from tailorbird.flow.rejecting import Rejecting
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import DAY
from tailorbird.ports.rejects import Rejects

NOW_US = 100 * DAY
ITEM = RejectedItem(NOW_US, "track", "k1", Refusal("name", "no event name"), None, b"{}", 2)


def run(rejecting: Rejecting, work: Callable[[], Awaitable[Any]]) -> Any:
    async def both() -> Any:
        writing = asyncio.create_task(rejecting.run())
        try:
            return await work()
        finally:
            rejecting.close()
            await asyncio.wait_for(writing, PATIENCE_S)

    return asyncio.run(both())


def opened(path: Path, keyring: SqliteKeyring) -> Callable[[], Rejects]:
    return lambda: SqliteRejects(path / "rejects.sqlite", keyring)


def test_what_waits_at_the_end_is_still_written(tmp_path: Path) -> None:
    with SqliteKeyring(None) as keyring:
        rejecting = Rejecting(lambda: NOW_US, opened(tmp_path, keyring))

        async def work() -> None:
            rejecting.note([ITEM] * 3)

        run(rejecting, work)
        assert (rejecting.counts["name"], rejecting.counts["time"], rejecting.lost) == (3, 0, 0)
        with SqliteRejects(tmp_path / "rejects.sqlite", keyring) as rejects:
            assert [one.item for one in rejects.newest(9)] == [ITEM] * 3


def test_more_than_can_wait_is_counted_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAITING_REJECTS", 5)
    with SqliteKeyring(None) as keyring:
        rejecting = Rejecting(lambda: NOW_US, opened(tmp_path, keyring))

        async def work() -> None:
            rejecting.note([ITEM] * 4)
            rejecting.note([ITEM] * 4)

        run(rejecting, work)
        assert (rejecting.counts["name"], rejecting.lost) == (8, 3)
        with SqliteRejects(tmp_path / "rejects.sqlite", keyring) as rejects:
            assert len(rejects.newest(9)) == 5


def test_a_store_that_cannot_be_written_is_counted_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "rejects.sqlite").write_bytes(b"no store" * 1_000)
    with SqliteKeyring(None) as keyring:
        rejecting = Rejecting(lambda: NOW_US, opened(tmp_path, keyring))

        async def work() -> None:
            for lost in (1, 2):
                rejecting.note([ITEM])
                while rejecting.lost < lost:
                    await asyncio.sleep(0.01)
            with pytest.raises(InputError):
                await rejecting.newest(9, None, None)

        run(rejecting, work)
        assert [record.getMessage() for record in caplog.records] == [
            "rejected messages cannot be written down"
        ]


def test_what_nobody_foresaw_does_not_keep_the_next_ones_from_being_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with SqliteKeyring(None) as keyring:
        rejecting = Rejecting(lambda: NOW_US, opened(tmp_path, keyring))

        async def work() -> None:
            rejecting.note([ITEM._replace(at_us=cast(int, "now"))])  # no store can take it
            while not rejecting.lost:
                await asyncio.sleep(0.01)
            rejecting.note([ITEM])
            while not await rejecting.newest(9, None, None):
                await asyncio.sleep(0.01)

        run(rejecting, work)
        assert rejecting.lost == 1
        assert [record.getMessage() for record in caplog.records] == [
            "rejected messages cannot be written down"
        ]


def test_what_is_too_old_is_neither_kept_nor_told(tmp_path: Path) -> None:
    with SqliteKeyring(None) as keyring:
        now_us = NOW_US
        rejecting = Rejecting(lambda: now_us, opened(tmp_path, keyring), keep_days=2)

        async def work() -> None:
            nonlocal now_us
            rejecting.note([ITEM])
            while not await rejecting.newest(9, None, None):
                await asyncio.sleep(0.01)
            now_us += 2 * DAY + 1
            assert await rejecting.newest(9, None, None) == []

        run(rejecting, work)
        rejecting = Rejecting(lambda: now_us, opened(tmp_path, keyring), keep_days=2)

        async def again() -> None:
            rejecting.note([ITEM._replace(at_us=now_us)])

        run(rejecting, again)
        with SqliteRejects(tmp_path / "rejects.sqlite", keyring) as rejects:
            assert [one.item.at_us for one in rejects.newest(9)] == [now_us]


def test_zero_days_keep_none_and_count_them_all_the_same(tmp_path: Path) -> None:
    with SqliteKeyring(None) as keyring:
        rejecting = Rejecting(lambda: NOW_US, opened(tmp_path, keyring), keep_days=0)

        async def work() -> Any:
            rejecting.note([ITEM])
            return await rejecting.newest(9, None, None)

        assert run(rejecting, work) == []
        assert (rejecting.counts["name"], rejecting.lost) == (1, 0)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [Rejecting, Quarantining])
def test_a_store_is_opened_once_whichever_thread_is_first(kind: Any) -> None:
    opened: list[object] = []

    def opening() -> Any:
        opened.append(object())
        if len(opened) == 1:
            other.start()
            other.join(0.2)  # long enough for one that does not wait
        return opened[-1]

    made = kind(lambda: NOW_US, opening)
    store = made._stored if kind is Rejecting else made.store
    other = Thread(target=store)
    assert store() is opened[0]
    other.join()
    assert len(opened) == 1
