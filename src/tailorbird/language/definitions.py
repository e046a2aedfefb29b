"""What users define: traits, scores, segments and personas, and how they depend on each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final, Literal, get_args

from tailorbird.kernel.errors import Place, UnknownNameError
from tailorbird.kernel.instants import format_duration
from tailorbird.kernel.values import format_number
from tailorbird.language.ast import Node
from tailorbird.language.operators import Type
from tailorbird.language.printer import show
from tailorbird.language.purposes import READY, Purpose

Kind = Literal["trait", "score", "segment", "persona"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

Key = tuple[Kind, str]
"""A definition by kind and name."""
PERSONAS: Final[Key] = ("persona", "")
"""The list of personas as a whole, which ``persona()`` reads."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a score: facts of these events that pass ``where`` give points."""

    events: Node
    points: int
    """In millionths; may be negative."""
    where: Node | None = None
    cap_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition as written, or as checked: then `gives` and `depends` are filled."""

    kind: Kind
    name: str
    body: Node | None = None
    """The expression; None for a score."""
    lines: tuple[Line, ...] = ()
    half_life_us: int | None = None
    parent: str | None = None
    purpose: str | None = None
    description: str | None = None
    hourly: bool = False
    """``refresh: hourly``: may ask for the hour and date of the instant of evaluation."""
    place: Place | None = field(default=None, compare=False, repr=False)
    gives: Type = Type.CONDITION
    depends: tuple[Key, ...] = ()

    @property
    def key(self) -> Key:
        """Kind and name."""
        return self.kind, self.name

    def text(self) -> str:
        """The canonical text, which the fingerprint is made of."""
        parts = [f"{self.kind} {self.name}"]
        if self.body is not None:
            parts.append(show(self.body))
        if self.half_life_us is not None:
            parts.append(f"half_life {format_duration(self.half_life_us)}")
        for line in self.lines:
            where = f" where {show(line.where)}" if line.where is not None else ""
            cap = f" cap_per_day {line.cap_per_day}" if line.cap_per_day is not None else ""
            parts.append(f"{format_number(line.points)} for {show(line.events)}{where}{cap}")
        if self.parent is not None:
            parts.append(f"parent {self.parent}")
        if self.hourly:
            parts.append("refresh hourly")
        return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class Definitions:
    """Checked definitions, each after everything that it depends on."""

    ordered: tuple[Definition, ...] = ()
    personas: tuple[Definition, ...] = ()
    """In the order of the file: the first that holds is the persona. They are in `ordered` too."""
    purposes: tuple[Purpose, ...] = READY

    def by_key(self) -> Mapping[Key, Definition]:
        """Every definition by kind and name."""
        return {definition.key: definition for definition in self.ordered}

    def of_kind(self, kind: Kind) -> list[Definition]:
        """The definitions of a kind, by name; personas in their own order."""
        if kind == "persona":
            return list(self.personas)
        found = (definition for definition in self.ordered if definition.kind == kind)
        return sorted(found, key=lambda definition: definition.name)

    def find(self, kind: Kind, name: str) -> Definition:
        """A definition by name; raises `UnknownNameError` with the nearest spelling."""
        for definition in self.ordered:
            if definition.key == (kind, name):
                return definition
        known = [definition.name for definition in self.ordered if definition.kind == kind]
        raise UnknownNameError(kind, name, known)

    def fingerprints(self) -> dict[Key, str]:
        """For each definition a hash of it and of everything that it depends on."""
        found: dict[Key, str] = {}
        for definition in self.ordered:
            digest = sha256(definition.text().encode())
            for key in sorted(definition.depends):
                keys = [p.key for p in self.personas] if key == PERSONAS else [key]
                for needed in keys:
                    digest.update(f"\n{needed} {found[needed]}".encode())
            found[definition.key] = digest.hexdigest()
        return found

    def purposes_by_key(self) -> dict[Key, frozenset[str]]:
        """For each definition, and `PERSONAS`, its purpose and those of all that it depends on.

        What is made of something that serves a purpose tells of it, so it serves that one too.
        """
        found: dict[Key, frozenset[str]] = {}
        for one in self.ordered:
            own = frozenset() if one.purpose is None else frozenset({one.purpose})
            needed = [self.personas if key == PERSONAS else (key,) for key in one.depends]
            keys = [key.key if isinstance(key, Definition) else key for k in needed for key in k]
            found[one.key] = own.union(*(found[key] for key in keys))
        found[PERSONAS] = frozenset().union(*(found[one.key] for one in self.personas))
        return found

    def closure(self, keys: set[Key]) -> Definitions:
        """Only these definitions and everything that they depend on."""
        wanted = set(keys)
        for definition in reversed(self.ordered):
            if definition.key in wanted:
                wanted.update(definition.depends)
                if PERSONAS in definition.depends:
                    wanted.update(persona.key for persona in self.personas)
        return replace(
            self,
            ordered=tuple(d for d in self.ordered if d.key in wanted),
            personas=tuple(p for p in self.personas if p.key in wanted),
        )
