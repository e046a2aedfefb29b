"""A sample has whole people, always the same ones, about as many as it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.sampling_people import ALL, is_in_sample, read_share, show_share


def test_about_as_many_are_in_a_sample_as_it_says() -> None:
    people = [f"visitor-{n}" for n in range(20_000)]
    for part in (100, 1_000, 5_000):
        share = sum(is_in_sample(one, part) for one in people) * ALL / len(people)
        assert abs(share - part) < part * 0.2


@given(st.text(), st.integers(0, ALL), st.integers(0, ALL))
def test_who_is_in_a_sample_is_in_every_larger_one(who: str, one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert is_in_sample(who, large) or not is_in_sample(who, small)


@given(st.integers(1, ALL))
def test_a_share_that_is_shown_can_be_read(part: int) -> None:
    assert read_share(show_share(part)) == part


@pytest.mark.parametrize(
    "text", ["0%", "101%", "10", "%", "1.%", ".5%", "1.234%", "-1%", "1e1%", ""]
)
def test_what_is_no_share_is_none(text: str) -> None:
    assert read_share(text) is None
