"""``tailorbird person``: everything about one person."""

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
from tailorbird.cli.output import emit_json, say, shown, table
from tailorbird.flow.profile import Profile, profile
from tailorbird.flow.telling import consent_json, fact_json
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import format_instant
from tailorbird.kernel.values import write_json
from tailorbird.language.definitions import Definitions, Kind
from tailorbird.language.plain_values import plain
from tailorbird.runtimes.project import Project


@click.command("person")
@click.argument("id_", metavar="ID")
@click.option(
    "--last",
    type=click.IntRange(0, 100_000),
    default=10,
    show_default=True,
    help="So many of the last facts.",
)
@json_option
@published_option
@with_project
@with_moment
def command(project: Project, moment: Moment, id_: str, last: int, as_json: bool) -> None:
    """Everything about one person: traits, scores, segments, persona, consent, the last facts.

    ID is any id of the person. Of consent it shows, by purpose, why the gate is open or shut.

    \b
    tailorbird person 17850 --at 2011-12-01
    """
    definitions = project.definitions.definitions
    found = profile(
        project.history, definitions, id_, moment.at_us, known_then=moment.known_then, last=last
    )
    if as_json:
        emit_json(_as_json(found, definitions, moment))
        return
    _tell(found, definitions, moment)


def _tell(found: Profile, definitions: Definitions, moment: Moment) -> None:
    ids = f" (also {', '.join(s for s in found.subjects if s != found.person)})"
    say(f"{found.person}{ids if len(found.subjects) > 1 else ''} at {moment}")
    if not found.exists:
        say("does not exist yet: no fact by then counts, so she is in no segment")
        return
    assert found.first_us is not None and found.last_us is not None
    first, latest = format_instant(found.first_us), format_instant(found.last_us)
    say(f"{amount(found.facts, 'fact')} from {first} to {latest}")
    say(f"persona: {shown(found.persona)}")
    inside = [name for name, value in _of(found, definitions, "segment") if value is True]
    say(f"segments: {', '.join(inside) or 'none'}")
    told = [f"{purpose} {verdict.reason}" for purpose, verdict in found.consent.items()]
    say(f"consent: {', '.join(told)}")
    rows = [["told", name, shown(value)] for name, value in found.told.items()]
    for kind in ("trait", "score"):
        gives = {d.name: d.gives for d in definitions.of_kind(kind)}
        rows += [[kind, n, shown(v, gives[n])] for n, v in _of(found, definitions, kind)]
    if rows:
        table(["", "name", "value"], rows)
    if found.timeline:
        table(
            ["time", "fact", "properties"],
            [[format_instant(f.time_us), f.name, _properties(f)] for f in found.timeline],
        )


def _properties(fact: Fact) -> str:
    text = write_json(fact.properties) if fact.properties else ""
    return text if len(text) <= 200 else text[:200] + "…"


def _of(found: Profile, definitions: Definitions, kind: Kind) -> list[tuple[str, Any]]:
    return [(d.name, found.values[d.key]) for d in definitions.of_kind(kind)]


def _as_json(found: Profile, definitions: Definitions, moment: Moment) -> dict[str, Any]:
    values: dict[str, dict[str, Any]] = {"trait": {}, "score": {}, "segment": {}}
    for kind, told in values.items():
        for definition in definitions.ordered:
            if definition.kind == kind:
                told[definition.name] = plain(found.values[definition.key], definition.gives)
    return {
        "person": found.person,
        "ids": list(found.subjects),
        "at": format_instant(moment.at_us),
        "known": "then" if moment.known_then else "now",
        "exists": found.exists,
        "facts": found.facts,
        "first": None if found.first_us is None else format_instant(found.first_us),
        "last": None if found.last_us is None else format_instant(found.last_us),
        "told": {name: plain(value) for name, value in found.told.items()},
        "traits": values["trait"],
        "scores": values["score"],
        "segments": [name for name, value in values["segment"].items() if value],
        "persona": plain(found.persona),
        "consent": consent_json(found.consent),
        "timeline": [fact_json(fact) for fact in found.timeline],
    }
