"""Whole definitions in words."""

from __future__ import annotations

from tailorbird.kernel.values import UNIT, format_number
from tailorbird.language.ast import Text
from tailorbird.language.definitions import Definition, Definitions, Line
from tailorbird.language.printer import quote
from tailorbird.language.words.speaker import Speaker, length, times


def description(definition: Definition, speaker: Speaker) -> str:
    """What a definition means, as one phrase."""
    text = "" if definition.body is None else speaker.say(definition.body)
    if definition.kind == "score":
        text = _score(definition, speaker)
    if definition.parent is not None:
        text = f"within the segment {speaker.named('segment', Text(definition.parent))}: {text}"
    if definition.hourly:
        text += "; looked at every hour"
    if definition.purpose is not None:
        text += f"; for the purpose {quote(definition.purpose)}"
    return text


def _score(definition: Definition, speaker: Speaker) -> str:
    lines = "; ".join(_line(line, speaker) for line in definition.lines)
    if definition.half_life_us is None:
        return lines
    every = length(definition.half_life_us).removeprefix("1 ")
    return f"{lines}; every point loses half of its worth every {every}"


def _line(line: Line, speaker: Speaker) -> str:
    points = "point" if abs(line.points) == UNIT else "points"
    text = f"{format_number(line.points)} {points} for {_each(line, speaker)}"
    if line.where is not None:
        text += f" (where {speaker.say(line.where)})"
    if line.cap_per_day is not None:
        text += f", at most {times(str(line.cap_per_day))} a day"
    return text


def _each(line: Line, speaker: Speaker) -> str:
    single = isinstance(line.events, Text)
    return f"{'each' if single else 'each of'} {speaker.events(line.events, noun=True)}"


def persona_list(definitions: Definitions, speaker: Speaker) -> str:
    """Each persona's name and condition on a line of its own, numbered."""
    lines = [
        f"{place}. {quote(persona.name)}: {description(persona, speaker)}"
        for place, persona in enumerate(definitions.personas, 1)
    ]
    return "\n".join(["the persona is the first of these that fits:", *lines])
