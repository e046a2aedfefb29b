"""What a reading of the definitions is to the laws: facts and questions in, answers out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from tailorbird.kernel.facts import MERGE, UNMERGE, WORKSPACE, Fact
from tailorbird.kernel.values import MISSING
from tailorbird.language.definitions import PERSONAS, Definitions, Key
from tailorbird.language.reference.identity import people_facts
from tailorbird.language.reference.person import Person

Answers: TypeAlias = dict[Key, Any]
"""The answers to one question, by definition; `PERSONAS` stands for the persona's name."""


class Question(NamedTuple):
    """What is true of the person with this identifier at this instant?"""

    subject: str
    at_us: int


class Reading(Protocol):
    """A way to answer questions about definitions."""

    @property
    def name(self) -> str:
        """How reports call it."""

    def answers(
        self,
        definitions: Definitions,
        facts: Sequence[Fact],
        questions: Sequence[Question],
        *,
        known_then: bool,
    ) -> list[Answers]:
        """The answers to each question, for `asked` definitions.

        ``facts`` are those of a whole workspace in order of arrival; among them are the links
        that say which identifiers are one person. ``known_then``: only facts with a known time
        up to the question's instant count.
        """


def asked(definitions: Definitions) -> list[Key]:
    """The keys that every reading answers: traits, scores, segments, and the persona's name."""
    keys = [d.key for d in definitions.ordered if d.kind != "persona"]
    return [*keys, PERSONAS] if definitions.personas else keys


class ReferenceReading:
    """The reference, person by person."""

    name = "reference"

    def answers(
        self,
        definitions: Definitions,
        facts: Sequence[Fact],
        questions: Sequence[Question],
        *,
        known_then: bool,
    ) -> list[Answers]:
        """Each question by itself, from nothing but the facts."""
        keys = asked(definitions)
        workspace = [fact for fact in facts if fact.subject == WORKSPACE]
        related_to = households(facts)
        found: list[Answers] = []
        for subject, at_us in questions:
            known_us = at_us if known_then else None
            related = related_to.get(subject, [])
            known = [f for f in related if known_us is None or f.known_us <= known_us]
            own = own_facts(known, subject)
            person = self.person(definitions, own, workspace, at_us=at_us, known_us=known_us)
            found.append({key: person.value(key) for key in keys})
        return found

    def person(
        self,
        definitions: Definitions,
        facts: Sequence[Fact],
        workspace: Sequence[Fact],
        *,
        at_us: int,
        known_us: int | None,
    ) -> Person:
        """The person of these facts; planted bugs replace this."""
        return Person(definitions, facts, workspace, at_us=at_us, known_us=known_us)


def own_facts(facts: Sequence[Fact], subject: str) -> list[Fact]:
    """The facts of the person that an identifier belongs to by the links among these facts."""
    if not any(fact.name in (MERGE, UNMERGE) for fact in facts):
        return [fact for fact in facts if fact.subject == subject]
    probe = Fact(subject, 0, "", "", {}, {}, False, False, "", 0, 0)
    for own in people_facts([*facts, probe]).values():
        if own[-1] is probe:
            return own[:-1]
    raise AssertionError("the probe is somebody's")


def subjects_of(facts: Sequence[Fact], subject: str) -> frozenset[str]:
    """All identifiers of the person that one belongs to; those without any fact too."""
    own = own_facts(facts, subject)
    every = {subject, *(fact.subject for fact in own), *_others(own)}
    return frozenset(s for s in every if own_facts(facts, s) == own)


def households(facts: Sequence[Fact]) -> dict[str, list[Fact]]:
    """For each identifier the facts of everybody ever linked to it, links taken back included."""
    original = {fact.id: fact for fact in facts}
    never_taken_back = [
        linked
        for fact in facts
        for linked in ([fact] if fact.name != UNMERGE else _ties(fact, original))
    ]
    found: dict[str, list[Fact]] = {}
    for own in people_facts(never_taken_back).values():
        related = [original[fact.id] for fact in own]
        found.update(dict.fromkeys((fact.subject for fact in related), related))
        found.update(dict.fromkeys(_others(related), related))
    return found


def _others(facts: Iterable[Fact]) -> list[str]:
    """Whom links name; the workspace is nobody."""
    others = (fact.properties.get("other") for fact in facts if fact.name == MERGE)
    return [other for other in others if isinstance(other, str) and other != WORKSPACE]


def _ties(unmerge: Fact, facts: Mapping[str, Fact]) -> list[Fact]:
    """What takes links back belongs with those whom they had joined."""
    links = unmerge.properties.get("links")
    named = [link for link in links if isinstance(link, str)] if isinstance(links, list) else []
    joined = [facts[link] for link in named if link in facts]
    others = [unmerge.subject, *(fact.subject for fact in joined)]
    return [unmerge._replace(name=MERGE, properties={"other": other}) for other in others]


def same(one: Any, other: Any) -> bool:
    """Whether two answers are equal, types included; all that is missing is equal."""
    if one is None or one is MISSING:
        return other is None or other is MISSING
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        kept, others = _present(one), _present(other)
        return kept.keys() == others.keys() and all(same(kept[k], others[k]) for k in kept)
    return bool(one == other)


def _present(given: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value for key, value in given.items() if value is not None and value is not MISSING
    }
