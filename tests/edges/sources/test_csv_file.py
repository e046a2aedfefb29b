from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailorbird.edges.sources import lines
from tailorbird.edges.sources.csv_file import RECORD_LINES, CsvFile
from tailorbird.events.mapping import Mapping, parse_mapping
from tailorbird.events.table import Reject
from tailorbird.kernel.errors import InputError

PLAIN = Mapping("shop", "shop")


def read(path: Path, mapping: Mapping = PLAIN) -> tuple[list[tuple[int, list[str]]], list[Reject]]:
    """All rows with the lines they begin in, and the refused ones."""
    refused: list[Reject] = []
    found: list[tuple[int, list[str]]] = []
    for chunk in CsvFile(path, mapping).chunks(refused.append):
        found += [(n, list(map(str, row))) for n, row in zip(chunk.lines, chunk.rows, strict=True)]
    return found, refused


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def test_rows_come_with_the_lines_they_begin_in(file: Path) -> None:
    file.write_text('a,b\n1,2\n\n"x\ny","say ""hi"""\n3,4\n')
    assert CsvFile(file, PLAIN).columns == ["a", "b"]
    assert read(file) == ([(2, ["1", "2"]), (4, ["x\ny", 'say "hi"']), (6, ["3", "4"])], [])


def test_rows_with_too_few_or_too_many_cells_are_refused(file: Path) -> None:
    for quoted in ("", '"5",6\n'):
        file.write_text("a,b\n1\n1,2\n1,2,3\n" + quoted)
        found, refused = read(file)
        assert found[0] == (3, ["1", "2"])
        assert refused == [
            Reject(2, "too few columns: 1, expected 2", "1"),
            Reject(4, "too many columns: 3, expected 2", "1,2,3"),
        ]


def test_a_last_line_that_is_cut_off_is_told_as_such(file: Path) -> None:
    file.write_text("a,b\n1,2\n3")
    assert read(file)[1] == [Reject(3, "the last line is cut off: 1 of 2 columns", "3")]
    file.write_text("a,b\n1,2\n3,4")
    assert read(file) == ([(2, ["1", "2"]), (3, ["3", "4"])], [])


def test_a_quote_that_is_never_closed_costs_its_own_line_only(file: Path) -> None:
    many = "".join(f"{n},y\n" for n in range(RECORD_LINES * 2))
    for rest in ("1,2\n3,4\n", many):
        file.write_text('a,b\n"open,x\n' + rest)
        found, refused = read(file)
        assert [row for _, row in found] == [line.split(",") for line in rest.splitlines()]
        assert [(reject.line, reject.raw) for reject in refused] == [(2, '"open,x')]


def test_a_quote_that_is_closed_in_a_later_row_costs_its_own_line_only(file: Path) -> None:
    file.write_text('a,b\n"open,x\n1,2\n"p","q"\n3,4\n')
    found, refused = read(file)
    assert [row for _, row in found] == [["1", "2"], ["p", "q"], ["3", "4"]]
    assert [reject.line for reject in refused] == [2]


def test_a_quote_in_the_middle_of_a_cell_is_a_character(file: Path) -> None:
    file.write_text('a,b\n5" pipe,1\n6" pipe,2\n')
    assert read(file) == ([(2, ['5" pipe', "1"]), (3, ['6" pipe', "2"])], [])


def test_other_separators_and_files_without_names_of_columns_are_read(file: Path) -> None:
    mapping = Mapping("shop", "shop", separator="\t", columns=("a", "b"))
    file.write_text("1\t2,5\n3\t4\n")
    assert read(file, mapping) == ([(1, ["1", "2,5"]), (2, ["3", "4"])], [])


def test_a_file_that_cannot_be_the_one_meant_is_refused_at_once(file: Path) -> None:
    file.write_text("a,b,a\n")
    with pytest.raises(InputError, match="more than one column 'a'"):
        CsvFile(file, PLAIN)
    with pytest.raises(InputError, match="has 3 columns, but the mapping shop names 2: a, b"):
        CsvFile(file, Mapping("shop", "shop", columns=("a", "b")))
    file.write_text("")
    with pytest.raises(InputError, match="is empty"):
        CsvFile(file, PLAIN)


def test_variants_are_told_apart_by_their_number_of_columns(file: Path) -> None:
    entry = "- {{columns: {0}, person: a, time: a, event: {{constant: {1}}}}}\n"
    both = entry.format("[a, b]", "Two") + entry.format("[a, b, c]", "Three")
    mapping = parse_mapping("source: s\nvariants:\n" + both, "s.yaml", "s")
    file.write_text("1,2,3\n")
    assert CsvFile(file, mapping).mapping.constant == "Three"
    file.write_text("1\n")
    with pytest.raises(InputError, match="has 1 column; the mapping s reads 2 or 3"):
        CsvFile(file, mapping)


CELL = st.text(st.sampled_from('ab,"\n é'), max_size=4)


@settings(max_examples=60)
@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=12), st.integers(1, 40))
def test_what_a_writer_of_csv_writes_is_read_back_whatever_the_blocks(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], size: int
) -> None:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [("x", "y", "z"), *rows]
    )
    file = tmp_path_factory.mktemp("csv") / "rows.csv"
    file.write_text(written.getvalue())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_BYTES", size)
        found, refused = read(file)
    assert [tuple(row) for _, row in found] == rows
    assert refused == []
