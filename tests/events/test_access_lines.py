from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.access_lines import LineReader
from tailorbird.events.json_values import fault_of_json
from tailorbird.events.log_layout import read_layout
from tailorbird.events.refusals import RefusedError
from tailorbird.kernel.values import write_json

SECRET = b"s" * 32


def read(line: str, layout: str = "combined", **more: Any) -> dict[str, Any]:
    return LineReader(read_layout(layout), **more).read(line)


def combined(
    request: str = "GET /a HTTP/1.1",
    *,
    time: str = "01/May/2024:00:00:00 +0000",
    referrer: str = "-",
    agent: str = "-",
) -> str:
    return f'10.0.0.1 - - [{time}] "{request}" 200 12 "{referrer}" "{agent}"'


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("01/May/2024:00:30:00 +0200", "2024-04-30T22:30:00Z"),
        ("31/Dec/2023:23:30:00 -0330", "2024-01-01T03:00:00Z"),
        ("29/Feb/2024:12:00:00 +0545", "2024-02-29T06:15:00Z"),
        ("30/Jun/2015:23:59:60 +0000", "2015-07-01T00:00:00Z"),
    ],
)
def test_the_offset_of_a_time_is_taken_exactly(written: str, instant: str) -> None:
    assert read(combined(time=written))["time"] == instant


@pytest.mark.parametrize("written", ["31/Feb/2024:00:00:00 +0000", "01/May/2024:24:00:00 +0000"])
def test_a_time_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(RefusedError, match="unreadable time"):
        read(combined(time=written))


def test_times_with_parts_of_seconds_go_before_those_without() -> None:
    local = "01/May/2024:00:00:00 +0000"
    nginx = read(f"[{local}] 1714521600.123", "[$time_local] $msec")
    assert nginx["time"] == "2024-05-01T00:00:00.123Z"
    assert read("1714521600000123", "%{usec}t")["time"] == "2024-05-01T00:00:00.000123Z"
    assert read("2024-05-01T02:00:00+02:00 x", "$time_iso8601 $host")["time"] == (
        "2024-05-01T00:00:00Z"
    )


def test_a_request_is_taken_apart() -> None:
    row = read(
        combined("GET /shoes/red.HTML?q=a+b%21&q=2&x HTTP/2.0"), site="https://shop.example/"
    )
    assert (row["method"], row["path"], row["search"]) == (
        "GET",
        "/shoes/red.HTML",
        "q=a+b%21&q=2&x",
    )
    assert row["query"] == {"q": "a b!"}
    assert row["extension"] == "html"
    assert row["url"] == "https://shop.example/shoes/red.HTML?q=a+b%21&q=2&x"
    assert read(combined("GET http://b.example/x?y=1 HTTP/1.1"))["url"] == "http://b.example/x?y=1"
    assert read(combined("GET /v1.2/docs HTTP/1.1")).get("extension") is None


def test_what_is_no_request_is_kept_whole_and_has_no_method() -> None:
    row = read(combined(r"\x16\x03\x01"))
    assert "method" not in row and row["request"] == "\x16\x03\x01"
    assert "url" not in read(combined("OPTIONS * HTTP/1.0"))


def test_what_the_server_escaped_is_as_it_was_before() -> None:
    row = read(combined(agent=r"a \"b\" \x22c\x22 \xc3\xa9 \\ \x00"))
    assert row["agent"] == 'a "b" "c" é \\ \ufffd'
    assert read(combined("GET /?a=%00 HTTP/1.1"))["query"] == {"a": "\ufffd"}


def test_nothing_is_absent_but_no_bytes_are_none_sent() -> None:
    row = read('h - - [01/May/2024:00:00:00 +0000] "GET / HTTP/1.1" 304 - "-" "-"')
    assert row["bytes"] == 0 and row["status"] == 304_000_000
    assert not row.keys() & {"user", "ident", "referrer", "agent"}


def test_cookies_are_read_from_their_header_and_from_fields_of_their_own() -> None:
    line = '[01/May/2024:00:00:00 +0000] "a=1; uid=%41nn" cc'
    row = read(line, '%t "%{Cookie}i" %{cart}C')
    assert row["cookie"] == {"a": "1", "uid": "Ann", "cart": "cc"}


def test_durations_are_seconds_whatever_their_unit() -> None:
    assert read("[01/May/2024:00:00:00 +0000] 1500", "%t %D")["seconds"] == 1_500
    assert read("1714521600.000 0.25", "$msec $request_time")["seconds"] == 250_000


def test_a_visitor_is_a_keyed_hash_of_address_and_agent() -> None:
    one = read(combined(agent="x"), secret=SECRET)
    same = read(combined(agent="x", time="02/May/2024:00:00:00 +0000"), secret=SECRET)
    other = read(combined(agent="y"), secret=SECRET)
    assert one["visitor"] == same["visitor"] != other["visitor"]
    assert one["visitor_day"] != same["visitor_day"]
    assert read(combined(agent="x"), secret=b"t" * 32)["visitor"] != one["visitor"]
    assert "visitor" not in read(combined(agent="x"))


def test_a_line_that_is_laid_out_otherwise_is_refused() -> None:
    with pytest.raises(RefusedError, match="not laid out as the mapping says"):
        read("hello")


PIECES = st.text(st.characters(exclude_characters="\n\r\0", codec="utf-8"), max_size=30)
WORDS = st.sampled_from(
    ["GET http://[::1 HTTP/1.1", "GET //x:99999/ HTTP/1.1", "GET ?a=%ff&%00=b HTTP/1.1", r"\xff\x"]
)


@given(PIECES | WORDS, PIECES, PIECES | WORDS, st.sampled_from(["200", "-", "²", "9" * 50, "1e9"]))
def test_any_line_is_read_or_refused_by_name(
    request: str, host: str, agent: str, number: str
) -> None:
    reader = LineReader(read_layout("combined"), secret=SECRET)
    line = f'{host} - - [01/May/2024:00:00:00 +0000] "{request}" {number} {number} "-" "{agent}"'
    try:
        row = reader.read(line)
    except RefusedError as error:
        assert str(error)
        return
    assert "\0" not in write_json(row)
    assert fault_of_json(write_json(row), row) is None
