"""What becomes of a person when some of her links are taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tailorbird.kernel.facts import MERGE, UNMERGE, WORKSPACE, Fact


class Link(NamedTuple):
    """Two subjects that a ``$merge`` fact says are one person."""

    id: str
    one: str
    other: str


def link_of(fact: Fact) -> Link | None:
    """The link that a ``$merge`` fact makes; None when it joins nobody."""
    other = fact.properties.get("other") if fact.name == MERGE else None
    if not isinstance(other, str) or other == fact.subject or WORKSPACE in (other, fact.subject):
        return None
    return Link(fact.id, fact.subject, other)


def taken_back(fact: Fact) -> list[str]:
    """The message ids of the links that an ``$unmerge`` fact takes back."""
    is_ours = fact.name == UNMERGE and fact.subject != WORKSPACE
    links = fact.properties.get("links") if is_ours else None
    return [link for link in links if isinstance(link, str)] if isinstance(links, list) else []


def parted(subjects: Iterable[str], links: Sequence[Link]) -> list[frozenset[str]]:
    """The people that some subjects are by the links that are left, the smallest name first.

    >>> parted("abcd", [Link("1", "a", "c"), Link("2", "d", "b")]) == [{"a", "c"}, {"b", "d"}]
    True
    """
    whose = {subject: {subject} for subject in subjects}
    for _, one, other in links:
        smaller, larger = sorted((whose[one], whose[other]), key=len)
        if smaller is not larger:
            larger |= smaller
            whose.update(dict.fromkeys(smaller, larger))
    people = {id(members): members for members in whose.values()}
    return sorted((frozenset(members) for members in people.values()), key=min)
