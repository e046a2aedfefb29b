"""Files that are damaged, or of a newer program: told in one sentence, and left as they are."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from tests.cli.conftest import FACTS
from tests.patience import PATIENCE_S
from tests.served import COMMAND, free_port

from tailorbird.cli import HERE, main
from tailorbird.edges.logs.sqlite_log import SqliteLog
from tailorbird.edges.stores.sqlite_outbox import SqliteOutbox
from tailorbird.edges.stores.sqlite_state import SqliteState
from tailorbird.events.columns import columns_of
from tailorbird.ports.log import DamagedLogError
from tailorbird.runtimes.project import HISTORY, KEYS, LOG, REGISTRY, STATE, Project

GROUPS = 40
RESTORE = "tailorbird restore BACKUP NEW --keys FILE"
MENDS = {LOG: RESTORE, KEYS: RESTORE, REGISTRY: RESTORE, STATE: "rm data/", HISTORY: "made again"}
ASKED = {LOG: "segments", KEYS: "segments", STATE: "serve", HISTORY: "segments", REGISTRY: "serve"}
"""What meets the file first."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with all of its files, and many groups in its log."""
    folder = tmp_path_factory.mktemp("damage")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert CliRunner().invoke(main, ["init", "shop"]).exit_code == 0
        patch.chdir(folder / "shop")
        assert CliRunner().invoke(main, ["publish"]).exit_code == 0
    with Project(folder / "shop") as project:
        for number in range(GROUPS):
            facts = [fact._replace(id=f"{fact.id} {number}") for fact in FACTS]
            project.log.append([columns_of(facts)], now_us=number + 1)
        assert project.history.end_position == GROUPS * len(FACTS)
        SqliteState(project.data / STATE).close()
    return folder / "shop"


