"""A file of the project can be opened while others begin to use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import apsw
import pytest

from tailorbird.edges import sqlite_files
from tailorbird.edges.sqlite_files import BUSY_S, What, open_file
from tailorbird.kernel.errors import InputError

WHAT = What("the store of tests", "rm {path}")
STEPS = ("CREATE TABLE things (name TEXT)",)


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[apsw.Connection]:
    """Somebody who reads a file that does not write ahead yet: the engine waits for nobody then."""
    open_file(tmp_path / "x.sqlite", WHAT, STEPS).close()
    with closing(apsw.Connection(str(tmp_path / "x.sqlite"))) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN; SELECT * FROM things")
        yield other


def test_who_opens_waits_for_who_begins_to_use_it(
    tmp_path: Path, reading: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = SimpleNamespace(monotonic=lambda: 0.0, sleep=lambda _: reading.execute("COMMIT"))
    monkeypatch.setattr(sqlite_files, "time", waits)
    with closing(open_file(tmp_path / "x.sqlite", WHAT, STEPS)) as opened:
        assert opened.execute("PRAGMA journal_mode").get == "wal"


def test_nobody_is_waited_for_for_ever(
    tmp_path: Path, reading: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = iter([0.0, BUSY_S / 2, BUSY_S])
    waits = SimpleNamespace(monotonic=lambda: next(now_s), sleep=lambda _: None)
    monkeypatch.setattr(sqlite_files, "time", waits)
    with pytest.raises(InputError, match="another process is writing to it"):
        open_file(tmp_path / "x.sqlite", WHAT, STEPS)
