"""The history of a server sorts itself when recent facts are many, and only where there is room."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.served import Server, run

from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import Fact
from tailorbird.runtimes import sorting
from tailorbird.runtimes.sorting import sort_for_ever, sort_if_due


def seen(begin: int, count: int) -> list[Fact]:
    return [
        Fact(f"p{n % 3}", n, f"m{n}", "Seen", {}, {}, True, True, "web", 0, n)
        for n in range(begin, begin + count)
    ]


def test_it_is_sorted_when_recent_facts_are_a_tenth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "LEAST", 5)
    path = tmp_path / "history.duckdb"
    with DuckDbHistory(path) as history:
        history.append(seen(0, 4))
        assert not sort_if_due(history, path)
        history.append(seen(4, 96))
        assert sort_if_due(history, path)
        assert history.unsorted == (0, 100)
        history.append(seen(100, 9))
        assert not sort_if_due(history, path)
        history.append(seen(109, 1))
        assert sort_if_due(history, path)
        assert history.unsorted == (0, 110)


def test_without_room_it_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "LEAST", 5)
    large = tmp_path / "history.duckdb"
    with large.open("wb") as file:
        file.truncate(2**43)  # takes no room itself
    with DuckDbHistory(None) as history:
        history.append(seen(0, 9))
        with pytest.raises(InputError, match="to sort it as many again"):
            sort_if_due(history, large)
        assert history.unsorted == (9, 0)


class OverError(BaseException):
    """Ends what would go on for ever."""


def test_what_goes_wrong_is_told_without_what_anybody_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 1:
            raise OverError

    monkeypatch.setattr(sorting, "LEAST", 5)
    monkeypatch.setattr(sorting, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: 0.0))
    path = tmp_path / "history.duckdb"
    with DuckDbHistory(path) as history:
        history.append(seen(0, 9))
        history._connection.execute("UPDATE tail SET rest = 'ann@shop.example'")
        monkeypatch.setattr(
            history,
            "_rewrite",
            lambda *_: history._connection.execute("SELECT rest::INTEGER FROM tail").fetchall(),
        )
        with pytest.raises(OverError):
            sort_for_ever(history, path)
    (told,) = caplog.records
    assert vars(told)["said"]["in_s"] == slept[1] == sorting.FIRST_WAIT_S
    assert "ConversionException" in vars(told)["said"]["why"]
    assert "ann" not in str(vars(told)["said"])


def test_a_history_that_is_made_of_a_long_log_is_sorted(server: Server) -> None:
    server.end()
    run(server.folder, "simulate", "--events", "110k", "--out", "past.parquet")
    run(server.folder, "import", "past.parquet", "--mapping", "simulated")
    history = server.folder / "data" / "history.duckdb"
    history.unlink()
    server.start()
    server.end()
    with DuckDbHistory(history) as made:
        recent, in_order = made.unsorted
    assert (recent, in_order >= sorting.LEAST) == (0, True)
