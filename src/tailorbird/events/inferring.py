"""What events look like, guessed from events: types, what is always there, few values.

A guess is a first draft of a tracking plan. It says what was seen and not what is right: ranges of
numbers and lengths of texts are left out.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tailorbird.kernel.facts import RESERVED, TRAITS
from tailorbird.kernel.values import MISSING, UNIT, IdNumber, Value

ENOUGH: Final = 20
"""So many facts have to have something before it is called always there, or one of few values."""
FEW: Final = 10
"""So many different texts may be a list of all there are."""
OFTEN: Final = 5
"""Each of them was seen at least so often."""
_LONGEST: Final = 40
_DEPTH: Final = 3
_KEYS: Final = 200
"""Keys of one object, and events, that are looked at; those beyond are left out."""
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_ -]*(?<! )", re.ASCII)
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


@dataclass(slots=True)
class _Seen:
    """Values that stood in one place."""

    depth: int
    count: int = 0
    types: set[str] = field(default_factory=set)
    texts: Counter[str] | None = field(default_factory=Counter)
    """None once there are more than a few."""
    keys: dict[str, _Seen] = field(default_factory=dict)
    objects: int = 0
    items: _Seen | None = None

    def add(self, value: Value) -> None:
        self.count += 1
        kind = _type_of(value)
        self.types.add(kind)
        if isinstance(value, str):
            self._add_text(value)
        elif isinstance(value, dict):
            self.objects += 1
            self._add_object(value)
        elif isinstance(value, list) and self.depth:
            self.items = self.items or _Seen(self.depth - 1)
            for item in value[:FEW]:
                self.items.add(item)

    def _add_text(self, text: str) -> None:
        if self.texts is None:
            return
        self.texts[text[: _LONGEST + 1]] += 1
        if len(self.texts) > FEW or len(text) > _LONGEST:
            self.texts = None

    def _add_object(self, value: Mapping[str, Any]) -> None:
        if not self.depth:
            return
        for key, inner in value.items():
            if inner is MISSING:
                continue
            if key not in self.keys:
                if len(self.keys) >= _KEYS:
                    continue
                self.keys[key] = _Seen(self.depth - 1)
            self.keys[key].add(inner)

    def schema(self, *, values: bool) -> dict[str, Any]:
        """A schema that all of them fit; ``values`` may stand in it."""
        types = sorted(self.types - {"integer"} if "number" in self.types else self.types)
        found: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
        texts: Mapping[str, int] = self.texts or {}
        often = self.count >= ENOUGH and texts and min(texts.values()) >= OFTEN
        if values and types == ["string"] and often:
            found["enum"] = sorted(texts)
        if self.items is not None and self.items.count:
            found["items"] = self.items.schema(values=values)
        if self.keys:
            always = [k for k, seen in self.keys.items() if seen.count == self.objects]
            if always and self.objects >= ENOUGH:
                found["required"] = sorted(always)
            named = sorted(self.keys.items())
            found["properties"] = {key: seen.schema(values=values) for key, seen in named}
        return found


def _type_of(value: Value) -> str:
    if value is None or value is MISSING:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "number" if value % UNIT else "integer"
    if isinstance(value, IdNumber):
        return "integer"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


class Inferring:
    """Gathers events, and writes what they look like.

    >>> inferring = Inferring()
    >>> for _ in range(20):
    ...     inferring.add("Seen", {"price": 12_500_000})
    >>> print(inferring.plan())
    events:
      Seen:
        properties:
          type: object
          required: [price]
          properties:
            price: {type: number}
    """

    def __init__(self) -> None:
        self._events: dict[str, _Seen] = {}
        self.left_out = 0
        """Facts of events beyond those that a guess has room for."""

    def add(self, name: str, properties: Mapping[str, Any]) -> None:
        """One more fact; of reserved ones only traits are looked at."""
        if name in RESERVED and name != TRAITS:
            return
        seen = self._events.get(name)
        if seen is None:
            if len(self._events) >= _KEYS:
                self.left_out += 1
                return
            seen = self._events[name] = _Seen(_DEPTH)
        seen.add(dict(properties))

    def counts(self) -> dict[str, int]:
        """How many facts each event had."""
        return {name: seen.count for name, seen in sorted(self._events.items())}

    def plan(self) -> str:
        """A tracking plan in YAML; traits of people are in it by their types alone."""
        events = {
            name: {"properties": {"type": "object", **seen.schema(values=name != TRAITS)}}
            for name, seen in sorted(self._events.items())
        }
        return "\n".join(_block({"events": events}, 0))


def _block(value: Mapping[str, Any], indent: int) -> Iterator[str]:
    """YAML: small mappings and lists on one line, others indented."""
    for key, inner in value.items():
        flow = _flow(inner)
        if isinstance(inner, dict) and inner and (len(flow) > 60 or "{" in flow[1:]):
            yield f"{' ' * indent}{_scalar(key)}:"
            yield from _block(inner, indent + 2)
        else:
            yield f"{' ' * indent}{_scalar(key)}: {flow}"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())
