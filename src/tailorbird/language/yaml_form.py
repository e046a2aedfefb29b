"""Definitions back to the text of a definition file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from tailorbird.kernel.instants import format_duration
from tailorbird.kernel.values import format_number
from tailorbird.language.ast import Listing, Node, Text
from tailorbird.language.definitions import KINDS, Definition, Line
from tailorbird.language.printer import show

_PLAIN: Final = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def write_definitions(written: Iterable[Definition]) -> str:
    """YAML that `files.load_text` reads back as the same definitions.

    >>> from tailorbird.language.syntax import parse
    >>> print(write_definitions([Definition("segment", "dormant", parse("not did('A')"))]))
    segments:
      dormant: 'not did("A")'
    """
    by_kind: dict[str, list[Definition]] = {kind: [] for kind in KINDS}
    for definition in written:
        by_kind[definition.kind].append(definition)
    lines: list[str] = []
    for kind, definitions in by_kind.items():
        if definitions:
            lines.append(f"{kind}s:")
            for definition in definitions:
                lines += (f"  {line}" for line in _lines(definition))
    return "\n".join(lines)


def _lines(definition: Definition) -> Iterator[str]:
    dash = "- " if definition.kind == "persona" else ""
    if definition.body is None:
        yield f"{_name(definition.name)}:"
        if definition.half_life_us is not None:
            yield f"  half_life: {format_duration(definition.half_life_us)}"
        yield "  points:"
        yield from (f"    - {_points(line)}" for line in definition.lines)
        yield from _extras(definition)
        return
    extras = list(_extras(definition))
    text = _quoted(show(definition.body))
    if not extras:
        yield f"{dash}{_name(definition.name)}: {text}"
        return
    yield f"{dash}{_name(definition.name)}:"
    yield f"  {'value' if definition.kind == 'trait' else 'when'}: {text}"
    yield from extras


def _extras(definition: Definition) -> Iterator[str]:
    for key in ("parent", "purpose", "description"):
        value = getattr(definition, key)
        if value is not None:
            yield f"  {key}: {_quoted(value)}"
    if definition.hourly:
        yield "  refresh: hourly"


def _points(line: Line) -> str:
    parts = [f"event: {_events(line.events)}"]
    if line.where is not None:
        parts.append(f"where: {_quoted(show(line.where))}")
    parts.append(f"points: {format_number(line.points)}")
    if line.cap_per_day is not None:
        parts.append(f"cap_per_day: {line.cap_per_day}")
    return "{" + ", ".join(parts) + "}"


def _events(node: Node) -> str:
    if isinstance(node, Text):
        return _quoted(node.value)
    if isinstance(node, Listing):
        return "[" + ", ".join(_events(item) for item in node.items) + "]"
    return _quoted(show(node))


def _name(name: str) -> str:
    plain = _PLAIN.fullmatch(name) and name.lower() not in _WORDS
    return name if plain else _quoted(name)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
