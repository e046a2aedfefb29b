"""Which subjects are one person."""

from __future__ import annotations

from collections.abc import Iterable

from tailorbird.kernel.facts import MERGE, UNMERGE, WORKSPACE, Fact


def people_facts(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """The facts of each person, by the person's name: the smallest of her subjects.

    All links among the given facts hold, whatever their time; pass the facts known at one log
    position. Facts of the workspace belong to nobody and are left out.
    """
    every = [fact for fact in facts if fact.subject != WORKSPACE]
    name_of = {fact.subject: fact.subject for fact in every}
    for one, other in _links(every):
        name_of.setdefault(other, other)
        joined = {name_of[one], name_of[other]}
        name_of = {s: min(joined) if name in joined else name for s, name in name_of.items()}
    people: dict[str, list[Fact]] = {}
    for fact in every:
        people.setdefault(name_of[fact.subject], []).append(fact)
    return people


def _links(facts: list[Fact]) -> list[tuple[str, str]]:
    taken_back: list[str] = []
    for fact in facts:
        links = fact.properties.get("links")
        if fact.name == UNMERGE and isinstance(links, list):
            taken_back += [link for link in links if isinstance(link, str)]
    return [
        (fact.subject, other)
        for fact in facts
        if fact.name == MERGE
        and fact.id not in taken_back
        and isinstance(other := fact.properties.get("other"), str)
        and other != WORKSPACE
    ]
