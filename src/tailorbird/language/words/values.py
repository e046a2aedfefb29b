"""Numbers, texts, times and lists that an expression works out, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tailorbird.language.ast import Call, Text
from tailorbird.language.definitions import Kind
from tailorbird.language.operators import OPERATORS, Scope
from tailorbird.language.words.speaker import Phrase, Speaker


def _infix(word: str) -> Phrase:
    def phrase(speaker: Speaker, call: Call) -> str:
        left, right = call.args
        return f"{speaker.operand(left)} {word} {speaker.operand(right)}"

    return phrase


def _of(what: str) -> Phrase:
    """Something of one argument."""

    def phrase(speaker: Speaker, call: Call) -> str:
        return f"{what} {speaker.operand(call.args[0])}{speaker.window(call)}"

    return phrase


def _plain(text: str) -> Phrase:
    return lambda _speaker, _call: text


def _of_kind(what: str, kind: Kind) -> Phrase:
    return lambda speaker, call: f"{what} {speaker.named(kind, call.args[0])}"


def _coalesce(speaker: Speaker, call: Call) -> str:
    return f"the first known of ({'; '.join(speaker.say(arg) for arg in call.args)})"


def _version(speaker: Speaker, call: Call) -> str:
    (text,) = call.args
    prefix = "version" if isinstance(text, Text) else "the version in"
    return f"{prefix} {speaker.operand(text)}"


def _doing(what: str) -> Phrase:
    """A time at which something was done."""

    def phrase(speaker: Speaker, call: Call) -> str:
        return f"{what} {speaker.selected(call)}{speaker.window(call)}"

    return phrase


def _over(speaker: Speaker, call: Call) -> str:
    """The facts that a figure is made of."""
    return f"{speaker.selected(call, noun=True)}{speaker.window(call)}"


def _active_days(speaker: Speaker, call: Call) -> str:
    return f"the number of days with {_over(speaker, call)}"


def _count(speaker: Speaker, call: Call) -> str:
    largest = "largest " if call.keyword("by") is not None else ""
    return f"the {largest}number of {_over(speaker, call)}"


def _since(speaker: Speaker, call: Call) -> str:
    moment = call.args[0]
    if isinstance(moment, Call) and OPERATORS[moment.op].scope is not Scope.ARGUMENT:
        return f"the time since {speaker.operand(moment)}"
    return f"the time since last doing {speaker.selected(call)}{speaker.window(call)}"


def _figure(what: str, joint: str) -> Phrase:
    """A figure of one value over facts."""

    def phrase(speaker: Speaker, call: Call) -> str:
        return f"{speaker.told(what, call.args[1])} {joint} {_over(speaker, call)}"

    return phrase


def _top(speaker: Speaker, call: Call) -> str:
    value, many = speaker.operand(call.args[1]), speaker.say(call.args[2])
    return f"the {many} most frequent values of {value} over {_over(speaker, call)}"


def _percentile(speaker: Speaker, call: Call) -> str:
    rank, value = speaker.say(call.args[1]), speaker.operand(call.args[2])
    return f"percentile {rank} of {value} over {_over(speaker, call)}"


def _smooth(speaker: Speaker, call: Call) -> str:
    details = [f"{key} {speaker.say(value)}" for key, value in call.keywords if key != "where"]
    value, facts = speaker.operand(call.args[1]), speaker.selected(call, noun=True)
    return f"the smoothed value of {value} over {facts}" + _details(details)


def _trend(speaker: Speaker, call: Call) -> str:
    given = [(key, value) for key, value in call.keywords if key != "where"]
    names = {"short": "the last", "long": "compared with the last"}
    details = [f"{names[key]} {speaker.time(value)}" for key, value in given]
    return f"the trend of {speaker.selected(call, noun=True)}" + _details(details)


def _details(parts: list[str]) -> str:
    return f" ({', '.join(parts)})" if parts else ""


VALUES: Final[Mapping[str, Phrase]] = {
    "+": _infix("plus"),
    "-": _infix("minus"),
    "*": _infix("times"),
    "/": _infix("divided by"),
    "lower": _of("the lower case of"),
    "length": _of("the length of"),
    "coalesce": _coalesce,
    "version": _version,
    "instant": _of("the instant in"),
    "at": lambda speaker, call: speaker.moment(call.args[0]),
    "event_hour": _plain("the hour of the event"),
    "event_weekday": _plain("the weekday of the event (Monday is 1)"),
    "hour": _plain("the hour now"),
    "weekday": _plain("the weekday now (Monday is 1)"),
    "date": _plain("the date now"),
    "score": _of_kind("the score", "score"),
    "trait": _of_kind("the trait", "trait"),
    "persona": _plain("the persona"),
    "percentile_rank": _of("the percentile rank among all people of"),
    "count": _count,
    "since": _since,
    "first_time": _doing("the first time of doing"),
    "last_time": _doing("the last time of doing"),
    "active_days": _active_days,
    "sum": _figure("the total of", "over"),
    "avg": _figure("the average of", "over"),
    "min": _figure("the smallest", "over"),
    "max": _figure("the largest", "over"),
    "stddev": _figure("the standard deviation of", "over"),
    "distinct": _figure("the number of different values of", "over"),
    "first": _figure("the", "in the first"),
    "latest": _figure("the", "in the latest"),
    "favourite": _figure("the most frequent", "over"),
    "top": _top,
    "percentile_of": _percentile,
    "smooth": _smooth,
    "trend": _trend,
    "session_count": lambda speaker, call: f"the number of sessions{speaker.window(call)}",
    "session_duration": _plain("the length of the latest session"),
    "session_depth": _plain("the number of pages and screens in the latest session"),
    "dwell_in": _of("the time spent in the area"),
    "bucket": _of("the bucket (0 to 99.99) of"),
    "predicted": _of("the prediction of the model"),
    "any_event": lambda speaker, call: speaker.events(call),
    "active_events": lambda speaker, call: speaker.events(call),
    "passive_events": lambda speaker, call: speaker.events(call),
}
