"""No acknowledged fact is lost when the power goes; weaker syncs lose some, and that is seen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import apsw
import pytest
from tests.crash.power_cut import watched
from tests.crash.sessions import complaint, facts, record, tried

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.ports.log import NotWritableError

SEED = int(os.environ.get("TAILORBIRD_TEST_SEED", "1"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Where images lie: in memory where there is such a place, for speed."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as name:
        yield Path(name)


def complaints(tmp_path: Path, disk: Path, synchronous: str, images: int) -> list[str]:
    chance = Random(SEED)
    recording = record(tmp_path, chance, synchronous)
    found = [tried(recording, disk, chance) for _ in range(images)]
    return [text for text in found if text is not None]


def test_after_every_cut_all_that_was_acknowledged_is_there(tmp_path: Path, disk: Path) -> None:
    assert complaints(tmp_path, disk, "FULL", 150) == []


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_weaker_syncs_lose_facts_and_the_images_show_it(
    tmp_path: Path, disk: Path, synchronous: str
) -> None:
    assert complaints(tmp_path, disk, synchronous, 40) != []


@pytest.mark.parametrize("kind", ["write", "sync"])
@pytest.mark.parametrize("file", ["log.sqlite-wal", "keys.sqlite-wal"])
def test_after_a_failed_write_or_sync_nothing_is_accepted_until_a_new_start(
    tmp_path: Path, kind: str, file: str
) -> None:
    def fault(done: str, where: str) -> None:
        if (done, where) == (kind, file):
            raise apsw.IOError("the disk is broken")

    with (
        watched() as recorder,
        SqliteKeyring(tmp_path / "keys.sqlite") as keyring,
        SqliteLog(tmp_path / "log.sqlite", keyring) as log,
    ):
        log.append([facts(0, 5, Random(0))], now_us=1)
        recorder.fault = fault
        with pytest.raises(NotWritableError) as caught:
            log.append([facts(5, 50, Random(0))], now_us=1)
        assert caught.value.is_lasting
        recorder.fault = None
        with pytest.raises(NotWritableError):
            log.append([facts(5, 50, Random(0))], now_us=1)
        assert log.end_position == 5
    assert complaint(tmp_path, 5) is None


@pytest.mark.parametrize("writes", range(0, 40, 3))
def test_a_disk_that_fills_up_refuses_and_with_room_again_goes_on(
    tmp_path: Path, writes: int
) -> None:
    left = writes

    def fault(done: str, _where: str) -> None:
        nonlocal left
        left -= done == "write"
        if left < 0:
            raise apsw.FullError("no room")

    with (
        watched() as recorder,
        SqliteKeyring(tmp_path / "keys.sqlite") as keyring,
        SqliteLog(tmp_path / "log.sqlite", keyring) as log,
    ):
        log.append([facts(0, 5, Random(0))], now_us=1)
        recorder.fault = fault
        accepted = 5
        with pytest.raises(NotWritableError, match="disk is full") as caught:
            while True:
                log.append([facts(accepted, 5, Random(accepted))], now_us=1)
                accepted += 5
        assert not caught.value.is_lasting
        recorder.fault = None
        assert log.append([facts(accepted, 5, Random(0))], now_us=1)[0].first_position == accepted
    assert complaint(tmp_path, accepted + 5) is None
