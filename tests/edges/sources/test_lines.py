from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tailorbird.edges.sources import lines
from tailorbird.edges.sources.lines import LINE_BYTES, LineFile
from tailorbird.events.table import Reject


def read(path: Path, encoding: str = "utf-8") -> tuple[list[tuple[int, str]], list[Reject]]:
    """Every line with its number, and the refused ones."""
    refused: list[Reject] = []
    found: list[tuple[int, str]] = []
    for block in LineFile(path, encoding).blocks(refused.append):
        found += enumerate(block.text.split("\n"), block.first_line)
    return found, refused


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lines.txt"


def test_lines_are_numbered_over_blocks(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = [f"line {n} {'x' * (n % 50)}" for n in range(1, 500)]
    for ending in ("\n", "\r\n"):
        file.write_bytes((ending.join(written) + ending).encode())
        for size in (1, 7, 64, 1 << 20):
            monkeypatch.setattr(lines, "BLOCK_BYTES", size)
            assert read(file) == (list(enumerate(written, 1)), [])


def test_compressed_files_and_byte_order_marks_are_known_by_what_they_begin_with(
    file: Path,
) -> None:
    file.write_bytes(b"\xef\xbb\xbfa\nb")
    plain = read(file)
    assert plain == ([(1, "a"), (2, "b")], [])
    file.write_bytes(gzip.compress(b"\xef\xbb\xbfa\nb"))
    assert read(file) == plain


def test_a_line_that_is_no_text_is_refused_alone(file: Path) -> None:
    file.write_bytes(b"a\n\xff\xfe\nb\0b\n\xc3\xa9\r\n")
    found, refused = read(file)
    assert found == [(1, "a"), (2, ""), (3, ""), (4, "é")]
    assert [(reject.line, reject.raw) for reject in refused] == [(2, "\\xff\\xfe"), (3, "b\\x00b")]
    assert refused[0].reason.startswith("no utf-8 text")
    assert refused[1].reason == "a NUL character"


def test_another_encoding_can_be_said(file: Path) -> None:
    file.write_bytes("£5".encode("latin-1"))
    assert read(file, "latin-1")[0] == [(1, "£5")]


def test_a_line_too_long_for_a_fact_is_refused_and_not_kept(file: Path) -> None:
    long = b"x" * (LINE_BYTES * 5)
    file.write_bytes(b"a\n" + long + b"\nb\n" + long)
    found, refused = read(file)
    assert [(number, text) for number, text in found if text] == [(1, "a"), (3, "b")]
    assert [reject.line for reject in refused] == [2, 4]
    assert "longer than" in refused[0].reason


def test_a_compressed_file_that_is_cut_off_gives_what_is_there(file: Path) -> None:
    whole = gzip.compress("\n".join(f"line {n * 7919}" for n in range(50_000)).encode())
    file.write_bytes(whole[: len(whole) // 2])
    found, refused = read(file)
    assert found[0] == (1, "line 0")
    assert len(refused) == 1
    assert "cut off" in refused[0].reason


def test_progress_goes_from_nothing_to_the_whole_file(file: Path) -> None:
    file.write_bytes(b"a\nb\n")
    opened = LineFile(file, "utf-8")
    assert opened.progress() == (0, 4)
    list(opened.blocks(lambda _: None))
    assert opened.progress() == (4, 4)
