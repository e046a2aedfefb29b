"""Each thing that can be wrong is found, named, and told with what to do; nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest
from tests.runtimes.test_backups import accept, files

from tailorbird.edges.logs.lease import Lease
from tailorbird.edges.stores.sqlite_consents import SqliteConsents
from tailorbird.edges.stores.sqlite_rejects import SqliteRejects
from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.events.refusals import Refusal, RejectedItem
from tailorbird.ports.gate import ConsentFacts
from tailorbird.ports.registry import Version
from tailorbird.ports.states import LiveMeta
from tailorbird.runtimes.backups import back_up, copy_keys
from tailorbird.runtimes.doctor import machine, stores
from tailorbird.runtimes.doctor.examination import examine
from tailorbird.runtimes.doctor.findings import Finding
from tailorbird.runtimes.project import CONSENTS, KEYS, REJECTED, Project


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with everything as it should be."""
    folder = tmp_path / "shop"
    (folder / "definitions").mkdir(parents=True)
    (folder / "definitions" / "a.yaml").write_text('segments:\n  buyers: did("Order")\n')
    (folder / "tailorbird.yaml").write_text("zone: UTC\nmemory_limit: 512MB\nthreads: 1\n")
    with Project(folder) as project:
        accept(project, "ann", "bob")
        accept(project, "cid")
        project.registry.add(None, Version(0, 5, 3, {"a.yaml": "# a"}, {}, {}, ""))
        back_up(project, tmp_path / "backup")
        copy_keys(project, tmp_path / "shop.keys")
        assert project.history.end_position == 3
    with SqliteState(folder / "data" / "state.sqlite") as state, state.transaction():
        state.put_meta(LiveMeta(2, 5, "x"))
    return folder


def found(folder: Path, *, whole: bool = False) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(Project(folder), whole=whole)}


def test_nothing_is_wrong_with_a_project_as_it_should_be(folder: Path) -> None:
    before = files(folder)
    told = found(folder)
    assert [f for f in told.values() if f.state in ("soon", "bad") and "disk" not in f.what] == []
    assert "1 fact behind the log's 3" in told["live states"].says
    assert "0 facts behind" in told["history"].says
    assert "2 of its groups" in told["log"].says
    assert {n: d for n, d in files(folder).items() if not n.endswith(("-shm", "-wal"))} == before


def in_log(sql: str) -> Callable[[Path], None]:
    def harm(folder: Path) -> None:
        connection = apsw.Connection(str(folder / "data" / "log.sqlite"))
        connection.execute(sql)
        connection.close()

    return harm


def write(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text)


def other_keys(folder: Path) -> None:
    (folder / "data" / "keys.sqlite").unlink()
    Project(folder).keyring.close()


HARMS: dict[str, tuple[Callable[[Path], object], str, str, str]] = {
    "a setting": (write("tailorbird.yaml", "threads: many\n"), "settings", "bad", "threads"),
    "too much memory": (write("tailorbird.yaml", "memory_limit: 900GB\n"), "memory", "bad", "900"),
    "too many cores": (write("tailorbird.yaml", "threads: 256\n"), "cores", "soon", "256"),
    "a definition": (write("definitions/a.yaml", "segments: {a: b}"), "definitions", "soon", "a"),
    "bytes of the log": (
        in_log("UPDATE groups SET blob = zeroblob(length(blob)) WHERE first_position = 2"),
        "log", "bad", "positions 2 to 2",
    ),
    "a missing group": (in_log("DELETE FROM groups WHERE first_position = 0"), "log", "bad", "0"),
    "a newer log": (in_log("PRAGMA user_version = 99"), "log", "bad", "newer version"),
    "a clock": (in_log(f"UPDATE meta SET known_us = {2**53}"), "clock", "soon", "received"),
    "no keys": (lambda f: (f / "data/keys.sqlite").unlink(), "keys", "bad", "missing"),
    "other keys": (other_keys, "keys", "bad", "another log"),
    "open keys": (lambda f: (f / "data/keys.sqlite").chmod(0o644), "keys rights", "soon", "644"),
    "the registry": (write("data/registry.sqlite", "rust" * 500), "registry", "bad", "registry"),
    "the history": (write("data/history.duckdb", "rust" * 5000), "history", "bad", "read"),
    "a shorter log": (in_log("UPDATE meta SET end_position = 2"), "history", "bad", "not belong"),
    "no copies": (lambda f: (f / "data/copies.json").unlink(), "keys copy", "soon", "ever"),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMS)
