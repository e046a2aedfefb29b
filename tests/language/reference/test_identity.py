"""Who is one person, by the links that nothing took back."""

from __future__ import annotations

from tests.language.reference.asking import fact, setting

from tailorbird.kernel.facts import Fact
from tailorbird.language.reference import people_facts


def visit(subject: str) -> Fact:
    return fact("1h", "Visit", subject=subject)


def merge(subject: str, other: object, id: str | None = None) -> Fact:
    return fact("2h", "$merge", {"other": other}, subject=subject, id=id)


def test_without_links_every_subject_is_a_person() -> None:
    a, b, again = visit("a"), visit("b"), visit("a")
    assert people_facts([a, b, again, setting("0s", "zone", "UTC")]) == {"a": [a, again], "b": [b]}


def test_links_join_through_others_and_the_smallest_subject_names_the_person() -> None:
    facts = [visit("d"), visit("b"), merge("d", "c"), merge("c", "b"), visit("z")]
    assert people_facts(facts) == {"b": facts[:4], "z": facts[4:]}


def test_a_subject_without_facts_may_join_two_and_name_them() -> None:
    facts = [merge("x", "a"), merge("y", "a")]
    assert people_facts(facts) == {"a": facts}


def test_names_are_ordered_by_code_point() -> None:
    facts = [merge("é", "Z"), merge("a", "é")]
    assert list(people_facts(facts)) == ["Z"]


def test_a_link_that_was_taken_back_never_was() -> None:
    facts = [visit("a"), merge("a", "b", id="link"), visit("b")]
    back = fact("0s", "$unmerge", {"links": ["link"]}, subject="b")
    assert set(people_facts([*facts, back])) == {"a", "b"}
    assert set(people_facts([back, *facts])) == {"a", "b"}
    assert list(people_facts([*facts, back, merge("b", "a", id="later")])) == ["a"]


def test_a_person_stays_whole_while_another_link_holds_it_together() -> None:
    facts = [merge("a", "b", id="m1"), merge("b", "a", id="m2"), visit("b")]
    back = fact("9h", "$unmerge", {"links": ["m1"]}, subject="a")
    assert list(people_facts([*facts, back])) == ["a"]


def test_links_that_say_nothing_readable_join_nobody() -> None:
    facts = [visit("a"), visit("1"), merge("a", 1), merge("a", None), merge("a", "$workspace")]
    facts.append(fact("9h", "$unmerge", {"links": "m1"}, subject="a"))
    assert list(people_facts(facts)) == ["a", "1"]
