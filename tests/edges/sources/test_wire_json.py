"""Times that are counted since 1970 are the same texts, however they are read."""

from __future__ import annotations

from bisect import bisect_left

from hypothesis import example, given
from hypothesis import strategies as st

from tailorbird.edges.sources.wire_json import instant_text, page_of, read_count, said
from tailorbird.events.times import Unit
from tailorbird.kernel.instants import format_instant
from tailorbird.kernel.values import MISSING, Value

COUNTS = st.one_of(
    st.integers(0, 10**24).map(str),
    st.integers(600_000_000, 4_200_000_000).flatmap(
        lambda second: st.sampled_from([str(second), f"{second}123", f"{second}000042"])
    ),
    st.from_regex(r"0{0,12}[0-9]{9,16}(\.[0-9]{1,7})?", fullmatch=True),
)
VALUES = st.sampled_from([None, MISSING, {}, "", "x", 0, False, True, [], [1], {"a": 1}, 5])


@given(COUNTS, st.sampled_from([None, "s", "ms", "us"]))
@example("1" * 5_000, None)
def test_a_count_is_the_instant_that_the_reader_of_files_finds(
    text: str, unit: Unit | None
) -> None:
    whole = text.partition(".")[0]
    by = unit or ("s", "ms", "us")[bisect_left((11, 14), len(whole))]
    instant_us = read_count(text, by)
    assert instant_text(text, unit) == (
        text if instant_us is None else _short(format_instant(instant_us))
    )


def _short(text: str) -> str:
    return text[:-1].rstrip("0").rstrip(".") + "Z" if "." in text else text


@given(st.dictionaries(st.sampled_from("abcdef"), VALUES))
def test_what_says_nothing_is_left_out(given: dict[str, Value]) -> None:
    nothing = (None, MISSING, {}, "")
    kept = {key: value for key, value in given.items() if not _is_one(value, nothing)}
    assert said(**given) == kept


def _is_one(value: Value, of: tuple[Value, ...]) -> bool:
    return any(type(value) is type(one) and value == one for one in of)


def test_a_page_is_told_in_parts_as_far_as_its_address_has_any() -> None:
    assert page_of("https://shop.example?a=1") == {
        "url": "https://shop.example?a=1",
        "search": "?a=1",
    }
    assert page_of("http://[broken", "Hats") == {"url": "http://[broken", "title": "Hats"}
    assert page_of(None, referrer="https://other.example/") == {
        "referrer": "https://other.example/"
    }
