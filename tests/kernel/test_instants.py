from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tailorbird.kernel.instants import (
    DAY,
    EPOCH,
    FIRST_INSTANT,
    HOUR,
    LAST_INSTANT,
    MINUTE,
    PERIODS,
    SECOND,
    WEEK,
    Period,
    days_to_anniversary,
    find_zone,
    first_date,
    format_duration,
    format_instant,
    from_datetime,
    local_date,
    local_hour,
    local_weekday,
    next_first_date,
    next_period,
    offset_us,
    parse_duration,
    parse_instant,
    start_of_date,
    start_of_period,
    to_date,
    zone,
)

UTC_ZONE = zone("UTC")
NAMES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia",
         "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Beirut"]  # fmt: skip
ZONES = some.sampled_from(NAMES).map(zone)
INSTANTS = some.integers(FIRST_INSTANT, LAST_INSTANT)
MODERN = some.integers(-50 * 365 * DAY, 80 * 365 * DAY)


def instant(text: str) -> int:
    found = parse_instant(text, UTC_ZONE)
    assert found is not None
    return found


def days(text: str) -> int:
    return local_date(instant(text), UTC_ZONE)


@pytest.mark.parametrize(
    ("text", "length_us"),
    [("0s", 0), ("250us", 250), ("90s", 90 * SECOND), ("10m", 10 * MINUTE), ("2h", 2 * HOUR),
     ("30d", 30 * DAY), ("2w", 2 * WEEK), ("-1d", -DAY), ("007d", 7 * DAY)],
)  # fmt: skip
def test_a_duration_is_a_count_and_a_unit(text: str, length_us: int) -> None:
    assert parse_duration(text) == length_us


@pytest.mark.parametrize(
    "text",
    ["", "d", "7", "7 d", "7D", "1.5h", "1d12h", "1mo", "1y", "+1d", "\uff17d", "999999999d"],
)
def test_any_other_text_is_no_duration(text: str) -> None:
    assert parse_duration(text) is None


@given(some.integers(-(400 * 365 * DAY), 400 * 365 * DAY))
def test_a_printed_duration_reads_back(length_us: int) -> None:
    assert parse_duration(format_duration(length_us)) == length_us


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2024-01-01T05:00Z", "2024-01-01T05:00:00Z"),
        ("2024-01-01t05:00:00.000z", "2024-01-01T05:00:00Z"),
        ("2024-01-01 06:30:00+01:30", "2024-01-01T05:00:00Z"),
        ("2023-12-31T22:00:00-07:00", "2024-01-01T05:00:00Z"),
        ("2024-01-01T05:00:00.123456789Z", "2024-01-01T05:00:00.123456Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
    ],
)
def test_an_instant_is_read_to_the_microsecond(text: str, same: str) -> None:
    assert format_instant(instant(text)) == same


@pytest.mark.parametrize(
    "text",
    ["", "2024", "2024-1-1", "2023-02-29", "2024-01-01T05:00", "2024-01-01T24:00Z",
     "2024-01-01T05:60Z", "2024-01-01T05:00:61Z", "2024-01-01T05:00+24:00", "0000-01-01",
     "2024-01-01T05Z", "2024-01-01T05:00:00.Z", "\uff12024-01-01", " 2024-01-01", "9999-12-31"],
)  # fmt: skip
def test_any_other_text_is_no_instant(text: str) -> None:
    assert parse_instant(text, UTC_ZONE) is None


@given(INSTANTS)
def test_a_printed_instant_reads_back(instant_us: int) -> None:
    assert parse_instant(format_instant(instant_us), zone("Asia/Kathmandu")) == instant_us


@given(some.datetimes(timezones=some.just(timezone(timedelta(hours=3)))))
def test_an_aware_datetime_names_the_instant_that_its_text_names(moment: datetime) -> None:
    expected = (moment - EPOCH) // timedelta(microseconds=1)
    assert from_datetime(moment) == expected


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        from_datetime(datetime(2024, 1, 1, tzinfo=UTC).replace(tzinfo=None))


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "", "../UTC", "Europe", "UTC/", "/UTC", "europe/berlin", "zone.tab"]
)
def test_an_unknown_zone_is_not_found(name: str) -> None:
    assert find_zone(name) is None


