"""The ends of random expressions: literals, lengths of time, references to facts and traits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tailorbird.language.ast import Boolean, Call, Listing, Node, Number, Ref, Text
from tailorbird.language.laws import vocabulary
from tailorbird.language.laws.chance import Chance
from tailorbird.language.operators import Type


@dataclass(slots=True)
class Leaves:
    """Writes what has no parts, fitting the place that is being written at."""

    chance: Chance
    scope: str = "person"
    """Whether the place is about the person, a fact, or a later step of a sequence."""
    within: str | None = None
    """The operator around the place: held or in_one_session."""
    in_each: bool = False
    """Whether ``item`` stands for something."""

    def length(self, _depth: int = 0) -> Node:
        """A length of time, as text."""
        return Text(self.chance.choice(vocabulary.LENGTHS))

    def length_pair(self, _depth: int, *, descending: bool = True) -> Node:
        """Two different lengths, the longer or the shorter first."""
        lengths = list(dict.fromkeys(vocabulary.LENGTHS))
        longer = self.chance.between(1, len(lengths) - 1)
        shorter = "0s" if self.chance.once_in(8) else lengths[self.chance.below(longer)]
        pair = (Text(lengths[longer]), Text(shorter))
        return Listing(pair if descending else pair[::-1])

    def gap(self, depth: int) -> Node:
        """One length, or the shortest and the longest."""
        if self.chance.below(3):
            return self.length()
        return self.length_pair(depth, descending=False)

    def place(self, _depth: int) -> Node:
        """Where a location is looked for."""
        return Ref("context", ("location",))

    def literal(self) -> Node:
        """A number, text, boolean or id number."""
        kind = self.chance.below(8)
        if kind == 0:
            return Boolean(self.chance.once_in(2))
        if kind < 4:
            return Number(vocabulary.number(self.chance))
        if kind == 4:
            return Number(self.chance.choice(vocabulary.ID_NUMBERS))
        return Text(vocabulary.text(self.chance))

    def fixed(self, gives: Type) -> Node:
        """An instant or version written out."""
        if gives is Type.VERSION:
            return Call("version", (Text(self.chance.choice(("1.10.0", "v1.9", "2"))),))
        dates = [text for text in vocabulary.DATES if text[:4].isdigit() and text[-4:] != ":60Z"]
        return Call("at", (Text(self.chance.choice([d for d in dates if d != dates[6]])),))

    def difference(self) -> Node:
        """A duration between two instants written out."""
        return Call("-", (self.fixed(Type.INSTANT), self.fixed(Type.INSTANT)))

    def may_refer(self) -> bool:
        """Whether traits or properties may be named here."""
        return self.scope != "person" or self.within != "in_one_session"

    def ref(self) -> Node:
        """A reference that means something here, whatever it holds."""
        chance = self.chance
        if self.in_each and not chance.once_in(5):
            path = () if chance.once_in(6) else (chance.choice(vocabulary.ITEM_KEYS),)
            return Ref("item", path)
        if self.scope == "person":
            if chance.once_in(3):
                return Ref("context", chance.choice(vocabulary.CONTEXT))
            return Ref("traits", (chance.choice(vocabulary.TRAITS),))
        if self.scope == "step" and chance.once_in(3):
            return Ref("prev", ("properties", chance.choice(vocabulary.PROPERTIES)))
        if chance.once_in(8):
            return Ref("context", chance.choice(vocabulary.CONTEXT))
        if chance.once_in(8):
            return Ref("properties", chance.choice(vocabulary.NESTED))
        return Ref("properties", (chance.choice(vocabulary.PROPERTIES),))

    def likely_ref(self, about: str) -> Node:
        """A reference that is likely to hold what an operator is about."""
        if self.in_each or self.chance.once_in(4):
            return self.ref()
        root = "traits" if self.scope == "person" else "properties"
        if about == "version":
            return Ref("context", ("app", "version"))
        if about == "instant":
            return Ref(root, ("seen_at",))
        if about == "anniversary":
            return Ref(root, ("birthday",))
        return Ref(root, (self.chance.choice(("price", "quantity")),))

    @contextmanager
    def narrowed(self, scope: str) -> Iterator[None]:
        """What is written meanwhile is about a fact, or a step of a sequence."""
        outer, self.scope = self.scope, scope
        try:
            yield
        finally:
            self.scope = outer
