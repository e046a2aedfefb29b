"""``tailorbird score``: how a score or trait is spread over people."""

from __future__ import annotations

from typing import Any

import click

from tailorbird.cli.options import (
    Moment,
    json_option,
    published_option,
    with_moment,
    with_project,
)
from tailorbird.cli.output import emit_json, percent, say, shown, table
from tailorbird.flow.distribution import Distribution, distribution
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import UnknownNameError
from tailorbird.kernel.instants import format_instant
from tailorbird.language.definitions import Definition, Definitions
from tailorbird.language.plain_values import plain
from tailorbird.language.words import describe
from tailorbird.runtimes.project import Project

_BAR_WIDTH = 40


@click.command("score")
@click.argument("name")
@click.option(
    "--top",
    type=click.IntRange(0, 1_000),
    default=10,
    show_default=True,
    help="So many of the people with the largest values.",
)
@json_option
@published_option
@with_project
@with_moment
def command(project: Project, moment: Moment, name: str, top: int, as_json: bool) -> None:
    """How the score NAME is spread over people: quantiles, a histogram, who has most.

    NAME may be a trait too: then the values that are numbers, durations or instants count.

    \b
    tailorbird score purchase_intent --top 20
    """
    definitions = project.definitions.definitions
    definition = _find(definitions, name)
    found = distribution(
        project.history,
        definitions,
        definition.key,
        moment.at_us,
        top=top,
        known_then=moment.known_then,
    )
    if as_json:
        emit_json(_as_json(definition, found, moment))
        return
    say(f"{name}: {describe(definition, definitions)}")
    say(f"at {moment}")
    say(f"{found.with_value:,} of {amount(found.people, 'person')} have a value")
    _tell(definition, found)


def _find(definitions: Definitions, name: str) -> Definition:
    both = [*definitions.of_kind("score"), *definitions.of_kind("trait")]
    for definition in both:
        if definition.name == name:
            return definition
    raise UnknownNameError("score or trait", name, [definition.name for definition in both])


def _tell(definition: Definition, found: Distribution) -> None:
    if not found.with_value:
        return
    gives = definition.gives
    table(
        ["quantile", "value"],
        [[f"{p} %", shown(value, gives)] for p, value in found.quantiles]
        + [["mean", shown(found.mean, gives)]],
        right=["quantile", "value"],
    )
    most = max(bar.people for bar in found.histogram)
    table(
        ["from", "to below", "people", "share", ""],
        [
            [
                shown(bar.low, gives),
                shown(bar.high, gives),
                f"{bar.people:,}",
                percent(bar.people, found.with_value),
                "█" * -(-bar.people * _BAR_WIDTH // most),
            ]
            for bar in found.histogram
        ],
        right=["from", "to below", "people", "share"],
    )
    if found.top:
        table(["person", "value"], [[p, shown(v, gives)] for p, v in found.top], right=["value"])


def _as_json(definition: Definition, found: Distribution, moment: Moment) -> dict[str, Any]:
    gives = definition.gives
    return {
        "kind": definition.kind,
        "name": definition.name,
        "at": format_instant(moment.at_us),
        "known": "then" if moment.known_then else "now",
        "people": found.people,
        "with_value": found.with_value,
        "mean": plain(found.mean, gives),
        "quantiles": [{"percent": p, "value": plain(v, gives)} for p, v in found.quantiles],
        "histogram": [
            {"from": plain(low, gives), "to_below": plain(high, gives), "people": people}
            for low, high, people in found.histogram
        ],
        "top": [{"person": person, "value": plain(v, gives)} for person, v in found.top],
    }
