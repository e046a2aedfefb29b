"""A session of the log, recorded; and the questions that every image of it has to answer."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.crash.power_cut import Recording, watched

from tailorbird.edges.logs.sqlite_keyring import SqliteKeyring
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.events.columns import FactColumns, columns_from_rows
from tailorbird.kernel.errors import TailorbirdError

GROUPS = 40


def facts(first: int, count: int, chance: Random) -> FactColumns:
    """Facts numbered from one on, of people old and new, small and large."""
    return columns_from_rows(
        [
            (
                f"person-{chance.randrange(number + 1)}",
                number,
                f"m{number}",
                "Seen",
                True,
                True,
                "web",
                None,
                '{"x":"' + "y" * chance.choice([1, 50, 2_000]) + f'{number}"}}',
                None,
            )
            for number in range(first, first + count)
        ]
    )


def record(folder: Path, chance: Random, synchronous: str = "FULL") -> Recording:
    """Append some groups, each acknowledged when the log says that it is on the disk."""
    with (
        watched() as recorder,
        SqliteKeyring(folder / "keys.sqlite") as keyring,
        SqliteLog(folder / "log.sqlite", keyring) as log,
    ):
        log.append([facts(0, 1, chance)], now_us=1)
        for connection in (log._connection, keyring._connection):
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute("PRAGMA wal_autocheckpoint = 12")
        recording = recorder.recording = Recording(folder)
        recording.acknowledge(1)
        for _ in range(GROUPS):
            count = log.end_position
            log.append([facts(count, chance.choice([1, 2, 9]), chance)], now_us=count)
            recording.acknowledge(log.end_position)
        recorder.recording = None
    return recording


def complaint(folder: Path, acknowledged: int) -> str | None:
    """What is wrong with a log after a cut; None when all is well."""
    try:
        with (
            SqliteKeyring(folder / "keys.sqlite") as keyring,
            SqliteLog(folder / "log.sqlite", keyring) as log,
        ):
            chunk = log.read(0, 1 << 40)
            ids = list(chunk.columns.id)
            if ids != [f"m{number}" for number in range(len(ids))]:
                return "facts are missing in between"
            if len(ids) < acknowledged:
                return f"{acknowledged - len(ids)} of {acknowledged} acknowledged facts are lost"
            again = log.append([facts(0, acknowledged, Random(0))], now_us=1)
            if len(again[0].duplicates) != acknowledged:
                return "a fact was accepted twice"
            following = log.append([facts(len(ids), 3, Random(0))], now_us=1)
            if following[0].first_position != len(ids):
                return "what follows does not follow"
    except TailorbirdError as error:
        return str(error)
    return None


def tried(recording: Recording, folder: Path, chance: Random) -> str | None:
    """Cut the power at some point of a recording and look at what is left."""
    files, acknowledged = recording.image(chance.randrange(len(recording.events) + 1), chance)
    for old in folder.iterdir():
        old.unlink()
    for name, data in files.items():
        if not name.endswith("-shm"):  # an index in shared memory, made anew after a cut
            (folder / name).write_bytes(data)
    return complaint(folder, acknowledged)
