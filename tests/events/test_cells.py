from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.cells import Fragments, Kind, read_number, reader_of, tagged
from tailorbird.kernel.instants import zone
from tailorbird.kernel.values import MISSING, IdNumber, read_tagged, write_tagged


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "007", "007"),
        ("number", " 1.50 ", 1_500_000),
        ("number", "-2e3", -2_000_000_000),
        ("number", "00.0000015", 2),
        ("number", ".5", 500_000),
        ("number", "5.", 5_000_000),
        ("number", "99999999999.123456", 99_999_999_999_123_456),
        ("number", "999999999999.9", 999_999_999_999_900_000),
        ("number", "1.2.3", MISSING),
        ("number", "NaN", MISSING),
        ("number", "1e400", MISSING),
        ("number", "1_000", MISSING),
        ("number", "\u0661", MISSING),
        ("number", "12,5", MISSING),
        ("number", "12345678901234567890", IdNumber("12345678901234567890")),
        ("boolean", "Yes", True),
        ("boolean", "0", False),
        ("boolean", "maybe", MISSING),
        ("time", "2024-07-01 12:00", "2024-07-01T10:00:00Z"),
        ("time", "later", MISSING),
        ("json", '[{"n": 1.5}]', [{"n": 1_500_000}]),
        ("json", "[1", MISSING),
        ("json", '["\\ud800"]', MISSING),
        ("json", '{"\\u0000": 1}', MISSING),
        ("json", '["\\ud83d\\ude00"]', ["\U0001f600"]),
        ("json", "[" * 33 + "]" * 33, MISSING),
        ("json", "[" * 100_000, MISSING),
    ],
)
def test_a_cell_is_read_as_its_column_says(kind: Kind, text: str, value: Any) -> None:
    assert reader_of(kind, zone("Europe/Berlin"))(text) == value


def test_a_sign_can_be_left_out_and_a_text_can_stand_for_no_value() -> None:
    read = reader_of("number", absolute=True, unknown={"0"})
    assert [read(text) for text in ("-2", "2", "0", "0.0")] == [2_000_000, 2_000_000, MISSING, 0]


def test_an_empty_cell_is_a_value_only_where_the_file_knows_nulls() -> None:
    assert Fragments("a", str).column(["", None, "x"]) == ["", "", '"a":"x"']
    assert Fragments("a", str, blank=True).column(["", None]) == ['"a":""', ""]
    assert Fragments("n", read_number, blank=True).column(["", "1"]) == ["", '"n":1000000']


def test_a_key_that_looks_like_a_tag_is_escaped() -> None:
    (member,) = Fragments("#", str).column(["x"])
    assert read_tagged("{" + member + "}") == {"#": "x"}


def test_an_explicit_null_is_a_member_and_something_missing_is_none() -> None:
    assert Fragments("a", str).values([None, MISSING, [MISSING]]) == ['"a":null', "", '"a":[null]']


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**17), 10**17), TEXTS, st.just(IdNumber("9" * 20))
    ),
    lambda inner: (
        st.lists(inner | st.just(MISSING), max_size=3)
        | st.dictionaries(
            TEXTS | st.sampled_from(["#", "##"]), inner | st.just(MISSING), max_size=3
        )
    ),
    max_leaves=8,
)


@given(VALUES)
def test_the_quick_writer_writes_what_the_careful_one_does(value: Any) -> None:
    assert tagged(value) == write_tagged(value)