@pytest.fixture
def data(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data of a copy of the project, which is where commands are called."""
    shutil.copytree(shop, tmp_path / "shop")
    monkeypatch.chdir(tmp_path / "shop")
    monkeypatch.setenv("TAILORBIRD_RESERVE", "0")
    yield tmp_path / "shop" / "data"


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 + 100)


def newer(path: Path) -> None:
    if path.name == HISTORY:
        with duckdb.connect(str(path)) as history:
            history.execute("UPDATE meta SET layout = 99")
        return
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def called(*words: str) -> tuple[int, str]:
    """Exit code and output; a server has a process of its own, because it might well serve."""
    if words[0] == "serve":
        words = (*words, "--port", str(free_port()))
        process = subprocess.run(
            [*COMMAND, *words], capture_output=True, text=True, timeout=PATIENCE_S
        )
        return process.returncode, process.stdout + process.stderr
    done = CliRunner().invoke(main, list(words), obj=HERE)
    return done.exit_code, done.output


def hashed(data: Path) -> dict[str, str]:
    kept = (path for path in data.iterdir() if path.suffix in (".sqlite", ".duckdb"))
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in kept}


@pytest.mark.parametrize("harm", [garbage, cut, newer])
@pytest.mark.parametrize("name", MENDS)
def test_a_file_that_cannot_be_used_is_told_in_one_sentence_and_left_as_it_is(
    data: Path, name: str, harm: Callable[[Path], None]
) -> None:
    harm(data / name)
    before = hashed(data)
    code, told = called(ASKED[name])
    assert code == 2
    assert told.startswith("error: ") and told.count("\n") == 1
    assert f"data/{name}" in told
    if harm is newer and name != HISTORY:
        assert "was written by a newer version of Tailorbird" in told
        assert "install the newer one again, nothing was changed" in told
    else:
        assert MENDS[name] in told
    after = hashed(data)
    if name in (STATE, REGISTRY):  # found out about by the log's writer, who counts there
        del before[LOG]
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("words", [["segments"], ["tail", "--no-follow"]])
def test_a_log_that_is_gone_is_not_made_anew_from_what_was_made_of_it(
    data: Path, words: list[str]
) -> None:
    """What was accepted last is in the log alone."""
    (data / LOG).unlink()
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert "log.sqlite is missing" in done.output and RESTORE in done.output
    told = CliRunner().invoke(main, ["doctor"]).output
    assert "BAD   log: " in told and "is missing" in told
    assert not (data / LOG).exists()


def test_what_is_made_of_the_log_is_made_again_when_it_is_removed(data: Path) -> None:
    code, whole = called("segments", "--json")
    assert code == 0
    garbage(data / HISTORY)
    assert called("segments")[0] == 2
    for path in data.glob(f"{HISTORY}*"):
        path.unlink()
    assert called("segments", "--json") == (0, whole)


@pytest.mark.parametrize("store", [SqliteState, SqliteOutbox])
def test_both_that_live_in_the_file_of_the_states_say_the_same(data: Path, store: Any) -> None:
    garbage(data / STATE)
    with pytest.raises(Exception, match=r"made from the log again when it is removed: rm .*state"):
        store(data / STATE)


# The log, in the middle and at its end


def place_of(data: Path, column: str, first: int) -> int:
    """Where a part of a group stands in the log's file."""
    with closing(sqlite3.connect(data / LOG)) as connection:
        (found,) = connection.execute(
            f"SELECT {column} FROM groups WHERE first_position = ?", (first,)
        ).fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    place = (data / LOG).read_bytes().find(found[:64])
    assert place > 0
    return place


def flip(path: Path, place: int) -> None:
    with path.open("r+b") as stream:
        stream.seek(place)
        byte = stream.read(1)[0]
        stream.seek(place)
        stream.write(bytes([byte ^ 1]))


def test_a_flipped_bit_in_the_middle_is_told_with_its_positions_and_the_rest_served(
    data: Path,
) -> None:
    per, end = len(FACTS), GROUPS * len(FACTS)
    first = GROUPS // 2 * per
    place = place_of(data, "blob", first)
    flip(data / LOG, place)
    before = (data / LOG).read_bytes()
    said = f"the log is damaged: positions {first} to {first + per - 1} cannot be read"
    with Project(data.parent) as project, SqliteLog(data / LOG, project.keyring) as log:
        assert log.read(0, first).next_position == first
        for position in (0, first):
            with pytest.raises(DamagedLogError, match=said):
                log.read(position, end)
        assert log.read(first + per, end).next_position == end
    assert called("segments")[0] == 0  # the history has it
    code, told = called("doctor", "--all", "--json")
    assert code == 2
    assert any(said in finding["says"] for finding in json.loads(told)["findings"])
    (data / HISTORY).unlink()
    code, told = called("segments")
    assert (code, said in told) == (2, True)
    assert (data / LOG).read_bytes() == before


def test_damage_is_not_accepted_over_and_nothing_behind_it_is_lost(data: Path) -> None:
    first = GROUPS // 2 * len(FACTS)
    place = place_of(data, "blob", first)
    flip(data / LOG, place)
    damaged = (data / LOG).read_bytes()[place]
    with Project(data.parent) as project:
        new = [fact._replace(id=f"{fact.id} new") for fact in FACTS]
        (told,) = project.log.append([columns_of([*new, *FACTS])], now_us=99)
        assert told.first_position == GROUPS * len(FACTS)
        again = [fact._replace(id=f"{fact.id} {GROUPS // 2}") for fact in FACTS]
        (told,) = project.log.append([columns_of(again)], now_us=99)
        assert len(told.duplicates) == len(FACTS)  # what is damaged still counts once
        project.log.close()
    place_of(data, "blob", first)  # writes everything into the file
    assert (data / LOG).read_bytes()[place] == damaged


def test_damaged_ids_keep_anybody_from_writing(data: Path) -> None:
    first = 3 * len(FACTS)
    flip(data / LOG, place_of(data, "ids", first))
    code, told = called("serve")
    assert code == 2
    assert f"positions {first} to {first + len(FACTS) - 1} cannot be read" in told


@pytest.mark.parametrize("lost", [4_096, 20_000])
def test_a_log_that_was_cut_is_told_and_not_gone_on_with(data: Path, lost: int) -> None:
    place_of(data, "blob", 0)
    whole = (data / LOG).stat().st_size
    os.truncate(data / LOG, whole - lost)
    before = (data / LOG).read_bytes()
    (data / HISTORY).unlink()
    for words in (["segments"], ["serve"]):
        code, told = called(*words)
        assert code == 2
        assert ("damaged" in told and RESTORE in told) or "restore it from a backup" in told
    assert (data / LOG).read_bytes() == before


def test_a_log_that_lacks_its_last_byte_names_the_facts_that_stood_there(data: Path) -> None:
    end = GROUPS * len(FACTS)
    place_of(data, "blob", 0)
    os.truncate(data / LOG, (data / LOG).stat().st_size - 1)
    with Project(data.parent) as project:
        with pytest.raises(DamagedLogError, match="cannot be read; restore it") as told:
            project.log.read(0, end)
        first, behind = told.value.first_position, told.value.first_position + len(FACTS)
        assert told.value.count == len(FACTS)
        assert not first or project.log.read(0, first).next_position == first
        assert behind == end or project.log.read(behind, end).next_position == end