def test_what_is_wrong_is_found_and_what_to_do_is_told(folder: Path, name: str) -> None:
    harm, what, state, says = HARMS[name]
    harm(folder)
    finding = found(folder)[what]
    assert (finding.state, says in finding.says, finding.do != "") == (state, True, True), finding


def test_all_of_a_log_is_read_when_that_is_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "GROUPS", 1)
    in_log("UPDATE groups SET ids = zeroblob(length(ids)) WHERE first_position = 2")(folder)
    assert found(folder)["log"].state == "good"
    assert found(folder, whole=True)["log"].state == "bad"


def test_who_writes_and_who_has_the_history_is_named(folder: Path) -> None:
    lease = Lease(folder / "data" / "log.lock")
    assert found(folder)["log writer"].says == f"process {os.getpid()} writes to it"
    lease.close()
    assert found(folder)["log writer"].says == "no process writes to it now"


def test_old_copies_are_to_be_made_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Project(folder) as project:
        accept(project, "dee")
    monkeypatch.setattr(stores, "OLD_COPY_US", -1)
    assert (found(folder)["backup"].state, found(folder)["keys copy"].state) == ("soon", "soon")


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(machine, "FREE_BYTES", 2**62)
    yield


def test_a_disk_with_little_room_is_told(folder: Path, small_disk: None) -> None:
    assert found(folder)["disk room"].state == "soon"


def test_a_new_project_has_nothing_to_mend_but_to_publish(tmp_path: Path) -> None:
    (tmp_path / "tailorbird.yaml").write_text("")
    (tmp_path / "definitions").mkdir()
    told = found(tmp_path)
    assert told["data"].state == "note"
    assert not (tmp_path / "data").exists()


def test_it_is_told_whether_pages_have_their_library(tmp_path: Path) -> None:
    told = machine.built_files(tmp_path)
    assert (told.state, told.do) == ("note", "make front")
    assert "tailorbird.js and the console were not built" in told.says
    (tmp_path / "tailorbird.js").write_text("1")
    told = machine.built_files(tmp_path)
    assert told.state == "note" and told.says.startswith("the console was not built")
    (tmp_path / "console").mkdir()
    (tmp_path / "console" / "index.html").write_text("1")
    assert machine.built_files(tmp_path).state == "good"


def test_consents_and_rejected_messages_are_looked_at_where_there_are_some(folder: Path) -> None:
    assert not {"consents", "rejects"} & set(found(folder))
    with Project(folder) as project:
        with SqliteConsents(project.data / CONSENTS, project.keyring) as consents:
            consents.absorb(ConsentFacts([]), 2)
        with SqliteRejects(project.data / REJECTED, project.keyring) as rejects:
            item = RejectedItem(5, "track", "k1", Refusal("name", "no event"), "ann", b"{}", 2)
            rejects.add([item], before_us=0)
    told = found(folder)
    assert (told["consents"].state, told["rejects"].state) == ("good", "good")
    assert "1 fact behind the log's 3" in told["consents"].says
    assert told["rejects"].says.startswith("1 so far")
    for name in (CONSENTS, REJECTED):
        (folder / "data" / name).write_bytes(b"no database at all, but long enough" * 200)
    told = found(folder)
    assert (told["consents"].state, told["rejects"].state) == ("bad", "bad")
    assert str(folder / "data" / REJECTED) in told["rejects"].do
    (folder / "data" / KEYS).write_bytes(b"no database at all, but long enough" * 200)
    told = found(folder)
    assert told["keys"].state == "bad" and "rejects" not in told
