"""``tailorbird explain``: why somebody is in a segment or not, and until when."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from tailorbird.cli.options import (
    Moment,
    json_option,
    published_option,
    with_moment,
    with_project,
)
from tailorbird.cli.output import emit_json, printable, say, shown
from tailorbird.flow.telling import consent_json, explanation_json
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import date_and_time
from tailorbird.kernel.values import write_json
from tailorbird.language.definitions import KINDS, Kind
from tailorbird.language.operators import Type
from tailorbird.runtimes.project import Project

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from rich.tree import Tree

    from tailorbird.flow.explain import Explained
    from tailorbird.language.explain import Reason

_SHOWN_CHARACTERS: Final = 80
"""Of a fact's properties so many stand in the tree; JSON has all."""


@click.command("explain")
@click.argument("name")
@click.argument("person")
@click.option("--kind", type=click.Choice(KINDS), help="Where several kinds have the name.")
@click.option(
    "--facts",
    "most",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="Show at most so many facts of each part, the newest.",
)
@click.option("--words", "in_words", is_flag=True, help="Say each part in plain words too.")
@json_option
@published_option
@with_project
@with_moment
def command(
    project: Project,
    moment: Moment,
    name: str,
    person: str,
    kind: Kind | None,
    most: int,
    in_words: bool,
    as_json: bool,
) -> None:
    """Why PERSON is in the segment NAME or not: each condition, its value, facts, next change.

    NAME is a segment, score, trait or persona; `persona` is the list of personas. Of a definition
    with purposes it says whether the gate is open for them.

    \b
    tailorbird explain repeat_viewer ann
    tailorbird explain vip ann --at 2011-05-01 --known then
    """
    from tailorbird.flow.explain import explained, named
    from tailorbird.flow.profile import consent_of

    definitions = project.definitions.definitions
    key = named(definitions, name, kind)
    told = explained(
        project.history, definitions, key, person, moment.at_us, known_then=moment.known_then
    )
    consent = consent_of(
        project.history, definitions, key, person, moment.at_us, known_then=moment.known_then
    )
    if as_json:
        told_json = explanation_json(told, known_then=moment.known_then)
        emit_json({**told_json, "consent": consent_json(consent)})
        return
    _Printer(project.settings.zone, most, in_words).print(told, moment)
    for purpose, verdict in consent.items():
        what = "may be" if verdict.may else "is not"
        say(f"it is for {purpose}: {verdict.reason}, so it {what} told to others")


class _Printer:
    """Draws an explanation as a tree."""

    def __init__(self, in_zone: ZoneInfo, most: int, in_words: bool) -> None:
        self._zone = in_zone
        self._most = most
        self._in_words = in_words

    def print(self, told: Explained, moment: Moment) -> None:
        """The sentence, the tree, and what has to be known about them."""
        from rich.console import Console
        from rich.tree import Tree

        say(self._sentence(told, moment))
        if len(told.subjects) > 1:
            say(f"one person with several ids: {', '.join(told.subjects)}")
        root = Tree(self._label(told.explanation.reason), guide_style="dim")
        self._grow(root, told.explanation.reason)
        width = None if sys.stdout.isatty() else 160
        Console(file=sys.stdout, width=width, highlight=False).print(root)

    def _sentence(self, told: Explained, moment: Moment) -> str:
        explanation, who = told.explanation, told.person
        kind, name = explanation.key
        reason = explanation.reason
        if not explanation.exists:
            return f"{who} has no fact by {moment}: whoever is not there is in no segment"
        if kind in ("segment", "persona") and name:
            state = "is in" if reason.value is True else "is not in"
            verb = "leaves on" if reason.value is True else "enters on"
            says = f"{who} {state} the {kind} {name} at {moment}"
        else:
            verb = "changes on"
            of = f"{kind} {name}" if name else "persona"
            value = shown(reason.value, reason.gives)
            says = f"the {of} of {who} is {'missing' if value == '-' else value} at {moment}"
        if reason.changes_at is not None:
            return f"{says}; {verb} {date_and_time(reason.changes_at, self._zone)}"
        return (
            f"{says}; no change is in sight up to {date_and_time(explanation.seen_us, self._zone)}"
        )

    def _label(self, reason: Reason) -> Any:
        from rich.text import Text

        label = Text()
        if reason.gives is Type.CONDITION:
            holds = reason.value is True
            label.append("✓ " if holds else "✗ ", style="green" if holds else "red")
            label.append(printable(reason.text))
        else:
            label.append(f"{printable(reason.text)} = ")
            label.append(printable(shown(reason.value, reason.gives)), style="bold")
        if reason.moves:
            label.append("  grows with time", style="dim")
        elif reason.changes_at is not None:
            label.append(f"  until {date_and_time(reason.changes_at, self._zone)}", style="dim")
        if self._in_words:
            label.append(f"\n{printable(reason.says)}", style="italic dim")
        return label

    def _grow(self, branch: Tree, reason: Reason) -> None:
        from rich.text import Text

        for note in reason.notes:
            branch.add(Text(printable(f"! {note}"), style="yellow"))
        for turn in reason.turns[-self._most :] if self._most else ():
            became = "turned true" if turn.holds else "turned false"
            branch.add(Text(f"{became} on {date_and_time(turn.at_us, self._zone)}", style="dim"))
        for line in self._fact_lines(reason):
            branch.add(Text(printable(line), style="cyan"))
        for part in reason.parts:
            self._grow(branch.add(self._label(part)), part)

    def _fact_lines(self, reason: Reason) -> list[str]:
        if not self._most:
            return []
        told = reason.facts[-self._most :]
        lines = [self._fact_line(fact) for fact in told]
        if len(told) < len(reason.facts):
            lines.insert(0, f"{len(reason.facts) - len(told):,} earlier, and")
        if not lines and reason.beside is not None:
            lines = [f"none; the latest is {self._fact_line(reason.beside)}"]
        return lines

    def _fact_line(self, fact: Fact) -> str:
        properties = f" {write_json(fact.properties)}" if fact.properties else ""
        if len(properties) > _SHOWN_CHARACTERS:
            properties = properties[:_SHOWN_CHARACTERS] + "…"
        return f"{date_and_time(fact.time_us, self._zone)}  {fact.name}{properties}"
