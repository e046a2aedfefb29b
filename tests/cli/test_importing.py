"""`tailorbird import` accounts for every row, and stores nothing twice or by halves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run, answer_of

from tailorbird.edges.sources.lines import BLOCK_BYTES

MAPPING = """\
source: shop
person: who
time: {column: when}
event: what
id: id
properties:
  price: {column: price, type: number}
"""
ROWS = """\
id,who,when,what,price
1,ann,2024-01-01T10:00:00Z,Product Viewed,12.5
2,bob,2024-01-02T10:00:00Z,Product Viewed,3
3,ann,yesterday,Product Viewed,3
4,,2024-01-02T10:00:00Z,Product Viewed,3
5,cid,2024-01-02T10:00:00Z,Product Viewed,3,more
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    rows, mapping = tmp_path / "rows.csv", tmp_path / "own.yaml"
    rows.write_text(ROWS)
    mapping.write_text(MAPPING)
    return rows, mapping


def test_every_row_is_accounted_for(run: Run, folder: Path, files: tuple[Path, Path]) -> None:
    told = answer_of(run("import", files[0], "--mapping", files[1], "--json"))
    assert (told["rows"], told["accepted"], told["duplicates"], told["rejected"]) == (5, 2, 0, 3)
    assert told["rows_per_s"] > 0


def test_rejected_rows_are_written_down_with_line_and_reason(
    run: Run, folder: Path, files: tuple[Path, Path]
) -> None:
    told = answer_of(run("import", files[0], "--mapping", files[1], "--json"))
    rejects = [json.loads(line) for line in Path(told["rejects_file"]).read_text().splitlines()]
    assert sorted(reject["line"] for reject in rejects) == [4, 5, 6]
    assert all(reject["reason"] and reject["raw"] for reject in rejects)


def test_importing_again_changes_nothing_and_keeps_the_earlier_rejects(
    run: Run, folder: Path, files: tuple[Path, Path]
) -> None:
    first = answer_of(run("import", files[0], "--mapping", files[1], "--json"))
    again = answer_of(run("import", files[0], "--mapping", files[1], "--json"))
    assert (again["accepted"], again["duplicates"]) == (0, 2)
    assert first["rejects_file"] != again["rejects_file"]
    assert Path(first["rejects_file"]).exists()


def test_people_read_the_report_in_sentences(
    run: Run, folder: Path, files: tuple[Path, Path]
) -> None:
    told = run("import", files[0], "--mapping", files[1]).output
    assert "2 new facts, 0 known before" in told
    assert "3 rows rejected, see data/rejects/rows.csv.jsonl" in told


def test_a_mapping_that_is_not_known_gets_the_nearest_name(
    run: Run, folder: Path, files: tuple[Path, Path]
) -> None:
    told = run("import", files[0], "--mapping", "ress46", code=2).output
    assert "did you mean 'rees46'?" in told


def test_a_column_that_is_not_there_is_named_and_nothing_is_stored(
    run: Run, folder: Path, files: tuple[Path, Path]
) -> None:
    files[1].write_text(MAPPING.replace("person: who", "person: hwo"))
    assert "did you mean 'who'?" in run("import", files[0], "--mapping", files[1], code=2).output
    assert "nobody has done anything" in run("segments", code=2).output


@pytest.mark.parametrize("name", ["absent.csv", "folder.csv"])
def test_a_file_that_is_not_there_is_named(run: Run, folder: Path, name: str) -> None:
    (folder / "folder.csv").mkdir()
    assert name in run("import", name, "--mapping", "rees46", code=2).output


def test_a_file_that_is_no_parquet_is_told_so(run: Run, folder: Path) -> None:
    Path("x.parquet").write_bytes(b"PAR1 and not more")
    assert "x.parquet" in run("import", "x.parquet", "--mapping", "simulated", code=2).output


def test_a_packed_file_that_is_cut_off_is_told_so(run: Run, folder: Path) -> None:
    Path("x.csv.gz").write_bytes(b"\x1f\x8b\x08\x00")
    told = run("import", "x.csv.gz", "--mapping", "rees46", code=2).output
    assert "x.csv.gz" in told


def test_equal_rows_stay_however_far_apart_they_stand(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    file, mapping = far_apart(tmp_path)
    told = answer_of(run("import", file, "--mapping", mapping, "--json"))
    assert (told["accepted"], told["duplicates"]) == (900, 0)
    told = answer_of(run("import", file, "--mapping", mapping, "--json"))
    assert (told["accepted"], told["duplicates"]) == (0, 900)
    with file.open("a") as stream:
        stream.write("ann,2024-01-01,Seen,\nbob,2024-01-01,Seen,\n")
    told = answer_of(run("import", file, "--mapping", mapping, "--json"))
    assert (told["accepted"], told["duplicates"]) == (2, 900)


def test_a_file_of_which_nothing_can_be_read_ends_with_1(
    run: Run, folder: Path, files: tuple[Path, Path]
) -> None:
    rows, mapping = files
    rows.write_text("id,who,when,what,price\n1,ann,yesterday,Product Viewed,1\n")
    told = answer_of(run("import", rows, "--mapping", mapping, "--json", code=1))
    assert (told["accepted"], told["rejected"]) == (0, 1)


def far_apart(folder: Path) -> tuple[Path, Path]:
    """A file that is read in several parts, with one row that stands in each of them."""
    file, mapping = folder / "far.csv", folder / "plain.yaml"
    mapping.write_text("source: shop\nperson: who\ntime: when\nevent: what\n")
    with file.open("w") as stream:
        stream.write("who,when,what,note\n")
        for number in range(900):
            equal = number in (10, 450, 890)
            note = "" if equal else f"{number} " + "x" * 10_000
            stream.write(f"ann,2024-01-01,Seen,{note}\n")
    assert file.stat().st_size > 2 * BLOCK_BYTES
    return file, mapping
