from __future__ import annotations

import pytest

from tailorbird.events.times import TimeForm, TimeReader
from tailorbird.kernel.instants import format_instant, parse_instant, zone

UTC = zone("UTC")
LONDON = zone("Europe/London")


def read(text: str | None, form: TimeForm | None = None) -> str | None:
    instant_us = TimeReader(form or TimeForm()).column([text])[0]
    return None if instant_us is None else format_instant(instant_us)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2019-10-01 00:00:01 UTC", "2019-10-01T00:00:01Z"),
        ("2019-10-01T00:00:01.25Z", "2019-10-01T00:00:01.25Z"),
        ("2019-10-01t00:00:01.123456789z", "2019-10-01T00:00:01.123456Z"),
        ("2019-10-01 02:00", "2019-10-01T02:00:00Z"),
        (" 2019-10-01 ", "2019-10-01T00:00:00Z"),
        ("2019-10-01 02:00:00+02", "2019-10-01T00:00:00Z"),
        ("2019-10-01 02:00:00 -0230", "2019-10-01T04:30:00Z"),
        ("2019-10-01 02:00:00,5+02:30", "2019-09-30T23:30:00.5Z"),
    ],
)
def test_texts_are_read_as_iso_times(text: str, instant: str) -> None:
    assert read(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "soon", "2019-02-29", "2019-10-01 24:00", "2019-10-01 00:60"),
        *("2019-10-01 00:00:60", "20191001", "1570000000", "2019-10-01 00:00:00 CET"),
        *("2019-10-01 00:00:00+24:00", "2019-10-01 00:00-99", "2019-10-01T00:00:00+02:60"),
        *("\u0662019-10-01", "1989-12-31", "2100-01-01", "0000-01-01"),
    ],
)
def test_what_is_no_plausible_time_is_none(text: str | None) -> None:
    assert read(text) is None


def test_a_time_without_offset_is_local_in_the_zone() -> None:
    form = TimeForm(zone=LONDON)
    assert read("2011-07-01 12:00", form) == "2011-07-01T11:00:00Z"
    assert read("2011-12-01 12:00", form) == "2011-12-01T12:00:00Z"
    assert read("2011-07-01 12:00Z", form) == "2011-07-01T12:00:00Z"


def test_a_local_time_that_comes_twice_is_the_first_and_a_skipped_one_counts_on() -> None:
    form = TimeForm(zone=LONDON)
    assert read("2011-10-30 01:30", form) == "2011-10-30T00:30:00Z"
    assert read("2011-03-27 01:30", form) == "2011-03-27T01:30:00Z"


def test_a_pattern_reads_other_ways_to_write_times() -> None:
    form = TimeForm(zone=LONDON, pattern="%d/%m/%Y %H:%M")
    assert read("01/07/2011 12:00", form) == "2011-07-01T11:00:00Z"
    assert read("2011-07-01 12:00", form) is None
    aware = TimeForm(zone=LONDON, pattern="%d/%b/%Y:%H:%M:%S %z")
    assert read("17/May/2015:10:05:03 +0200", aware) == "2015-05-17T08:05:03Z"


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("s", "1570000000.25"),
        ("s", "1.57000000025e9"),
        ("ms", "1570000000250"),
        ("us", "1570000000250000"),
        ("us", "1570000000250000.9"),
    ],
)
def test_counts_since_1970_are_read_in_their_unit(unit: str, text: str) -> None:
    assert read(text, TimeForm(unit=unit)) == "2019-10-02T07:06:40.25Z"


@pytest.mark.parametrize("text", ["1570000000250", "NaN", "1e400", "x", "", "-5", "9" * 30])
def test_a_count_in_another_unit_or_no_count_is_none(text: str) -> None:
    assert read(text, TimeForm(unit="s")) is None


def test_a_column_is_read_row_by_row() -> None:
    texts = ["2019-10-01", None, "2019-10-02", "2019-10-01"]
    first, second = (parse_instant(text, UTC) for text in ("2019-10-01", "2019-10-02"))
    assert TimeReader(TimeForm()).column(texts) == [first, None, second, first]
