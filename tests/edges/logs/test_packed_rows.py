"""Frames read by arrays say what they say read row by row."""

from __future__ import annotations

import os

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tailorbird.edges.logs.packed_rows import rows_in
from tailorbird.edges.logs.sealed_groups import frames_of, opened, packed, subjects_in, unpacked
from tailorbird.events.columns import FactColumns, columns_from_rows
from tailorbird.events.packed import PackedColumns, Texts
from tailorbird.governance.seals import KEY_BYTES, keyed_hash

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_LONG = st.integers(0, 70_000).map("x".__mul__)
_NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-200, 70_000))
_ROWS = st.tuples(
    st.sampled_from(["ann", "bob", "größer", ""]),
    _NUMBERS,
    _TEXTS,
    _TEXTS,
    st.booleans(),
    st.booleans(),
    _TEXTS,
    _NUMBERS,
    st.one_of(st.none(), _TEXTS, _LONG),
    st.one_of(st.none(), _TEXTS),
)


def facts_in(columns: PackedColumns) -> FactColumns:
    """The same as lists."""
    found = []
    for name, column in columns._asdict().items():
        if isinstance(column, Texts):
            spans = zip(column.starts.tolist(), column.lengths.tolist(), strict=True)
            found.append([None if n < 0 else column.data[at : at + n].decode() for at, n in spans])
        else:
            values = column.tolist()
            found.append([bool(value) for value in values] if name.startswith("act") else values)
    return FactColumns._make(found)


@given(rows=st.lists(_ROWS, max_size=12), first=st.integers(0, 2**40))
@example(rows=[("ann", 5, "m", "Seen", True, False, "web", 5, None, "{}")] * 20, first=0)
@example(
    rows=[
        ("ann", 5, "m" * n, "Seen", True, True, "web", 5, "ü" * n, None)
        for n in (0, 15, 16, 31, 32, 127, 128, 255, 256, 2**16 - 1, 2**16)
    ],
    first=0,
)
@example(
    rows=[("ann", n, "m", "Seen", True, False, "web", -n, None, None) for n in (127, 128, 255, 256)]
    + [("bob", n, "m", "Seen", True, False, "web", -n, None, None) for n in (32, 33, 2**32, 2**31)],
    first=0,
)
def test_frames_are_read_as_row_by_row(rows: list[tuple[object, ...]], first: int) -> None:
    columns = columns_from_rows(rows)
    hashes = {subject: keyed_hash(bytes(32), subject) for subject in columns.subject}
    keys = {hash_: bytes(KEY_BYTES) for hash_ in hashes.values()}
    blob = packed(columns, subjects_in(columns), first, hashes.__getitem__, keys, os.urandom)
    told = list(opened(frames_of(blob), first, keys))
    found = facts_in(rows_in([plain for _, plain in told]))
    places = [place for places, _ in told for place in places]
    by_row = unpacked(frames_of(blob), first, keys)
    in_order = sorted(range(len(places)), key=places.__getitem__)
    assert [(places[row], tuple(column[row] for column in found)) for row in in_order] == by_row


@pytest.mark.parametrize(
    "plain",
    [
        ("ann", []),
        ("ann", [[5] * 9]),
        ("ann", [["x", "m", "Seen", True, True, "web", 5, None, None]]),
        ("ann", [[5, "m", "Seen", 3, True, "web", 5, None, None]]),
        ("ann", [[5, "m", "Seen", True, True, "web", 5, None]]),
        ("ann", [[5, "m", "Seen", True, True, "web", 5.5, None, None]]),
        (7, [[5, "m", "Seen", True, True, "web", 5, None, None]]),
        ("ann", [], 3),
    ],
)
def test_what_nobody_writes_is_refused(plain: object) -> None:
    with pytest.raises(ValueError):
        rows_in([msgspec.msgpack.encode(plain)])
