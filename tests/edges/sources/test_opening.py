from __future__ import annotations

from pathlib import Path

import pytest

from tailorbird.edges.sources.opening import format_of, load_mapping, open_rows
from tailorbird.events.mapping import Mapping
from tailorbird.kernel.errors import DefinitionError, InputError, UnknownNameError

ANY = Mapping("m", "s")


@pytest.mark.parametrize(
    ("name", "mapping", "chosen"),
    [
        ("a.csv", ANY, "csv"),
        ("a.TSV.GZ", ANY, "csv"),
        ("a.dat", ANY, "csv"),
        ("a.parquet.gz", ANY, "parquet"),
        ("a.ndjson", ANY, "jsonl"),
        ("a.parquet", Mapping("m", "s", format="csv"), "parquet"),
        ("a", Mapping("m", "s", format="csv"), "csv"),
        ("a.log", Mapping("m", "s", format="jsonl"), "jsonl"),
        ("a.log", Mapping("m", "s", format="segment"), "jsonl"),
    ],
)
def test_the_ending_of_a_name_says_the_format_or_else_the_mapping(
    name: str, mapping: Mapping, chosen: str
) -> None:
    assert format_of(Path(name), mapping) == chosen


def test_a_file_of_no_known_format_is_refused_with_what_is_known() -> None:
    with pytest.raises(InputError, match=r"should end in one of \.csv"):
        format_of(Path("a.log"), ANY)
    with pytest.raises(InputError, match="the mapping m reads JSON lines"):
        format_of(Path("a.parquet"), Mapping("m", "s", format="segment"))


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file .*gone\.csv"):
        open_rows(tmp_path / "gone.csv", ANY)
    with pytest.raises(InputError, match="there is no file"):
        open_rows(tmp_path, ANY)


def test_a_mapping_is_a_ready_one_or_a_file(tmp_path: Path) -> None:
    assert load_mapping("rees46").source == "rees46"
    own = tmp_path / "own.yaml"
    own.write_text("source: own\nperson: a\ntime: b\nevent: c\n")
    assert load_mapping(str(own)).name == "own"
    own.write_text("source: own\n")
    with pytest.raises(DefinitionError, match=r"own\.yaml:1:1: a mapping needs `person`"):
        load_mapping(str(own))
    own.write_bytes(b"\xff")
    with pytest.raises(InputError, match="cannot be read"):
        load_mapping(str(own))
    with pytest.raises(UnknownNameError, match="did you mean 'rees46'"):
        load_mapping("ress46")
