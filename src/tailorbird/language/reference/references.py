"""Other definitions by name, and ranks among all people."""

from __future__ import annotations

from typing import Final

from tailorbird.kernel.facts import FIGURE
from tailorbird.kernel.values import MISSING, UNIT
from tailorbird.language.ast import Call
from tailorbird.language.definitions import PERSONAS
from tailorbird.language.printer import show
from tailorbird.language.reference.moment import Answer, Bound, Moment, Operator, text_argument

CUTS: Final = 99


def _score(moment: Moment, call: Call, _bound: Bound) -> Answer:
    return moment.person.value_at(("score", text_argument(call)), moment.now_us)


def _trait(moment: Moment, call: Call, _bound: Bound) -> Answer:
    return moment.person.value_at(("trait", text_argument(call)), moment.now_us)


def _in_segment(moment: Moment, call: Call, _bound: Bound) -> Answer:
    return moment.person.value_at(("segment", text_argument(call)), moment.now_us)


def _persona(moment: Moment, _call: Call, _bound: Bound) -> Answer:
    return moment.person.value_at(PERSONAS, moment.now_us)


def cut_points(moment: Moment, name: str) -> list[int] | None:
    """The cut points in force: the latest, and of those of one instant the first accepted."""
    figures = [
        (fact.time_us, -fact.position, cuts)
        for fact in moment.workspace
        if fact.name == FIGURE
        and fact.properties.get("name") == name
        and _are_cuts(cuts := fact.properties.get("cuts"))
    ]
    return max(figures, key=lambda figure: figure[:2])[2] if figures else None


def _are_cuts(cuts: object) -> bool:
    return (
        isinstance(cuts, list)
        and len(cuts) == CUTS
        and all(type(cut) is int for cut in cuts)
        and cuts == sorted(cuts)
    )


def _percentile_rank(moment: Moment, call: Call, bound: Bound) -> Answer:
    """Durations and instants are compared as seconds: their microseconds are millionths of one."""
    value = moment.evaluate(call.args[0], bound)
    cuts = cut_points(moment, show(call.args[0]))
    if cuts is None or type(value) is not int:
        return MISSING
    return sum(cut <= value for cut in cuts) * UNIT


OPERATORS: Final[dict[str, Operator]] = {
    "score": _score,
    "trait": _trait,
    "in_segment": _in_segment,
    "persona": _persona,
    "percentile_rank": _percentile_rank,
}
