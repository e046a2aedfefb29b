from __future__ import annotations

from pathlib import Path

from tailorbird.edges.sources import jsonl_file
from tailorbird.edges.sources.jsonl_file import JsonlFile
from tailorbird.events.mapping import Mapping
from tailorbird.events.table import Reject


def test_objects_are_read_line_by_line_and_bad_lines_refused(
    tmp_path: Path, monkeypatch: object
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b'{"a": 1.5}\n\n[2]\n{"a": "\xff"}\n  \n{"b": null}\n{"c": 3')
    refused: list[Reject] = []
    chunks = list(JsonlFile(file, Mapping("m", "s")).chunks(refused.append))
    rows = [(n, row) for chunk in chunks for n, row in zip(chunk.lines, chunk.rows, strict=True)]
    assert rows == [(1, {"a": 1_500_000}), (6, {"b": None})]
    assert sorted(reject.line for reject in refused) == [3, 4, 7]
    assert chunks[0].raw(1) == '{"b": null}'


def test_large_files_come_in_chunks_with_their_own_lines(tmp_path: Path) -> None:
    count = jsonl_file.CHUNK_ROWS + 5
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(f'{{"n": {n}}}\n' for n in range(count)))
    first, second = JsonlFile(file, Mapping("m", "s")).chunks(lambda _: None)
    assert (len(first.rows), len(second.rows)) == (jsonl_file.CHUNK_ROWS, 5)
    assert second.lines[0] == jsonl_file.CHUNK_ROWS + 1
    assert second.raw(4) == f'{{"n": {count - 1}}}'
