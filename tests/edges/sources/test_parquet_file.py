from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest

from tailorbird.edges.sources import parquet_file
from tailorbird.edges.sources.parquet_file import ParquetFile
from tailorbird.events.mapping import Mapping
from tailorbird.events.table import Reject
from tailorbird.kernel.errors import InputError

PLAIN = Mapping("m", "s")

TYPED = """
SELECT 0.1::DOUBLE AS a, 0.1::FLOAT AS b, 7::UTINYINT AS c, 1.50::DECIMAL(9, 2) AS d, true AS e,
    TIMESTAMP '2024-05-01 10:00:00.25' AS f, TIMESTAMPTZ '2024-05-01 10:00:00+02' AS g,
    [{'n': 1.5}] AS h, DATE '2024-05-01' AS i, 'it''s' AS j, NULL::VARCHAR AS k, 'nan'::DOUBLE AS l,
    TIMESTAMP_NS '2024-05-01 10:00:00.123456789' AS "m ""x"
"""


def written(path: Path, query: str) -> Path:
    duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def test_every_type_becomes_the_text_that_says_the_exact_value(tmp_path: Path) -> None:
    file = ParquetFile(written(tmp_path / "t.parquet", TYPED), PLAIN)
    (chunk,) = file.chunks(lambda _: None)
    cells = dict(zip(file.columns, chunk.rows[0], strict=True))
    assert cells == {
        "a": "0.1",
        "b": "0.1",
        "c": "7",
        "d": "1.50",
        "e": "true",
        "f": "2024-05-01 10:00:00.25",
        "g": "2024-05-01 08:00:00Z",
        "h": '[{"n":1.5}]',
        "i": "2024-05-01",
        "j": "it's",
        "k": None,
        "l": "nan",
        'm "x': "2024-05-01 10:00:00.123456789",
    }
    kinds = "".join(file.kinds[column][0] for column in file.columns)
    assert kinds == "nnnn" + "b" + "tt" + "j" + "ttt" + "n" + "t"
    assert [file.kinds[column] for column in "fgij"] == ["time", "time", "text", "text"]


def test_rows_keep_the_order_of_the_file_over_chunks(tmp_path: Path) -> None:
    count = parquet_file.CHUNK_ROWS * 2 + 3
    path = written(tmp_path / "t.parquet", f"SELECT range AS n FROM range({count})")
    file = ParquetFile(path, PLAIN)
    rows = [row[0] for chunk in file.chunks(lambda _: None) for row in chunk.rows]
    assert rows == [str(n) for n in range(count)]
    assert file.progress() == (count, count)


def test_a_row_with_a_nul_character_is_refused_alone(tmp_path: Path) -> None:
    query = "SELECT range AS n, if(range = 1, 'a' || chr(0), 'a') AS x FROM range(3)"
    refused: list[Reject] = []
    (chunk,) = ParquetFile(written(tmp_path / "t.parquet", query), PLAIN).chunks(refused.append)
    assert list(chunk.lines) == [1, 3]
    assert chunk.raw(1) == "2\ta"
    assert refused == [Reject(2, "a NUL character", "1\ta\\x00")]


def test_a_compressed_file_is_unpacked_first(tmp_path: Path) -> None:
    plain = written(tmp_path / "t.parquet", "SELECT 1 AS n")
    packed = tmp_path / "t.parquet.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    file = ParquetFile(packed, PLAIN)
    (chunk,) = file.chunks(lambda _: None)
    file.close()
    assert chunk.rows[0] == ("1",)
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(InputError, match="cannot be unpacked"):
        ParquetFile(packed, PLAIN)


def test_a_file_that_is_no_parquet_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_text("these are only notes")
    with pytest.raises(InputError, match=r"t\.parquet cannot be read as Parquet"):
        ParquetFile(path, PLAIN)
