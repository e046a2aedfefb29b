"""A failing case made small: fewer facts, shorter definitions, nothing that does not matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tailorbird.kernel.facts import WORKSPACE, Fact
from tailorbird.kernel.instants import format_instant
from tailorbird.language.ast import Boolean, Call, Each, Listing, Node, Number, Text
from tailorbird.language.cases import Case, Expected, write_case
from tailorbird.language.definitions import Definition, Key
from tailorbird.language.laws.compare import Disagreement, World, disagreements
from tailorbird.language.laws.plans import with_definition, without
from tailorbird.language.laws.readings import Reading, households
from tailorbird.language.yaml_form import write_definitions

ATTEMPTS: Final = 2_000
"""How many smaller cases are tried at most."""


@dataclass(slots=True)
class _Shrinker:
    readings: Sequence[Reading]
    smallest: Disagreement
    attempts: int = 0

    def try_world(self, world: World | None) -> bool:
        """Keep a smaller world when the readings still disagree in it."""
        if world is None or self.attempts >= ATTEMPTS:
            return False
        self.attempts += 1
        found = disagreements(self.readings, world)
        mine = [d for d in found if d.key == self.smallest.key]
        if mine:
            self.smallest = mine[0]
        return bool(mine)

    @property
    def world(self) -> World:
        return self.smallest.world


def shrunk(readings: Sequence[Reading], found: Disagreement) -> Disagreement:
    """The smallest disagreement about the same definition that trying out comes upon."""
    shrinker = _Shrinker(readings, found)
    _drop_questions(shrinker)
    for _ in range(3):
        before = shrinker.smallest
        _drop_definitions(shrinker)
        _drop_facts(shrinker)
        _simplify_bodies(shrinker)
        _simplify_facts(shrinker)
        if shrinker.smallest is before:
            break
    return shrinker.smallest


def _drop_questions(shrinker: _Shrinker) -> None:
    """A reading may have gone wrong because of what it was asked before."""
    if shrinker.try_world(replace(shrinker.world, questions=(shrinker.smallest.question,))):
        return
    for question in shrinker.world.questions:
        rest = tuple(kept for kept in shrinker.world.questions if kept != question)
        shrinker.try_world(replace(shrinker.world, questions=rest))


def _drop_definitions(shrinker: _Shrinker) -> None:
    needed = shrinker.world.plan.checked.closure({shrinker.smallest.key})
    kept = {d.key for d in (*needed.ordered, *needed.personas)}
    for definition in reversed(shrinker.world.plan.written):
        if definition.key not in kept or definition.key != shrinker.smallest.key:
            smaller = without(shrinker.world.plan, definition.key)
            shrinker.try_world(None if smaller is None else replace(shrinker.world, plan=smaller))


def _with_facts(world: World, facts: Sequence[Fact]) -> World:
    return replace(world, history=replace(world.history, facts=tuple(facts)))


def _drop_facts(shrinker: _Shrinker) -> None:
    """First everybody else's, then halves, quarters and so on down to single facts."""
    related = households(shrinker.world.history.facts).get(shrinker.smallest.question.subject, [])
    ids = {fact.id for fact in related}
    facts = shrinker.world.history.facts
    shrinker.try_world(
        _with_facts(shrinker.world, [f for f in facts if f.id in ids or f.subject == WORKSPACE])
    )
    length = max(len(shrinker.world.history.facts) // 2, 1)
    while length:
        start = 0
        while start < len(shrinker.world.history.facts):
            facts = shrinker.world.history.facts
            smaller = _with_facts(shrinker.world, facts[:start] + facts[start + length :])
            if not shrinker.try_world(smaller):
                start += length
        length //= 2


def _simplify_facts(shrinker: _Shrinker) -> None:
    index = 0
    while index < len(shrinker.world.history.facts):
        for simpler in _simpler_facts(shrinker.world.history.facts[index]):
            facts = list(shrinker.world.history.facts)
            facts[index] = simpler
            shrinker.try_world(_with_facts(shrinker.world, facts))
        index += 1


def _simpler_facts(fact: Fact) -> Iterator[Fact]:
    yield fact._replace(properties={}, context={})
    yield fact._replace(context={})
    for key in fact.properties:
        yield fact._replace(properties={k: v for k, v in fact.properties.items() if k != key})
    for key in fact.context:
        yield fact._replace(context={k: v for k, v in fact.context.items() if k != key})
    yield fact._replace(known_us=fact.time_us)
    yield fact._replace(source="web", active=True)


def _simplify_bodies(shrinker: _Shrinker) -> None:
    for key in [definition.key for definition in shrinker.world.plan.written]:
        _simplify(shrinker, key)


def _simplify(shrinker: _Shrinker, key: Key) -> None:
    """Try simpler forms of a definition again and again until none is left that fails."""
    found = True
    while found:
        found = False
        current = next(d for d in shrinker.world.plan.written if d.key == key)
        for simpler in _simpler_definitions(current):
            plan = with_definition(shrinker.world.plan, simpler)
            if plan is not None and shrinker.try_world(replace(shrinker.world, plan=plan)):
                found = True
                break


def _simpler_definitions(definition: Definition) -> Iterator[Definition]:
    if definition.body is not None:
        for body in simpler(definition.body):
            yield replace(definition, body=body)
    if definition.parent is not None:
        yield replace(definition, parent=None)
    if definition.hourly:
        yield replace(definition, hourly=False)
    for i, line in enumerate(definition.lines):
        others = definition.lines[:i], definition.lines[i + 1 :]
        if len(definition.lines) > 1:
            yield replace(definition, lines=(*others[0], *others[1]))
        if line.where is not None:
            for where in (None, *simpler(line.where)):
                yield replace(
                    definition, lines=(*others[0], replace(line, where=where), *others[1])
                )
        if line.cap_per_day is not None:
            plain = replace(line, cap_per_day=None)
            yield replace(definition, lines=(*others[0], plain, *others[1]))


def simpler(node: Node) -> Iterator[Node]:
    """Expressions that are a little smaller; many of them the checker refuses."""
    if isinstance(node, Call):
        yield from node.args
        for i in range(len(node.keywords)):
            yield replace(node, keywords=node.keywords[:i] + node.keywords[i + 1 :])
        if len(node.args) > 1:
            for i in range(len(node.args)):
                yield replace(node, args=node.args[:i] + node.args[i + 1 :])
        for i, arg in enumerate(node.args):
            for smaller in simpler(arg):
                yield replace(node, args=(*node.args[:i], smaller, *node.args[i + 1 :]))
        for i, (key, value) in enumerate(node.keywords):
            for smaller in simpler(value):
                changed = (*node.keywords[:i], (key, smaller), *node.keywords[i + 1 :])
                yield replace(node, keywords=changed)
    elif isinstance(node, Each):
        yield from (replace(node, body=body) for body in simpler(node.body))
    elif isinstance(node, Listing):
        yield from node.items
        for i in range(len(node.items)):
            yield Listing(node.items[:i] + node.items[i + 1 :])
    elif not isinstance(node, Number | Text | Boolean):
        yield Text("X")


def as_case(found: Disagreement, title: str) -> str:
    """The disagreement as a case file; expected is what the first reading answers."""
    first, *others = found.answers
    subject, at_us = found.question
    value = found.answers[first]
    expected = Expected(at_us, found.key, {subject: value}, 0, found.key[0] == "segment")
    case = Case(
        title,
        "",
        0,
        write_definitions(found.world.plan.written),
        found.world.history.facts,
        (expected,),
        found.world.known_then,
    )
    remarks = [
        f"# at {format_instant(at_us)} {name} says {found.answers[name]!r}" for name in others
    ]
    return "\n".join(remarks) + "\n" + write_case(case)
