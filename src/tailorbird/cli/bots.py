"""``tailorbird bots``: facts that no person caused."""

from __future__ import annotations

from typing import Final, cast

import click

from tailorbird.cli.options import json_option, with_project
from tailorbird.cli.output import emit_json, percent, say, table
from tailorbird.cli.plan import facts_option, last_option, since_us
from tailorbird.events.marking import RULES, By, Marking
from tailorbird.flow.robots import Marked, acquit, marked, scan
from tailorbird.kernel.amounts import amount
from tailorbird.runtimes.marking import rules_of
from tailorbird.runtimes.project import Project

_TOLD: Final = 30


@click.group("bots")
def command() -> None:
    """Facts that no person caused: robots, traps that were sprung, and double clicks.

    They are kept, with a verdict each, and count nowhere; an acquittal lets them count again.

    \b
    tailorbird bots report
    tailorbird bots scan
    """


@command.command("report")
@last_option
@facts_option
@json_option
@with_project
def report(project: Project, last: str, facts: int, as_json: bool) -> None:
    """How many facts are marked, by which rule, and what was found.

    \b
    tailorbird bots report --last 7d
    """
    found = marked(project.history, since_us(project, last), facts)
    if as_json:
        told = [{"rule": r, "what": w, "facts": n} for (r, w), n in found.what.most_common()]
        emit_json({"facts": found.facts, "marked": found.marked, "rules": found.by, "found": told})
        return
    _tell(found)


def _tell(found: Marked) -> None:
    share = percent(found.marked, found.facts)
    say(f"{found.marked:,} of {amount(found.facts, 'fact')} marked ({share})")
    told = found.what.most_common(_TOLD)
    if told:
        rows = [(f"{count:,}", rule, what) for (rule, what), count in told]
        table(("facts", "rule", "found"), rows, right=("facts",))


@command.command("scan")
@last_option
@facts_option
@json_option
@with_project
def scan_(project: Project, last: str, facts: int, as_json: bool) -> None:
    """Mark facts that are there already, by the rules of the settings: after an import, say.

    Facts about which there is a verdict keep it.

    \b
    tailorbird bots scan --last 90d
    """
    marking = Marking(rules_of(project))
    since, now_us = since_us(project, last), project.now_us()
    done = scan(project.history, marking, since, facts, now_us)
    if as_json:
        emit_json({"marked": done.accepted, "known": done.duplicates})
        return
    say(
        f"{amount(done.accepted, 'fact was', 'facts were')} marked, {done.duplicates:,} had a "
        "verdict before"
    )


@command.command("acquit")
@click.argument("person")
@click.option("--message", "messages", multiple=True, metavar="ID", help="Only this message.")
@click.option("--rule", type=click.Choice(RULES), help="Only what this rule has marked.")
@json_option
@with_project
def acquit_(
    project: Project, person: str, messages: tuple[str, ...], rule: str | None, as_json: bool
) -> None:
    """Let facts of an identifier count again that were marked.

    PERSON is the identifier that they were sent under. They are not marked again.

    \b
    tailorbird bots acquit ann
    tailorbird bots acquit ann --rule double
    """
    wanted = cast("By | None", rule)
    count = acquit(project.history, person, messages, wanted, project.now_us())
    if as_json:
        emit_json({"acquitted": count})
        return
    say(f"{amount(count, 'fact counts', 'facts count')} again")
