"""`tailorbird check` names every fault with its place, and never ends in a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import FACTS, Run, answer_of, fact, fill


def definitions(folder: Path, text: str, name: str = "shop.yaml") -> None:
    (folder / "definitions" / name).write_text(text)


def test_definitions_that_can_be_used_are_counted(run: Run, folder: Path) -> None:
    assert "no faults: 2 traits, 1 scores, 3 segments, 2 personas" in run("check").output


def test_each_fault_is_told_with_file_line_and_column(run: Run, folder: Path) -> None:
    definitions(folder, "segments:\n  one: cuont('A') > 2\n  two: in_segment('tree')\n  tree: 3\n")
    lines = run("check", code=1).output.splitlines()
    assert lines[0].startswith("definitions/shop.yaml:2:8: ")
    assert "did you mean 'count'?" in lines[0]
    assert any(line.startswith("definitions/shop.yaml:4:9: ") for line in lines)


def test_faults_in_json_have_their_place_in_parts(run: Run, folder: Path) -> None:
    definitions(folder, "segments:\n  one: did(3)\n")
    told = answer_of(run("check", "--json", code=1))
    assert told["ok"] is False
    (problem,) = told["problems"]
    assert (problem["file"], problem["line"]) == ("definitions/shop.yaml", 2)
    assert problem["severity"] == "error"


def test_a_warning_is_told_and_is_no_fault(run: Run, folder: Path) -> None:
    definitions(folder, 'segments:\n  odd: count("A") == "3"\n')
    told = run("check")
    assert "definitions/shop.yaml:2:8: warning: " in told.output
    assert "no faults" in told.output


def test_faults_in_the_settings_do_not_hide_those_in_the_definitions(
    run: Run, folder: Path
) -> None:
    (folder / "tailorbird.yaml").write_text("# a zone that is none\nzone: Europe/Lundon\n")
    definitions(folder, "segments:\n  one: [1]\n")
    told = run("check", code=1).output
    assert "tailorbird.yaml:2:7: `zone` takes an IANA zone" in told
    assert "definitions/shop.yaml:2:8: " in told


def test_a_figure_that_nobody_has_written_is_named(run: Run, folder: Path) -> None:
    definitions(
        folder,
        'traits:\n  spent: sum("A", properties.x)\n'
        'segments:\n  top: percentile_rank(trait("spent")) >= 80\n',
    )
    assert 'percentile_rank(trait("spent")) has no figure' in run("check").output
    assert answer_of(run("check", "--json"))["figures_absent"] == ['trait("spent")']


@pytest.mark.parametrize(
    "text",
    [
        "segments: [",
        "segments:\n\tone: did('A')",
        "&a [*a]",
        "segments: {one: !!python/object did('A')}",
        "\x00",
        "segments:\n  one: " + "not " * 5_000 + "did('A')",
        "segments:\n  one: " + "(" * 5_000 + "1",
        "- " * 3_000 + "x",
        "segments:\n  one: did('" + "x" * 5_000_000 + "')",
        "segments:\n  one: count('A') > 1e400",
        "segments:\n  one: in_segment('two')\n  two: in_segment('one')\n",
        'segments:\n  one: did("\\ud800")',
    ],
    ids=range(12),
)
def test_what_is_no_definition_is_a_fault_and_no_traceback(
    run: Run, folder: Path, text: str
) -> None:
    definitions(folder, text)
    told = run("check", code=1).output
    assert told.startswith("definitions/shop.yaml")


def test_a_file_that_is_no_text_is_a_fault_with_its_place(run: Run, folder: Path) -> None:
    (folder / "definitions" / "shop.yaml").write_bytes(b"segments:\n  one: \xff\n")
    told = run("check", code=1).output
    assert told.startswith("definitions/shop.yaml:2:1: the file is not UTF-8")


def test_a_file_that_cannot_be_read_is_named(run: Run, folder: Path) -> None:
    (folder / "definitions" / "gone.yaml").symlink_to("nowhere.yaml")
    told = run("check", code=2).output
    assert "error: definitions/gone.yaml cannot be read" in told


def test_a_project_without_definitions_says_what_to_do(run: Run, folder: Path) -> None:
    (folder / "definitions" / "shop.yaml").unlink()
    (folder / "definitions").rmdir()
    assert "`tailorbird init`" in run("check", code=2).output


NAMES = """\
segments:
  slip: did("Order Complete")
  meant: did("Gift Card Bought")
  stepped: sequence(step("Product Viewd"), ["Order Completed", "Product Added"], within="1h")
  chosen: in_list("vips") and in_list("vip")
  tried: in_experiment("bannr", "a") or predicted("churn") > 1
  there: inside(context.location, "town")
scores:
  bought: {points: {Order Complted: 1}}
"""


def test_a_name_that_no_fact_has_is_told_with_the_nearest_one(run: Run, folder: Path) -> None:
    definitions(folder, NAMES, "names.yaml")
    assert "so far" not in run("check").output  # nothing has happened yet
    fill(
        folder,
        [
            *FACTS,
            fact("ann", "2024-03-01", "$list", list="vip", member=True),
            fact("ann", "2024-03-01", "$exposed", experiment="banner", variation="a"),
        ],
    )
    lines = run("check").output.splitlines()
    told = [line.removeprefix("definitions/names.yaml:") for line in lines if "so far" in line]
    assert [line.replace("warning: no ", "") for line in told] == [
        "2:13: event is called 'Order Complete' so far; did you mean 'Order Completed'?",
        "4:26: event is called 'Product Viewd' so far; did you mean 'Product Viewed'?",
        "5:19: list is called 'vips' so far; did you mean 'vip'?",
        "6:24: experiment is called 'bannr' so far; did you mean 'banner'?",
        "6:51: model is called 'churn' so far; none is known",
        "7:35: area is called 'town' so far; none is known",
        "9:21: event is called 'Order Complted' so far; did you mean 'Order Completed'?",
    ]
    assert len(answer_of(run("check", "--json"))["warnings"]) == len(told)
