"""``tailorbird tail``: the accepted facts as they come."""

from __future__ import annotations

import sys
import time
from typing import Any, Final

import click
import msgspec

from tailorbird.cli.options import instant_of, json_option, with_project
from tailorbird.cli.output import echo_json, say
from tailorbird.flow.watch import first_known_since, watch
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import format_instant, parse_duration
from tailorbird.kernel.values import write_json
from tailorbird.language.plain_values import plain
from tailorbird.runtimes.project import Project

LOOK_SECONDS: Final = 0.2
"""After so long it looks for more."""
_MARK_LENGTH: Final = 8
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


@click.command("tail")
@click.option("--person", "people", multiple=True, metavar="ID", help="Only of this identifier.")
@click.option("--event", "names", multiple=True, metavar="NAME", help="Only with this name.")
@click.option(
    "--since", metavar="T", help="Begin so long ago (10m), or at an instant. Default: now."
)
@click.option("--show-people", is_flag=True, help="Show identifiers, not marks in their place.")
@click.option("--show-all", is_flag=True, help="Show identifiers, properties and context.")
@click.option("--no-follow", is_flag=True, help="End when all that is there was shown.")
@json_option
@with_project
def command(
    project: Project,
    people: tuple[str, ...],
    names: tuple[str, ...],
    since: str | None,
    show_people: bool,
    show_all: bool,
    no_follow: bool,
    as_json: bool,
) -> None:
    """Show each fact when it has been accepted, one a line, until Ctrl-C.

    It reads the log, beside a running server or without one. In the place of a person stands a
    mark that is always the same for her and tells nothing: identifiers, properties and context
    are shown when that is asked for. With --person only facts that were sent under that very
    identifier are shown; --event and --person may be given several times.

    \b
    tailorbird tail --since 10m --event "Order Completed"
    tailorbird tail --person ann --show-all --json
    """
    project.take_over_old_history()
    log = project.log
    since_us = None if since is None else _instant(project, since)
    position = log.end_position if since_us is None else first_known_since(log, since_us)
    wanted: dict[str, Any] = {"people": people, "names": names, "since_us": since_us}
    try:
        for facts in watch(log, position, **wanted):
            for fact in facts:
                _tell(project, fact, show_people or show_all, show_all, as_json)
            sys.stdout.flush()
            if not facts and no_follow:
                return
            if not facts:
                time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        return  # the way to end it


def _instant(project: Project, text: str) -> int:
    length_us = parse_duration(text)
    return instant_of(project, text) if length_us is None else project.now_us() - length_us


def _tell(project: Project, fact: Fact, with_person: bool, with_all: bool, as_json: bool) -> None:
    mark = project.keyring.hash_of(fact.subject).hex()[:_MARK_LENGTH]
    told: dict[str, Any] = {
        "position": fact.position,
        "known": format_instant(fact.known_us),
        "time": format_instant(fact.time_us),
        "person": fact.subject if with_person else mark,
        "name": fact.name,
        "source": fact.source,
    }
    if as_json:
        if with_all:
            told |= {"id": fact.id, "properties": plain(fact.properties)}
            told["context"] = plain(fact.context)
        echo_json(_ENCODER.encode(told))
        return
    more = [write_json(part) for part in (fact.properties, fact.context) if part and with_all]
    say("  ".join([str(told["position"]), *list(told.values())[1:], *more]))
