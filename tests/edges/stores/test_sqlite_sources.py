from __future__ import annotations

from pathlib import Path

import pytest

from tailorbird.edges.stores.sqlite_sources import SqliteSources
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.ports.sources import Ended, Mark, ReadMark


def test_marks_are_kept_by_key_and_found_by_what_their_keys_begin_with(tmp_path: Path) -> None:
    path = tmp_path / "sources.sqlite"
    one, two = ReadMark(Mark("number", "7"), 3, 5), ReadMark(Mark("text", "x"), 4, 6)
    with SqliteSources(path) as kept:
        kept.put_mark("a:1", one)
        kept.put_mark("a%2", two)
        kept.put_mark("a:1", two)
    with SqliteSources(path) as kept:
        assert kept.find_mark("a:1") == two
        assert kept.find_mark("a") is None
        assert kept.marks_under("a:") == {"a:1": two}
        kept.drop_marks(["a:1", "none"])
        assert kept.find_mark("a:1") is None


def test_a_run_is_told_from_its_beginning_to_its_end() -> None:
    with SqliteSources(None) as kept:
        number = kept.begin_run("orders", "query", 10, 11)
        (run,) = kept.newest_runs(5)
        assert (run.state, run.due_us, run.started_us, run.ended_us) == ("running", 10, 11, None)
        kept.end_run(number, Ended("done", 5, 3, 1, 1, "well"), 20)
        other = kept.begin_run("other", "file", None, 30)
        kept.end_run(other, Ended("failed", says="no file"), 31)
        assert kept.last_runs()["orders"][5:] == (20, "done", 5, 3, 1, 1, "well")
        assert [run.name for run in kept.newest_runs(5)] == ["other", "orders"]
        assert [run.name for run in kept.newest_runs(5, "orders")] == ["orders"]


def test_what_nobody_ended_was_cut() -> None:
    with SqliteSources(None) as kept:
        number = kept.begin_run("orders", "query", 10, 11)
        assert [run.number for run in kept.cut_runs(50)] == [number]
        (run,) = kept.newest_runs(1)
        assert (run.state, run.ended_us) == ("cut", 50)
        assert kept.cut_runs(60) == []


def test_only_the_newest_runs_of_a_name_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RUNS_KEPT", 3)
    with SqliteSources(None) as kept:
        for _ in range(5):
            kept.end_run(kept.begin_run("orders", "query", None, 1), Ended("done"), 2)
        kept.begin_run("other", "query", None, 1)
        assert [run.number for run in kept.newest_runs(9, "orders")] == [5, 4, 3]
        assert len(kept.newest_runs(9)) == 4


def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "sources.sqlite"
    path.write_text("this was a file of marks once, and is none any more" * 20)
    with pytest.raises(InputError, match=r"counts once all the same: rm .*sources\.sqlite"):
        SqliteSources(path)


def test_two_runs_of_one_name_are_never_under_way_together() -> None:
    with SqliteSources(None) as kept:
        number = kept.begin_run("orders", "query", None, 0)
        with pytest.raises(InputError, match="orders is running, since 1970-01-01T00:00:00Z"):
            kept.begin_run("orders", "query", None, 5)
        kept.begin_run("other", "query", None, 5)
        kept.end_run(number, Ended("done"), 6)
        assert kept.begin_run("orders", "query", None, 7) > number
