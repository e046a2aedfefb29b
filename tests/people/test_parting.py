from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tailorbird.kernel.facts import MERGE, UNMERGE, WORKSPACE, Fact
from tailorbird.people.identity import people
from tailorbird.people.parting import Link, link_of, parted, taken_back


def fact(name: str, **properties: Any) -> Fact:
    return Fact("b", 0, "m", name, properties, {}, False, True, "", 0, 0)


def test_a_link_joins_two_different_subjects_of_people() -> None:
    assert link_of(fact(MERGE, other="a")) == Link("m", "b", "a")
    for other in ("b", WORKSPACE, 5, None):
        assert link_of(fact(MERGE, other=other)) is None
    assert link_of(fact("Seen", other="a")) is None
    assert link_of(fact(MERGE, other="a")._replace(subject=WORKSPACE)) is None


def test_only_texts_name_links_that_are_taken_back() -> None:
    assert taken_back(fact(UNMERGE, links=["x", 3, "y"])) == ["x", "y"]
    assert taken_back(fact(UNMERGE, links="x")) == taken_back(fact(MERGE, links=["x"])) == []
    assert taken_back(fact(UNMERGE, links=["x"])._replace(subject=WORKSPACE)) == []


NAMES = st.sampled_from("abcdef")


@given(st.lists(st.tuples(NAMES, NAMES), max_size=8))
def test_parts_are_the_people_that_the_links_make(pairs: list[tuple[str, str]]) -> None:
    links = [Link(str(n), one, other) for n, (one, other) in enumerate(pairs)]
    facts = [
        Fact(one, 0, id_, MERGE, {"other": other}, {}, False, True, "", 0, 0)
        for id_, one, other in links
    ]
    name_of = people(facts)
    parts = parted("abcdef", links)
    assert {s: min(part) for part in parts for s in part} == {
        s: name_of.get(s, s) for s in "abcdef"
    }
    assert parts == sorted(parts, key=min)
