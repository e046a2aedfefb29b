from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest

from tailorbird.edges import arrow_stream
from tailorbird.edges.arrow_stream import ArrowStream, Chunk, Form
from tailorbird.events.packed import Texts

FORMS: dict[str, Form] = {"amount": "number", "said": "text"}


def numbers(*values: int | None) -> np.ma.MaskedArray[tuple[int], np.dtype[np.int64]]:
    absent = [value is None for value in values]
    return np.ma.MaskedArray([value or 0 for value in values], mask=absent, dtype=np.int64)


def read(stream: ArrowStream, question: str = "SELECT * FROM rows") -> list[tuple[object, ...]]:
    with duckdb.connect() as engine:
        engine.register("rows", stream)
        return engine.execute(question).fetchall()


def test_rows_of_all_chunks_are_read_in_order_with_what_is_absent() -> None:
    chunks: list[Chunk] = [
        {"amount": numbers(1, None, -(2**63)), "said": ["a", None, "größer"]},
        {"amount": numbers(2**63 - 1), "said": [""]},
        {"amount": numbers(None, None), "said": [None, None]},
    ]
    assert read(ArrowStream(FORMS, iter(chunks))) == [
        (1, "a"),
        (None, None),
        (-(2**63), "größer"),
        (2**63 - 1, ""),
        (None, None),
        (None, None),
    ]


def test_a_stream_without_chunks_is_an_empty_table() -> None:
    assert read(ArrowStream(FORMS, iter([])), "SELECT count(*), max(said) FROM rows") == [(0, None)]


def test_numbers_without_a_mask_are_all_present() -> None:
    plain = np.ma.MaskedArray(np.arange(5_000))
    stream = ArrowStream({"amount": "number"}, iter([{"amount": plain}]))
    assert read(stream, "SELECT sum(amount), count(amount) FROM rows") == [(12_497_500, 5_000)]


def test_a_slice_of_longer_columns_is_read_from_where_it_begins() -> None:
    long = np.ma.MaskedArray(np.arange(100), mask=np.arange(100) % 2 == 0)
    stream = ArrowStream({"amount": "number"}, iter([{"amount": long[41:44]}]))
    assert read(stream) == [(41,), (None,), (43,)]


def test_memory_is_given_back_chunk_by_chunk() -> None:
    held: list[int] = []

    def chunks() -> Iterator[Chunk]:
        for _ in range(200):
            yield {"amount": numbers(*range(100)), "said": ["x"] * 100}
            held.append(len(stream.owned))

    stream = ArrowStream(FORMS, chunks())
    assert read(stream, "SELECT count(*) FROM rows") == [(20_000,)]
    assert len(held) == 200
    assert max(held) < 40


def test_what_goes_wrong_while_rows_are_made_ends_the_query_and_is_kept() -> None:
    def chunks() -> Iterator[Chunk]:
        yield {"amount": numbers(1), "said": ["a"]}
        raise OSError("the well is dry")

    stream = ArrowStream(FORMS, chunks())
    with pytest.raises(duckdb.Error, match="could not be made"):
        read(stream)
    assert str(stream.failure) == "the well is dry"


@pytest.mark.parametrize("part_bits", [30, 5])
def test_packed_texts_are_read_from_where_they_lie(
    monkeypatch: pytest.MonkeyPatch, part_bits: int
) -> None:
    monkeypatch.setattr(arrow_stream, "_PART_BITS", part_bits)
    texts = ["", "a", "größer als", "exactly 12 b", "thirteen byte", None, "x" * 31, "the end"]
    encoded = [b"" if text is None else text.encode() for text in texts]
    lengths = [-1 if text is None else len(said) for text, said in zip(texts, encoded, strict=True)]
    starts = np.cumsum([3, *map(len, encoded)])[:-1]
    packed = Texts(b"..." + b"".join(encoded), starts, np.array(lengths))
    twice = packed.picked(np.array([7, 6, 5, 4, 3, 2, 1, 0]))
    forms: dict[str, Form] = {"said": "packed", "back": "packed"}
    stream = ArrowStream(forms, iter([{"said": packed, "back": twice}]))
    assert read(stream) == list(zip(texts, reversed(texts), strict=True))


def test_no_packed_texts_are_no_rows() -> None:
    none = np.zeros(0, np.int64)
    stream = ArrowStream({"said": "packed"}, iter([{"said": Texts(b"", none, none)}]))
    assert read(stream, "SELECT count(*) FROM rows") == [(0,)]
