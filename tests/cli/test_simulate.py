from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tailorbird.cli import main

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "simulate.md"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["simulate", *map(str, words)])


def test_rows_and_truth_are_written_and_the_next_step_is_named(tmp_path: Path) -> None:
    out, truth = tmp_path / "clicks.parquet", tmp_path / "truth.json"
    done = run("--events", "5k", "--out", out, "--truth", truth)
    assert done.exit_code == 0
    assert "5,000 rows of 2,272 people" in done.output
    assert f"tailorbird import {out} --mapping simulated" in done.output
    assert out.read_bytes()[:4] == b"PAR1"
    assert json.loads(truth.read_text())["simulation"]["events"] == 5_000


def test_json_lines_are_chosen_by_the_name_and_packed_when_it_ends_in_gz(tmp_path: Path) -> None:
    done = run("--events", "500", "--out", tmp_path / "clicks.jsonl", "--json")
    assert json.loads(done.output)["format"] == "jsonl"
    assert len((tmp_path / "clicks.jsonl").read_text().splitlines()) == 500
    done = run("--events", "500", "--out", tmp_path / "clicks.jsonl.gz")
    assert "--mapping segment-jsonl" in done.output
    assert (tmp_path / "clicks.jsonl.gz").read_bytes()[:2] == b"\x1f\x8b"


def test_the_format_can_be_said_when_the_name_does_not_tell_it(tmp_path: Path) -> None:
    refused = run("--out", tmp_path / "clicks")
    assert refused.exit_code == 2
    assert ".parquet, .jsonl or .jsonl.gz" in refused.output
    assert run("--events", "100", "--out", tmp_path / "clicks", "--format", "jsonl").exit_code == 0


def test_every_option_reaches_the_simulation(tmp_path: Path) -> None:
    shape = {"people": 300, "days": 9, "seed": 4, "planted": 2}
    shares = {"late": 0.1, "duplicates": 0.05, "bots": 0.02, "merged": 0.03}
    options = [f"--{name}={value}" for name, value in {**shape, **shares}.items()]
    truth = tmp_path / "truth.json"
    done = run(
        *options,
        "--events=2_000",
        "--start=2023-02-03",
        "--out",
        tmp_path / "a.jsonl",
        "--truth",
        truth,
    )
    assert done.exit_code == 0, done.output
    told = json.loads(truth.read_text())["simulation"]
    assert told == {"events": 2_000, "start": "2023-02-03T00:00:00Z", **shape, **shares}


def test_a_file_that_exists_is_replaced_only_when_that_is_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "mine.jsonl"
    out.write_text("precious")
    refused = run("--events", "100", "--out", out)
    assert refused.exit_code == 2
    assert "exists" in refused.output
    assert out.read_text() == "precious"
    assert run("--events", "100", "--out", out, "--overwrite").exit_code == 0
    assert len(out.read_text().splitlines()) == 100


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--events", "many"], "'many' is no count; write for example 5000, 250k or 10M"),
        (["--start", "yesterday"], "--start is 'yesterday': write a date such as 2024-01-01"),
        (["--late", "0.5"], "late is 0.5: it must lie between 0 and 0.2"),
        (["--people", "1M"], "people is 1000000: it must lie between 1 and"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    tmp_path: Path, words: list[str], said: str
) -> None:
    refused = run(*words, "--out", tmp_path / "a.parquet")
    assert refused.exit_code == 2
    assert said in refused.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    refused = run("--out", tmp_path / "nowhere" / "a.parquet")
    assert refused.exit_code == 2
    assert "there is no folder" in refused.output


def test_rows_and_truth_cannot_go_to_one_file(tmp_path: Path) -> None:
    refused = run("--out", tmp_path / "a.jsonl", "--truth", tmp_path / "a.jsonl")
    assert refused.exit_code == 2
    assert "cannot both go to" in refused.output


def test_every_option_is_in_the_reference() -> None:
    options = re.findall(r"(?m)^ +(--[a-z]+)", run("--help").output)
    text = REFERENCE.read_text(encoding="utf-8")
    assert len(options) > 12
    assert [option for option in options if f"`{option}" not in text and option != "--help"] == []
