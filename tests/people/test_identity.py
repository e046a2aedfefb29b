from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tailorbird.kernel import limits
from tailorbird.kernel.facts import WORKSPACE, Fact
from tailorbird.language.reference.identity import people_facts
from tailorbird.people.identity import crowds, people


def merge(id_: str, subject: str, other: object, known_us: int = 0) -> Fact:
    return Fact(subject, 0, id_, "$merge", {"other": other}, {}, False, True, "", 0, known_us)


def unmerge(links: object, known_us: int = 0) -> Fact:
    return Fact("x", 0, "u", "$unmerge", {"links": links}, {}, False, True, "", 0, known_us)


def test_linked_subjects_are_one_person_named_after_the_smallest() -> None:
    links = [merge("1", "d", "c"), merge("2", "b", "d"), merge("3", "y", "x")]
    assert people(links) == {"b": "b", "c": "b", "d": "b", "x": "x", "y": "x"}
    assert people([merge("1", "é", "z"), merge("2", "Z", "z")]) == {"Z": "Z", "z": "Z", "é": "Z"}


def test_an_unmerge_takes_back_only_the_links_that_it_names() -> None:
    links = [merge("1", "a", "b"), merge("2", "b", "c"), merge("3", "c", "d")]
    assert people([*links, unmerge(["2", "unknown"])]) == {"a": "a", "b": "a", "c": "c", "d": "c"}


def test_a_merge_after_an_unmerge_is_a_new_link() -> None:
    facts = [merge("1", "a", "b"), unmerge(["1"]), merge("2", "a", "b")]
    assert people(facts) == {"a": "a", "b": "a"}


def test_only_what_was_known_counts_when_asked_for_then() -> None:
    facts = [merge("1", "a", "b", 5), unmerge(["1"], 8)]
    assert people(facts, 4) == {}
    assert people(facts, 5) == {"a": "a", "b": "a"}
    assert people(facts, 8) == people(facts) == {}


def test_what_cannot_be_read_links_nobody() -> None:
    facts = [merge("1", "a", 5), merge("2", "a", None), merge("3", "a", "a")]
    assert people([*facts, unmerge("1"), unmerge([3, None])]) == {}


def test_the_workspace_is_nobody_whatever_links_say() -> None:
    odd = [
        merge("1", "a", WORKSPACE),
        merge("2", WORKSPACE, "b"),
        merge("3", "c", WORKSPACE),
        merge("4", "c", "d"),
        unmerge(["4"])._replace(subject=WORKSPACE),
    ]
    assert people(odd) == {"c": "c", "d": "c"}


def test_a_person_of_too_many_identifiers_is_told() -> None:
    united = people([merge(str(n), "null", f"u{n}") for n in range(limits.LINKS_PER_PERSON)])
    assert crowds(united) == {"null": limits.LINKS_PER_PERSON + 1}
    assert crowds(people([merge("1", "a", "b")])) == {}


NAMES = st.sampled_from([*"abcdef", WORKSPACE])
FACTS = st.lists(
    st.one_of(
        st.builds(merge, st.sampled_from("12345"), NAMES, NAMES),
        st.builds(unmerge, st.lists(st.sampled_from("12345"), max_size=2)),
    ),
    max_size=10,
)


def reachable(links: list[tuple[str, str]], start: str) -> set[str]:
    found = {start}
    for _ in links:
        found |= {name for link in links for name in link if found & set(link)}
    return found


@given(FACTS, st.randoms(use_true_random=False))
def test_people_are_the_components_in_whatever_order_links_come(
    facts: list[Fact], chance: random.Random
) -> None:
    ours = [fact for fact in facts if fact.subject != WORKSPACE]
    gone = {link for fact in ours for link in fact.properties.get("links", [])}
    links = [
        (fact.subject, fact.properties["other"])
        for fact in ours
        if fact.name == "$merge" and fact.id not in gone and fact.properties["other"] != WORKSPACE
    ]
    groups = {name: reachable(links, name) for link in links for name in link}
    expected = {name: min(group) for name, group in groups.items() if len(group) > 1}
    shuffled = facts * 2
    chance.shuffle(shuffled)
    assert people(facts) == people(shuffled) == expected


@given(FACTS)
def test_the_reference_knows_the_same_people(facts: list[Fact]) -> None:
    name_of = people(facts)
    told = {f.subject: name for name, own in people_facts(facts).items() for f in own}
    assert told == {s: name_of.get(s, s) for s in told}
    assert set(told) == {fact.subject for fact in facts} - {WORKSPACE}
