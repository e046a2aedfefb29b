"""Which subjects are one person: connected components of the links that nobody took back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from tailorbird.kernel import limits
from tailorbird.kernel.facts import Fact
from tailorbird.people.parting import link_of, taken_back


def people(link_facts: Iterable[Fact], known_us: int | None = None) -> dict[str, str]:
    """For each subject that is one person with others the name of that person.

    The name is the smallest of the person's subjects by code point. A ``$merge`` fact links its
    subject with ``other``; an ``$unmerge`` fact takes back the ``$merge`` facts whose message ids
    stand in ``links``, wherever in time they lie. Links hold for all times: only what is known
    matters, and with ``known_us`` only facts known then. Other facts may be among those given.
    The workspace is nobody: it is linked with no one and takes nothing back.

    >>> link = Fact("b", 1, "m", "$merge", {"other": "a"}, {}, False, True, "", 0, 1)
    >>> people([link])
    {'a': 'a', 'b': 'a'}
    """
    facts = [fact for fact in link_facts if known_us is None or fact.known_us <= known_us]
    gone = {link for fact in facts for link in taken_back(fact)}
    parents: dict[str, str] = {}
    for link in map(link_of, facts):
        if link is not None and link.id not in gone:
            _unite(parents, link.one, link.other)
    return {subject: _root(parents, subject) for subject in sorted(parents)}


def crowds(united: Mapping[str, str]) -> dict[str, int]:
    """People of more subjects than `limits.LINKS_PER_PERSON`, and of how many.

    Such a person is mostly a mistake, an identifier like ``null`` that many shared; it is answered
    exactly all the same.
    """
    sizes = Counter(united.values())
    return {name: size for name, size in sizes.items() if size > limits.LINKS_PER_PERSON}


def _unite(parents: dict[str, str], a: str, b: str) -> None:
    """Make one tree of two; its root is the smaller one, which is the person's name."""
    one, two = sorted((_root(parents, a), _root(parents, b)))
    parents[one] = parents[two] = one


def _root(parents: dict[str, str], subject: str) -> str:
    parents.setdefault(subject, subject)
    while parents[subject] != subject:
        parents[subject] = parents[parents[subject]]  # halves the way for the next one
        subject = parents[subject]
    return subject
