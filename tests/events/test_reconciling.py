"""Two sources are compared key by key; nothing is told twice and nothing is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.reconciling import Difference, Entry, Tolerance, read_tolerance, reconcile
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.values import UNIT

ROWS = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["1", "1.0", "2", "x", None])))


def entries(*rows: tuple[str, str | None]) -> list[Entry]:
    return [Entry(key, (value,)) for key, value in rows]


def test_each_difference_is_told_as_what_it_is() -> None:
    a = entries(("o1", "10"), ("o2", "20"), ("o3", "30"), ("o3", "30"), ("", "5"))
    b = entries(("o1", "10.0"), ("o2", "21"), ("o4", "40"), ("o4", "1"), ("o4", "2"))
    found = reconcile(a, b, ["revenue"], Tolerance())
    assert found.differences == [
        Difference("differs", "o2", "revenue", "20", "21"),
        Difference("only_a", "o3", "", None, None),
        Difference("twice_a", "o3", "", "2", None),
        Difference("only_b", "o4", "", None, None),
        Difference("twice_b", "o4", "", None, "3"),
    ]
    assert (found.keys_a, found.keys_b, found.same, found.apart, found.keys) == (3, 3, 1, 3, 4)
    assert (found.without_key_a, found.without_key_b) == (1, 0)


@pytest.mark.parametrize(
    ("one", "other", "tolerance", "agree"),
    [
        ("10", "10.01", "0.01", True),
        ("10", "10.02", "0.01", False),
        ("100", "101", "1%", True),
        ("100", "102", "1%", False),
        ("100", "101.005", "1%", True),
        ("101.005", "100", "1%", True),
        ("-100", "-101", "1%", True),
        ("a", "b", "100%", False),
        (None, None, "0", True),
        (None, "", "0", True),
        (None, "0", "100%", False),
        ("1e2", "100", "0", True),
        ("1", "2", "999999", True),
    ],
)
def test_numbers_may_differ_by_so_much_and_texts_may_not(
    one: str | None, other: str | None, tolerance: str, agree: bool
) -> None:
    within = read_tolerance(tolerance)
    assert within is not None
    found = reconcile(entries(("k", one)), entries(("k", other)), ["v"], within)
    assert bool(found.same) == agree


@given(ROWS, ROWS)
def test_every_key_is_in_one_of_the_counts(
    a: list[tuple[str, str | None]], b: list[tuple[str, str | None]]
) -> None:
    found = reconcile(entries(*a), entries(*b), ["v"], Tolerance())
    assert found.keys == len({key for key, _ in [*a, *b]})
    back = reconcile(entries(*b), entries(*a), ["v"], Tolerance())
    assert (back.same, back.apart) == (found.same, found.apart)
    assert (back.counts["only_a"], back.counts["twice_a"]) == (
        found.counts["only_b"],
        found.counts["twice_b"],
    )
    assert reconcile(entries(*a), entries(*a), ["v"], Tolerance()).apart == 0


def test_how_often_a_key_is_there_can_be_compared_instead() -> None:
    a, b = entries(("/", "x"), ("/", "y"), ("/a", None)), entries(("/", None), ("/a", "z"))
    found = reconcile(a, b, ["count"], Tolerance(), count=True)
    assert found.differences == [Difference("differs", "/", "count", "2", "1")]
    assert reconcile(a, b, ["count"], Tolerance(UNIT), count=True).apart == 0


def test_more_keys_than_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RECONCILED_KEYS", 2)
    with pytest.raises(InputError, match="more than 2 keys"):
        reconcile(entries(("a", "1"), ("b", "1"), ("c", "1")), [], ["v"], Tolerance())


@pytest.mark.parametrize("text", ["", "-1", "x", "1%%", "NaN", "%"])
def test_what_is_no_tolerance_is_none(text: str) -> None:
    assert read_tolerance(text) is None
