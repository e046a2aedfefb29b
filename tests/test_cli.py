"""The command line as a whole: help, errors, exit codes, and what happens in real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from tests.cli.conftest import DEFINITIONS, FACTS, fill

from tailorbird.cli import VERBS, main

TAILORBIRD = (sys.executable, "-c", "from tailorbird.cli import main; main()")


def call(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TAILORBIRD, *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "definitions").mkdir()
    (tmp_path / "definitions" / "shop.yaml").write_text(DEFINITIONS)
    (tmp_path / "tailorbird.yaml").write_text("zone: UTC\n")
    fill(tmp_path, FACTS)
    return tmp_path


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "should not happen" not in done.stderr
    assert done.stdout == ""
    return done.stderr


def test_the_list_of_commands_says_what_each_command_says_of_itself() -> None:
    context = click.Context(main)
    for name in VERBS:
        command = main.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.help


def test_a_command_that_is_not_known_gets_the_nearest_name(tmp_path: Path) -> None:
    assert "did you mean 'segments'?" in refused(call("segmets", folder=tmp_path))


def test_a_folder_that_is_no_project_is_told_how_to_become_one(tmp_path: Path) -> None:
    for verb in ("check", "segments", "publish", "pull", "personas"):
        assert "`tailorbird init`" in refused(call(verb, folder=tmp_path))


def test_the_project_is_found_from_a_folder_below_it(shop: Path) -> None:
    done = call("segment", "buyers", "--ids", folder=shop / "definitions")
    assert done.stdout == "ann\ndee\n"


def test_the_project_can_be_named(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    done = call("segment", "buyers", "--ids", "--project", str(shop), folder=elsewhere)
    assert done.stdout == "ann\ndee\n"
    assert "no folder" in refused(call("check", "--project", "nowhere", folder=elsewhere))


def test_errors_in_json_have_one_shape(shop: Path) -> None:
    (shop / "definitions" / "shop.yaml").write_text("segments: [\n")
    done = call("segments", "--json", folder=shop)
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert set(error) == {"message", "problems"}
    assert error["problems"][0]["file"] == "definitions/shop.yaml"


def test_output_of_a_program_holds_no_colours_and_no_progress_bar(shop: Path) -> None:
    done = call("segments", folder=shop)
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


@contextmanager
def holding(history: Path) -> Iterator[int]:
    """Another process that has the history open."""
    code = (
        "import sys; from pathlib import Path\n"
        "from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory\n"
        "with DuckDbHistory(Path(sys.argv[1])):\n"
        "    print('open', flush=True); sys.stdin.read()\n"
    )
    arguments = [sys.executable, "-c", code, str(history)]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process.pid
        assert process.stdin is not None
        process.stdin.close()


def test_a_history_that_another_process_uses_is_told_with_that_process(shop: Path) -> None:
    with holding(shop / "data" / "history.duckdb") as process:
        told = refused(call("segments", folder=shop))
        assert f"data/history.duckdb is in use by process {process}" in told
        assert call("check", folder=shop).returncode == 0
    assert call("segments", folder=shop).returncode == 0


def test_a_history_that_is_none_is_told_so_and_left_alone(shop: Path) -> None:
    history = shop / "data" / "history.duckdb"
    history.write_bytes(b"not a database" * 1_000)
    before = history.read_bytes()
    told = refused(call("segments", folder=shop))
    assert "data/history.duckdb cannot be opened" in told
    assert "it is made again when it is removed: rm data/history.duckdb" in told
    assert history.read_bytes() == before


def test_a_history_whose_blocks_were_overwritten_ends_in_one_message(shop: Path) -> None:
    history = shop / "data" / "history.duckdb"
    whole = history.read_bytes()
    history.write_bytes(whole[:8_192] + b"\xab" * (len(whole) - 8_192))
    assert refused(call("segments", folder=shop)).count("\n") <= 3


def test_a_data_folder_that_is_a_file_is_named(shop: Path) -> None:
    (shop / "tailorbird.yaml").write_text("data: taken\n")
    (shop / "taken").write_text("")
    assert "taken cannot be made" in refused(call("segments", folder=shop))


def test_a_history_that_runs_out_of_memory_says_which_setting_gives_more(shop: Path) -> None:
    told = refused(call("segments", folder=shop, TAILORBIRD_MEMORY_LIMIT="1MB"))
    assert "memory_limit" in told


def test_a_variable_that_is_no_value_is_told_what_it_takes(shop: Path) -> None:
    told = refused(call("segments", folder=shop, TAILORBIRD_MEMORY_LIMIT="lots"))
    assert "TAILORBIRD_MEMORY_LIMIT is 'lots': it takes a size such as 512MB" in told


def test_a_reader_that_stops_early_is_no_error(shop: Path) -> None:
    code = " ".join(
        [f"'{sys.executable}' -c 'from tailorbird.cli import main; main()'", "segments | head -1"]
    )
    done = subprocess.run(
        ["bash", "-c", code], cwd=shop, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("at 2024-03-02")
    assert "Traceback" not in done.stderr


def test_an_interrupted_command_says_so_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    arguments = [*TAILORBIRD, "simulate", "--events", "1000M", "--out", "clicks.parquet"]
    with subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        while not list(tmp_path.iterdir()) and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate()
    assert process.returncode == 2
    assert told == "error: interrupted; what was not finished is not stored\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["prove", "--people", "0"], "0 is not in the range"),
        (["segment"], "Missing argument 'NAME'"),
        (["segments", "--nosuch"], "No such option"),
        (["segmnt"], "did you mean 'segment'?"),
    ],
)
def test_a_wrong_call_is_answered_in_json_where_that_is_asked_for(
    words: list[str], said: str, tmp_path: Path
) -> None:
    done = call(*words, "--json", folder=tmp_path)
    assert (done.returncode, done.stderr) == (2, "")
    assert said in json.loads(done.stdout)["error"]["message"]