def test_every_zone_of_the_pinned_database_is_found() -> None:
    names = resources.files("tzdata").joinpath("zones").read_text().split()
    assert len(names) > 400
    assert [name for name in names if find_zone(name) is None] == []


def test_asking_for_a_zone_that_is_not_there_raises() -> None:
    with pytest.raises(ValueError, match="no zone 'Mars/Olympus'"):
        zone("Mars/Olympus")


@given(MODERN, ZONES)
def test_an_instant_lies_in_its_local_date(instant_us: int, in_zone: ZoneInfo) -> None:
    day = local_date(instant_us, in_zone)
    wall = (EPOCH + timedelta(microseconds=instant_us)).astimezone(in_zone)
    assert to_date(day) == wall.date()
    assert local_hour(instant_us, in_zone) == wall.hour
    assert local_weekday(instant_us, in_zone) == wall.isoweekday()
    assert offset_us(instant_us, in_zone) == wall.utcoffset() // timedelta(microseconds=1)


@given(MODERN, ZONES, some.sampled_from(PERIODS))
def test_a_period_starts_before_an_instant_and_the_next_one_after_it(
    instant_us: int, in_zone: ZoneInfo, period: Period
) -> None:
    start, end = (
        start_of_period(instant_us, period, in_zone),
        next_period(instant_us, period, in_zone),
    )
    assert start <= instant_us < end


@given(some.integers(-20_000, 40_000), some.sampled_from(PERIODS))
def test_periods_of_dates_follow_each_other_without_a_gap(day: int, period: Period) -> None:
    first, following = first_date(day, period), next_first_date(day, period)
    assert first <= day < following
    assert first_date(following - 1, period) == first
    assert first_date(following, period) == following


@pytest.mark.parametrize(
    ("period", "start"),
    [("day", "2024-08-15"), ("week", "2024-08-12"), ("month", "2024-08-01"),
     ("quarter", "2024-07-01"), ("year", "2024-01-01")],
)  # fmt: skip
def test_a_period_begins_at_its_first_local_midnight(period: Period, start: str) -> None:
    asked = instant("2024-08-15T12:00Z")
    assert start_of_period(asked, period, UTC_ZONE) == instant(start)


def test_a_day_has_23_or_25_hours_when_the_clocks_change() -> None:
    berlin = zone("Europe/Berlin")

    def hours(text: str) -> int:
        day = days(text)
        return (start_of_date(day + 1, berlin) - start_of_date(day, berlin)) // HOUR

    assert [hours("2024-03-31"), hours("2024-10-27"), hours("2024-06-01")] == [23, 25, 24]


def test_a_date_whose_midnight_is_skipped_starts_at_its_first_instant() -> None:
    beirut = zone("Asia/Beirut")
    start = start_of_date(days("2022-03-27"), beirut)
    assert local_date(start, beirut) == days("2022-03-27")
    assert local_date(start - 1, beirut) == days("2022-03-26")
    assert local_hour(start, beirut) == 1


@pytest.mark.parametrize(
    ("born", "today", "ahead"),
    [
        ("1990-05-10", "2024-05-10", 0),
        ("1990-05-10", "2024-05-09", 1),
        ("1990-05-10", "2024-05-11", 364),
        ("1990-01-02", "2023-12-30", 3),
        ("2000-02-29", "2023-02-28", 1),
        ("2000-02-29", "2024-02-28", 1),
        ("2000-02-29", "2023-03-01", 0),
    ],
)
def test_an_anniversary_is_so_many_days_ahead(born: str, today: str, ahead: int) -> None:
    assert days_to_anniversary(days(born), days(today)) == ahead
