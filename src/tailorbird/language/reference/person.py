"""A person and everything that may be asked about her."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from tailorbird.kernel.facts import VERDICT, Fact
from tailorbird.kernel.values import MISSING
from tailorbird.language.ast import Call, Node, Text
from tailorbird.language.definitions import PERSONAS, Definition, Definitions, Key
from tailorbird.language.operators import Type
from tailorbird.language.reference.edges import changes
from tailorbird.language.reference.moment import Answer, Moment
from tailorbird.language.reference.operators import OPERATORS
from tailorbird.language.reference.scores import score


class Person:
    """What the definitions say about a person at an instant, from the plain list of her facts.

    ``facts`` are those of all her subjects, in any order, also twice. Counted are those with a
    time up to ``at_us``, up to a log ``position``, and known up to ``known_us``, where given;
    so it is with the facts of the workspace.
    """

    def __init__(
        self,
        definitions: Definitions,
        facts: Iterable[Fact],
        workspace: Iterable[Fact] = (),
        *,
        at_us: int,
        known_us: int | None = None,
        position: int | None = None,
    ) -> None:
        def counts(fact: Fact) -> bool:
            return (
                fact.time_us <= at_us
                and (known_us is None or fact.known_us <= known_us)
                and (position is None or fact.position <= position)
            )

        self.at_us = at_us
        self.definitions = definitions
        self.by_key = definitions.by_key()
        self.facts = _once(filter(counts, facts))
        self.workspace = _once(filter(counts, workspace))
        self._moments: dict[int, Moment] = {}
        self._answers: dict[tuple[Key, int], Answer] = {}

    def exists(self) -> bool:
        """Whether there is a fact of the person."""
        return self.moment(self.at_us).exists

    def holds(self, segment: str) -> bool:
        """Whether the person is in a segment."""
        return self.value(("segment", segment)) is True

    def persona(self) -> Answer:
        """The name of the person's persona, missing when there is none."""
        return self.value(PERSONAS)

    def value(self, key: Key) -> Answer:
        """The value of a trait or score, whether a segment holds, or a persona's own condition.

        The key `PERSONAS` gives the name of the first persona that holds.
        """
        return self.value_at(key, self.at_us)

    def evaluate(self, node: Node) -> Answer:
        """The value of a checked expression about the person."""
        return self.moment(self.at_us).evaluate(node)

    def changes_after(self, key: Key, horizon_us: int) -> int | None:
        """The first later instant up to a horizon with another answer, if nothing more happens."""
        now = self.value(key)
        later = [
            self.at_us + 1,
            *changes(self.moment(self.at_us), self._asking(key), self.at_us, horizon_us),
        ]
        turned = (t for t in sorted(later) if t <= horizon_us and self.value_at(key, t) != now)
        return next(turned, None)

    def moment(self, instant_us: int) -> Moment:
        """The person at an instant, seen with what is known of her now."""
        if instant_us not in self._moments:
            seen = list(takewhile(lambda fact: fact.time_us <= instant_us, self.facts))
            self._moments[instant_us] = Moment(self, instant_us, _human(seen), OPERATORS)
        return self._moments[instant_us]

    def value_at(self, key: Key, instant_us: int) -> Answer:
        """The value of a definition at an instant, seen with what is known of the person now."""
        if (key, instant_us) not in self._answers:
            self._answers[key, instant_us] = self._value(key, self.moment(instant_us))
        return self._answers[key, instant_us]

    def _value(self, key: Key, moment: Moment) -> Answer:
        if key == PERSONAS:
            held = (p.name for p in self.definitions.personas if self._met(p, moment))
            return next(held, MISSING)
        definition = self.by_key[key]
        if definition.kind in ("segment", "persona"):
            return self._met(definition, moment)
        if not moment.exists:
            return False if definition.gives is Type.CONDITION else MISSING
        if definition.body is None:
            return score(moment, definition)
        return moment.evaluate(definition.body)

    def _met(self, definition: Definition, moment: Moment) -> bool:
        assert definition.body is not None
        parent = definition.parent
        return (
            moment.exists
            and moment.holds(definition.body)
            and (parent is None or self.value_at(("segment", parent), moment.now_us) is True)
        )

    def _asking(self, key: Key) -> Node:
        kind, name = key
        if key == PERSONAS:
            return Call("persona")
        if kind == "persona":
            body = self.by_key[key].body
            assert body is not None
            return body
        return Call("in_segment" if kind == "segment" else kind, (Text(name),))


def _once(facts: Iterable[Fact]) -> list[Fact]:
    """In order, of each message id the fact that was accepted first."""
    first: dict[str, Fact] = {}
    for fact in sorted(facts, key=lambda fact: fact.position):
        first.setdefault(fact.id, fact)
    return sorted(first.values(), key=lambda fact: fact.key)


def _human(facts: list[Fact]) -> list[Fact]:
    """The facts that no verdict among them ascribes to a bot; the latest verdict decides."""
    bots = {
        message_id: fact.properties.get("bot") is True
        for fact in facts
        if fact.name == VERDICT and isinstance(message_id := fact.properties.get("message_id"), str)
    }
    return [fact for fact in facts if not bots.get(fact.id)]
