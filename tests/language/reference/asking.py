"""Short ways to say what happened and to ask what it means; times count from `START`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from tailorbird.kernel.facts import RESERVED, WORKSPACE, Fact
from tailorbird.kernel.instants import parse_duration, parse_instant, zone
from tailorbird.kernel.values import UNIT, Value
from tailorbird.language.definitions import Definition
from tailorbird.language.files import load_text
from tailorbird.language.reference.moment import Answer
from tailorbird.language.reference.person import Person
from tailorbird.language.resolve import resolve
from tailorbird.language.syntax import parse

START = parse_instant("2024-03-01T00:00Z", zone("UTC")) or 0
_NUMBERS = count(1)


def when(text: str) -> int:
    """An instant: durations after `START` such as ``2d -1us``, or RFC 3339."""
    lengths = [parse_duration(word) for word in text.split()]
    if None in lengths:
        instant_us = parse_instant(text, zone("UTC"))
        assert instant_us is not None
        return instant_us
    return START + sum(length or 0 for length in lengths)


def value(given: Any) -> Value:
    """A value as accepted: numbers in millionths."""
    if isinstance(given, dict):
        return {key: value(item) for key, item in given.items()}
    if isinstance(given, list):
        return [value(item) for item in given]
    if isinstance(given, float):
        return round(given * UNIT)
    return given * UNIT if type(given) is int else given


def fact(
    time: str,
    name: str,
    properties: dict[str, Any] | None = None,
    *,
    id: str | None = None,
    subject: str = "ann",
    **rest: Any,
) -> Fact:
    """A fact at a time; ids and positions go up."""
    number = next(_NUMBERS)
    rest = {
        "context": {},
        "act": name not in RESERVED,
        "active": True,
        "source": "web",
        "position": number,
        "known_us": when(time),
    } | rest
    rest["context"] = value(rest["context"])
    properties_read = value(properties or {})
    return Fact(subject, when(time), id or f"m{number:09}", name, properties_read, **rest)


def setting(time: str, name: str, to: str) -> Fact:
    """A setting of the workspace."""
    return fact(time, "$setting", {"name": name, "value": to}, subject=WORKSPACE)


def events(name: str, *times: str) -> list[Fact]:
    """The same event several times."""
    return [fact(time, name) for time in times]


def person(
    expression: str,
    facts: Iterable[Fact],
    at: str,
    *,
    workspace: Sequence[Fact] = (),
    definitions: str = "",
    **known: Any,
) -> Person:
    """Somebody at a time, with the expression as the trait ``asked``."""
    written = list(load_text(definitions).definitions.ordered) if definitions else []
    asked = Definition("trait", "asked", parse(expression), hourly=True)
    checked = resolve([*written, asked]).definitions
    return Person(checked, facts, workspace, at_us=when(at), **known)


def ask(expression: str, facts: Iterable[Fact], at: str, **rest: Any) -> Answer:
    """What an expression gives for somebody at a time."""
    return person(expression, facts, at, **rest).value(("trait", "asked"))
